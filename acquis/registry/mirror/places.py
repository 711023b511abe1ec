"""Which registry is read from which place, as a setting says it: ``host=address,host=address``."""

from __future__ import annotations

from typing import Final

from acquis.errors import InvalidInput
from acquis.registry.did import is_host
from acquis.registry.mirror.download import check_base_url
from acquis.text import Text

_NEEDED: Final = Text(
    "host=address is needed, several with commas, each host once",
    "hôte=adresse est attendu, séparés par des virgules, chaque hôte une fois",
)


def parse_places(listed: str) -> dict[str, str]:
    """Return the place of each host; nothing listed is no place. Raises: InvalidInput."""
    places: dict[str, str] = {}
    for pair in filter(None, (each.strip() for each in listed.split(","))):
        host, _, address = pair.partition("=")
        if not is_host(host) or host in places or not is_base_url(address):
            raise InvalidInput(_NEEDED)
        places[host] = check_base_url(address)
    return places


def is_base_url(address: str) -> bool:
    """Say whether ``address`` is http or https, with a host, without user, query or fragment."""
    try:
        check_base_url(address)
    except InvalidInput:
        return False
    return True
