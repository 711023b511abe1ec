"""Whether a published file holds and agrees with what was seen at its path before; no I/O.

1. A file holds when the strict reader of :mod:`acquis.registry` believes it.
2. A DID log is only extended and stays deactivated; links are only appended; a resource is only
   signed again, later; what is named by its digest is never replaced; an index only grows.
3. A signature by a key that was in force at any time since the last look is good: between two
   looks an issuer may have published, and then withdrawn the key. So is, at the first look,
   one by any key of the whole log, for a resource outlives the withdrawal of its key.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from acquis.registry.did import parse_did
from acquis.registry.did_keys import assertion_keys
from acquis.registry.did_log import DidDocument, verify_did_log
from acquis.registry.index import Index, parse_index
from acquis.registry.multibase import encode_base58
from acquis.registry.paths import PublishedPath
from acquis.registry.resource import Link, digest_of, verify_resource
from acquis.registry.rules import Rule, RuleBroken, broken
from acquis.registry.strict_json import parse_json, parse_object
from registry_host.watch.alarms import AlarmName, Finding


@dataclass(frozen=True, slots=True)
class Kept:
    """A version of a file that was accepted, from the archive."""

    sha256: str
    raw: bytes


def judge_log(
    host: str,
    published: PublishedPath,
    log: bytes,
    witness: bytes | None,
    *,
    standing: Kept | None,
    elsewhere: Sequence[Kept],
) -> Iterator[Finding]:
    """Yield what is wrong with a DID log, given the accepted one here and at other addresses."""
    before = _versions(standing.raw) if standing is not None else ()
    now = _versions(log)
    name = _log_alarm(before, now)
    if name is not None and standing is not None:
        yield Finding(name, f"{len(before)} versions before, {len(now)} now", standing.sha256)
        return
    try:
        did = did_of(log)
        parts = parse_did(did)
        if (parts.host, parts.folder) != (host, published.folder):
            raise broken(Rule.PATH, "It lies elsewhere.", "Il se trouve ailleurs.")
        verify_did_log(did, log, witness)
    except RuleBroken as error:
        yield _unverified(error, standing)
        return
    for other in elsewhere:
        if any(one != two for one, two in zip(_versions(other.raw), now, strict=False)):
            yield Finding(AlarmName.SPLIT_VIEW, "versions differ", other.sha256)


def judge_resource(
    published: PublishedPath,
    raw: bytes,
    document: DidDocument | None,
    standing: Kept | None,
    elsewhere: Sequence[Kept],
) -> Iterator[Finding]:
    """Yield what is wrong with an attested resource; ``document`` None: its DID does not hold."""
    try:
        if document is None:
            raise broken(Rule.PROOF_KEY, "Its DID does not hold.", "Son DID n’est pas valable.")
        resource = verify_resource(raw, f"{document.did}/resources/{published.name}", document)
    except RuleBroken as error:
        replaced = standing is not None and not _has_digest(raw, published.name)
        name = AlarmName.IMMUTABLE_REPLACED if replaced else AlarmName.FILE_UNVERIFIED
        yield _unverified(error, standing, name)
        return
    for other in elsewhere:
        links = _links(other.raw)
        if any(one != two for one, two in zip(links, resource.links, strict=False)):
            yield Finding(AlarmName.SPLIT_VIEW, "links differ", other.sha256)
    if standing is None:
        return
    links = _links(standing.raw)
    if resource.links[: len(links)] != links:
        detail = f"{len(links)} links before, {len(resource.links)} now"
        yield Finding(AlarmName.LINKS_SHRUNK, detail, standing.sha256)
        return
    before = json.loads(standing.raw)
    created = resource.proof_created.strftime("%Y-%m-%dT%H:%M:%SZ")
    if before["metadata"]["resourceName"] != resource.name:
        yield Finding(AlarmName.RESOURCE_CHANGED, "name", standing.sha256)
    elif created < before["proof"]["created"]:
        yield Finding(AlarmName.RESOURCE_CHANGED, "earlier signature", standing.sha256)


def judge_tails(published: PublishedPath, digest: str, standing: str | None) -> Iterator[Finding]:
    """Yield what is wrong with a tails file of this SHA-256."""
    if encode_base58(bytes.fromhex(digest)) != published.name:
        name = AlarmName.FILE_UNVERIFIED if standing is None else AlarmName.IMMUTABLE_REPLACED
        yield Finding(name, str(Rule.TAILS), standing)


def judge_index(
    published: PublishedPath, raw: bytes, standing: Kept | None, host: str
) -> Iterator[Finding]:
    """Yield what is wrong with an index: it is a hint, but one that may not hide anything."""
    try:
        index = parse_index(raw)
        parts = parse_did(index.did)
        if (parts.host, parts.folder) != (host, published.folder):
            raise broken(Rule.PATH, "It lies elsewhere.", "Il se trouve ailleurs.")
    except RuleBroken as error:
        yield _unverified(error, standing)
        return
    if standing is not None:
        hidden = _ids(parse_index(standing.raw)) - _ids(index)
        if hidden:
            yield Finding(AlarmName.INDEX_SHRUNK, f"{len(hidden)} hidden", standing.sha256)


def document_since(log: bytes, witness: bytes | None, settled: bytes | None) -> DidDocument:
    """Return the document of an accepted log with every key in force since ``settled``.

    ``settled`` is the log as it was at the end of the last look, None when there was none.
    Raises: RuleBroken.
    """
    document = verify_did_log(did_of(log), log, witness)
    entries = [json.loads(line) for line in _lines(log)]
    since = len(_lines(settled)) - 1 if settled is not None else 0
    keys = [
        key
        for entry in entries[since:]
        if not entry["parameters"].get("deactivated", False)
        for key in assertion_keys(entry["state"])
    ]
    return replace(document, keys=tuple(dict.fromkeys(keys)), deactivated=False)


def did_of(log: bytes) -> str:
    """Return the DID that the first line of a log names, unverified. Raises: RuleBroken."""
    entry = parse_json(log.split(b"\n", 1)[0])
    state = entry.get("state") if isinstance(entry, dict) else None
    return str(state.get("id")) if isinstance(state, dict) else ""


def _log_alarm(
    before: tuple[tuple[str, bool], ...], now: tuple[tuple[str, bool], ...]
) -> AlarmName | None:
    """Compare what two logs say of their versions: (version id, deactivated)."""
    if before and before[-1][1] and (not now or not now[-1][1] or _wakes(now)):
        return AlarmName.LOG_REACTIVATED
    if any(one != two for one, two in zip(before, now, strict=False)):
        return AlarmName.LOG_FORK
    return AlarmName.LOG_ROLLBACK if len(now) < len(before) else None


def _wakes(versions: tuple[tuple[str, bool], ...]) -> bool:
    return any(one[1] for one, _ in pairwise(versions))


def _versions(log: bytes) -> tuple[tuple[str, bool], ...]:
    """Return (version id, deactivated) for each line of a log that nobody has verified yet."""
    versions = []
    for line in _lines(log):
        try:
            entry: Any = json.loads(line)
        except (ValueError, RecursionError):
            entry = None
        entry = entry if isinstance(entry, dict) else {}
        parameters = entry.get("parameters")
        asleep = isinstance(parameters, dict) and parameters.get("deactivated") is True
        versions.append((str(entry.get("versionId")), asleep))
    return tuple(versions)


def _lines(log: bytes) -> list[bytes]:
    return log.removesuffix(b"\n").split(b"\n")


def _links(raw: bytes) -> tuple[Link, ...]:
    """Return the links of a resource that was verified when it was accepted."""
    links = json.loads(raw).get("links", [])
    return tuple(Link(id=link["id"], timestamp=link["timestamp"]) for link in links)


def _has_digest(raw: bytes, digest: str) -> bool:
    try:
        content = parse_object(raw).get("content")
        return isinstance(content, dict) and digest_of(content) == digest
    except RuleBroken:
        return False


def _ids(index: Index) -> set[str]:
    return {entry.id for entries in index.entries.values() for entry in entries}


def _unverified(
    error: RuleBroken, standing: Kept | None, name: AlarmName = AlarmName.FILE_UNVERIFIED
) -> Finding:
    return Finding(name, str(error.rule), standing.sha256 if standing is not None else None)
