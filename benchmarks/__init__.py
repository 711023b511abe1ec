"""What the figures of the README come from; each ends with one line of JSON."""
