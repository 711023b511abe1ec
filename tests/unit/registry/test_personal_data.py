"""No personal data can enter: not by a member the form does not know, not by a telltale in a text."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acquis.credentials.achievement import Achievement
from acquis.registry.content import ResourceType
from acquis.registry.paths import FileKind
from acquis.registry.personal_data import FORMS, check_impersonal, is_telltale
from acquis.registry.rules import Rule, RuleBroken
from schemas import framework_names, load_framework
from support.achievement_strategies import complete
from support.leaves import places
from support.publications import ACHIEVEMENTS, ISSUER, LEGITIMATE

TELLTALES = (
    "jane.doe@example.org",
    "Write to jane.doe+x@mail.example.org.",
    "jérôme@université.fr",
    "＜jane@example.org＞",
    "jane\u200b.doe@exam\u00adple.org",
    "https://institute.example/?to=jane%40example.org",
    "https://jane:x@example.org/",
    "mailto:jane",
    "Call tel:112233",
    "+33 1 23 45 67 89",
    "+33 (0)1 23 45 67 89",
    "Tel. +33123456789",
    "(+1) +1-202-555-0123",
    "＋３３ １ ２３ ４５ ６７ ８９",
    "+49\u00a030\u00a0123456",
    "+44\u201120\u20117946\u20110958",
)
LEGITIMATE_TEXTS = (
    "Erasmus+ 2021-2027",
    "Erasmus+2021 2027",
    "Bac +5, C++ 17 and +2 points; 2 + 12345678 = 12345680",
    "https://institute.example/contact",
    "https://institute.example/contact?year=2026#people",
    "https://video.example/@institute",
    "https://institute.example/a+b+123456789012",
    "http://data.europa.eu/esco/skill/ccd0a1d9-afda-43d9-b901-96344886e14d",
    "https://www.francecompetences.fr/recherche/rncp/37827/",
    "pip install acquis@1.2.3",
    "Decorators (@property) and matrices a @ b",
    "Hôtel: 12345678 nuits; motel:5",
    "1 000 000 000 learners",
    "given_name, family_name, birth_date",
    "ISBN 978-2-07-036024-5",
)
FREE = ("name", "description", "criteria", "awardingBody", "qualityAssurance", "competencies")


def broken_rule(kind: Any, value: Any, name: str = "") -> Rule:
    with pytest.raises(RuleBroken) as refusal:
        check_impersonal(kind, value, name)
    assert refusal.value.says.fr
    for part in ("jane", "123456", "extra", "1990"):
        assert part not in refusal.value.says.en.lower()
    return refusal.value.rule


def objects(value: Any) -> Iterator[tuple[Any, ...]]:
    yield from (place for place in [(), *places(value)] if isinstance(at(value, place), dict))


def at(value: Any, place: tuple[Any, ...]) -> Any:
    for step in place:
        value = value[step]
    return value


@pytest.mark.parametrize("kind", FORMS)
def test_what_is_legitimate_passes(kind: Any) -> None:
    check_impersonal(kind, LEGITIMATE[kind], "data-analysis")


@pytest.mark.parametrize("name", ACHIEVEMENTS)
def test_the_examples_pass(name: str) -> None:
    check_impersonal(ResourceType.ACHIEVEMENT, ACHIEVEMENTS[name], name)


@given(complete)
@settings(max_examples=50, deadline=None)
def test_every_complete_achievement_passes(achievement: Achievement) -> None:
    content = replace(achievement, issuer=ISSUER.did).content()
    check_impersonal(ResourceType.ACHIEVEMENT, content, achievement.slug)


@pytest.mark.parametrize("member", ["given_name", "birth_date", "email", "alsoKnownAs", "extra"])
@pytest.mark.parametrize("kind", FORMS)
def test_a_member_that_the_form_does_not_know_is_refused_wherever_it_stands(
    kind: Any, member: str
) -> None:
    tried = 0
    for place in objects(LEGITIMATE[kind]):
        if place[-2:] == ("primary", "r"):
            continue  # names of attributes stand there, beside public keys only
        changed = copy.deepcopy(LEGITIMATE[kind])
        at(changed, place)[member] = "Jane, born 1990"
        assert broken_rule(kind, changed) is Rule.PERSONAL_DATA, place
        tried += 1
    assert tried


def test_names_of_attributes_are_no_personal_data_but_values_have_no_place() -> None:
    schema = copy.deepcopy(LEGITIMATE[ResourceType.SCHEMA])
    schema["attrNames"] = ["given_name", "family_name", "birth_date", "email"]
    check_impersonal(ResourceType.SCHEMA, schema)
    schema["attrNames"].append("jane.doe@example.org")
    assert broken_rule(ResourceType.SCHEMA, schema) is Rule.PERSONAL_DATA
    definition = copy.deepcopy(LEGITIMATE[ResourceType.CREDENTIAL_DEFINITION])
    definition["value"]["primary"]["r"] = {"given_name": "12", "master_secret": "34"}
    check_impersonal(ResourceType.CREDENTIAL_DEFINITION, definition)
    definition["value"]["primary"]["r"] = {"given_name": "Jane"}
    assert broken_rule(ResourceType.CREDENTIAL_DEFINITION, definition) is Rule.CONTENT_FORM
    definition["value"]["primary"]["r"] = {"jane@example.org": "12"}
    assert broken_rule(ResourceType.CREDENTIAL_DEFINITION, definition) is Rule.PERSONAL_DATA


@pytest.mark.parametrize("text", TELLTALES)
def test_a_telltale_is_seen(text: str) -> None:
    assert is_telltale(text)
    assert is_telltale(f"Before {text} after")


@pytest.mark.parametrize("text", LEGITIMATE_TEXTS)
def test_a_legitimate_text_is_not_taken_for_a_telltale(text: str) -> None:
    assert not is_telltale(text)
    assert not is_telltale(f"« {text} »")


@given(
    st.lists(
        st.one_of(
            st.uuids().map(lambda each: f"http://data.europa.eu/esco/skill/{each}"),
            st.integers(0, 10**15).map(str),
            st.dates().map(str),
            st.text(st.characters(exclude_characters="@+:", exclude_categories=["Cs"])),
            st.from_regex(r"https://[a-z]{3,9}\.example/[a-z0-9/_~-]{0,20}", fullmatch=True),
        )
    ).map(" ".join)
)
@settings(max_examples=150, deadline=None)
def test_addresses_numbers_and_dates_are_never_taken_for_a_telltale(text: str) -> None:
    assert not is_telltale(text) or any(sign in text for sign in "＠﹫＋﹢⁺₊：%﬩︓")


@given(st.text(max_size=20), st.sampled_from(TELLTALES), st.text(max_size=20))
@settings(max_examples=100, deadline=None)
def test_a_telltale_is_seen_in_any_sentence(before: str, telltale: str, after: str) -> None:
    assert is_telltale(f"{before} {telltale} ; {after}")


def test_a_telltale_is_refused_in_every_free_text_of_an_achievement() -> None:
    content = ACHIEVEMENTS["data-analysis-with-python-and-sql"]
    free = [place for place in places(content) if place[-1] in {"en", "fr"} and place[0] in FREE]
    assert len(free) > 20
    for place in free:
        changed = copy.deepcopy(content)
        at(changed, place[:-1])[place[-1]] += " (jane.doe@example.org)"
        assert broken_rule(ResourceType.ACHIEVEMENT, changed) is Rule.PERSONAL_DATA, place


def test_a_telltale_is_refused_in_the_name_of_a_resource() -> None:
    schema = LEGITIMATE[ResourceType.SCHEMA]
    assert broken_rule(ResourceType.SCHEMA, schema, "jane@example.org") is Rule.PERSONAL_DATA


@pytest.mark.parametrize(
    ("kind", "member", "value", "rule"),
    [
        (ResourceType.ACHIEVEMENT, "participation", "Jane, born 1990", Rule.CONTENT_FORM),
        (ResourceType.ACHIEVEMENT, "qualificationLevel", {"framework": "x"}, Rule.CONTENT_FORM),
        (ResourceType.TRUST_LIST, "issued", "Jane", Rule.TRUST_LIST),
        (FileKind.LOG, "versionTime", "Jane", Rule.LOG_FORM),
        (ResourceType.STATUS_LIST, "revocationList", ["Jane"], Rule.CONTENT_FORM),
    ],
)
def test_what_departs_from_its_form_otherwise_names_the_rule_of_the_form(
    kind: Any, member: str, value: Any, rule: Rule
) -> None:
    assert broken_rule(kind, {**LEGITIMATE[kind], member: value}) is rule


def test_a_did_document_has_keys_and_perhaps_the_web_site_of_the_institution() -> None:
    entry = copy.deepcopy(LEGITIMATE[FileKind.LOG])
    state = entry["state"]
    did = state["id"]
    state["verificationMethod"][0]["revoked"] = "2026-05-01T00:00:00Z"
    state["service"] = [
        {
            "id": f"{did}#site",
            "type": "LinkedDomains",
            "serviceEndpoint": "https://institute.example",
        }
    ]
    check_impersonal(FileKind.LOG, entry)
    for change in (
        {"type": "SocialWebInboxService"},
        {"serviceEndpoint": "mailto:jane@example.org"},
        {"serviceEndpoint": "https://institute.example/staff/jane"},
        {"serviceEndpoint": {"uri": "https://institute.example"}},
        {"id": f"{did}#Jane Doe"},
    ):
        changed = copy.deepcopy(entry)
        changed["state"]["service"][0] |= change
        assert broken_rule(FileKind.LOG, changed) is Rule.LOG_FORM
    for place in ((), ("verificationMethod", 0)):
        changed = copy.deepcopy(entry)
        at(changed["state"], place)["alsoKnownAs"] = ["https://people.example/jane"]
        assert broken_rule(FileKind.LOG, changed) is Rule.PERSONAL_DATA
    changed = copy.deepcopy(entry)
    changed["state"]["assertionMethod"].append(f"{did}#jane-doe")
    assert broken_rule(FileKind.LOG, changed) is Rule.LOG_FORM


def test_the_frameworks_we_ship_can_be_published() -> None:
    for name in framework_names():
        for each in load_framework(name).competencies.values():
            for text in (each.uri, each.label.en, each.label.fr, each.description):
                assert not is_telltale(text), each.code
