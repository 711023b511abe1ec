"""When the verifier says that it is ready, and what it keeps while it runs."""

from __future__ import annotations

import time
import weakref
from pathlib import Path

import pytest

from support.verifier_desk import Desk, open_desk


@pytest.mark.parametrize(
    ("hours", "allowed", "ready"), [(2, 1, False), (2, 3, True), (30, 48, True)]
)
async def test_the_mirror_may_be_as_old_as_the_setting_says(
    hours: int, allowed: int, ready: bool, tmp_path: Path
) -> None:
    async with open_desk(tmp_path, mirror_hours=allowed) as desk:
        for host in desk.around.mirror.confirmed_at():
            desk.copy.confirm(int(time.time()) - hours * 3600, host)
        checks = (await desk.browser.get("/ready")).json()["checks"]
    assert (checks["mirror"] == "ok") is ready, checks["mirror"]


async def test_a_lock_is_kept_no_longer_than_it_is_used(desk: Desk) -> None:
    async with desk.around.only_one("request:1"):
        assert desk.around.only_one("request:1").locked()
    kept = weakref.ref(desk.around.only_one("request:1"))
    assert kept() is None
