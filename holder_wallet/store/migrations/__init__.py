"""Database versions of this service."""
