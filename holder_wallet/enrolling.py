"""Enrolling: a learner gets a sub-wallet of their own, once."""

from __future__ import annotations

import secrets
from uuid import uuid4

import base58
from sqlalchemy.exc import IntegrityError

from acquis.acapy import multitenancy
from acquis.service.auth import Person
from holder_wallet.store import learners
from holder_wallet.store.tables import LearnerRow
from holder_wallet.surroundings import Surroundings


async def enrol(around: Surroundings, name: str) -> Person:
    """Return the learner who signs in as ``name``, with a wallet made the first time.

    A token that was sealed with another secret is replaced by a new one.

    What a crash left half-made is taken up: the sub-wallet is named after the learner's id, which
    is in the database before the agent is asked. Raises ``Unavailable``.
    """
    login = name.casefold()
    async with around.only_one(f"login:{login}"):
        learner = await _load_or_create(around, login, name)
        if not _is_readable(around, learner):
            wallet_id, token = await _open_wallet(around, learner)
            async with around.database.write() as session:
                kept = await learners.load(session, learner.id)
                kept.wallet_id = wallet_id
                kept.sealed_token = around.seal.seal(token)
    return Person(id=learner.id, name=learner.name)


def _is_readable(around: Surroundings, learner: LearnerRow) -> bool:
    """Tell whether the wallet's token is there and was sealed with the secret of today."""
    if learner.sealed_token is None:
        return False
    try:
        around.seal.unseal(learner.sealed_token)
    except ValueError:
        return False
    return True


async def _load_or_create(around: Surroundings, login: str, name: str) -> LearnerRow:
    async with around.database.read() as session:
        found = await learners.find_by_login(session, login)
    if found is not None:
        return found
    made = LearnerRow(id=str(uuid4()), login=login, name=name, created_at=around.clock.now())
    try:
        async with around.database.write() as session:
            session.add(made)
    except IntegrityError:  # another process was quicker
        async with around.database.read() as session:
            again = await learners.find_by_login(session, login)
        if again is None:
            raise
        return again
    return made


async def _open_wallet(around: Surroundings, learner: LearnerRow) -> tuple[str, str]:
    standing = await multitenancy.find_wallet(around.agent, learner.id)
    if standing is not None:
        return standing.id, await multitenancy.create_token(around.agent, standing.id)
    key = base58.b58encode(secrets.token_bytes(32)).decode()
    made = await multitenancy.create_wallet(around.agent, learner.id, key, "Acquis")
    return made.wallet.id, made.token
