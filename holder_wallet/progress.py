"""What both kinds of exchange have in common on their way: kept, begun, received, begun again."""

from __future__ import annotations

import json
import time
from collections.abc import Awaitable, Callable
from typing import Final

from acquis.acapy import out_of_band
from acquis.acapy.client import AgentClient
from acquis.errors import AcquisError, Unavailable
from acquis.protocols import issue_credential, present_proof
from acquis.service.action import PAUSE_SECONDS, begin, begin_once, seconds_before
from acquis.service.database import save_open
from acquis.service.work import Again
from holder_wallet.inviting import invite_again
from holder_wallet.store import exchanges
from holder_wallet.store.tables import ExchangeRow
from holder_wallet.surroundings import Surroundings

RECEIVE: Final = "receive"

_SOON: Final = 0.3
_QUIET_SECONDS: Final = 10
_MOST_REPEATS: Final = 20
_LONGEST_WAIT: Final = 60.0


async def keep(
    around: Surroundings,
    row: ExchangeRow,
    exchange: issue_credential.Exchange | present_proof.Exchange,
) -> None:
    """Write where the agent says an exchange stands, if that changed, and tell who is looking."""
    around.works["exchanges"].looked(row.id)
    before, now = row.exchange, around.clock.now()
    exchanges.keep(row, exchange, over=exchange.is_over, now=now)
    if row.exchange == before:
        return
    async with around.database.write(lasting=False) as session:
        await save_open(session, row, *exchanges.KEPT)
    around.live.changed(f"exchange:{row.id}")
    around.live.changed(f"learner:{row.learner_id}")


async def begin_action(around: Surroundings, row: ExchangeRow, action: str) -> float:
    """Write down that the agent is asked for ``action``; or return how long to wait before that."""
    now = time.time()
    wait = seconds_before(row, action, now)
    if wait:
        return wait
    async with around.database.write(lasting=False) as session:
        begun = await begin_once(session, row, action, now)
    return 0.0 if begun else PAUSE_SECONDS


async def receive_invitation(
    around: Surroundings, row: ExchangeRow, wallet: AgentClient
) -> Again | None:
    """Hand the invitation to the agent; its record of the offer or request comes soon after."""
    tried_before = row.action is not None
    wait = await begin_action(around, row, RECEIVE)
    if wait:
        return Again(min(wait, 1.0))
    kept = out_of_band.parse_invitation(json.dumps(row.invitation).encode())
    await out_of_band.receive_invitation(wallet, kept, tried_before=tried_before)
    return Again(_SOON)


async def begin_again(
    around: Surroundings,
    row: ExchangeRow,
    wallet: AgentClient,
    forget: Callable[[], Awaitable[None]],
) -> Again:
    """See to a message of ours that was lost on its way: an agent killed in between sends no more.

    After a while without an answer the link is followed once more. Its site gives the same
    invitation only while our message has not arrived; then the agent forgets its record and takes
    the invitation in from the start. In all other cases there is nothing to do but wait.
    """
    quiet = around.clock.now() - row.changed_at
    if quiet < _QUIET_SECONDS or row.link is None or row.repeats >= _MOST_REPEATS:
        return Again(min(max(1.0, _QUIET_SECONDS - quiet), _QUIET_SECONDS))
    pause = min(_LONGEST_WAIT, _QUIET_SECONDS * 1.5**row.repeats)
    async with around.database.write(lasting=False) as session:
        kept = await exchanges.load(session, row.id)
        kept.repeats += 1
        begin(kept, RECEIVE, time.time())
    try:
        found = await invite_again(around, row, row.link)
    except Unavailable:
        return Again(pause)
    except AcquisError:  # it has arrived, or the link is over: the other side has the word
        return Again(_LONGEST_WAIT)
    if found.id != row.invitation_id:
        return Again(_LONGEST_WAIT)
    await forget()
    await out_of_band.receive_invitation(wallet, found, tried_before=True)
    return Again(_SOON)
