"""``acquis verify explain``: the same again from what was kept; whatever was changed in it is told."""

from __future__ import annotations

import asyncio
import copy
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from acquis.credentials.basis import PIPELINE, digest_of
from acquis.credentials.verify import CHECK_IDS
from acquis.errors import NotFound
from support.leaves import places
from support.verifier_desk import NOBODY, NOW, Desk
from verifier import explaining, verifying
from verifier.explaining import Explanation, explain, load_decided
from verifier.store.tables import RequestRow, SessionRow
from verifier.verify_command import app

KEPT = (
    *("proof_request", "presentation", "verdict", "report", "decision", "basis", "digests"),
    "learned",
)
HASHED = ("proof", "aggregated_proof", "c_list")
"""Of a presentation, a thousand bytes each alike."""


async def explained(desk: Desk, wanted: str) -> Explanation:
    return explain(*await load_decided(desk.around.database, wanted))


async def decided(desk: Desk, **asked: Any) -> str:
    request_id = await desk.ask(**asked)
    await desk.answer(request_id)
    return request_id


async def run(desk: Desk, monkeypatch: pytest.MonkeyPatch, *args: str) -> Result:
    given = desk.around.settings
    monkeypatch.setattr(explaining, "VerifierSettings", lambda: given)
    return await asyncio.to_thread(CliRunner().invoke, app, ["explain", *args])


async def test_a_decision_is_the_same_again_after_the_mirror_moved_on(desk: Desk) -> None:
    request_id = await decided(desk)
    desk.copy.recognise()  # nobody any more
    desk.clock.at = NOW + 10**7
    found = await explained(desk, request_id)
    assert (found.status, found.differences) == (0, ())
    assert found.decision["conclusion"] == "accepted"
    assert found.session_id == (await desk.session(request_id)).id
    assert await explained(desk, found.session_id) == found


async def test_a_refusal_is_the_same_again(desk: Desk) -> None:
    request_id = await desk.ask()
    desk.agent.verified = False
    await desk.answer(request_id)
    found = await explained(desk, request_id)
    assert (found.status, found.decision["conclusion"]) == (0, "refused")


async def test_whatever_is_changed_in_what_was_kept_is_told(desk: Desk) -> None:
    request_id = await decided(desk)
    request, row = await load_decided(desk.around.database, request_id)
    told = 0
    for column in ("request", *KEPT):
        holder: RequestRow | SessionRow = request if column == "request" else row
        kept = getattr(holder, column)
        for place in list(places(kept, whole=HASHED))[
            :: 7 if column in {"presentation", "basis"} else 3
        ]:
            changed = copy.deepcopy(kept)
            at: Any = changed
            for step in place[:-1]:
                at = at[step]
            at[place[-1]] = "changed" if at[place[-1]] != "changed" else "other"
            setattr(holder, column, changed)
            found = explain(request, row)
            assert found.status == 1, (column, place)
            assert found.differences, (column, place)
            assert list(explaining.write_explanation(found, "fr"))
            told += 1
        setattr(holder, column, kept)
    assert told > 150
    assert explain(request, row).status == 0


async def test_what_is_added_or_taken_away_is_told(desk: Desk) -> None:
    request_id = await decided(desk)
    request, row = await load_decided(desk.around.database, request_id)
    row.basis = (row.basis or {}) | {"presentation": {}}
    assert explain(request, row).status == 1
    row.basis = None
    assert explain(request, row).status == 1
    row.digests = None
    with pytest.raises(NotFound):
        explain(request, row)


async def test_a_decision_by_an_earlier_version_of_the_checks_says_so(desk: Desk) -> None:
    request_id = await decided(desk)
    request, row = await load_decided(desk.around.database, request_id)
    row.basis = (row.basis or {}) | {"pipeline": PIPELINE - 1}
    row.digests = (row.digests or {}) | {"pipeline": digest_of(PIPELINE - 1)}
    checks = [each for each in (row.report or {})["checks"] if each["id"] != "proof-sound"]
    row.report = (row.report or {}) | {"checks": checks}  # which was not one of them
    found = explain(request, row)
    assert (found.status, found.pipeline) == (1, PIPELINE - 1)
    said = "\n".join(explaining.write_explanation(found, "en"))
    assert f"Decided by version {PIPELINE - 1} of the checks; this is {PIPELINE}." in said


async def test_an_answer_nobody_could_check_rests_on_nothing(desk: Desk) -> None:
    request_id = await desk.ask()
    await desk.open(request_id)
    row = await desk.session(request_id)
    assert await verifying._give_up(desk.around, row) is None
    found = await explained(desk, request_id)
    assert (found.status, found.decision["conclusion"]) == (0, "could-not-tell")
    forged = found.decision | {"conclusion": "accepted"}
    await desk.keep(request_id, decision=forged)
    assert (await explained(desk, request_id)).status == 1


async def test_the_command_says_what_was_checked_and_what_differs(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    request_id = await decided(desk, learner_name="required")
    assert "Müller" in json.dumps((await desk.session(request_id)).presentation, ensure_ascii=False)
    for language, says in (("en", "SAME"), ("fr", "IDENTIQUE")):
        found = await run(desk, monkeypatch, request_id, "--language", language)
        assert found.exit_code == 0, found.output
        assert says in found.output
        for check_id in CHECK_IDS:
            assert f"{check_id}" in found.output
        assert "sha256:" in found.output
        assert "Müller" not in found.output
    found = await run(desk, monkeypatch, request_id, "--json")
    content = json.loads(found.stdout)
    assert content["same"] is True
    assert "Müller" not in found.stdout
    await desk.keep(request_id, decision=content["decision"] | {"policy": "another"})
    found = await run(desk, monkeypatch, request_id)
    assert found.exit_code == 1
    assert "decision.policy" in found.output


async def test_what_is_not_there_ends_with_two(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    request_id = await desk.ask()
    for wanted in (NOBODY, request_id, "", "é" * 500):
        assert (await run(desk, monkeypatch, wanted)).exit_code == 2
    await decided(desk)
    before = await decided(desk)
    await desk.keep(before, basis=None, digests=None)
    assert (await run(desk, monkeypatch, before)).exit_code == 2
    elsewhere = desk.around.settings.model_copy(update={"folder": tmp_path / "none"})
    desk.around.settings = elsewhere
    assert (await run(desk, monkeypatch, before)).exit_code == 2
    assert not elsewhere.folder.exists()
