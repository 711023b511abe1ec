"""What a crash between a rename and its signature leaves behind, found and signed at the start."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Final

from acquis.errors import NotFound
from acquis.registry.index import Index, build_index
from acquis.registry.mirror import PublishedFiles
from acquis.registry.paths import (
    FileKind,
    PublishedPath,
    index_path,
    log_path,
    parse_path,
    resource_path,
)
from acquis.registry.resource import ResourceType, parse_resource_id
from acquis.registry.rules import RuleBroken
from acquis.registry.strict_json import parse_object
from registry_host.files import FRESH, read_or_none, write_whole
from registry_host.metadata import SignedTree, target_of

_MARGIN: Final = 5.0  # seconds: clocks of files and of the signature may differ a little


def recover(files: PublishedFiles, public: Path, tree: SignedTree) -> int:
    """Sign every file of ``public`` that stands there unsigned; return how many there were.

    A file is looked into when nothing is signed for it, when its length differs, or when it is
    younger than the last signature. An index that lacks a resource is completed, be it signed.
    Raises: OSError.
    """
    unsigned = dict(_suspects(files, public, tree))
    for published in list(unsigned):
        without_log = not files.path_of(log_path(published.folder)).exists()
        if published.kind is FileKind.WITNESS and without_log:
            files.path_of(published).unlink()  # it still waits for that log, unpublished
            del unsigned[published]
    for published in [*unsigned, *_unlisted(files, public)]:
        if published.kind in (FileKind.RESOURCE, FileKind.LOG):
            fresh = _completed_index(files, published)
            if fresh is not None:
                unsigned[index_path(published.folder)] = fresh
    if unsigned:
        tree.sign({str(path): target_of(str(path), raw) for path, raw in unsigned.items()})
    return len(unsigned)


def _suspects(
    files: PublishedFiles, public: Path, tree: SignedTree
) -> Iterator[tuple[PublishedPath, bytes]]:
    signed_at = tree.signed_at
    for published in _standing(public):
        path = files.path_of(published)
        found, target = path.stat(), tree.target(str(published))
        if target is None or target.length != found.st_size or found.st_mtime > signed_at - _MARGIN:
            raw = path.read_bytes()
            if target is None or target.hashes["sha256"] != sha256(raw).hexdigest():
                yield published, raw


def _standing(public: Path) -> list[PublishedPath]:
    """Return what stands below ``public``; a file that never got its name is removed."""
    standing = []
    for path in public.rglob("*"):
        relative = path.relative_to(public)
        if not path.is_file() or relative.parts[0] == "tuf":
            continue
        if path.name.startswith(FRESH):
            path.unlink()
            continue
        try:
            standing.append(parse_path(relative.as_posix()))
        except RuleBroken:
            continue  # not ours: neither served nor signed
    return standing


def _unlisted(files: PublishedFiles, public: Path) -> Iterator[PublishedPath]:
    """Yield the resources that neither an index nor a revocation registry in it leads to.

    A status list that was never linked is one of them.
    """
    for folder in files.folders():
        try:
            index = files.index_of(folder)
        except (NotFound, RuleBroken):
            continue
        listed = {parse_resource_id(each)[1] for kind in ResourceType for each in index.ids(kind)}
        standing = {path.name for path in (public / folder / "resources").glob("z*")}
        if not standing - listed:
            continue
        for each in index.ids(ResourceType.REVOCATION_REGISTRY_DEFINITION):
            raw = read_or_none(files.path_of(resource_path(folder, parse_resource_id(each)[1])))
            links = parse_object(raw).get("links", []) if raw is not None else []
            listed |= {parse_resource_id(link["id"])[1] for link in links}
        for name in sorted(standing - listed):
            yield resource_path(folder, name)


def _completed_index(files: PublishedFiles, published: PublishedPath) -> bytes | None:
    """Write the index again with the resource (or for the log) at ``published`` in it.

    Returns None when it was complete or is full, or when the resource does not hold any more.
    """
    path = files.path_of(index_path(published.folder))
    try:
        index: Index | None = files.index_of(published.folder)
    except (NotFound, RuleBroken):
        index = None
    try:
        if published.kind is FileKind.RESOURCE:
            raw = files.path_of(published).read_bytes()
            resource = files.resolve_resource(str(parse_object(raw)["id"]))
            following = (index or Index(resource.did, {})).with_resource(resource)
        else:
            following = index or Index(_did_of_log(files, published.folder), {})
        fresh = build_index(following)
    except (KeyError, NotFound, RuleBroken):
        return None
    if fresh == read_or_none(path):
        return None
    write_whole(path, fresh)
    return fresh


def _did_of_log(files: PublishedFiles, folder: str) -> str:
    log = files.path_of(log_path(folder)).read_bytes()
    return str(parse_object(log.split(b"\n", 1)[0])["state"]["id"])
