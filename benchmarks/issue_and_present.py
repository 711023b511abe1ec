"""Issuing and presenting through Acquis, against a bare loop on the same agents' admin API.

Both do the same steps on the same three agents in the same run, in turns, so that a noisy machine
is noisy for both; the ratios are what counts. Run it by ``make bench``.

(a) issuances per second: learners who hold a wallet follow a claim link, accept and store.
(b) seconds from "share" to "verified": a learner who has the request before them presents, the
    verifier decides.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

import typer

from acquis.acapy import anoncreds, multitenancy, out_of_band
from acquis.acapy import credentials as agent_credentials
from acquis.acapy import issue_credential as agent_issue
from acquis.acapy import present_proof as agent_proof
from acquis.acapy.client import AgentClient
from acquis.protocols.issue_credential import Role as IssueRole
from acquis.protocols.present_proof import Role as ProofRole
from demo.agents import AgentRole, AgentSecrets
from demo.people import Visitor
from demo.story import PYTHON, RECRUITER, REGISTRAR, Story, Teller
from demo.supervisor import Supervisor
from demo.town import SERVICES, Ports, Town

LEARNERS: Final = 100
ROUNDS: Final = 5
AT_ONCE: Final = 4
PRESENTATIONS: Final = 20
POLL: Final = 0.05
_RAW_KEY: Final = "HQ5AgRrEqBHFhFAWbn9nHsvYCRbkBuqwrYgkWmhWWzXo"


@dataclass
class Bench:
    """A running town, and the clients of its agents' admin APIs."""

    town: Town
    story: Story
    issuer: AgentClient
    holder: AgentClient
    verifier: AgentClient
    definition: str = ""
    attributes: dict[str, str] | None = None


async def look[T](ask: Callable[[], Awaitable[T]], enough: Callable[[T], bool]) -> T:
    """Ask again and again until the answer is enough."""
    async with asyncio.timeout(120):
        while True:
            found = await ask()
            if enough(found):
                return found
            await asyncio.sleep(POLL)


async def at_once(work: list[Callable[[], Awaitable[None]]]) -> float:
    """Do all of ``work``, some at once; return the seconds it took."""
    slots = asyncio.Semaphore(AT_ONCE)

    async def one(do: Callable[[], Awaitable[None]]) -> None:
        async with slots:
            await do()

    started = time.perf_counter()
    await asyncio.gather(*(one(do) for do in work))
    return time.perf_counter() - started


async def claim_through_acquis(learner: Visitor, link: str) -> None:
    """Follow a claim link, accept the offer, wait until the credential is stored."""
    opened = await learner.post("/api/links", {"link": link})
    path = f"/api/exchanges/{opened['id']}"
    await learner.until(
        path, lambda found: found["state"] == "offer-received", until="offer-received"
    )
    await learner.post(f"{path}/accept")
    await learner.until(path, lambda found: found["state"] == "done", until="done")


async def claim_bare(bench: Bench, wallet: AgentClient) -> None:
    """Do the same on the admin APIs alone."""
    offer = await agent_issue.create_offer(bench.issuer, bench.definition, bench.attributes or {})
    invitation = await out_of_band.create_invitation(
        bench.issuer,
        out_of_band.AttachmentType.CREDENTIAL_OFFER,
        offer.id,
        label="Bench",
        goal_code="issue-vc",
        goal="Bench",
        handshake=True,
    )
    await out_of_band.receive_invitation(wallet, invitation, tried_before=False)
    thread = invitation.thread_id or ""
    held = await look(
        lambda: agent_issue.find(wallet, thread, IssueRole.HOLDER),
        lambda found: found is not None and found.state == "offer-received",
    )
    record = held.id if held else ""
    await agent_issue.send_request(wallet, record)
    await look(
        lambda: agent_issue.load(bench.issuer, offer.id),
        lambda found: found.state == "request-received",
    )
    await agent_issue.issue(bench.issuer, offer.id)
    await look(
        lambda: agent_issue.load(wallet, record),
        lambda found: found.state == "credential-received",
    )
    await agent_issue.store(wallet, record, record)
    await look(lambda: agent_issue.load(wallet, record), lambda found: found.state == "done")


async def present_through_acquis(bench: Bench, learner: Visitor, recruiter: Visitor) -> float:
    """Return the seconds from "share" until the employer has the decision."""
    request_id, link = await bench.story.ask(recruiter)
    opened = await learner.post("/api/links", {"link": link})
    path = f"/api/exchanges/{opened['id']}"
    await learner.until(
        path, lambda found: found["state"] == "request-received", until="request-received"
    )
    started = time.perf_counter()
    await learner.post(f"{path}/share")
    result = await recruiter.until(
        f"/api/requests/{request_id}", lambda found: found["decision"] is not None, until="over"
    )
    taken = time.perf_counter() - started
    if result["decision"]["conclusion"] != "accepted":
        raise RuntimeError("the presentation was not accepted")
    return taken


async def present_bare(bench: Bench, wallet: AgentClient, credential_id: str) -> float:
    """Do the same on the admin APIs alone; return the seconds from sending until verified."""
    proof_request = _proof_request(bench.definition)
    asked = await agent_proof.create_request(bench.verifier, proof_request, auto_verify=False)
    invitation = await out_of_band.create_invitation(
        bench.verifier,
        out_of_band.AttachmentType.PROOF_REQUEST,
        asked.id,
        label="Bench",
        goal_code="request-proof",
        goal="Bench",
        handshake=False,
    )
    await out_of_band.receive_invitation(wallet, invitation, tried_before=False)
    thread = invitation.thread_id or ""
    held = await look(
        lambda: agent_proof.find(wallet, thread, ProofRole.PROVER),
        lambda found: found is not None and found.state == "request-received",
    )
    predicates = dict.fromkeys(("level", "valid", "awarded"), credential_id)
    chosen = agent_proof.ChosenCredentials({"c1": credential_id}, predicates)
    started = time.perf_counter()
    await agent_proof.send_presentation(wallet, held.id if held else "", chosen)
    await look(
        lambda: agent_proof.load(bench.verifier, asked.id),
        lambda found: found.state == "presentation-received",
    )
    checked = await agent_proof.verify(bench.verifier, asked.id)
    taken = time.perf_counter() - started
    if checked.verified is not True:
        raise RuntimeError("the presentation was not verified")
    return taken


def _proof_request(definition: str) -> dict[str, object]:
    """The very question that Acquis asks for the competency: three comparisons, one value."""
    restrictions = [{"cred_def_id": definition}]
    now = datetime.now(UTC)
    bounds = {
        "level": (PYTHON, 3),
        "valid": ("valid_until", int(now.strftime("%Y%m%d"))),
        "awarded": ("awarded_on", 20200101),
    }
    return {
        "name": "Bench",
        "version": "1.0",
        "nonce": str(time.time_ns()),
        "requested_attributes": {"c1": {"names": ["achievement_id"], "restrictions": restrictions}},
        "requested_predicates": {
            referent: {"name": name, "p_type": ">=", "p_value": least, "restrictions": restrictions}
            for referent, (name, least) in bounds.items()
        },
        "non_revoked": {"to": int(now.timestamp())},
    }


async def measure_issuing(bench: Bench, stack: AsyncExitStack) -> tuple[float, float]:
    """Return issuances per second through Acquis and by the bare loop."""
    each = LEARNERS // ROUNDS
    through = bare = 0.0
    async with Visitor(bench.town.url("issuer"), REGISTRAR) as registrar:
        for number in range(ROUNDS):
            names = [f"Learner {number}-{one}" for one in range(each)]
            visitors = [
                await stack.enter_async_context(Visitor(bench.town.url("wallet"), name))
                for name in names
            ]
            made = await registrar.post(
                f"/api/achievements/{bench.story.achievement_id}/awards",
                {
                    "learners": [
                        {"given_name": name, "family_name": "Bench", "levels": {PYTHON: 4}}
                        for name in names
                    ],
                    "awarded_on": datetime.now(UTC).date().isoformat(),
                },
            )
            links = [award["link"] for award in made["awards"]]
            wallets = [await _new_wallet(bench, f"bare-{number}-{one}") for one in range(each)]
            through += await at_once(
                [
                    partial(claim_through_acquis, visitor, link)
                    for visitor, link in zip(visitors, links, strict=True)
                ]
            )
            bare += await at_once([partial(claim_bare, bench, wallet) for wallet in wallets])
            typer.echo(f"  round {number + 1}: {through:.1f} s through Acquis, {bare:.1f} s bare")
    return LEARNERS / through, LEARNERS / bare


async def measure_presenting(bench: Bench) -> tuple[float, float]:
    """Return the median seconds from "share" to "verified", through Acquis and bare."""
    through, bare = [], []
    wallet = await _new_wallet(bench, "bare-presenter")
    await claim_bare(bench, wallet)
    held = await agent_credentials.list_credentials(wallet)
    async with (
        Visitor(bench.town.url("wallet"), "Learner 0-0") as learner,
        Visitor(bench.town.url("verifier"), RECRUITER) as recruiter,
    ):
        for _ in range(PRESENTATIONS):
            through.append(await present_through_acquis(bench, learner, recruiter))
            bare.append(await present_bare(bench, wallet, held[0].id))
    return statistics.median(through), statistics.median(bare)


async def _new_wallet(bench: Bench, name: str) -> AgentClient:
    made = await multitenancy.create_wallet(bench.holder, name, _RAW_KEY, "Bench")
    return bench.holder.for_wallet(made.token)


async def _set_up(town: Town, stack: AsyncExitStack) -> Bench:
    story = Story(town, await town.build(), Teller(quiet=True))
    await town.start()
    clients = []
    for unit, role in (
        ("issuer", AgentRole.ISSUER),
        ("wallet", AgentRole.HOLDER),
        ("verifier", AgentRole.VERIFIER),
    ):
        secrets = AgentSecrets.load_or_create(town.folder / unit / "agent")
        url = f"http://127.0.0.1:{getattr(town.ports, f'{unit}_admin')}"
        clients.append(await stack.enter_async_context(AgentClient(url, secrets.api_key)))
        typer.echo(f"  {role} agent ready")
    issuer, holder, verifier = clients
    bench = Bench(town, story, issuer, holder, verifier)
    async with Visitor(town.url("issuer"), REGISTRAR) as registrar:
        did = (await registrar.post("/api/institution"))["did"]
        await story.recognise(did)
        await story.publish_achievement(registrar)
        found = await registrar.get(f"/api/achievements/{story.achievement_id}")
    bench.definition = found["cred_def_id"]
    registry = await anoncreds.load_active_registry(bench.issuer, bench.definition)
    typer.echo(f"  revocation registry of {registry.size}")
    bench.attributes = _attributes(found)
    return bench


def _attributes(found: dict[str, Any]) -> dict[str, str]:
    from acquis.credentials.achievement import parse_achievement
    from acquis.credentials.attributes import Award, Learner, build_attributes
    from demo.story import EXAMPLE
    from schemas import load_example

    return build_attributes(
        parse_achievement(load_example(EXAMPLE)),
        Award(
            learner=Learner("Bare", "Bench"),
            achievement_id=found["resource_id"],
            credential_id="00000000-0000-4000-8000-000000000000",
            awarded_on=datetime.now(UTC).date(),
            levels={PYTHON: 4},
        ),
    )


async def run(folder: Path) -> dict[str, float]:
    """Start a town in ``folder``, measure, and return the figures."""
    async with Supervisor() as supervisor, AsyncExitStack() as stack:
        town = Town(folder, supervisor, ports=Ports.free(), registry_size=1000)
        bench = await _set_up(town, stack)
        issuing, issuing_bare = await measure_issuing(bench, stack)
        presenting, presenting_bare = await measure_presenting(bench)
        memory = {name: supervisor.memory(name).resident_mb for name in SERVICES}
    typer.echo(f"issuances per second   {issuing:6.2f} through Acquis, {issuing_bare:6.2f} bare")
    typer.echo(
        f"share to verified      {presenting:6.3f} s through Acquis, {presenting_bare:6.3f} s bare"
    )
    typer.echo(
        "memory                 " + ", ".join(f"{n} {mb:.0f} MB" for n, mb in memory.items())
    )
    return {
        "issuance_ratio": round(issuing / issuing_bare, 2),
        "presentation_ratio": round(presenting / presenting_bare, 2),
        "issuances_per_s": round(issuing, 2),
        "presentation_s": round(presenting, 3),
        "memory_mb_max": round(max(memory.values()), 1),
    }


def main() -> None:
    """Measure in a folder that is removed afterwards; the last line is the JSON of the figures."""
    with tempfile.TemporaryDirectory(prefix="acquis-bench-") as folder:
        figures = asyncio.run(run(Path(folder)))
    typer.echo(json.dumps(figures))


if __name__ == "__main__":
    main()
