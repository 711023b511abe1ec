"""The host takes nothing personal, and says which rule that would break."""

from __future__ import annotations

import json
from typing import Any

import pytest

from acquis.registry.did_log import build_next_entry
from acquis.registry.resource import ResourceType, build_resource
from acquis.registry.rules import Rule
from support.publications import ACHIEVEMENTS, LEGITIMATE
from support.registry import Issuer, Published, RegistryServer, path_of, put, seeded_key


def achievement(issuer: Issuer, **changes: Any) -> dict[str, Any]:
    content = ACHIEVEMENTS["first-aid-at-work"] | {"issuerId": issuer.did} | changes
    return issuer.sign(build_resource(issuer.did, ResourceType.ACHIEVEMENT, "first-aid", content))


def test_an_achievement_with_a_person_in_it_is_refused_and_one_without_is_taken(
    server: RegistryServer, issuer: Issuer, published: Published
) -> None:
    with server.client() as client:
        for changes in (
            {"description": {"en": "Ask jane.doe@example.org"}},
            {"description": {"fr": "Appelez le +33 1 23 45 67 89"}},
            {"family_name": "Doe"},
            {"criteria": {"narrative": {"en": "x"}, "assessor": "Jane Doe"}},
        ):
            answer = put(client, achievement(issuer, **changes))
            assert (answer.status_code, answer.json()["rule"]) == (422, Rule.PERSONAL_DATA)
            assert not any(each in answer.text for each in ("jane", "Doe", "+33"))
            assert client.get(path_of(achievement(issuer, **changes))).status_code == 404
        assert put(client, achievement(issuer)).status_code == 201


def test_a_did_document_with_other_names_or_a_person_s_address_is_refused(
    server: RegistryServer, issuer: Issuer, published: Published
) -> None:
    path = f"/{issuer.folder}/did.jsonl"
    document = issuer.document.document
    service = {"id": f"{issuer.did}#mail", "type": "Mail", "serviceEndpoint": "mailto:j@x.example"}
    with server.client() as client:
        for changes, rule in (
            ({"alsoKnownAs": ["https://people.example/jane"]}, Rule.PERSONAL_DATA),
            ({"service": [service]}, Rule.LOG_FORM),
        ):
            longer = build_next_entry(
                issuer.log.encode(), issuer.next, seeded_key("a"), document | changes
            )
            answer = client.put(path, content=longer)
            assert (answer.status_code, answer.json()["rule"]) == (422, rule)
        assert client.get(path).text == issuer.log
        site = service | {"type": "LinkedDomains", "serviceEndpoint": "https://school.example"}
        longer = build_next_entry(
            issuer.log.encode(), issuer.next, seeded_key("a"), document | {"service": [site]}
        )
        assert client.put(path, content=longer).status_code == 200


@pytest.mark.parametrize("kind", [ResourceType.SCHEMA, ResourceType.TRUST_LIST])
def test_the_other_kinds_are_looked_at_too(
    server: RegistryServer, issuer: Issuer, published: Published, kind: ResourceType
) -> None:
    content = json.loads(json.dumps(LEGITIMATE[kind])) | {"issuerId": issuer.did}
    if kind is ResourceType.SCHEMA:
        content["attrNames"] = ["jane.doe@example.org"]
    else:
        content["entries"][0]["legal_name"] = "Jane Doe <jane.doe@example.org>"
    with server.client() as client:
        answer = put(client, issuer.sign(build_resource(issuer.did, kind, "x", content)))
        assert (answer.status_code, answer.json()["rule"]) == (422, Rule.PERSONAL_DATA)


def test_a_name_of_a_resource_and_a_witness_file_are_looked_at_too(
    server: RegistryServer, issuer: Issuer, published: Published
) -> None:
    content = LEGITIMATE[ResourceType.SCHEMA] | {"issuerId": issuer.did, "version": "9"}
    named = build_resource(issuer.did, ResourceType.SCHEMA, "jane@example.org", content)
    with server.client() as client:
        answer = put(client, issuer.sign(named))
        assert (answer.status_code, answer.json()["rule"]) == (422, Rule.PERSONAL_DATA)
        raw = json.dumps([{"versionId": "jane.doe@example.org", "proof": []}])
        answer = client.put(f"/{issuer.folder}/did-witness.json", content=raw)
        assert (answer.status_code, answer.json()["rule"]) == (422, Rule.WITNESS)
