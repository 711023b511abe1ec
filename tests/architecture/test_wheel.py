"""The wheel: what is installed from it can do all that a clone can."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

from acquis.service.frontend import load_manifest

ROOT = Path(__file__).parents[2]
PACKAGES = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"][
    "build"
]["targets"]["wheel"]["packages"]
# Run where no clone is in sight: what it needs must have come with the wheel.
STARTS_EVERYTHING = """
import importlib, pathlib
import acquis.service.command, schemas
from acquis.service.pages import build_pages
from acquis.text import Text
here = pathlib.Path.cwd()
assert pathlib.Path(schemas.__file__).is_relative_to(here), schemas.__file__
for package in ("issuer_agent", "holder_wallet", "verifier"):
    templates = pathlib.Path(importlib.import_module(package + ".app").__file__).parent / "templates"
    assert templates.is_relative_to(here)
    build_pages(templates, service=Text("x", "x"))
for name in schemas.VOCABULARIES:
    schemas.load_vocabulary(name)
"""


def build(kind: str, source: Path, folder: Path) -> None:
    """Build one kind of distribution of ``source`` into ``folder``."""
    built = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(folder)],
        cwd=source,
        check=False,
        capture_output=True,
        text=True,
    )
    assert built.returncode == 0, built.stderr


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a wheel of this clone installs, built by way of the source archive, with no network."""
    folder = tmp_path_factory.mktemp("wheel")
    build("sdist", ROOT, folder)
    (archive_file,) = folder.glob("*.tar.gz")
    with tarfile.open(archive_file) as source:
        source.extractall(folder / "source", filter="data")
    (unpacked_source,) = (folder / "source").iterdir()
    build("wheel", unpacked_source, folder)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "installed")
    return folder / "installed"


def test_every_file_of_the_packages_is_in_the_wheel(unpacked: Path) -> None:
    inside = {each.relative_to(unpacked).as_posix() for each in unpacked.rglob("*")}
    needed = {
        each.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for each in (ROOT / package).rglob("*")
        if each.is_file() and "__pycache__" not in each.parts
    }
    vendor = {
        f"acquis/service/static/vendor/{file.target}" for file in load_manifest() if file.target
    }
    assert needed | vendor <= inside, sorted((needed | vendor) - inside)
    assert not [name for name in inside if name.startswith(("tests", "benchmarks", "node_modules"))]


def test_what_the_wheel_installs_needs_no_clone(unpacked: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", STARTS_EVERYTHING],
        cwd=unpacked,
        env={**os.environ, "PYTHONPATH": str(unpacked)},
        check=False,
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, ended.stderr[-2000:]
