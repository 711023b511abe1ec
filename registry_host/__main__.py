"""Runs the commands of this package alone: `python -m registry_host`, the same as `acquis registry`."""

from __future__ import annotations

from registry_host.command import app

app()
