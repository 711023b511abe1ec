"""The simulated agent itself: status, keys, sub-wallets, stored credentials."""

from __future__ import annotations

import json
from typing import Any

from acquis.registry.keys import SigningKey
from acquis.registry.resource import build_proof_input, secure
from support.simulator.agent import Ask, Handler, RefusalError, Turn
from support.simulator.cryptography import index_of
from support.simulator.registry import UnpublishedError
from support.simulator.wallet import (
    KeyPair,
    Wallet,
    credential_info,
    credential_tags,
    matches,
    now,
    page,
)

type Json = dict[str, Any]


async def ready(turn: Turn, _ask: Ask) -> Json:
    return {"ready": True}


async def status(turn: Turn, _ask: Ask) -> Json:
    return {"version": "1.7.0", "label": turn.agent.name, "conductor": {}}


async def create_key(turn: Turn, _ask: Ask) -> Json:
    key = SigningKey.from_seed(turn.world.random.randbytes(32))
    turn.wallet.keys[key.multikey] = KeyPair(key)
    return {"kid": None, "multikey": key.multikey}


async def load_key(turn: Turn, ask: Ask) -> Json:
    if (pair := turn.wallet.keys.get(ask.names[0])) is None:
        raise RefusalError(400)
    names = pair.names
    return {"kid": names[0] if len(names) == 1 else names, "multikey": ask.names[0]}


async def name_key(turn: Turn, ask: Ask) -> Json:
    if (pair := turn.wallet.keys.get(ask.body["multikey"])) is None:
        raise RefusalError(400)
    pair.names.append(ask.body["kid"])
    return {"kid": ask.body["kid"], "multikey": ask.body["multikey"]}


async def add_proof(turn: Turn, ask: Ask) -> Json:
    document, options = ask.body["document"], ask.body["options"]
    for pair in turn.wallet.keys.values():
        if options["verificationMethod"] in pair.names:
            signature = pair.key.sign(build_proof_input(document, options))
            signed = secure(document, options, signature)
            return {"securedDocument": {**document, "proof": [signed["proof"]]}}
    raise RefusalError(500)


async def create_wallet(turn: Turn, ask: Ask) -> Json:
    name = ask.body["wallet_name"]
    if any(wallet.name == name for wallet in turn.agent.wallets.values()):
        raise RefusalError(400)
    wallet = Wallet(turn.world.new_id(), name, ask.body["label"])
    wallet.token = f"token-{turn.world.new_id()}"
    turn.agent.wallets[wallet.id] = wallet
    return {**_wallet(wallet), "token": wallet.token}


async def list_wallets(turn: Turn, ask: Ask) -> Json:
    wanted = ask.query.get("wallet_name")
    found = [
        _wallet(wallet)
        for wallet in turn.agent.wallets.values()
        if wallet.token and wanted in (None, wallet.name)
    ]
    return {"results": page(found, ask.query)}


async def create_token(turn: Turn, ask: Ask) -> Json:
    if (wallet := turn.agent.wallets.get(ask.names[0])) is None:
        raise RefusalError(404)
    wallet.token = f"token-{turn.world.new_id()}"
    return {"token": wallet.token}


async def delete_wallet(turn: Turn, ask: Ask) -> Json:
    if turn.agent.wallets.pop(ask.names[0], None) is None:
        raise RefusalError(404)
    return {}


async def list_credentials(turn: Turn, ask: Ask) -> Json:
    query = json.loads(ask.query.get("wql", "{}"))
    found = [
        credential_info(name, credential)
        for name, credential in turn.wallet.credentials.items()
        if matches(credential_tags(credential), query)
    ]
    return {"results": page(found, ask.query)}


async def load_credential(turn: Turn, ask: Ask) -> Json:
    return credential_info(ask.names[0], _credential(turn, ask))


async def is_revoked(turn: Turn, ask: Ask) -> Json:
    credential = _credential(turn, ask)
    try:
        states = turn.world.registry.list_at(credential["rev_reg_id"])["revocationList"]
    except UnpublishedError as error:
        raise RefusalError(500) from error
    return {"revoked": states[index_of(credential) or 0] == 1}


async def delete_credential(turn: Turn, ask: Ask) -> Json:
    turn.wallet.credentials.pop(ask.names[0], None)
    turn.ring("credential", {"id": ask.names[0], "state": "deleted"})
    return {}


def _credential(turn: Turn, ask: Ask) -> Json:
    if (found := turn.wallet.credentials.get(ask.names[0])) is None:
        raise RefusalError(404)
    return found


def _wallet(wallet: Wallet) -> Json:
    return {
        "wallet_id": wallet.id,
        "key_management_mode": "managed",
        "settings": {"wallet.name": wallet.name, "default_label": wallet.label},
        "created_at": now(),
    }


ROUTES: dict[str, Handler] = {
    "GET /status/ready": ready,
    "GET /status": status,
    "POST /wallet/keys": create_key,
    "GET /wallet/keys/{}": load_key,
    "PUT /wallet/keys": name_key,
    "POST /vc/di/add-proof": add_proof,
    "POST /multitenancy/wallet": create_wallet,
    "GET /multitenancy/wallets": list_wallets,
    "POST /multitenancy/wallet/{}/token": create_token,
    "DELETE /multitenancy/wallet/{}": delete_wallet,
    "GET /credentials": list_credentials,
    "GET /credential/{}": load_credential,
    "GET /credential/revoked/{}": is_revoked,
    "DELETE /credential/{}": delete_credential,
}
