"""The linter that keeps personal data out of a registry: by form first, by telltale second.

1. By form: what is published consists of the members that its schema in ``schemas/documents``
   names and of nothing else. A person's name, birth date or address has no member to stand in; in
   a schema the *names* of attributes stand, in a status list bits in no order that says whose.
2. By telltale: what a person wrote freely (a description, a title) is refused when it holds an
   e-mail address, an international telephone number or an address to write or call to.

A name in a sentence cannot be told from other words, nor what the bytes of a tails file say; that
is left to whoever publishes. The registry host asks here before it accepts a write. A reader does not: what was published stays
verifiable, and a reader that refused it would only let the host decide what can be verified.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from urllib.parse import unquote

from acquis.registry.content import ResourceType
from acquis.registry.document_form import Schema, find_departure
from acquis.registry.paths import FileKind
from acquis.registry.rules import Rule, broken
from schemas import load_document_schema

type PublishedKind = ResourceType | FileKind

# Which schema gives the form; a log is checked entry by entry.
FORMS: dict[PublishedKind, str] = {
    FileKind.LOG: "did-log-entry",
    FileKind.WITNESS: "did-witness",
    ResourceType.SCHEMA: "anoncreds-schema",
    ResourceType.CREDENTIAL_DEFINITION: "anoncreds-credential-definition",
    ResourceType.REVOCATION_REGISTRY_DEFINITION: "anoncreds-revocation-registry-definition",
    ResourceType.STATUS_LIST: "anoncreds-status-list",
    ResourceType.ACHIEVEMENT: "achievement",
    ResourceType.TRUST_LIST: "trust-list",
}
_FORM_RULES: dict[PublishedKind, Rule] = {
    FileKind.LOG: Rule.LOG_FORM,
    FileKind.WITNESS: Rule.WITNESS,
    ResourceType.TRUST_LIST: Rule.TRUST_LIST,
}

_EMAIL = re.compile(r"(?<![\w.%+'@-])[\w.%+'-]+@(?:[\w-]+\.)+[^\W\d_]{2,}")
_PHONE = re.compile(r"(?<![\w+])\+[1-9](?:[ ().\-/]{0,3}\d){7,14}(?![ ().\-/]{0,3}\d)")
_CONTACT = re.compile(r"\b(?:mailto|tel|sms|sip|xmpp):(?=\S)", re.IGNORECASE)
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
_DASHES = re.compile("[\u2010-\u2015\u2212]")


def check_impersonal(kind: PublishedKind, value: object, name: str = "") -> None:
    """Check that nothing personal stands in what is about to be published.

    ``value`` is a resource's content, one entry of a DID log or a whole witness file; ``name`` is
    the name of a resource. The message says where, never what.
    Raises: RuleBroken: ``personal-data`` for a member the form does not know and for a telltale;
    the rule about the kind's form for anything else that departs from it.
    """
    departure = find_departure(_form(FORMS[kind]), value)
    if departure is not None and departure.unknown_member:
        raise broken(
            Rule.PERSONAL_DATA,
            f"Only the members of its form are published; at {_place(departure.place)} there is"
            " another.",
            "Seuls les membres prévus par sa forme sont publiés ; il y en a un autre à"
            f" {_place(departure.place)}.",
        )
    if departure is not None:
        raise broken(
            _FORM_RULES.get(kind, Rule.CONTENT_FORM),
            f"It departs from the form of {FORMS[kind]} at {_place(departure.place)}.",
            f"Elle s’écarte de la forme {FORMS[kind]} à {_place(departure.place)}.",
        )
    for place, text in (("resourceName", name), *_texts(value, "")):
        if is_telltale(text):
            raise broken(
                Rule.PERSONAL_DATA,
                f"At {_place(place)} there is an e-mail address, a telephone number or the like;"
                " nothing by which a person is reached is published.",
                f"À {_place(place)} se trouve une adresse électronique, un numéro de téléphone ou"
                " autre ; rien qui permette de joindre une personne n’est publié.",
            )


def is_telltale(text: str) -> bool:
    """Say whether a text holds something by which a person is reached.

    Written plainly, in a URL's escapes or in look-alike characters; not what is spelled out.
    """
    if text.isalnum():
        return False
    plain = _DASHES.sub("-", _INVISIBLE.sub("", unicodedata.normalize("NFKC", text)))
    written = {plain, unquote(plain)} if "%" in plain else {plain}
    return any(
        ("@" in each and _EMAIL.search(each) is not None)
        or ("+" in each and _PHONE.search(each) is not None)
        or _CONTACT.search(each) is not None
        for each in written
    )


@cache
def _form(name: str) -> Schema:
    return load_document_schema(name)


def _texts(value: object, place: str) -> Iterator[tuple[str, str]]:
    """Yield every text with its place; the names of members count as texts at their object."""
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, dict):
        for name, each in value.items():
            yield place, name
            yield from _texts(each, f"{place}.{name}" if place else name)
    elif isinstance(value, list):
        for number, each in enumerate(value):
            if not isinstance(each, int):
                yield from _texts(each, f"{place}[{number}]")


def _place(place: str) -> str:
    return place or "$"
