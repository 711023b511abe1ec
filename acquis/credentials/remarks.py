"""What the agent remarked beside its verdict, one remark after the other.

Agents amend a request on the quiet and say so only here. Each remark we know has its meaning;
one we do not know could mean anything and leaves the result open. The words after the code are
the agent's own and are not repeated: they may hold a value.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from acquis.credentials.facts import ExchangeFacts
from acquis.credentials.report import Aspect, Check, Outcome
from acquis.text import Text

CHECK_ID = "agent-warnings"

_OUT_OF_INTERVAL = "TS_OUT_NRI"
_MEANINGS: Mapping[str, tuple[Outcome, Text]] = {
    "RMV_RFNT_NRI": (
        Outcome.INDETERMINATE,
        Text(
            "The agent dropped the question of revocation for one item: its status was not checked.",
            "L’agent a retiré la question de la révocation pour un élément : état non contrôlé.",
        ),
    ),
    "RMV_GLB_NRI": (
        Outcome.INDETERMINATE,
        Text(
            "The agent dropped the question of revocation: the status was not checked.",
            "L’agent a retiré la question de la révocation : l’état n’a pas été contrôlé.",
        ),
    ),
    _OUT_OF_INTERVAL: (
        Outcome.INDETERMINATE,
        Text(
            "The revocation list proved against lies outside the time that was asked.",
            "La liste de révocation utilisée est hors de la période demandée.",
        ),
    ),
    "UNRVL_ATTR": (
        Outcome.INVALID,
        Text("The holder left a value unrevealed.", "Le détenteur n’a pas montré une valeur."),
    ),
    "VALUE_ERROR": (
        Outcome.INVALID,
        Text(
            "The agent found the presentation inconsistent.",
            "L’agent a trouvé la présentation incohérente.",
        ),
    ),
    "VERIFY_ERROR": (
        Outcome.INVALID,
        Text("The agent could not verify the proofs.", "L’agent n’a pas pu vérifier les preuves."),
    ),
}
_UNKNOWN = (
    Outcome.INDETERMINATE,
    Text(
        "The agent made a remark that is not known here.",
        "L’agent a fait une remarque inconnue ici.",
    ),
)
_ON_THE_BOUND = (
    Outcome.VALID,
    Text(
        "The revocation list dates from the very second of asking, which the agent remarks upon.",
        "La liste de révocation date de la seconde même de la demande, ce que l’agent signale.",
    ),
)


def _is_on_the_bound(facts: ExchangeFacts, referent: str) -> bool:
    """Whether the list's time equals the end of the interval, which is inside it.

    The agent compares strictly; the interval of AnonCreds includes its end.
    """
    numbers = facts.presentation.credentials_of((referent,))
    asked = facts.asked_at
    return (
        asked is not None
        and bool(numbers)
        and all(facts.presentation.identifiers[number].timestamp == asked for number in numbers)
    )


def check_agent_warnings(facts: ExchangeFacts) -> tuple[Check, ...]:
    """One check per remark of the agent; one VALID check when it made none."""
    checks = []
    for warning in sorted(set(facts.agent.warnings)):
        code, _, rest = warning.partition("::")
        outcome, reason = _MEANINGS.get(code, _UNKNOWN)
        if code == _OUT_OF_INTERVAL and _is_on_the_bound(facts, rest):
            outcome, reason = _ON_THE_BOUND
        said = code if re.fullmatch(r"[A-Z_]{1,40}", code) else "?"
        checks.append(
            Check(CHECK_ID, Aspect.AUTHENTIC, outcome, reason, evidence={"warning": said})
        )
    if not checks:
        says = Text("The agent made no remark.", "L’agent n’a fait aucune remarque.")
        checks.append(Check(CHECK_ID, Aspect.AUTHENTIC, Outcome.VALID, says))
    return tuple(checks)
