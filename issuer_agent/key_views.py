"""What the overview shows of the keys of the institution's DID; no page holds key material."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from acquis.registry.did_keys import assertion_keys, compromises
from acquis.service.pages import Fact
from acquis.text import Text

_TITLE: Final = Text("Keys of this identity", "Clés de cette identité")
_VERSION: Final = Text("Version of the DID log", "Version du journal du DID")
_UPDATE: Final = Text("Key that signs the log", "Clé qui signe le journal")
_NEXT: Final = Text(
    "Next one, committed to by its digest", "La suivante, engagée par son empreinte"
)
_HOW: Final = Text(
    "The operator of this service renews them with",
    "L’opérateur de ce service les renouvelle par",
)
_COMMAND: Final = "acquis issuer rotate-keys"
_UNFINISHED: Final = Text(
    "A renewal is not finished: the same command goes on with it.",
    "Un renouvellement n’est pas terminé : la même commande le reprend.",
)
_IN_USE: Final = Text("in use since", "en usage depuis")
_RETIRED: Final = Text(
    "what it signed stays valid; replaced", "ce qu’elle a signé reste valable ; remplacée le"
)
_COMPROMISED: Final = Text("reported as compromised since", "signalée compromise depuis")


@dataclass(frozen=True, slots=True)
class KeyLine:
    """One attest key: its public half, what became of it, and since when."""

    multikey: str
    says: Text
    since: datetime
    tone: str
    drawing: str


@dataclass(frozen=True, slots=True)
class KeysView:
    """The keys of the DID, the one in use first."""

    title: Text
    lines: tuple[KeyLine, ...]
    facts: tuple[Fact, ...]
    how: Text
    command: str
    unfinished: Text | None


def build_keys(log: str, *, unfinished: bool) -> KeysView:
    """Build the view from our own DID log (verified when it was published)."""
    entries = [json.loads(line) for line in log.splitlines()]
    parameters = entries[-1]["parameters"]
    facts = (
        Fact(_VERSION, str(len(entries))),
        Fact(_UPDATE, ", ".join(parameters["updateKeys"])),
        Fact(_NEXT, ", ".join(parameters["nextKeyHashes"])),
    )
    return KeysView(
        title=_TITLE,
        lines=tuple(_lines(entries)),
        facts=facts,
        how=_HOW,
        command=_COMMAND,
        unfinished=_UNFINISHED if unfinished else None,
    )


def _lines(entries: list[dict[str, Any]]) -> Iterator[KeyLine]:
    """Yield the attest keys, newest first: in use, replaced, reported."""
    document = entries[-1]["state"]
    listed = dict(assertion_keys(document))
    reported = {each.method: each.since for each in compromises(document)}
    first_seen = _first_seen(entries)
    newest = next(reversed(listed), None)
    for method in reversed([each["id"] for each in document["verificationMethod"]]):
        multikey = method.rsplit("#", 1)[-1]
        if method in reported:
            yield KeyLine(multikey, _COMPROMISED, reported[method], "bad", "triangle-alert")
        elif method == newest:
            yield KeyLine(multikey, _IN_USE, first_seen[method], "good", "circle-check")
        elif method in listed:
            after = [found for found in listed if first_seen[found] > first_seen[method]]
            replaced = min((first_seen[found] for found in after), default=first_seen[method])
            yield KeyLine(multikey, _RETIRED, replaced, "quiet", "clock")


def _first_seen(entries: list[dict[str, Any]]) -> Mapping[str, datetime]:
    """Return when each verification method was first listed."""
    seen: dict[str, datetime] = {}
    for entry in entries:
        at = datetime.fromisoformat(entry["versionTime"])
        for method in entry["state"]["verificationMethod"]:
            seen.setdefault(method["id"], at)
    return seen
