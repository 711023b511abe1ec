"""What an employer asks: competencies, never attribute names.

"Competency K at level N or more, from a recognised institution, awarded since D, still valid
today." A request becomes an AnonCreds presentation request in which

- the answers for competency number i have the referents ``ci``, ``ci-level``, ``ci-valid`` and
  ``ci-awarded``, and must all come from one credential;
- K is a predicate, or revealed when no level is asked; ``achievement_id`` is revealed, so that
  every public word of the achievement can be checked;
- every referent is restricted to the credential definitions of institutions that are recognised
  for K at the moment of asking: a referent without restrictions is never built, because a
  wallet may answer it with anything;
- the date of the award is only bounded where a bound decides whether the institution was
  entitled on that day, and revealed where it does not, or where the same credential may have to
  show it for another competency;
- non-revocation is asked as ``{"to": now}``, the one form all wallets answer soundly.

A request may leave something to the learner: any k of its competencies, some that are optional,
the name. What is built asks for everything; ``narrowing`` makes of it, on both sides alike, the
request for exactly what one learner chose. The ids of the groups stay those of the full request.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from acquis.credentials.attributes import date_number
from acquis.credentials.choice import Choice, NameAsked, parse_name_asked
from acquis.credentials.competency import CompetencyKey
from acquis.credentials.wire import Node
from acquis.errors import InvalidInput, NotFound, TooLarge
from acquis.text import Text

MAX_COMPETENCIES = 10
MAX_CANDIDATES = 30
"""Credential definitions listed per competency; the employer is told when there are more.

Each is listed with every comparison, so ten competencies of 30 definitions make a request of 200 kB:
as large as a wallet takes an invitation to be."""

HIGHEST_LEVEL = 99
LEARNER_NAMES = ("given_name", "family_name")
_MEMBERS = ("competencies", "purpose", "awarded_since", "learner_name", "still_valid", "at_least")


@dataclass(frozen=True, slots=True)
class CompetencyRequest:
    """One competency asked for; without a minimum the level itself is shown.

    One that is ``optional`` may be left out by the learner.
    """

    key: CompetencyKey
    label: Text
    minimum_level: int | None = None
    optional: bool = False


@dataclass(frozen=True, slots=True)
class PresentationRequest:
    """Everything one employer asks in one go; ``purpose`` is in the employer's own words.

    ``at_least`` is how many of the competencies that are not optional must be proved; None: all.
    """

    competencies: tuple[CompetencyRequest, ...]
    purpose: str
    awarded_since: date | None = None
    learner_name: NameAsked = NameAsked.NO
    still_valid: bool = True
    at_least: int | None = None

    def __post_init__(self) -> None:
        keys = [each.key for each in self.competencies]
        if not keys:
            raise _refused("Ask for at least one competency.", "Demandez au moins une compétence.")
        if len(keys) > MAX_COMPETENCIES:
            raise TooLarge(
                Text(
                    f"At most {MAX_COMPETENCIES} competencies in one request.",
                    f"Au plus {MAX_COMPETENCIES} compétences par demande.",
                )
            )
        if len(set(keys)) != len(keys):
            raise _refused("A competency is asked twice.", "Une compétence est demandée deux fois.")
        for each in self.competencies:
            level = each.minimum_level
            if level is not None and not 1 <= level <= HIGHEST_LEVEL:
                raise _refused(
                    f"A level is an integer from 1 to {HIGHEST_LEVEL}.",
                    f"Un niveau est un entier de 1 à {HIGHEST_LEVEL}.",
                )
        Node(self.purpose, "purpose").text(200)
        wanted = len(self.wanted)
        if not wanted:
            raise _refused(
                "At least one competency is not optional.",
                "Au moins une compétence n’est pas facultative.",
            )
        if self.at_least is not None and not 1 <= self.at_least <= wanted:
            raise _refused(
                f"At least 1 and at most {wanted} of the competencies can be required.",
                f"On peut exiger au moins 1 et au plus {wanted} des compétences.",
            )

    @property
    def wanted(self) -> tuple[tuple[str, CompetencyRequest], ...]:
        """The competencies that are not optional, each with the id of its group."""
        return tuple(each for each in self.competencies_of() if not each[1].optional)

    @property
    def fewest(self) -> int:
        """How many of the competencies that are not optional must be proved."""
        return len(self.wanted) if self.at_least is None else self.at_least

    @property
    def offers_choice(self) -> bool:
        """Whether anything is left to the learner."""
        is_any_optional = any(each.optional for each in self.competencies)
        is_name_optional = self.learner_name is NameAsked.OPTIONAL
        return is_any_optional or is_name_optional or self.fewest < len(self.wanted)

    @property
    def full_choice(self) -> Choice:
        """Everything that is asked: what a wallet that does not choose receives."""
        groups = tuple(group for group, _ in self.competencies_of())
        return Choice(groups, self.learner_name in (NameAsked.OPTIONAL, NameAsked.REQUIRED))

    def competencies_of(
        self, choice: Choice | None = None
    ) -> tuple[tuple[str, CompetencyRequest], ...]:
        """Return what ``choice`` is about (None: everything), each with the id of its group."""
        numbered = ((group_id(index), each) for index, each in enumerate(self.competencies))
        return tuple(each for each in numbered if choice is None or each[0] in choice.competencies)

    def asks_name(self, choice: Choice | None = None) -> bool:
        """Say whether the name is asked for once ``choice`` was made (None: none was)."""
        return (self.full_choice if choice is None else choice).learner_name

    def check_choice(self, choice: Choice) -> None:
        """Refuse a choice that this request does not allow; raises ``InvalidInput``."""
        chosen, known = set(choice.competencies), set(self.full_choice.competencies)
        if len(chosen) != len(choice.competencies):
            raise _refused("A competency is chosen twice.", "Une compétence est choisie deux fois.")
        if not chosen <= known:
            raise _refused(
                "A competency is chosen that was not asked for.",
                "Une compétence choisie n’était pas demandée.",
            )
        if sum(group in chosen for group, _ in self.wanted) < self.fewest:
            raise _refused(
                f"At least {self.fewest} of the competencies asked for must be chosen.",
                f"Au moins {self.fewest} des compétences demandées doivent être choisies.",
            )
        if choice.learner_name and self.learner_name is NameAsked.NO:
            raise _refused("The name was not asked for.", "Le nom n’était pas demandé.")
        if not choice.learner_name and self.learner_name is NameAsked.REQUIRED:
            raise _refused("The name is required.", "Le nom est exigé.")

    def content(self) -> dict[str, object]:
        """Return the JSON form, for the books of the verifier."""
        return {
            "competencies": [
                {
                    "key": str(each.key),
                    "label": {"en": each.label.en, "fr": each.label.fr},
                    "minimum_level": each.minimum_level,
                    "optional": each.optional,
                }
                for each in self.competencies
            ],
            "purpose": self.purpose,
            "awarded_since": None if self.awarded_since is None else self.awarded_since.isoformat(),
            "learner_name": self.learner_name.value,
            "still_valid": self.still_valid,
            "at_least": self.at_least,
        }

    def labels(self) -> dict[str, Text]:
        """Return the name of each competency asked for, by key, where it has another than that."""
        named = {str(each.key): each.label for each in self.competencies}
        return {key: label for key, label in named.items() if label != Text(key, key)}


def parse_presentation_request(content: Mapping[str, object]) -> PresentationRequest:
    """Read ``PresentationRequest.content()`` back, also from before; raises ``InvalidInput``."""
    node = Node(dict(content), "request")
    node.refuse_others(_MEMBERS)
    since, at_least = node.optional("awarded_since"), node.optional("at_least")
    return PresentationRequest(
        competencies=tuple(
            _parse_competency_request(each) for each in node.member("competencies").elements()
        ),
        purpose=node.member("purpose").text(200),
        awarded_since=None if since is None else since.date(),
        learner_name=parse_name_asked(node.member("learner_name")),
        still_valid=node.member("still_valid").boolean(),
        at_least=None if at_least is None else at_least.integer(1, MAX_COMPETENCIES),
    )


def _parse_competency_request(node: Node) -> CompetencyRequest:
    node.refuse_others(("key", "label", "minimum_level", "optional"))
    label, level = node.member("label"), node.optional("minimum_level")
    optional = node.optional("optional")
    return CompetencyRequest(
        CompetencyKey.parse(node.member("key").text(200)),
        Text(label.member("en").text(500), label.member("fr").text(500)),
        None if level is None else level.integer(1, HIGHEST_LEVEL),
        optional is not None and optional.boolean(),
    )


@dataclass(frozen=True, slots=True)
class Candidate:
    """A credential definition that carries a competency and whose issuer is recognised for it.

    ``recognised_from`` and ``recognised_until`` (None: no end) are the days the issuer is
    recognised for this competency at this level; when ``recognised_from`` is None the days are
    not known here and the date of the award is asked to be shown.
    """

    credential_definition_id: str
    recognised_from: date | None = None
    recognised_until: date | None = None


def group_id(index: int) -> str:
    """Return the referent of the answers for competency number ``index``, counted from 0."""
    return f"c{index + 1}"


def day_of(moment: int) -> date:
    """Return the UTC day of a moment in Unix seconds."""
    return datetime.fromtimestamp(moment, UTC).date()


def _refused(en: str, fr: str) -> InvalidInput:
    return InvalidInput(Text(en, fr))


def _award_bound(
    candidates: Sequence[Candidate], since: date | None, today: date
) -> tuple[date | None, bool]:
    """Return the earliest day to prove, and whether the date itself must be shown.

    A bound is enough when every institution listed is recognised without an end before today
    and the same first day holds for all of them; else one bound would exclude honest learners
    of one institution or admit awards another was not entitled to make.
    """
    first_days: set[date] = set()
    for each in candidates:
        ended = each.recognised_until is not None and each.recognised_until < today
        if each.recognised_from is None or ended:
            return since, True
        first_days.add(max(each.recognised_from, since or each.recognised_from))
    if len(first_days) != 1:
        return since, True
    return first_days.pop(), False


def _award_bounds(
    listed: Sequence[Sequence[Candidate]], since: date | None, today: date
) -> list[tuple[date | None, bool]]:
    """Return ``_award_bound`` of each competency, shown alike where one credential may answer both.

    No wallet can show the date of one credential for one competency and compare it for another.
    """
    found = [_award_bound(candidates, since, today) for candidates in listed]
    definitions = [{each.credential_definition_id for each in candidates} for candidates in listed]
    shown = {index for index, (_, is_shown) in enumerate(found) if is_shown}
    while True:
        seen = set().union(*(definitions[index] for index in shown))
        more = {index for index, ids in enumerate(definitions) if ids & seen} - shown
        if not more:
            return [(day, index in shown) for index, (day, _) in enumerate(found)]
        shown |= more


def _restrictions(
    asked: CompetencyRequest, candidates: Sequence[Candidate]
) -> list[dict[str, str]]:
    if not candidates:
        raise NotFound(
            Text(
                f"No recognised institution awards “{asked.label.en}”.",
                f"Aucun établissement reconnu ne délivre « {asked.label.fr} ».",
            )
        )
    if len(candidates) > MAX_CANDIDATES:
        raise TooLarge(
            Text(
                f"More than {MAX_CANDIDATES} credential definitions for one competency.",
                f"Plus de {MAX_CANDIDATES} définitions d’attestation pour une compétence.",
            )
        )
    ids = [each.credential_definition_id for each in candidates]
    if len(set(ids)) != len(ids) or not all(ids):
        raise _refused(
            "A credential definition is empty or listed twice.",
            "Une définition d’attestation est vide ou citée deux fois.",
        )
    return [{"cred_def_id": each} for each in ids]


def capped(candidates: Sequence[Candidate]) -> tuple[tuple[Candidate, ...], int]:
    """Return the first ``MAX_CANDIDATES`` and how many were left out, to be said to the employer."""
    return tuple(candidates[:MAX_CANDIDATES]), max(0, len(candidates) - MAX_CANDIDATES)


def build_proof_request(
    request: PresentationRequest,
    candidates: Mapping[CompetencyKey, Sequence[Candidate]],
    nonce: str,
    now: int,
) -> dict[str, object]:
    """Return the AnonCreds presentation request for ``request``.

    ``nonce`` is a decimal integer below 2^80 as text, fresh for each exchange; ``now`` Unix
    seconds. Raises ``NotFound`` when no recognised institution awards a competency, ``TooLarge``
    over ``MAX_CANDIDATES`` (see ``capped``), ``InvalidInput`` for a bad nonce.
    Follows AnonCreds 1.0, "Create presentation request".
    """
    if not re.fullmatch(r"[1-9][0-9]{0,24}", nonce) or int(nonce) >= 2**80:
        raise _refused(
            "The nonce is not an integer below 2^80.", "Le nonce n’est pas un entier < 2^80."
        )
    today = day_of(now)
    attributes: dict[str, object] = {}
    predicates: dict[str, object] = {}
    listed = [tuple(candidates.get(asked.key, ())) for asked in request.competencies]
    dates = _award_bounds(listed, request.awarded_since, today)
    for index, asked in enumerate(request.competencies):
        restrictions = _restrictions(asked, listed[index])
        since, show_date = dates[index]
        group = group_id(index)
        names = ["achievement_id"]
        bounds: list[tuple[str, str, int]] = []
        if asked.minimum_level is None:
            names.append(str(asked.key))
        else:
            bounds.append(("level", str(asked.key), asked.minimum_level))
        if request.still_valid:
            bounds.append(("valid", "valid_until", date_number(today)))
        if show_date:  # no wallet can both show a value and compare it
            names.append("awarded_on")
        elif since is not None:
            bounds.append(("awarded", "awarded_on", date_number(since)))
        if request.asks_name():
            names.extend(LEARNER_NAMES)
        attributes[group] = {"names": names, "restrictions": restrictions}
        for what, name, least in bounds:
            predicates[f"{group}-{what}"] = {
                "name": name,
                "p_type": ">=",
                "p_value": least,
                "restrictions": restrictions,
            }
    return {
        "name": request.purpose,
        "version": "1.0",
        "nonce": nonce,
        "requested_attributes": attributes,
        "requested_predicates": predicates,
        "non_revoked": {"to": now},
    }
