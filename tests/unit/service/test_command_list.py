"""`acquis --help` says what each part is for; a part that is named is loaded without the others."""

from __future__ import annotations

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


def test_an_error_ends_a_command_with_its_sentence() -> None:
    app = build_command(["nothing"])

    @app.command()
    def fail() -> None:
        with said():
            raise NotFound

    done = CliRunner().invoke(app, ["fail"])
    assert done.exit_code == 1
    assert done.output == "This does not exist\n"


@pytest.mark.parametrize("part", ["registry", "trust", "issuer"])
def test_every_part_explains_its_commands(part: str) -> None:
    done = CliRunner().invoke(build_command([part]), [part, "--help"])
    assert done.exit_code == 0
    assert "Commands" in done.output
