"""The evidence of a check, in words: each name a report uses, with what it is and how it is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final

from babel.units import format_unit

from acquis.credentials.attributes import parse_date_number
from acquis.credentials.disclosure import Labels, printable_name
from acquis.credentials.report import Evidence, Record
from acquis.errors import InvalidInput
from acquis.service.formats import Formats
from acquis.service.language import locale_of
from acquis.service.pages import Fact
from acquis.text import Text
from schemas import framework_names, load_framework, load_vocabulary

type Written = Callable[[Evidence], Text | str]

_UNITS: Final = (
    ("duration-day", 86_400),
    ("duration-hour", 3_600),
    ("duration-minute", 60),
)
_ENGLISH: Final = Formats(locale_of("en"))
_FRENCH: Final = Formats(locale_of("fr"))


def write_moment(at: int) -> Text:
    """Return a moment in Unix seconds as each language writes it, in UTC."""
    moment = datetime.fromtimestamp(at, UTC)
    return Text(_ENGLISH.moment(moment), _FRENCH.moment(moment))


def write_duration(seconds: int) -> Text:
    """Return a length of time in its largest sensible unit, rounded down."""
    large = (each for each in _UNITS if seconds >= 2 * each[1])
    unit, one = next(large, ("duration-second", 1))
    count = max(0, seconds) // one
    return Text(*(format_unit(count, unit, locale=locale_of(each)) for each in ("en", "fr")))


def write_age(as_of: int, at: int) -> Text:
    """Return how old something of ``as_of`` was at the moment ``at``, both in Unix seconds."""
    lasted = write_duration(max(0, at - as_of))
    return Text(f"{lasted.en} old", f"ancienneté : {lasted.fr}")


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
    facts: list[Fact] = []
    for name, value in evidence.items():
        if value is None:
            continue
        if name in {"anchors", "lists"} and isinstance(value, tuple):
            facts.extend(build_list_fact(each) for each in value if isinstance(each, Mapping))
            continue
        label, write = _NAMES.get(name, (Text(name, name), _plainly))
        written = write(value)
        if name == "competency" and str(value) in labels:
            written = labels[str(value)]
        facts.append(Fact(label, written))
    return tuple(facts)


def build_list_fact(record: Record) -> Fact:
    """Build what is told of the list of one anchor: what it says, else its dates and our copy's."""
    if "says" in record:
        told = [write_list_state(str(record["says"]))]
        if record["says"] == "could-not-ask":
            told.append(write_list_state(str(record.get("state"))))
    else:
        told = [write_list_state(str(record.get("state"))), *_dates_of(record)]
    label = Text("Trust list", "Liste de confiance")
    name = record.get("name")
    if name is not None:
        label = Text(f"{label.en} “{name}”", f"{label.fr} « {name} »")
    else:
        told.append(Text(str(record.get("anchor")), str(record.get("anchor"))))
    return Fact(
        label, Text(" · ".join(each.en for each in told), " · ".join(each.fr for each in told))
    )


def _dates_of(record: Record) -> list[Text]:
    told = []
    if isinstance(record.get("version"), int):
        told.append(Text(f"version {record['version']}", f"version {record['version']}"))
    for key, en, fr in _LIST_TIMES:
        at = record.get(key)
        if isinstance(at, int):
            moment = write_moment(at)
            told.append(Text(f"{en} {moment.en}", f"{fr} {moment.fr}"))
    return told


def write_list_state(state: str) -> Text:
    """Return whether the trust list of an anchor can be relied on, in words."""
    return _LIST_WORDS.get(state, Text(state, state))


def _plainly(value: Evidence) -> Text | str:
    if isinstance(value, bool):
        return Text("yes", "oui") if value else Text("no", "non")
    if isinstance(value, tuple):
        return ", ".join(str(each) for each in value)
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
    return write_duration(value) if isinstance(value, int) else _plainly(value)


def _framework(value: Evidence) -> Text | str:
    name = str(value)
    return load_framework(name).name if name in framework_names() else printable_name(name)


def _labels(vocabulary: str) -> Written:
    def write(value: Evidence) -> Text | str:
        codes = value if isinstance(value, tuple) else (value,)
        return write_labels(vocabulary, tuple(str(each) for each in codes))

    return write


def _recognition(value: Evidence) -> Text | str:
    return _RECOGNITIONS.get(str(value), str(value))


_RECOGNITIONS: Final[Mapping[str, Text]] = {
    "recognised": Text("recognised", "reconnu"),
    "not-recognised": Text("not recognised", "non reconnu"),
    "could-not-check": Text("could not be checked", "n’a pas pu être vérifié"),
}

_LIST_WORDS: Final[Mapping[str, Text]] = {
    "in-force": Text("in force", "en vigueur"),
    "overdue": Text("overdue: a newer one is awaited", "périmée : une plus récente est attendue"),
    "not-yet": Text("dated in the future", "datée dans le futur"),
    "old-copy": Text("our copy is too old", "notre copie est trop ancienne"),
    "absent": Text("not in our copy of the registry", "absente de notre copie du registre"),
    "unreadable": Text("does not hold or cannot be read", "illisible ou non vérifiable"),
    "recognises": Text("recognises the institution", "reconnaît l’établissement"),
    "not-entitled": Text(
        "knows the institution, which was not entitled to this that day",
        "connaît l’établissement, qui n’était pas habilité à cela ce jour-là",
    ),
    "unknown": Text("does not know the institution", "ne connaît pas l’établissement"),
    "could-not-ask": Text("could not be asked", "n’a pas pu être consultée"),
}
_LIST_TIMES: Final = (
    ("issued", "published", "publiée le"),
    ("next_update", "in force until", "en vigueur jusqu’au"),
    ("refreshed_at", "our copy of", "notre copie du"),
)

_NAMES: Final[Mapping[str, tuple[Text, Written]]] = {
    "accreditation": (Text("Accreditation", "Accréditation"), _plainly),
    "accredited_by": (Text("Accredited by", "Accrédité par"), _plainly),
    "achievement": (Text("Achievement", "Microcertification"), _plainly),
    "age": (Text("Age of the copy of the registry", "Âge de la copie du registre"), _seconds),
    "anchor": (Text("Publisher of the trust list", "Éditeur de la liste de confiance"), _plainly),
    "anchor_name": (Text("Recognised by", "Reconnu par"), _plainly),
    "asked": (Text("Asked on", "Demandé le"), _moment),
    "assessment": (Text("Assessment", "Évaluation"), _labels("assessment")),
    "assurance": (Text("Quality assurance", "Assurance qualité"), _labels("assurance")),
    "at": (Text("Judged as of", "Jugé à la date du"), _moment),
    "attribute": (Text("Attribute", "Attribut"), _plainly),
    "awarded_from": (Text("Awarded at the earliest on", "Délivrée au plus tôt le"), _day),
    "awarded_to": (Text("Awarded at the latest on", "Délivrée au plus tard le"), _day),
    "chosen": (Text("Competencies chosen", "Compétences choisies"), _plainly),
    "closed": (Text("Identity closed on", "Identité fermée le"), _moment),
    "competency": (Text("Competency", "Compétence"), _plainly),
    "compromised_since": (Text("Compromise reported since", "Compromission depuis le"), _moment),
    "credential_definition": (
        Text("Credential definition", "Définition d’attestation"),
        _plainly,
    ),
    "credentials": (Text("Credentials used", "Attestations utilisées"), _plainly),
    "did_updated": (Text("Identity last changed on", "Identité modifiée le"), _moment),
    "did_version": (Text("Version of the identity", "Version de l’identité"), _plainly),
    "framework": (Text("Framework", "Référentiel"), _framework),
    "grace": (Text("Grace allowed", "Délai admis"), _seconds),
    "issued": (Text("Published on", "Publiée le"), _moment),
    "issuer": (Text("Identifier of the institution", "Identifiant de l’établissement"), _plainly),
    "legal_name": (Text("Institution", "Établissement"), _plainly),
    "level": (Text("Level", "Niveau"), _plainly),
    "list": (Text("Revocation list of", "Liste de révocation du"), _moment),
    "list_version": (
        Text("Version of the trust list", "Version de la liste de confiance"),
        _plainly,
    ),
    "max_age": (Text("Oldest copy that is relied on", "Âge maximal admis"), _seconds),
    "minimum_level": (Text("Level asked at least", "Niveau minimal demandé"), _plainly),
    "next_update": (Text("In force until", "En vigueur jusqu’au"), _moment),
    "nonce": (Text("Number of the request", "Numéro de la demande"), _plainly),
    "on": (Text("Judged on", "Jugé au"), _day),
    "problem": (Text("Obstacle", "Obstacle"), _plainly),
    "recognition": (Text("Recognition", "Reconnaissance"), _recognition),
    "referent": (Text("Item asked", "Élément demandé"), _plainly),
    "refreshed_at": (Text("Our copy of the registry of", "Notre copie du registre du"), _moment),
    "registry": (Text("Revocation registry", "Registre de révocation"), _plainly),
    "required": (Text("Competencies required", "Compétences exigées"), _plainly),
    "same_browser": (Text("Same browser", "Même navigateur"), _plainly),
    "same_thread": (Text("Same exchange", "Même échange"), _plainly),
    "schema": (Text("Schema", "Schéma"), _plainly),
    "superseded": (Text("Replaced on", "Remplacée le"), _moment),
    "valid_until_at_least": (Text("Valid at least until", "Valide au moins jusqu’au"), _day),
    "warning": (Text("Remark of the agent", "Remarque de l’agent"), _plainly),
}
