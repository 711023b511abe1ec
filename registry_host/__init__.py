"""The registry host: the neutral publication point; accepts signed documents, serves files."""
