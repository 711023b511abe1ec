"""Looking for a competency: the words an employer has, in either language, lead to it."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verifier.competencies import Known, find_known, plain, search

PYTHON = "esco_ccd0a1d9-afda-43d9-b901-96344886e14d"
EVERYTHING = search("")


def keys(words: str) -> list[str]:
    return [str(each.key) for each in search(words)]


@pytest.mark.parametrize(
    ("words", "label"),
    [
        ("Python", "Python"),
        ("évaluation", "data quality assessment"),
        ("EVALUATION de la QUALITE", "data quality assessment"),
        ("quality assess", "data quality assessment"),
        ("donnees visu", "deliver visual presentation of data"),
        ("d'analyse statistique", "apply statistical analysis techniques"),
        ("d’analyse statistique", "apply statistical analysis techniques"),
    ],
)
def test_case_accents_language_and_whole_words_do_not_matter(words: str, label: str) -> None:
    assert search(words)[0].label.en == label


def test_ligatures_are_two_letters() -> None:
    assert [each.label.fr for each in search("oeuvre")] == [
        each.label.fr for each in search("œuvre")
    ]
    assert search("oeuvre")


def test_a_key_a_code_and_an_address_lead_to_their_competency() -> None:
    code = PYTHON.removeprefix("esco_")
    for words in (PYTHON, code, f"http://data.europa.eu/esco/skill/{code}", code.upper()):
        assert keys(words)[:1] == [PYTHON]


def test_the_address_every_competency_has_does_not_make_each_one_found() -> None:
    found = search("data")
    assert 0 < len(found) < len(EVERYTHING)
    assert "data" in plain(found[0].label.en)


def test_names_come_before_descriptions() -> None:
    labels = [plain(each.label.en) for each in search("sql")]
    assert labels[:2] == ["sql", "nosql"]


def test_nothing_is_found_for_what_nothing_holds_and_all_for_nothing_typed() -> None:
    assert search("zzzz") == ()
    assert search("!!! ???") == ()
    assert len(search("  ")) == len(EVERYTHING) > 100


def test_only_what_we_ship_is_known() -> None:
    found = find_known(PYTHON)
    assert found is not None
    assert set(found.scale.levels) == {1, 2, 3, 4, 5}
    for key in ("", "esco_", "esco_x", "own_1", "../esco", "esco", "x" * 5000, "levels/dreyfus_1"):
        assert find_known(key) is None


@settings(deadline=None)
@given(st.sampled_from(EVERYTHING), st.booleans(), st.sampled_from(["", "upper", "NFD"]))
def test_every_competency_is_found_by_its_name_as_people_type_it(
    known: Known, french: bool, typed: str
) -> None:
    label = known.label.fr if french else known.label.en
    words = {
        "": label,
        "upper": label.upper(),
        "NFD": unicodedata.normalize("NFD", label),
    }[typed]
    assert known in search(words)


@settings(deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_searched_without_an_error(words: str) -> None:
    found = keys(words)
    assert len(set(found)) == len(found)
    assert all(find_known(key) is not None for key in found)
