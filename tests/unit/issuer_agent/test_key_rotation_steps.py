"""Rotating an institution's keys on a real registry: nothing lost, wherever it is killed."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from acquis.errors import Conflict, InvalidInput, Unavailable
from acquis.registry.keys import SigningKey
from acquis.registry.resource import Resource, ResourceType, build_resource
from acquis.registry.rules import Rule, RuleBroken
from acquis.service.clock import SystemClock
from acquis.service.database import Database
from acquis.service.publication import Publisher
from acquis.text import Text
from issuer_agent import founding, update_keys
from issuer_agent.rotating import Rotated, Rotation, rotate
from issuer_agent.settings import IssuerSettings
from issuer_agent.store import institution
from issuer_agent.store.tables import AchievementRow, Base, InstitutionRow
from issuer_agent.surroundings import Surroundings
from schemas import load_example
from support.registry import (
    REGISTRY_SIZE,
    Issuer,
    RegistryServer,
    append_list,
    put,
    running_registry,
    tails,
)
from support.simulator.wallet import IssuerRegistry
from support.simulator.world import World

ORDINARY = Rotation()
SINCE = datetime(2026, 1, 1, tzinfo=UTC)
COMPROMISE = Rotation(since=SINCE)
EXAMPLE = load_example("data-analysis-with-python-and-sql")
BEFORE, AFTER = int(SINCE.timestamp()) - 10, int(SINCE.timestamp()) + 10


class Killed(BaseException):
    """The process ended here."""


@dataclass
class Bench:
    """An institution that has published one of everything, and its registry."""

    around: Surroundings
    server: RegistryServer
    issuer: Issuer  # signs with the attest key that the wallet began with
    world: World
    resources: list[dict[str, Any]]
    definition: dict[str, Any]
    told: list[str]

    async def row(self) -> InstitutionRow:
        async with self.around.database.read() as session:
            row = await institution.load(session)
        assert row is not None
        return row

    def tell(self, step: Text) -> None:
        assert step.fr
        self.told.append(step.en)

    async def rotate(self, wanted: Rotation = ORDINARY) -> Rotated:
        return await rotate(self.around, wanted, self.tell)

    def read_all(self) -> list[Resource]:
        """Everything published, as a reader with a fresh copy believes it."""
        self.around.mirror.refresh()
        definition = self.around.mirror.resolve_resource(self.definition["id"])
        ids = [*(each["id"] for each in self.resources), *(link.id for link in definition.links)]
        return [self.around.mirror.resolve_resource(each) for each in dict.fromkeys(ids)]

    def refusal_of(self, resource: dict[str, Any]) -> Rule:
        with pytest.raises(RuleBroken) as refusal:
            self.around.mirror.resolve_resource(resource["id"])
        return refusal.value.rule

    def append(self, timestamp: int, revoked: tuple[int, ...] = ()) -> dict[str, Any]:
        """Publish a status list by the key that the wallet began with."""
        with self.server.client() as client:
            made, self.definition = append_list(
                client, self.issuer, self.definition, timestamp, revoked
            )
        return made

    async def check_whole(self, version: int, since: datetime | None) -> None:
        """Check that keys, database and registry say the same, and that all of it is believed."""
        row = await self.row()
        document = self.around.mirror.resolve_did(row.did)
        keys = document.assertion_keys()
        assert (document.version_number, row.rotation) == (version, None)
        assert next(reversed(keys.values())) == row.attest_multikey
        assert [each.since for each in document.compromises] == ([since] if since else [])
        assert (self.issuer.method in keys) == (since is None)
        file = self.around.settings.update_keys
        kept = update_keys.load(file, row.log)
        assert kept.following is None
        assert update_keys.last_parameters(row.log)["updateKeys"] == [kept.update.multikey]
        assert set(json.loads(file.read_text())) == {"update", "next"}
        assert file.stat().st_mode & 0o777 == 0o600
        methods = {each.verification_method for each in self.read_all()}
        new = f"{row.did}#{row.attest_multikey}"
        assert methods == ({new} if since else {self.issuer.method})


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RegistryServer]:
    with running_registry(tmp_path_factory.mktemp("registry")) as running:
        yield running


@asynccontextmanager
async def opened(server: RegistryServer, folder: Path, name: str) -> AsyncIterator[Bench]:
    settings = IssuerSettings(
        folder=folder,
        secret="s" * 40,
        agent_api_key="a" * 32,
        webhook_key="w" * 32,
        institution_name="Université de l’Exemple",
        registry_folder=f"demo/{name}",
        publish_url=server.url,
    )
    world = World()
    agent = world.agent("issuer")
    around = Surroundings(
        settings=settings,
        database=Database(settings.database),
        agent=agent.client(),
        mirror=server.mirror(folder / "mirror"),
        publisher=Publisher(server.url),
        clock=SystemClock(),
    )
    async with around.database._engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    server.grants.grant(settings.registry_folder)
    await founding.found(around)
    yield await publish_everything(around, server, world)
    await world.close()
    await around.agent.aclose()
    await around.publisher.close()
    await around.database.close()


async def publish_everything(around: Surroundings, server: RegistryServer, world: World) -> Bench:
    wallet = world.agent("issuer").wallets["base"]
    async with around.database.read() as session:
        row = await institution.load(session)
    assert row is not None
    issuer = Issuer()
    issuer.did, issuer.attest = row.did, wallet.keys[row.attest_multikey].key
    content = {**EXAMPLE, "issuerId": row.did, "slug": "data-analysis", "version": "1.0"}
    achievement = issuer.sign(
        build_resource(row.did, ResourceType.ACHIEVEMENT, "data-analysis", content)
    )
    schema = issuer.schema()
    credentials = issuer.credential_definition(schema["id"])
    raw, tails_hash = tails(row.did)
    definition = issuer.registry_definition(credentials["id"], tails_hash)
    resources = [achievement, schema, credentials, definition]
    with server.client() as client:
        client.put(f"/tails/hash/{tails_hash}", files={"tails": raw})
        for resource in resources:
            assert put(client, resource).is_success
    wallet.definitions[credentials["id"]] = {
        "issuer_id": row.did,
        "schema_id": schema["id"],
    }
    states = [0] * REGISTRY_SIZE
    wallet.registries[definition["id"]] = IssuerRegistry(
        definition["id"], credentials["id"], "0", tails_hash, states, True
    )
    async with around.database.write() as session:
        session.add(
            AchievementRow(
                id="a",
                slug="data-analysis",
                version="1.0",
                content=content,
                state="published",
                progress=[],
                created_at=0,
            )
        )
    bench = Bench(around, server, issuer, world, resources, definition, [])
    first = bench.append(BEFORE)
    world.registry.resources |= {each["id"]: each for each in (first, bench.definition)}
    bench.append(AFTER, (3,))
    wallet.registries[definition["id"]].pending.append(3)
    return bench


@pytest.fixture
async def bench(
    server: RegistryServer, tmp_path: Path, request: pytest.FixtureRequest
) -> AsyncIterator[Bench]:
    name = f"t{abs(hash(request.node.name))}"
    async with opened(server, tmp_path, name) as made:
        yield made


async def test_an_ordinary_rotation_changes_both_keys_and_keeps_what_stands(bench: Bench) -> None:
    before = update_keys.load(bench.around.settings.update_keys, (await bench.row()).log)
    assert (await bench.rotate()).version == 2
    await bench.check_whole(2, None)
    row = await bench.row()
    after = update_keys.load(bench.around.settings.update_keys, row.log)
    assert after.update.multikey == before.next.multikey
    assert row.attest_multikey != bench.issuer.attest.multikey
    assert (await bench.rotate()).version == 3
    await bench.check_whole(3, None)


async def test_only_the_update_key_is_rotated_when_asked(bench: Bench) -> None:
    assert (await bench.rotate(Rotation(update_only=True))).version == 2
    await bench.check_whole(2, None)
    assert (await bench.row()).attest_multikey == bench.issuer.attest.multikey


async def test_after_a_compromise_everything_is_signed_again_under_its_id(bench: Bench) -> None:
    ids = {each.id for each in bench.read_all()}
    done = await bench.rotate(COMPROMISE)
    assert (done.version, done.signed, done.withheld) == (2, len(ids), ())
    assert {each.id for each in bench.read_all()} == ids
    await bench.check_whole(2, SINCE)
    assert bench.told[-1] == f"Signed again: {len(ids)} of {len(ids)}"
    assert (await bench.rotate()).version == 3  # the new key is an ordinary one


async def test_what_a_thief_published_is_not_signed_again(bench: Bench) -> None:
    forged = bench.issuer.credential_definition(bench.resources[1]["id"], tag="forged")
    content = {**EXAMPLE, "issuerId": bench.issuer.did, "version": "9.9"}
    invented = bench.issuer.sign(
        build_resource(bench.issuer.did, ResourceType.ACHIEVEMENT, "invented", content)
    )
    schema = bench.issuer.schema(version="9.9")
    with bench.server.client() as client:
        for resource in (schema, forged, invented):
            assert put(client, resource).is_success
    restored = bench.append(AFTER + 10)  # takes the revocation of 3 back
    invented_list = bench.append(AFTER + 20, (3, 5))  # revokes 5, which nobody asked for
    genuine = bench.append(AFTER + 30, (3,))
    registry = bench.world.agent("issuer").wallets["base"].registries[bench.definition["id"]]
    registry.states[3] = 1
    forgeries = [schema, forged, invented, restored, invented_list]
    done = await bench.rotate(COMPROMISE)
    assert set(done.withheld) == {each["id"] for each in forgeries}
    bench.around.mirror.refresh()
    for each in forgeries:
        assert bench.refusal_of(each) is Rule.PROOF_KEY
    assert bench.around.mirror.resolve_resource(genuine["id"])
    # The agent was told to look where the wallet's list has to go over a forged one.
    assert len(bench.world.registry.links(registry.id)) == 2


async def test_a_status_list_published_meanwhile_is_not_lost(bench: Bench) -> None:
    late: list[dict[str, Any]] = []

    def tell(step: Text) -> None:
        bench.tell(step)
        if step.en.startswith("The new version of the DID log is in the database"):
            late.append(bench.append(AFTER + 10, (3,)))

    done = await rotate(bench.around, COMPROMISE, tell)
    assert late[0]["id"] in {each.id for each in bench.read_all()}
    assert done.withheld == ()
    await bench.check_whole(2, SINCE)


MOMENTS = (
    "The rotation is noted",
    "The new keys are kept",
    "The new version of the DID log",
    "The DID log is published",
    "The new keys are in use",
    "Signed again: 1 ",
    "Signed again: 4 ",
    "Signed again: 6 ",
)


@pytest.mark.parametrize("moment", MOMENTS)
async def test_killed_at_any_moment_the_same_command_goes_on(bench: Bench, moment: str) -> None:
    with pytest.raises(Killed):
        await rotate(bench.around, COMPROMISE, killer(bench, moment))
    done = await bench.rotate(COMPROMISE)
    assert (done.version, done.withheld) == (2, ())
    await bench.check_whole(2, SINCE)


@pytest.mark.parametrize("moment", MOMENTS[:5])
async def test_an_ordinary_rotation_goes_on_as_well(bench: Bench, moment: str) -> None:
    with pytest.raises(Killed):
        await rotate(bench.around, ORDINARY, killer(bench, moment))
    assert (await bench.rotate()).version == 2
    await bench.check_whole(2, None)


def killer(bench: Bench, moment: str) -> Callable[[Text], None]:
    def tell(step: Text) -> None:
        bench.tell(step)
        if step.en.startswith(moment):
            raise Killed

    return tell


@pytest.mark.parametrize("written", [False, True])
async def test_a_registry_that_falls_silent_is_asked_again(bench: Bench, written: bool) -> None:
    """Also when it took the log and only its answer was lost."""

    async def pass_on(request: httpx.Request) -> httpx.Response:
        if request.method == "PUT" and not written:
            raise httpx.ConnectError("away")
        async with httpx.AsyncClient(trust_env=False) as client:
            answer = await client.send(request)
        if request.method == "PUT":
            raise httpx.ReadError("lost")
        return httpx.Response(answer.status_code, content=answer.content)

    publisher = bench.around.publisher
    bench.around.publisher = Publisher(bench.server.url, httpx.MockTransport(pass_on))
    with pytest.raises(Unavailable):
        await bench.rotate()
    await bench.around.publisher.close()
    bench.around.publisher = publisher
    assert (await bench.rotate()).version == 2
    await bench.check_whole(2, None)


async def test_another_rotation_waits_for_the_unfinished_one(bench: Bench) -> None:
    with pytest.raises(Killed):
        await rotate(bench.around, ORDINARY, killer(bench, MOMENTS[2]))
    done = await bench.rotate(COMPROMISE)
    assert done.version == 3
    row = await bench.row()
    document = bench.around.mirror.resolve_did(row.did)
    assert list(document.assertion_keys().values()) == [row.attest_multikey]
    assert len(document.compromises) == 2  # both lay in the wallet that leaked


async def test_two_rotations_do_not_run_at_once(bench: Bench) -> None:
    with update_keys.only_one(bench.around.settings.update_keys), pytest.raises(Conflict):
        await bench.rotate()
    assert (await bench.row()).rotation is None


async def test_nothing_is_begun_without_the_key_that_the_log_commits_to(bench: Bench) -> None:
    file = bench.around.settings.update_keys
    kept = json.loads(file.read_text())
    file.write_text(json.dumps({**kept, "next": SigningKey.generate().seed.hex()}))
    with pytest.raises(Conflict, match=r"keys/update\.json"):
        await bench.rotate()
    file.unlink()
    with pytest.raises(Conflict, match=r"keys/update\.json"):
        await bench.rotate()
    assert ((await bench.row()).rotation, bench.told) == (None, [])


async def test_nothing_is_begun_when_the_registry_has_another_log(bench: Bench) -> None:
    old = (await bench.row()).log
    await bench.rotate(Rotation(update_only=True))
    async with bench.around.database.write() as session:
        (await session.get_one(InstitutionRow, "institution")).log = old
    with pytest.raises(Conflict):
        await bench.rotate()
    assert (await bench.row()).rotation is None


async def test_a_compromise_to_come_is_refused(bench: Bench) -> None:
    for wrong in (
        Rotation(since=datetime(2999, 1, 1, tzinfo=UTC)),
        Rotation(update_only=True, since=SINCE),
    ):
        with pytest.raises(InvalidInput):
            await bench.rotate(wrong)
