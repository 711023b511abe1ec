"""The issuer: an institution publishes achievements, awards them and revokes awards."""
