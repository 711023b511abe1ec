"""Objects replaced, signed by others or mutated by a host that holds the online key.

The metadata of such a host is in order, so only the strict reader stands between it and a reader.
"""

from __future__ import annotations

import json
from collections import Counter
from itertools import zip_longest
from typing import Any

import pytest

from acquis.errors import NotFound
from acquis.registry.did_log import build_next_entry
from acquis.registry.resource import (
    ResourceType,
    build_resource,
    digest_of,
    sign_resource,
    verify_resource,
)
from acquis.registry.rules import Rule, RuleBroken
from support.attacked_registry import FAR, AttackedRegistry, Prepared, file_of
from support.hostile_objects import ATTACKER, NOW, replacements
from support.mutants import Place, one_mutant_a_leaf, placed_mutants
from support.registry import seeded_key

# What may refuse a mutant, by the member of the resource that it was mutated in.
RULES = {
    "@context": {Rule.RESOURCE_FORM},
    "type": {Rule.RESOURCE_FORM},
    "extra": {Rule.RESOURCE_FORM},
    "id": {Rule.RESOURCE_ID, Rule.RESOURCE_FORM},
    "content": {Rule.DIGEST, Rule.RESOURCE_FORM},
    "metadata": {Rule.RESOURCE_FORM, Rule.RESOURCE_ID, Rule.TYPE, Rule.PROOF_SIGNATURE},
    "links": {Rule.LINKS, Rule.DID_FORM, Rule.RESOURCE_ID, Rule.PROOF_SIGNATURE},
    "proof": {
        Rule.RESOURCE_FORM,
        Rule.PROOF_FORM,
        Rule.PROOF_KEY,
        Rule.PROOF_SIGNATURE,
        Rule.MULTIBASE,
    },
}


def objects(prepared: Prepared) -> dict[str, dict[str, Any]]:
    published = prepared.published
    return {
        "schema": published.schema,
        "credential definition": published.credential_definition,
        "registry definition": published.definition,
        "status list": published.lists[1],
    }


def refusal_of(attacked: AttackedRegistry, resource_id: str) -> Rule:
    with pytest.raises(RuleBroken) as refusal:
        attacked.mirror.resolve_resource(resource_id)
    assert refusal.value.says.en
    assert refusal.value.says.fr
    return refusal.value.rule


@pytest.mark.parametrize(
    ("name", "least"),
    [
        ("schema", 100),
        ("credential definition", 250),
        ("registry definition", 200),
        ("status list", 150),
    ],
)
def test_no_mutant_of_a_real_object_is_believed(
    prepared: Prepared, attacked: AttackedRegistry, name: str, least: int
) -> None:
    """As served, and as it lies in the copy of a mirror that sees it for the first time."""
    resource = objects(prepared)[name]
    document = prepared.issuer.document
    lies_at = attacked.files / file_of(resource)
    refusals: Counter[Rule] = Counter()
    for place, mutant in placed_mutants(resource):
        raw = json.dumps(mutant).encode()
        with pytest.raises(RuleBroken) as refusal:
            verify_resource(raw, resource["id"], document)
        rule = refusal.value.rule
        member = place[0] if place else ""
        assert rule in RULES.get(str(member), {Rule.JSON, Rule.RESOURCE_FORM}), place
        lies_at.write_bytes(raw)
        assert refusal_of(attacked, resource["id"]) is rule, place
        refusals[rule] += 1
    assert refusals.total() >= least
    assert refusals[Rule.DIGEST] > least / 4


def test_no_mutant_of_a_real_object_replaces_it_in_the_mirror(
    prepared: Prepared, attacked: AttackedRegistry
) -> None:
    """A leaf of each of the four at once, all over them, signed by the host each time."""
    originals = objects(prepared)
    served = Counter[str]()
    for mutants in zip_longest(*(spread(each, 12) for each in originals.values())):
        changed = {
            file_of(original): mutant[1]
            for original, mutant in zip(originals.values(), mutants, strict=True)
            if mutant is not None
        }
        attacked.publish_signed(changed)
        refresh = attacked.refresh()
        assert refresh.changed == 0
        assert {path for path, _ in refresh.refused} >= set(changed)
        assert {rule for _, rule in refresh.refused} <= set().union(*RULES.values())
        served.update(list(changed))
    assert served.total() > 35
    attacked.check_still_good()
    attacked.restart()
    attacked.be_honest(*map(file_of, originals.values()))


def spread(resource: dict[str, Any], most: int) -> list[tuple[Place, Any]]:
    """Mutants of at most so many leaves, from the first to the last."""
    mutants = list(one_mutant_a_leaf(resource))
    return mutants[:: -(-len(mutants) // most)]


@pytest.mark.parametrize("number", range(10))
def test_a_replaced_credential_definition_is_refused_and_the_good_one_stays(
    prepared: Prepared, attacked: AttackedRegistry, number: int
) -> None:
    name, attack = list(replacements(prepared).items())[number]
    path = file_of(prepared.published.credential_definition)
    attacked.publish_signed({path: attack.resource})
    attacked.refuses(str(attack.rule))
    # To a mirror that has never seen the good one it is just as little.
    (attacked.files / path).write_bytes(json.dumps(attack.resource).encode())
    assert refusal_of(attacked, prepared.published.credential_definition["id"]) is attack.rule, name
    attacked.be_honest(path)


def test_a_key_listed_for_another_purpose_attests_nothing(attacked: AttackedRegistry) -> None:
    """The victim lists the attacker's key in ``authentication``; it signs a definition with it."""
    issuer, key = attacked.issuer, ATTACKER.attest.multikey
    document = issuer.document.document
    method = f"{issuer.did}#{key}"
    document["verificationMethod"].append(
        {"id": method, "type": "Multikey", "controller": issuer.did, "publicKeyMultibase": key}
    )
    document["authentication"].append(method)
    log = build_next_entry(issuer.log.encode(), issuer.next, seeded_key("next"), document)
    victim = attacked.published.credential_definition
    signed = sign_resource(victim, ATTACKER.attest, method, NOW)
    attacked.publish_signed({attacked.log_path: log, file_of(victim): signed})
    refresh = attacked.refresh()
    assert (refresh.changed, refresh.refused) == (1, ((file_of(victim), str(Rule.PROOF_KEY)),))
    assert attacked.mirror.resolve_did(issuer.did).version_number == 2
    assert attacked.mirror.resolve_resource(victim["id"]).verification_method == issuer.method


def test_a_new_resource_signed_by_another_did_is_never_believed(attacked: AttackedRegistry) -> None:
    """Under a new path it comes into the copy; it goes when the issuer's own is published."""
    issuer = attacked.issuer
    genuine = issuer.schema("9.0")
    forged = sign_resource(genuine, ATTACKER.attest, ATTACKER.method, NOW)
    attacked.publish_signed({file_of(forged): forged})
    assert attacked.refresh().refused == ()
    assert refusal_of(attacked, forged["id"]) is Rule.PROOF_KEY
    attacked.publish_signed({file_of(genuine): genuine})
    assert attacked.refresh().refused == ()
    assert attacked.mirror.resolve_resource(genuine["id"]).verification_method == issuer.method


def test_links_that_the_host_shrank_are_refused(attacked: AttackedRegistry) -> None:
    """An older definition, signed by the issuer at its time, would hide the last revocation."""
    definition = attacked.published.definition
    path = file_of(definition)
    for links in (definition["links"][:1], []):
        attacked.publish_signed({path: attacked.issuer.sign({**definition, "links": links})})
        attacked.refuses(str(Rule.LINKS))
    attacked.be_honest(path)


@pytest.mark.parametrize("wrong", ["time", "registry", "size"])
def test_a_status_list_of_another_registry_is_refused(
    attacked: AttackedRegistry, wrong: str
) -> None:
    """The issuer's own list, linked to by a definition that it signed: it says another thing."""
    issuer, definition = attacked.issuer, attacked.published.definition
    other = issuer.registry_definition(
        definition["content"]["credDefId"], attacked.published.tails_hash
    )
    content = {
        **issuer.status_list(definition["id"], 3000)["content"],
        "timestamp": 2500 if wrong == "time" else 3000,
        "revRegDefId": other["id"] if wrong == "registry" else definition["id"],
        "revocationList": [0] * (7 if wrong == "size" else 8),
    }
    status_list = issuer.sign(build_resource(issuer.did, ResourceType.STATUS_LIST, "0", content))
    longer = linked(definition, status_list, 3000)
    attacked.publish_signed(
        {file_of(status_list): status_list, file_of(definition): issuer.sign(longer)}
    )
    assert attacked.refresh().refused == ()
    with pytest.raises(RuleBroken) as refusal:
        attacked.mirror.resolve_status_list(definition["id"], FAR)
    assert refusal.value.rule is Rule.STATUS_LIST
    link, _ = attacked.mirror.resolve_status_list(definition["id"], 2999)
    assert link.timestamp == 2000  # what was in force before still answers


def linked(
    definition: dict[str, Any], status_list: dict[str, Any], timestamp: int
) -> dict[str, Any]:
    link = {"type": "anonCredsStatusList", "id": status_list["id"], "timestamp": timestamp}
    return {**definition, "links": [*definition["links"], link]}


def test_a_status_list_that_the_host_withholds_is_not_answered_by_an_older_one(
    attacked: AttackedRegistry,
) -> None:
    issuer, definition = attacked.issuer, attacked.published.definition
    withheld = issuer.status_list(definition["id"], 3000, (1, 2))
    longer = linked(definition, withheld, 3000)
    attacked.publish_signed({file_of(definition): issuer.sign(longer)})
    assert attacked.refresh().refused == ()
    with pytest.raises(NotFound):
        attacked.mirror.resolve_status_list(definition["id"], 3000)
    assert attacked.mirror.resolve_status_list(definition["id"], 2999)[0].timestamp == 2000
    attacked.publish_signed({file_of(withheld): withheld})
    attacked.refresh()
    assert attacked.mirror.resolve_status_list(definition["id"], 3000)[1].id == withheld["id"]


def test_a_tails_file_with_other_content_is_refused(attacked: AttackedRegistry) -> None:
    path = f"tails/hash/{attacked.published.tails_hash}"
    attacked.publish_signed({path: b"other tails"})
    attacked.refuses(str(Rule.TAILS))
    (attacked.files / path).write_bytes(b"other tails")
    with pytest.raises(RuleBroken) as refusal:
        attacked.mirror.tails_file(attacked.published.tails_hash)
    assert refusal.value.rule is Rule.TAILS
    attacked.be_honest(path)


@pytest.mark.parametrize("tails_hash", ["../../../evil", "/etc/passwd", "..%2f..%2fevil", "a\\b"])
def test_a_tails_hash_with_a_path_in_it_is_refused(
    attacked: AttackedRegistry, tails_hash: str
) -> None:
    """In a definition that the issuer itself signed: an agent would write a file of that name."""
    with pytest.raises(RuleBroken) as refusal:
        attacked.mirror.tails_file(tails_hash)
    assert refusal.value.rule is Rule.TAILS
    issuer, standing = attacked.issuer, attacked.published.definition
    value = {
        **standing["content"]["value"],
        "tailsHash": tails_hash,
        "tailsLocation": f"https://{issuer.host}/tails/hash/{tails_hash}",
    }
    content = {**standing["content"], "value": value}
    digest = digest_of(content)
    evil = issuer.sign(
        {
            **standing,
            "id": f"{issuer.did}/resources/{digest}",
            "content": content,
            "metadata": {**standing["metadata"], "resourceId": digest},
        }
    )
    attacked.publish_signed({file_of(evil): evil})
    attacked.refresh()
    assert refusal_of(attacked, evil["id"]) is Rule.TAILS
    attacked.check_still_good()
