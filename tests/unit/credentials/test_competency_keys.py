"""Keys: one per competency everywhere, never a colon, never the name of another attribute."""

from __future__ import annotations

import re
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acquis.credentials.competency import (
    Competency,
    CompetencyKey,
    key_of,
    known_label,
    resolve_known_competency,
)
from acquis.credentials.naming import COMMON_ATTRIBUTES
from acquis.errors import AcquisError, InvalidInput, NotFound
from support.achievement_strategies import competencies

PYTHON = "ccd0a1d9-afda-43d9-b901-96344886e14d"


def test_an_esco_key_is_the_same_from_its_code_and_from_its_uri() -> None:
    wanted = f"esco_{PYTHON}"
    assert str(key_of("esco", PYTHON)) == wanted
    assert str(key_of("ESCO", f"http://data.europa.eu/esco/skill/{PYTHON}")) == wanted
    assert str(key_of("esco", PYTHON.upper())) == wanted
    assert str(CompetencyKey.parse(wanted)) == wanted


def test_an_rncp_key_names_fiche_bloc_and_competency() -> None:
    assert str(key_of("rncp", "RNCP37837-BC01-C3")) == "rncp_37837-bc01-c3"
    assert str(key_of("rncp", "37837-bc01")) == "rncp_37837-bc01"


def test_an_in_house_key_is_the_digest_of_its_uri() -> None:
    uri = "https://institute.example/competencies/welding"
    assert str(key_of("own", uri)) == "own_" + sha256(uri.encode()).hexdigest()[:16]


@pytest.mark.parametrize(
    ("framework", "code"),
    [
        ("esco", "python"),
        ("esco", PYTHON + "0"),
        ("rncp", "bloc 3"),
        ("own", "welding"),
        ("own", ""),
        ("fr:onisep", "12"),
        ("other", "a:b"),
        ("other", "é"),
        ("", "12"),
        ("other", ""),
        ("given", "name"),
        ("achievement", "id"),
    ],
)
def test_what_is_no_key_is_refused(framework: str, code: str) -> None:
    with pytest.raises(InvalidInput):
        key_of(framework, code)


@pytest.mark.parametrize("name", sorted(COMMON_ATTRIBUTES))
def test_no_common_attribute_passes_for_a_competency(name: str) -> None:
    with pytest.raises(InvalidInput):
        CompetencyKey.parse(name)


@given(competencies())
def test_every_key_is_safe_in_an_attribute_name_and_reads_back(competency: Competency) -> None:
    key = str(competency.key)
    assert re.fullmatch(r"[a-z0-9_-]+", key)
    assert key not in COMMON_ATTRIBUTES
    assert CompetencyKey.parse(key) == competency.key


@given(st.text(max_size=60))
def test_parsing_any_text_gives_a_key_or_says_why_not(name: str) -> None:
    try:
        key = CompetencyKey.parse(name)
    except InvalidInput:
        return
    assert str(key) == name


@given(st.sampled_from(["esco", "rncp", "own", "other"]), st.text(max_size=60))
def test_any_code_gives_a_key_or_says_why_not(framework: str, code: str) -> None:
    try:
        key = key_of(framework, code)
    except AcquisError:
        return
    assert re.fullmatch(r"[a-z0-9_-]+", str(key))
    assert key.framework == framework


def test_what_we_ship_is_known_by_name_and_the_rest_is_not() -> None:
    label = known_label(f"esco_{PYTHON}")
    assert label is not None
    assert label.en == "Python"
    assert known_label("esco_00000000-0000-0000-0000-000000000000") is None
    assert known_label("nowhere_1") is None
    found = resolve_known_competency("esco", "382c11ed-20d5-4ae7-b60e-15fec527fa6c", 2)
    assert found.name.fr == "appliquer des techniques d’analyse statistique"
    assert found.level_name(2) is not None
    assert found.level_name(6) is None
    with pytest.raises(NotFound):
        resolve_known_competency("esco", "python", 2)
