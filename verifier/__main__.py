"""Runs the commands of this package alone: `python -m verifier`, the same as `acquis verifier`."""

from __future__ import annotations

from verifier.command import app

app()
