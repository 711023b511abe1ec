"""The three services on PostgreSQL, wake-ups through it as well: the same main job."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from support.town import running_town

pytestmark = pytest.mark.agents


async def test_the_main_job_on_postgresql(postgres_cluster: str, tmp_path: Path) -> None:
    plain = postgres_cluster.replace("+psycopg", "")
    units = ("issuer", "wallet", "verifier")
    async with await psycopg.AsyncConnection.connect(
        f"{plain}/postgres", autocommit=True
    ) as connection:
        for unit in units:
            await connection.execute(f"CREATE DATABASE flow_{unit}")  # type: ignore[arg-type]
    extra = {
        unit: {
            "DATABASE_URL": f"{postgres_cluster}/flow_{unit}",
            "BROKER_URL": f"{plain}/flow_{unit}",
            "SWEEP_SECONDS": "5",
        }
        for unit in units
    }
    async with running_town(tmp_path / "town", extra=extra) as running:
        claimed = await running.claim("Post Gres")
        assert (claimed["wallet"], claimed["award"], claimed["credentials"]) == (
            "done",
            "issued",
            1,
        )
        presented = await running.present("Post Gres")
        assert presented["decision"]["conclusion"] == "accepted"
        await running.story.revoke()
        refused = await running.present("Post Gres")
        assert refused["decision"]["conclusion"] == "refused"
        assert "work failed" not in running.logs()
        assert "sweep failed" not in running.logs()
        assert not list((tmp_path / "town").rglob("service.sqlite3"))
