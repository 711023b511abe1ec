from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from acquis.service import frontend
from acquis.service.frontend import (
    FrontendError,
    VendorFile,
    is_in_place,
    load_manifest,
    put_in_place,
)

ROOT = Path(__file__).parents[3]


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    modules = tmp_path / "node_modules"
    for name, text in {"a/a.js": "one", "b/b.css": "two", "c/c.js": "three"}.items():
        (modules / name).parent.mkdir(parents=True)
        (modules / name).write_text(text)
    return modules


@pytest.fixture
def files() -> list[VendorFile]:
    return [
        VendorFile("a/a.js", "a.js", digest("one")),
        VendorFile("b/b.css", "deep/b.css", digest("two")),
        VendorFile("c/c.js", None, digest("three")),
    ]


def test_files_are_copied_and_then_found_in_place(
    tmp_path: Path, packages: Path, files: list[VendorFile]
) -> None:
    vendor = tmp_path / "vendor"
    assert not is_in_place(files, vendor, packages)
    put_in_place(files, vendor, packages)
    assert is_in_place(files, vendor, packages)
    assert sorted(p.name for p in vendor.rglob("*.*")) == ["a.js", "b.css"]


def test_what_is_no_longer_wanted_goes(
    tmp_path: Path, packages: Path, files: list[VendorFile]
) -> None:
    vendor = tmp_path / "vendor"
    vendor.mkdir()
    (vendor / "old.js").write_text("old")
    put_in_place(files, vendor, packages)
    assert not (vendor / "old.js").exists()


@pytest.mark.parametrize("wrong", ["a/a.js", "b/b.css", "c/c.js"])
def test_a_file_with_another_digest_is_refused_and_nothing_changes(
    tmp_path: Path, packages: Path, files: list[VendorFile], wrong: str
) -> None:
    vendor = tmp_path / "vendor"
    put_in_place(files, vendor, packages)
    (packages / wrong).write_text("something else")
    with pytest.raises(FrontendError, match=wrong):
        put_in_place(files, vendor, packages)
    assert (vendor / "a.js").read_text() == "one"
    assert (vendor / "deep" / "b.css").read_text() == "two"


def test_a_missing_file_is_named(tmp_path: Path, packages: Path, files: list[VendorFile]) -> None:
    (packages / "a/a.js").unlink()
    with pytest.raises(FrontendError, match=r"a/a\.js missing"):
        put_in_place(files, tmp_path / "vendor", packages)


def test_the_set_up_of_this_clone_is_done_and_doing_it_again_installs_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def never() -> None:
        pytest.fail("nothing had to be installed")

    monkeypatch.setattr(frontend, "install_packages", never)
    assert is_in_place(load_manifest())
    assert frontend.main([]) == 0


def test_a_failure_is_told_and_is_the_exit_status(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails() -> None:
        message = "npm ci failed:\nno network"
        raise FrontendError(message)

    monkeypatch.setattr(frontend, "install_packages", fails)
    monkeypatch.setattr(frontend, "is_in_place", lambda _: False)
    assert frontend.main([]) == 1
    assert "no network" in capsys.readouterr().err


def test_the_lock_names_every_package_by_digest_and_no_address() -> None:
    lock = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))
    wanted = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert packages
    for name, entry in packages.items():
        assert "resolved" not in entry, name
        assert entry["integrity"].startswith("sha512-"), name
    for name, version in (wanted["dependencies"] | wanted["devDependencies"]).items():
        assert packages[f"node_modules/{name}"]["version"] == version
