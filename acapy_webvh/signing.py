"""Signing attested resources with the attest key that lies in the agent's wallet."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from acapy_agent.core.profile import Profile
from acapy_agent.wallet.base import BaseWallet
from acapy_agent.wallet.error import WalletNotFoundError

from acquis.errors import NotFound
from acquis.registry.did_log import DidDocument
from acquis.registry.keys import decode_multikey
from acquis.registry.multibase import encode_base58
from acquis.registry.resource import build_proof_input, proof_options, secure
from acquis.text import Text


async def sign_with_wallet(
    profile: Profile, document: DidDocument, resource: Mapping[str, Any]
) -> dict[str, Any]:
    """Return ``resource`` with its proof by the attest key of ``document``.

    The key is the last one that the DID lists in ``assertionMethod`` and this wallet holds: a
    rotation adds the new key at the end and keeps the old one as long as what it signed lives. No
    key identifier needs to be bound in the wallet for this. Raises ``NotFound`` when none is held.
    """
    async with profile.session() as session:
        wallet = session.inject(BaseWallet)
        for method, multikey in reversed(document.assertion_keys().items()):
            verkey = encode_base58(decode_multikey(multikey))
            try:
                await wallet.get_signing_key(verkey)
            except WalletNotFoundError:
                continue
            options = proof_options(method, datetime.now(UTC))
            signature = await wallet.sign_message(build_proof_input(resource, options), verkey)
            return secure(resource, options, signature)
    raise NotFound(
        Text(
            f"This wallet holds none of the keys that {document.did} lists for assertions.",
            f"Ce portefeuille ne contient aucune des clés d’assertion de {document.did}.",
        )
    )
