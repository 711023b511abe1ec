"""Runs the commands of this package alone: `python -m issuer_agent`, the same as `acquis issuer`."""

from __future__ import annotations

from issuer_agent.command import app

app()
