"""``acquis trust pack``: what a verifier believes of it, and every way to spoil one."""

from __future__ import annotations

import io
import json
import struct
import time
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from acquis.errors import AcquisError, NotFound
from acquis.registry.mirror import Mirror, open_pack
from acquis.registry.mirror import unpacking as limits
from acquis.registry.pack import build_manifest, parse_manifest
from acquis.registry.proof import sign_document
from acquis.registry.rules import RuleBroken
from acquis.registry.trust_list import parse_trust_list
from support.mutants import one_mutant_a_leaf
from support.registry import HOST
from support.trust import UNIVERSITY, Ministry
from trust_anchor.anchor import Anchor
from trust_anchor.command import app
from trust_anchor.packing import make_pack

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
async def pack(ministry: Ministry, tmp_path: Path) -> Path:
    """A pack that the ministry made by the command, from a registry it refreshed its copy of."""
    await ministry.publishes()
    done = CliRunner().invoke(
        app,
        [
            *("pack", "--folder", str(ministry.folder), "--mirror", str(tmp_path / "copy")),
            *("--registry", ministry.registry.url, "--out", str(tmp_path / "pack.zip")),
            *("--trusted-root", str(ministry.registry.trusted_root)),
        ],
    )
    assert done.exit_code == 0, done.output
    assert ministry.anchor.did in done.output
    return tmp_path / "pack.zip"


def opened(pack: Path, anchor: str) -> Mirror:
    into = pack.with_name("opened")
    into.mkdir()
    open_pack(pack, {anchor}, into)
    return Mirror.open_copy(into)


def contents(pack: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(pack) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def write(pack: Path, files: dict[str, bytes]) -> None:
    with zipfile.ZipFile(pack, "w") as archive:
        for name, raw in files.items():
            archive.writestr(name, raw)


def refused(pack: Path, anchor: str) -> RuleBroken:
    into = pack.with_name("refused")
    into.mkdir(exist_ok=True)
    with pytest.raises(RuleBroken) as caught:
        open_pack(pack, {anchor}, into)
    return caught.value


def signed_again(anchor: Anchor, manifest: dict[str, Any]) -> bytes:
    key = anchor.load_attest_key()
    signed = sign_document(manifest, key, f"{anchor.did}#{key.multikey}", NOW)
    return json.dumps(signed).encode()


def test_a_pack_is_read_as_the_mirror_it_was_made_of(pack: Path, ministry: Ministry) -> None:
    source, mirror = Mirror.open_copy(pack.with_name("copy")), opened(pack, ministry.anchor.did)
    assert mirror.confirmed_at() == source.confirmed_at()
    listed = mirror.trust_list(ministry.anchor.did)
    assert listed == source.trust_list(ministry.anchor.did)
    assert parse_trust_list(listed.content).version == 1
    assert mirror.resolve_did(UNIVERSITY.did) == source.resolve_did(UNIVERSITY.did)
    assert not any("tails" in name for name in contents(pack))


def test_the_age_of_a_pack_is_that_of_the_copy_not_of_its_making(
    pack: Path, ministry: Ministry
) -> None:
    copy = pack.with_name("copy")
    long_ago = int(time.time()) - 40 * 86_400
    noted = {"bins": {}, "confirmed_ns": long_ago * 10**9}
    (copy / HOST / "applied.json").write_text(json.dumps(noted))
    make_pack(ministry.anchor, Mirror.open_copy(copy), pack, datetime.now(UTC))
    assert opened(pack, ministry.anchor.did).confirmed_at() == {HOST: long_ago}


def test_a_pack_by_another_anchor_is_not_believed(pack: Path) -> None:
    assert refused(pack, UNIVERSITY.did).rule == "issuer"


def test_no_leaf_of_the_manifest_can_be_changed(pack: Path, ministry: Ministry) -> None:
    files, anchor = contents(pack), ministry.anchor.did
    manifest = json.loads(files["manifest.json"])
    few = dict(list(manifest["files"].items())[:2])
    changed = [each for _, each in one_mutant_a_leaf({**manifest, "files": few})]
    assert len(changed) > 10
    for each in changed:
        kept = each.get("files")
        if kept == few:
            each["files"] = manifest["files"]
        write(pack, files | {"manifest.json": json.dumps(each).encode()})
        refused(pack, anchor)


def test_no_file_can_be_changed_left_out_or_added(pack: Path, ministry: Ministry) -> None:
    files, anchor = contents(pack), ministry.anchor.did
    for name in files:
        if name != "manifest.json":
            write(pack, files | {name: files[name] + b" "})
            assert refused(pack, anchor).rule == "digest"
        write(pack, {each: raw for each, raw in files.items() if each != name})
        refused(pack, anchor)
    write(pack, files | {"files/more": b"x"})
    refused(pack, anchor)


@pytest.mark.parametrize("name", ["../../out", "/out", "..", "C:\\out", "tails/hash/x", "a/b/c"])
def test_no_name_leads_elsewhere_even_when_the_anchor_signed_it(
    pack: Path, ministry: Ministry, name: str
) -> None:
    files = contents(pack)
    manifest = json.loads(files["manifest.json"])
    for path in (f"{HOST}/{name}", name):
        listed = manifest["files"] | {path: "0" * 64}
        raw = signed_again(ministry.anchor, {**manifest, "files": listed})
        write(pack, files | {"manifest.json": raw, f"files/{path}": b"x"})
        refused(pack, ministry.anchor.did)
    assert [each.name for each in pack.with_name("refused").iterdir()] == []


def test_a_copy_confirmed_after_the_pack_was_made_is_refused(
    pack: Path, ministry: Ministry
) -> None:
    files = contents(pack)
    manifest = json.loads(files["manifest.json"])
    later = {"registries": {HOST: {"confirmed_at": manifest["made_at"] + 1}}}
    write(pack, files | {"manifest.json": signed_again(ministry.anchor, manifest | later)})
    refused(pack, ministry.anchor.did)


def test_a_manifest_is_read_back_as_it_was_built(pack: Path) -> None:
    raw = contents(pack)["manifest.json"]
    manifest, document = parse_manifest(raw)
    assert build_manifest(manifest) == {k: v for k, v in document.items() if k != "proof"}


def _twice(pack: Path) -> None:
    with zipfile.ZipFile(pack, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("manifest.json", b"{}")


def _enciphered(pack: Path) -> None:
    raw = bytearray(pack.read_bytes())
    at = raw.rindex(b"PK\x01\x02")
    raw[at + 8] |= 1
    pack.write_bytes(raw)


def _bomb(pack: Path) -> None:
    files = contents(pack)
    with zipfile.ZipFile(pack, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, raw in files.items():
            archive.writestr(name, raw if name == "manifest.json" else bytes(6 * 1024 * 1024))


def _lies_about_its_size(pack: Path) -> None:
    files = contents(pack)
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, raw in files.items():
            archive.writestr(name, raw + bytes(20 * 1024 * 1024) if "index" in name else raw)
    raw = bytearray(held.getvalue())
    at = -1
    while (at := raw.find(b"PK\x01\x02", at + 1)) >= 0:
        size = struct.unpack_from("<I", raw, at + 24)[0]
        struct.pack_into("<I", raw, at + 24, min(size, 1000))
    pack.write_bytes(raw)


def _vast_directory(pack: Path) -> None:
    raw = bytearray(pack.read_bytes())
    struct.pack_into("<I", raw, len(raw) - 10, limits._MAX_DIRECTORY_BYTES + 1)
    pack.write_bytes(raw)


def _sixty_four(pack: Path) -> None:
    raw = pack.read_bytes()
    pack.write_bytes(raw[:-22] + b"PK\x06\x07" + bytes(16) + raw[-22:])


def _cut(pack: Path) -> None:
    pack.write_bytes(pack.read_bytes()[:-30])


def _other_method(pack: Path) -> None:
    files = contents(pack)
    with zipfile.ZipFile(pack, "w", zipfile.ZIP_LZMA) as archive:
        for name, raw in files.items():
            archive.writestr(name, raw)


def _no_zip(pack: Path) -> None:
    pack.write_bytes(b"{}")


def _empty(pack: Path) -> None:
    pack.write_bytes(b"")


@pytest.mark.parametrize(
    "spoil",
    [
        *(_twice, _enciphered, _bomb, _lies_about_its_size, _vast_directory),
        *(_sixty_four, _cut, _other_method, _no_zip, _empty),
    ],
)
def test_a_zip_that_is_not_plain_is_refused(
    pack: Path, ministry: Ministry, spoil: Callable[[Path], None]
) -> None:
    spoil(pack)
    refused(pack, ministry.anchor.did)


def test_an_anchor_packs_only_what_will_be_believed(ministry: Ministry, tmp_path: Path) -> None:
    out = tmp_path / "pack.zip"
    with pytest.raises(NotFound):
        Mirror.open_copy(tmp_path / "nowhere")
    mirror = ministry.registry.mirror(tmp_path / "copy")
    mirror.refresh()
    copy = Mirror.open_copy(tmp_path / "copy")
    with pytest.raises(AcquisError):  # it has published nothing
        make_pack(ministry.anchor, copy, out, NOW)
    assert not out.exists()


async def test_a_key_that_its_published_log_does_not_list_packs_nothing(
    pack: Path, ministry: Ministry, tmp_path: Path
) -> None:
    anchor = ministry.anchor
    stranger = replace(anchor, folder=tmp_path / "stranger")
    copy = Mirror.open_copy(pack.with_name("copy"))
    with pytest.raises(NotFound):
        make_pack(stranger, copy, tmp_path / "other.zip", NOW)
    assert not (tmp_path / "other.zip").exists()
