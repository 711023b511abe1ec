"""Who is asking: a signed session cookie, and the development login."""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass, field
from typing import Annotated, Final

from fastapi import Depends, Request
from itsdangerous import BadData, URLSafeTimedSerializer
from starlette.responses import Response

from acquis.errors import InvalidInput, NotSignedIn
from acquis.service.settings import ServiceSettings
from acquis.text import Text

COOKIE: Final = "acquis_session"
_LIFETIME: Final = 8 * 3600
_NAME: Final = re.compile(r"[^\x00-\x1f\x7f-\x9f\ud800-\udfff<>]{1,80}")
_MOST_FOLDED: Final = 100  # what a service keeps a name by: folded, a letter may become three


@dataclass(frozen=True, slots=True)
class Person:
    """Who is signed in at one of our services.

    ``browser`` is a digest of the random name that the browser got with its cookie: the same as
    long as somebody stays signed in there, and of no other browser.
    """

    id: str
    name: str
    browser: str = field(default="", compare=False)


class Sessions:
    """Reads and writes the session cookie, signed with the service's secret."""

    def __init__(self, settings: ServiceSettings, service: str) -> None:
        secret = settings.secret.get_secret_value()
        self._serializer = URLSafeTimedSerializer(secret, salt=f"acquis-session-{service}")
        self._cookie = f"{COOKIE}_{service}"
        self._secure = settings.public_url.startswith("https:")

    def person_of(self, request: Request) -> Person | None:
        """Return who is signed in, or ``None``; a cookie that does not verify is nobody's."""
        cookie = request.cookies.get(self._cookie)
        if not cookie:
            return None
        try:
            held = self._serializer.loads(cookie, max_age=_LIFETIME)
            browser = hashlib.sha256(str(held["browser"]).encode()).hexdigest()
            return Person(id=str(held["id"]), name=str(held["name"]), browser=browser)
        except (BadData, KeyError, TypeError):
            return None

    def sign_in(self, response: Response, person: Person) -> None:
        """Set the cookie: HttpOnly, SameSite=Lax, Secure where the service is reached by https."""
        browser = secrets.token_urlsafe(16)
        value = self._serializer.dumps({"id": person.id, "name": person.name, "browser": browser})
        response.set_cookie(
            self._cookie,
            value,
            max_age=_LIFETIME,
            httponly=True,
            samesite="lax",
            secure=self._secure,
        )

    def sign_out(self, response: Response) -> None:
        """Remove the cookie."""
        response.delete_cookie(self._cookie)


def parse_login_name(raw: str) -> str:
    """Return the name given at the development login, or raise ``InvalidInput``."""
    name = " ".join(raw.split())
    if not _NAME.fullmatch(name) or len(name.casefold()) > _MOST_FOLDED:
        raise InvalidInput(
            Text("Give a name of 1 to 80 characters", "Indiquez un nom de 1 à 80 caractères")
        )
    return name


def signed_in(request: Request) -> Person:
    """Return who is signed in, or raise ``NotSignedIn`` (a FastAPI dependency)."""
    person: Person | None = getattr(request.state, "person", None)
    if person is None:
        raise NotSignedIn
    return person


type SignedIn = Annotated[Person, Depends(signed_in)]
