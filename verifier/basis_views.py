"""What a result rests on, each thing with its date and how old it was when it was decided.

Read from the evidence of the checks, so that the page tells what the kept report tells.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from acquis.credentials.report import Check, VerificationReport
from acquis.service.pages import Fact
from acquis.text import Text
from verifier.evidence_views import build_list_fact, write_age, write_moment

_COPY: Final = Text(
    "Our copy of the institution’s registry", "Notre copie du registre de l’établissement"
)
_LOG: Final = Text("The institution’s identity", "L’identité de l’établissement")
_LIST: Final = Text("Revocation list", "Liste de révocation")


def build_basis(report: VerificationReport) -> tuple[Fact, ...]:
    """Build the facts, in the order of the checks, each once."""
    facts: dict[Fact, None] = {}
    for check in report.checks:
        facts |= dict.fromkeys(_facts_of(check, report.checked_at))
    return tuple(facts)


def find_remarks(report: VerificationReport) -> tuple[Text, ...]:
    """Return what must be seen besides the verdicts: what an issuer reported about its keys."""
    told = (
        each.reason
        for each in report.checks
        if each.id == "issuer-identity" and isinstance(each.evidence.get("compromised_since"), int)
    )
    return tuple(dict.fromkeys(told))


def _facts_of(check: Check, at: int) -> Iterator[Fact]:
    evidence = check.evidence
    if check.id == "mirror-age" and check.as_of is not None:
        yield Fact(_COPY, _dated(Text("as of", "en date du"), check.as_of, at))
    elif check.id == "issuer-identity" and isinstance(evidence.get("did_updated"), int):
        number = str(evidence.get("did_version")).partition("-")[0]
        since = Text(f"version {number}, of", f"version {number}, du")
        yield Fact(_LOG, _dated(since, int(str(evidence["did_updated"])), at))
    elif check.id == "not-revoked" and isinstance(evidence.get("list"), int):
        yield Fact(_LIST, _dated(Text("as of", "en date du"), int(str(evidence["list"])), at))
    elif check.id == "trust-list" and isinstance(lists := evidence.get("lists"), tuple):
        for each in lists:
            if isinstance(each, Mapping):
                yield _aged(build_list_fact(each), each.get("refreshed_at"), at)


def _aged(fact: Fact, refreshed_at: object, at: int) -> Fact:
    if not isinstance(refreshed_at, int) or not isinstance(fact.value, Text):
        return fact
    age = write_age(refreshed_at, at)
    return Fact(fact.label, Text(f"{fact.value.en} ({age.en})", f"{fact.value.fr} ({age.fr})"))


def _dated(since: Text, moment: int, at: int) -> Text:
    written, age = write_moment(moment), write_age(moment, at)
    return Text(f"{since.en} {written.en} ({age.en})", f"{since.fr} {written.fr} ({age.fr})")
