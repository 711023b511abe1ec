"""Grants: to one DID or to whoever comes first, taken back while unused, never lost."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from acquis.registry.rules import Rule
from registry_host.command import app
from registry_host.grants import Grant, Grants
from support.registry import Issuer, RegistryServer, put, running_registry

RUN = CliRunner()
OWNER = Issuer(folder="univ/owner")
SQUATTER = Issuer(folder="univ/owner", name="squatter")
GRANTING = """
import sys
from pathlib import Path
from registry_host.grants import Grants
grants = Grants(Path(sys.argv[1]))
sys.stdin.readline()
for number in range(60):
    grants.grant(f"{sys.argv[2]}/i{number}")
"""


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[RegistryServer]:
    with running_registry(tmp_path) as running:
        yield running


def run(server: RegistryServer, *arguments: str) -> tuple[int, str]:
    done = RUN.invoke(app, [*arguments, "--folder", str(server.settings.folder)])
    assert done.exception is None or isinstance(done.exception, SystemExit)
    return done.exit_code, done.output


@pytest.mark.parametrize("given", [OWNER.did, OWNER.did.split(":")[2]])
def test_a_folder_granted_to_a_did_is_taken_by_no_other(
    own_server: RegistryServer, given: str
) -> None:
    scid = OWNER.did.split(":")[2]
    code, said = run(own_server, "grant", OWNER.folder, given)
    assert (code, said) == (0, f"univ/owner: granted\nIt belongs to {scid}.\n")
    assert f"granted         univ/owner: free, for {scid}\n" in run(own_server, "status")[1]
    with own_server.client() as client:
        refused = client.put(f"/{OWNER.folder}/did.jsonl", content=SQUATTER.log)
        assert (refused.status_code, refused.json()["rule"]) == (403, Rule.GRANTED)
        assert client.get(f"/{OWNER.folder}/did.jsonl").status_code == 404
        assert client.put(f"/{OWNER.folder}/did.jsonl", content=OWNER.log).status_code == 201
        assert put(client, OWNER.schema()).status_code == 201
    assert f"granted         univ/owner: {OWNER.did}\n" in run(own_server, "status")[1]


def test_a_grant_to_whoever_comes_first_is_said_to_be_one_and_may_be_bound(
    own_server: RegistryServer,
) -> None:
    code, said = run(own_server, "grant", OWNER.folder)
    assert code == 0
    assert "Whoever publishes a log there first owns it" in said
    assert (
        "granted         univ/owner: free, to whoever comes first" in run(own_server, "status")[1]
    )
    assert run(own_server, "grant", OWNER.folder, OWNER.did)[0] == 0
    code, said = run(own_server, "grant", OWNER.folder, SQUATTER.did)
    assert (code, "granted to another DID" in said) == (1, True)
    assert "was granted before" in run(own_server, "grant", OWNER.folder)[1]  # and stays bound
    with own_server.client() as client:
        assert client.put(f"/{OWNER.folder}/did.jsonl", content=SQUATTER.log).status_code == 403


def test_a_squatted_folder_is_seen_and_not_given_to_another(own_server: RegistryServer) -> None:
    run(own_server, "grant", OWNER.folder)
    with own_server.client() as client:
        assert client.put(f"/{OWNER.folder}/did.jsonl", content=SQUATTER.log).status_code == 201
    assert f"univ/owner: {SQUATTER.did}\n" in run(own_server, "status")[1]
    code, said = run(own_server, "grant", OWNER.folder, OWNER.did)
    assert (code, f"belongs to {SQUATTER.did} already" in said) == (1, True)


@pytest.mark.parametrize("given", [Issuer(folder="univ/other").did, "did:web:x", "Qm", "x" * 46])
def test_a_did_that_does_not_belong_in_the_folder_is_refused(
    own_server: RegistryServer, given: str
) -> None:
    code, said = run(own_server, "grant", OWNER.folder, given)
    assert (code, bool(said)) == (1, True)
    assert own_server.grants.folders() == {}


def test_a_grant_is_taken_back_while_nothing_stands_there(own_server: RegistryServer) -> None:
    run(own_server, "grant", OWNER.folder, SQUATTER.did)
    assert run(own_server, "revoke-grant", OWNER.folder)[0] == 0
    with own_server.client() as client:
        assert client.put(f"/{OWNER.folder}/did.jsonl", content=SQUATTER.log).status_code == 403
        run(own_server, "grant", OWNER.folder, OWNER.did)
        assert client.put(f"/{OWNER.folder}/did.jsonl", content=OWNER.log).status_code == 201
    code, said = run(own_server, "revoke-grant", OWNER.folder)
    assert (code, "Something is published in univ/owner" in said) == (1, True)
    for never, because in (("univ/never", "is not granted"), ("../univ", "names nothing")):
        code, said = run(own_server, "revoke-grant", never)
        assert (code, because in said) == (1, True)
    assert set(own_server.grants.folders()) == {OWNER.folder}


def test_two_commands_at_once_lose_no_grant(tmp_path: Path) -> None:
    path = tmp_path / "grants.json"
    path.write_text('{"univ/of-before": 1760000000}')
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", GRANTING, str(path), name], stdin=subprocess.PIPE, text=True
        )
        for name in ("one", "two")
    ]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    assert [process.wait() for process in processes] == [0, 0]
    granted = Grants(path).folders()
    assert set(granted) == {"univ/of-before"} | {
        f"{name}/i{number}" for name in ("one", "two") for number in range(60)
    }
    assert granted["univ/of-before"] == Grant(1760000000)
