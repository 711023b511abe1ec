"""Sealing what must rest in a database, or leave it, unread."""

from __future__ import annotations

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken

from acquis.service.settings import ServiceSettings


class Seal:
    """Seals and unseals for one purpose; the key comes from the service's secret."""

    def __init__(self, settings: ServiceSettings, purpose: str) -> None:
        secret = settings.secret.get_secret_value().encode()
        key = hashlib.blake2b(secret, digest_size=32, person=purpose.encode()[:16]).digest()
        self._key = key
        self._fernet = Fernet(base64.urlsafe_b64encode(key))

    def seal(self, value: str) -> str:
        """Return ``value`` sealed, as text."""
        return self._fernet.encrypt(value.encode()).decode()

    def digest(self, value: str) -> str:
        """Return a keyed digest of ``value``: the same each time, and telling nothing of it."""
        return hashlib.blake2b(value.encode(), digest_size=16, key=self._key).hexdigest()

    def unseal(self, sealed: str) -> str:
        """Return what was sealed; raises ``ValueError`` when it was sealed with another key."""
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken as error:
            message = "sealed with another key"
            raise ValueError(message) from error
