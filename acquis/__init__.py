"""Acquis: what the services share."""
