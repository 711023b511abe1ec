"""What employers who put everything together can tell about a learner: who it was, and why not.

Two employers, each with an agent and a service of its own, keep every octet that a wallet sends
them and open what they can. What two presentations of one learner have in common is then held
against what presentations of two learners have in common: nothing more may be there. Whence the
packets come is not looked at: it is one wallet service for all its learners here.
"""

from __future__ import annotations

import copy
import json
import re
import secrets
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import pytest

from acquis.acapy import present_proof
from acquis.acapy.out_of_band import HANDSHAKE
from demo.people import Refused, Visitor
from demo.story import PYTHON, RECRUITER
from support.agents import until
from support.employers import Employer, hiring
from support.exchanges import SQL
from support.linking import flatten, in_common
from support.town import Running

pytestmark = pytest.mark.agents

ADA, BELA = "Ada Farrington", "Béla Vörösmarty-Szűcs"
"""Both have the same award, at the same level."""
CLEO, DORA = "Cleo Marchetti", "Dora Lindqvist"
"""The one has no award at all, the other has it at a level below the one asked."""
QUESTION = {"competencies": [{"key": PYTHON, "minimum_level": 3}], "purpose": "A position"}
CHOICE = QUESTION | {
    "competencies": [
        {"key": PYTHON, "minimum_level": 3},
        {"key": SQL, "minimum_level": 1, "optional": True},
    ]
}
"""Leaves the second to the learner: the wallet is then shown the question before it is invited."""
BY_CHANCE = 400
"""Octets by which two envelopes differ in length because random numbers have fewer digits."""

type View = dict[str, Any]


@dataclass
class Scene:
    """A town with two more employers; ``views`` are what each got when a learner presented."""

    running: Running
    north: Employer
    south: Employer
    views: dict[str, View] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)

    def learner(self, name: str) -> Visitor:
        """A learner at the wallet."""
        return Visitor(self.running.town.url("wallet"), name)

    async def ask(self, recruiter: Visitor, question: View = QUESTION) -> tuple[str, str]:
        """Ask; return the request's id and its link."""
        story = self.running.story
        request_id = (await story._ask_when_mirrored(recruiter, question))["id"]
        return request_id, (await recruiter.get(f"/api/requests/{request_id}"))["link"]

    async def present(
        self, learner_name: str, employer: Employer, question: View = QUESTION
    ) -> View:
        """Have a learner present to an employer; return all that the employer got."""
        employer.begin()
        async with (
            self.learner(learner_name) as learner,
            Visitor(employer.url, RECRUITER) as recruiter,
        ):
            request_id, link = await self.ask(recruiter, question)
            path = await opened(learner, link)
            suggested = (await learner.get(f"{path}/question")).get("choice")
            await learner.post(f"{path}/share", {"choice": suggested} if suggested else {})
            result = await recruiter.until(
                f"/api/requests/{request_id}",
                lambda found: found["decision"] is not None,
                until="over",
            )
        assert result["decision"]["conclusion"] == "accepted"
        return await employer.view()

    async def decline(self, learner_name: str, asking: View = QUESTION) -> View:
        """Have a learner say no to the employer in the north; return all there is of it there."""
        tells = asking is QUESTION
        self.north.begin()
        async with (
            self.learner(learner_name) as learner,
            Visitor(self.north.url, RECRUITER) as recruiter,
        ):
            request_id, link = await self.ask(recruiter, asking)
            path = await opened(learner, link)
            question = await learner.get(f"{path}/question")
            can_answer = bool(question["groups"].get("c1"))
            if not can_answer:
                with pytest.raises(Refused):
                    await learner.post(f"{path}/share")
            assert self.north.told == []  # so far; what is sent now, the learner's own click sends
            await learner.post(f"{path}/decline")
            await learner.until(path, lambda found: not found["open"])
            page = f"/api/requests/{request_id}"
            result = await recruiter.until(
                page, lambda found: not (tells and found["open"]), until="over" if tells else ""
            )
            shown = await recruiter.http.get(
                f"/requests/{request_id}", headers={"accept": "text/html"}
            )
        return {
            "can answer": can_answer,
            "seen": {
                **await self.north.view(),
                "result": result,
                "kept": await self.north.kept(request_id, told=tells),
                "page": re.sub(r"\d\d:\d\d", "now", shown.text).splitlines(),
            },
        }


async def opened(learner: Visitor, link: str) -> str:
    """Follow a link in the wallet; return the path of the exchange once the request is there."""
    path = f"/api/exchanges/{(await learner.post('/api/links', {'link': link}))['id']}"
    await learner.until(
        path, lambda found: found["state"] == "request-received", until="request-received"
    )
    return path


@pytest.fixture(scope="module")
async def scene(running: Running) -> AsyncIterator[Scene]:
    for name in (ADA, BELA):
        await running.claim(name)
    await running.claim(DORA, level=2)
    await running.story.until_mirrored()  # all prove against the list that stands from here on
    async with hiring(running, "north", "south") as (north, south):
        made = Scene(running, north, south)
        for who, name in (("ada", ADA), ("bela", BELA)):
            for employer in (north, south):
                made.views[f"{who} {employer.name}"] = await made.present(name, employer)
                made.sizes[f"{who} {employer.name}"] = len(employer.told[0].body)
        made.views["ada north again"] = await made.present(ADA, north)
        yield made


def test_two_employers_cannot_tell_one_learner_from_two(scene: Scene) -> None:
    views = scene.views
    of_one = in_common(views["ada north"], views["ada south"])
    of_two = in_common(views["ada north"], views["bela south"])
    assert of_one == of_two
    assert of_one == in_common(views["bela north"], views["bela south"])
    assert of_one == in_common(views["bela north"], views["ada south"])


def test_one_employer_does_not_know_a_learner_again(scene: Scene) -> None:
    views = scene.views
    again = in_common(views["ada north"], views["ada north again"])
    assert again == in_common(views["bela north"], views["ada north again"])
    assert again == in_common(views["ada north"], views["bela north"])


def test_all_was_looked_at_and_each_name_is_used_once(scene: Scene) -> None:
    """What an employer could know a wallet again by is there, and is another one each time."""
    for view in scene.views.values():
        [link], [message] = view["links"], view["messages"]
        assert message["envelope"]["protected"]["recipients"][0]["header"]["sender"]
        assert message["sender"] == message["message"]["~service"]["recipientKeys"][0]
        assert set(message["message"]) == {
            "@type",
            "@id",
            "formats",
            "presentations~attach",
            "~thread",
            "~service",
        }
        assert link["headers"]["acquis-retry-key"]
        assert not {"cookie", "authorization", "referer", "from", "origin"} & set(link["headers"])
        assert not {"cookie", "authorization"} & set(message["headers"])
    for of in (
        lambda view: view["links"][0]["headers"]["acquis-retry-key"],
        lambda view: view["messages"][0]["sender"],
        lambda view: view["messages"][0]["message"]["@id"],
        lambda view: json.dumps(presentation_of(view)["proof"]["aggregated_proof"]),
    ):
        assert len({of(view) for view in scene.views.values()}) == len(scene.views)


def test_what_all_have_in_common_is_the_wallet_service_and_what_was_asked(scene: Scene) -> None:
    everywhere = frozenset.intersection(
        *(in_common(one, other) for one, other in combinations(scene.views.values(), 2))
    )
    presented = [path for path, _ in everywhere if "/identifiers/" in path]
    assert {path.rpartition("/")[2] for path in presented} == {
        "schema_id",
        "cred_def_id",
        "rev_reg_id",  # the crowd one hides in: the holders of one award in one registry
        "timestamp",
    }
    shown = presentation_of(scene.views["ada north"])["requested_proof"]["revealed_attr_groups"]
    assert [list(group["values"]) for group in shown.values()] == [["achievement_id"]]


def test_how_much_was_sent_tells_nobody_apart(scene: Scene) -> None:
    assert max(scene.sizes.values()) - min(scene.sizes.values()) < BY_CHANCE


PLANTED: list[tuple[str, Any]] = [
    ("headers", {"x-wallet": "7"}),
    ("headers", {"cookie": "session=3c1b"}),
    ("sender", "6oPnSUqxYF3gnYkk93snoTiypNvB6sJicCjQXXf41xBk"),
    ("message", {"~trace": {"target": "log"}}),
]


@pytest.mark.parametrize(("part", "value"), PLANTED)
def test_what_links_a_learner_is_found(scene: Scene, part: str, value: Any) -> None:
    views = copy.deepcopy({who: scene.views[who] for who in ("ada north", "ada south")})
    for view in views.values():
        plant(view["messages"][0], part, value)
    of_one = in_common(views["ada north"], views["ada south"])
    assert of_one > in_common(views["ada north"], scene.views["bela south"])


def test_the_same_key_in_two_places_is_found(scene: Scene) -> None:
    views = copy.deepcopy({who: scene.views[who] for who in ("ada north", "ada south")})
    views["ada north"]["messages"][0]["sender"] = views["ada south"]["messages"][0]["sender"]
    views["ada north"]["links"][0]["headers"]["x-trace"] = "of this request alone"
    views["ada south"]["links"][0]["headers"]["x-trace"] = "of the other one alone"
    found = in_common(views["ada north"], views["ada south"]) - in_common(
        views["ada north"], scene.views["bela south"]
    )
    sender = views["ada south"]["messages"][0]["sender"]
    assert ("anywhere", sender) in found
    assert ("/links/0/headers/x-trace", "str") in found


def plant(message: View, part: str, value: Any) -> None:
    message[part] = message[part] | value if isinstance(value, dict) else value


async def test_a_name_that_was_asked_for_links(scene: Scene) -> None:
    """The comparison on the wire itself: with the name shown, the employers do know who it was."""
    question = QUESTION | {"learner_name": True}
    north = await scene.present(ADA, scene.north, question)
    south = await scene.present(ADA, scene.south, question)
    other = await scene.present(BELA, scene.south, question)
    more = in_common(north, south) - in_common(north, other)
    assert {path.rpartition("/values/")[2] for path, _ in more if "/values/" in path} == {
        "given_name/raw",
        "given_name/encoded",  # the family name is the same for everybody in the town
    }
    assert ("anywhere", f"Žofie-Aurèle {ADA}") in more


async def test_declined_does_not_have_it_and_level_too_low_are_the_same(scene: Scene) -> None:
    """Nothing is sent until the learner's own click, and that click sends the same for each."""
    cases = {name: await scene.decline(name) for name in (ADA, BELA, CLEO, DORA)}
    assert {name: case["can answer"] for name, case in cases.items()} == {
        ADA: True,
        BELA: True,
        CLEO: False,
        DORA: False,
    }
    seen = {name: case["seen"] for name, case in cases.items()}
    for view in seen.values():
        assert len(view["links"]) == 1
        [said] = (each["message"] for each in view["messages"])
        assert said["description"] == {"en": present_proof.DECLINED, "code": "abandoned"}
    hold_alike(seen)
    once_more = (await scene.decline(ADA))["seen"]
    assert in_common(seen[ADA], once_more) == in_common(seen[ADA], seen[BELA])


async def test_where_there_is_a_choice_all_three_are_silence(scene: Scene) -> None:
    cases = {name: await scene.decline(name, CHOICE) for name in (ADA, BELA, CLEO, DORA)}
    seen = {name: case["seen"] for name, case in cases.items()}
    for view in seen.values():
        assert [each["method"] for each in view["links"]] == ["GET"]
        assert view["messages"] == []
    hold_alike(seen)


def hold_alike(seen: dict[str, View]) -> None:
    """Any two have in common what those of two learners who could have answered have."""
    two_who_could = in_common(seen[ADA], seen[BELA])
    for one, other in combinations(seen, 2):
        assert in_common(seen[one], seen[other]) == two_who_could
    assert len({len(flatten(view)) for view in seen.values()}) == 1


async def test_what_was_chosen_tells_no_learner_from_another(scene: Scene) -> None:
    north = await scene.present(ADA, scene.north, CHOICE)
    south = await scene.present(ADA, scene.south, CHOICE)
    other = await scene.present(BELA, scene.south, CHOICE)
    for view in (north, south, other):
        assert [each["method"] for each in view["links"]] == ["GET", "POST"]
        assert view["links"][1]["body"] == {"competencies": ["c1"], "learner_name": False}
    assert in_common(north, south) == in_common(north, other)


def presentation_of(view: View) -> View:
    """The AnonCreds presentation in what an employer got."""
    message = view["messages"][-1]["message"]
    found: View = message["presentations~attach"][0]["data"]["base64"]
    return found


async def test_employers_who_share_a_did_do_not_know_a_learner_again(scene: Scene) -> None:
    """An invitation may name a DID; a wallet that reused its connection to it would be known."""
    made = await scene.south.agent.post("/wallet/did/create", body={"method": "did:peer:4"})
    did = made.inside("result").text("did")
    first, again, other = [await pooled(scene, did, name) for name in (ADA, ADA, BELA)]
    for view in (first, again, other):
        kinds = [each["message"]["@type"].rpartition("/")[2] for each in view["messages"]]
        assert kinds == ["request", "complete", "presentation"]
    assert in_common(first, again) == in_common(first, other) == in_common(again, other)


async def pooled(scene: Scene, did: str, learner_name: str) -> View:
    """Have a learner answer an invitation of a DID that several employers use; return what came."""
    agent, presented = scene.south.agent, presentation_of(scene.views["ada south"])
    scene.south.begin()
    question = pooled_question(presented["identifiers"][0]["cred_def_id"])
    record = await present_proof.create_request(agent, question, auto_verify=False)
    answer = await agent.post(
        "/out-of-band/create-invitation",
        body={
            "attachments": [{"type": "present-proof", "id": record.id}],
            "handshake_protocols": [HANDSHAKE],
            "use_did": did,
            "protocol_version": "1.1",
        },
        query={"auto_accept": "true"},
    )
    async with scene.learner(learner_name) as learner:
        path = await opened(learner, json.dumps(answer.inside("invitation").document()))
        await learner.post(f"{path}/share")

        async def arrived() -> bool:
            return (await present_proof.load(agent, record.id)).state == "presentation-received"

        await until(arrived, "the presentation arrives")
    return await scene.south.view()


def pooled_question(definition_id: str) -> dict[str, object]:
    restrictions = [{"cred_def_id": definition_id}]
    return {
        "name": "Python",
        "version": "1.0",
        "nonce": str(secrets.randbits(79) + 1),
        "requested_attributes": {"c1": {"names": ["achievement_id"], "restrictions": restrictions}},
        "requested_predicates": {},
        "non_revoked": {"to": int(time.time())},
    }
