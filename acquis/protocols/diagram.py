"""The page ``docs/protocols.md``, written from the tables: ``python -m acquis.protocols.diagram``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from enum import StrEnum
from inspect import getdoc
from types import ModuleType
from typing import Final

from acquis.protocols import issue_credential, machine, present_proof, revocation
from acquis.protocols.machine import Table

_MODULES: Final = (issue_credential, present_proof, revocation)

_OPENING: Final = """\
# The protocols

Written by `make docs` from the tables in `acquis/protocols/`; a test compares them. Do not edit.
"""

_READING: Final = """\
## How to read the tables

A row lists every state that may still follow. An arrow in a picture is a step of the long way;
whatever lies further along the arrows may also be reached directly. From every state before, the
endings drawn further along can be reached too. A state without a row is terminal.
"""


def page() -> str:
    """Return the whole page in Markdown."""
    parts = [_OPENING, "## The machine\n", f"{_prose(machine)}\n", _READING]
    for module in _MODULES:
        title, _, rest = _prose(module).partition("\n")
        parts += [f"## {title.rstrip('.')}\n", f"{rest.strip()}\n"]
        for role in module.TABLE.roles:
            parts += [f"### Role: {role}\n", *_section(module.TABLE, role)]
    return "\n".join(parts)


def _prose(module: ModuleType) -> str:
    return (getdoc(module) or "").replace("``", "`")


def _section[R: StrEnum, S: StrEnum](table: Table[R, S], role: R) -> Iterator[str]:
    yield "```mermaid\nstateDiagram-v2"
    yield f"    [*] --> {_name(table.states(role)[0])}"
    for state in table.states(role):
        yield f'    state "{state}" as {_name(state)}'
    for state in table.states(role):
        for follower in _next(table, role, state):
            yield f"    {_name(state)} --> {_name(follower)}"
    for state in table.terminal(role):
        yield f"    {_name(state)} --> [*]"
    yield "```\n"
    yield "| state | may be followed by |\n|---|---|"
    for state in table.states(role):
        if followers := table.after(role, state):
            yield f"| `{state}` | {_listed(table, role, followers)} |"
    yield ""


def _next[R: StrEnum, S: StrEnum](table: Table[R, S], role: R, state: S) -> tuple[S, ...]:
    followers = table.after(role, state)
    further = {far for near in followers for far in table.after(role, near)}
    return tuple(one for one in table.states(role) if one in followers - further)


def _listed[R: StrEnum, S: StrEnum](table: Table[R, S], role: R, some: frozenset[S]) -> str:
    return ", ".join(f"`{state}`" for state in table.states(role) if state in some)


def _name(state: StrEnum) -> str:
    return state.replace("-", "_")


if __name__ == "__main__":
    sys.stdout.write(page())
