"""New keys under a registry: mirrors follow by themselves, thieves and half rotations do not pass."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tuf.api.metadata import Metadata, Root, Targets
from typer.testing import CliRunner

from acquis.errors import AcquisError, Conflict, Unavailable
from acquis.registry.mirror import Mirror
from registry_host import rotation
from registry_host.app import create_app
from registry_host.command import app
from registry_host.keys import NEXT_ONLINE, ONLINE, load_key, load_keys, load_or_create_key
from registry_host.metadata import SignedTree, load_wholes, target_of
from registry_host.operation import replace_keys
from registry_host.standing import describe
from support.hostile_registry import hostile_host
from support.registry import Issuer, RegistryServer, publish_all, put, running_registry

RUN = CliRunner()
ISSUER = Issuer(created=datetime(2026, 1, 1, tzinfo=UTC))


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> RegistryServer:
    """A registry with something in it, its host stopped; copied by each test that changes it."""
    with running_registry(tmp_path_factory.mktemp("rotation"), hash_bits=1) as server:
        publish_all(server, ISSUER, lists=1)
    return server


@pytest.fixture
def server(stopped: RegistryServer, tmp_path: Path) -> RegistryServer:
    shutil.copytree(stopped.base, tmp_path / "base")
    return RegistryServer(tmp_path / "base")


def rotate(server: RegistryServer, *options: str, root_keys: str = "root-keys") -> str:
    done = RUN.invoke(
        app,
        [
            "rotate",
            *("--folder", str(server.settings.folder)),
            *("--root-keys", str(server.base / root_keys)),
            *options,
        ],
    )
    assert done.exit_code == 0, done.output
    return done.output


@contextmanager
def pinned_mirror(server: RegistryServer, name: str = "pinned") -> Iterator[Mirror]:
    """A mirror that was given 1.root.json, of the files as a plain web server shows them."""
    with hostile_host(server.settings.public) as host:
        yield Mirror(server.base / name, {server.host: host.url}, trusted_root=server.trusted_root)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_mirror_follows_new_online_keys_and_new_root_keys_one_after_the_other(
    server: RegistryServer,
) -> None:
    issuer, online = ISSUER, server.settings.keys_folder / ONLINE
    keys = [online.read_bytes()]
    with pinned_mirror(server) as mirror:
        mirror.refresh()
        said = rotate(server)
        assert "Root version 2" in said
        assert "Online key: replaced" in said
        mirror.refresh()
        keys.append(online.read_bytes())
        new = ("--new-root-keys", str(server.base / "new-keys"))
        assert "Root keys: 3 of 5 sign" in rotate(server, *new, "--keys", "5", "--threshold", "3")
        keys.append(online.read_bytes())
        assert len(list((server.base / "new-keys").glob("*.pem"))) == 5
        rotate(server, "--keep-online", root_keys="new-keys")
        assert online.read_bytes() == keys[2]
        mirror.refresh()
        assert mirror.resolve_did(issuer.did)
    assert len(set(keys)) == 3
    assert not (server.settings.keys_folder / NEXT_ONLINE).exists()
    wholes = load_wholes(server.settings.tuf)
    assert wholes.root.signed.version == 4
    assert wholes.online_keys == {load_key(online).public_key.keyid}
    server.start()
    try:
        server.grants.grant(issuer.folder)
        newer = issuer.schema("2.0")
        with server.client() as client:
            assert put(client, newer).status_code == 201
        for name in ("pinned-live", "fresh"):
            following = server.mirror(server.base / name)
            following.refresh()
            assert following.resolve_resource(newer["id"])
    finally:
        server.stop()


def test_the_old_online_key_signs_nothing_any_more_for_whoever_stole_it(
    server: RegistryServer,
) -> None:
    stolen = load_key(server.settings.keys_folder / ONLINE)
    with pinned_mirror(server) as mirror, pinned_mirror(server, "asleep") as asleep:
        mirror.refresh()
        asleep.refresh()
        rotate(server)
        mirror.refresh()
        forged = server.settings.public / "univ" / "forged" / "index.json"
        forged.parent.mkdir(parents=True)
        forged.write_bytes(b"{}")
        tree = SignedTree(server.settings.tuf, stolen)
        tree.sign({"univ/forged/index.json": target_of("univ/forged/index.json", b"{}")})
        for each in (mirror, asleep):
            with pytest.raises(Unavailable):
                each.refresh()
            assert each.resolve_did(ISSUER.did)  # the last good copy stays
    assert not list(server.base.glob("*/*/files/univ/forged"))


@pytest.mark.parametrize("old_signers", [0, 1])
def test_a_root_that_the_old_threshold_did_not_sign_is_refused(
    server: RegistryServer, old_signers: int
) -> None:
    old = load_keys(server.base / "root-keys")
    own = [load_or_create_key(server.base / "own" / f"{n}.pem") for n in range(3)]
    forged: Metadata[Root] = Metadata.from_bytes(server.trusted_root.read_bytes())
    forged.signed.version = 2
    for role in (Root.type, Targets.type):
        for keyid in list(forged.signed.roles[role].keyids):
            forged.signed.revoke_key(keyid, role)
        for signer in own:
            forged.signed.add_key(signer.public_key, role)
    forged.signatures.clear()
    for signer in [*own, *old[:old_signers]]:
        forged.sign(signer, append=True)
    with pinned_mirror(server) as mirror:
        mirror.refresh()
        before = mirror.refreshed_at
        (server.settings.tuf / "2.root.json").write_bytes(forged.to_bytes())
        with pytest.raises(Unavailable):
            mirror.refresh()
        assert mirror.refreshed_at == before
        assert mirror.resolve_did(ISSUER.did)


def test_too_few_root_keys_change_nothing(server: RegistryServer) -> None:
    few = server.base / "few"
    few.mkdir()
    shutil.copy(server.base / "root-keys" / "root-1.pem", few)
    before = contents(server.settings.public)
    online = (server.settings.keys_folder / ONLINE).read_bytes()
    folder = ["--folder", str(server.settings.folder)]
    for root_keys, options in (
        (few, []),
        (server.base / "nothing", []),
        (few, ["--new-root-keys", str(server.base / "new")]),
        (server.base / "root-keys", ["--threshold", "4"]),
    ):
        done = RUN.invoke(app, ["rotate", *folder, "--root-keys", str(root_keys), *options])
        assert done.exit_code == 1, done.output
        assert "key" in done.output
    assert contents(server.settings.public) == before
    assert (server.settings.keys_folder / ONLINE).read_bytes() == online
    rotate(server)  # two of three are enough
    shutil.copy(server.base / "root-keys" / "root-3.pem", few)
    assert "Root version 3" in rotate(server, root_keys="few")


def test_root_keys_in_force_are_no_new_ones(server: RegistryServer) -> None:
    before = contents(server.settings.folder)
    keys = str(server.base / "root-keys")
    folder = ["--folder", str(server.settings.folder)]
    done = RUN.invoke(app, ["rotate", *folder, "--root-keys", keys, "--new-root-keys", keys])
    assert done.exit_code == 1
    assert "in force already" in done.output
    after = contents(server.settings.folder)
    assert {path: raw for path, raw in after.items() if NEXT_ONLINE not in path} == before


def test_while_a_host_is_running_a_rotation_says_to_stop_it_and_changes_nothing(
    server: RegistryServer,
) -> None:
    server.start()
    try:
        before = contents(server.settings.public)
        done = RUN.invoke(
            app,
            [
                "rotate",
                *("--folder", str(server.settings.folder)),
                *("--root-keys", str(server.base / "root-keys")),
            ],
        )
        assert done.exit_code == 1
        assert "stop the host first" in done.output
        assert contents(server.settings.public) == before
        with server.client() as client:
            assert put(client, ISSUER.schema("3.0")).status_code == 201
    finally:
        server.stop()


class _Crash(OSError):
    pass


async def _start(server: RegistryServer) -> None:
    host = create_app(server.settings)
    async with host.router.lifespan_context(host):
        pass


@pytest.mark.parametrize("online", [True, False])
async def test_a_rotation_broken_off_anywhere_is_made_again_and_mirrors_never_notice(
    stopped: RegistryServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, online: bool
) -> None:
    """Each file is, in turn, the last that was written; the disk fails, nothing of ours is faked."""
    write, number = rotation.write_metadata, 0
    while True:
        base = tmp_path / str(number)
        shutil.copytree(stopped.base, base)
        server = RegistryServer(base)
        left = number

        def failing(folder: Path, name: str, metadata: Metadata[Root]) -> None:
            nonlocal left
            if not left:
                raise _Crash
            left -= 1
            write(folder, name, metadata)

        new = base / "new-keys"
        with pinned_mirror(server) as mirror:
            mirror.refresh()
            with monkeypatch.context() as patched:
                patched.setattr(rotation, "write_metadata", failing)
                try:
                    replace_keys(server.settings, base / "root-keys", new, online=online)
                    whole = True
                except _Crash:
                    whole = False
            mirror.refresh()
            with pinned_mirror(server, "fresh") as fresh:
                fresh.refresh()
            try:
                await _start(server)  # the host goes on as before, or asks for the rest first
                mirror.refresh()
            except Conflict as error:
                assert "rotate" in error.says.en  # noqa: PT017 - either is right
            both = base / "both"  # whoever tries again brings old keys and new ones
            shutil.copytree(base / "root-keys", both)
            replace_keys(server.settings, both, new, online=online)
            await _start(server)
            mirror.refresh()
            assert mirror.resolve_did(ISSUER.did)
        if whole:
            break
        number += 1
    assert number == (2 + 1 if online else 1) + 3  # bins and targets; snapshot, timestamp, root


async def test_the_new_online_key_is_put_in_place_by_the_next_start(server: RegistryServer) -> None:
    """Broken off between the new root and the rename of the key."""
    keys = server.settings.keys_folder
    old = (keys / ONLINE).read_bytes()
    replace_keys(server.settings, server.base / "root-keys")
    new = (keys / ONLINE).read_bytes()
    (keys / NEXT_ONLINE).write_bytes(new)
    (keys / ONLINE).write_bytes(old)
    await _start(server)
    assert (keys / ONLINE).read_bytes() == new
    assert not (keys / NEXT_ONLINE).exists()
    (keys / ONLINE).write_bytes(old)
    with pytest.raises(AcquisError, match="another online key"):
        await _start(server)


def test_status_tells_everything_and_warns_before_the_root_expires(server: RegistryServer) -> None:
    folder = ["--folder", str(server.settings.folder)]
    root: Metadata[Root] = Metadata.from_bytes(server.trusted_root.read_bytes())
    root.signed.expires = datetime.now(UTC).replace(microsecond=0) + timedelta(days=29)
    root.signatures.clear()
    for signer in load_keys(server.base / "root-keys"):
        root.sign(signer, append=True)
    server.trusted_root.write_bytes(root.to_bytes())
    said = RUN.invoke(app, ["status", *folder]).output
    for line in (
        "host            registry.acquis.example",
        "hash bins       2",
        "root            version 1, expires ",
        "targets         version 1, expires ",
        "snapshot        version ",
        "timestamp       version ",
        "root keys       2 of 3 sign",
        "granted         univ/demo",
        "WARNING: the root metadata expires in 28 days",
    ):
        assert line in said
    assert "WARNING: the targets" not in said
    with pinned_mirror(server) as mirror:
        mirror.refresh()
        rotate(server, "--keep-online")
        mirror.refresh()
    said = RUN.invoke(app, ["status", *folder]).output
    assert "root            version 2" in said
    assert "WARNING" not in said
    wholes = load_wholes(server.settings.tuf)
    assert wholes.root.signed.expires > root.signed.expires + timedelta(days=300)
    late = wholes.root.signed.expires + timedelta(days=1)
    assert "expires in 0 days" in list(describe(server.settings, wholes, {}, late))[-1]
