"""What a request would show, what it would only prove and what would stay hidden, in words.

Wallet and verifier print the same words, because both read them from the request itself. Any
AnonCreds request can be described, also one not made by us: a name that is not known is shown
as it is, and nothing is called hidden that an unknown name might hold.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from acquis.credentials.attributes import parse_date_number
from acquis.credentials.choice import NameAsked
from acquis.credentials.competency import CompetencyKey, known_label
from acquis.credentials.dates import day_in_words, moment_in_words
from acquis.credentials.naming import COMMON_ATTRIBUTES
from acquis.credentials.presentation import Presentation, canonical_name
from acquis.credentials.proof_request import AskedAttributes, AskedItems, AskedPredicate, Interval
from acquis.credentials.request import CompetencyRequest, PresentationRequest
from acquis.errors import InvalidInput
from acquis.text import Text
from schemas import framework_names

type Labels = Mapping[str, Text]
"""Names of competencies by key, where the caller knows them."""

_NO_LABELS: Labels = MappingProxyType({})
_DATES = frozenset({"awarded_on", "valid_until", "review_on", "birth_date"})
_LONGEST_NAME = 120


@dataclass(frozen=True, slots=True)
class Disclosure:
    """What presenting would show, only prove, and keep hidden: one sentence each."""

    shown: tuple[Text, ...]
    proved: tuple[Text, ...]
    hidden: tuple[Text, ...]


@dataclass(frozen=True, slots=True, repr=False)
class ShownValue:
    """One value that was shown, with what it is; ``value`` is a claim and never logged."""

    label: Text
    value: str


@dataclass(frozen=True, slots=True, repr=False)
class Learned:
    """What one presentation told the employer, and what it did not."""

    shown: tuple[ShownValue, ...]
    proved: tuple[Text, ...]
    hidden: tuple[Text, ...]


def printable_name(name: str) -> str:
    """Return a foreign name as it is, cut, with invisible and direction-changing signs spelt out."""
    spelt = "".join(
        f"<U+{ord(each):04X}>" if unicodedata.category(each) in ("Cf", "Cc", "Zl", "Zp") else each
        for each in name
    )
    return spelt if len(spelt) <= _LONGEST_NAME else spelt[:_LONGEST_NAME] + "…"


def competency_label(name: str, labels: Labels) -> Text | None:
    """Return the name of the competency an attribute stands for; None when it is not one we know.

    A framework's own name comes first: ``labels`` may be from a request, which anybody can write.
    """
    key = canonical_name(name)
    label = known_label(key) or labels.get(key)
    if label is not None:
        return label
    try:
        framework = CompetencyKey.parse(key).framework
    except InvalidInput:
        return None
    return (
        Text(printable_name(key), printable_name(key)) if framework in framework_names() else None
    )


def attribute_label(name: str, labels: Labels) -> Text:
    """Return what an attribute is, in words; an unknown one is quoted as it is."""
    known = COMMON_ATTRIBUTES.get(canonical_name(name))
    if known is not None:
        return known
    competency = competency_label(name, labels)
    if competency is not None:
        return Text(f"the level of “{competency.en}”", f"le niveau de « {competency.fr} »")
    quoted = printable_name(name)
    return Text(
        f"“{quoted}”, as it stands in the credential",
        f"« {quoted} », tel qu’écrit dans l’attestation",
    )


def _is_ours(name: str, labels: Labels) -> bool:
    return canonical_name(name) in COMMON_ATTRIBUTES or competency_label(name, labels) is not None


def _shown_item(name: str, asked: AskedAttributes, labels: Labels) -> Text:
    label = attribute_label(name, labels)
    if asked.restrictions:
        return label
    return Text(
        f"{label.en} (from any credential at all, or typed in by hand)",
        f"{label.fr} (de n’importe quelle attestation, ou saisi à la main)",
    )


def _written_day(number: int) -> Text | None:
    try:
        return day_in_words(parse_date_number(str(number)))
    except InvalidInput:
        return None


def _competency_proved(label: Text, asked: AskedPredicate) -> Text:
    level = asked.bound + {">=": 0, ">": 1, "<=": 0, "<": -1}[asked.relation]
    if asked.relation in (">=", ">"):
        return Text(
            f"“{label.en}” at level {level} or more, not the exact level",
            f"« {label.fr} » au niveau {level} ou plus, pas le niveau exact",
        )
    return Text(
        f"“{label.en}” at level {level} or less, not the exact level",
        f"« {label.fr} » au niveau {level} ou moins, pas le niveau exact",
    )


def _date_proved(name: str, asked: AskedPredicate) -> Text | None:
    day = _written_day(asked.bound)
    if day is None:
        return None
    if name == "valid_until" and asked.relation == ">=":
        return Text(f"still valid on {day.en}", f"encore valide le {day.fr}")
    label = COMMON_ATTRIBUTES[name]
    when = {
        ">=": Text(f"is {day.en} or later", f"est le {day.fr} ou après"),
        ">": Text(f"is after {day.en}", f"est après le {day.fr}"),
        "<=": Text(f"is {day.en} or earlier", f"est le {day.fr} ou avant"),
        "<": Text(f"is before {day.en}", f"est avant le {day.fr}"),
    }[asked.relation]
    return Text(f"{label.en} {when.en}", f"{label.fr} {when.fr}")


def predicate_in_words(asked: AskedPredicate, labels: Labels) -> Text:
    """Return what a comparison proves, in words."""
    name = canonical_name(asked.name)
    competency = competency_label(name, labels)
    if competency is not None:
        return _competency_proved(competency, asked)
    dated = _date_proved(name, asked) if name in _DATES else None
    if dated is not None:
        return dated
    label = attribute_label(asked.name, labels)
    return Text(
        f"{label.en}: {asked.relation} {asked.bound}, not the value itself",
        f"{label.fr} : {asked.relation} {asked.bound}, pas la valeur elle-même",
    )


def _by_weight(asked: AskedItems, labels: Labels) -> list[AskedPredicate]:
    """Return the comparisons, those about competencies first: agents reorder what they pass on."""
    return sorted(asked.predicates, key=lambda each: competency_label(each.name, labels) is None)


def _not_revoked(intervals: Iterable[Interval | None]) -> list[Text]:
    ends = [each for each in intervals if each is not None]
    if not ends:
        return []
    latest = max((each.to for each in ends if each.to is not None), default=None)
    if latest is None:
        return [Text("that the credential is not revoked", "que l’attestation n’est pas révoquée")]
    at = moment_in_words(latest)
    return [
        Text(
            f"that the credential was not revoked on {at.en}",
            f"que l’attestation n’était pas révoquée le {at.fr}",
        )
    ]


def _fixed_values(asked: AskedItems) -> list[Text]:
    """A restriction may fix a value: whoever answers confirms it."""
    found: dict[str, None] = {}
    restrictions = [r for each in asked.attributes for r in each.restrictions]
    restrictions += [r for each in asked.predicates for r in each.restrictions]
    for restriction in restrictions:
        for name, _ in restriction:
            if name.startswith("attr::") and name.endswith("::value"):
                found[printable_name(name.removeprefix("attr::").removesuffix("::value"))] = None
    return [
        Text(
            f"that “{name}” has a value already written in the request",
            f"que « {name} » a une valeur déjà inscrite dans la demande",
        )
        for name in found
    ]


def _hidden(asked: AskedItems, revealed: set[str], labels: Labels) -> tuple[Text, ...]:
    compared = [canonical_name(each.name) for each in asked.predicates]
    hidden = []
    for name in dict.fromkeys(compared):
        if name not in revealed:
            label = attribute_label(name, labels)
            hidden.append(Text(f"{label.en}: the exact value", f"{label.fr} : la valeur exacte"))
    if all(_is_ours(each, labels) for each in (*revealed, *compared)):
        hidden += [
            COMMON_ATTRIBUTES[name]
            for name in ("given_name", "family_name", "birth_date", "grade", "credential_id")
            if name not in revealed and name not in compared
        ]
        if "awarded_on" not in revealed and "awarded_on" not in compared:
            hidden.append(COMMON_ATTRIBUTES["awarded_on"])
        hidden.append(
            Text(
                "every other competency of the achievement",
                "toutes les autres compétences de la microcertification",
            )
        )
    hidden.append(
        Text(
            "everything else in the credentials, and all other credentials",
            "tout le reste des attestations, et toutes les autres attestations",
        )
    )
    return tuple(hidden)


_ORIGIN = Text(
    "which institution issued the credential, and which kind of credential it is",
    "quel établissement a délivré l’attestation, et de quel type d’attestation il s’agit",
)


def describe(asked: AskedItems, labels: Labels = _NO_LABELS) -> Disclosure:
    """Say what answering ``asked`` shows, only proves and keeps hidden.

    ``labels`` names competencies by key; those of the frameworks we ship are known anyway.
    """
    shown = [_shown_item(name, each, labels) for each in asked.attributes for name in each.names]
    proved = [predicate_in_words(each, labels) for each in _by_weight(asked, labels)]
    intervals = [asked.non_revoked, *(each.non_revoked for each in asked.attributes)]
    intervals += [each.non_revoked for each in asked.predicates]
    revealed = {canonical_name(name) for each in asked.attributes for name in each.names}
    return Disclosure(
        tuple(dict.fromkeys([*shown, _ORIGIN])),
        tuple(dict.fromkeys([*proved, *_fixed_values(asked), *_not_revoked(intervals)])),
        _hidden(asked, revealed, labels),
    )


def what_was_learned(
    asked: AskedItems, presentation: Presentation, labels: Labels = _NO_LABELS
) -> Learned:
    """Say exactly what ``presentation`` told whoever asked ``asked``, and what stayed hidden.

    Only what was really shown or proved counts; whether it is true is the report's business.
    """
    shown: list[ShownValue] = []
    revealed: set[str] = set()
    for each in asked.attributes:
        answer = presentation.shown.get(each.referent)
        for name in each.names:
            value = None if answer is None else answer.values.get(name if each.together else "")
            if value is not None:
                revealed.add(canonical_name(name))
                shown.append(ShownValue(attribute_label(name, labels), value.raw))
    proved = [
        predicate_in_words(each, labels)
        for each in _by_weight(asked, labels)
        if each.referent in presentation.proved
    ]
    origins = dict.fromkeys(each.credential_definition_id for each in presentation.identifiers)
    shown += [ShownValue(_ORIGIN, each) for each in origins]
    if any(each.timestamp is not None for each in presentation.identifiers):
        proved += _not_revoked([asked.non_revoked])
    return Learned(
        tuple(dict.fromkeys(shown)),
        tuple(dict.fromkeys(proved)),
        _hidden(asked, revealed, labels),
    )


def competency_in_words(asked: CompetencyRequest) -> Text:
    """Return one competency of a request, with its level, as something to choose.

    A framework's own name comes before the one in the request, which may be anybody's.
    """
    label = known_label(str(asked.key)) or asked.label
    name, level = Text(printable_name(label.en), printable_name(label.fr)), asked.minimum_level
    if level is None:
        return Text(f"“{name.en}”, showing the level", f"« {name.fr} », en montrant le niveau")
    return Text(f"“{name.en}” at level {level} or more", f"« {name.fr} » au niveau {level} ou plus")


def describe_choice(request: PresentationRequest) -> tuple[Text, ...]:
    """Say what ``request`` leaves to the learner, one sentence each; nothing when it does not."""
    told = []
    wanted = [competency_in_words(each) for _, each in request.wanted]
    if request.fewest < len(wanted):
        few, many = request.fewest, len(wanted)
        en, fr = "; ".join(each.en for each in wanted), " ; ".join(each.fr for each in wanted)
        told.append(
            Text(
                f"any {few} of these {many}, or more: {en}",
                f"{few} de ces {many} au choix, ou plus : {fr}",
            )
        )
    optional = [competency_in_words(each) for each in request.competencies if each.optional]
    if request.learner_name is NameAsked.OPTIONAL:
        optional.append(Text("the learner's name", "le nom de l’apprenant"))
    told += [Text(f"optional: {each.en}", f"facultatif : {each.fr}") for each in optional]
    return tuple(told)
