"""The watcher against a host that holds the online key: resources, tails and what is not as signed."""

from __future__ import annotations

import json

from registry_host.watch.alarms import AlarmName
from support import hostile_registry as attacks
from support.registry import Issuer, path_of, seeded_key
from support.watched_registry import EARLIER, Attacked, Watching, build_definition


def test_links_that_are_missing_are_an_alarm(attacked: Attacked) -> None:
    shorter, standing = build_definition(attacked, keep=1)
    path = path_of(standing)[1:]
    attacked.thief.publish({path: shorter})
    (alarm,) = attacked.watching.round().raised
    assert (alarm.name, alarm.subject) == (AlarmName.LINKS_SHRUNK, path)
    assert alarm.detail == "2 links before, 1 now"
    attacked.thief.publish({path: standing})
    attacked.recovers("links-shrunk")


def test_links_that_are_changed_are_an_alarm_also_when_there_are_more(attacked: Attacked) -> None:
    _, standing = build_definition(attacked)
    links = [dict(link) for link in standing["links"]]
    links[0]["timestamp"] += 1
    changed, _ = build_definition(attacked, links=links)
    attacked.thief.publish({path_of(standing)[1:]: changed})
    assert attacked.watching.raised() == {("links-shrunk", path_of(standing)[1:])}


def test_another_name_or_an_earlier_signature_is_an_alarm(attacked: Attacked) -> None:
    schema = attacked.published.schema
    path = path_of(schema)[1:]
    unsigned = {key: value for key, value in schema.items() if key != "proof"}
    renamed = {**unsigned, "metadata": {**schema["metadata"], "resourceName": "other"}}
    for changed in (attacked.issuer.sign(renamed), attacked.issuer.sign(unsigned, EARLIER)):
        attacked.thief.publish({path: changed})
        assert attacked.watching.raised() == {("resource-changed", path)}
        attacked.thief.publish({path: schema})
        attacked.recovers("resource-changed")


def test_what_is_named_by_its_digest_is_never_replaced(attacked: Attacked) -> None:
    schema, tails = attacked.published.schema, f"tails/hash/{attacked.published.tails_hash}"
    other = attacked.issuer.schema("2.0")
    raw = (attacked.thief.public / tails).read_bytes()
    attacked.thief.publish({path_of(schema)[1:]: other, tails: raw + b"."})
    assert attacked.watching.raised() == {
        ("immutable-replaced", path_of(schema)[1:]),
        ("immutable-replaced", tails),
    }
    attacked.thief.publish({path_of(schema)[1:]: schema, tails: raw})
    attacked.recovers("immutable-replaced")


def test_a_file_that_the_metadata_forgets_is_an_alarm_until_it_is_back(attacked: Attacked) -> None:
    schema = attacked.published.schema
    path = path_of(schema)[1:]
    attacked.thief.publish({path: None})
    assert attacked.watching.raised() == {("file-gone", path)}
    attacked.thief.sign(attacked.thief.bin_of(path), lambda _bin: None)
    assert attacked.watching.round().raised == ()
    assert len(attacked.watching.standing()) == 1
    attacked.thief.publish({path: schema})
    attacked.recovers("file-gone")


def test_an_index_that_hides_what_it_listed_is_an_alarm(attacked: Attacked) -> None:
    path = f"{attacked.issuer.folder}/index.json"
    raw = (attacked.thief.public / path).read_bytes()
    index = json.loads(raw)
    index["resources"]["anonCredsSchema"] = []
    attacked.thief.publish({path: index})
    assert attacked.watching.raised() == {("index-shrunk", path)}
    attacked.thief.publish({path: raw})
    attacked.recovers("index-shrunk")


def test_what_the_strict_reader_refuses_is_an_alarm_and_goes_when_it_goes(
    attacked: Attacked,
) -> None:
    mallory, issuer = Issuer(folder=attacked.issuer.folder, name="mallory"), attacked.issuer
    schema = issuer.schema("3.0")
    forged = {**schema, "proof": mallory.schema("3.0")["proof"]}
    where = path_of(schema)[1:]
    odd = "univ/demo/\x1b[2Jresources"
    attacked.thief.publish({where: forged, odd: b"x", "univ/demo/did-witness.json": b"[{}]"})
    assert attacked.watching.raised() == {
        ("file-unverified", where),
        ("file-unverified", odd),
        ("file-unverified", "univ/demo/did-witness.json"),
    }
    attacked.thief.publish({where: schema, odd: None, "univ/demo/did-witness.json": None})
    attacked.recovers("file-unverified")


def test_a_signature_by_a_key_withdrawn_before_is_refused(attacked: Attacked) -> None:
    issuer, fresh = attacked.issuer, seeded_key("fresh-attest")
    text = json.dumps(issuer.document.document)
    replaced = json.loads(text.replace(issuer.attest.multikey, fresh.multikey))
    attacked.thief.publish({attacked.log: attacked.extended(document=replaced)})
    assert attacked.watching.raised() == set()  # what stood was good when it was seen
    late = issuer.schema("4.0")
    attacked.thief.publish({path_of(late)[1:]: late})
    assert attacked.watching.raised() == {("file-unverified", path_of(late)[1:])}
    newcomer = Watching(
        attacked.watching.folder / "new", attacked.watching.trusted_root, attacked.host.url
    )
    assert newcomer.round().raised == ()  # who looks for the first time cannot tell


def test_bytes_that_are_not_the_signed_ones_are_noted_and_said(attacked: Attacked) -> None:
    longer = attacked.extended()
    attacked.thief.publish({attacked.log: longer})
    attacked.host.attack, attacked.host.applies_to = attacks.other_bytes, "did.jsonl"
    (alarm,) = attacked.watching.round().raised
    assert (alarm.name, alarm.detail) == (AlarmName.FILE_UNVERIFIED, "not as signed")
    (noted,) = attacked.watching.noted("unverified")
    assert (noted["path"], noted["sha256"]) == (attacked.log, alarm.found)
    attacked.host.attack = None
    attacked.recovers("file-unverified")
