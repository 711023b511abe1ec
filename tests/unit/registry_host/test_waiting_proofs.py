"""Witness files that wait for a first log: a stranger's beside the issuer's takes nothing away."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import pytest

from registry_host.waiting_proofs import MOST_FILES, WaitingProofs
from support.registry import RegistryServer
from support.witnesses import WitnessedIssuer, spoil, version_ids, witness_file

_NUMBERS = count(1)


@pytest.fixture
def witnessed() -> WitnessedIssuer:
    return WitnessedIssuer(folder=f"univ/approved-{next(_NUMBERS)}")


@pytest.mark.parametrize("stranger_first", [True, False])
def test_a_stranger_cannot_take_approvals_away_that_wait_for_the_first_log(
    server: RegistryServer, witnessed: WitnessedIssuer, stranger_first: bool
) -> None:
    folder = witnessed.folder
    server.grants.grant(folder)
    version_id = version_ids(witnessed.log)[0]
    one, two, _ = witnessed.approvals(version_id)
    own = [witness_file((version_id, [each])) for each in (one, two)]
    theirs = [b"[]", witness_file((version_id, [spoil(one), spoil(two)]))]
    with server.client() as client:
        for raw in (*theirs, *own) if stranger_first else (*own, *theirs):
            assert client.put(f"/{folder}/did-witness.json", content=raw).status_code == 201
        assert client.put(f"/{folder}/did.jsonl", content=witnessed.log).status_code == 201
        stands = client.get(f"/{folder}/did-witness.json").json()
    assert [each["versionId"] for each in stands] == [version_id]
    assert sorted(map(str, stands[0]["proof"])) == sorted(map(str, (one, two)))


def test_proofs_that_wait_go_the_oldest_first_and_after_a_day(tmp_path: Path) -> None:
    waiting = WaitingProofs(tmp_path)
    raws = [b"%d" % number for number in range(MOST_FILES + 1)]
    for raw in (raws[1], *raws[1:], raws[0]):
        waiting.put("univ/one", raw)
    waiting.put("univ/two", b"other")
    assert waiting.of("univ/one") == [*raws[2:], raws[0]]
    waiting.prune()
    assert len(waiting.of("univ/one")) == MOST_FILES
    waiting.prune(-1)
    assert waiting.of("univ/one") == waiting.of("univ/two") == []
