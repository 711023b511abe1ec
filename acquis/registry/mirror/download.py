"""How files come over the network: bounded in bytes and in time, never redirected, never unpacked.

The port is python-tuf's ``FetcherInterface``; the HTTP library is the one python-tuf uses. What
arrives is compared with signed lengths and digests by python-tuf's own checks. A fetcher is for
one thread at a time.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass
from weakref import WeakSet

import urllib3
from tuf.api.exceptions import (
    DownloadError,
    DownloadHTTPError,
    DownloadLengthMismatchError,
    SlowRetrievalError,
)
from tuf.api.metadata import TargetFile  # type: ignore[attr-defined]  # its documented name
from tuf.ngclient.fetcher import FetcherInterface
from urllib3.connection import HTTPConnection, HTTPSConnection

from acquis.errors import InvalidInput
from acquis.registry.strict_json import MAX_VALUES, most_values
from acquis.text import Text

_CHUNK = 64 * 1024
_SLOWEST = 32 * 1024  # bytes per second, over a whole file
_PATIENCE = 20.0  # seconds granted to any file besides
_GAP = 10.0  # seconds without a byte
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}


class BoundedFetcher(FetcherInterface):
    """Fetches from one place, until ``deadline`` (of ``time.monotonic``) at the latest."""

    def __init__(self, base_url: str, deadline: float) -> None:
        self._base_url = base_url
        self.deadline = deadline
        self._file_deadline = deadline
        self._connections: WeakSet[HTTPConnection] = WeakSet()
        self._pool = _pool_for(base_url, self._connections)
        self._closed = threading.Event()
        threading.Thread(target=self._watch, name="download-watch", daemon=True).start()
        self.received = 0  # bytes of bodies

    def another(self) -> BoundedFetcher:
        """Return a fetcher like this one, for another thread."""
        return BoundedFetcher(self._base_url, self.deadline)

    def give_up(self) -> None:
        """End what is being fetched, in a moment; nothing can be fetched afterwards."""
        self.deadline = self._file_deadline = 0.0

    def close(self) -> None:
        """Close the connections."""
        self._closed.set()
        self._pool.clear()

    def _watch(self) -> None:
        """Cut the connections when a file is late: a socket's own time-out only counts silence."""
        while not self._closed.wait(0.5):
            if time.monotonic() > self._file_deadline:
                for connection in list(self._connections):
                    with contextlib.suppress(OSError, AttributeError):
                        connection.sock.shutdown(socket.SHUT_RDWR)

    @contextmanager
    def download_file(self, url: str, max_length: int) -> Iterator[IO[bytes]]:
        """Download metadata to a temporary file, in a time that fits ``max_length`` bytes.

        python-tuf parses it before it knows who signed it, so countless values are refused here.
        """
        self._allow(max_length)
        with super().download_file(url, max_length) as file:
            if most_values(file.read()) > MAX_VALUES:
                raise DownloadError("metadata of too many values")
            file.seek(0)
            yield file

    def save(self, url: str, target: TargetFile, path: Path) -> None:
        """Download to ``path`` the file that is signed as ``target``; another does not stay there.

        Raises: DownloadError, RepositoryError (its length or digests differ), OSError.
        """
        self._allow(target.length)
        received = 0
        try:
            with path.open("w+b") as file:
                for chunk in self.fetch(url):
                    received += len(chunk)
                    if received > target.length:
                        raise DownloadLengthMismatchError("more bytes than were signed")
                    file.write(chunk)
                target.verify_length_and_hashes(file)
        except BaseException:
            path.unlink(missing_ok=True)
            raise

    def _allow(self, length: int) -> None:
        """Begin the time that ``length`` bytes may take."""
        patience = _PATIENCE + length / _SLOWEST
        self._file_deadline = min(self.deadline, time.monotonic() + patience)

    def _fetch(self, url: str) -> Iterator[bytes]:
        left = self._file_deadline - time.monotonic()
        if left <= 0:
            raise SlowRetrievalError
        try:
            response = self._pool.request(
                "GET",
                url,
                headers={"Accept-Encoding": "identity", "User-Agent": "acquis-mirror"},
                preload_content=False,
                decode_content=False,
                redirect=False,
                retries=False,
                timeout=urllib3.Timeout(connect=min(_GAP, left), read=min(_GAP, left)),
            )
        except urllib3.exceptions.HTTPError as error:
            raise DownloadError(f"no answer ({type(error).__name__})") from error
        if response.status != 200:
            response.close()
            raise DownloadHTTPError(f"status {response.status}", response.status)
        return self._chunks(response)

    def _chunks(self, response: urllib3.BaseHTTPResponse) -> Iterator[bytes]:
        whole = False
        try:
            while True:
                if time.monotonic() > self._file_deadline:
                    raise SlowRetrievalError
                chunk = response.read1(_CHUNK, decode_content=False)
                if not chunk:
                    whole = True
                    return
                self.received += len(chunk)
                yield chunk
        except urllib3.exceptions.HTTPError as error:
            raise DownloadError(f"broken off ({type(error).__name__})") from error
        finally:
            if whole:
                response.release_conn()
            else:
                response.close()


def check_base_url(url: str) -> str:
    """Return ``url`` without a trailing slash when a registry may be read from it.

    It is ``https``, or ``http``, with a host, and has no user, query or fragment.
    Raises: InvalidInput.
    """
    if not _is_base_url(url):
        raise InvalidInput(
            Text(
                "The place of a registry is an http or https address without user or query.",
                "L’emplacement d’un registre est une adresse http ou https sans utilisateur"
                " ni requête.",
            )
        )
    return url.rstrip("/")


def proxy_for(base_url: str) -> str | None:
    """Return the proxy through which a registry at ``base_url`` is reached, to read and to write.

    It is what the environment names (``HTTPS_PROXY``, ``HTTP_PROXY``, ``NO_PROXY``); None on loopback.
    """
    parts = urlsplit(base_url)
    proxy, host = getproxies().get(parts.scheme), parts.hostname or ""
    return proxy if proxy and host not in _LOOPBACK and not proxy_bypass(host) else None


def _is_base_url(url: str) -> bool:
    try:
        parts = urlsplit(url)
        named = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a host or a port that cannot be one
        return False
    return named and not (parts.username or parts.password or parts.query or parts.fragment)


def _pool_for(base_url: str, connections: WeakSet[HTTPConnection]) -> urllib3.PoolManager:
    class Watched(HTTPConnection):
        def connect(self) -> None:
            super().connect()
            connections.add(self)

    class WatchedSecure(HTTPSConnection):
        def connect(self) -> None:
            super().connect()
            connections.add(self)

    class Pool(urllib3.HTTPConnectionPool):
        ConnectionCls = Watched

    class SecurePool(urllib3.HTTPSConnectionPool):
        ConnectionCls = WatchedSecure

    proxy = proxy_for(base_url)
    pool = urllib3.ProxyManager(proxy, maxsize=4) if proxy else urllib3.PoolManager(maxsize=4)
    pool.pool_classes_by_scheme = {"http": Pool, "https": SecurePool}
    return pool
