"""The watcher against a host that holds the online key: each lie has its alarm, none poisons it."""

from __future__ import annotations

import json
import re
import shutil
from base64 import b64decode
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from itertools import count
from pathlib import Path

import pytest
from tuf.api.metadata import MetaFile  # type: ignore[attr-defined]

from acquis.registry.did_log import build_next_entry
from acquis.registry.resource import Link
from registry_host.keys import load_or_create_key
from registry_host.watch.alarms import AlarmName
from registry_host.watch.record import MOST_UNVERIFIED
from support import hostile_registry as attacks
from support.hostile_registry import Answer, hostile_host
from support.registry import path_of, seeded_key
from support.watched_registry import EARLIER, Attacked, Thief, Watching, build_definition
from support.witnesses import WitnessedIssuer, version_ids, witness_file


def test_a_quiet_registry_costs_no_line_and_no_file(attacked: Attacked) -> None:
    attacked.watching.round()  # the first at this address, which is noted
    before = (attacked.watching.folder / "journal.jsonl").read_bytes()
    done = attacked.watching.round()
    assert (done.raised, done.cleared, done.warned, done.changed) == ((), (), (), 0)
    assert (attacked.watching.folder / "journal.jsonl").read_bytes() == before


# metadata


def test_an_older_timestamp_is_a_rollback_of_the_metadata(attacked: Attacked) -> None:
    thief = attacked.thief
    thief.remember("then")
    thief.publish({attacked.log: attacked.extended()})
    assert attacked.watching.raised() == set()
    thief.remember("now")
    thief.restore("then")
    assert attacked.watching.raised() == {
        ("metadata-rollback", "tuf/timestamp.json"),
        ("metadata-rollback", "tuf/snapshot.json"),
    }
    assert attacked.watching.raised() == set()  # said once, for as long as it stands
    assert len(attacked.watching.standing()) == 2
    thief.restore("now")
    attacked.recovers("metadata-rollback")


def test_an_older_snapshot_below_a_new_timestamp_is_a_rollback(attacked: Attacked) -> None:
    thief = attacked.thief
    older = thief.load("timestamp").signed.snapshot_meta.version
    thief.sign("snapshot", lambda _snapshot: None)
    assert attacked.watching.raised() == set()
    thief.sign("timestamp", lambda ts: setattr(ts, "snapshot_meta", MetaFile(older)))
    assert attacked.watching.raised() == {("metadata-rollback", "tuf/snapshot.json")}
    thief.sign("timestamp", lambda ts: setattr(ts, "snapshot_meta", MetaFile(older + 1)))
    attacked.recovers("metadata-rollback")


def test_an_older_bin_below_a_new_snapshot_is_a_rollback(attacked: Attacked) -> None:
    thief = attacked.thief
    role = thief.bin_of(attacked.log)
    older = thief.load(role).signed.version
    thief.publish({attacked.log: attacked.extended()})
    assert attacked.watching.raised() == set()
    thief.sign("snapshot", lambda s: s.meta.update({f"{role}.json": MetaFile(older)}))
    assert attacked.watching.raised() == {("metadata-rollback", f"tuf/{role}.json")}
    thief.sign("snapshot", lambda s: s.meta.update({f"{role}.json": MetaFile(older + 1)}))
    attacked.recovers("metadata-rollback")


@pytest.mark.parametrize("role", ["timestamp", "snapshot", "bin"])
def test_the_same_version_with_another_content_is_a_fork(attacked: Attacked, role: str) -> None:
    thief = attacked.thief
    role = thief.bin_of(attacked.log) if role == "bin" else role
    thief.remember("then")
    thief.later(role, hours=20)
    done = attacked.watching.round()
    forked = {alarm.subject: alarm for alarm in done.raised}
    assert {str(alarm.name) for alarm in done.raised} == {"metadata-fork"}
    alarm = forked[f"tuf/{role}.json"]
    archive = attacked.watching.record().archive
    assert alarm.expected is not None
    assert alarm.found is not None
    one, two = json.loads(archive.read(alarm.expected)), json.loads(archive.read(alarm.found))
    assert one["signed"]["version"] == two["signed"]["version"]
    assert one["signed"]["expires"] != two["signed"]["expires"]
    thief.restore("then")
    attacked.recovers("metadata-fork")


def test_a_forked_bin_is_followed_to_what_it_signs(attacked: Attacked) -> None:
    thief = attacked.thief
    thief.remember("then")
    longer, _ = build_definition(attacked, Link("x", 1), keep=0)
    thief.publish({path_of(longer)[1:]: longer}, step=0)
    role = thief.bin_of(path_of(longer)[1:])
    assert attacked.watching.raised() == {
        ("metadata-fork", f"tuf/{role}.json"),
        ("links-shrunk", path_of(longer)[1:]),
    }
    thief.restore("then")
    attacked.recovers("metadata-fork", "links-shrunk")


@pytest.mark.parametrize("role", ["timestamp", "snapshot", "bin"])
def test_metadata_that_has_expired_is_a_freeze(attacked: Attacked, role: str) -> None:
    thief = attacked.thief
    role = thief.bin_of(attacked.log) if role == "bin" else role
    thief.sign(role, lambda each: setattr(each, "expires", EARLIER))
    assert attacked.watching.raised() == {("metadata-expired", f"tuf/{role}.json")}
    later = datetime.now(UTC) + timedelta(days=9_999)
    thief.sign(role, lambda each: setattr(each, "expires", later))
    attacked.recovers("metadata-expired")


def test_a_host_that_stops_signing_is_said_to_be_frozen(attacked: Attacked) -> None:
    attacked.watching.clock = lambda: datetime.now(UTC) + timedelta(days=2)
    assert attacked.watching.raised() == {("metadata-expired", "tuf/timestamp.json")}
    attacked.watching.clock = lambda: datetime.now(UTC)
    attacked.recovers("metadata-expired")


@pytest.mark.parametrize("role", ["timestamp", "snapshot", "targets", "bin"])
def test_metadata_signed_by_another_key_does_not_verify_and_is_noted(
    attacked: Attacked, role: str, tmp_path: Path
) -> None:
    thief = attacked.thief
    role = thief.bin_of(attacked.log) if role == "bin" else role
    thief.remember("then")
    metadata = thief.load(role)
    thief.write(role, metadata, load_or_create_key(tmp_path / "other.pem"))
    done = attacked.watching.round()
    assert [(str(alarm.name), alarm.subject) for alarm in done.raised] == [
        ("metadata-unverified", f"tuf/{role}.json")
    ]
    (noted,) = attacked.watching.noted("unverified")
    assert (noted["role"], noted["sha256"]) == (role, done.raised[0].found)
    assert b64decode(noted["begins"]) == (thief.tuf / thief.name_of(role)).read_bytes()[:1024]
    thief.restore("then")
    attacked.recovers("metadata-unverified")


@pytest.mark.parametrize("part", ["timestamp", "1.root", "2.root", "bin-", "did.jsonl"])
def test_somebody_without_a_key_fills_no_disk_and_cries_once(attacked: Attacked, part: str) -> None:
    """Other nonsense in each round, by whoever stands between the watcher and the registry."""
    watching = attacked.watching
    watching.round()
    if part in {"bin-", "did.jsonl"}:
        attacked.thief.publish({attacked.log: attacked.extended()})
    nonsense, length = count(), {"timestamp": 16_000, "did.jsonl": 1000}.get(part, 400_000)

    def serve(handler: BaseHTTPRequestHandler) -> None:
        attacks.answer(handler, 200, (b"%d " % next(nonsense) * length)[:length])

    def kept() -> int:
        return sum(path.stat().st_size for path in watching.folder.rglob("*") if path.is_file())

    attacked.host.attack, attacked.host.applies_to = serve, part
    first = watching.round()
    names = {str(alarm.name) for alarm in first.raised}
    assert names == {"file-unverified" if part == "did.jsonl" else "metadata-unverified"}
    before = kept()
    for _ in range(10):
        done = watching.round()
        assert (done.raised, done.cleared) == ((), ())
    assert len(watching.noted("unverified")) <= MOST_UNVERIFIED * len(first.raised)
    assert kept() - before < 2500 * MOST_UNVERIFIED * len(first.raised)
    attacked.host.attack = None
    attacked.recovers(*names)


def test_a_root_that_the_old_root_did_not_sign_changes_nothing(attacked: Attacked) -> None:
    thief = attacked.thief
    root = (thief.tuf / "1.root.json").read_text().replace('"version":1', '"version":2')
    (thief.tuf / "2.root.json").write_text(root)
    pinned = attacked.watching.record().memory.root
    assert attacked.watching.raised() == {("metadata-unverified", "tuf/root.json")}
    assert attacked.watching.record().memory.root == pinned
    (thief.tuf / "2.root.json").unlink()
    attacked.recovers("metadata-unverified")


def test_a_version_beyond_all_others_is_healed_by_new_keys(attacked: Attacked) -> None:
    thief = attacked.thief
    thief.remember("honest")
    thief.sign("timestamp", lambda _timestamp: None, step=2**40)
    assert attacked.watching.raised() == set()
    thief.restore("honest")
    assert ("metadata-rollback", "tuf/timestamp.json") in attacked.watching.raised()
    thief.replace_online_key()
    attacked.recovers("metadata-rollback")
    assert attacked.watching.round().raised == ()


def test_keys_replaced_while_we_look_are_no_attack(attacked: Attacked) -> None:
    thief, host = attacked.thief, attacked.host
    thief.replace_online_key()

    def not_yet(handler: BaseHTTPRequestHandler) -> None:
        host.attack = None
        attacks.answer(handler, 404, b"")

    host.attack, host.applies_to = not_yet, "2.root.json"
    assert attacked.watching.round().raised == ()
    assert len(attacked.watching.record().memory.roots) == 2
    attacked.watching.trusted_root = thief.tuf / "2.root.json"  # as good as the first by now
    assert attacked.watching.round().raised == ()


# DID logs


def test_a_shorter_log_is_a_rollback(attacked: Attacked) -> None:
    thief, longer = attacked.thief, attacked.extended()
    thief.publish({attacked.log: longer})
    assert attacked.watching.raised() == set()
    thief.publish({attacked.log: attacked.issuer.log})
    assert attacked.watching.raised() == {("log-rollback", attacked.log)}
    thief.publish({attacked.log: longer})
    attacked.recovers("log-rollback")


def test_another_log_at_the_same_version_is_a_fork_with_both_as_evidence(
    attacked: Attacked,
) -> None:
    thief = attacked.thief
    one, two = attacked.extended(), attacked.extended(created=EARLIER + timedelta(days=1))
    thief.publish({attacked.log: one})
    assert attacked.watching.raised() == set()
    thief.publish({attacked.log: two})
    (alarm,) = attacked.watching.round().raised
    assert alarm.name is AlarmName.LOG_FORK
    archive = attacked.watching.record().archive
    assert archive.read(alarm.expected or "") == one.encode()
    assert archive.read(alarm.found or "") == two.encode()
    thief.publish({attacked.log: one})
    attacked.recovers("log-fork")


@pytest.mark.parametrize("attack", ["shorter", "longer", "other"])
def test_a_deactivated_did_does_not_come_back(attacked: Attacked, attack: str) -> None:
    thief, issuer = attacked.thief, attacked.issuer
    ended = attacked.extended(deactivate=True)
    thief.publish({attacked.log: ended})
    assert attacked.watching.raised() == set()
    woken = {
        "shorter": issuer.log,
        "longer": ended + ended.splitlines()[0] + "\n",
        "other": attacked.extended(),
    }
    thief.publish({attacked.log: woken[attack]})
    assert attacked.watching.raised() == {("log-reactivated", attacked.log)}
    thief.publish({attacked.log: ended})
    attacked.recovers("log-reactivated")


def test_a_log_that_does_not_verify_is_no_version_to_compare_with(attacked: Attacked) -> None:
    thief, longer = attacked.thief, attacked.extended()
    thief.publish({attacked.log: re.sub(r'"proofValue": "z.', '"proofValue": "z1', longer)})
    assert attacked.watching.raised() == {("file-unverified", attacked.log)}
    thief.publish({attacked.log: longer})
    attacked.recovers("file-unverified")
    thief.publish({attacked.log: attacked.issuer.log})
    assert attacked.watching.raised() == {("log-rollback", attacked.log)}


def test_a_witnessed_log_is_judged_with_its_witness_file(attacked: Attacked) -> None:
    issuer = WitnessedIssuer(folder="univ/witnessed", created=EARLIER)
    log, witness = f"{issuer.folder}/did.jsonl", f"{issuer.folder}/did-witness.json"
    longer = build_next_entry(issuer.log.encode(), issuer.next, seeded_key("n"))
    first, second = version_ids(longer)
    one, two = ((each, issuer.approvals(each)) for each in (first, second))
    thief = attacked.thief
    thief.publish({witness: witness_file(one)})
    assert attacked.watching.raised() == set()
    thief.publish({log: issuer.log})
    assert attacked.watching.raised() == set()
    thief.publish({witness: witness_file(one, two), log: longer})
    assert attacked.watching.raised() == set()
    thief.publish({witness: witness_file((first, issuer.approvals(first, 1)))})
    assert attacked.watching.raised() == {("file-unverified", witness)}
    thief.publish({witness: witness_file(one, two)})
    attacked.recovers("file-unverified")


# split view


def test_two_addresses_that_tell_different_stories_are_a_split_view(
    attacked: Attacked, tmp_path: Path
) -> None:
    thief, watching = attacked.thief, attacked.watching
    shutil.copytree(thief.base, tmp_path / "elsewhere")
    elsewhere = Thief(tmp_path / "elsewhere")
    with hostile_host(elsewhere.public) as host:
        watching.addresses["elsewhere"] = host.url
        assert [each.raised for each in watching.rounds()] == [(), ()]
        thief.publish({attacked.log: attacked.extended()})
        assert [each.raised for each in watching.rounds()] == [(), ()]  # one is behind: no alarm
        elsewhere.publish({attacked.log: attacked.extended(created=EARLIER + timedelta(days=1))})
        here, there = watching.rounds()
        assert here.raised == ()
        said = {(str(alarm.name), alarm.subject) for alarm in there.raised}
        assert ("split-view", attacked.log) in said
        assert {name for name, _ in said} == {"split-view"}


# a host that is down or broken


@pytest.mark.parametrize("applies_to", ["timestamp", "bin-", "resources"])
@pytest.mark.parametrize(
    "attack",
    [
        attacks.endless_body,
        attacks.half_written,
        attacks.not_found,
        attacks.server_error,
        attacks.connection_closed,
        attacks.redirect_to("/tuf/1.root.json"),
    ],
    ids=lambda attack: str(attack.__name__),
)
def test_a_broken_host_is_a_warning_and_no_alarm(
    attacked: Attacked, attack: Answer, applies_to: str
) -> None:
    schema = attacked.issuer.schema("2.0")
    attacked.thief.publish({path_of(schema)[1:]: schema})
    attacked.host.attack, attacked.host.applies_to = attack, applies_to
    done = attacked.watching.round()
    assert (done.is_whole, len(done.warned) > 0) == (False, True)
    assert {str(alarm.detail) for alarm in done.raised} <= {"not as signed"}
    attacked.host.attack = None
    done = attacked.watching.round()
    assert (done.is_whole, done.standing, done.raised) == (True, 0, ())
    assert attacked.watching.record().memory.view("main").accepted[path_of(schema)[1:]]


def test_a_look_that_ran_out_of_bytes_goes_on_with_the_next(
    attacked: Attacked, tmp_path: Path
) -> None:
    watching = Watching(tmp_path / "new", attacked.watching.trusted_root, attacked.host.url)
    first = watching.round(most_bytes=1)
    assert (first.is_whole, first.changed) == (False, 1)
    rounds = [watching.round(most_bytes=1) for _ in range(8)]
    assert rounds[-1].is_whole
    assert [each.raised for each in rounds] == [()] * 8
    assert len(watching.record().memory.view("main").accepted) == 8
