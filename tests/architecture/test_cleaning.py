"""`make clean` removes what the demo and the tests made, and nothing of a deployment."""

from __future__ import annotations

import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]


def clean(folder: Path) -> None:
    subprocess.run(["make", "-C", folder, "-f", ROOT / "Makefile", "clean"], check=True)


def test_a_deployment_beside_the_demo_stays(tmp_path: Path) -> None:
    kept = [
        tmp_path / ".acquis" / name
        for name in (
            "issuer/keys/update.json",
            "registry/keys/online.pem",
            "wallet/service.sqlite3",
        )
    ]
    for file in (*kept, tmp_path / ".acquis/demo/issuer/secret"):
        file.parent.mkdir(parents=True)
        file.touch()
    clean(tmp_path)
    assert not (tmp_path / ".acquis/demo").exists()
    assert all(file.exists() for file in kept)


def test_where_only_the_demo_was_nothing_is_left(tmp_path: Path) -> None:
    (tmp_path / ".acquis/demo").mkdir(parents=True)
    (tmp_path / ".hypothesis").mkdir()
    clean(tmp_path)
    clean(tmp_path)
    assert list(tmp_path.iterdir()) == []
