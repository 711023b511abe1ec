"""Receipts: what the service gives away of a result, and who is believed when one is verified."""

from __future__ import annotations

import json
import stat
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from typer.testing import CliRunner, Result

from acquis.credentials.wire import canonical_json
from acquis.errors import InvalidInput
from acquis.registry.keys import did_key_of
from acquis.registry.proof import sign_document
from acquis.registry.rules import RuleBroken
from acquis.service.signing_keys import load_key
from schemas import load_document_schema
from support.leaves import spoilt
from support.mutants import placed_mutants
from support.registry import seeded_key
from support.verifier_desk import Desk, text_of
from verifier.command import app as verifier_app
from verifier.receipt import read_receipt
from verifier.surroundings import receipt_key_file
from verifier.verify_command import app

RUN = CliRunner()
OWN, STRANGER = seeded_key("receipt"), seeded_key("stranger")
WHEN = datetime(2026, 11, 22, tzinfo=UTC)
SCHEMA = jsonschema.Draft202012Validator(load_document_schema("verification-receipt"))
SAVED = jsonschema.Draft202012Validator(load_document_schema("saved-presentation"))


def digest_of(content: Any) -> str:
    return f"sha256:{sha256(canonical_json(content).encode()).hexdigest()}"


async def receipt_of(desk: Desk, request_id: str) -> dict[str, Any]:
    answer = await desk.get(f"/requests/{request_id}/receipt")
    assert answer.status_code == 200, text_of(answer)
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-disposition"].startswith('attachment; filename="receipt-')
    content: dict[str, Any] = answer.json()
    SCHEMA.validate(content)
    return content


@pytest.fixture
async def receipt(desk: Desk) -> dict[str, Any]:
    request_id = await desk.ask(learner_name="required")
    await desk.answer(request_id)
    return await receipt_of(desk, request_id)


def run(tmp_path: Path, content: Any, *arguments: str, status: int) -> Result:
    (tmp_path / "receipt.json").write_text(json.dumps(content))
    done = RUN.invoke(app, ["file", str(tmp_path / "receipt.json"), *arguments])
    assert done.exit_code == status, done.output + done.stderr
    assert done.exception is None or isinstance(done.exception, SystemExit)
    return done


async def test_a_receipt_says_what_was_checked_and_learned_and_no_more(
    desk: Desk, receipt: dict[str, Any]
) -> None:
    listed = (await desk.get("/")).text
    row = await desk.session(listed.split('href="/requests/')[1].split('"')[0])
    assert receipt["verifier"]["name"] == "Atelier Garonne"
    assert receipt["session"] == row.id
    assert receipt["learned"] == row.learned
    assert receipt["decision"] == row.decision
    assert row.report is not None
    assert receipt["verdicts"] == row.report["verdicts"]
    assert [each["id"] for each in receipt["checks"]] == [
        each["id"] for each in row.report["checks"]
    ]
    assert receipt["digests"] == {
        "presentation": digest_of(row.presentation),
        "report": digest_of(row.report),
    }
    told = json.dumps(receipt, ensure_ascii=False)
    for name in ("requested_proof", "evidence", "nonce", "rev_reg_id", "master_secret"):
        assert name not in told


async def test_the_key_is_made_once_for_all_replicas_and_told_by_a_command(
    desk: Desk, receipt: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = desk.around.settings.folder
    file = receipt_key_file(folder)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert receipt["verifier"]["key"] == did_key_of(load_key(file).multikey)
    for name, value in (
        ("FOLDER", str(folder)),
        ("SECRET", "s" * 40),
        ("AGENT_API_KEY", "a" * 32),
        ("WEBHOOK_KEY", "w" * 32),
        ("EMPLOYER_NAME", "x"),
    ):
        monkeypatch.setenv(f"ACQUIS_VERIFIER_{name}", value)
    told = RUN.invoke(verifier_app, ["receipt-key"])
    assert told.output.strip() == receipt["verifier"]["key"]


async def test_only_who_may_see_the_result_may_take_it_away(desk: Desk) -> None:
    request_id = await desk.ask()
    for name in ("receipt", "presentation"):
        assert (await desk.get(f"/requests/{request_id}/{name}")).status_code == 404
    await desk.answer(request_id)
    for name in ("receipt", "presentation"):
        path = f"/requests/{request_id}/{name}"
        assert (await desk.get(path)).status_code == 200
        assert (await desk.stranger.get(path)).status_code == 303
        program = await desk.stranger.get(path, headers={"accept": "application/json"})
        assert program.status_code == 401
        signed_in = await desk.stranger.post("/sign-in", data={"name": "Eve", "next": "/"})
        assert signed_in.status_code == 303
        assert (await desk.stranger.get(path)).status_code == 404
        desk.stranger.cookies.clear()


async def test_the_result_page_offers_both_in_both_languages(desk: Desk) -> None:
    request_id = await desk.ask()
    await desk.answer(request_id)
    page = await desk.get(f"/requests/{request_id}")
    assert f'href="/requests/{request_id}/receipt"' in page.text
    assert "Download the presentation (contains what was shown)" in text_of(page)
    page = await desk.get(f"/requests/{request_id}?lang=fr")
    assert "Télécharger le reçu" in text_of(page)


async def test_a_saved_presentation_is_what_was_asked_and_answered(desk: Desk) -> None:
    request_id = await desk.ask()
    await desk.answer(request_id)
    saved = (await desk.get(f"/requests/{request_id}/presentation")).json()
    SAVED.validate(saved)
    row, request = await desk.session(request_id), await desk.request(request_id)
    assert saved["presentation"] == row.presentation
    assert saved["proof_request"] == row.proof_request
    assert saved["request"] == request.request
    done = RUN.invoke(app, ["-"], input=json.dumps(saved))
    assert done.exit_code == 2  # read, but nothing was given to judge it with
    assert "--mirror" in done.stderr


async def test_of_what_is_not_authentic_nothing_was_learned(desk: Desk) -> None:
    desk.agent.verified = False
    request_id = await desk.ask(learner_name="required")
    await desk.answer(request_id)
    receipt = await receipt_of(desk, request_id)
    assert receipt["learned"] is None
    assert receipt["decision"]["conclusion"] == "refused"
    assert "Müller" not in json.dumps(receipt, ensure_ascii=False)


async def test_a_presentation_that_cannot_be_read_has_a_receipt_too(desk: Desk) -> None:
    request_id = await desk.ask()
    await desk.answer(request_id, lambda answered: answered.pop("identifiers") and None)
    receipt = await receipt_of(desk, request_id)
    assert receipt["decision"]["conclusion"] == "refused"


def test_verifying_says_who_signed_and_that_one_must_know_the_key(
    receipt: dict[str, Any], tmp_path: Path
) -> None:
    key = receipt["verifier"]["key"]
    said = run(tmp_path, receipt, "--key", key, status=0).stdout
    assert "Atelier Garonne" in said
    assert "ACCEPTED" in said
    assert "Müller" in said
    said = run(tmp_path, receipt, status=2).stdout
    assert "anybody can make one" in said
    assert "chacun peut en faire une" in run(tmp_path, receipt, "--language", "fr", status=2).stdout
    said = run(tmp_path, receipt, "--key", did_key_of(STRANGER.multikey), status=1).stdout
    assert said.startswith("REFUSED")
    assert "Müller" not in said
    found = json.loads(run(tmp_path, receipt, "--key", key, "--json", status=0).stdout)
    assert (found["signature"], found["key_known"], found["conclusion"]) == (
        *("valid", "valid", "accepted"),
    )
    run(tmp_path, receipt, "--key", "did:key:nonsense", status=2)


async def test_a_genuine_receipt_of_a_refusal_is_no_acceptance(desk: Desk, tmp_path: Path) -> None:
    desk.agent.verified = False
    request_id = await desk.ask()
    await desk.answer(request_id)
    receipt = await receipt_of(desk, request_id)
    done = run(tmp_path, receipt, "--key", receipt["verifier"]["key"], status=1)
    assert "The signature holds" in done.stdout


def short(receipt: dict[str, Any]) -> dict[str, Any]:
    """A receipt with one of each list, so that every kind of leaf is tried."""

    def cut(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: cut(each) for name, each in value.items()}
        return [cut(each) for each in value[:1]] if isinstance(value, list) else value

    did = did_key_of(OWN.multikey)
    content = {name: cut(each) for name, each in receipt.items() if name != "proof"}
    content["verifier"] = {"name": "Atelier Garonne", "key": did}
    return sign_document(content, OWN, f"{did}#{OWN.multikey}", WHEN)


def test_no_leaf_of_a_receipt_can_be_changed(receipt: dict[str, Any]) -> None:
    whole = short(receipt)
    key = did_key_of(OWN.multikey)
    assert read_receipt(json.dumps(whole).encode(), key).conclusion == "accepted"
    count = 0
    for place, changed in placed_mutants(whole):
        count += 1
        try:
            found = read_receipt(json.dumps(changed).encode(), key)
        except (InvalidInput, RuleBroken):
            continue
        assert found.conclusion == "refused", place
    assert count > 300


def test_a_receipt_signed_again_by_another_key_is_anothers(receipt: dict[str, Any]) -> None:
    whole = short(receipt)
    did = did_key_of(STRANGER.multikey)
    forged = sign_document(whole, STRANGER, f"{did}#{STRANGER.multikey}", WHEN)
    own = did_key_of(OWN.multikey)
    assert read_receipt(json.dumps(forged).encode(), own).conclusion == "refused"
    renamed = {**whole, "verifier": {**whole["verifier"], "key": did}}
    theirs = sign_document(renamed, STRANGER, f"{did}#{STRANGER.multikey}", WHEN)
    raw = json.dumps(theirs).encode()
    assert read_receipt(raw, own).conclusion == "refused"
    assert read_receipt(raw, None).conclusion == "could-not-tell"


def test_a_receipt_of_any_form_is_read_or_refused_plainly(receipt: dict[str, Any]) -> None:
    did = did_key_of(OWN.multikey)
    for name, changed in spoilt({k: v for k, v in short(receipt).items() if k != "proof"}):
        try:
            signed = sign_document(changed, OWN, f"{did}#{OWN.multikey}", WHEN)
            raw = json.dumps(signed).encode()
            done = RUN.invoke(app, ["-", "--key", did], input=raw)
        except RuleBroken:
            continue  # it has no canonical form
        assert done.exception is None or isinstance(done.exception, SystemExit), name
        assert done.exit_code in {0, 1, 2}, name
