"""The particulars of an achievement: its small parts, each with its JSON form and its reader."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from acquis.credentials.wire import Node
from acquis.credentials.words import Words, parse_optional_words, parse_words
from acquis.text import Text
from schemas import load_level_scale, load_vocabulary

_URL = r"https?://[^\s<>\"{}|\\^`]+"


class Particular(Protocol):
    """A part that knows its JSON form."""

    def content(self) -> dict[str, object]:
        """Return the JSON form, absent members left out."""
        ...


def words_content(words: Words | None) -> dict[str, str] | None:
    """Return the JSON form of optional words."""
    return None if words is None else words.content()


def present(content: Mapping[str, object]) -> dict[str, object]:
    """Return the members that hold something: neither null nor an empty list or object."""
    absent: tuple[object, ...] = (None, [], {})
    return {name: each for name, each in content.items() if each not in absent}


@dataclass(frozen=True, slots=True)
class Link:
    """A page for those who want to know more."""

    name: Words
    url: str

    def content(self) -> dict[str, object]:
        """Return the JSON form."""
        return {"name": self.name.content(), "url": self.url}


@dataclass(frozen=True, slots=True)
class Stackability:
    """Whether the achievement stands alone or counts towards something larger (``kind``)."""

    kind: str
    towards: Words | None = None

    def content(self) -> dict[str, object]:
        """Return the JSON form."""
        return present({"kind": self.kind, "towards": words_content(self.towards)})


@dataclass(frozen=True, slots=True)
class Price:
    """What a learner pays, in hundredths of ``currency`` (ISO 4217)."""

    hundredths: int
    currency: str

    def content(self) -> dict[str, object]:
        """Return the JSON form."""
        return {"hundredths": self.hundredths, "currency": self.currency}


@dataclass(frozen=True, slots=True)
class Duration:
    """How long it takes a learner."""

    hours: int | None = None
    weeks: int | None = None

    def content(self) -> dict[str, object]:
        """Return the JSON form."""
        return present({"hours": self.hours, "weeks": self.weeks})


@dataclass(frozen=True, slots=True)
class AwardingBody:
    """Who awards (Annex I, element 4)."""

    name: Words
    website: str | None = None

    def content(self) -> dict[str, object]:
        """Return the JSON form."""
        return present({"name": self.name.content(), "website": self.website})


@dataclass(frozen=True, slots=True)
class Workload:
    """The notional workload (Annex I, element 7): ECTS credits in hundredths, or hours, or both."""

    ects_hundredths: int | None = None
    hours: int | None = None

    def content(self) -> dict[str, object]:
        """Return the JSON form."""
        return present({"ectsHundredths": self.ects_hundredths, "hours": self.hours})


@dataclass(frozen=True, slots=True)
class QualificationLevel:
    """The level (Annex I, element 8): framework ``eqf``, ``qf-ehea``, or ``none`` with no level."""

    framework: str
    level: int | None = None

    def content(self) -> dict[str, object]:
        """Return the JSON form."""
        return present({"framework": self.framework, "level": self.level})


@dataclass(frozen=True, slots=True)
class QualityAssurance:
    """The type of quality assurance (Annex I, element 11): an assurance code and a statement."""

    assurance: str
    statement: Words

    def content(self) -> dict[str, object]:
        """Return the JSON form."""
        return {"assurance": self.assurance, "statement": self.statement.content()}


def _optional_integer(node: Node, name: str, least: int, most: int) -> int | None:
    found = node.optional(name)
    return None if found is None else found.integer(least, most)


def optional_url(node: Node, name: str) -> str | None:
    """Read the http(s) address at ``name`` when there is one."""
    found = node.optional(name)
    says = Text("an http(s) address", "une adresse http(s)")
    return None if found is None else found.matching(_URL, says, 2_000)


def parse_related(node: Node) -> tuple[Link, ...]:
    """Read the links to further learning."""
    found = node.optional("related")
    links = []
    for each in [] if found is None else found.elements(30):
        each.refuse_others(("name", "url"))
        url = each.member("url").matching(
            _URL, Text("an http(s) address", "une adresse http(s)"), 2_000
        )
        links.append(Link(parse_words(each.member("name"), 200), url))
    return tuple(links)


def parse_stackability(node: Node) -> Stackability | None:
    """Read whether it stands alone."""
    found = node.optional("stackability")
    if found is None:
        return None
    found.refuse_others(("kind", "towards"))
    kind = found.member("kind").one_of(load_vocabulary("stackability").codes)
    return Stackability(kind, parse_optional_words(found, "towards", 500))


def parse_price(node: Node) -> Price | None:
    """Read the price."""
    found = node.optional("price")
    if found is None:
        return None
    found.refuse_others(("hundredths", "currency"))
    says = Text("a currency like EUR", "une devise comme EUR")
    return Price(
        found.member("hundredths").integer(0, 10**9),
        found.member("currency").matching(r"[A-Z]{3}", says),
    )


def parse_duration(node: Node) -> Duration | None:
    """Read the duration: hours, weeks, or both."""
    found = node.optional("duration")
    if found is None:
        return None
    found.refuse_others(("hours", "weeks"))
    duration = Duration(
        _optional_integer(found, "hours", 1, 100_000), _optional_integer(found, "weeks", 1, 1_000)
    )
    if duration == Duration():
        found.refuse("hours or weeks are missing.", "il manque les heures ou les semaines.")
    return duration


def parse_awarding_body(node: Node) -> AwardingBody | None:
    """Read the awarding body."""
    found = node.optional("awardingBody")
    if found is None:
        return None
    found.refuse_others(("name", "website"))
    return AwardingBody(parse_words(found.member("name"), 200), optional_url(found, "website"))


def parse_workload(node: Node) -> Workload | None:
    """Read the workload: ECTS credits, hours, or both."""
    found = node.optional("workload")
    if found is None:
        return None
    found.refuse_others(("ectsHundredths", "hours"))
    workload = Workload(
        _optional_integer(found, "ectsHundredths", 1, 100_000),
        _optional_integer(found, "hours", 1, 100_000),
    )
    if workload == Workload():
        found.refuse(
            "ECTS credits or hours are missing.", "il manque les crédits ECTS ou les heures."
        )
    return workload


def parse_qualification_level(node: Node) -> QualificationLevel | None:
    """Read the level of a qualifications framework, or that none applies."""
    found = node.optional("qualificationLevel")
    if found is None:
        return None
    found.refuse_others(("framework", "level"))
    framework = found.member("framework").one_of(load_vocabulary("qualification-framework").codes)
    if framework == "none":
        found.refuse_others(("framework",))
        return QualificationLevel("none")
    # QF-EHEA counts the short cycle as 0, then the first, second and third cycles.
    least, most = (1, max(load_level_scale("eqf").levels)) if framework == "eqf" else (0, 3)
    return QualificationLevel(framework, found.member("level").integer(least, most))


def parse_quality_assurance(node: Node) -> QualityAssurance | None:
    """Read the type of quality assurance."""
    found = node.optional("qualityAssurance")
    if found is None:
        return None
    found.refuse_others(("assurance", "statement"))
    return QualityAssurance(
        found.member("assurance").one_of(load_vocabulary("assurance").codes),
        parse_words(found.member("statement"), 2_000),
    )
