"""One file per database version."""
