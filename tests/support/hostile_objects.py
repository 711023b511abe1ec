"""What a hostile host puts in the place of a victim's credential definition, by name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from acquis.registry.resource import digest_of, sign_resource
from acquis.registry.rules import Rule
from support.attacked_registry import Prepared
from support.registry import Issuer

ATTACKER = Issuer(folder="univ/attacker", name="attacker")
NOW = datetime(2026, 5, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Replacement:
    """What is put at the path of the victim's credential definition, and the rule that refuses it."""

    resource: dict[str, Any]
    rule: Rule


def replacements(prepared: Prepared) -> dict[str, Replacement]:
    issuer, victim = prepared.issuer, prepared.published.credential_definition
    keys_of_attacker = {"primary": {"n": "7"}, "revocation": {"g": "1"}}
    stolen_name = {**victim["content"], "value": keys_of_attacker}
    digest = digest_of(stolen_name)
    named = {
        **victim,
        "id": f"{issuer.did}/resources/{digest}",
        "content": stolen_name,
        "metadata": {**victim["metadata"], "resourceId": digest},
    }
    right_id = {**victim, "content": stolen_name}
    stolen_method = f"{issuer.did}#{ATTACKER.attest.multikey}"
    return {
        "the attacker's own definition": Replacement(
            ATTACKER.credential_definition(victim["content"]["schemaId"]), Rule.RESOURCE_ID
        ),
        "the attacker's keys under the victim's name": Replacement(
            sign_resource(named, ATTACKER.attest, ATTACKER.method, NOW), Rule.RESOURCE_ID
        ),
        "the right id with other content, signed by the attacker": Replacement(
            sign_resource(right_id, ATTACKER.attest, ATTACKER.method, NOW), Rule.DIGEST
        ),
        "the right id with other content, the victim's proof": Replacement(right_id, Rule.DIGEST),
        "the victim's content signed by the attacker's DID": Replacement(
            sign_resource(victim, ATTACKER.attest, ATTACKER.method, NOW), Rule.PROOF_KEY
        ),
        "a key the victim never listed, under its DID": Replacement(
            sign_resource(victim, ATTACKER.attest, stolen_method, NOW), Rule.PROOF_KEY
        ),
        "the victim's key named, the attacker's used": Replacement(
            sign_resource(victim, ATTACKER.attest, issuer.method, NOW), Rule.PROOF_SIGNATURE
        ),
        "another of the victim's own, which is sound": Replacement(
            issuer.credential_definition(victim["content"]["schemaId"], tag="2"), Rule.RESOURCE_ID
        ),
        "the victim's schema, which is sound": Replacement(
            prepared.published.schema, Rule.RESOURCE_ID
        ),
        "the victim's under another tag": Replacement(
            {**victim, "metadata": {**victim["metadata"], "resourceName": "2"}},
            Rule.PROOF_SIGNATURE,
        ),
    }
