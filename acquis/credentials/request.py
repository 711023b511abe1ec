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
  entitled on that day, and revealed where it does not;
- non-revocation is asked as ``{"to": now}``, the one form all wallets answer soundly.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from acquis.credentials.attributes import date_number
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


@dataclass(frozen=True, slots=True)
class CompetencyRequest:
    """One competency asked for; without a minimum the level itself is shown."""

    key: CompetencyKey
    label: Text
    minimum_level: int | None = None


@dataclass(frozen=True, slots=True)
class PresentationRequest:
    """Everything one employer asks in one go; ``purpose`` is in the employer's own words."""

    competencies: tuple[CompetencyRequest, ...]
    purpose: str
    awarded_since: date | None = None
    learner_name: bool = False
    still_valid: bool = True

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

    def content(self) -> dict[str, object]:
        """Return the JSON form, for the books of the verifier."""
        return {
            "competencies": [
                {
                    "key": str(each.key),
                    "label": {"en": each.label.en, "fr": each.label.fr},
                    "minimum_level": each.minimum_level,
                }
                for each in self.competencies
            ],
            "purpose": self.purpose,
            "awarded_since": None if self.awarded_since is None else self.awarded_since.isoformat(),
            "learner_name": self.learner_name,
            "still_valid": self.still_valid,
        }

    def labels(self) -> dict[str, Text]:
        """Return the name of each competency asked for, by key."""
        return {str(each.key): each.label for each in self.competencies}


def parse_presentation_request(content: Mapping[str, object]) -> PresentationRequest:
    """Read ``PresentationRequest.content()`` back; raises ``InvalidInput``."""
    node = Node(dict(content), "request")
    node.refuse_others(("competencies", "purpose", "awarded_since", "learner_name", "still_valid"))
    since = node.optional("awarded_since")
    return PresentationRequest(
        competencies=tuple(
            _parse_competency_request(each) for each in node.member("competencies").elements()
        ),
        purpose=node.member("purpose").text(200),
        awarded_since=None if since is None else since.date(),
        learner_name=node.member("learner_name").boolean(),
        still_valid=node.member("still_valid").boolean(),
    )


def _parse_competency_request(node: Node) -> CompetencyRequest:
    node.refuse_others(("key", "label", "minimum_level"))
    label, level = node.member("label"), node.optional("minimum_level")
    return CompetencyRequest(
        CompetencyKey.parse(node.member("key").text(200)),
        Text(label.member("en").text(500), label.member("fr").text(500)),
        None if level is None else level.integer(1, HIGHEST_LEVEL),
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
    for index, asked in enumerate(request.competencies):
        listed = tuple(candidates.get(asked.key, ()))
        restrictions = _restrictions(asked, listed)
        since, show_date = _award_bound(listed, request.awarded_since, today)
        group = group_id(index)
        names = ["achievement_id"]
        bounds: list[tuple[str, str, int]] = []
        if asked.minimum_level is None:
            names.append(str(asked.key))
        else:
            bounds.append(("level", str(asked.key), asked.minimum_level))
        if request.still_valid:
            bounds.append(("valid", "valid_until", date_number(today)))
        if since is not None:
            bounds.append(("awarded", "awarded_on", date_number(since)))
        if show_date:
            names.append("awarded_on")
        if request.learner_name:
            names.extend(("given_name", "family_name"))
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
