"""A town in which somebody cheats, founded: what there is in it that no honest issuer makes.

An institution that looks like the honest one, a kind of credential that cannot be revoked, another
version of the achievement and trust anchors of other opinions, all published for real.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from acquis.acapy import anoncreds, wallet
from acquis.acapy.client import AgentClient
from acquis.credentials.achievement import Achievement, parse_achievement
from acquis.credentials.attributes import Award, Learner, build_attributes
from acquis.registry.content import ResourceType
from acquis.registry.did import parse_did
from acquis.registry.mirror import Mirror
from acquis.registry.resource import build_resource
from acquis.registry.trust_list import Scope
from acquis.service.publication import Publisher
from demo.agents import AgentRole
from demo.people import Visitor
from demo.story import PYTHON, RECRUITER, REGISTRAR
from demo.town import HOST
from registry_host.grants import Grants
from support import exchanges
from support.agents import RealAgents, until
from support.crooked_town import CrookedTown
from support.dishonest_wallet import DishonestWallet, take_credentials
from support.exchanges import SQL, Definition, issue, open_wallet
from support.town import Running, running_town
from trust_anchor.anchor import create_anchor
from trust_anchor.draft import save_draft
from trust_anchor.entries import Details, with_scope
from trust_anchor.publishing import publish

ADA = "Adalbertine Loveless"
BOB = "Bohuslav Bouillabaisse"
AWARDED = "2021-09-17"
_MARK = " · jury 17,25"


@asynccontextmanager
async def crooked_town(folder: Path) -> AsyncIterator[CrookedTown]:
    """Start a town whose verifier grants no grace, and fill the pocket of the dishonest wallet."""
    extra = {"verifier": {"GRACE_SECONDS": "0", "LINK_SECONDS": "3600"}}
    async with running_town(folder, extra=extra) as running, AsyncExitStack() as stack:
        made = await _found(running, stack)
        award_ids, *_ = await asyncio.gather(
            _award(made), _imitate(made, stack), _publish_anchors(made)
        )
        await _revoke(made, award_ids)
        await running.story.until_mirrored()
        await asyncio.to_thread(made.wallet.mirror.refresh)
        for taken in await take_credentials(made.agents.setups[AgentRole.HOLDER]):
            made.pocket[taken.value("grade").removesuffix(_MARK)] = taken
        yield made


async def _found(running: Running, stack: AsyncExitStack) -> CrookedTown:
    town = running.town
    units = {AgentRole.ISSUER: "issuer", AgentRole.HOLDER: "wallet", AgentRole.VERIFIER: "verifier"}
    setups = {role: town._agent(role, unit) for role, unit in units.items()}
    clients = {
        role: await stack.enter_async_context(AgentClient(each.admin_url, each.secrets.api_key))
        for role, each in setups.items()
    }
    agents = RealAgents(town.folder, town.supervisor, town.url("registry"), setups, clients)
    sources = {HOST: town.url("registry")}
    own = Mirror(town.folder / "crook", sources, trusted_root=town.trusted_root)
    await asyncio.to_thread(own.refresh)
    wallet_ = DishonestWallet(own)
    stack.push_async_callback(wallet_.close)
    achievement_id = next(iter(own.resources(ResourceType.ACHIEVEMENT)))
    published = own.resolve_resource(achievement_id)
    return CrookedTown(
        running=running,
        agents=agents,
        recruiter=await stack.enter_async_context(Visitor(town.url("verifier"), RECRUITER)),
        wallet=wallet_,
        read_by_verifier=Mirror(town.mirror("verifier"), sources, trusted_root=town.trusted_root),
        institute=published.did,
        achievement=parse_achievement(published.content),
        achievement_id=achievement_id,
    )


# honest awards, through the services


def _learner(name: str, grade: str, python: int, sql: int) -> dict[str, Any]:
    given, family = name.split()
    return {
        "given_name": given,
        "family_name": family,
        "grade": grade + _MARK,
        "levels": {PYTHON: python, SQL: sql},
    }


_AWARDS = (
    (ADA, _learner(ADA, "first", 4, 2)),
    (ADA, _learner(ADA, "second", 2, 4)),
    (ADA, _learner(BOB, "lent", 4, 4)),
    (ADA, _learner(ADA, "withdrawn", 4, 4)),
    (ADA, _learner(ADA, "replaced", 4, 4)),
    (BOB, _learner(BOB, "own", 4, 4)),
)


async def _award(made: CrookedTown) -> dict[str, str]:
    """Award to real wallets; return the ids of the awards by grade."""
    running = made.running
    async with Visitor(running.town.url("issuer"), REGISTRAR) as registrar:
        path = f"/api/achievements/{running.story.achievement_id}/awards"
        body = {"learners": [learner for _, learner in _AWARDS], "awarded_on": AWARDED}
        awards = (await registrar.post(path, body))["awards"]
    given = list(zip(_AWARDS, awards, strict=True))
    for person in (ADA, BOB):
        links = [award["link"] for (to, _), award in given if to == person]
        await _claim(made, person, links)
    return {learner["grade"].removesuffix(_MARK): award["id"] for (_, learner), award in given}


async def _claim(made: CrookedTown, person: str, links: list[str]) -> None:
    async with Visitor(made.running.town.url("wallet"), person) as visitor:

        async def claim(link: str) -> None:
            opened = await visitor.post("/api/links", {"link": link})
            path = f"/api/exchanges/{opened['id']}"
            await visitor.until(
                path, lambda found: found["state"] == "offer-received", until="offer-received"
            )
            await visitor.post(f"{path}/accept")
            await visitor.until(path, lambda found: not found["open"], until="done")

        await claim(links[0])  # the first one makes the person's wallet
        await asyncio.gather(*map(claim, links[1:]))


async def _revoke(made: CrookedTown, award_ids: Mapping[str, str]) -> None:
    reasons = {"withdrawn": "error", "replaced": "superseded"}
    async with Visitor(made.running.town.url("issuer"), REGISTRAR) as registrar:
        for grade, reason in reasons.items():
            await registrar.post(f"/api/awards/{award_ids[grade]}/revoke", {"reason": reason})
        for grade in reasons:
            path = f"/api/awards/{award_ids[grade]}"
            await registrar.until(path, lambda found: found["state"] == "revoked")


# what no honest issuer makes


async def _imitate(made: CrookedTown, stack: AsyncExitStack) -> None:
    """Publish what is not honest and issue by it, and a credential that has expired."""
    agents, achievement = made.agents, made.achievement
    issuer = agents.client(AgentRole.ISSUER)
    own = made.wallet.mirror
    definition_id = next(iter(own.resources(ResourceType.CREDENTIAL_DEFINITION)))
    schema_id = own.resolve_resource(definition_id).content["schemaId"]
    honest = Definition(made.institute, schema_id, definition_id, "")
    made.other_version_id = await _publish_achievement(
        made, made.institute, replace(achievement, version="9.9")
    )
    mallory = await open_wallet(agents, "Mallory")

    async def hold(definition: Definition, grade: str, **changes: Any) -> None:
        usual = {"achievement_id": made.achievement_id, "grade": grade + _MARK}
        claims = _claims(achievement, **usual | changes)
        await issue(agents, definition, mallory, claims)

    validity = {"valid_until": date(2024, 1, 1), "review_on": date(2099, 1, 1)}
    await hold(honest, "expired", **validity)
    await hold(honest, "another version", achievement_id=made.other_version_id)
    await hold(honest, "mallory")
    body = {
        "credential_definition": {"issuerId": made.institute, "schemaId": schema_id, "tag": "free"},
        "options": {"support_revocation": False},
    }
    answer = await issuer.post("/anoncreds/credential-definition", body=body, patience=120)
    state = answer.inside("credential_definition_state")
    await hold(replace(honest, id=state.text("credential_definition_id")), "for ever")
    alike = await agents.create_issuer("university2")
    attest = await _attest_key(made, alike)
    await wallet.bind_key(issuer, attest, f"{alike}#{attest}")
    published = await _publish_achievement(made, alike, achievement)
    schema = own.resolve_resource(schema_id).content
    names = list(schema["attrNames"])
    same = await anoncreds.register_schema(issuer, alike, schema["name"], schema["version"], names)
    theirs = await anoncreds.register_credential_definition(issuer, alike, same, "1", 8)
    await until(lambda: exchanges.active_registry(issuer, theirs), "an active registry")
    await hold(Definition(alike, same, theirs, ""), "look-alike", achievement_id=published)


def _claims(achievement: Achievement, **award: Any) -> dict[str, str]:
    usual = {
        "learner": Learner("Mallory", "Malice"),
        "credential_id": str(uuid4()),
        "awarded_on": date.fromisoformat(AWARDED),
        "levels": {PYTHON: 4, SQL: 4},
    }
    return build_attributes(achievement, Award(**usual | award))


async def _attest_key(made: CrookedTown, did: str) -> str:
    own = made.wallet.mirror
    await asyncio.to_thread(own.refresh)
    return next(iter(own.resolve_did(did).assertion_keys().values()))


async def _publish_achievement(made: CrookedTown, did: str, achievement: Achievement) -> str:
    content = replace(achievement, issuer=did).content()
    resource = build_resource(did, ResourceType.ACHIEVEMENT, achievement.slug, content)
    multikey = await _attest_key(made, did)
    signed = await wallet.add_proof(
        made.agents.client(AgentRole.ISSUER), resource, f"{did}#{multikey}", datetime.now(UTC)
    )
    place = f"/{parse_did(did).folder}/resources/{str(resource['id']).rsplit('/', 1)[-1]}"
    async with Publisher(made.agents.registry_url) as publisher:
        await publisher.publish(place, json.dumps(signed).encode(), "application/json")
    return str(resource["id"])


# other trust anchors, each of which entitles the institute to something else

_SCOPE = Scope(
    framework="esco",
    level_min=1,
    level_max=5,
    valid_from=date(2020, 1, 1),
    valid_until=None,
    accreditation="An accreditation",
    accredited_by="A ministry",
)
SCOPES = {
    "another framework": replace(_SCOPE, framework="rncp"),
    "lower levels": replace(_SCOPE, level_max=2),
    "since later": replace(_SCOPE, valid_from=date(2024, 1, 1)),
    "until earlier": replace(_SCOPE, valid_until=date(2021, 1, 1)),
    "entitled": _SCOPE,
    "somebody else": _SCOPE,
}
"""What each of the other anchors says of the institute; the last one says it of another."""


async def _publish_anchors(made: CrookedTown) -> None:
    town = made.running.town
    for number, (name, scope) in enumerate(SCOPES.items()):
        place = f"trust/other{number}"
        Grants(town.folder / "registry" / "grants.json").grant(place)
        folder = town.folder / f"anchor{number}"
        anchor = await asyncio.to_thread(create_anchor, folder, HOST, place, name)
        issuer = made.institute.replace(":university", ":elsewhere")
        issuer = issuer if name == "somebody else" else made.institute
        details = Details("Acquis Demonstration Institute", "FR", "https://university.example")
        save_draft(folder, with_scope((), issuer, details, scope))
        async with Publisher(town.url("registry")) as publisher:
            await publish(anchor, publisher, datetime.now(UTC))
        made.anchors[name] = anchor.did
