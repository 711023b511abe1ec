"""How the agent says it: the only package that knows the ACA-Py admin API."""
