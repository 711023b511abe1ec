"""No date that is still to come enters the registry, and none of a thief's keeps its owner out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from acquis.registry.did_log import build_next_entry
from acquis.registry.resource import Link, ResourceType, build_resource, sign_resource
from acquis.registry.rotation import with_attest_key, with_compromised_key
from acquis.registry.rules import Rule, RuleBroken
from support.registry import (
    Issuer,
    Published,
    RegistryServer,
    append_list,
    path_of,
    put,
    seeded_key,
)


def assert_refused(answer: httpx.Response, status: int, rule: Rule) -> None:
    assert (answer.status_code, answer.json()["rule"]) == (status, rule), answer.text


def test_nothing_new_is_dated_ahead(
    server: RegistryServer, issuer: Issuer, published: Published
) -> None:
    """With a stolen key one could otherwise see to it that no later list is ever in force."""
    now = datetime.now(UTC)
    far, soon = now + timedelta(minutes=10), now + timedelta(minutes=2)
    with server.client() as client:
        assert_refused(put(client, issuer.sign(issuer.schema("2.0"), far)), 422, Rule.DATED_AHEAD)
        tag = client.get(path_of(published.schema)).headers["etag"]
        again = put(client, issuer.sign(published.schema, datetime(9999, 12, 31, tzinfo=UTC)), tag)
        assert_refused(again, 422, Rule.DATED_AHEAD)
        assert put(client, issuer.sign(published.schema, soon), tag).is_success
        ahead = issuer.status_list(published.definition["id"], int(far.timestamp()))
        assert_refused(put(client, ahead), 422, Rule.DATED_AHEAD)
        tag = client.get(path_of(published.definition)).headers["etag"]
        for timestamp in (int(far.timestamp()), 4102444800):
            link = {**published.definition["links"][-1], "timestamp": timestamp, "id": ahead["id"]}
            links = [*published.definition["links"], link]
            longer = issuer.sign({**published.definition, "links": links})
            assert_refused(put(client, longer, tag), 422, Rule.DATED_AHEAD)
        append_list(client, issuer, published.definition, int(soon.timestamp()), (1,))


def test_no_list_or_link_is_of_a_year_that_has_no_name(
    server: RegistryServer, issuer: Issuer, published: Published
) -> None:
    definition = published.definition
    content = {**published.lists[0]["content"], "timestamp": 2**53 - 1}
    with pytest.raises(RuleBroken) as refusal:
        build_resource(issuer.did, ResourceType.STATUS_LIST, "0", content)
    assert refusal.value.rule is Rule.CONTENT_FORM
    kind, links = ResourceType.REVOCATION_REGISTRY_DEFINITION, [Link(definition["id"], 2**53 - 1)]
    with pytest.raises(RuleBroken) as refusal:
        build_resource(issuer.did, kind, "0", definition["content"], links)
    assert refusal.value.rule is Rule.LINKS


def test_what_a_withdrawn_key_signed_is_signed_again_whatever_date_it_bears(
    server: RegistryServer, issuer: Issuer, published: Published
) -> None:
    """The thief dates as far ahead as the host lets; the issuer's own clock is right."""
    now, new = datetime.now(UTC), seeded_key("after-the-theft")
    document = with_attest_key(issuer.document.document, new.multikey)
    document = with_compromised_key(document, issuer.method, now - timedelta(hours=1))
    log = build_next_entry(issuer.log.encode(), issuer.next, seeded_key("following"), document)
    schema = {key: value for key, value in published.schema.items() if key != "proof"}
    again = sign_resource(schema, new, f"{issuer.did}#{new.multikey}", now)
    earlier = sign_resource(schema, new, f"{issuer.did}#{new.multikey}", now - timedelta(minutes=1))
    with server.client() as client:
        tag = client.get(path_of(schema)).headers["etag"]
        thief = put(client, issuer.sign(schema, now + timedelta(minutes=4)), tag)
        assert thief.is_success
        assert client.put(f"/{issuer.folder}/did.jsonl", content=log).is_success
        assert put(client, again, thief.headers["etag"]).json()["outcome"] == "replaced"
        tag = client.get(path_of(schema)).headers["etag"]
        assert_refused(put(client, earlier, tag), 409, Rule.RESOURCE_CHANGED)
