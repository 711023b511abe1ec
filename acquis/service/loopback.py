"""Whether a name, an address or a request stays on this very machine."""

from __future__ import annotations

import ipaddress
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers

_FORWARDED: Final = ("forwarded", "x-forwarded-", "x-real-ip", "via")


def is_loopback(host: str) -> bool:
    """Say whether ``host`` is ``localhost`` or a loopback address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def host_of(url: str) -> str:
    """Return the host of ``url``; empty where there is none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def is_sent_from_here(headers: Headers) -> bool:
    """Say whether a request names this machine as its host and passed no proxy that says so."""
    through = any(name.startswith(_FORWARDED) for name in headers)
    return not through and is_loopback(host_of(f"//{headers.get('host', '')}"))
