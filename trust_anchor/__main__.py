"""Runs the commands of this package alone: `python -m trust_anchor`, the same as `acquis trust`."""

from __future__ import annotations

from trust_anchor.command import app

app()
