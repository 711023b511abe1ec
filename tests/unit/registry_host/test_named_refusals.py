"""Every refusal of the host is a problem document that names the rule, in both languages."""

from __future__ import annotations

import asyncio
import http.client
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import httpx
import pytest
from did_webvh.askar import AskarSigningKey
from did_webvh.provision import provision_did
from starlette.requests import Request

from acquis.errors import Unavailable
from acquis.registry import paths
from acquis.registry.did_log import build_next_entry
from acquis.registry.index import Index, IndexEntry, build_index
from acquis.registry.multibase import encode_base58
from acquis.registry.resource import ResourceType, build_resource, digest_of
from acquis.registry.rules import Rule
from acquis.registry.strict_json import MAX_BYTES
from registry_host import bodies
from support.publications import ACHIEVEMENTS
from support.registry import Issuer, Published, RegistryServer, path_of, publish_all, put, tails
from support.registry import seeded_key as key

# A host remembers no version but what stands: a shorter or forked log breaks "only extended" there.
# Its indexes are its own.
NEVER_OF_THE_HOST = {Rule.LOG_ROLLBACK, Rule.INDEX}


@dataclass(frozen=True)
class Desk:
    """An issuer with everything published, whose requests are about to be refused."""

    server: RegistryServer
    client: httpx.Client
    issuer: Issuer
    published: Published

    def resource(self, changed: dict[str, Any], **headers: str) -> dict[str, Any]:
        return {"url": path_of(changed), "content": json.dumps(changed), "headers": headers}

    def log(self, log: str | bytes, folder: str | None = None) -> dict[str, Any]:
        return {"url": f"/{folder or self.issuer.folder}/did.jsonl", "content": log}

    def tag(self, resource: dict[str, Any]) -> str:
        return self.client.get(path_of(resource)).headers["etag"]

    def signed(self, **changes: Any) -> dict[str, Any]:
        return self.issuer.sign({**self.issuer.schema("7.0"), **changes})

    def proof(self, **changes: str) -> dict[str, Any]:
        schema = self.issuer.schema("7.0")
        return self.resource({**schema, "proof": {**schema["proof"], **changes}})

    def achievement(self, **changes: Any) -> dict[str, Any]:
        content = ACHIEVEMENTS["first-aid-at-work"] | {"issuerId": self.issuer.did} | changes
        kind = ResourceType.ACHIEVEMENT
        return self.resource(self.issuer.sign(build_resource(self.issuer.did, kind, "x", content)))

    def longer_definition(self, link_id: str, timestamp: int) -> dict[str, Any]:
        definition = self.published.definition
        link = {"type": "anonCredsStatusList", "id": link_id, "timestamp": timestamp}
        longer = self.issuer.sign({**definition, "links": [*definition["links"], link]})
        return self.resource(longer, **{"if-match": self.tag(definition)})

    def next_entry(self, **options: Any) -> str:
        return build_next_entry(self.issuer.log.encode(), self.issuer.next, key("a"), **options)

    def fresh(self, name: str) -> Issuer:
        issuer = Issuer(folder=f"refused/{name}", name=name)
        self.server.grants.grant(issuer.folder)
        return issuer


def _another_content(desk: Desk) -> dict[str, Any]:
    schema = desk.issuer.schema("7.0")
    return desk.resource(
        desk.issuer.sign({**schema, "content": {**schema["content"], "name": "x"}})
    )


def _another_issuer(desk: Desk) -> dict[str, Any]:
    other = desk.fresh("other").schema()["content"]
    built = build_resource(other["issuerId"], ResourceType.SCHEMA, "x", other)
    built["id"] = built["id"].replace(other["issuerId"], desk.issuer.did)
    return desk.resource(desk.issuer.sign(built))


def _deactivated(desk: Desk) -> dict[str, Any]:
    issuer = desk.fresh("ended")
    ended = build_next_entry(issuer.log.encode(), issuer.next, key("a"), deactivate=True)
    return desk.log(build_next_entry(ended.encode(), key("a"), key("b")), issuer.folder)


def _without_pre_rotation(desk: Desk) -> dict[str, Any]:
    issuer = desk.fresh("careless")
    document = {
        **issuer.document.document,
        "id": "did:webvh:{SCID}:registry.acquis.example:refused:careless",
    }
    document = {name: document[name] for name in ("@context", "id")}
    state = provision_did(document, params={"updateKeys": [issuer.update.multikey]})
    state.sign(AskarSigningKey.from_secret_bytes("ed25519", issuer.update.seed))
    return desk.log(state.history_json() + "\n", issuer.folder)


def _list_that_does_not_fit(desk: Desk) -> dict[str, Any]:
    status_list = desk.issuer.status_list(desk.published.definition["id"], 7000)
    assert put(desk.client, status_list).is_success
    return desk.longer_definition(status_list["id"], 7001)


def _list_ahead(desk: Desk) -> dict[str, Any]:
    ahead = int(time.time()) + 3600
    return desk.resource(desk.issuer.status_list(desk.published.definition["id"], ahead))


def _too_much(desk: Desk) -> dict[str, Any]:
    raw = b"t" * desk.server.folder_bytes
    tails_hash = encode_base58(sha256(raw).digest())
    answer = desk.client.put(f"/tails/hash/{tails_hash}", files={"tails": raw})
    assert answer.status_code in {201, 409}
    definition = desk.published.credential_definition["id"]
    return desk.resource(desk.issuer.registry_definition(definition, tails_hash))


def _slow_body(_desk: Desk) -> dict[str, Any]:
    def body() -> Iterator[bytes]:
        yield b"{"
        time.sleep(1)
        yield b"}"

    return {"url": "/univ/slow/did.jsonl", "content": body}


def _renamed(desk: Desk) -> dict[str, Any]:
    schema = desk.published.schema
    renamed = {**schema["metadata"], "resourceName": "renamed"}
    later = datetime.now(UTC) + timedelta(minutes=1)
    return desk.resource(
        desk.issuer.sign({**schema, "metadata": renamed}, later), **{"if-match": desk.tag(schema)}
    )


def _trust_list(desk: Desk) -> dict[str, Any]:
    content = {"issuerId": desk.issuer.did, "entries": []}
    built = build_resource(desk.issuer.did, ResourceType.TRUST_LIST, "x", content)
    return desk.resource(desk.issuer.sign(built))


BREAKS: dict[Rule, tuple[int, Callable[[Desk], dict[str, Any]]]] = {
    Rule.SIZE: (413, lambda d: d.log(d.issuer.log + "x" * 300_000 + "\n")),
    Rule.JSON: (422, lambda d: {"url": path_of(d.issuer.schema("7.0")), "content": b"{"}),
    Rule.MULTIBASE: (422, lambda d: d.proof(proofValue="not multibase")),
    Rule.DID_FORM: (
        422,
        lambda d: d.log(d.issuer.log.replace(d.issuer.did, "did:web:localhost"), "univ/did-form"),
    ),
    Rule.LOG_FORM: (422, lambda d: d.log(d.issuer.log + "{}\n")),
    Rule.LOG_CHAIN: (
        422,
        lambda d: d.log(build_next_entry(d.issuer.log.encode(), key("x"), key("y"))),
    ),
    Rule.LOG_DEACTIVATED: (422, _deactivated),
    Rule.WITNESS: (
        422,
        lambda d: {"url": f"/{d.issuer.folder}/did-witness.json", "content": b"{}"},
    ),
    Rule.RESOURCE_FORM: (422, lambda d: d.resource(d.signed(type=["Other"]))),
    Rule.RESOURCE_ID: (
        422,
        lambda d: (
            d.resource({**d.issuer.schema("7.0"), "id": d.published.schema["id"]})
            | {"url": path_of(d.issuer.schema("7.0"))}
        ),
    ),
    Rule.DIGEST: (422, _another_content),
    Rule.PROOF_FORM: (422, lambda d: d.proof(proofPurpose="authentication")),
    Rule.PROOF_KEY: (422, lambda d: d.proof(verificationMethod=f"{d.issuer.did}#zUnknown")),
    Rule.PROOF_SIGNATURE: (422, lambda d: d.proof(created="2026-01-01T00:00:00Z")),
    Rule.TYPE: (
        422,
        lambda d: d.resource(
            d.signed(metadata={**d.issuer.schema("7.0")["metadata"], "resourceType": "x"})
        ),
    ),
    Rule.CONTENT_FORM: (422, lambda d: d.achievement(participation="somewhere")),
    Rule.ISSUER: (422, _another_issuer),
    Rule.LINKS: (409, lambda d: d.longer_definition(d.published.lists[0]["id"], 9000)),
    Rule.TAILS: (422, lambda _d: {"url": f"/tails/hash/{'a' * 43}", "files": {"tails": b"x"}}),
    Rule.STATUS_LIST: (422, _list_that_does_not_fit),
    Rule.TRUST_LIST: (422, _trust_list),
    Rule.PATH: (404, lambda d: {"url": f"/{d.issuer.folder}/diploma-of-jane.pdf", "content": b""}),
    Rule.REFERENCE: (
        409,
        lambda d: d.resource(d.issuer.credential_definition(d.issuer.schema("7.1")["id"])),
    ),
    Rule.LOG_EXTENDED: (409, lambda d: d.log(d.next_entry()[:-1])),
    Rule.PRE_ROTATION: (422, _without_pre_rotation),
    Rule.RESOURCE_CHANGED: (409, _renamed),
    Rule.PERSONAL_DATA: (422, lambda d: d.achievement(description={"en": "jane@example.org"})),
    Rule.GRANTED: (403, lambda d: d.log(d.issuer.log, "univ/not-granted")),
    Rule.LOG_FIRST: (404, lambda d: d.resource(d.fresh("empty").schema())),
    Rule.TAG: (412, lambda d: d.resource(d.published.schema, **{"if-match": '"x"'}) | _later(d)),
    Rule.TAILS_FORM: (422, lambda _d: {"url": f"/tails/hash/{tails()[1]}", "content": b"x"}),
    Rule.IN_TIME: (422, _slow_body),
    Rule.DATED_AHEAD: (422, _list_ahead),
    Rule.QUOTA: (413, _too_much),
}


def _later(desk: Desk) -> dict[str, Any]:
    later = datetime.now(UTC) + timedelta(minutes=1)
    return {"content": json.dumps(desk.issuer.sign(desk.published.schema, later))}


@pytest.fixture(scope="module")
def desk(server: RegistryServer) -> Iterator[Desk]:
    issuer = Issuer(folder="univ/refused")
    published = publish_all(server, issuer)
    server.grants.grant("univ/did-form")
    server.grants.grant("univ/slow")
    with server.client() as client:
        yield Desk(server, client, issuer, published)


def test_every_rule_that_a_host_can_break_is_tried() -> None:
    assert set(BREAKS) == set(Rule) - NEVER_OF_THE_HOST


@pytest.mark.parametrize("rule", BREAKS)
def test_a_refusal_names_its_rule_in_both_languages(
    desk: Desk, rule: Rule, monkeypatch: pytest.MonkeyPatch
) -> None:
    if rule is Rule.IN_TIME:
        monkeypatch.setattr(bodies, "_SECONDS", 0.2)
    status, build = BREAKS[rule]
    request = build(desk)
    said = {}
    for language in ("en", "fr"):
        content = request.get("content")
        sent = request | ({"content": content()} if callable(content) else {})
        sent["headers"] = {**request.get("headers", {}), "accept-language": language}
        answer = desk.client.put(**sent)
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["content-language"] == language
        problem = answer.json()
        assert set(problem) == {"type", "title", "status", "detail", "code", "rule"}
        assert (problem["rule"], problem["status"]) == (rule, status)
        assert problem["type"] == f"urn:acquis:problem:{problem['code']}"
        said[language] = problem["detail"]
    assert said["en"] != said["fr"]


def test_a_date_ahead_and_a_missing_tag_are_named_too(desk: Desk) -> None:
    ahead = desk.next_entry(created=datetime.now(UTC) + timedelta(hours=1))
    answer = desk.client.put(**desk.log(ahead))
    assert (answer.status_code, answer.json()["rule"]) == (422, Rule.DATED_AHEAD)
    longer = desk.longer_definition(desk.published.schema["id"], 9500)
    answer = desk.client.put(longer["url"], content=longer["content"])
    assert (answer.status_code, answer.json()["rule"]) == (428, Rule.TAG)


def test_every_kind_of_body_has_its_limit(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "MAX_TAILS_BYTES", 1024)
    monkeypatch.setattr(bodies, "MAX_BYTES", 1024)
    tails_hash = tails()[1]
    for answer in (
        desk.client.put(f"/tails/hash/{tails_hash}", files={"tails": b"x" * 200_000}),
        desk.client.put(path_of(desk.published.schema), content=b"x" * 2000),
        desk.client.put(f"/{desk.issuer.folder}/did-witness.json", content=b"x" * 2000),
        desk.client.put(f"/{desk.issuer.folder}/did.jsonl", content=b"x" * 2000),
    ):
        assert (answer.status_code, answer.json()["rule"]) == (413, Rule.SIZE)
        assert "1024" in answer.json()["detail"] or "66560" in answer.json()["detail"]
    assert not list((desk.server.settings.folder / "uploads").glob("*"))


@pytest.mark.parametrize("name", ["..", "%2e%2e", ".", "%00", "%0a", "zQm", "a" * 300])
def test_a_resource_of_no_name_is_refused_for_its_path(desk: Desk, name: str) -> None:
    """Byte for byte as it is written here: a client would resolve the dots first."""
    host, port = "127.0.0.1", desk.server.port
    connection = http.client.HTTPConnection(host, port, timeout=30)
    connection.request("PUT", f"/{desk.issuer.folder}/resources/{name}", body=b"{}")
    answer = connection.getresponse()
    problem = json.loads(answer.read())
    connection.close()
    assert (answer.status, problem["rule"]) == (404, Rule.PATH)


def test_path_and_grant_are_looked_at_before_the_body(desk: Desk) -> None:
    """Nothing of a body of 5 MB is sent: the answer is there all the same."""
    digest = desk.published.schema["metadata"]["resourceId"]
    for path, status, rule in (
        ("univ/not-granted/did.jsonl", 403, Rule.GRANTED),
        (f"univ/not-granted/resources/{digest}", 403, Rule.GRANTED),
        (f"{desk.issuer.folder}/resources/{'a' * 43}", 404, Rule.PATH),
        ("tuf/not-granted/did-witness.json", 404, Rule.PATH),
        ("tails/hash/short", 422, Rule.TAILS),
    ):
        connection = http.client.HTTPConnection("127.0.0.1", desk.server.port, timeout=30)
        connection.putrequest("PUT", f"/{path}")
        connection.putheader("content-length", str(5 * 1024**2))
        connection.endheaders()
        answer = connection.getresponse()
        assert (answer.status, json.loads(answer.read())["rule"]) == (status, rule)
        connection.close()


async def test_so_much_arrives_at_once_and_no_more() -> None:
    """Who sends slowly takes little room, and gives it back."""
    room = bodies.Bodies(most_documents=10)
    more, slow = asyncio.Event(), _request([b"12345", b"6"])
    waiting = slow.receive

    async def receive() -> Any:
        found = await waiting()
        if not found["more_body"]:
            await more.wait()
        return found

    slow._receive = receive
    first = asyncio.create_task(room.document(slow))
    await asyncio.sleep(0)
    assert await room.document(_request([b"abcd", b""])) == b"abcd"
    with pytest.raises(Unavailable, match="Too much"):
        await room.document(_request([b"abc", b"def"]))
    more.set()
    assert await first == b"123456"
    assert await room.document(_request([b"0123", b"456789"])) == b"0123456789"


def _request(chunks: list[bytes]) -> Request:
    messages = [
        {"type": "http.request", "body": chunk, "more_body": number < len(chunks)}
        for number, chunk in enumerate(chunks, start=1)
    ]

    async def receive() -> Any:
        return messages.pop(0)

    return Request({"type": "http", "method": "PUT", "headers": []}, receive)


def test_a_tails_file_longer_than_a_mirror_takes_is_refused(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paths, "MAX_TAILS_BYTES", 1024)
    for length, status in ((1024, 201), (1025, 413)):
        raw = bytes(length)
        tails_hash = encode_base58(sha256(raw).digest())
        answer = desk.client.put(f"/tails/hash/{tails_hash}", files={"tails": raw})
        assert answer.status_code == status
    assert answer.json()["rule"] == Rule.SIZE


def test_an_index_longer_than_a_mirror_takes_is_refused_and_nothing_of_it_stands(
    server: RegistryServer, issuer: Issuer
) -> None:
    server.grants.grant(issuer.folder)
    name = "\U0001f600" * 256

    def schema(number: int) -> dict[str, Any]:
        content = {"issuerId": issuer.did, "name": "x", "version": str(number), "attrNames": ["a"]}
        return issuer.sign(build_resource(issuer.did, ResourceType.SCHEMA, name, content))

    entries, length = [], 0
    while length < MAX_BYTES - 3000:
        entries.append(IndexEntry(f"{issuer.did}/resources/{digest_of({'n': len(entries)})}", name))
        length += len(entries[-1].id) + len(name.encode()) + len('{"id":"","name":""},')
    path = server.settings.public / issuer.folder / "index.json"
    with server.client() as client:
        assert client.put(f"/{issuer.folder}/did.jsonl", content=issuer.log).is_success
        path.write_bytes(build_index(Index(issuer.did, {ResourceType.SCHEMA: tuple(entries)})))
        answers = [put(client, schema(number)) for number in range(3)]
        refused = answers[-1]
        assert (refused.status_code, refused.json()["rule"]) == (413, Rule.SIZE)
        assert client.get(path_of(schema(2))).status_code == 404
    assert answers[0].status_code == 201
    assert path.stat().st_size <= MAX_BYTES
