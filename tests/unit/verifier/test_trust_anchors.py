"""Several trust anchors, each with its registry and its age, on the pages and in the JSON."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from pydantic import ValidationError

from acquis.registry.did_log import build_next_entry
from acquis.registry.rotation import with_attest_key, with_compromised_key
from acquis.registry.trust_list import Scope, TrustEntry
from support.registry import seeded_key
from support.verifier_desk import (
    ANOTHER_REGISTRY,
    INSTITUTE,
    NOW,
    PYTHON,
    Copy,
    Desk,
    open_desk,
    publish_example,
    text_of,
)
from verifier.requesting import environment_of
from verifier.settings import VerifierSettings

NETWORK = "Network of the South-West"
SETTINGS: dict[str, Any] = {
    "secret": "s" * 40,
    "agent_api_key": "a" * 32,
    "webhook_key": "w" * 32,
    "employer_name": "Atelier Garonne",
}


@pytest_asyncio.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """A verifier that relies on the anchor of the desk and on the network's, of another registry."""
    anchors = Copy(tmp_path / "mirror")
    chosen = (anchors.anchor.did, anchors.network.did)
    async with open_desk(tmp_path, anchors=chosen) as opened:
        opened.copy.confirm(NOW - 600, ANOTHER_REGISTRY)
        yield opened


def entry(desk: Desk, since: date = date(2020, 1, 1)) -> TrustEntry:
    scope = Scope("esco", 1, 5, since, None, "charter 3", "Conference of rectors")
    return TrustEntry(desk.copy.institute.did, INSTITUTE, "FR", "https://a.example/", (scope,))


def network_recognises(desk: Desk, **changes: Any) -> None:
    desk.copy.recognise(entry(desk), by=desk.copy.network, name=NETWORK, **changes)


async def asked_and_answered(desk: Desk) -> str:
    request_id = await desk.ask()
    await desk.answer(request_id)
    return request_id


async def said(desk: Desk, request_id: str, check_id: str) -> dict[str, Any]:
    content = (await desk.get(f"/api/requests/{request_id}")).json()
    checks: list[dict[str, Any]] = content["report"]["checks"]
    return next(each for each in checks if each["id"] == check_id)


async def test_who_the_second_anchor_alone_recognises_is_asked_for_and_accepted(desk: Desk) -> None:
    desk.copy.recognise()
    network_recognises(desk)
    request_id = await asked_and_answered(desk)
    found = await said(desk, request_id, "issuer-recognised")
    assert found["outcome"] == "valid"
    assert found["evidence"]["anchor"] == desk.copy.network.did
    assert found["evidence"]["accredited_by"] == ["Conference of rectors"]
    assert found["evidence"]["accreditation"] == ["charter 3"]
    assert found["as_of"] == NOW - 600
    assert [each["says"] for each in found["evidence"]["anchors"]] == ["unknown", "recognises"]
    english = text_of(await desk.get(f"/requests/{request_id}?lang=en"))
    for words in (
        f"day of the award by “{NETWORK}” (accredited by Conference of rectors)",
        "Trust list “list” does not know the institution",
        f"Trust list “{NETWORK}” in force · version 1",
        "our copy of 22 Nov 2026, 11:50 UTC (10 minutes old)",
        "As of 22 Nov 2026, 11:50 UTC , 10 minutes old",
    ):
        assert words in english, words
    french = text_of(await desk.get(f"/requests/{request_id}?lang=fr"))
    assert f"par « {NETWORK} » (accrédité par Conference of rectors)" in french
    assert "ancienneté : 10 minutes" in french


async def test_an_anchor_that_could_not_be_asked_leaves_it_open(desk: Desk) -> None:
    network_recognises(desk)
    request_id = await desk.ask()
    await desk.open(request_id)
    desk.copy.recognise()
    desk.copy.confirm(NOW - 30 * 3600, ANOTHER_REGISTRY)
    await desk.answer_opened(request_id)
    found = await said(desk, request_id, "issuer-recognised")
    assert (found["outcome"], found["evidence"]["recognition"]) == (
        "indeterminate",
        "could-not-check",
    )
    assert [each["state"] for each in found["evidence"]["anchors"]] == ["in-force", "old-copy"]
    assert (await said(desk, request_id, "mirror-age"))["outcome"] == "valid"
    english = text_of(await desk.get(f"/requests/{request_id}?lang=en"))
    assert "could not be checked: a trust list you rely on is missing" in english
    assert "What to do: Have our copy of the registry refreshed" in english
    assert "Faites rafraîchir" in text_of(await desk.get(f"/requests/{request_id}?lang=fr"))


async def test_a_registry_that_stands_still_does_not_age_another_ones_issuer(desk: Desk) -> None:
    network_recognises(desk)
    desk.copy.confirm(NOW - 30 * 3600, ANOTHER_REGISTRY)
    request_id = await asked_and_answered(desk)
    row = await desk.session(request_id)
    assert row.decision is not None
    assert row.decision["conclusion"] == "accepted"
    assert (await said(desk, request_id, "mirror-age"))["as_of"] == NOW - 30


async def test_nobody_is_asked_for_by_a_list_that_is_not_in_force(desk: Desk) -> None:
    desk.copy.recognise(desk.copy.entry, until=date(2026, 11, 21))
    network_recognises(desk, until=date(2026, 11, 21))
    form = {"competency": PYTHON, "purpose": "p", "ask": "1"}
    answer = await desk.post("/ask?lang=en", **form)
    assert answer.status_code == 422
    assert "No trust list you rely on is in force" in text_of(answer)
    assert "Aucune liste de confiance choisie" in text_of(await desk.post("/ask?lang=fr", **form))


async def test_a_list_is_read_once_for_one_look(desk: Desk) -> None:
    environment = environment_of(desk.around)
    first = environment.resolve_trust_list(desk.copy.anchor.did)
    for file in desk.copy.files.glob("trust/anchor/resources/*"):
        file.unlink()
    assert environment.resolve_standing(desk.copy.anchor.did, desk.copy.institute.did)
    assert environment.resolve_trust_list(desk.copy.anchor.did) is first


async def test_the_page_tells_whom_one_relies_on_and_what_to_do(desk: Desk) -> None:
    english = text_of(await desk.get("/trust?lang=en"))
    for words in (
        "list in force Institutions on it 1 Version 1 Published on 1 Nov 2026, 00:00 UTC",
        "(30 seconds old)",
        "not in our copy of the registry What to do: Have our copy of the registry refreshed",
        desk.copy.network.did,
    ):
        assert words in english, words
    network_recognises(desk, until=date(2026, 11, 21))
    french = text_of(await desk.get("/trust?lang=fr"))
    for words in (NETWORK, "périmée", "Demandez à son éditeur", "ancienneté : 10 minutes"):
        assert words in french, words
    assert (await desk.stranger.get("/trust")).status_code == 303


async def test_the_form_names_whom_one_relies_on(desk: Desk) -> None:
    network_recognises(desk)
    english = text_of(await desk.get("/ask?lang=en"))
    assert f"recognised by these are asked for: list , {NETWORK}" in english
    assert 'href="/trust"' in (await desk.get("/ask")).text


async def test_a_compromise_is_told_before_the_verdicts_and_everything_still_verifies(
    desk: Desk,
) -> None:
    issuer = desk.copy.institute
    stolen, fresh = issuer.method, seeded_key("fresh")
    since = datetime(2026, 11, 12, 8, 0, tzinfo=UTC)
    document = with_attest_key(issuer.document.document, fresh.multikey)
    document = with_compromised_key(document, stolen, since)
    third = seeded_key("third")
    issuer.log = build_next_entry(issuer.log.encode(), issuer.next, third, document)
    desk.copy.put(issuer, [])
    assert "No recognised institution" in text_of(
        await desk.post("/ask?lang=en", competency=PYTHON, purpose="p", ask="1")
    )
    issuer.attest = fresh
    publish_example(desk.copy, "data-analysis-with-python-and-sql", "first-aid-at-work")
    request_id = await asked_and_answered(desk)
    english = text_of(await desk.get(f"/requests/{request_id}?lang=en"))
    told = "The issuer reported a compromise since 12 November 2026, 08:00 UTC"
    assert english.index("Accepted") < english.index(told) < english.index("Three verdicts")
    french = text_of(await desk.get(f"/requests/{request_id}?lang=fr"))
    assert "a signalé une compromission depuis le 12 novembre 2026, 08:00 UTC" in french
    found = await said(desk, request_id, "issuer-identity")
    assert found["evidence"]["did_version"].startswith("2-")
    assert found["evidence"]["did_updated"] == int(issuer.document.updated.timestamp())


async def test_an_institution_that_closed_its_identity_is_no_forger(desk: Desk) -> None:
    issuer = desk.copy.institute
    request_id = await desk.ask()
    await desk.open(request_id)
    issuer.log = build_next_entry(
        issuer.log.encode(), issuer.next, seeded_key("third"), deactivate=True
    )
    base = desk.copy.files / issuer.folder
    (base / "did.jsonl").write_text(issuer.log)
    await desk.answer_opened(request_id)
    row = await desk.session(request_id)
    assert row.decision is not None
    assert row.decision["conclusion"] == "could-not-tell"
    assert "invalid" not in json.dumps(row.report)
    english = text_of(await desk.get(f"/requests/{request_id}?lang=en"))
    assert "Could not tell The institution closed its identity on" in english
    assert "not make the credential a forgery. What to do: Ask the candidate for an" in english


def test_anchors_are_given_with_commas_and_refused_when_they_are_no_dids(tmp_path: Path) -> None:
    copy = Copy(tmp_path)
    one, two = copy.anchor.did, copy.network.did
    chosen = VerifierSettings(**SETTINGS, anchors=f" {one}, ,{two},{one}")  # type: ignore[arg-type]
    assert chosen.anchors == (one, two)
    assert VerifierSettings(**SETTINGS).anchors == ()
    for given in ("did:web:a.example", f"{one},x", ",".join(f"{one}{n}" for n in range(21))):
        with pytest.raises(ValidationError, match="anchors"):
            VerifierSettings(**SETTINGS, anchors=given)  # type: ignore[arg-type]


def test_anchors_come_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    copy = Copy(tmp_path)
    monkeypatch.setenv("ACQUIS_VERIFIER_ANCHORS", f"{copy.anchor.did},{copy.network.did}")
    assert VerifierSettings(**SETTINGS).anchors == (copy.anchor.did, copy.network.did)
