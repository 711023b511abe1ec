"""``acquis registry …`` as its operator uses it, and what the host says about itself."""

from __future__ import annotations

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs
from tuf.api.metadata import Metadata, Root
from typer.testing import CliRunner

from registry_host.command import app
from registry_host.keys import ONLINE, load_key
from registry_host.metadata import SignedTree
from support.registry import Issuer, RegistryServer, publish_all, running_registry

RUN = CliRunner()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ACQUIS_REGISTRY_FOLDER", str(tmp_path / "registry"))
    monkeypatch.setenv("ACQUIS_REGISTRY_HASH_BITS", "2")
    return tmp_path / "registry"


def test_init_makes_keys_that_only_their_owner_reads_and_says_what_to_give_out(
    folder: Path, tmp_path: Path
) -> None:
    away = tmp_path / "away"
    done = RUN.invoke(app, ["init", "--root-keys", str(away)])
    assert done.exit_code == 0, done.output
    assert str(folder / "public" / "tuf" / "1.root.json") in done.output.replace("\n", "")
    secrets = [folder / "keys" / ONLINE, *away.iterdir()]
    assert len(secrets) == 4
    for secret in secrets:
        assert stat.S_IMODE(secret.stat().st_mode) == 0o600
        assert "PRIVATE" not in done.output
    again = RUN.invoke(app, ["init"])
    assert again.exit_code == 0
    assert "Already set up" in again.output
    tree = SignedTree(folder / "public" / "tuf", load_key(folder / "keys" / ONLINE))
    assert tree.count() == 0


def test_init_is_finished_when_it_was_broken_off(folder: Path, tmp_path: Path) -> None:
    away = tmp_path / "away"
    assert RUN.invoke(app, ["init", "--root-keys", str(away)]).exit_code == 0
    keys = {path: path.read_bytes() for path in away.iterdir()}
    (folder / "public" / "tuf" / "timestamp.json").unlink()
    assert RUN.invoke(app, ["init", "--root-keys", str(away)]).exit_code == 0
    assert {path: path.read_bytes() for path in away.iterdir()} == keys


@pytest.mark.parametrize(
    "arguments",
    [
        ["init", "--threshold", "4"],
        ["init", "--host", "localhost"],
        ["init", "--host", "127.0.0.1"],
        ["init", "--hash-bits", "0"],
        ["grant", "univ/demo"],
        ["serve"],
        ["status"],
    ],
)
def test_a_command_that_cannot_be_done_says_so_in_a_sentence(
    folder: Path, arguments: list[str]
) -> None:
    done = RUN.invoke(app, arguments)
    assert done.exit_code in {1, 2}
    assert isinstance(done.exception, SystemExit)
    assert done.output.strip()


def test_what_is_damaged_or_not_to_be_written_is_said_in_a_sentence(
    folder: Path, tmp_path: Path
) -> None:
    away = str(tmp_path / "away")
    occupied = tmp_path / "a-file"
    occupied.write_text("no folder")

    def refused(*arguments: str) -> str:
        done = RUN.invoke(app, arguments)
        assert (done.exit_code, type(done.exception)) == (1, SystemExit), done.output
        return done.output.replace("\n", "")

    assert str(occupied) in refused("init", "--folder", str(occupied / "registry"))
    assert RUN.invoke(app, ["init", "--root-keys", away]).exit_code == 0
    for garbage in ("garbage", "[1]", '{"a/b": {"since": 1}}', '{"a/b": "x"}', '{"a/b": null}'):
        (folder / "grants.json").write_text(garbage)
        assert "grants" in refused("status")
        assert "grants" in refused("grant", "a/b")
        assert (folder / "grants.json").read_text() == garbage
    (folder / "grants.json").unlink()
    (folder / "public" / "tuf" / "timestamp.json").write_text("{")
    assert "timestamp.json is damaged" in refused("status")


def test_root_keys_that_were_left_beside_the_online_key_are_warned_of(folder: Path) -> None:
    assert RUN.invoke(app, ["init"]).exit_code == 0
    assert "WARNING: root keys lie in" in RUN.invoke(app, ["status"]).output
    (folder / "root-keys").rename(folder.with_name("away"))
    assert "WARNING" not in RUN.invoke(app, ["status"]).output


@pytest.mark.parametrize(
    ("arguments", "because"),
    [
        (["grant", "univ"], "names nothing"),
        (["grant", "../univ"], "names nothing"),
        (["grant", "tuf/demo"], "names nothing"),
        (["grant", "univ/Demo"], "names nothing"),
        (["rotate", "--root-keys", "x", "--keys", "5"], "--new-root-keys"),
    ],
)
def test_a_registry_that_is_set_up_says_what_was_wrong(
    folder: Path, arguments: list[str], because: str
) -> None:
    assert RUN.invoke(app, ["init", "--root-keys", str(folder / "away")]).exit_code == 0
    done = RUN.invoke(app, arguments)
    assert done.exit_code in {1, 2}
    assert isinstance(done.exception, SystemExit)
    assert because in done.output
    assert not (folder / "grants.json").exists()


@pytest.mark.parametrize("command", ["serve", "status"])
def test_a_registry_keeps_the_name_it_was_set_up_with(folder: Path, command: str) -> None:
    away = ["--root-keys", str(folder / "away")]
    assert RUN.invoke(app, ["init", "--host", "registry.example", *away]).exit_code == 0
    done = RUN.invoke(app, [command])
    assert done.exit_code == 1
    assert "set up as registry.example, for life" in done.output


def test_a_grant_is_in_force_at_once_and_told_by_status(tmp_path: Path) -> None:
    with running_registry(tmp_path) as server:
        folder = ["--folder", str(server.settings.folder)]
        issuer = Issuer()
        with server.client() as client:
            refused = client.put(f"/{issuer.folder}/did.jsonl", content=issuer.log)
            assert refused.status_code == 403
            done = RUN.invoke(app, ["grant", issuer.folder, *folder])
            assert done.output.startswith("univ/demo: granted\nWhoever publishes a log there first")
            assert client.put(f"/{issuer.folder}/did.jsonl", content=issuer.log).is_success
        again = RUN.invoke(app, ["grant", issuer.folder, *folder])
        belongs = f"univ/demo: was granted before\nIt belongs to {issuer.did}.\n"
        assert again.output == belongs
        said = RUN.invoke(app, ["status", *folder]).output
    assert f"granted         univ/demo: {issuer.did}\n" in said
    assert "files           2" in said


def test_a_host_says_that_it_is_alive_and_ready(tmp_path: Path) -> None:
    with running_registry(tmp_path) as server, server.client() as client:
        assert client.get("/health").json() == {"status": "alive"}
        assert client.get("/ready").json() == {"status": "ready", "checks": {"metadata": "ok"}}
        publish_all(server, Issuer())
        timestamp = client.get("/tuf/timestamp.json")
        assert timestamp.headers["cache-control"] == "public, no-cache"
        root = client.get("/tuf/1.root.json")
        assert "immutable" in root.headers["cache-control"]
        assert root.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize(
    ("left", "status", "says"),
    [
        (timedelta(days=29), 200, "ok"),
        (timedelta(seconds=-1), 503, "Metadata that readers need has expired: root."),
    ],
)
def test_a_host_is_ready_until_its_metadata_expires_and_warns_a_month_before(
    tmp_path: Path, left: timedelta, status: int, says: str
) -> None:
    stopped = RegistryServer(tmp_path, hash_bits=1)
    root: Metadata[Root] = Metadata.from_bytes(stopped.trusted_root.read_bytes())
    root.signed.expires = datetime.now(UTC).replace(microsecond=0) + left
    stopped.trusted_root.write_bytes(root.to_bytes())
    with capture_logs() as logged, running_registry(tmp_path) as server, server.client() as client:
        answer = client.get("/ready")
    assert (answer.status_code, answer.json()["checks"]) == (status, {"metadata": says})
    (warning,) = (each["says"] for each in logged if each["log_level"] == "warning")
    assert warning.startswith("the root metadata expires in ")


def test_a_registry_that_was_not_set_up_has_no_files(tmp_path: Path) -> None:
    server = RegistryServer(tmp_path)
    assert server.trusted_root.is_file()
    assert not (server.settings.public / "univ").exists()
