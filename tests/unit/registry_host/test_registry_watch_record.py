"""The watcher's record: nobody changes it unseen, and a crash leaves it whole."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from acquis.errors import Conflict, InvalidInput, NotFound, Untrusted
from registry_host.watch.record import check_record, opened_record
from support.hostile_registry import hostile_host
from support.registry import HOST, Issuer, publish_all, running_registry
from support.watched_registry import Thief, Watching


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Watching:
    """A folder after one round over a registry, and an alarm in a second one."""
    base = tmp_path_factory.mktemp("watched")
    with running_registry(base) as server:
        issuer = Issuer()
        publish_all(server, issuer, lists=1)
        watching = Watching(base / "watcher", server.trusted_root, server.url)
        watching.round()
    thief = Thief(base)
    thief.publish({f"{issuer.folder}/did.jsonl": None})
    with hostile_host(thief.public) as host:
        watching.addresses["main"] = host.url
        assert [str(alarm.name) for alarm in watching.round().raised] == ["file-gone"]
    return watching


@pytest.fixture
def watching(seen: Watching, tmp_path: Path) -> Watching:
    shutil.copytree(seen.folder, tmp_path / "watcher")
    return Watching(tmp_path / "watcher", seen.trusted_root, "http://127.0.0.1:1")


def test_a_record_that_nobody_changed_holds(watching: Watching) -> None:
    lines, files, last = check_record(watching.folder)
    journal = (watching.folder / "journal.jsonl").read_bytes()
    assert lines == journal.count(b"\n")
    assert files == sum(path.is_file() for path in (watching.folder / "kept").rglob("*"))
    assert json.loads(journal.splitlines()[-1])["before"] != last


def test_every_version_seen_is_kept_under_its_digest_with_the_versions_that_signed_it(
    watching: Watching,
) -> None:
    entries = [json.loads(line) for line in (watching.folder / "journal.jsonl").open()]
    files = [entry for entry in entries if entry["kind"] == "file"]
    assert {entry["path"].rsplit("/", 1)[-1] for entry in files} >= {"did.jsonl", "index.json"}
    for entry in files:
        assert (watching.folder / "kept" / entry["sha256"][:2] / entry["sha256"]).is_file()
        assert set(entry["versions"]) == {"timestamp", "snapshot", "bin"}


@pytest.mark.parametrize("number", [0, 5, -2])
def test_a_line_changed_or_removed_breaks_the_chain(watching: Watching, number: int) -> None:
    path = watching.folder / "journal.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    changed = lines[number].replace(b'"at":"2', b'"at":"1')
    for tampered in (
        [*lines[:number], changed, *lines[number:][1:]],
        lines[:number] + lines[number:][1:],
    ):
        path.write_bytes(b"".join(tampered))
        with pytest.raises(Untrusted):
            check_record(watching.folder)
        with pytest.raises(Untrusted):
            watching.round()
    assert path.read_bytes() == b"".join(tampered)  # what is wrong is not written over


def test_a_file_of_the_archive_that_was_changed_or_removed_is_seen(watching: Watching) -> None:
    path = next(path for path in (watching.folder / "kept").rglob("*") if path.is_file())
    raw = path.read_bytes()
    path.write_bytes(raw + b" ")
    with pytest.raises(Untrusted):
        check_record(watching.folder)
    path.unlink()
    with pytest.raises(Untrusted):
        check_record(watching.folder)
    path.write_bytes(raw)
    check_record(watching.folder)


def test_half_a_line_after_a_crash_is_cut_off_and_noted(watching: Watching) -> None:
    path = watching.folder / "journal.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole + whole.splitlines()[-1][:40])
    with pytest.raises(Untrusted):
        check_record(watching.folder)
    with opened_record(watching.folder, watching.clock) as record:
        assert record.repaired
    assert path.read_bytes().startswith(whole)
    last = json.loads(path.read_bytes().splitlines()[-1])
    assert (last["kind"], last["bytes"]) == ("repaired", 40)
    check_record(watching.folder)


def test_half_a_line_that_a_watcher_is_writing_is_left_out_of_the_check(
    watching: Watching,
) -> None:
    path = watching.folder / "journal.jsonl"
    whole, found = path.read_bytes(), check_record(watching.folder)
    half = whole.splitlines()[-1][:40]
    with opened_record(watching.folder, watching.clock):
        path.write_bytes(whole + half)
        assert check_record(watching.folder) == found
        for changed in (
            whole.replace(b"did.jsonl", b"did.jsonx", 1) + half,
            whole + half + b"\n" + half,
        ):
            path.write_bytes(changed)
            with pytest.raises(Untrusted):
                check_record(watching.folder)
    path.write_bytes(whole + half)
    with pytest.raises(Untrusted):
        check_record(watching.folder)


def test_wherever_a_crash_cut_the_journal_the_watcher_goes_on(watching: Watching) -> None:
    path = watching.folder / "journal.jsonl"
    whole = path.read_bytes()
    for length in range(0, len(whole), 997):
        path.write_bytes(whole[:length])
        watching.round()
        check_record(watching.folder)


def test_the_alarms_file_is_made_again_from_the_journal(watching: Watching) -> None:
    path = watching.folder / "alarms.jsonl"
    alarms = path.read_bytes()
    (event,) = map(json.loads, alarms.splitlines())
    assert (event["event"], event["name"], event["subject"]) == (
        "raised",
        "file-gone",
        "univ/demo/did.jsonl",
    )
    assert event["says"]["en"] != event["says"]["fr"]
    path.unlink()
    watching.record()
    assert path.read_bytes() == alarms


def test_a_host_that_is_down_is_warned_of_once_and_alarms_stand(watching: Watching) -> None:
    first, second = watching.round(), watching.round()
    assert (first.is_whole, first.raised, first.cleared, first.standing) == (False, (), (), 1)
    assert [subject for subject, _ in first.warned] == ["tuf/1.root.json"]
    assert (second.is_whole, second.warned) == (False, ())


def test_the_folder_is_of_one_registry_one_root_and_one_watcher(
    watching: Watching, tmp_path: Path
) -> None:
    with opened_record(watching.folder, watching.clock) as record:
        record.pin(HOST, None, "http://127.0.0.1:1")
        with pytest.raises(InvalidInput):
            record.pin("other.acquis.example", None, "http://127.0.0.1:1")
        (tmp_path / "root.json").write_bytes(watching.trusted_root.read_bytes() + b" ")
        with pytest.raises(InvalidInput):
            record.pin(HOST, tmp_path / "root.json", "http://127.0.0.1:1")
        with pytest.raises(Conflict), opened_record(watching.folder, watching.clock):
            pass


def test_without_a_root_of_trust_nothing_is_watched(watching: Watching, tmp_path: Path) -> None:
    with opened_record(tmp_path / "new", watching.clock) as record:
        for root in (None, tmp_path / "missing.json", watching.folder / "alarms.jsonl"):
            with pytest.raises(InvalidInput):
                record.pin(HOST, root, "http://127.0.0.1:1")
        assert record.memory.host is None
    with pytest.raises(NotFound):
        check_record(tmp_path / "nowhere")
