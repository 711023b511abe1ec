"""What the wallet's pages have in common: who is speaking, in which words, and live parts.

Pure, like all modules of views: rows and credentials in, the variables of a template out. A live
part's version is a digest of what it shows, so that it changes exactly when that does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final
from urllib.parse import urlsplit

from acquis.credentials.disclosure import printable_name
from acquis.service.formats import Formats
from acquis.service.language import locale_of
from acquis.text import Text
from holder_wallet.publications import Described, Issuer
from holder_wallet.store.tables import ExchangeRow

type Context = dict[str, object]

_OF_ANOTHER_KIND: Final = Text("A credential of another kind", "Une attestation d’un autre type")
_PASTED: Final = Text("pasted by you, from no site", "collé par vous, sans site d’origine")


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody the learner deals with: ``name`` is a verified one or None.

    ``domain`` is where the message came from, with the name its sender uses for itself, said to
    be unverified.
    """

    name: str | None
    domain: Text | str
    verified: bool
    did: str | None = None
    recognised_by: str | None = None


def requester_of(row: ExchangeRow) -> Party:
    """Return who sent a request: it comes over no connection, so nobody vouches for a name."""
    return Party(None, _sender(row), verified=False)


def issuer_of(issuer: Issuer, row: ExchangeRow) -> Party:
    """Return who offers a credential: verified when a trust anchor knows the DID that signs."""
    if issuer.legal_name is None:
        return Party(None, _sender(row), verified=False, did=issuer.did)
    site = urlsplit(issuer.website or "").hostname
    return Party(
        name=issuer.legal_name,
        domain=site or row.link_host,
        verified=True,
        did=issuer.did,
        recognised_by=issuer.recognised_by,
    )


def issuer_name(described: Described) -> Text:
    """Return what to call the issuer of a credential in a list."""
    if described.issuer.legal_name is not None:
        return same(described.issuer.legal_name)
    said = described.says.awarding_body if described.says is not None else ""
    if not said:
        return same(described.issuer.did)
    name = printable(said)
    return Text(f"{name} (name not verified)", f"{name} (nom non vérifié)")


def name_of(described: Described) -> Text:
    """Return the name of a credential: as its issuer publishes it, else as it says itself."""
    if described.achievement is not None and described.achievement.name is not None:
        return described.achievement.name.text
    if described.says is None or not described.says.achievement_name:
        return _OF_ANOTHER_KIND
    return same(printable(described.says.achievement_name))


def who_sent(row: ExchangeRow) -> str:
    """Return in one line where an offer or a request came from."""
    label, host = printable(row.label), row.link_host
    return f"{host} (“{label}”)" if host and label else host or f"“{label}”"


def purpose_of(row: ExchangeRow) -> str:
    """Return what the sender says the exchange is for."""
    return printable(row.purpose) or "?"


def same(text: str) -> Text:
    """Return a name that is the same in both languages."""
    return Text(text, text)


def printable(text: str, most: int = 500) -> str:
    """Return foreign words as they are, cut, with invisible and direction-changing signs spelt out."""
    return "".join(printable_name(each) for each in text[:most])


def day_text(day: date) -> Text:
    """Return a day as each language writes it."""
    return Text(_FORMATS["en"].day(day), _FORMATS["fr"].day(day))


def level_label(level: int, word: Text | None) -> Text:
    """Return a level, with the word that its scale has for it when there is one."""
    if word is None:
        return Text(f"level {level}", f"niveau {level}")
    return Text(f"level {level}, {word.en}", f"niveau {level}, {word.fr}")


def moment(at: int) -> datetime:
    """Return a time in Unix seconds as an aware moment."""
    return datetime.fromtimestamp(at, UTC)


def join(texts: Sequence[Text], between: str = ", ") -> Text:
    """Return ``texts`` one after the other; French has a space before a semicolon."""
    en, fr = between, between.replace(";", " ;")
    return Text(en.join(each.en for each in texts), fr.join(each.fr for each in texts))


def _sender(row: ExchangeRow) -> Text | str:
    label, host = printable(row.label), row.link_host
    place = same(host) if host else _PASTED
    if not label:
        return host or _PASTED
    return Text(
        f"{place.en} · calls itself “{label}”, which nobody checked",
        f"{place.fr} · se présente comme « {label} », ce que personne n’a vérifié",
    )


_FORMATS: Final[Mapping[str, Formats]] = {
    "en": Formats(locale_of("en")),
    "fr": Formats(locale_of("fr")),
}
