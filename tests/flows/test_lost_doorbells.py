"""Every webhook is lost: each exchange still comes to its end, only later."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.town import running_town

pytestmark = pytest.mark.agents


async def test_all_of_it_works_without_a_single_webhook(tmp_path: Path) -> None:
    async with running_town(tmp_path / "town", webhooks=False) as running:
        claimed = await running.claim("Nobody Rings")
        assert claimed["wallet"] == "done"
        assert claimed["award"] == "issued"
        assert claimed["credentials"] == 1
        presented = await running.present("Nobody Rings")
        assert presented["decision"]["conclusion"] == "accepted"
        await running.story.revoke()
        refused = await running.present("Nobody Rings")
        assert refused["decision"]["conclusion"] == "refused"
        for arguments in (tmp_path / "town").rglob("arguments.yaml"):
            assert "/webhooks" not in arguments.read_text()
