"""Fetching many signed files at once: a few connections, each file checked before it counts.

python-tuf says what is signed (``TargetFile``) but is not made for several threads; so it is asked
first, by one thread, and its checks of length and digests are made here on every file that comes.
Each thread has a fetcher of its own: one connection, one file at a time, its own time limit. The
first file that fails ends the others; what had come by then stays and is not fetched again. So does
what was refused.
"""

from __future__ import annotations

import re
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import ExitStack, closing
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from tuf.api.exceptions import LengthOrHashMismatchError
from tuf.api.metadata import TargetFile  # type: ignore[attr-defined]  # its documented name

from acquis.registry.mirror.download import BoundedFetcher
from acquis.registry.paths import PublishedPath
from acquis.registry.rules import Rule, broken

MOST_CONNECTIONS = 6
FILES_EACH = 8  # a further connection is opened for so many files
MOST_KEPT = 256 * 1024 * 1024  # bytes of refused files

_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A published file as the hash bin ``bin`` says it is.

    Raises: RuleBroken when that is without SHA-256 (digest; in hex: it becomes part of a file's
    name), or longer than its kind may be (size).
    """

    published: PublishedPath
    target: TargetFile
    bin: str

    def __post_init__(self) -> None:
        if not _SHA256.fullmatch(self.target.hashes.get("sha256", "")):
            raise broken(
                Rule.DIGEST,
                "A published file is signed without its SHA-256.",
                "Un fichier publié est signé sans son SHA-256.",
            )
        if self.target.length > self.published.max_bytes:
            raise broken(
                Rule.SIZE,
                f"A published file is over its limit of {self.published.max_bytes} bytes.",
                f"Un fichier publié dépasse sa limite de {self.published.max_bytes} octets.",
            )

    @property
    def digest(self) -> str:
        """The SHA-256 in hex."""
        digest: str = self.target.hashes["sha256"]
        return digest


class Staging:
    """A folder of fetched files, each under a name of its own, and what fetches them."""

    def __init__(self, folder: Path, base_url: str) -> None:
        self._folder = folder
        self._base_url = base_url
        self._asked: Sequence[Wanted] = ()

    def path_of(self, wanted: Wanted) -> Path:
        """Return where a file lies before it is put in place: two may have the same bytes."""
        place = sha256(str(wanted.published).encode()).hexdigest()[:32]
        return self._folder / f"{place}.{wanted.digest}"

    def paths(self, files: Iterable[Wanted]) -> Mapping[PublishedPath, Path]:
        """Return the same for many: not all at once, there may be tens of thousands."""
        return _Paths(self, files)

    def clear(self) -> None:
        """Remove what was not put in place, but for what the last ``fetch`` was asked for.

        That was refused. As long as the registry signs for it, it is looked at again by each
        refresh; it is kept here, up to ``MOST_KEPT`` bytes, so that it is not fetched again too.
        """
        leftovers = list(self._folder.iterdir())
        asked = {self.path_of(each) for each in self._asked} if leftovers else set()
        self._asked = ()
        kept = 0
        for leftover in leftovers:
            size = leftover.stat().st_size
            if leftover in asked and kept + size <= MOST_KEPT:
                kept += size
            else:
                leftover.unlink()

    def fetch(self, files: Sequence[Wanted], fetcher: BoundedFetcher) -> None:
        """Fetch what is not here yet; ``fetcher`` and a few like it share the work.

        Raises: DownloadError, RepositoryError, OSError: the first failure.
        """
        self._asked = files
        queue = deque(files)
        stop = threading.Event()
        count = min(MOST_CONNECTIONS, -(-len(queue) // FILES_EACH))
        with ExitStack() as stack:
            others = [stack.enter_context(closing(fetcher.another())) for _ in range(1, count)]
            pool = stack.enter_context(ThreadPoolExecutor(max(count, 1), "download"))
            stack.callback(stop.set)
            workers = [
                pool.submit(self._work, queue, each, stop) for each in (fetcher, *others)[:count]
            ]
            failed = [
                each for each in wait(workers, None, FIRST_EXCEPTION).done if each.exception()
            ]
            if failed:
                for each in (fetcher, *others):
                    each.give_up()
                failed[0].result()
        fetcher.received += sum(each.received for each in others)

    def _work(self, queue: deque[Wanted], fetcher: BoundedFetcher, stop: threading.Event) -> None:
        while not stop.is_set():
            try:
                wanted = queue.popleft()
            except IndexError:
                return
            path = self.path_of(wanted)
            if not holds(path, wanted.target):
                fetcher.save(f"{self._base_url}/{_hashed_name(wanted)}", wanted.target, path)


class _Paths(Mapping[PublishedPath, Path]):
    """Where files are staged, worked out when asked."""

    def __init__(self, staging: Staging, files: Iterable[Wanted]) -> None:
        self._staging = staging
        self._files = {each.published: each for each in files}

    def __getitem__(self, published: PublishedPath) -> Path:
        return self._staging.path_of(self._files[published])

    def __iter__(self) -> Iterator[PublishedPath]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)


def holds(path: Path, target: TargetFile) -> bool:
    """Say whether the file at ``path`` is the one that is signed."""
    try:
        with path.open("rb") as file:
            target.verify_length_and_hashes(file)
    except (OSError, LengthOrHashMismatchError):
        return False
    return True


def _hashed_name(wanted: Wanted) -> str:
    """Return the address that means this very version (TUF 1.0, consistent snapshots)."""
    folder, _, name = str(wanted.published).rpartition("/")
    return f"{folder}/{wanted.digest}.{name}"
