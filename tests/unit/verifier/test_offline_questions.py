"""``acquis verify FILE``: the question in a file is the file's own claim, and is treated as that."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from acquis.credentials.choice import NameAsked
from acquis.credentials.competency import known_label
from acquis.credentials.request import CompetencyRequest, PresentationRequest
from acquis.text import Text
from support.real_credentials import Person
from support.saved_files import Studio, write_file
from support.scenario import PYTHON, python_request
from verifier.verify_command import app

LABEL = known_label(str(PYTHON)) or Text("", "")


class Bench:
    """Files of one learner with Python at level 3, and a folder to judge them by."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.studio, self.person = folder, Studio(folder), Person()
        self.held = self.studio.issue(self.person)
        self.mirror = self.studio.write(folder / "mirror")

    def save(self, request: PresentationRequest, /, **changes: Any) -> Path:
        saved = self.studio.save(self.person, self.held, request=request)
        return write_file(self.folder / "saved.json", saved | changes)

    def verify(self, file: Path, *words: str | Path, status: int) -> Result:
        by = ("--mirror", self.mirror, "--anchor", self.studio.anchor.did, "--at", "asked")
        done = CliRunner().invoke(app, [str(file), *map(str, by), *map(str, words)])
        assert done.exit_code == status, done.output + done.stderr
        return done

    def decide(self, file: Path, *words: str | Path, status: int) -> dict[str, Any]:
        said = self.verify(file, *words, "--json", status=status).stdout
        found: dict[str, Any] = json.loads(said)["decision"]
        return found


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(tmp_path_factory.mktemp("bench"))


def test_a_file_that_does_not_ask_for_validity_is_not_accepted(bench: Bench) -> None:
    asked = python_request(still_valid=False)
    file = bench.save(asked)
    for policy in ("standard", "strict"):
        decision = bench.decide(file, "--policy", policy, status=2)
        assert decision["because"] == ["still-valid"]
    said = bench.verify(file, status=2).stdout
    assert "The request does not ask whether it is still valid, which is required here." in said
    assert "  not asked: whether it is still valid" in said
    request = write_file(bench.folder / "request.json", asked.content())
    assert bench.decide(file, "--expect", request, status=2)["because"] == ["still-valid"]


def test_a_file_that_says_it_asked_for_validity_and_did_not_is_refused(bench: Bench) -> None:
    file = bench.save(python_request(still_valid=False), request=python_request().content())
    assert bench.decide(file, status=1)["because"] == ["still-valid"]
    file = bench.save(python_request(), request=python_request(still_valid=False).content())
    assert bench.decide(file, status=2)["because"] == ["still-valid"]


def test_a_file_that_says_it_asked_for_the_name_and_did_not_is_refused(bench: Bench) -> None:
    named = python_request(learner_name=NameAsked.REQUIRED)
    said = bench.verify(bench.save(named), status=0).stdout
    assert "  with the learner’s name" in said.splitlines()
    file = bench.save(python_request(), request=named.content())
    assert bench.decide(file, status=1)["because"] == ["same-request"]


def test_the_report_begins_with_what_was_asked_and_whose_word_that_is(bench: Bench) -> None:
    file = bench.save(python_request())
    decision, _, _, whose, competency, valid, purpose, *_ = bench.verify(
        file, status=0
    ).stdout.splitlines()
    assert decision == "ACCEPTED"
    assert whose.startswith("Asked, by the file’s own claim")
    assert competency == f"  “{LABEL.en}” at level 3 or more [{PYTHON}]: proved"
    assert valid == "  still valid"
    assert purpose == "  for, in the words of the request: A job as a data analyst"
    said = bench.verify(file, "--language", "fr", status=0).stdout
    assert f"  « {LABEL.fr} » au niveau 3 ou plus [{PYTHON}] : prouvé" in said.splitlines()
    assert "selon le fichier lui-même" in said


def test_a_lower_level_and_another_name_are_told_as_they_are(bench: Bench) -> None:
    low = CompetencyRequest(PYTHON, Text("Surgery", "Chirurgie"), 1)
    said = bench.verify(bench.save(python_request(competencies=(low,))), status=0).stdout
    assert f"  “{LABEL.en}” at level 1 or more [{PYTHON}]: proved" in said.splitlines()
    assert "urg" not in said


def test_a_level_that_is_shown_is_told_and_one_that_is_not_proved_as_well(bench: Bench) -> None:
    shown = CompetencyRequest(PYTHON, Text("x", "x"))
    file = bench.save(python_request(competencies=(shown,)))
    said = bench.verify(file, status=0).stdout
    assert f"  “{LABEL.en}”, showing the level [{PYTHON}]: level 3" in said.splitlines()
    higher = CompetencyRequest(PYTHON, Text("x", "x"), 5)
    claimed = python_request(competencies=(higher,)).content()
    file = bench.save(python_request(), request=claimed)
    said = bench.verify(file, status=1).stdout
    assert f"  “{LABEL.en}” at level 5 or more [{PYTHON}]: not proved" in said.splitlines()


def test_only_the_request_that_is_expected_is_accepted(bench: Bench) -> None:
    wanted = python_request()
    file = bench.save(wanted)
    request = write_file(bench.folder / "request.json", wanted.content())
    for expected in (request, file):
        said = bench.verify(file, "--expect", expected, status=0).stdout
        assert "Asked, exactly as expected:" in said
        assert "own claim" not in said
    assert "expected-request" in bench.decide(file, "--expect", request, status=0)["policy"]
    low = CompetencyRequest(PYTHON, Text("Python", "Python"), 2)
    for other in (
        python_request(competencies=(low,)),
        python_request(still_valid=False),
        python_request(purpose="Another job"),
        python_request(at_least=1),
    ):
        request = write_file(bench.folder / "other.json", other.content())
        assert bench.decide(file, "--expect", request, status=1)["because"] == ["expected-request"]
    said = bench.verify(file, "--expect", request, status=1).stdout
    assert "The request in the file is not the one that was expected." in said.splitlines()
    assert "by the file’s own claim" in said


def test_a_presentation_that_cannot_be_read_is_refused_whatever_is_expected(bench: Bench) -> None:
    file = bench.save(python_request(), presentation={"identifiers": []})
    request = write_file(bench.folder / "request.json", python_request().content())
    assert "readable" in bench.decide(file, "--expect", request, status=1)["because"]
    assert f"[{PYTHON}]: not proved" in bench.verify(file, "--expect", request, status=1).stdout


def test_what_is_expected_must_be_a_request(bench: Bench) -> None:
    file, wrong = bench.save(python_request()), bench.folder / "wrong.json"
    for content in (b"", b"[]", b"{}", b"nonsense", b'{"type":"AcquisSavedPresentation"}', b"\xff"):
        wrong.write_bytes(content)
        done = bench.verify(file, "--expect", wrong, status=2)
        assert done.stderr.strip()
        assert done.stdout == ""
    write_file(wrong, {"type": "AcquisVerificationReceipt", "request": python_request().content()})
    bench.verify(file, "--expect", wrong, status=2)
    bench.verify(file, "--expect", bench.folder / "absent.json", status=2)
    receipt = write_file(wrong, {"type": "AcquisVerificationReceipt"})
    assert "--expect is for" in bench.verify(receipt, "--expect", file, status=2).stderr
