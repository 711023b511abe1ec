"""The evidence of a check, in words: each name a report uses, with what it is and how it is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final

from acquis.credentials.attributes import parse_date_number
from acquis.credentials.disclosure import Labels, printable_name
from acquis.credentials.report import Evidence
from acquis.errors import InvalidInput
from acquis.service.formats import Formats
from acquis.service.language import locale_of
from acquis.service.pages import Fact
from acquis.text import Text
from schemas import framework_names, load_framework, load_vocabulary

type Written = Callable[[Evidence], Text | str]

_ENGLISH: Final = Formats(locale_of("en"))
_FRENCH: Final = Formats(locale_of("fr"))


def write_moment(at: int) -> Text:
    """Return a moment in Unix seconds as each language writes it, in UTC."""
    moment = datetime.fromtimestamp(at, UTC)
    return Text(_ENGLISH.moment(moment), _FRENCH.moment(moment))


def write_day(number: str) -> Text | str:
    """Return a day written YYYYMMDD as each language writes it; anything else as it is."""
    try:
        day = parse_date_number(number)
    except InvalidInput:
        return number
    return Text(_ENGLISH.day(day), _FRENCH.day(day))


def write_labels(vocabulary: str, codes: tuple[str, ...]) -> Text:
    """Return the labels of codes of a code list; an unknown code as it is."""
    known = load_vocabulary(vocabulary).codes
    labels = [known.get(code, Text(code, code)) for code in codes]
    return Text(", ".join(each.en for each in labels), ", ".join(each.fr for each in labels))


def build_evidence(evidence: Mapping[str, Evidence], labels: Labels) -> tuple[Fact, ...]:
    """Build what a check rests on; ``labels`` names competencies by key."""
    facts = []
    for name, value in evidence.items():
        if value is None:
            continue
        label, write = _NAMES.get(name, (Text(name, name), _plainly))
        written = write(value)
        if name == "competency" and str(value) in labels:
            written = labels[str(value)]
        facts.append(Fact(label, written))
    return tuple(facts)


def _plainly(value: Evidence) -> Text | str:
    if isinstance(value, bool):
        return Text("yes", "oui") if value else Text("no", "non")
    if isinstance(value, tuple):
        return ", ".join(value)
    return str(value)


def _moment(value: Evidence) -> Text | str:
    if isinstance(value, int):
        try:
            return write_moment(value)
        except (ValueError, OverflowError, OSError):
            return str(value)
    return _plainly(value)


def _day(value: Evidence) -> Text | str:
    return write_day(str(value))


def _seconds(value: Evidence) -> Text | str:
    if not isinstance(value, int):
        return _plainly(value)
    if value < 120:
        return Text(f"{value} seconds", f"{value} secondes")
    if value < 7_200:
        return f"{value // 60} min"
    return f"{value // 3_600} h"


def _framework(value: Evidence) -> Text | str:
    name = str(value)
    return load_framework(name).name if name in framework_names() else printable_name(name)


def _labels(vocabulary: str) -> Written:
    def write(value: Evidence) -> Text | str:
        return write_labels(vocabulary, value if isinstance(value, tuple) else (str(value),))

    return write


def _recognition(value: Evidence) -> Text | str:
    return _RECOGNITIONS.get(str(value), str(value))


_RECOGNITIONS: Final[Mapping[str, Text]] = {
    "recognised": Text("recognised", "reconnu"),
    "not-recognised": Text("not recognised", "non reconnu"),
    "could-not-check": Text("could not be checked", "n’a pas pu être vérifié"),
}

_NAMES: Final[Mapping[str, tuple[Text, Written]]] = {
    "achievement": (Text("Achievement", "Microcertification"), _plainly),
    "age": (Text("Age of the copy of the registry", "Âge de la copie du registre"), _seconds),
    "anchor": (Text("Publisher of the trust list", "Éditeur de la liste de confiance"), _plainly),
    "asked": (Text("Asked on", "Demandé le"), _moment),
    "assessment": (Text("Assessment", "Évaluation"), _labels("assessment")),
    "assurance": (Text("Quality assurance", "Assurance de la qualité"), _labels("assurance")),
    "at": (Text("Judged as of", "Jugé à la date du"), _moment),
    "attribute": (Text("Attribute", "Attribut"), _plainly),
    "awarded_from": (Text("Awarded at the earliest on", "Délivrée au plus tôt le"), _day),
    "awarded_to": (Text("Awarded at the latest on", "Délivrée au plus tard le"), _day),
    "competency": (Text("Competency", "Compétence"), _plainly),
    "credential_definition": (
        Text("Credential definition", "Définition d’attestation"),
        _plainly,
    ),
    "credentials": (Text("Credentials used", "Attestations utilisées"), _plainly),
    "framework": (Text("Framework", "Référentiel"), _framework),
    "grace": (Text("Grace allowed", "Délai admis"), _seconds),
    "issued": (Text("Published on", "Publiée le"), _moment),
    "issuer": (Text("Identifier of the institution", "Identifiant de l’établissement"), _plainly),
    "legal_name": (Text("Institution", "Établissement"), _plainly),
    "level": (Text("Level", "Niveau"), _plainly),
    "list": (Text("Revocation list of", "Liste de révocation du"), _moment),
    "max_age": (Text("Oldest copy that is relied on", "Âge maximal admis"), _seconds),
    "minimum_level": (Text("Level asked at least", "Niveau minimal demandé"), _plainly),
    "next_update": (Text("In force until", "En vigueur jusqu’au"), _moment),
    "nonce": (Text("Number of the request", "Numéro de la demande"), _plainly),
    "on": (Text("Judged on", "Jugé au"), _day),
    "problem": (Text("Obstacle", "Obstacle"), _plainly),
    "recognition": (Text("Recognition", "Reconnaissance"), _recognition),
    "referent": (Text("Item asked", "Élément demandé"), _plainly),
    "registry": (Text("Revocation registry", "Registre de révocation"), _plainly),
    "schema": (Text("Schema", "Schéma"), _plainly),
    "superseded": (Text("Replaced on", "Remplacée le"), _moment),
    "valid_until_at_least": (Text("Valid at least until", "Valide au moins jusqu’au"), _day),
    "warning": (Text("Remark of the agent", "Remarque de l’agent"), _plainly),
}
