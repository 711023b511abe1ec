"""Two identities that claim one folder: neither keeps the other out, neither loses what was good."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from acquis.errors import AcquisError
from acquis.registry.did_log import build_next_entry
from acquis.registry.mirror.newest_list import NewestLists
from acquis.registry.mirror.reading import PublishedFiles
from acquis.registry.resource import Resource, ResourceType, build_resource
from acquis.registry.rotation import with_attest_key, with_compromised_key
from acquis.registry.rules import Rule, RuleBroken
from acquis.registry.trust_list import TrustList, build_trust_list
from support.attacked_registry import AttackedRegistry, file_of
from support.hostile_logs import History
from support.registry import HOST, Issuer, seeded_key
from support.witnesses import WitnessedIssuer, version_ids, witness_file

DAYS = (date(2026, 1, 1), date(2030, 1, 1))
KEPT = ("did.jsonl", "did-witness.json", "index.json")


def publication(who: Issuer, *resources: dict[str, Any]) -> dict[str, Any]:
    """The log, the index and these resources of a publisher."""
    listed: dict[str, list[dict[str, str]]] = {}
    for each in resources:
        kind = each["metadata"]["resourceType"]
        listed.setdefault(kind, []).append({"id": each["id"], "name": "name"})
    return {
        f"{who.folder}/did.jsonl": who.log,
        f"{who.folder}/index.json": {"did": who.did, "resources": listed},
        **{file_of(each): each for each in resources},
    }


def trust_list(anchor: Issuer, version: int) -> dict[str, Any]:
    content = build_trust_list(TrustList(anchor.did, version, *DAYS, ()))
    signed: dict[str, Any] = anchor.sign(
        build_resource(anchor.did, ResourceType.TRUST_LIST, "list", content)
    )
    return signed


def takes_over(attacked: AttackedRegistry, files: dict[str, Any]) -> None:
    """All of it is taken at once, also by a mirror that has just started."""
    attacked.publish_signed(files)
    assert attacked.refresh().refused == ()
    attacked.restart()


def refusal(attacked: AttackedRegistry, did: str) -> RuleBroken:
    with pytest.raises(RuleBroken) as raised:
        attacked.mirror.resolve_did(did)
    return raised.value


def test_whoever_comes_first_keeps_nobody_out(attacked: AttackedRegistry) -> None:
    squatter, genuine = (Issuer(folder="univ/new", name=name) for name in ("squatter", "genuine"))
    longer = build_next_entry(squatter.log.encode(), squatter.next, seeded_key("n"))
    schema = genuine.schema()
    takes_over(attacked, {**publication(squatter, squatter.schema()), "univ/new/did.jsonl": longer})
    found = refusal(attacked, genuine.did)
    assert (found.rule, "Another identity’s log lies" in found.says.en) == (Rule.PATH, True)
    with pytest.raises(RuleBroken, match="Another identity"):
        attacked.mirror.trust_list(genuine.did)

    takes_over(attacked, publication(genuine, schema))
    assert attacked.mirror.resolve_did(genuine.did).version_number == 1
    assert attacked.mirror.resolve_resource(schema["id"])
    schemas = set(attacked.mirror.resources(ResourceType.SCHEMA))
    assert {schema["id"], squatter.schema()["id"]} <= schemas  # who is who is for anchors to say
    assert attacked.mirror.resolve_did(squatter.did).version_number == 2  # the last good copy
    attacked.check_still_good(index=False)  # which holds one schema only


def test_an_identity_whose_folder_is_given_away_loses_nothing_and_comes_back(
    attacked: AttackedRegistry,
) -> None:
    issuer, history = attacked.issuer, History(attacked.issuer)
    schema, definition = attacked.published.schema, attacked.published.credential_definition
    honest = (attacked.public / f"{issuer.folder}/index.json").read_bytes()
    attacked.publish_signed({attacked.log_path: history.second})
    attacked.refresh()
    other = Issuer(name="other")
    for _ in range(2):
        takes_over(attacked, publication(other, other.schema()))
        listed = {kind: list(attacked.mirror.resources(kind)) for kind in ResourceType}
        assert set(listed[ResourceType.SCHEMA]) == {schema["id"], other.schema()["id"]}
        assert listed[ResourceType.CREDENTIAL_DEFINITION] == [definition["id"]]
        assert attacked.mirror.resolve_did(other.did)
        assert attacked.mirror.resolve_did(issuer.did).version_number == 2
        assert attacked.mirror.resolve_resource(attacked.published.definition["id"]).links

        attacked.publish_signed({attacked.log_path: history.first})
        assert attacked.refresh().refused == ((attacked.log_path, str(Rule.LOG_ROLLBACK)),)
        takes_over(
            attacked, {attacked.log_path: history.second, f"{issuer.folder}/index.json": honest}
        )
        assert attacked.mirror.resolve_did(issuer.did).version_number == 2
        assert sorted(attacked.mirror.resources(ResourceType.SCHEMA)) == sorted(
            [schema["id"], other.schema()["id"]]
        )


def test_what_it_was_is_remembered_also_without_the_displaced_copy(
    attacked: AttackedRegistry,
) -> None:
    history = History(attacked.issuer)
    takes_over(attacked, {attacked.log_path: history.third})
    takes_over(attacked, publication(Issuer(name="other")))
    scid = attacked.issuer.did.split(":")[2]
    for name in KEPT:
        (attacked.folder / HOST / "displaced" / scid / name).unlink(missing_ok=True)
    attacked.publish_signed({attacked.log_path: history.second})
    assert attacked.refresh().refused == ((attacked.log_path, str(Rule.LOG_ROLLBACK)),)
    takes_over(attacked, {attacked.log_path: history.third})
    assert attacked.mirror.resolve_did(attacked.issuer.did).version_number == 3


def test_another_identity_in_between_shortens_no_index_and_no_links(
    attacked: AttackedRegistry,
) -> None:
    issuer, published = attacked.issuer, attacked.published
    index, definition = f"{issuer.folder}/index.json", file_of(published.definition)
    standing = json.loads((attacked.public / definition).read_bytes())
    unsigned = {key: value for key, value in standing.items() if key != "proof"}
    takes_over(attacked, publication(Issuer(name="other")))
    attacked.publish_signed({definition: issuer.sign({**unsigned, "links": unsigned["links"][:1]})})
    assert attacked.refresh().refused == ((definition, str(Rule.LINKS)),)
    attacked.publish_signed(
        {attacked.log_path: issuer.log, index: {"did": issuer.did, "resources": {}}}
    )
    assert dict(attacked.refresh().refused)[index] == str(Rule.INDEX)
    attacked.restart()
    attacked.be_honest(index, definition)


def test_the_witness_file_of_one_identity_takes_no_other_away(attacked: AttackedRegistry) -> None:
    witnessed = WitnessedIssuer(folder=attacked.issuer.folder, name="witnessed")
    version = version_ids(witnessed.log)[0]
    proofs = witness_file((version, witnessed.approvals(version, 2)))
    witness = f"{witnessed.folder}/did-witness.json"
    takes_over(attacked, {**publication(witnessed), witness: proofs})
    assert attacked.mirror.resolve_did(witnessed.did)
    attacked.check_still_good(index=False)
    takes_over(attacked, {attacked.log_path: attacked.issuer.log})  # which has no witness file
    attacked.be_honest(f"{attacked.issuer.folder}/index.json")
    assert attacked.mirror.resolve_did(witnessed.did)  # displaced with its proofs
    takes_over(attacked, {**publication(witnessed), witness: proofs})
    assert attacked.mirror.resolve_did(witnessed.did)


def test_a_sound_log_of_elsewhere_brings_no_witness_file_with_it(
    attacked: AttackedRegistry,
) -> None:
    here = WitnessedIssuer(folder="univ/here", name="here")
    there = WitnessedIssuer(folder="univ/there", name="there")
    proofs = []
    for each in (here, there):
        version = version_ids(each.log)[0]
        proofs.append(witness_file((version, each.approvals(version, 2))))
    log, witness = "univ/here/did.jsonl", "univ/here/did-witness.json"
    takes_over(attacked, {log: here.log, witness: proofs[0]})
    attacked.publish_signed({log: there.log, witness: proofs[1]})
    assert {path for path, _ in attacked.refresh().refused} == {log, witness}
    attacked.restart()
    assert attacked.mirror.resolve_did(here.did)


def version_of(attacked: AttackedRegistry, anchor: Issuer) -> int:
    found: int = attacked.mirror.trust_list(anchor.did).content["version"]
    return found


def test_no_list_answers_below_one_that_was_seen(attacked: AttackedRegistry) -> None:
    anchor = Issuer(folder="trust/anchor", name="anchor")
    lists = [trust_list(anchor, version) for version in (1, 2)]
    takes_over(attacked, publication(anchor, *lists))
    assert version_of(attacked, anchor) == 2

    takes_over(attacked, publication(Issuer(folder=anchor.folder, name="other")))
    assert version_of(attacked, anchor) == 2

    for kept in (attacked.folder / HOST / "displaced").rglob("index.json"):
        kept.unlink()
    takes_over(attacked, publication(anchor, lists[0]))  # the index hides the second
    assert version_of(attacked, anchor) == 2

    newest = attacked.files / file_of(lists[1])
    raw = newest.read_bytes()
    for spoil in (newest.unlink, lambda: newest.write_bytes(b"{}")):
        spoil()
        attacked.restart()
        with pytest.raises(RuleBroken, match=r"Version 2 .* was seen"):
            attacked.mirror.trust_list(anchor.did)
    newest.write_bytes(raw)
    assert version_of(attacked, anchor) == 2


def test_a_list_by_a_stolen_key_binds_nobody_once_the_key_is_given_up(
    attacked: AttackedRegistry,
) -> None:
    anchor = Issuer(folder="trust/anchor", name="anchor")
    first, stolen = trust_list(anchor, 1), trust_list(anchor, 99)
    takes_over(attacked, publication(anchor, first, stolen))
    assert version_of(attacked, anchor) == 99

    fresh = seeded_key("fresh")
    document = with_attest_key(anchor.document.document, fresh.multikey)
    document = with_compromised_key(document, anchor.method, anchor.document.created)
    log = build_next_entry(anchor.log.encode(), anchor.next, seeded_key("n"), document)
    anchor.attest = fresh
    takes_over(attacked, {f"{anchor.folder}/did.jsonl": log})
    with pytest.raises(AcquisError):
        attacked.mirror.trust_list(anchor.did)
    again = [trust_list(anchor, version) for version in (1, 2)]
    takes_over(attacked, {**publication(anchor, *again, stolen), f"{anchor.folder}/did.jsonl": log})
    assert version_of(attacked, anchor) == 2


def test_a_list_without_a_version_stops_no_refresh(attacked: AttackedRegistry) -> None:
    anchor = Issuer(folder="trust/anchor", name="anchor")
    content = {"issuerId": anchor.did, "entries": []}
    odd = anchor.sign(build_resource(anchor.did, ResourceType.TRUST_LIST, "list", content))
    takes_over(attacked, publication(anchor, odd))
    with pytest.raises(RuleBroken) as raised:
        attacked.mirror.trust_list(anchor.did)
    assert raised.value.rule is Rule.TRUST_LIST


class Counted(PublishedFiles):
    """Counts how often a resource is looked at."""

    looks = 0

    def resolve_resource(self, resource_id: str, expected: ResourceType | None = None) -> Resource:
        self.looks += 1
        return super().resolve_resource(resource_id, expected)


def test_older_versions_are_looked_at_once_and_again_when_something_came(
    attacked: AttackedRegistry,
) -> None:
    anchor = Issuer(folder="trust/anchor", name="anchor")
    lists = [trust_list(anchor, version) for version in range(1, 7)]
    missing = lists[-1]
    files = publication(anchor, *lists)
    del files[file_of(missing)]
    takes_over(attacked, files)
    counted = Counted(HOST, attacked.files)
    newest = NewestLists(counted, attacked.folder / HOST / "lists.json")
    assert newest.newest(anchor.did).id == lists[-2]["id"]
    before = counted.looks
    for _ in range(3):
        assert newest.newest(anchor.did).id == lists[-2]["id"]
    assert counted.looks == before + 3
    takes_over(attacked, {file_of(missing): missing})  # the index stays as it was
    assert newest.newest(anchor.did).id == missing["id"]
