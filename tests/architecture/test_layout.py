"""The layout is the design's: names, layers, sizes, words that must not be left behind."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TRACKED = subprocess.run(
    ["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True
).stdout.split()
PYTHON = [name for name in TRACKED if name.endswith(".py") and (ROOT / name).exists()]

TOP_LEVEL = {
    # of the design
    *("schemas", "acquis", "issuer_agent", "holder_wallet", "verifier", "registry_host"),
    *("acapy_webvh", "tests", "benchmarks", "docs", ".ci"),
    *("pyproject.toml", "README.md", "Makefile", "package.json", "LICENSE", "CHANGELOG.md"),
    *("CONTRIBUTING.md", "SECURITY.md"),
    # locks and dotfiles
    *("uv.lock", "package-lock.json", ".gitignore", ".npmrc"),
    # docs/adr/0001
    *("demo", "acapy_redelivery"),
    # docs/adr/0008
    "trust_anchor",
}
UNWANTED = re.compile(
    r"(^|/)(utils?|helpers?|common|misc|base|core|managers?|handlers?|processors?|data)\.py$"
)


def test_only_the_names_of_the_design_stand_at_the_top() -> None:
    assert {name.split("/", 1)[0] for name in TRACKED} <= TOP_LEVEL


def test_no_module_has_a_name_that_says_nothing() -> None:
    assert [name for name in PYTHON if UNWANTED.search(name)] == []


def test_the_layers_hold() -> None:
    found = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-logo"],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    assert found.returncode == 0, found.stdout[-3000:]


@pytest.mark.parametrize("service", ["issuer_agent", "holder_wallet", "verifier"])
def test_inside_a_service_nothing_imports_the_application(service: str) -> None:
    allowed = {f"{service}/command.py"}
    importers = [
        name
        for name in PYTHON
        if name.startswith(f"{service}/")
        and re.search(rf"from {service}\.app import|import {service}\.app", _read(name))
    ]
    assert set(importers) <= allowed
    for name in PYTHON:
        if name.startswith(f"{service}/store/"):
            assert not re.search(rf"from {service}\.(api|pages)", _read(name)), name


def test_every_module_says_in_its_docstring_what_it_is() -> None:
    missing = [name for name in PYTHON if _read(name).strip() and not _docstring(name)]
    assert [name for name in missing if not name.startswith("tests/")] == []


def test_no_file_is_too_long_to_be_read() -> None:
    long = {name: _read(name).count("\n") for name in PYTHON if not name.startswith("tests/")}
    assert {name: lines for name, lines in long.items() if lines > 400} == {}


def test_no_function_is_too_long_to_be_understood() -> None:
    long = []
    for name in PYTHON:
        if name.startswith(("tests/", "benchmarks/")) or "/migrations/" in name:
            continue
        for node in ast.walk(ast.parse(_read(name))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and _size(node) > 60:
                long.append(f"{name}: {node.name}")
    # The route builders are lists of small functions, one for each address.
    assert [one for one in long if not one.split(": ")[1].startswith("build_")] == []


def test_nothing_is_left_for_later_or_skipped() -> None:
    marks = re.compile(r"TO" + r"DO|FIX" + r"ME|pytest\.mark\.(skip|xfail)|pytest\.skip\(")
    assert [name for name in PYTHON if marks.search(_read(name)) and name != _this()] == []


def test_no_path_of_a_machine_is_named() -> None:
    path = re.compile(r"/(work|root|home/[a-z]+)/")
    named = [
        name
        for name in TRACKED
        if name.endswith((".py", ".md", ".toml", ".json", ".html", ".css", ".js"))
        and (ROOT / name).exists()
        and not name.endswith("lock.json")
        and name != _this()
        and path.search(_read(name))
    ]
    assert named == []


def _this() -> str:
    return "tests/architecture/test_layout.py"


def _read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def _docstring(name: str) -> str | None:
    return ast.get_docstring(ast.parse(_read(name)))


def _size(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (node.end_lineno or 0) - node.lineno + 1
