"""The measurement of the verification, run small: it works, and judges every vector rightly."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.verification import FEWEST, MOST_BYTES, Measured

ROOT = Path(__file__).parents[2]


def test_a_small_run_ends_with_the_figures_and_leaves_nothing(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "benchmarks.verification", "--decisions", "200", "--issuers", "1"],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "TMPDIR": str(tmp_path), "PYTHONPATH": "tests"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    figures = json.loads(ended.stdout.splitlines()[-1])
    assert list(figures) == [
        "checks_ms",
        "decisions_per_s",
        "memory_growth_mb",
        "vectors",
        "wrong",
    ]
    assert figures["checks_ms"] > 0
    assert figures["decisions_per_s"] > 0
    kinds = ("valid", "invalid", "indeterminate")
    folder = ROOT / "tests" / "vectors"
    assert figures["vectors"] == sum(len(list((folder / kind).iterdir())) for kind in kinds)
    assert figures["wrong"] == 0
    assert "times our checks" in ended.stdout
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("grown", "flat"),
    [
        ([5, 5, 5, 5, 5, 5, 5, 5, 5, 5], True),  # all of it before the first part ended
        ([1, 2, 3, 4, 5, 5, 5, 5, 5, 5], True),
        ([0, 0, 0, 0, 0, 0, 4, 4, 4, 4], True),  # a step
        ([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], False),
        ([0, 0, 0, 0, 0, 1, 2, 3, 4, 5], False),
    ],
)
def test_memory_that_grows_with_each_decision_is_told_from_memory_that_fills(
    grown: list[int], flat: bool
) -> None:
    found = Measured(0, [], [1.0] * 100_000, 1.0, [90.0, *(90.0 + each for each in grown)], [])
    assert found.is_flat is flat
    assert (found.bytes_each or 0) > MOST_BYTES or flat
    few = Measured(0, [], [1.0] * (FEWEST - 1), 1.0, found.memory_mb, [])
    assert (few.bytes_each, few.is_flat) == (None, True)
