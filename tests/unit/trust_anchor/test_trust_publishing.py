"""A version is signed once, published until it stands, and never given to another content."""

from __future__ import annotations

import contextlib
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from shutil import copytree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acquis.errors import Conflict, InvalidInput, NotFound, Unavailable
from acquis.registry.resource import sign_resource
from acquis.registry.rules import RuleBroken
from acquis.registry.strict_json import parse_object
from acquis.registry.trust_list import Scope, TrustEntry, TrustList
from acquis.service.signing_keys import load_key
from demo.supervisor import free_ports
from support.registry import HOST, Issuer, RegistryServer
from support.trust import NOW, UNIVERSITY, CutLine, Killed, Ministry
from trust_anchor.anchor import create_anchor, load_anchor
from trust_anchor.draft import load_draft, save_draft
from trust_anchor.entries import Choice, ended
from trust_anchor.importing import import_published
from trust_anchor.overview import load_overview
from trust_anchor.publishing import is_due, load_published, read_lists
from trust_anchor.rotating import rotate_keys
from trust_anchor.settling import settle
from trust_anchor.versions import load_versions

ISSUER = UNIVERSITY.did
SCOPE = Scope("esco", 1, 5, date(2020, 1, 1), None, "RNCP 37837", "France compétences")
OTHER = replace(SCOPE, framework="rncp")


async def test_what_is_published_is_read_from_a_mirror(ministry: Ministry) -> None:
    ministry.drafts(ISSUER, SCOPE)
    done = await ministry.publishes()
    assert done.fresh
    assert done.before is None
    found = ministry.mirrored()
    assert found == done.in_force
    assert (found.version, found.issued) == (1, NOW.date())
    assert found.next_update == NOW.date() + timedelta(days=365)
    entry = found.entry_of(ISSUER)
    assert entry is not None
    assert entry.scopes == (SCOPE,)


async def test_past_awards_stay_recognised_when_a_scope_was_ended(ministry: Ministry) -> None:
    ministry.drafts(ISSUER, SCOPE)
    await ministry.publishes()
    last = date(2026, 6, 30)
    save_draft(ministry.folder, ended(load_draft(ministry.folder), ISSUER, Choice(), last))
    done = await ministry.publishes()
    entry = ministry.mirrored().entry_of(ISSUER)
    assert done.in_force.version == 2
    assert entry is not None
    assert entry.scopes[0].covers("esco", 3, last)
    assert not entry.scopes[0].covers("esco", 3, last + timedelta(days=1))


async def test_nothing_is_done_while_the_list_stands_and_is_far_from_overdue(
    ministry: Ministry,
) -> None:
    ministry.drafts(ISSUER, SCOPE)
    first = await ministry.publishes(valid_days=100)
    for day in (0, 1, 75):
        again = await ministry.publishes(NOW + timedelta(days=day), valid_days=100)
        assert (again.fresh, again.in_force) == (False, first.in_force)
    renewed = await ministry.publishes(NOW + timedelta(days=76), valid_days=100)
    assert (renewed.fresh, renewed.in_force.version) == (True, 2)
    assert renewed.in_force.next_update == NOW.date() + timedelta(days=176)
    assert renewed.in_force.entries == first.in_force.entries
    asked = await ministry.publishes(NOW + timedelta(days=76), valid_days=100, renew=True)
    assert (asked.fresh, asked.in_force.version) == (True, 3)


@given(st.integers(1, 3660), st.integers(0, 4000))
def test_a_list_is_due_before_it_is_overdue_and_never_on_its_first_day(
    valid: int, passed: int
) -> None:
    issued = date(2026, 1, 1)
    listed = TrustList("did", 1, issued, issued + timedelta(days=valid), ())
    now = datetime(2026, 1, 1, 23, 59, tzinfo=UTC) + timedelta(days=passed)
    if listed.is_overdue(now.date()):
        assert is_due(listed, now)
    if not passed:
        assert not is_due(listed, now)


@pytest.mark.parametrize("arrives", [False, True])
async def test_killed_at_any_request_it_ends_with_the_same_one_version(
    registry: RegistryServer, tmp_path: Path, arrives: bool
) -> None:
    for whole in count():
        place = f"trust/cut-{whole}-{arrives}".lower()
        registry.grants.grant(place)
        folder = tmp_path / place
        create_anchor(folder, HOST, place, "Cut")
        ministry = Ministry(registry, folder)
        ministry.drafts(ISSUER, SCOPE)
        line = CutLine(whole, arrives=arrives)
        with contextlib.suppress(Killed):
            await ministry.publishes(cut=line)
        signed = {path: path.read_bytes() for path in (folder / "versions").glob("*")}
        done = await ministry.publishes(NOW + timedelta(minutes=5))
        after = {path: path.read_bytes() for path in (folder / "versions").glob("*")}
        assert ministry.signed() == [1]
        assert signed in ({}, after)
        assert (await _shown(ministry)) == [done.in_force]
        if not line.killed:
            break
    assert whole > 4


async def test_a_version_that_may_stand_is_never_signed_with_another_content(
    ministry: Ministry,
) -> None:
    """Killed between signing and publishing, and the draft is corrected before the next try."""
    ministry.drafts(ISSUER, SCOPE)
    await ministry.dies_after_signing()
    assert ministry.signed() == [1]
    assert await _shown(ministry) == []
    first = ministry.folder / "versions" / "1.json"
    kept = first.read_bytes()
    ministry.drafts(ISSUER, OTHER)
    done = await ministry.publishes()
    assert done.in_force.version == 2
    assert first.read_bytes() == kept
    assert ministry.mirrored() == done.in_force
    assert [found.version for found in await _shown(ministry)] == [2]


async def test_without_an_answer_nothing_is_signed_and_nothing_lost(ministry: Ministry) -> None:
    ministry.drafts(ISSUER, SCOPE)
    draft = load_draft(ministry.folder)
    away = Ministry(replace(ministry.registry, port=free_ports(1)[0]), ministry.folder)
    with pytest.raises(Unavailable):
        await away.publishes()
    assert ministry.signed() == []
    assert load_draft(ministry.folder) == draft


async def test_an_anchor_without_a_grant_is_told_so(
    registry: RegistryServer, tmp_path: Path
) -> None:
    create_anchor(tmp_path / "anchor", HOST, "trust/uninvited", "Nobody")
    with pytest.raises(InvalidInput, match="was not granted"):
        await Ministry(registry, tmp_path / "anchor").publishes()


async def test_a_second_copy_of_the_folder_stops_until_it_has_caught_up(
    ministry: Ministry, tmp_path: Path
) -> None:
    ministry.drafts(ISSUER, SCOPE)
    await ministry.publishes()
    copytree(ministry.folder, tmp_path / "copy")
    copy = Ministry(ministry.registry, tmp_path / "copy")
    ministry.drafts(ISSUER, OTHER)
    await ministry.publishes()
    with pytest.raises(Conflict, match="version 2, which was not signed in this folder"):
        await copy.publishes()
    async with copy.line() as publisher:
        save_draft(copy.folder, await import_published(copy.anchor, publisher))
    assert load_draft(copy.folder) == load_draft(ministry.folder)
    assert not (await copy.publishes()).fresh
    copy.drafts(ISSUER, replace(SCOPE, framework="own"))
    assert (await copy.publishes()).in_force.version == 3
    assert copy.mirrored().version == 3


async def test_two_copies_that_signed_the_same_version_end_above_it(
    ministry: Ministry, tmp_path: Path
) -> None:
    copytree(ministry.folder, tmp_path / "copy")
    copy = Ministry(ministry.registry, tmp_path / "copy")
    copy.drafts(ISSUER, OTHER)
    await copy.dies_after_signing()
    ministry.drafts(ISSUER, SCOPE)
    await ministry.publishes()
    with pytest.raises(Conflict):
        await copy.publishes()
    async with copy.line() as publisher:
        await import_published(copy.anchor, publisher)
    assert copy.signed() == [1, 1]
    assert (await copy.publishes()).in_force.version == 2


async def test_a_clock_that_runs_behind_signs_nothing(ministry: Ministry) -> None:
    ministry.drafts(ISSUER, SCOPE)
    await ministry.publishes()
    ministry.drafts(ISSUER, OTHER)
    with pytest.raises(InvalidInput, match="set the clock right"):
        await ministry.publishes(NOW - timedelta(days=1))
    assert ministry.signed() == [1]
    with pytest.raises(InvalidInput, match="1 to 3660 days"):
        await ministry.publishes(valid_days=0)


def test_a_draft_larger_than_a_registry_takes_is_refused_and_the_old_one_stays(
    ministry: Ministry,
) -> None:
    ministry.drafts(ISSUER, SCOPE)
    scopes = tuple(
        replace(SCOPE, valid_from=date(2020, 1, 1) + timedelta(days=n), accreditation="x" * 512)
        for n in range(1000)
    )
    entries = tuple(
        TrustEntry(Issuer(folder=f"univ/{n}").did, f"University {n}", "FR", "https://u.eu", scopes)
        for n in range(9)
    )
    with pytest.raises(RuleBroken, match="the limit is 5242880"):
        save_draft(ministry.folder, entries)
    assert [entry.issuer for entry in load_draft(ministry.folder)] == [ISSUER]


async def test_an_overview_tells_what_stands_what_is_drafted_and_what_is_due(
    ministry: Ministry,
) -> None:
    def said(lines: list[str]) -> str:
        return "\n".join(lines)

    nothing = await load_overview(ministry.folder, NOW, None)
    assert "published   nothing yet" in said(list(nothing.as_lines()))
    ministry.drafts(ISSUER, SCOPE)
    await ministry.publishes(valid_days=100)
    ministry.drafts(ISSUER, OTHER)
    async with ministry.line() as publisher:
        found = await load_overview(ministry.folder, NOW, publisher)
    assert found == await load_overview(ministry.folder, NOW, None)
    assert found.as_json()["published"]["version"] == 1
    assert found.differences[-1].startswith(
        "+     rncp, levels 1 to 5, from 2020-01-01 with no end"
    )
    lines = said(list(found.as_lines()))
    assert "version 1 of 2025-11-22: 1 issuer, 1 scope; in force until 2026-03-02" in lines
    assert "draft       1 issuer, 2 scopes" in lines
    soon = replace(found, now=NOW + timedelta(days=80))
    assert "publish soon" in said(list(soon.as_lines()))
    late = replace(found, now=NOW + timedelta(days=101))
    assert "OVERDUE since 2026-03-02" in said(list(late.as_lines()))


async def test_rotated_keys_sign_the_next_list_and_the_old_one_still_verifies(
    ministry: Ministry,
) -> None:
    ministry.drafts(ISSUER, SCOPE)
    await ministry.publishes()
    before, old = ministry.anchor, ministry.anchor.load_attest_key().multikey
    async with ministry.line() as publisher:
        done = await rotate_keys(before, publisher, NOW)
    assert (done.resumed, done.signed_again) == (False, 0)
    assert done.anchor.document.version_number == 2
    assert set(before.document.assertion_keys()) < set(done.anchor.document.assertion_keys())
    assert done.anchor.load_attest_key().multikey != old
    assert ministry.mirrored().version == 1
    ministry.drafts(ISSUER, OTHER)
    await ministry.publishes()
    assert ministry.mirrored().version == 2
    newest = list(load_versions(ministry.folder).values())[-1]
    assert newest.method.endswith(done.anchor.load_attest_key().multikey)


def kept_keys(ministry: Ministry) -> list[str]:
    return sorted(path.name for path in (ministry.folder / "keys").iterdir())


@pytest.mark.parametrize("arrives", [False, True])
async def test_a_replaced_key_is_deleted_once_its_successor_is_shown_and_not_before(
    ministry: Ministry, arrives: bool
) -> None:
    """Killed at each request in turn; then the daily publication settles it."""
    await ministry.publishes()
    for whole in count():
        before = kept_keys(ministry)
        signing = f"attest-{ministry.anchor.document.version_number}.pem"
        assert before == [signing]
        line = CutLine(whole, arrives=arrives)
        async with ministry.line(line) as publisher:
            with contextlib.suppress(Killed):
                await rotate_keys(ministry.anchor, publisher, NOW)
        if not line.killed:
            break
        assert set(before) <= set(kept_keys(ministry))
        await ministry.publishes(renew=True)
    assert whole > 2
    assert kept_keys(ministry) == [f"attest-{ministry.anchor.document.version_number}.pem"]
    assert kept_keys(ministry) != before
    assert (await ministry.publishes(renew=True)).in_force == ministry.mirrored()


async def test_a_registry_that_shows_another_log_deletes_no_key(ministry: Ministry) -> None:
    await ministry.publishes()
    async with ministry.line(CutLine(1, arrives=False)) as publisher:
        with pytest.raises(Killed):
            await rotate_keys(ministry.anchor, publisher, NOW)
    async with ministry.line() as publisher:
        assert await settle(ministry.anchor, publisher) == 0
        assert kept_keys(ministry) == ["attest-1.pem", "attest-2.pem"]
        await ministry.publishes()
        assert kept_keys(ministry) == ["attest-2.pem"]


@pytest.mark.parametrize("arrives", [False, True])
async def test_a_rotation_killed_before_the_registry_knew_is_ended_not_repeated(
    ministry: Ministry, arrives: bool
) -> None:
    await ministry.publishes()
    async with ministry.line(CutLine(1, arrives=arrives)) as publisher:
        with pytest.raises(Killed):
            await rotate_keys(ministry.anchor, publisher, NOW)
    assert ministry.anchor.document.version_number == 2
    if not arrives:
        async with ministry.line() as publisher:
            done = await rotate_keys(ministry.anchor, publisher, NOW)
        assert done.resumed
        assert done.anchor.document.version_number == 2
    assert (await ministry.publishes(renew=True)).in_force.version == 2
    assert ministry.mirrored().version == 2


async def test_after_a_compromise_every_list_is_signed_again_by_the_new_key(
    ministry: Ministry,
) -> None:
    ministry.drafts(ISSUER, SCOPE)
    await ministry.publishes()
    ministry.drafts(ISSUER, OTHER)
    await ministry.publishes()
    old = ministry.anchor.load_attest_key().multikey
    ids = list(load_versions(ministry.folder))
    since = NOW - timedelta(days=3)
    async with ministry.line(CutLine(5, arrives=True)) as publisher:
        with pytest.raises(Killed):
            await rotate_keys(ministry.anchor, publisher, NOW, compromised_since=since)
    await ministry.publishes()  # takes up what the killed rotation had left
    anchor = ministry.anchor
    assert [each.since for each in anchor.document.compromises] == [since]
    assert anchor.document.compromises[0].method.endswith(old)
    assert not any(method.endswith(old) for method in anchor.document.assertion_keys())
    assert ministry.mirrored().version == 2
    async with ministry.line() as publisher:
        shown = await read_lists(anchor, publisher, {})
    assert [each.id for each in shown] == ids
    assert {each.method for each in shown} == {f"{anchor.did}#{anchor.load_attest_key().multikey}"}


@pytest.mark.parametrize("ahead", [timedelta(minutes=4), timedelta(days=300)])
async def test_what_a_thief_dated_ahead_does_not_stay(ministry: Ministry, ahead: timedelta) -> None:
    """He signed the list again, at a date before which the anchor's own proof was refused once."""
    await ministry.publishes()
    before, since = ministry.anchor, NOW - timedelta(days=3)
    (signed,) = load_versions(ministry.folder).values()
    key = before.load_attest_key()
    stolen = sign_resource(
        parse_object(signed.raw), key, f"{before.did}#{key.multikey}", NOW + ahead
    )
    async with ministry.line() as publisher:
        standing = await publisher.read(signed.path)
        assert standing is not None
        raw = json.dumps(stolen).encode()
        await publisher.publish(signed.path, raw, "application/json", tag=standing.tag)
        done = await rotate_keys(before, publisher, NOW, compromised_since=since)
        assert done.signed_again == 1
        (shown,) = await read_lists(done.anchor, publisher, {})
    assert (shown.id, shown.method != signed.method) == (signed.id, True)
    assert ministry.mirrored().version == 1


async def test_a_compromise_does_not_begin_in_the_future(ministry: Ministry) -> None:
    await ministry.publishes()
    log = ministry.anchor.log
    async with ministry.line() as publisher:
        with pytest.raises(InvalidInput, match="in the past"):
            await rotate_keys(
                ministry.anchor, publisher, NOW, compromised_since=NOW + timedelta(hours=1)
            )
    assert ministry.anchor.log == log


async def test_a_compromise_takes_every_key_so_far(ministry: Ministry) -> None:
    await ministry.publishes()
    async with ministry.line() as publisher:
        await rotate_keys(ministry.anchor, publisher, NOW)
        listed = set(ministry.anchor.document.assertion_keys())
        assert len(listed) == 2
        since = NOW - timedelta(days=3)
        await rotate_keys(ministry.anchor, publisher, NOW, compromised_since=since)
    document = ministry.anchor.document
    assert {each.method for each in document.compromises} == listed
    assert not listed & set(document.assertion_keys())
    assert ministry.mirrored().version == 1


async def test_a_compromise_is_reported_also_when_a_rotation_had_not_arrived(
    ministry: Ministry,
) -> None:
    await ministry.publishes()
    async with ministry.line(CutLine(1, arrives=False)) as publisher:
        with pytest.raises(Killed):
            await rotate_keys(ministry.anchor, publisher, NOW)
    since = NOW - timedelta(days=3)
    async with ministry.line() as publisher:
        done = await rotate_keys(ministry.anchor, publisher, NOW, compromised_since=since)
    assert done.resumed
    assert done.anchor.document.version_number == 3
    assert {each.since for each in done.anchor.document.compromises} == {since}
    assert len(done.anchor.document.assertion_keys()) == 1
    assert ministry.mirrored().version == 1


async def test_a_rotation_asks_for_the_update_key_that_was_taken_away(
    ministry: Ministry, tmp_path: Path
) -> None:
    await ministry.publishes()
    (ministry.folder / "update-keys").rename(tmp_path / "safe")
    log = (ministry.folder / "did.jsonl").read_bytes()
    async with ministry.line() as publisher:
        with pytest.raises(NotFound, match="bring it back"):
            await rotate_keys(ministry.anchor, publisher, NOW)
        assert (ministry.folder / "did.jsonl").read_bytes() == log
        assert (await ministry.publishes(renew=True)).in_force.version == 2
        done = await rotate_keys(ministry.anchor, publisher, NOW, update_keys=tmp_path / "safe")
    assert done.anchor.document.version_number == 2
    assert load_key(tmp_path / "safe" / "update-3.pem").multikey


async def test_what_was_last_read_back_is_known_without_the_registry(ministry: Ministry) -> None:
    assert load_published(ministry.folder) is None
    done = await ministry.publishes()
    kept = load_published(load_anchor(ministry.folder).folder)
    assert kept is not None
    assert kept.trust_list == done.in_force


async def _shown(ministry: Ministry) -> list[TrustList]:
    async with ministry.line() as publisher:
        shown = await read_lists(ministry.anchor, publisher, {})
    return [each.trust_list for each in shown]
