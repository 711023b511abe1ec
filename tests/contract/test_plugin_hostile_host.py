"""The plugin, as the agent calls it, under a hostile registry host: no forgery, no blocked loop.

ACA-Py's own registry and resolver route to the plugin's; mirror, host and network are real. During
each attack the loop is measured (``support.loop_lag``), and afterwards the last good copy must
answer every question of the agent. A scene in which the loop stood still is played again from the
start, up to three times, and fails only if it did so each time: on a machine that others use a stop
of 0.2 s now and then proves nothing. So what is shown is that no attack blocks the loop whenever it
is made, not that none ever coincides with a stop.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest
from acapy_agent.anoncreds.base import AnonCredsObjectNotFound, AnonCredsResolutionError
from acapy_agent.anoncreds.registry import AnonCredsRegistry
from acapy_agent.config.injection_context import InjectionContext
from acapy_agent.core.event_bus import EventBus
from acapy_agent.core.profile import Profile
from acapy_agent.resolver import setup as set_up_resolvers
from acapy_agent.resolver.base import ResolverError
from acapy_agent.resolver.did_resolver import DIDResolver

import acapy_webvh
from acapy_webvh.anoncreds_registry import WebvhRegistry
from acapy_webvh.did_resolver import MirrorDidResolver, replace_network_resolvers
from acapy_webvh.reader import MirrorReader
from acapy_webvh.settings import PLUGIN
from acapy_webvh.tails import TailsFolder
from acquis.errors import AcquisError
from acquis.registry.content import MAX_REGISTRY_SIZE
from acquis.registry.resource import ResourceType, build_resource, digest_of
from acquis.registry.rules import Rule, RuleBroken
from acquis.registry.strict_json import MAX_BYTES, MAX_VALUES
from support import hostile_registry as attacks
from support.attacked_registry import AttackedRegistry, Prepared, attacked_copy, file_of
from support.hostile_logs import LOG_ATTACKS, History, longest_log
from support.hostile_metadata import METADATA_ATTACKS, fast_forward
from support.hostile_objects import replacements
from support.hostile_registry import Answer
from support.loop_lag import LIMIT, loop_lag
from support.mutants import one_mutant_a_leaf
from support.registry import HOST, Issuer

NETWORK_RESOLVERS = {"WebvhDIDResolver", "WebDIDResolver", "UniversalResolver"}
PROFILE = cast("Profile", None)  # the plugin's reading side needs none
BAD_ANSWERS: list[Answer] = [
    attacks.endless_body,
    attacks.endless_chunks,
    attacks.gzip_bomb,
    attacks.half_written,
    attacks.long_header_line,
    attacks.countless_headers,
    attacks.not_found,
    attacks.server_error,
    attacks.other_bytes,
    attacks.connection_closed,
    attacks.redirect_to("http://169.254.169.254/latest"),
]


class Plugin:
    """The plugin's parts as ``setup`` puts them together, for an agent that holds credentials."""

    def __init__(self, attacked: AttackedRegistry) -> None:
        mirror = attacked.new_mirror()
        self.attacked = attacked
        self.reader = MirrorReader(mirror, refresh_on_miss=True)
        self.tails = TailsFolder(attacked.base / "tails", mirror)
        self.registry = AnonCredsRegistry()
        self.registry.register(WebvhRegistry(self.reader, None, self.tails))
        self.resolver = DIDResolver()
        replace_network_resolvers(self.resolver, MirrorDidResolver(self.reader))

    async def still_answers(self) -> None:
        """Every question of an agent is answered from the last good copy."""
        published, registry = self.attacked.published, self.registry
        schema = await registry.get_schema(PROFILE, published.schema["id"])
        assert schema.schema.serialize() == published.schema["content"]
        definition = await registry.get_credential_definition(
            PROFILE, published.credential_definition["id"]
        )
        assert (
            definition.credential_definition.serialize()
            == published.credential_definition["content"]
        )
        found = await registry.get_revocation_registry_definition(
            PROFILE, published.definition["id"]
        )
        assert found.revocation_registry.serialize() == published.definition["content"]
        status = await registry.get_revocation_list(PROFILE, published.definition["id"], 0, 2000)
        assert status.revocation_list.serialize() == published.lists[1]["content"]
        document = await self.resolver.resolve(PROFILE, self.attacked.issuer.did)
        assert document["id"] == self.attacked.issuer.did

    async def refusal(self, work: Awaitable[Any]) -> str:
        """The name of the error, or of the rule, that ``work`` was refused with."""
        with pytest.raises((AcquisError, AnonCredsResolutionError, ResolverError)) as refusal:
            await work
        error = refusal.value if isinstance(refusal.value, AcquisError) else refusal.value.__cause__
        assert isinstance(error, AcquisError)
        if isinstance(error, RuleBroken):
            return str(error.rule)
        return error.says.en.partition("(")[2].partition(")")[0]


Scene = Callable[[Plugin], Awaitable[None]]


@pytest.fixture
def play(prepared: Prepared, tmp_path: Path) -> Callable[..., Awaitable[None]]:
    """Play a scene against a fresh copy of the registry, and measure the loop meanwhile.

    What blocks the loop does so each time; what a crowded machine adds is gone at one of the tries.
    """

    async def play(prepare: Callable[[AttackedRegistry], None], scene: Scene) -> None:
        for attempt in ("first", "second", "third", "fourth"):
            with attacked_copy(prepared, tmp_path / attempt / str(time.monotonic_ns())) as attacked:
                prepare(attacked)
                plugin = Plugin(attacked)
                async with loop_lag() as lag:
                    await scene(plugin)
                plugin.reader.close()
            if lag.worst <= LIMIT:
                assert lag.looks > 1
                return
        pytest.fail(f"the loop was blocked for {lag.worst:.3f} s")

    return play


async def test_the_agents_own_resolvers_that_ask_the_network_are_gone(tmp_path: Path) -> None:
    """As an agent starts: ACA-Py registers its own resolvers first, then the plugin is set up."""
    plugin_config = {"mirror": str(tmp_path), "sources": f"{HOST}=http://127.0.0.1:1"}
    context = InjectionContext(settings={"plugin_config": {PLUGIN: plugin_config}})
    resolver, registry = DIDResolver(), AnonCredsRegistry()
    context.injector.bind_instance(DIDResolver, resolver)
    context.injector.bind_instance(AnonCredsRegistry, registry)
    context.injector.bind_instance(EventBus, EventBus())
    await set_up_resolvers(context)

    def named() -> set[str]:
        return {type(each).__name__ for each in resolver.resolvers}

    theirs = named()
    assert {"WebvhDIDResolver", "WebDIDResolver", "KeyDIDResolver"} <= theirs
    await acapy_webvh.setup(context)
    assert named() == (theirs - NETWORK_RESOLVERS) | {"MirrorDidResolver"}
    did = Issuer().did
    supporting = [each for each in resolver.resolvers if await each.supports(PROFILE, did)]
    assert [type(each) for each in supporting] == [MirrorDidResolver]
    with pytest.raises(ResolverError):
        await resolver.resolve(PROFILE, "did:web:127.0.0.1")


async def test_bad_answers(play: Callable[..., Awaitable[None]]) -> None:
    """A miss asks the host: its answer is refused, and the loop goes on meanwhile."""
    for attack in BAD_ANSWERS:

        def prepare(attacked: AttackedRegistry, attack: Answer = attack) -> None:
            newer = attacked.issuer.schema("2.0")
            attacked.publish_signed({file_of(newer): newer})
            attacked.host.attack, attacked.host.applies_to = attack, "bin-"

        async def scene(plugin: Plugin) -> None:
            newer = plugin.attacked.issuer.schema("2.0")["id"]
            refused = await plugin.refusal(plugin.registry.get_schema(PROFILE, newer))
            assert refused.endswith("Error"), refused
            await plugin.still_answers()
            plugin.attacked.host.attack = None
            await plugin.reader.refresh()
            found = await plugin.registry.get_schema(PROFILE, newer)
            assert found.schema.version == "2.0"

        await play(prepare, scene)


@pytest.mark.parametrize(
    "attack", [attacks.one_byte_at_a_time, attacks.dripping_headers, attacks.silence]
)
async def test_answers_that_drip(play: Callable[..., Awaitable[None]], attack: Answer) -> None:
    def prepare(attacked: AttackedRegistry) -> None:
        attacked.host.attack, attacked.host.applies_to = attack, "timestamp"

    async def scene(plugin: Plugin) -> None:
        waiting = asyncio.create_task(plugin.reader.refresh(patience=0.6))
        await plugin.still_answers()  # meanwhile
        assert await plugin.refusal(waiting) in {"DownloadError", "SlowRetrievalError"}
        await plugin.still_answers()

    await play(prepare, scene)


async def test_metadata_of_another_time_place_or_key(
    play: Callable[..., Awaitable[None]],
) -> None:
    for attack, error in METADATA_ATTACKS:

        def prepare(
            attacked: AttackedRegistry, attack: Callable[[AttackedRegistry], None] = attack
        ) -> None:
            attacked.publish_signed({"univ/other/did-witness.json": b"[]"})
            attacked.refresh()
            attack(attacked)

        async def scene(plugin: Plugin, error: str = error) -> None:
            assert await plugin.refusal(plugin.reader.refresh()) == error
            await plugin.still_answers()

        await play(prepare, scene)


async def test_a_fast_forward(play: Callable[..., Awaitable[None]]) -> None:
    async def scene(plugin: Plugin) -> None:
        await plugin.reader.refresh()
        await plugin.still_answers()

    await play(fast_forward, scene)


async def test_replaced_objects(play: Callable[..., Awaitable[None]], prepared: Prepared) -> None:
    """The good definition answers on; an agent that never saw it is told which rule is broken."""
    definition = prepared.published.credential_definition
    for attack in replacements(prepared).values():

        def prepare(attacked: AttackedRegistry, resource: dict[str, Any] = attack.resource) -> None:
            attacked.publish_signed({file_of(definition): resource})

        async def scene(plugin: Plugin, rule: Rule = attack.rule) -> None:
            await plugin.reader.refresh()
            await plugin.still_answers()
            forged = plugin.attacked.public / file_of(definition)
            (plugin.attacked.files / file_of(definition)).write_bytes(forged.read_bytes())
            asked = plugin.registry.get_credential_definition(PROFILE, definition["id"])
            assert await plugin.refusal(asked) == rule

        await play(prepare, scene)


async def test_mutants_of_a_definition(
    play: Callable[..., Awaitable[None]], prepared: Prepared
) -> None:
    definition = prepared.published.credential_definition
    mutants = [json.dumps(mutant).encode() for _, mutant in one_mutant_a_leaf(definition)]
    assert len(mutants) > 30

    async def scene(plugin: Plugin) -> None:
        lies_at = plugin.attacked.files / file_of(definition)
        for mutant in mutants:
            lies_at.write_bytes(mutant)
            asked = plugin.registry.get_credential_definition(PROFILE, definition["id"])
            assert await plugin.refusal(asked) in set(Rule)

    await play(lambda _: None, scene)


async def test_logs_that_are_no_successor(play: Callable[..., Awaitable[None]]) -> None:
    for attack, _ in LOG_ATTACKS:

        def prepare(attacked: AttackedRegistry, attack: Callable[[History], str] = attack) -> None:
            history = History(attacked.issuer)
            attacked.publish_signed({attacked.log_path: history.third})
            attacked.refresh()
            attacked.publish_signed({attacked.log_path: attack(history)})

        async def scene(plugin: Plugin) -> None:
            await plugin.reader.refresh()
            await plugin.still_answers()
            did = plugin.attacked.issuer.did
            assert (await plugin.reader.document(did)).version_number == 3

        await play(prepare, scene)


async def test_identifiers_that_lead_elsewhere(play: Callable[..., Awaitable[None]]) -> None:
    async def scene(plugin: Plugin) -> None:
        did = plugin.attacked.issuer.did
        for path in ("/resources/../../../etc/passwd", "/resources/%2e%2e", "%2fresources/x"):
            asked = plugin.registry.get_schema(PROFILE, did + path)
            assert await plugin.refusal(asked) == Rule.RESOURCE_ID
        for other in (
            did.replace("registry.acquis.example", "127.0.0.1"),
            did.replace("univ:demo", "..:..:etc"),
        ):
            asked = plugin.resolver.resolve(PROFILE, other)
            assert await plugin.refusal(asked) == Rule.DID_FORM
        with pytest.raises(AnonCredsObjectNotFound):
            await plugin.registry.get_schema(
                PROFILE,
                f"{did.replace('acquis', 'elsewhere')}/resources/{digest_of({'a': 1})}",
            )
        await plugin.still_answers()

    await play(lambda _: None, scene)


async def test_the_longest_log_with_a_forged_last_entry(
    play: Callable[..., Awaitable[None]], prepared: Prepared
) -> None:
    """More than nine thousand entries are verified before the forgery shows."""
    log = longest_log(prepared.issuer, forged=True)
    assert log.count(b"\n") > 9_000
    assert len(log) > 0.999 * MAX_BYTES

    async def scene(plugin: Plugin) -> None:
        await plugin.reader.refresh(patience=120)
        await plugin.still_answers()

    await play(lambda attacked: attacked.publish_signed({attacked.log_path: log}), scene)


def monsters(attacked: AttackedRegistry) -> dict[str, bytes]:
    """Files of 5 MiB at the path of a schema, as much work as a text can make; with their rules."""
    whole = json.dumps(attacked.published.schema)[:-1].encode()
    room = MAX_BYTES - len(whole) - 10

    def filled(piece: bytes, count: int) -> bytes:
        return whole + b',"x":[' + b",".join([piece] * count) + b"]}"

    most = MAX_VALUES - 100
    return {
        "numbers": filled(b"0", room // 2),
        "lists": filled(b"[]", room // 3),
        "as many numbers as are allowed": filled(b"12345678901234", most),
        "as many lists as are allowed": filled(b"[]", most // 2),
        "as many objects as are allowed": filled(b'{"a":7}', most // 2),
        "one text": filled(b'"' + b"x" * (room - 4) + b'"', 1),
        "escapes": filled(b'"' + b"\\u00e9" * (room // 6 - 4) + b'"', 1),
    }


async def test_monstrous_objects(play: Callable[..., Awaitable[None]]) -> None:
    """Read for the first time, at the path of a schema; then the honest one is there again."""

    async def scene(plugin: Plugin) -> None:
        schema = plugin.attacked.published.schema
        lies_at = plugin.attacked.files / file_of(schema)
        good = lies_at.read_bytes()
        for name, raw in (await asyncio.to_thread(monsters, plugin.attacked)).items():
            assert len(raw) <= MAX_BYTES
            lies_at.write_bytes(raw)
            asked = plugin.registry.get_schema(PROFILE, schema["id"])
            expected = Rule.SIZE if name in {"numbers", "lists"} else Rule.RESOURCE_FORM
            assert await plugin.refusal(asked) == expected, name
        lies_at.write_bytes(good)
        await plugin.still_answers()

    await play(lambda _: None, scene)


async def test_the_largest_status_list_of_forty(
    play: Callable[..., Awaitable[None]], prepared: Prepared
) -> None:
    """Nothing hostile in it: the largest registry there may be, with a list a day for 40 days."""
    issuer, small = prepared.issuer, prepared.published.definition
    value = {**small["content"]["value"], "maxCredNum": MAX_REGISTRY_SIZE}
    kind = ResourceType.REVOCATION_REGISTRY_DEFINITION
    definition = build_resource(issuer.did, kind, "0", {**small["content"], "value": value})
    content = {
        **prepared.published.lists[0]["content"],
        "revRegDefId": definition["id"],
        "revocationList": [number % 2 for number in range(MAX_REGISTRY_SIZE)],
        "timestamp": 40_000,
    }
    last = issuer.sign(build_resource(issuer.did, ResourceType.STATUS_LIST, "0", content))
    ids = [f"{issuer.did}/resources/{digest_of({'list': number})}" for number in range(1, 40)]
    definition["links"] = [
        {"type": "anonCredsStatusList", "id": each, "timestamp": 1000 * number}
        for number, each in enumerate([*ids, last["id"]], start=1)
    ]
    signed = issuer.sign(definition, datetime(2026, 5, 1, tzinfo=UTC))

    async def scene(plugin: Plugin) -> None:
        await plugin.reader.refresh()
        found = await plugin.registry.get_revocation_list(PROFILE, signed["id"], 0, 50_000)
        assert found.revocation_list.revocation_list == content["revocationList"]
        await plugin.still_answers()

    await play(
        lambda attacked: attacked.publish_signed({file_of(last): last, file_of(signed): signed}),
        scene,
    )
