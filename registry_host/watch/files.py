"""One look at the files that a registry lists: each new version is fetched, kept and judged.

Tails come first, then witness files and DID logs, resources that are new, resources that were
replaced, indexes: nothing is judged before what it rests on. A version that is kept already is
not fetched again. A version that does not hold is kept and noted, and what was accepted before
stays what later versions are compared with. When a DID's log holds again, so may its resources.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from hashlib import sha256

from acquis.registry.did_log import DidDocument
from acquis.registry.paths import FileKind, PublishedPath, log_path, parse_path, witness_path
from acquis.registry.rules import Rule, RuleBroken
from registry_host.watch.alarms import NOT_AS_SIGNED, Alarm, AlarmName, Finding
from registry_host.watch.judgement import (
    Kept,
    document_since,
    judge_index,
    judge_log,
    judge_resource,
    judge_tails,
)
from registry_host.watch.memory import View
from registry_host.watch.record import Record
from registry_host.watch.served import NotServed, Served, VerifiedMetadata

_BATCH = 256  # files between two commits


@dataclass(frozen=True, slots=True)
class Listed:
    """A path as a hash bin lists it now; ``digest`` None: the bin lists it no more."""

    path: str
    digest: str | None
    role: str
    seen_in: str  # SHA-256 of the bin's metadata
    versions: Mapping[str, int]
    length: int = 0


@dataclass(frozen=True, slots=True)
class _Change:
    """A fetched version of a path that may be published."""

    published: PublishedPath
    listed: Listed
    digest: str

    @property
    def path(self) -> str:
        return str(self.published)


class FileLook:
    """The files of one look at ``view``; what is wrong is in ``found``."""

    def __init__(self, view: View, others: Sequence[View], record: Record, served: Served) -> None:
        self._view, self._others, self._record, self._served = view, others, record, served
        self._archive = record.archive
        self._documents: dict[str, DidDocument | None] = {}
        self._shown: dict[str, _Change] = {}  # logs and witness files not judged yet
        self._replaced: set[str] = set()
        self._missed: dict[str, str] = {}  # path → hash bin, of what is left for the next look
        self.found: list[Alarm] = []
        self.examined: set[str] = set()
        self.troubles: dict[str, str] = {}
        self.changed = 0

    @property
    def is_whole(self) -> bool:
        """Whether nothing was left for the next look."""
        return not self._missed and not self.troubles

    def look(self, listed: Sequence[Listed], bins: Sequence[VerifiedMetadata]) -> None:
        """Look at all of ``listed``; a bin whose files were all had is noted as looked at."""
        changes: list[tuple[PublishedPath, Listed]] = []
        for each in listed:
            if each.digest is None:
                self._note_gone(each)
            elif (published := self._parse(each)) is not None:
                changes.append((published, each))
        changes.sort(key=lambda change: self._rank(change[0]))
        self._replaced = {str(published) for published, _ in changes}
        for number, (published, each) in enumerate(changes, start=1):
            change = self._fetch(published, each)
            if change is None or not self._take(change):
                self._missed[str(published)] = each.role
            if number % _BATCH == 0:
                self._record.commit()
        self._missed |= {path: change.listed.role for path, change in self._shown.items()}
        for each_bin in bins:
            done = each_bin.role not in self._missed.values()
            if done and self._view.listed.get(each_bin.role) != each_bin.sha256:
                self._record.note(
                    "listed", view=self._view.name, role=each_bin.role, sha256=each_bin.sha256
                )

    def _rank(self, published: PublishedPath) -> tuple[int, str]:
        order = {
            FileKind.TAILS: 0,
            FileKind.WITNESS: 1,
            FileKind.LOG: 2,
            FileKind.RESOURCE: 4 if str(published) in self._view.accepted else 3,
            FileKind.INDEX: 5,
        }
        return order[published.kind], str(published)

    # what is listed

    def _note_gone(self, listed: Listed) -> None:
        self.examined.add(listed.path)
        if listed.path in self._view.current:
            self._record.note(
                "gone", view=self._view.name, path=listed.path, versions=dict(listed.versions)
            )
            self.changed += 1
        before = self._view.accepted.get(listed.path)
        if before is not None:
            finding = Finding(AlarmName.FILE_GONE, expected=before)
            self._alarm(listed, finding, None)

    def _parse(self, listed: Listed) -> PublishedPath | None:
        """Return what is listed when it may be published at all, else cry out."""
        try:
            published = parse_path(listed.path)
        except RuleBroken as error:
            self._refuse_unfetched(listed, error.rule)
            return None
        if len(listed.digest or "") != 64 or listed.length > published.max_bytes:
            self._refuse_unfetched(listed, Rule.SIZE)
            return None
        return published

    def _refuse_unfetched(self, listed: Listed, rule: Rule) -> None:
        self.examined.add(listed.path)
        self._alarm(listed, Finding(AlarmName.FILE_UNVERIFIED, str(rule)), listed.digest)
        self._note(listed, listed.digest or "", accepted=False, kept=False)

    def _fetch(self, published: PublishedPath, listed: Listed) -> _Change | None:
        digest = listed.digest or ""
        if self._archive.holds(digest):
            return _Change(published, listed, digest)
        if self._served.is_spent and self.changed:  # at least one a look: it does get on
            self.troubles["files"] = "too many for one look; the rest follows"
            return None
        try:
            raw = self._served.file(listed.path, digest, listed.length)
        except NotServed as error:
            self.troubles[listed.path] = error.reason
            return None
        if sha256(raw).hexdigest() != digest:
            found = self._record.note_unverified(self._view, "files", listed.path, raw)
            self.examined.add(listed.path)
            self._alarm(listed, Finding(AlarmName.FILE_UNVERIFIED, NOT_AS_SIGNED, digest), found)
            return None
        self._archive.keep(raw)
        return _Change(published, listed, digest)

    # judging

    def _take(self, change: _Change) -> bool:
        """Judge and note a version; False when what it rests on could not be had in this look."""
        published = change.published
        pair = [str(path(published.folder)) for path in (log_path, witness_path)]
        if published.kind in {FileKind.LOG, FileKind.WITNESS}:
            self._shown[change.path] = change
            if published.kind is FileKind.WITNESS and pair[0] in self._replaced:
                return True  # it is judged with the log
            if pair[1] in self._missed:
                return False
            self._judge_log(change)
            return True
        if published.kind is FileKind.RESOURCE:
            if any(path in self._missed for path in pair):
                return False
            raw = self._archive.read(change.digest)
            document = self._document(published.folder)
            here, elsewhere = self._kept(change.path), self._elsewhere(change.path)
            findings = [*judge_resource(published, raw, document, here, elsewhere)]
        elif published.kind is FileKind.TAILS:
            standing = self._view.accepted.get(change.path)
            findings = [*judge_tails(published, change.digest, standing)]
        else:
            raw = self._archive.read(change.digest)
            host = self._record.memory.host or ""
            findings = [*judge_index(published, raw, self._kept(change.path), host)]
        self._conclude(change, findings)
        return True

    def _judge_log(self, change: _Change) -> None:
        """Judge the log of a folder with its witness file, of which one or both changed."""
        folder = change.published.folder
        shown = self._now_shown(str(log_path(folder)))
        witness = self._now_shown(str(witness_path(folder)))
        pair = [
            each
            for path in (log_path(folder), witness_path(folder))
            if (each := self._shown.pop(str(path), None)) is not None
        ]
        if shown is None:  # a witness file before its log
            findings = []
        else:
            published = log_path(folder)
            here, elsewhere = self._kept(str(published)), self._elsewhere(str(published))
            host = self._record.memory.host or ""
            raw_witness = self._archive.read(witness) if witness is not None else None
            raw = self._archive.read(shown)
            findings = [
                *judge_log(host, published, raw, raw_witness, standing=here, elsewhere=elsewhere)
            ]
        accepted = self._conclude(pair[0], findings)
        for each in pair[1:]:
            self._note(each.listed, each.digest, accepted=accepted)
            self.examined.add(each.path)
        if accepted:
            self._documents.pop(folder, None)
            self._judge_again(folder, change.listed)

    def _judge_again(self, folder: str, log: Listed) -> None:
        """Judge what was refused in a folder, now that its log holds."""
        for path in sorted(self._view.refused):
            published = _resource_of(path, folder)
            digest = self._view.current.get(path, "")
            if published is None or path in self._replaced or not self._archive.holds(digest):
                continue
            length = self._archive.path_of(digest).stat().st_size
            listed = replace(log, path=path, digest=digest, length=length)
            self._take(_Change(published, listed, digest))

    def _conclude(self, change: _Change, findings: Sequence[Finding]) -> bool:
        """Note a version with its verdict; return whether it is accepted."""
        accepted = all(finding.name is AlarmName.SPLIT_VIEW for finding in findings)
        for finding in findings:
            self._alarm(change.listed, finding, change.digest)
        self.examined.add(change.path)
        self._note(change.listed, change.digest, accepted=accepted)
        return accepted

    def _document(self, folder: str) -> DidDocument | None:
        """Return the accepted document of a folder with all keys since the last whole look."""
        if folder not in self._documents:
            path = str(log_path(folder))
            log, witness = self._kept(path), self._kept(str(witness_path(folder)))
            settled = self._view.unsettled.get(path, log.sha256 if log else None)
            self._documents[folder] = None
            if log is not None:
                since = self._archive.read(settled) if settled else None
                raw_witness = witness.raw if witness else None
                with suppress(RuleBroken):
                    self._documents[folder] = document_since(log.raw, raw_witness, since)
        return self._documents[folder]

    # what is kept and noted

    def _now_shown(self, path: str) -> str | None:
        change = self._shown.get(path)
        return change.digest if change is not None else self._view.current.get(path)

    def _kept(self, path: str, view: View | None = None) -> Kept | None:
        digest = (view or self._view).accepted.get(path)
        return Kept(digest, self._archive.read(digest)) if digest is not None else None

    def _elsewhere(self, path: str) -> list[Kept]:
        kept = (self._kept(path, other) for other in self._others)
        return [each for each in kept if each is not None]

    def _note(self, listed: Listed, digest: str, *, accepted: bool, kept: bool = True) -> None:
        self._record.note(
            "file",
            view=self._view.name,
            path=listed.path,
            sha256=digest,
            bytes=listed.length,
            versions=dict(listed.versions),
            accepted=accepted,
            kept=kept,
        )
        self.changed += 1

    def _alarm(self, listed: Listed, finding: Finding, found: str | None) -> None:
        self.found.append(
            Alarm(
                finding.name,
                self._view.name,
                listed.path,
                finding.detail,
                finding.expected,
                found,
                listed.seen_in,
            )
        )


def _resource_of(path: str, folder: str) -> PublishedPath | None:
    try:
        published = parse_path(path)
    except RuleBroken:
        return None
    is_resource = published.kind is FileKind.RESOURCE and published.folder == folder
    return published if is_resource else None
