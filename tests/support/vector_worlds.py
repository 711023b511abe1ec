"""The worlds of the test vectors: what the registries publish, and when our copy was confirmed.

Every document is signed with keys from fixed seeds at fixed times, so a world is the same to the
byte in every run. A world is kept as what it changes of the one called ``base``.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

from acquis.registry.content import ResourceType
from acquis.registry.did_log import build_next_entry
from acquis.registry.index import Index, IndexEntry, build_index
from acquis.registry.resource import build_resource, parse_resource_id
from acquis.registry.rotation import with_attest_key, with_compromised_key
from acquis.registry.trust_list import Scope, TrustEntry, TrustList, build_trust_list
from support.registry import HOST, Issuer, seeded_key
from support.vector_courses import (
    ACADEMY,
    AGENCY,
    AID,
    CAMPUS,
    CREATED,
    DATA,
    FALSE_DATA,
    FIRST_LIST,
    INSTITUTE,
    LASTING,
    LIST_AT,
    LOOKALIKE,
    MINISTRY,
    NOW,
    TRUST,
    Lists,
)

REFRESHED_AT = NOW - 30
ROTATED = datetime(2025, 9, 1, tzinfo=UTC)
COMPROMISED = datetime(2025, 8, 20, tzinfo=UTC)

type File = str | dict[str, Any] | None
"""The text of a log, the JSON of anything else, None where a file is taken away."""


@dataclass
class Registry:
    """The copy of one registry: when it was last confirmed, and its files by path."""

    refreshed_at: int | None = REFRESHED_AT
    files: dict[str, File] = field(default_factory=dict)

    def content(self) -> dict[str, Any]:
        return {"refreshed_at": self.refreshed_at, "files": self.files}


type World = dict[str, Registry]


def scope(
    first: str = "2020-01-01",
    last: str | None = None,
    *,
    levels: tuple[int, int] = (1, 5),
    framework: str = "esco",
) -> Scope:
    """Return what an institution is entitled to attest."""
    until = None if last is None else date.fromisoformat(last)
    given = date.fromisoformat(first)
    return Scope(framework, *levels, given, until, "Order 2020-7", "Ministry of Training")


ANYTHING = (scope(), scope(framework="rncp"), scope(framework="own"))


@dataclass(frozen=True)
class Listed:
    """A trust list: whom the anchor recognises for what, and the days it is in force."""

    entries: Mapping[str, tuple[Scope, ...]]
    issued: str = "2025-09-01"
    next_update: str = "2025-12-01"
    version: int = 7

    def published_by(self, anchor: Issuer) -> dict[str, Any]:
        """Return the list, signed."""
        entries = tuple(
            TrustEntry(did, _NAMES[did], "FR", "https://institute.example/", scopes)
            for did, scopes in self.entries.items()
        )
        days = (date.fromisoformat(self.issued), date.fromisoformat(self.next_update))
        content = build_trust_list(TrustList(anchor.did, self.version, *days, entries))
        name = "Trusted list of the ministry" if anchor is MINISTRY else "List of the agency"
        built = build_resource(anchor.did, ResourceType.TRUST_LIST, name, content)
        return anchor.sign(built, CREATED)


_NAMES = {
    INSTITUTE.did: "Acquis Demonstration Institute",
    ACADEMY.did: "Campus Academy",
    LOOKALIKE.did: "Acquis Demonstration Institute",
}
BOTH = Listed({INSTITUTE.did: ANYTHING, ACADEMY.did: ANYTHING})
OF_THE_AGENCY = Listed({ACADEMY.did: ANYTHING})


def _write(registry: Registry, issuer: Issuer, resources: Iterable[dict[str, Any]]) -> None:
    """Put what an issuer publishes into the copy of its registry."""
    registry.files[f"{issuer.folder}/did.jsonl"] = issuer.log
    entries: dict[ResourceType, tuple[IndexEntry, ...]] = {}
    for each in resources:
        metadata = each["metadata"]
        registry.files[f"{issuer.folder}/resources/{metadata['resourceId']}"] = each
        kind = ResourceType(metadata["resourceType"])
        if kind is not ResourceType.STATUS_LIST:
            entry = IndexEntry(each["id"], metadata["resourceName"])
            entries[kind] = (entry, *entries.get(kind, ()))
    index = build_index(Index(issuer.did, entries))
    registry.files[f"{issuer.folder}/index.json"] = json.loads(index)


OTHER_ACHIEVEMENTS: Mapping[str, dict[str, Any]] = {
    "participation": {"assessment": ("none",)},
    "second-version": {"version": "2.0.0"},
    "without-workload": {"workload": None},
    "self-asserted": {
        "quality_assurance": replace(DATA.achievement.quality_assurance, assurance="self-asserted")
    },
}
"""Achievements beside the one that is awarded; their ids stand in signed credentials."""


def achievement_id(name: str) -> str:
    """Return the id of one of the other achievements."""
    found: str = DATA.publish_achievement(**OTHER_ACHIEVEMENTS[name])["id"]
    return found


def build_world(
    *,
    data_lists: Lists = FIRST_LIST,
    institute: Issuer = INSTITUTE,
    signed_again: bool = True,
    ministry: Listed | None = BOTH,
    agency: Listed | None = OF_THE_AGENCY,
    refreshed: Mapping[str, int | None] | None = None,
) -> World:
    """Return a world; what is not said is as in ``base``.

    ``institute`` is the issuer with another log or key; its documents bear its last key's
    signature only when they were ``signed_again``.
    """
    world = {HOST: Registry(), CAMPUS: Registry(), TRUST: Registry()}
    for host, at in (refreshed or {}).items():
        world[host].refreshed_at = at
    signer = institute if signed_again else INSTITUTE
    data, lasting = replace(DATA, issuer=signer, _lists={}), replace(LASTING, issuer=signer)
    mine = [*data.resources(data_lists), *lasting.resources()]
    mine += [data.publish_achievement(**each) for each in OTHER_ACHIEVEMENTS.values()]
    _write(world[HOST], institute, mine)
    _write(world[CAMPUS], ACADEMY, AID.resources())
    _write(world[HOST], LOOKALIKE, FALSE_DATA.resources())
    for anchor, listed in ((MINISTRY, ministry), (AGENCY, agency)):
        _write(world[TRUST], anchor, [] if listed is None else [listed.published_by(anchor)])
    return world


# what may happen to an issuer


def _next_version(document: dict[str, Any] | None = None, *, deactivate: bool = False) -> Issuer:
    changed = copy.copy(INSTITUTE)
    changed.log = build_next_entry(
        INSTITUTE.log.encode(),
        INSTITUTE.next,
        seeded_key("vector institute-following"),
        document,
        deactivate=deactivate,
        created=ROTATED,
    )
    return changed


def rotated(*, compromised: bool = False) -> Issuer:
    """Return the institute with a second key, the first one left as it was or reported."""
    fresh = seeded_key("vector institute-second")
    document = with_attest_key(INSTITUTE.document.document, fresh.multikey)
    if compromised:
        document = with_compromised_key(document, INSTITUTE.method, COMPROMISED)
    changed = _next_version(document)
    changed.attest = fresh
    return changed


def closed() -> Issuer:
    """Return the institute after it deactivated its DID."""
    return _next_version(deactivate=True)


# what may happen to a copy


def path_of(resource_id: str) -> tuple[str, str]:
    """Return the host and the path of a resource."""
    did, digest = parse_resource_id(resource_id)
    _, _, _, host, *folder = did.split(":")
    return host, f"{'/'.join(folder)}/resources/{digest}"


def without(world: World, *resource_ids: str) -> World:
    """Return the world whose copy lacks these resources."""
    for each in resource_ids:
        host, path = path_of(each)
        del world[host].files[path]
    return world


def spoilt(world: World, resource_id: str, change: Callable[[dict[str, Any]], None]) -> World:
    """Return the world in which somebody changed a resource after it was signed."""
    host, path = path_of(resource_id)
    resource = copy.deepcopy(world[host].files[path])
    assert isinstance(resource, dict)
    change(resource)
    world[host].files[path] = resource
    return world


def without_log(world: World, issuer: Issuer) -> World:
    """Return the world whose copy lacks the log of an issuer."""
    del world[issuer.host].files[f"{issuer.folder}/did.jsonl"]
    return world


def forged_log(world: World, issuer: Issuer) -> World:
    """Return the world in which the log of an issuer names another key than the one it signed."""
    path = f"{issuer.folder}/did.jsonl"
    log = world[issuer.host].files[path]
    assert isinstance(log, str)
    other = seeded_key("vector forger").multikey
    world[issuer.host].files[path] = log.replace(issuer.attest.multikey, other)
    return world


def _another_signature(resource: dict[str, Any]) -> None:
    forger = copy.copy(INSTITUTE)
    forger.attest = seeded_key("vector forger")
    value = forger.sign({k: v for k, v in resource.items() if k != "proof"}, CREATED)
    resource["proof"]["proofValue"] = value["proof"]["proofValue"]


def _said_otherwise(resource: dict[str, Any]) -> None:
    resource["content"]["name"]["en"] = "Data science with everything"


def of_the_list(listed: Listed, anchor: Issuer = MINISTRY) -> str:
    """Return the id of a trust list."""
    found: str = listed.published_by(anchor)["id"]
    return found


def ministry_says(*scopes: Scope, **days: Any) -> Listed:
    """Return a list on which the institute has these scopes."""
    return Listed({INSTITUTE.did: scopes, ACADEMY.did: ANYTHING}, version=8, **days)


def superseded(*moments: int, revoked: tuple[int, ...] = ()) -> Lists:
    """Return the first list followed by others, in which ``revoked`` no longer stand."""
    return (*FIRST_LIST, *((at, revoked) for at in moments))


DATA_ACHIEVEMENT = str(DATA.publish_achievement()["id"])
DATA_LIST = str(DATA.status_lists(FIRST_LIST)[0]["id"])
REVOKED_LIST_AT = NOW - 1_800

WORLDS: Mapping[str, tuple[str, Callable[[], World]]] = {
    "base": ("Everything stands: two institutions, two anchors, one list each.", build_world),
    "superseded-within-grace": (
        "A newer revocation list came exactly as long ago as the grace of 300 seconds.",
        lambda: build_world(data_lists=superseded(NOW - 300)),
    ),
    "superseded-over-grace": (
        "A newer revocation list came one second longer ago than the grace of 300 seconds.",
        lambda: build_world(data_lists=superseded(NOW - 301)),
    ),
    "superseded-after-asking": (
        "A newer revocation list came after the employer asked.",
        lambda: build_world(data_lists=superseded(NOW + 1)),
    ),
    "superseded-a-minute-ago": (
        "A newer revocation list came a minute before the employer asked.",
        lambda: build_world(data_lists=superseded(NOW - 60)),
    ),
    "list-of-the-second": (
        "A newer revocation list came in the very second of asking.",
        lambda: build_world(data_lists=superseded(NOW)),
    ),
    "superseded-twice": (
        "Two newer revocation lists came, the last one a minute ago.",
        lambda: build_world(data_lists=superseded(NOW - 1_700, NOW - 60)),
    ),
    "revoked": (
        "Half an hour ago the credential at place 16 was revoked.",
        lambda: build_world(data_lists=superseded(REVOKED_LIST_AT, revoked=(16,))),
    ),
    "rotated": (
        "The institute has a second key since; what its first key signed still stands.",
        lambda: build_world(institute=rotated(), signed_again=False),
    ),
    "compromised": (
        "The institute reported its first key as compromised and signed everything again.",
        lambda: build_world(institute=rotated(compromised=True)),
    ),
    "compromised-not-signed-again": (
        "The institute reported its first key as compromised; its documents still bear it.",
        lambda: build_world(institute=rotated(compromised=True), signed_again=False),
    ),
    "closed": (
        "The institute deactivated its DID.",
        lambda: build_world(institute=closed(), signed_again=False),
    ),
    "forged-log": (
        "Somebody put another key into the institute's DID log.",
        lambda: forged_log(build_world(), INSTITUTE),
    ),
    "without-log": (
        "Our copy lacks the institute's DID log.",
        lambda: without_log(build_world(), INSTITUTE),
    ),
    "without-definition": (
        "Our copy lacks the credential definition.",
        lambda: without(build_world(), DATA.definition["id"]),
    ),
    "without-schema": (
        "Our copy lacks the schema.",
        lambda: without(build_world(), DATA.schema["id"]),
    ),
    "without-achievement": (
        "Our copy lacks the achievement.",
        lambda: without(build_world(), DATA_ACHIEVEMENT),
    ),
    "without-registry": (
        "Our copy lacks the revocation registry.",
        lambda: without(build_world(), DATA.registry_id),
    ),
    "without-status-list": (
        "Our copy lacks the revocation list that the registry links to.",
        lambda: without(build_world(), DATA_LIST),
    ),
    "achievement-said-otherwise": (
        "Somebody changed the achievement's name after it was signed.",
        lambda: spoilt(build_world(), DATA_ACHIEVEMENT, _said_otherwise),
    ),
    "definition-signed-by-another": (
        "The credential definition bears a signature by a key that is not the institute's.",
        lambda: spoilt(build_world(), DATA.definition["id"], _another_signature),
    ),
    "registry-signed-by-another": (
        "The revocation registry bears a signature by a key that is not the institute's.",
        lambda: spoilt(build_world(), DATA.registry_id, _another_signature),
    ),
    "list-signed-by-another": (
        "The revocation list bears a signature by a key that is not the institute's.",
        lambda: spoilt(build_world(), DATA_LIST, _another_signature),
    ),
    "old-copy": (
        "Our copy of the institute's registry is an hour and a second old.",
        lambda: build_world(refreshed={HOST: NOW + 5 - 3_601}),
    ),
    "copy-just-in-time": (
        "Our copy of the institute's registry is exactly an hour old.",
        lambda: build_world(refreshed={HOST: NOW + 5 - 3_600}),
    ),
    "old-copy-of-campus": (
        "Our copy of the other institution's registry is two hours old.",
        lambda: build_world(refreshed={CAMPUS: NOW - 7_200}),
    ),
    "never-confirmed": (
        "The institute's registry never confirmed our copy.",
        lambda: build_world(refreshed={HOST: None}),
    ),
    "copy-of-tomorrow": (
        "Our copy of the institute's registry says it was confirmed tomorrow.",
        lambda: build_world(refreshed={HOST: NOW + 86_400}),
    ),
    "old-copy-of-trust": (
        "Our copy of the registry of the trust lists is two hours old.",
        lambda: build_world(refreshed={TRUST: NOW - 7_200}),
    ),
    "list-overdue": (
        "The ministry's trust list should have been replaced yesterday.",
        lambda: build_world(ministry=replace(BOTH, next_update="2025-09-30")),
    ),
    "list-last-day": (
        "The ministry's trust list is in force for the last day.",
        lambda: build_world(ministry=replace(BOTH, next_update="2025-10-01")),
    ),
    "list-of-tomorrow": (
        "The ministry's trust list is dated tomorrow.",
        lambda: build_world(ministry=replace(BOTH, issued="2025-10-02")),
    ),
    "without-list": (
        "The ministry published no trust list.",
        lambda: build_world(ministry=None),
    ),
    "trust-list-signed-by-another": (
        "The ministry's trust list bears a signature by a key that is not the ministry's.",
        lambda: spoilt(build_world(), of_the_list(BOTH), _another_signature),
    ),
    "recognised-later": (
        "The institute is recognised since the day after the award.",
        lambda: build_world(ministry=ministry_says(scope("2024-07-01"))),
    ),
    "recognised-until": (
        "The institute's recognition ended the day before the award.",
        lambda: build_world(ministry=ministry_says(scope("2020-01-01", "2024-06-29"))),
    ),
    "recognised-that-day": (
        "The institute was recognised on the day of the award and on no other.",
        lambda: build_world(ministry=ministry_says(scope("2024-06-30", "2024-06-30"))),
    ),
    "recognised-with-a-gap": (
        "The institute was recognised always but on the day of the award.",
        lambda: build_world(
            ministry=ministry_says(scope("2020-01-01", "2024-06-29"), scope("2024-07-01"))
        ),
    ),
    "recognised-in-turns": (
        "One entitlement of the institute follows the other without a day between.",
        lambda: build_world(
            ministry=ministry_says(scope("2020-01-01", "2022-12-31"), scope("2023-01-01"))
        ),
    ),
    "other-framework": (
        "The institute is recognised for the competencies of another framework.",
        lambda: build_world(ministry=ministry_says(scope(framework="rncp"))),
    ),
    "lower-levels": (
        "The institute is recognised up to level 2.",
        lambda: build_world(ministry=ministry_says(scope(levels=(1, 2)))),
    ),
    "any-level": (
        "The institute is recognised for every level there may be.",
        lambda: build_world(ministry=ministry_says(scope(levels=(0, 99)))),
    ),
    "struck-off": (
        "The ministry no longer lists the institute.",
        lambda: build_world(ministry=Listed({ACADEMY.did: ANYTHING}, version=8)),
    ),
}
"""Each world by name: what happened in it, and how it is made."""


@cache
def _base() -> World:
    return build_world()


def world_content(name: str) -> dict[str, Any]:
    """Return the JSON form of a world: whole, or what it changes of ``base``."""
    says, build = WORLDS[name]
    world = build()
    base = {} if name == "base" else _base()
    registries = {}
    for host, registry in sorted(world.items()):
        before = base.get(host, Registry(None))
        files = {
            path: registry.files.get(path)
            for path in sorted({*registry.files, *before.files})
            if registry.files.get(path) != before.files.get(path)
        }
        is_same = registry.refreshed_at == before.refreshed_at and name != "base"
        if files or not is_same:
            registries[host] = {"refreshed_at": registry.refreshed_at, "files": files}
    extends = None if name == "base" else "base"
    return {"name": name, "says": says, "extends": extends, "registries": registries}


__all__ = ["LIST_AT", "WORLDS", "World", "world_content"]
