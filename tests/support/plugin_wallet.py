"""An agent's wallet with nothing but signing keys, as the plugin uses it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from acapy_agent.wallet.error import WalletNotFoundError

from acquis.registry.keys import SigningKey, decode_multikey
from acquis.registry.multibase import encode_base58


class KeysWallet:
    """A profile, its session and its wallet in one, as far as signing needs them."""

    def __init__(self, *keys: SigningKey) -> None:
        self.keys = {encode_base58(decode_multikey(key.multikey)): key for key in keys}
        self.signatures = 0

    @asynccontextmanager
    async def session(self) -> AsyncIterator[KeysWallet]:
        yield self

    def inject(self, _base: type) -> KeysWallet:
        return self

    async def get_signing_key(self, verkey: str) -> None:
        if verkey not in self.keys:
            raise WalletNotFoundError("no such key")

    async def sign_message(self, message: bytes, from_verkey: str) -> bytes:
        self.signatures += 1
        return self.keys[from_verkey].sign(message)
