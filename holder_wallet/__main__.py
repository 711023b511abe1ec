"""Runs the commands of this package alone: `python -m holder_wallet`, the same as `acquis wallet`."""

from __future__ import annotations

from holder_wallet.command import app

app()
