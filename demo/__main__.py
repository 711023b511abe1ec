"""Runs the demo: `python -m demo`, the same as `acquis demo`."""

from __future__ import annotations

from demo.command import app

app()
