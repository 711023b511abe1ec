"""What others say of a presentation by themselves: the anoncreds library, and ACA-Py around it.

ACA-Py's own verifier is run, with its checks before and around the library's. It asks a registry
for definitions only; that registry answers from the worlds of the vectors.
"""

from __future__ import annotations

import asyncio
import copy
import json
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from types import SimpleNamespace
from typing import Any

import anoncreds
from acapy_agent.anoncreds.verifier import AnonCredsVerifier

from acquis.registry.content import ResourceType

type Verdict = dict[str, Any]


@dataclass
class Published:
    """Every AnonCreds object of every world, by id; lists by (registry, timestamp)."""

    schemas: dict[str, Any] = field(default_factory=dict)
    definitions: dict[str, Any] = field(default_factory=dict)
    registries: dict[str, Any] = field(default_factory=dict)
    lists: dict[tuple[str, int], Any] = field(default_factory=dict)

    @classmethod
    def of(cls, worlds: Iterable[Mapping[str, Any]]) -> Published:
        """Gather what the registries of the worlds hold; the first of an id counts."""
        found = cls()
        shelves = {
            ResourceType.SCHEMA: found.schemas,
            ResourceType.CREDENTIAL_DEFINITION: found.definitions,
            ResourceType.REVOCATION_REGISTRY_DEFINITION: found.registries,
        }
        for world in worlds:
            for registry in world["registries"].values():
                for file in registry["files"].values():
                    if not isinstance(file, dict) or "metadata" not in file:
                        continue
                    kind, content = file["metadata"]["resourceType"], file["content"]
                    if kind == ResourceType.STATUS_LIST:
                        at = (content["revRegDefId"], content["timestamp"])
                        found.lists.setdefault(at, content)
                    elif kind in shelves:
                        shelves[ResourceType(kind)].setdefault(file["id"], content)
        return found

    def named_in(self, presentation: Mapping[str, Any]) -> tuple[dict[str, Any], ...]:
        """Return schemas, definitions, registries and lists that a presentation names."""
        identifiers = presentation["identifiers"]
        registries = {each.get("rev_reg_id") for each in identifiers} & self.registries.keys()
        return (
            {each["schema_id"]: self.schemas[each["schema_id"]] for each in identifiers},
            {each["cred_def_id"]: self.definitions[each["cred_def_id"]] for each in identifiers},
            {each: self.registries[each] for each in registries},
            {
                each: {at: found for (of, at), found in self.lists.items() if of == each}
                for each in registries
            },
        )

    # what ACA-Py asks its profile and its registry for

    def inject(self, _kind: object) -> Published:
        return self

    async def get_credential_definition(self, _profile: object, definition_id: str) -> Any:
        revocation = self.definitions[definition_id]["value"].get("revocation")
        value = SimpleNamespace(revocation=revocation)
        return SimpleNamespace(credential_definition=SimpleNamespace(value=value))


class Agents:
    """The library and ACA-Py, asked once about the same thing."""

    def __init__(self, published: Published) -> None:
        self._published = published
        self._said: dict[str, dict[str, Any]] = {}

    def ask(self, request: Mapping[str, Any], presentation: Mapping[str, Any]) -> dict[str, Any]:
        """Return what each says by itself, by name."""
        key = sha256(json.dumps([request, presentation]).encode()).hexdigest()
        if key not in self._said:
            self._said[key] = self._ask(request, presentation)
        return self._said[key]

    def _ask(self, request: Mapping[str, Any], presentation: Mapping[str, Any]) -> dict[str, Any]:
        acapy = ask_acapy(request, presentation, self._published)
        amends = {each.partition("::")[0] for each in acapy["warnings"]} & _ON_ITS_OWN
        if amends or "from" in (request.get("non_revoked") or {}):
            return {"library": ask_library(request, presentation, self._published), "acapy": acapy}
        # ACA-Py asked the library exactly this.
        raised = "VERIFY_ERROR" in acapy["warnings"]
        return {"library": "error" if raised else acapy["verified"], "acapy": acapy}


_ON_ITS_OWN = {"VALUE_ERROR", "RMV_RFNT_NRI", "RMV_GLB_NRI"}
"""What ACA-Py says when it did not ask the library, or asked it something else."""


def ask_library(
    request: Mapping[str, Any], presentation: Mapping[str, Any], published: Published
) -> bool | str:
    """Return what the anoncreds library alone says: true, false, or that it raised an error."""
    schemas, definitions, registries, lists = published.named_in(presentation)
    try:
        found: bool = anoncreds.Presentation.load(presentation).verify(
            json.dumps(request),
            schemas,
            definitions,
            registries,
            [each for of_one in lists.values() for each in of_one.values()],
        )
    except anoncreds.AnoncredsError:
        return "error"
    return found


def ask_acapy(
    request: Mapping[str, Any], presentation: Mapping[str, Any], published: Published
) -> Verdict:
    """Return what ACA-Py says: its verdict and its remarks, the codes only of errors."""
    logging.getLogger("acapy_agent.anoncreds.verifier").setLevel(logging.CRITICAL + 1)
    verifier = AnonCredsVerifier(published)  # type: ignore[arg-type]
    verified, said = asyncio.run(
        verifier.verify_presentation(
            copy.deepcopy(dict(request)),
            copy.deepcopy(dict(presentation)),
            *published.named_in(presentation),
        )
    )
    remarks = [each.partition("::")[0] if "_ERROR::" in each else each for each in said]
    return {"verified": verified, "warnings": sorted(set(remarks))}
