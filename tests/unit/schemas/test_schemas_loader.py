"""The contract of the ecosystem: complete, bilingual, with its sources, and only read by name."""

from __future__ import annotations

from pathlib import Path

import jsonschema
import pytest

import schemas
from acquis.credentials.achievement import parse_achievement
from acquis.credentials.annex_one import gaps
from acquis.credentials.competency import key_of
from acquis.errors import NotFound

ATTRIBUTION = "This service uses the ESCO classification of the European Commission."
FOLDER = Path(schemas.__file__).parent

CODES = {
    "assessment": "written-examination oral-examination practical-assessment portfolio-assessment "
    "peer-assessment project-assessment structured-observation simulation performance-task "
    "work-product-evaluation supervisor-judgement none",
    "participation": "online on-site blended workplace-based",
    "workload-unit": "ECTS hours",
    "identity-verification": "unsupervised-unverified supervised-unverified "
    "supervised-verified-online supervised-verified-on-site",
    "assurance": "self-asserted third-party-assessed audited-assessment",
    "status-reason": "error fraud integrity superseded expired withdrawn",
}


@pytest.mark.parametrize("name", schemas.VOCABULARIES)
def test_every_code_list_is_loaded_with_labels_in_both_languages(name: str) -> None:
    found = schemas.load_vocabulary(name)
    assert found.id == name
    assert found.name.en
    assert found.name.fr
    assert found.codes
    assert all(label.en and label.fr for label in found.codes.values())
    assert schemas.load_vocabulary(name) is found


@pytest.mark.parametrize("name", sorted(CODES))
def test_the_code_lists_hold_the_codes_of_the_design(name: str) -> None:
    assert list(schemas.load_vocabulary(name).codes) == CODES[name].split()


def test_every_file_of_a_code_list_is_named() -> None:
    files = {each.stem for each in (FOLDER / "vocabularies").glob("*.json")}
    assert files == set(schemas.VOCABULARIES)


def test_the_esco_sample_is_real_bilingual_and_says_where_it_is_from() -> None:
    esco = schemas.load_framework("esco")
    assert len(esco.competencies) >= 100
    assert (esco.release, esco.attribution) == ("1.0", ATTRIBUTION)
    assert "European Commission" in esco.source
    for each in esco.competencies.values():
        assert each.uri == f"http://data.europa.eu/esco/skill/{each.code}"
        assert str(key_of("esco", each.uri)) == f"esco_{each.code}"
        assert each.label.en.strip()
        assert each.label.fr.strip()
        assert each.description.strip()
    differing = [each for each in esco.competencies.values() if each.label.en != each.label.fr]
    assert len(differing) > 80
    for readme in (FOLDER / "README.md", FOLDER / "frameworks" / "README.md"):
        assert ATTRIBUTION in readme.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("code", "en", "fr"),
    [
        ("ccd0a1d9-afda-43d9-b901-96344886e14d", "Python", "Python"),
        ("598de5b0-5b58-4ea7-8058-a4bc4d18c742", "SQL", "SQL"),
        (
            "c3e36d05-8ae8-447f-bb2b-6f9409f85389",
            "deliver visual presentation of data",
            "fournir une présentation visuelle des données",
        ),
        (
            "382c11ed-20d5-4ae7-b60e-15fec527fa6c",
            "apply statistical analysis techniques",
            "appliquer des techniques d’analyse statistique",
        ),
        (
            "cc7370dd-69fa-4c67-a96f-d4d135d38700",
            "data quality assessment",
            "évaluation de la qualité de données",
        ),
    ],
)
def test_the_five_skills_of_the_demo_are_in_the_sample(code: str, en: str, fr: str) -> None:
    label = schemas.load_framework("esco").competencies[code].label
    assert (label.en, label.fr) == (en, fr)


def test_the_level_scales_are_apart_and_named() -> None:
    dreyfus, eqf = schemas.load_level_scale("dreyfus"), schemas.load_level_scale("eqf")
    assert [each.en for each in dreyfus.levels.values()] == [
        "novice",
        "advanced beginner",
        "competent",
        "proficient",
        "expert",
    ]
    assert list(eqf.levels) == list(range(1, 9))
    assert dreyfus.levels[4].fr == "confirmé"


@pytest.mark.parametrize("name", schemas.framework_names())
def test_every_framework_counts_on_a_scale_we_have(name: str) -> None:
    framework = schemas.load_framework(name)
    assert framework.level_scale in schemas.level_scale_names()
    assert framework.name.fr


def test_the_examples_can_be_published_and_one_of_them_is_simple() -> None:
    assert set(schemas.example_names()) == {
        "data-analysis-with-python-and-sql",
        "first-aid-at-work",
    }
    document = schemas.load_document_schema("achievement")
    jsonschema.Draft202012Validator.check_schema(document)
    for name in schemas.example_names():
        content = schemas.load_example(name)
        achievement = parse_achievement(content)
        assert achievement.slug == name
        assert gaps(achievement) == ()
        for each in achievement.competencies:
            label = schemas.load_framework("esco").competencies[each.code].label
            assert each.name.text == label
            assert each.statement is not None
            assert each.statement.en
            assert each.statement.fr
    data = parse_achievement(schemas.load_example("data-analysis-with-python-and-sql"))
    assert len(data.competencies) == 5
    assert data.name is not None
    assert (data.name.en, data.name.fr) == (
        "Data analysis with Python and SQL",
        "Analyse de données avec Python et SQL",
    )


def test_an_example_is_a_fresh_copy() -> None:
    schemas.load_example("first-aid-at-work").clear()
    assert schemas.load_example("first-aid-at-work")


@pytest.mark.parametrize(
    "name", ["../pyproject", "unknown", "", "../frameworks/esco", "dreyfus.json", "/etc/passwd"]
)
def test_a_name_that_is_not_listed_is_not_found(name: str) -> None:
    for load in (
        schemas.load_vocabulary,
        schemas.load_framework,
        schemas.load_level_scale,
        schemas.load_example,
        schemas.load_document_schema,
    ):
        with pytest.raises(NotFound):
            load(name)
