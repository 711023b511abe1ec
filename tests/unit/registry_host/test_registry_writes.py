"""What may be written to a registry, and what each refusal names."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from acquis.registry.did_log import build_next_entry
from acquis.registry.rules import Rule
from acquis.registry.strict_json import MAX_BYTES
from support.registry import (
    Issuer,
    Published,
    RegistryServer,
    append_list,
    path_of,
    put,
    seeded_key,
    tails,
)


def assert_refused(answer: httpx.Response, status: int, rule: Rule | None = None) -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status
    assert problem["detail"]
    assert problem.get("rule") == rule


def test_writing_the_same_twice_is_success(
    server: RegistryServer, issuer: Issuer, published: Published
) -> None:
    with server.client() as client:
        for answer in (
            client.put(f"/{issuer.folder}/did.jsonl", content=issuer.log),
            put(client, published.schema),
            put(client, published.definition),
        ):
            assert (answer.status_code, answer.json()["outcome"]) == (200, "unchanged")
        raw, tails_hash = tails(issuer.folder)
        stands = client.put(f"/tails/hash/{tails_hash}", files={"tails": raw})
        assert (stands.status_code, stands.json()["outcome"]) == (409, "unchanged")


def test_a_registration_made_again_after_a_crash_is_success_and_changes_nothing(
    server: RegistryServer, issuer: Issuer, published: Published
) -> None:
    later = datetime.now(UTC) + timedelta(seconds=5)
    again = issuer.sign(published.schema, later)
    without_links = issuer.registry_definition(
        published.credential_definition["id"], published.tails_hash
    )
    assert again != published.schema
    with server.client() as client:
        for resource, stands in (
            (again, published.schema),
            (without_links, published.definition),
        ):
            answer = put(client, resource)
            assert (answer.status_code, answer.json()["outcome"]) == (200, "unchanged")
            assert client.get(path_of(resource)).json() == stands


def test_a_folder_that_was_not_granted_is_refused(server: RegistryServer, issuer: Issuer) -> None:
    with server.client() as client:
        assert_refused(
            client.put(f"/{issuer.folder}/did.jsonl", content=issuer.log), 403, Rule.GRANTED
        )


def test_a_log_belongs_in_the_folder_of_its_did(server: RegistryServer, issuer: Issuer) -> None:
    server.grants.grant("univ/other")
    with server.client() as client:
        answer = client.put("/univ/other/did.jsonl", content=issuer.log)
        assert_refused(answer, 404, Rule.PATH)
    elsewhere = Issuer(folder="univ/other", host="registry.other.example")
    with server.client() as client:
        answer = client.put("/univ/other/did.jsonl", content=elsewhere.log)
        assert_refused(answer, 404, Rule.PATH)


def test_a_log_is_only_extended(
    server: RegistryServer, issuer: Issuer, published: Published
) -> None:
    path = f"/{issuer.folder}/did.jsonl"
    following = seeded_key("following")
    longer = build_next_entry(issuer.log.encode(), issuer.next, following)
    forked = Issuer(folder=issuer.folder, created=datetime(2026, 1, 1, tzinfo=UTC))
    with server.client() as client:
        assert client.put(path, content=longer).json()["outcome"] == "replaced"
        assert_refused(client.put(path, content=issuer.log), 409, Rule.LOG_EXTENDED)
        assert_refused(client.put(path, content=forked.log), 409, Rule.LOG_EXTENDED)
        assert_refused(client.put(path, content=longer[:-1]), 409, Rule.LOG_EXTENDED)
        by_a_stranger = build_next_entry(longer.encode(), seeded_key("x"), seeded_key("y"))
        assert_refused(client.put(path, content=by_a_stranger), 422, Rule.LOG_CHAIN)
        assert client.get(path).text == longer
        assert put(client, published.schema).is_success


def test_nothing_follows_a_deactivation(
    server: RegistryServer, issuer: Issuer, published: Published
) -> None:
    path = f"/{issuer.folder}/did.jsonl"
    ended = build_next_entry(issuer.log.encode(), issuer.next, seeded_key("a"), deactivate=True)
    after = build_next_entry(ended.encode(), seeded_key("a"), seeded_key("b"))
    with server.client() as client:
        assert client.put(path, content=ended).is_success
        assert_refused(client.put(path, content=after), 422, Rule.LOG_DEACTIVATED)
        assert_refused(put(client, issuer.schema("3.0")), 422, Rule.PROOF_KEY)


def test_a_resource_needs_a_published_log_first(server: RegistryServer, issuer: Issuer) -> None:
    server.grants.grant(issuer.folder)
    with server.client() as client:
        assert_refused(put(client, issuer.schema()), 404, Rule.LOG_FIRST)


def test_a_resource_of_another_issuer_is_refused(
    server: RegistryServer, issuer: Issuer, published: Published
) -> None:
    stranger = Issuer(folder="univ/other", name="stranger")
    foreign = stranger.schema()
    digest = foreign["metadata"]["resourceId"]
    with server.client() as client:
        answer = client.put(f"/{issuer.folder}/resources/{digest}", json=foreign)
        assert_refused(answer, 422, Rule.RESOURCE_ID)
        signed_by_another = {**issuer.schema("9.0"), "proof": foreign["proof"]}
        assert_refused(put(client, signed_by_another), 422, Rule.PROOF_KEY)


def test_what_a_resource_refers_to_must_stand(
    server: RegistryServer, issuer: Issuer, published: Published
) -> None:
    unpublished = issuer.schema("5.0")
    _, unknown_tails = tails("unknown")
    with server.client() as client:
        for resource in (
            issuer.credential_definition(unpublished["id"]),
            issuer.registry_definition(published.credential_definition["id"], unknown_tails),
            issuer.status_list(issuer.schema("6.0")["id"], 5000),
        ):
            assert_refused(put(client, resource), 409, Rule.REFERENCE)


def test_links_are_appended_by_compare_and_swap(
    server: RegistryServer, issuer: Issuer, published: Published
) -> None:
    with server.client() as client:
        standing = client.get(path_of(published.definition))
        tag = standing.headers["etag"]
        third, longer = append_list(client, issuer, published.definition, 3000, (1,))
        again = issuer.sign(longer, datetime.now(UTC) + timedelta(seconds=5))
        assert_refused(put(client, again, tag), 412, Rule.TAG)

        now = client.get(path_of(longer)).headers["etag"]
        for links in (
            longer["links"][:-1],
            longer["links"][1:],
            [],
            [*longer["links"][:-1], {**longer["links"][-1], "timestamp": 3001}],
        ):
            assert_refused(
                put(client, issuer.sign({**longer, "links": links}), now), 409, Rule.LINKS
            )
        stands = client.get(path_of(longer)).json()
    assert [link["timestamp"] for link in stands["links"]] == [1000, 2000, 3000]
    assert stands["links"][-1]["id"] == third["id"]


def test_a_definition_that_says_more_needs_the_tag_of_what_stands(
    server: RegistryServer, issuer: Issuer, published: Published
) -> None:
    status_list = issuer.status_list(published.definition["id"], 4000)
    link = {"type": "anonCredsStatusList", "id": status_list["id"], "timestamp": 4000}
    longer = issuer.sign({**published.definition, "links": [*published.definition["links"], link]})
    with server.client() as client:
        assert put(client, status_list).status_code == 201
        assert_refused(put(client, longer), 428, Rule.TAG)


def test_a_link_must_name_a_list_that_stands_and_fits(
    server: RegistryServer, issuer: Issuer, published: Published
) -> None:
    unpublished = issuer.status_list(published.definition["id"], 4000)
    with server.client() as client:
        tag = client.get(path_of(published.definition)).headers["etag"]
        for link_id, timestamp, status, rule in (
            (unpublished["id"], 4000, 409, Rule.REFERENCE),
            (published.lists[0]["id"], 4000, 409, Rule.LINKS),
            (published.schema["id"], 4000, 422, Rule.TYPE),
        ):
            link = {"type": "anonCredsStatusList", "id": link_id, "timestamp": timestamp}
            links = [*published.definition["links"], link]
            longer = issuer.sign({**published.definition, "links": links})
            assert_refused(put(client, longer, tag), status, rule)


def test_a_resource_is_signed_again_but_not_earlier_and_not_renamed(
    server: RegistryServer, issuer: Issuer, published: Published
) -> None:
    later = datetime.now(UTC) + timedelta(minutes=1)
    with server.client() as client:
        tag = client.get(path_of(published.schema)).headers["etag"]
        again = issuer.sign(published.schema, later)
        assert put(client, again, tag).json()["outcome"] == "replaced"
        tag = client.get(path_of(published.schema)).headers["etag"]
        assert_refused(put(client, published.schema, tag), 409, Rule.RESOURCE_CHANGED)
        metadata = {**again["metadata"], "resourceName": "renamed"}
        renamed = issuer.sign({**again, "metadata": metadata}, later)
        assert_refused(put(client, renamed, tag), 409, Rule.RESOURCE_CHANGED)


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        (b"", Rule.JSON),
        (b"{", Rule.JSON),
        (b"[]", Rule.JSON),
        (b'{"id": 1, "id": 1}', Rule.JSON),
        (b'{"id": 1.5}', Rule.JSON),
        (b"[" * 100_000, Rule.JSON),
        (b"\xff\xfe", Rule.JSON),
        (b"{}", Rule.RESOURCE_FORM),
    ],
)
def test_a_resource_that_cannot_be_read_is_refused(
    server: RegistryServer, published: Published, body: bytes, rule: Rule
) -> None:
    with server.client() as client:
        assert_refused(client.put(path_of(published.schema), content=body), 422, rule)


def test_limits_are_said(server: RegistryServer, issuer: Issuer, published: Published) -> None:
    with server.client() as client:
        answer = client.put(path_of(published.schema), content=b" " * (MAX_BYTES + 1))
        assert_refused(answer, 413, Rule.SIZE)
        assert str(MAX_BYTES) in answer.json()["detail"]
        log = issuer.log + "x" * (257 * 1024) + "\n"
        assert_refused(client.put(f"/{issuer.folder}/did.jsonl", content=log), 413, Rule.SIZE)
        many = issuer.log * 10_001
        assert client.put(f"/{issuer.folder}/did.jsonl", content=many).status_code == 413


def test_a_problem_is_said_in_french_too(server: RegistryServer, issuer: Issuer) -> None:
    with server.client() as client:
        answer = client.put(
            f"/{issuer.folder}/did.jsonl",
            content=issuer.log,
            headers={"accept-language": "fr"},
        )
    assert "accordé" in answer.json()["detail"]


@pytest.mark.parametrize(
    "form",
    [
        {"files": {"other": b"x"}},
        {"data": {"tails": "text"}},
        {"content": b"no form"},
        {"content": b"--x", "headers": {"content-type": "multipart/form-data; boundary=x"}},
        {"content": b"x", "headers": {"content-type": "multipart/form-data"}},
    ],
)
def test_tails_come_as_one_file_of_a_form(
    server: RegistryServer, form: dict[str, dict[str, bytes]]
) -> None:
    _, tails_hash = tails()
    with server.client() as client:
        assert_refused(client.put(f"/tails/hash/{tails_hash}", **form), 422, Rule.TAILS_FORM)  # type: ignore[arg-type]
    assert not list((server.settings.folder / "uploads").glob("*"))


def test_tails_must_have_the_hash_of_their_address(server: RegistryServer) -> None:
    _, tails_hash = tails()
    with server.client() as client:
        answer = client.put(f"/tails/hash/{tails_hash}", files={"tails": b"other"})
        assert_refused(answer, 422, Rule.TAILS)
        for name in ("..", "%2e%2e", "a" * 43, tails_hash + "/x", "did.jsonl"):
            answer = client.put(f"/tails/hash/{name}", files={"tails": b"other"})
            assert 400 <= answer.status_code < 500, name


def test_concurrent_writers_lose_nothing(
    server: RegistryServer, issuer: Issuer, published: Published
) -> None:
    schemas = [issuer.schema(f"7.{number}") for number in range(24)]

    def write(schema: dict[str, object]) -> int:
        with server.client() as client:
            return put(client, schema).status_code

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(write, schemas)) == {201}
    with server.client() as client:
        index = client.get(f"/{issuer.folder}/index.json").json()
    listed = {entry["id"] for entry in index["resources"]["anonCredsSchema"]}
    assert {schema["id"] for schema in schemas} <= listed
    mirror = server.mirror()
    mirror.refresh()
    for schema in schemas:
        assert mirror.resolve_resource(schema["id"]).id == schema["id"]


def test_of_two_writers_with_the_same_tag_one_wins(
    server: RegistryServer, issuer: Issuer, published: Published
) -> None:
    lists = [issuer.status_list(published.definition["id"], 5000 + n, (n,)) for n in range(4)]
    with server.client() as client:
        tag = client.get(path_of(published.definition)).headers["etag"]
        for each in lists:
            assert put(client, each).is_success

    def write(status_list: dict[str, dict[str, int]]) -> int:
        link = {
            "type": "anonCredsStatusList",
            "id": status_list["id"],
            "timestamp": status_list["content"]["timestamp"],
        }
        links = [*published.definition["links"], link]
        with server.client() as client:
            longer = issuer.sign({**published.definition, "links": links})
            return put(client, longer, tag).status_code

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(write, lists)) == [200, 412, 412, 412]


def test_a_witness_file_is_refused_where_the_log_names_no_witness(
    server: RegistryServer, issuer: Issuer, published: Published
) -> None:
    path = f"/{issuer.folder}/did-witness.json"
    with server.client() as client:
        for body in (b"[]", b"{}", b'[{"versionId": "1-x"}]', json.dumps([[]]).encode()):
            assert_refused(client.put(path, content=body), 422, Rule.WITNESS)
        assert client.get(path).status_code == 404
