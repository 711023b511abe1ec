"""The numbered rules of the registry, each with the tests that hold us to it.

Reading, as ``acquis.registry`` does it for every service and for the plugin:

R1  the mirror is refreshed whole, by tuf, on a schedule with jitter; the last good copy stays and
    its age is known
    test_mirror.py::test_everything_published_is_read_and_no_connection_is_opened
    test_mirror.py::test_a_refresh_brings_what_changed_and_no_more
    test_mirror.py::test_the_last_good_copy_stays_when_the_registry_is_down
    test_mirror.py::test_nothing_is_trusted_without_a_root_and_only_under_that_root
    test_mirror.py::test_writes_in_the_middle_of_a_refresh_never_make_a_mix
    test_mirror_hostile.py::test_a_bad_answer_leaves_the_copy_as_it_was
    test_mirror_hostile.py::test_an_answer_that_drips_is_cut
    test_mirror_hostile_metadata.py::test_metadata_of_another_time_place_or_key_is_refused
    test_mirror_hostile_metadata.py::test_a_timestamp_that_outlives_any_vouches_for_nothing
    test_mirror_hostile_names.py::test_a_file_over_its_limit_keeps_nothing_else_out
    test_mirror_hostile_names.py::test_more_bytes_than_a_refresh_takes_are_left_for_the_next_and_that_is_said
    test_mirror_hostile_names.py::test_a_refresh_that_ran_out_of_time_goes_on_with_the_next
    test_reading_rules.py::test_r1_the_schedule_refreshes_by_itself_after_pauses_that_differ_within_its_jitter
R2  a DID log is verified whole, with its witnesses; never shorter, forked or revived
    test_did_log.py::test_a_longer_log_verifies_to_its_last_version
    test_did_log.py::test_no_mutant_of_an_entry_is_accepted
    test_did_log.py::test_a_shorter_log_than_remembered_is_refused
    test_did_log.py::test_a_forked_log_is_refused_even_when_it_is_longer
    test_did_log.py::test_a_deactivated_did_has_no_keys_and_stays_deactivated
    test_mirror.py::test_a_replayed_log_in_the_folder_is_refused
    test_mirror_hostile_logs.py::test_a_log_that_is_no_successor_is_refused
    test_mirror_hostile_logs.py::test_a_deactivated_did_cannot_be_revived
    ../registry_host/test_witnessed_logs.py::test_two_of_three_through_reader_host_and_mirror
R3  a resource: its id, its digest, a key of the same DID, its type, its issuer; lists fit their links
    test_resource.py::test_a_resource_of_one_id_does_not_pass_for_another
    test_resource.py::test_no_mutant_that_is_signed_again_passes_for_the_same_id
    test_resource.py::test_a_resource_signed_by_another_did_is_refused
    test_resource.py::test_another_type_than_expected_is_refused
    test_resource.py::test_content_of_another_issuer_is_refused
    test_resource.py::test_links_that_do_not_grow_are_refused
    test_resource.py::test_no_mutant_of_a_resource_is_accepted
    test_status_list.py::test_a_list_must_be_the_one_its_link_means
    test_mirror_hostile_objects.py::test_no_mutant_of_a_real_object_is_believed
R4  no list later than the asked time; nothing negative is kept; no path, redirect or private address
    leads elsewhere
    test_mirror_dated_ahead.py::test_a_link_dated_ahead_does_not_take_revocation_away
    test_mirror_dated_ahead.py::test_what_came_in_stays_whatever_the_clock_says
    test_status_list.py::test_it_is_the_last_that_is_not_later
    test_mirror.py::test_the_list_in_force_is_never_a_later_one
    test_mirror.py::test_before_the_first_list_there_is_none
    test_reading_rules.py::test_r4_nothing_negative_is_kept
    test_mirror_hostile_names.py::test_target_names_that_are_no_published_path_are_not_even_fetched
    test_mirror_hostile_names.py::test_an_id_with_a_path_in_it_is_refused
    test_mirror_hostile_names.py::test_a_did_with_a_path_or_a_private_address_in_it_is_refused
    test_mirror_hostile.py::test_a_redirect_is_never_followed
R5  who verifies reads the mirror only; a wallet may refresh on a miss, from the registry
    ../verifier/test_verifying_reads_only.py::test_a_presentation_is_verified_without_a_refresh_or_a_connection
    ../verifier/test_verifying_reads_only.py::test_nothing_that_verifies_calls_a_refresh_or_can_open_a_connection
    ../acapy_webvh/test_mirror_reader.py::test_a_verifier_never_asks
    ../acapy_webvh/test_mirror_reader.py::test_a_miss_asks_once_where_allowed

Writing, as the host does it (the numbers of ``registry_host.writing``):

W1  below a granted folder, under the DID whose log lies there
    ../registry_host/test_registry_writes.py::test_a_folder_that_was_not_granted_is_refused
    ../registry_host/test_registry_writes.py::test_a_log_belongs_in_the_folder_of_its_did
    ../registry_host/test_registry_writes.py::test_a_resource_needs_a_published_log_first
W2  a log is only extended, commits to its next key, is not dated ahead
    ../registry_host/test_registry_writes.py::test_a_log_is_only_extended
    ../registry_host/test_registry_writes.py::test_nothing_follows_a_deactivation
    ../registry_host/test_named_refusals.py::test_a_refusal_names_its_rule_in_both_languages
W3  witness proofs come first, and never make a standing log unverifiable
    ../registry_host/test_witnessed_logs.py::test_proofs_ahead_of_the_next_entry_are_taken_and_the_mirror_follows
    ../registry_host/test_witnessed_logs.py::test_no_witness_file_makes_a_standing_log_unverifiable
    ../registry_host/test_witnessed_logs.py::test_what_stands_before_a_log_has_the_form_and_is_small
    ../registry_host/test_waiting_proofs.py::test_a_stranger_cannot_take_approvals_away_that_wait_for_the_first_log
W4  a resource holds for the strict reader, and what it refers to stands
    ../registry_host/test_registry_writes.py::test_a_resource_of_another_issuer_is_refused
    ../registry_host/test_registry_writes.py::test_what_a_resource_refers_to_must_stand
    ../registry_host/test_registry_writes.py::test_a_link_must_name_a_list_that_stands_and_fits
W5  a resource is replaced by the same, later, with more links, by compare-and-swap
    ../registry_host/test_registry_writes.py::test_links_are_appended_by_compare_and_swap
    ../registry_host/test_registry_writes.py::test_of_two_writers_with_the_same_tag_one_wins
    ../registry_host/test_registry_writes.py::test_a_resource_is_signed_again_but_not_earlier_and_not_renamed
    ../registry_host/test_dated_writes.py::test_what_a_withdrawn_key_signed_is_signed_again_whatever_date_it_bears
W6  tails are written once, under their hash
    ../registry_host/test_registry_writes.py::test_tails_must_have_the_hash_of_their_address
W7  nothing personal
    ../registry_host/test_impersonal_writes.py::test_an_achievement_with_a_person_in_it_is_refused_and_one_without_is_taken
    test_personal_data.py::test_a_member_that_the_form_does_not_know_is_refused_wherever_it_stands
W8  the same thing twice is success; nothing is lost or half changed
    ../registry_host/test_registry_writes.py::test_writing_the_same_twice_is_success
    ../registry_host/test_registry_writes.py::test_concurrent_writers_lose_nothing
    ../registry_host/test_killed_host.py::test_what_was_answered_stands_and_nothing_is_half_written
    ../registry_host/test_registry_recovery.py::test_what_was_in_place_but_unsigned_is_signed_at_the_next_start
    ../registry_host/test_registry_recovery.py::test_whichever_of_its_writes_fails_a_registry_definition_is_not_half_there
W9  nothing new is dated more than five minutes ahead
    ../registry_host/test_dated_writes.py::test_nothing_new_is_dated_ahead
    ../registry_host/test_dated_writes.py::test_no_list_or_link_is_of_a_year_that_has_no_name
W10 no file that a mirror would not take, no issuer above its quota; nothing is read of a body before
    its address and its grant are looked at
    ../registry_host/test_named_refusals.py::test_a_refusal_names_its_rule_in_both_languages
    ../registry_host/test_named_refusals.py::test_a_tails_file_longer_than_a_mirror_takes_is_refused
    ../registry_host/test_named_refusals.py::test_an_index_longer_than_a_mirror_takes_is_refused_and_nothing_of_it_stands
    ../registry_host/test_named_refusals.py::test_path_and_grant_are_looked_at_before_the_body
    ../registry_host/test_named_refusals.py::test_so_much_arrives_at_once_and_no_more
"""

from __future__ import annotations

import ast
import asyncio
import json
import re
from pathlib import Path
from typing import Any

import pytest

from acquis.errors import NotFound
from acquis.registry.rules import Rule, RuleBroken
from acquis.service.mirroring import mirroring
from support.hostile_registry import hostile_host
from support.registry import Issuer, path_of, publish_all, put, running_registry

HERE = Path(__file__).parent
PAUSES = 12
SECONDS = 0.05
RULES = {
    rule: re.findall(r"^ {4}(\S+\.py)::(\w+)$", text, re.MULTILINE)
    for rule, text in re.findall(r"^([RW]\d+) +(.*?)(?=^[RWA-Z]|\Z)", __doc__ or "", re.M | re.S)
}


def test_every_rule_has_tests_and_every_test_named_here_exists() -> None:
    assert list(RULES) == ["R1", "R2", "R3", "R4", "R5", *(f"W{n}" for n in range(1, 11))]
    for rule, named in RULES.items():
        assert named, rule
        for path, name in named:
            tree = ast.parse((HERE / path).resolve().read_text(encoding="utf-8"))
            functions = {
                node.name
                for node in ast.walk(tree)
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            }
            assert name in functions, f"{rule}: {path} has no {name}"


async def test_r1_the_schedule_refreshes_by_itself_after_pauses_that_differ_within_its_jitter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pauses are those that the event loop is asked for: no clock is read."""
    with running_registry(tmp_path) as server:
        publish_all(server, Issuer(), lists=1)
    loop = asyncio.get_running_loop()
    call_later, pauses, enough = loop.call_later, list[float](), asyncio.Event()

    def note(delay: float, *rest: Any, **options: Any) -> asyncio.TimerHandle:
        pauses.append(delay)
        if len(pauses) == PAUSES:
            enough.set()
        return call_later(delay, *rest, **options)

    with hostile_host(server.settings.public) as host:
        server.port = int(host.url.rpartition(":")[2])
        mirror = server.mirror()
        monkeypatch.setattr(loop, "call_later", note)
        async with mirroring(mirror, SECONDS), asyncio.timeout(60):
            await enough.wait()
        assert mirror.refreshed_at is not None
        assert sum("timestamp.json" in path for path in host.seen) >= PAUSES
    assert all(0.8 * SECONDS <= pause <= 1.2 * SECONDS for pause in pauses)
    assert max(pauses) - min(pauses) > 0.04 * SECONDS  # a tenth of what is allowed


def test_r4_nothing_negative_is_kept(tmp_path: Path) -> None:
    issuer = Issuer()
    with running_registry(tmp_path) as server:
        publish_all(server, issuer, lists=1)
        mirror = server.mirror()
        mirror.refresh()
        newer = issuer.schema("2.0")
        for _ in range(2):
            with pytest.raises(NotFound):
                mirror.resolve_resource(newer["id"])
        with server.client() as client:
            assert put(client, newer).is_success
        mirror.refresh()
    assert mirror.resolve_resource(newer["id"])
    copy = next(tmp_path.glob(f"mirror/*/files{path_of(newer)}"))
    good = copy.read_bytes()
    copy.write_bytes(json.dumps({**newer, "content": {}}).encode())
    with pytest.raises(RuleBroken) as refusal:
        mirror.resolve_resource(newer["id"])
    assert refusal.value.rule is Rule.DIGEST
    copy.write_bytes(good)
    assert mirror.resolve_resource(newer["id"])
