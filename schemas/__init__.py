"""The contract of the ecosystem: data, and the loader that reads it."""
