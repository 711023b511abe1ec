"""The measurement of a registry at scale, run small: it works, and says what it promises."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_a_small_run_ends_with_the_figures_and_leaves_nothing(tmp_path: Path) -> None:
    sizes = ("--issuers", "1", "--achievements", "1", "--revocations", "2")
    ended = subprocess.run(
        [sys.executable, "-m", "benchmarks.registry_at_scale", *sizes],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    figures = json.loads(ended.stdout.splitlines()[-1])
    assert list(figures) == [
        "read_cached_ms",
        "read_cold_ms",
        "first_mirror_s",
        "refresh_after_change_s",
        "publish_visible_s",
        "mirror_memory_mb",
    ]
    assert all(value > 0 for value in figures.values())
    assert "times a bare loop" in ended.stdout
    assert not list(tmp_path.iterdir())
