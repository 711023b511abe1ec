"""`acquis --help` says what each part is for; a part that is named is loaded without the others."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from acquis.errors import NotFound
from acquis.service.command import build_command, said


def test_the_list_says_what_each_part_is_for() -> None:
    done = CliRunner().invoke(build_command(["--help"]), ["--help"])
    shown = " ".join(done.output.replace("│", " ").split())
    for name, about in {
        "registry": "a neutral publication point",
        "trust": "say whom it recognises",
        "demo": "The main job on seven processes",
    }.items():
        assert f"{name} " in shown
        assert about in shown


def test_a_part_that_is_named_is_loaded_alone() -> None:
    program = (
        "import sys; from acquis.service.command import build_command; build_command(['trust']);"
        "print(sorted({'trust_anchor', 'demo', 'issuer_agent', 'registry_host'} & {*sys.modules}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    assert done.stdout.strip() == "['trust_anchor']"


@pytest.mark.parametrize(
    ("spoken", "sentence"),
    [
        ({"LC_ALL": "C.UTF-8", "LANG": "fr_FR.UTF-8"}, "This does not exist"),
        ({"LC_ALL": "fr_BE.UTF-8", "LANG": "en_GB.UTF-8"}, "Ceci n’existe pas"),
        ({"LC_MESSAGES": "fr", "LANG": "en_GB.UTF-8"}, "Ceci n’existe pas"),
        ({"LC_ALL": "", "LANG": "fr_FR.UTF-8"}, "Ceci n’existe pas"),
        ({"LANG": "de_DE.UTF-8"}, "This does not exist"),
        ({}, "This does not exist"),
    ],
)
def test_an_error_ends_a_command_with_its_sentence_in_the_terminals_language(
    spoken: dict[str, str], sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in spoken.items():
        monkeypatch.setenv(name, value)
    app = build_command(["nothing"])

    @app.command()
    def fail() -> None:
        with said():
            raise NotFound

    done = CliRunner().invoke(app, ["fail"])
    assert done.exit_code == 1
    assert done.output == f"{sentence}\n"


@pytest.mark.parametrize(
    ("command", "names"),
    [
        (["issuer", "serve"], {"INSTITUTION_NAME", "REGISTRY_FOLDER", "PUBLISH_URL"}),
        (
            ["issuer", "rotate-keys", "--yes"],
            {"INSTITUTION_NAME", "REGISTRY_FOLDER", "PUBLISH_URL"},
        ),
        (["wallet", "serve"], {"ANCHORS"}),
        (["verifier", "serve"], {"EMPLOYER_NAME", "ANCHORS"}),
    ],
)
def test_all_that_is_wrong_with_settings_is_said_in_lines_without_values(
    command: list[str], names: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    prefix = f"ACQUIS_{command[0].upper()}_"
    for name in filter(lambda each: each.startswith(prefix), list(os.environ)):
        monkeypatch.delenv(name)
    wrong = {
        "SECRET": "told-to-nobody",
        "AGENT_API_KEY": "short-key",
        "PORT": "port-ninety",
        "ANCHORS": "did:web:elsewhere",
        "BIND": "0.0.0.0",
        "DEVELOPMENT_LOGIN": "true",
    }
    for name, value in wrong.items():
        monkeypatch.setenv(f"{prefix}{name}", value)
    done = CliRunner().invoke(build_command(command), command)
    assert (done.exit_code, isinstance(done.exception, SystemExit)) == (2, True)
    said = [line.partition(": ")[0] for line in done.stderr.splitlines()]
    expected = {*names, "SECRET", "AGENT_API_KEY", "WEBHOOK_KEY", "PORT", "DEVELOPMENT_LOGIN"}
    assert set(said) == {f"{prefix}{name}" for name in expected}
    assert len(said) == len(expected)
    assert not any(value in done.output for value in wrong.values() if value != "true")


def test_an_option_is_named_as_it_was_given() -> None:
    command = ["registry", "init", "--host", "localhost", "--hash-bits", "99"]
    done = CliRunner().invoke(build_command(command), command)
    assert done.exit_code == 2
    assert [line.partition(": ")[0] for line in done.stderr.splitlines()] == [
        "--host",
        "--hash-bits",
    ]
    assert "localhost" not in done.output


@pytest.mark.parametrize("part", ["registry", "trust", "issuer"])
def test_every_part_explains_its_commands(part: str) -> None:
    done = CliRunner().invoke(build_command([part]), [part, "--help"])
    assert done.exit_code == 0
    assert "Commands" in done.output
