"""Hypothesis strategies for achievements: complete or not, always of the right form."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from hypothesis import strategies as st

from acquis.credentials.achievement import Achievement
from acquis.credentials.competency import Competency
from acquis.credentials.particulars import (
    AwardingBody,
    Duration,
    Link,
    Price,
    QualificationLevel,
    QualityAssurance,
    Stackability,
    Workload,
)
from acquis.credentials.words import Words
from schemas import load_vocabulary

texts = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=40
).filter(str.strip)


@st.composite
def words(draw: st.DrawFn) -> Words:
    en, fr = draw(st.none() | texts), draw(st.none() | texts)
    return Words(en, fr) if en or fr else Words(draw(texts))


def codes(vocabulary: str) -> st.SearchStrategy[str]:
    return st.sampled_from(sorted(load_vocabulary(vocabulary).codes))


def some_codes(vocabulary: str) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(codes(vocabulary), unique=True).map(tuple)


uris = st.uuids().map(lambda each: f"https://institute.example/competencies/{each}")
esco = st.uuids().map(str)


@st.composite
def competencies(draw: st.DrawFn) -> Competency:
    match draw(st.sampled_from(["esco", "own", "rncp"])):
        case "esco":
            code = draw(esco)
            framework, uri = "esco", f"http://data.europa.eu/esco/skill/{code}"
        case "own":
            framework, code, uri = "own", draw(texts), draw(uris)
        case _:
            number = draw(st.integers(1, 99_999))
            framework, code = "rncp", f"RNCP{number}-BC01-C{draw(st.integers(1, 99))}"
            uri = f"https://www.francecompetences.fr/recherche/rncp/{number}/"
    scale = draw(st.sampled_from(["dreyfus", "eqf"]))
    return Competency(
        name=draw(words()),
        framework=framework,
        code=code,
        uri=uri,
        level_scale=scale,
        level=draw(st.integers(1, 5 if scale == "dreyfus" else 8)),
        statement=draw(st.none() | words()),
    )


def distinct(found: Iterable[Competency]) -> tuple[Competency, ...]:
    return tuple({str(each.key): each for each in found}.values())


positive = st.integers(1, 1_000)
workloads = st.one_of(
    st.builds(Workload, positive, st.none() | positive), st.builds(Workload, st.none(), positive)
)
durations = st.one_of(
    st.builds(Duration, positive, st.none() | positive), st.builds(Duration, st.none(), positive)
)
levels = st.one_of(
    st.builds(QualificationLevel, st.just("eqf"), st.integers(1, 8)),
    st.builds(QualificationLevel, st.just("qf-ehea"), st.integers(0, 3)),
    st.just(QualificationLevel("none")),
)
assessments = st.one_of(
    st.just(("none",)), some_codes("assessment").filter(lambda each: "none" not in each)
)

complete = st.builds(
    Achievement,
    slug=st.from_regex(r"[a-z0-9]{1,10}(-[a-z0-9]{1,10}){0,3}", fullmatch=True),
    version=st.from_regex(r"[0-9]{1,3}(\.[0-9]{1,3}){0,2}", fullmatch=True),
    name=words(),
    competencies=st.lists(competencies(), min_size=1, max_size=5).map(distinct),
    description=st.none() | words(),
    image=st.none() | st.just("https://institute.example/badge.svg"),
    achievement_type=codes("achievement-type"),
    tags=st.lists(texts, max_size=3).map(tuple),
    field_of_study=st.none() | st.sampled_from(["06", "061", "0612", "10", "1041"]),
    languages=st.lists(st.sampled_from(["fr", "en", "pt-BR"]), unique=True).map(tuple),
    criteria=st.none() | words(),
    related=st.lists(st.builds(Link, words(), uris), max_size=2).map(tuple),
    stackability=st.none() | st.builds(Stackability, codes("stackability"), st.none() | words()),
    prerequisites=st.none() | words(),
    price=st.none() | st.builds(Price, st.integers(0, 10**7), st.sampled_from(["EUR", "CHF"])),
    duration=st.none() | durations,
    learner_identification=st.sampled_from(
        [("given-name", "family-name"), ("birth-date", "family-name", "given-name")]
    ),
    issuer_country=st.sampled_from(["FR", "BE", "FR-IDF"]),
    awarding_body=st.builds(AwardingBody, words(), st.none() | uris),
    issuing_date=codes("issuing-date"),
    workload=workloads,
    qualification_level=levels,
    assessment=assessments.filter(bool),
    participation=codes("participation"),
    quality_assurance=st.builds(QualityAssurance, codes("assurance"), words()),
    identity_verification=st.none() | codes("identity-verification"),
    grading=st.none() | words(),
    issuer=st.just("did:webvh:QmScid:registry.acquis.example:demo:institute"),
)
"""Achievements that may be published."""

WITHOUT = {
    1: {"learner_identification": ("birth-date",)},
    2: {"name": None},
    3: {"issuer_country": None},
    4: {"awarding_body": None},
    5: {"issuing_date": None},
    6: {"competencies": ()},
    7: {"workload": None},
    8: {"qualification_level": None},
    9: {"assessment": ()},
    10: {"participation": None},
    11: {"quality_assurance": None},
}
"""For each element of Annex I, what an achievement looks like without it."""

credential_ids = st.uuids().map(str) | st.just(str(uuid.UUID(int=0)))
