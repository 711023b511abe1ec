"""The stages and the cast of the agents' contract."""

from support.cast import cast, stage

__all__ = ["cast", "stage"]
