"""What a watcher cries out about: each alarm has a stable name, a sentence and its evidence."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from acquis.text import Text


class AlarmName(StrEnum):
    """What a registry showed that an honest one never shows; the names are stable."""

    METADATA_ROLLBACK = "metadata-rollback"
    METADATA_FORK = "metadata-fork"
    METADATA_EXPIRED = "metadata-expired"
    METADATA_UNVERIFIED = "metadata-unverified"
    LOG_ROLLBACK = "log-rollback"
    LOG_FORK = "log-fork"
    LOG_REACTIVATED = "log-reactivated"
    LINKS_SHRUNK = "links-shrunk"
    RESOURCE_CHANGED = "resource-changed"
    IMMUTABLE_REPLACED = "immutable-replaced"
    INDEX_SHRUNK = "index-shrunk"
    FILE_GONE = "file-gone"
    FILE_UNVERIFIED = "file-unverified"
    SPLIT_VIEW = "split-view"


NOT_AS_SIGNED = "not as signed"
"""The detail where somebody served other bytes than the metadata names."""

_SAYS = {
    AlarmName.METADATA_ROLLBACK: Text(
        "The signed metadata went back to an earlier version.",
        "Les métadonnées signées sont revenues à une version antérieure.",
    ),
    AlarmName.METADATA_FORK: Text(
        "The same version of the signed metadata has now another content.",
        "La même version des métadonnées signées a désormais un autre contenu.",
    ),
    AlarmName.METADATA_EXPIRED: Text(
        "The signed metadata has expired: the registry may be frozen.",
        "Les métadonnées signées ont expiré : le registre est peut-être figé.",
    ),
    AlarmName.METADATA_UNVERIFIED: Text(
        "The metadata does not verify from the root of trust.",
        "Les métadonnées ne sont pas vérifiables depuis la racine de confiance.",
    ),
    AlarmName.LOG_ROLLBACK: Text(
        "The DID log is shorter than it was.",
        "Le journal du DID est plus court qu’auparavant.",
    ),
    AlarmName.LOG_FORK: Text(
        "The DID log says something else at a version that was seen before.",
        "Le journal du DID dit autre chose à une version déjà vue.",
    ),
    AlarmName.LOG_REACTIVATED: Text(
        "The DID was deactivated and is active again.",
        "Le DID était désactivé et il est de nouveau actif.",
    ),
    AlarmName.LINKS_SHRUNK: Text(
        "Links to status lists that were published are missing or changed.",
        "Des liens publiés vers des listes d’état manquent ou ont changé.",
    ),
    AlarmName.RESOURCE_CHANGED: Text(
        "The resource has another name, or an earlier signature, than it had.",
        "La ressource a un autre nom, ou une signature plus ancienne, qu’auparavant.",
    ),
    AlarmName.IMMUTABLE_REPLACED: Text(
        "A file that never changes was replaced.",
        "Un fichier qui ne change jamais a été remplacé.",
    ),
    AlarmName.INDEX_SHRUNK: Text(
        "The index hides resources that it listed.",
        "L’index cache des ressources qu’il indiquait.",
    ),
    AlarmName.FILE_GONE: Text(
        "A published file disappeared from the signed metadata.",
        "Un fichier publié a disparu des métadonnées signées.",
    ),
    AlarmName.FILE_UNVERIFIED: Text(
        "A published file does not verify.",
        "Un fichier publié n’est pas vérifiable.",
    ),
    AlarmName.SPLIT_VIEW: Text(
        "Two addresses of the registry show different things at the same version.",
        "Deux adresses du registre montrent des choses différentes à la même version.",
    ),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with one file; ``expected`` is the SHA-256 of what was seen before."""

    name: AlarmName
    detail: str = ""
    expected: str | None = None


@dataclass(frozen=True, slots=True)
class Alarm:
    """One alarm about ``subject`` (a path) as the address ``view`` shows it.

    The evidence are SHA-256 digests: ``expected`` of what was seen before, ``found`` of what is
    shown now, ``seen_in`` of the metadata that signs it. ``detail`` is for experts: a rule, or
    versions.
    """

    name: AlarmName
    view: str
    subject: str
    detail: str = ""
    expected: str | None = None
    found: str | None = None
    seen_in: str | None = None

    @property
    def key(self) -> tuple[str, str, str, str | None]:
        """What makes it the same alarm as in the round before.

        Not what was found, where anybody could make it another in each round.
        """
        anybody = self.name is AlarmName.METADATA_UNVERIFIED or self.detail == NOT_AS_SIGNED
        return self.name, self.view, self.subject, None if anybody else self.found

    @property
    def says(self) -> Text:
        """The sentence for people, without subject and evidence."""
        return _SAYS[self.name]

    def facts(self) -> dict[str, Any]:
        """Return the alarm as JSON, without its sentences."""
        return asdict(self)


def parse_alarm(facts: Mapping[str, Any]) -> Alarm:
    """Return the alarm that :meth:`Alarm.facts` gave."""
    return Alarm(**{**facts, "name": AlarmName(facts["name"])})


def plain(text: str) -> str:
    """Return text of a stranger so that a terminal shows it and obeys nothing in it."""
    shown = text if text.isascii() and text.isprintable() else json.dumps(text)
    return shown if len(shown) <= 300 else f"{shown[:300]}…"
