"""How files come over the network: bounded in bytes and in time, never redirected, never unpacked.

The port is python-tuf's ``FetcherInterface``; the HTTP library is the one python-tuf uses. What
arrives is compared with signed lengths and digests by python-tuf afterwards.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import urllib3
from tuf.api.exceptions import DownloadError, DownloadHTTPError, SlowRetrievalError
from tuf.ngclient.fetcher import FetcherInterface

from acquis.errors import InvalidInput
from acquis.text import Text

_CHUNK = 64 * 1024
_SLOWEST = 32 * 1024  # bytes per second, over a whole file
_PATIENCE = 20.0  # seconds granted to any file besides
_GAP = 10.0  # seconds without a byte
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}


class BoundedFetcher(FetcherInterface):
    """Fetches from one place, until ``deadline`` (of ``time.monotonic``) at the latest."""

    def __init__(self, base_url: str, deadline: float) -> None:
        self._deadline = deadline
        self._file_deadline = deadline
        self._pool = _pool_for(base_url)
        self.received = 0  # bytes of bodies

    def close(self) -> None:
        """Close the connections."""
        self._pool.clear()

    @contextmanager
    def download_file(self, url: str, max_length: int) -> Iterator[IO[bytes]]:
        """Download to a temporary file, in a time that fits ``max_length`` bytes."""
        patience = _PATIENCE + max_length / _SLOWEST
        self._file_deadline = min(self._deadline, time.monotonic() + patience)
        with super().download_file(url, max_length) as file:
            yield file

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
    parts = urlsplit(url)
    plain = not (parts.username or parts.password or parts.query or parts.fragment)
    if parts.scheme not in {"http", "https"} or not parts.hostname or not plain:
        raise InvalidInput(
            Text(
                "The place of a registry is an http or https address without user or query.",
                "L’emplacement d’un registre est une adresse http ou https sans utilisateur"
                " ni requête.",
            )
        )
    return url.rstrip("/")


def _pool_for(base_url: str) -> urllib3.PoolManager:
    parts = urlsplit(base_url)
    proxy = getproxies().get(parts.scheme)
    host = parts.hostname or ""
    if proxy and host not in _LOOPBACK and not proxy_bypass(host):
        return urllib3.ProxyManager(proxy, maxsize=4)
    return urllib3.PoolManager(maxsize=4)
