"""What was found, for a terminal or for a program: the decision first, three verdicts, each check.

Signs that nobody sees, or that move the cursor, are spelt out: a file may hold anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from acquis.credentials.dates import moment_in_words
from acquis.credentials.disclosure import Learned, printable_name
from acquis.credentials.policy import Conclusion, Decision
from acquis.credentials.report import Aspect, Check, Outcome, VerificationReport
from acquis.text import Language, Text
from verifier.evidence_views import write_age
from verifier.offline import Judgement
from verifier.question_words import write_question
from verifier.verdict_words import VERDICTS

STATUS: Final[Mapping[Conclusion, int]] = {
    Conclusion.ACCEPTED: 0,
    Conclusion.REFUSED: 1,
    Conclusion.COULD_NOT_TELL: 2,
}
"""The exit status of each conclusion."""

_CONCLUSIONS: Final[Mapping[Conclusion, Text]] = {
    Conclusion.ACCEPTED: Text("ACCEPTED", "ACCEPTÉ"),
    Conclusion.REFUSED: Text("REFUSED", "REFUSÉ"),
    Conclusion.COULD_NOT_TELL: Text("COULD NOT TELL", "IMPOSSIBLE DE CONCLURE"),
}
_SIGNS: Final[Mapping[Outcome, str]] = {
    Outcome.VALID: "✓",
    Outcome.INVALID: "✗",
    Outcome.INDETERMINATE: "?",
}
_OUTCOMES: Final[Mapping[Outcome, Text]] = {
    Outcome.VALID: Text("valid", "valide"),
    Outcome.INVALID: Text("invalid", "invalide"),
    Outcome.INDETERMINATE: Text("could not tell", "impossible de conclure"),
}
_NOT_CHECKED: Final = Text(
    "Not checked here: who made this request, and who hands this file on.",
    "Non vérifié ici : qui a fait cette demande, et qui transmet ce fichier.",
)
_AT_ASKED: Final = Text(
    "Of a request that you made yourself, --at asked judges by what was in force then.",
    "D’une demande que vous avez faite vous-même, --at asked juge d’après ce qui valait alors.",
)
_LEARNED: Final = Text("Learned:", "Appris :")


def write_judgement(found: Judgement, language: Language) -> Iterator[str]:
    """Yield the lines for a terminal."""

    def say(text: Text) -> str:
        return plain(text.in_language(language))

    yield from write_decision(found.decision, language)
    yield ""
    yield from map(say, write_question(found))
    if found.asked_at is not None and found.judged_at is not None:
        asked, judged = moment_in_words(found.asked_at), moment_in_words(found.judged_at)
        yield say(
            Text(
                f"Asked on {asked.en}, by the file’s own word; judged by what was in force on"
                f" {judged.en}.",
                f"Demandé le {asked.fr}, selon le fichier lui-même ; jugé d’après ce qui valait le"
                f" {judged.fr}.",
            )
        )
    yield say(_NOT_CHECKED)
    if found.decision.conclusion is not Conclusion.ACCEPTED and found.is_judged_later:
        yield say(_AT_ASKED)
    yield from _write_report(found.report, language)
    if found.learned is not None and found.is_authentic:
        yield ""
        yield say(_LEARNED)
        for shown in found.learned.shown:
            yield f"  {say(shown.label)}: {plain(shown.value)}"
        for proved in found.learned.proved:
            yield f"  {say(proved)}"


def write_decision(decision: Decision, language: Language) -> Iterator[str]:
    """Yield the decision and what stood in its way."""
    reasons = dict.fromkeys(each.in_language(language) for each in decision.reasons)
    yield _CONCLUSIONS[decision.conclusion].in_language(language)
    yield from (plain(each) for each in reasons)


def build_judgement(found: Judgement) -> dict[str, Any]:
    """Return the same as JSON; what was learned only where it is authentic."""
    authentic = found.is_authentic
    return {
        "decision": found.decision.content(),
        "report": found.report.content(),
        "request": found.saved.request.content(),
        "asked_at": found.asked_at,
        "judged_at": found.judged_at,
        "learned": _learned(found.learned) if authentic and found.learned else None,
        "status": STATUS[found.decision.conclusion],
    }


def write_outcome(outcome: Outcome, language: Language) -> str:
    """Return the sign of an outcome with its word."""
    return f"{_SIGNS[outcome]} {_OUTCOMES[outcome].in_language(language)}"


def write_aspect(aspect: Aspect, language: Language) -> str:
    """Return the name of one of the three verdicts."""
    return VERDICTS[aspect].in_language(language)


def _write_report(report: VerificationReport, language: Language) -> Iterator[str]:
    for aspect in Aspect:
        yield ""
        outcome = write_outcome(report.verdict(aspect), language)
        yield f"{write_aspect(aspect, language)}: {outcome}"
        for check in report.checks:
            if check.aspect is aspect:
                yield f"  {_SIGNS[check.outcome]} {_write_check(check, report, language)}"


def _write_check(check: Check, report: VerificationReport, language: Language) -> str:
    name = f"{check.id} {check.subject}".strip()
    line = f"{plain(check.reason.in_language(language))} [{name}]"
    if check.as_of is None:
        return line
    moment = moment_in_words(check.as_of).in_language(language)
    age = write_age(check.as_of, report.checked_at).in_language(language)
    return f"{line} — {moment}, {age}"


def _learned(learned: Learned) -> dict[str, Any]:
    def both(text: Text) -> dict[str, str]:
        return {"en": text.en, "fr": text.fr}

    return {
        "shown": [{"label": both(each.label), "value": each.value} for each in learned.shown],
        "proved": [both(each) for each in learned.proved],
        "hidden": [both(each) for each in learned.hidden],
    }


def plain(text: str) -> str:
    """Return a text as one that moves no cursor and hides nothing."""
    return "".join(map(printable_name, text))
