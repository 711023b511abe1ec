"""The addresses of the registry: ``PUT`` what is signed, ``GET`` what stands, nothing else."""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Callable
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import FileResponse, JSONResponse, Response

from acquis.errors import NotFound, Unavailable
from acquis.registry.multibase import decode_base58
from acquis.registry.paths import FileKind, PublishedPath, parse_path, path_refusal, tails_path
from acquis.registry.rules import RuleBroken
from acquis.text import Text
from registry_host.acceptance import tag_of
from registry_host.bodies import Bodies
from registry_host.files import read_or_none
from registry_host.writing import Outcome, Publications, Written

router = APIRouter()

MUTABLE: Final = "public, max-age=60"
IMMUTABLE: Final = "public, max-age=31536000, immutable"
_METADATA = re.compile(r"(timestamp|\d{1,10}\.(root|targets|snapshot|bin-[0-9a-f]{1,8}))\.json")
_HASHED = re.compile(r"([0-9a-f]{64})\.(.+)")
_MEDIA_TYPES = {FileKind.LOG: "text/jsonl", FileKind.TAILS: "application/octet-stream"}


@router.put("/{namespace}/{issuer}/did.jsonl")
async def put_log(namespace: str, issuer: str, request: Request) -> Response:
    """Publish a DID log; it is only extended."""
    publications, published = await _admitted(request, f"{namespace}/{issuer}/did.jsonl")
    raw = await _bodies(request).document(request)
    return await _write(lambda: publications.put_log(published, raw))


@router.put("/{namespace}/{issuer}/did-witness.json")
async def put_witness(namespace: str, issuer: str, request: Request) -> Response:
    """Publish the witness file of a DID."""
    publications, published = await _admitted(request, f"{namespace}/{issuer}/did-witness.json")
    raw = await _bodies(request).document(request)
    return await _write(lambda: publications.put_witness(published, raw))


@router.put("/{namespace}/{issuer}/resources/{digest}")
async def put_resource(namespace: str, issuer: str, digest: str, request: Request) -> Response:
    """Publish an attested resource, or replace one by compare-and-swap on its tag."""
    publications, published = await _admitted(request, f"{namespace}/{issuer}/resources/{digest}")
    raw = await _bodies(request).document(request)
    tag = request.headers.get("if-match")
    return await _write(lambda: publications.put_resource(published, raw, tag))


@router.put("/tails/hash/{tails_hash}")
async def put_tails(tails_hash: str, request: Request) -> Response:
    """Publish a tails file (multipart part ``tails``); 409 when it stands already."""
    publications, published = _publications(request), tails_path(tails_hash)
    fresh = publications.uploads / secrets.token_hex(16)
    try:
        await _bodies(request).tails(request, fresh)
        return await _write(lambda: publications.put_tails(published, fresh), unchanged_status=409)
    finally:
        await asyncio.to_thread(fresh.unlink, missing_ok=True)


@router.put("/{path:path}")
async def put_elsewhere() -> Response:
    """Refuse what is put anywhere else, by the rule about paths."""
    raise path_refusal()


@router.api_route("/tuf/{name}", methods=["GET", "HEAD"])
async def get_metadata(name: str, request: Request) -> Response:
    """Read TUF metadata; everything but the timestamp carries its version in its name."""
    if not _METADATA.fullmatch(name):
        raise _nothing()
    raw = await asyncio.to_thread(read_or_none, _publications(request).public / "tuf" / name)
    if raw is None:
        raise _nothing()
    lasting = "public, no-cache" if name == "timestamp.json" else IMMUTABLE
    return _answer(request, raw, "application/json", lasting)


@router.api_route("/{path:path}", methods=["GET", "HEAD"])
async def get_file(path: str, request: Request) -> Response:
    """Read a published file, also under the name of one version: ``<SHA-256>.<name>``."""
    if b"%" in request.scope.get("raw_path", b""):
        raise _nothing()
    folder, _, name = path.rpartition("/")
    hashed = _HASHED.fullmatch(name)
    try:
        published = parse_path(f"{folder}/{hashed[2]}" if hashed else path)
    except RuleBroken as error:
        raise _nothing() from error
    publications = _publications(request)
    if published.kind is FileKind.TAILS:
        return await asyncio.to_thread(_tails, publications, published, request)
    wanted = hashed[1] if hashed else None
    raw = await asyncio.to_thread(publications.read, published, wanted)
    if raw is None:
        raise _nothing()
    media_type = _MEDIA_TYPES.get(published.kind, "application/json")
    return _answer(request, raw, media_type, IMMUTABLE if hashed else _lasting(published, raw))


def _publications(request: Request) -> Publications:
    publications = getattr(request.app.state, "publications", None)
    if not isinstance(publications, Publications):
        raise Unavailable(Text("The registry is starting.", "Le registre démarre."))
    return publications


def _bodies(request: Request) -> Bodies:
    bodies: Bodies = request.app.state.bodies
    return bodies


async def _admitted(request: Request, path: str) -> tuple[Publications, PublishedPath]:
    """Return where to write and what, before anything of the body is read.

    Raises: RuleBroken (path), NotGranted.
    """
    publications = _publications(request)
    return publications, await asyncio.to_thread(publications.admit, path)


async def _write(work: Callable[[], Written], *, unchanged_status: int = 200) -> Response:
    try:
        written = await asyncio.to_thread(work)
    except OSError as error:
        raise Unavailable(
            Text(
                "The registry cannot write at the moment; what stood still stands. Try again.",
                "Le registre ne peut pas écrire pour l’instant ; l’existant demeure. Réessayez.",
            )
        ) from error
    status = {Outcome.CREATED: 201, Outcome.UNCHANGED: unchanged_status}.get(written.outcome, 200)
    return JSONResponse(
        {"path": f"/{written.path}", "outcome": str(written.outcome)},
        status_code=status,
        headers={"etag": written.tag},
    )


def _tails(publications: Publications, published: PublishedPath, request: Request) -> Response:
    path = publications.files.path_of(published)
    if not path.is_file():
        raise _nothing()
    tag = f'"{decode_base58(published.name).hex()}"'
    headers = {"etag": tag, "cache-control": IMMUTABLE, **_OPEN}
    if _is_known(request, tag):
        return Response(status_code=304, headers=headers)
    return FileResponse(path, media_type=_MEDIA_TYPES[FileKind.TAILS], headers=headers)


_OPEN = {"access-control-allow-origin": "*", "cross-origin-resource-policy": "cross-origin"}


def _answer(request: Request, raw: bytes, media_type: str, lasting: str) -> Response:
    tag = tag_of(raw)
    headers = {"etag": tag, "cache-control": lasting, **_OPEN}
    if _is_known(request, tag):
        return Response(status_code=304, headers=headers)
    return Response(raw, media_type=media_type, headers=headers)


def _is_known(request: Request, tag: str) -> bool:
    known = request.headers.get("if-none-match", "")
    return known == "*" or tag in [each.strip().removeprefix("W/") for each in known.split(",")]


def _lasting(published: PublishedPath, raw: bytes) -> str:
    """Say how long a reader may keep a file: what grows or is replaced, a minute."""
    grows = published.kind is not FileKind.RESOURCE or b'"anonCredsRevocRegDef"' in raw
    return MUTABLE if grows else "public, max-age=3600"


def _nothing() -> NotFound:
    return NotFound(
        Text("Nothing is published at this address.", "Rien n’est publié à cette adresse.")
    )
