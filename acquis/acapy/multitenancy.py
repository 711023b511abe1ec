"""The wallets of a multitenant agent (``/multitenancy``): one for each learner.

A token opens one wallet. Asking for a new one makes the one before invalid at once, so exactly one
place of a service asks for tokens and keeps them.
"""

from __future__ import annotations

from dataclasses import dataclass

from acquis.acapy.answer import Answer
from acquis.acapy.client import AgentClient


@dataclass(frozen=True, slots=True)
class Wallet:
    """One sub-wallet, by its id and the unique name we gave it."""

    id: str
    name: str


@dataclass(frozen=True, slots=True, repr=False)
class NewWallet:
    """A sub-wallet that was just made, with its first token."""

    wallet: Wallet
    token: str


async def create_wallet(client: AgentClient, name: str, key: str, label: str) -> NewWallet:
    """Make a sub-wallet; ``name`` must be new, ``key`` encrypts it, ``label`` is shown to peers.

    ``key`` is a raw key: 32 bytes in base58, so that no time is spent on deriving one.

    Raises:
        InvalidInput: a wallet of that name exists.

    """
    body = {
        "wallet_name": name,
        "wallet_key": key,
        "wallet_key_derivation": "RAW",
        "wallet_type": "askar-anoncreds",
        "wallet_dispatch_type": "base",
        "key_management_mode": "managed",
        "label": label,
    }
    answer = await client.post("/multitenancy/wallet", body=body)
    return NewWallet(_read_wallet(answer), answer.text("token"))


async def find_wallet(client: AgentClient, name: str) -> Wallet | None:
    """Return the sub-wallet called ``name``, if there is one."""
    answer = await client.get("/multitenancy/wallets", query={"wallet_name": name, "limit": "1"})
    return next((_read_wallet(found) for found in answer.each("results")), None)


async def create_token(client: AgentClient, wallet_id: str) -> str:
    """Make a new token of a sub-wallet; the one before stops working.

    Raises:
        NotFound: no such wallet.

    """
    return (await client.post("/multitenancy/wallet/{}/token", wallet_id)).text("token")


async def delete_wallet(client: AgentClient, wallet_id: str) -> None:
    """Remove a sub-wallet and everything in it."""
    await client.delete("/multitenancy/wallet/{}", wallet_id)


def _read_wallet(answer: Answer) -> Wallet:
    return Wallet(answer.text("wallet_id"), answer.inside("settings").text("wallet.name"))
