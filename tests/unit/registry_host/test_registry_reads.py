"""What a registry serves: what was put, as it was put, and nothing else."""

from __future__ import annotations

import httpx
import pytest

from support.registry import Issuer, Published, RegistryServer, path_of, put, tails


def test_everything_of_an_issuer_is_published_and_served_as_it_was_put(
    server: RegistryServer, issuer: Issuer, published: Published
) -> None:
    with server.client() as client:
        for resource in (published.schema, published.credential_definition, *published.lists):
            answer = client.get(path_of(resource))
            assert answer.headers["content-type"] == "application/json"
            assert answer.headers["cache-control"] == "public, max-age=3600"
            assert answer.json() == resource
        definition = client.get(path_of(published.definition))
        assert definition.headers["cache-control"] == "public, max-age=60"
        assert [link["timestamp"] for link in definition.json()["links"]] == [1000, 2000]
        log = client.get(f"/{issuer.folder}/did.jsonl")
        assert (log.text, log.headers["content-type"]) == (
            issuer.log,
            "text/jsonl; charset=utf-8",
        )
        found = client.get(f"/tails/hash/{published.tails_hash}")
        assert found.headers["content-type"] == "application/octet-stream"
        assert found.content == tails(issuer.folder)[0]


def test_the_index_lists_what_stands_newest_first_and_no_status_lists(
    server: RegistryServer, issuer: Issuer, published: Published
) -> None:
    newer = issuer.schema("2.0")
    with server.client() as client:
        assert put(client, newer).status_code == 201
        index = client.get(f"/{issuer.folder}/index.json").json()
    assert index["did"] == issuer.did
    assert [entry["id"] for entry in index["resources"]["anonCredsSchema"]] == [
        newer["id"],
        published.schema["id"],
    ]
    assert set(index["resources"]) == {
        "anonCredsSchema",
        "anonCredsCredDef",
        "anonCredsRevocRegDef",
    }


def test_an_entity_tag_saves_reading_again(server: RegistryServer, published: Published) -> None:
    with server.client() as client:
        first = client.get(path_of(published.schema))
        again = client.get(
            path_of(published.schema), headers={"if-none-match": first.headers["etag"]}
        )
        other = client.get(path_of(published.schema), headers={"if-none-match": '"other"'})
    assert (again.status_code, again.content) == (304, b"")
    assert other.status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/index.json",
        "/{folder}",
        "/{folder}/",
        "/{folder}/resources",
        "/{folder}/resources/",
        "/{folder}/did.json",
        "/{folder}/%64id.jsonl",
        "/{folder}/did.jsonl/",
        "/univ/../{folder}/did.jsonl",
        "/univ/%2e%2e/{folder}/did.jsonl",
        "/{folder}%2fdid.jsonl",
        "//{folder}/did.jsonl",
        "/../registry/keys/online.pem",
        "/..%2fkeys%2fonline.pem",
        "/tuf/../../keys/online.pem",
        "/tuf/..%2f..%2fkeys%2fonline.pem",
        "/tuf/online.pem",
        "/tuf/01.root.json%00",
        "/{folder}/.fresh-did.jsonl",
        "/keys/online.pem",
        "/{folder}/DID.jsonl",
        "/tails/hash/..",
    ],
)
def test_nothing_else_is_served(
    server: RegistryServer, issuer: Issuer, published: Published, path: str
) -> None:
    target = path.format(folder=issuer.folder).encode()
    request = httpx.Request("GET", server.url, extensions={"target": target})
    with server.client() as client:
        answer = client.send(request)
    assert answer.status_code == 404
    assert b"PRIVATE KEY" not in answer.content


def test_metadata_may_be_asked_for_without_its_content(
    server: RegistryServer, published: Published
) -> None:
    with server.client() as client:
        for path in ("/tuf/timestamp.json", path_of(published.schema)):
            whole, head = client.get(path), client.head(path)
            assert (head.status_code, head.content) == (200, b"")
            assert head.headers["etag"] == whole.headers["etag"]


def test_a_registry_serves_no_description_of_itself(server: RegistryServer) -> None:
    with server.client() as client:
        for path in ("/openapi.json", "/docs", "/redoc"):
            assert client.get(path).status_code == 404
