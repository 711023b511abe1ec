"""Rotating the keys of the institution's DID, as an ordinary measure or after a compromise.

The order makes a crash harmless, and the same call goes on from where an earlier one was killed:

1. what is to be done, with the new attest key (made in the agent's wallet), is in the database;
2. the key after the next update key is on disk before the log commits to it;
3. after a compromise, everything that is to be signed again is signed;
4. the longer log is in the database before it is published;
5. the log is published and read back, the service signs with the new key, the file of update keys
   forgets the one that was replaced;
6. after a compromise, what was signed in step 3 is exchanged. From the publication of the log until
   then readers refuse the old resources, which is right: nobody can tell them from forged ones.

It may run beside the service: the service never writes the log, and neither the agent's books of a
revocation registry nor its indexes are touched (ADR 0009). One rotation runs at a time.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import update

from acquis.acapy import anoncreds, wallet
from acquis.errors import Conflict, InvalidInput, NotFound, Unavailable
from acquis.registry.did import parse_did
from acquis.registry.did_log import DidDocument, build_next_entry, verify_did_log
from acquis.registry.paths import log_path
from acquis.registry.rotation import with_attest_key, with_compromised_key
from acquis.text import Text
from issuer_agent import update_keys
from issuer_agent.ownership import load_books
from issuer_agent.signing_again import Renewed, SigningAgain, Tell
from issuer_agent.store import institution
from issuer_agent.store.tables import InstitutionRow
from issuer_agent.surroundings import Surroundings

_SAVED: Final = Text("The rotation is noted", "Le renouvellement est noté")
_AGAIN: Final = Text(
    "An earlier rotation was not finished; it goes on",
    "Un renouvellement précédent n’était pas terminé ; il reprend",
)
_KEYS: Final = Text("The new keys are kept", "Les nouvelles clés sont conservées")
_LOGGED: Final = Text(
    "The new version of the DID log is in the database",
    "La nouvelle version du journal du DID est dans la base de données",
)
_PUBLISHED: Final = Text(
    "The DID log is published and read back", "Le journal du DID est publié et relu"
)
_IN_USE: Final = Text("The new keys are in use", "Les nouvelles clés sont en usage")
_NOT_PUBLISHED: Final = Text(
    "The institution has no published DID yet: create it first",
    "L’institution n’a pas encore de DID publié : créez-le d’abord",
)
_DEACTIVATED: Final = Text("This DID is deactivated", "Ce DID est désactivé")
_OTHER_LOG: Final = Text(
    "The registry's DID log is not the one in the database, which was restored from an old copy"
    " maybe: nothing was changed",
    "Le journal du DID dans le registre n’est pas celui de la base de données, restaurée peut-être"
    " d’une ancienne copie : rien n’a été changé",
)
_CHANGED: Final = Text(
    "The DID log was changed by somebody else meanwhile; run the command again",
    "Le journal du DID a été modifié entre-temps ; relancez la commande",
)
_FUTURE: Final = Text("A compromise begins in the past", "Une compromission commence dans le passé")


@dataclass(frozen=True, slots=True)
class Rotation:
    """What is asked for: another update key always, another attest key unless ``update_only``.

    ``since`` (UTC) says from when on the attest keys in use so far are not to be believed.
    """

    update_only: bool = False
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Rotated:
    """What was done: the log's version now, how much was signed again, what was left out (ids)."""

    version: int
    signed: int = 0
    withheld: tuple[str, ...] = ()


async def rotate(around: Surroundings, wanted: Rotation, tell: Tell) -> Rotated:
    """Carry out ``wanted``, or go on with it; ``tell`` hears of each step once it is done.

    A rotation of another kind that was not finished is finished first. Raises ``Conflict`` (no DID
    yet, another rotation runs, the keys or the log in the registry are not the ones known here),
    ``InvalidInput`` (a compromise in the future), ``Unavailable``: the same call goes on from there.
    """
    if wanted.update_only and wanted.since is not None:
        raise InvalidInput
    if wanted.since is not None and wanted.since.timestamp() > around.clock.now():
        raise InvalidInput(_FUTURE)
    with update_keys.only_one(around.settings.update_keys):
        row = await _load(around)
        if row.rotation is not None:
            tell(_AGAIN)
            unfinished = _parse(row.rotation)
            done = await _carry_out(around, row, unfinished, tell)
            if unfinished == wanted:
                return done
        await _check_possible(around, row)
        row.rotation = {
            "update_only": wanted.update_only,
            "since": None if wanted.since is None else wanted.since.isoformat(),
            "multikey": None
            if wanted.update_only
            else (await wallet.create_key(around.agent)).multikey,
        }
        await _save(around, row, rotation=row.rotation)
        tell(_SAVED)
        return await _carry_out(around, row, wanted, tell)


async def _carry_out(
    around: Surroundings, row: InstitutionRow, rotation: Rotation, tell: Tell
) -> Rotated:
    noted = row.rotation or {}
    file, multikey = around.settings.update_keys, noted["multikey"]
    if multikey is not None:
        await wallet.bind_key(around.agent, multikey, f"{row.did}#{multikey}")
    ready: list[list[Renewed]] = []
    if "version" in noted:
        document = _document(row)
    else:
        log = await asyncio.to_thread(_longer_log, around, row, rotation)
        tell(_KEYS)
        document = verify_did_log(row.did, log.encode())
        if rotation.since is not None:  # signed ahead, so that what follows takes little time
            ready = await (await _signing(around, document, tell)).prepare()
        noted = {**noted, "version": document.version_number}
        await _save(around, row, log=log, rotation=noted)
        tell(_LOGGED)
    await _publish_log(around, row, document)
    tell(_PUBLISHED)
    if multikey is not None:
        await _save(around, row, attest_multikey=multikey)
    await asyncio.to_thread(update_keys.settle, file, row.log)
    tell(_IN_USE)
    done = Rotated(document.version_number)
    if rotation.since is not None:
        work = await _signing(around, document, tell)
        await work.publish(ready or await work.prepare())
        await asyncio.to_thread(around.mirror.refresh)
        if work.withheld:  # where a thief published the last status list, ours goes over it
            with contextlib.suppress(NotFound):
                await anoncreds.reconcile_lists(around.agent)
        done = Rotated(document.version_number, len(work.signed), tuple(sorted(work.withheld)))
    await _save(around, row, rotation=None)
    return done


async def _signing(around: Surroundings, document: DidDocument, tell: Tell) -> SigningAgain:
    return SigningAgain(around, document, await load_books(around, document.did), tell)


def _longer_log(around: Surroundings, row: InstitutionRow, rotation: Rotation) -> str:
    """Return the log with the entry of this rotation; its keys are on disk."""
    file, before = around.settings.update_keys, _document(row)
    document = before.document
    if rotation.since is not None:
        # They lie in one wallet: what got one of them got them all.
        for method in before.assertion_keys():
            document = with_compromised_key(document, method, rotation.since)
    if not rotation.update_only and row.rotation is not None:
        document = with_attest_key(document, row.rotation["multikey"])
    key, following = update_keys.prepare(file, update_keys.load(file, row.log))
    now = datetime.fromtimestamp(around.clock.now(), UTC)
    return build_next_entry(
        row.log.encode(),
        key,
        following,
        document,
        created=max(now, before.updated + timedelta(seconds=1)),
    )


async def _publish_log(around: Surroundings, row: InstitutionRow, document: DidDocument) -> None:
    path = f"/{log_path(parse_did(row.did).folder)}"
    await around.publisher.publish(path, row.log.encode(), "application/jsonl")
    await asyncio.to_thread(around.mirror.refresh)
    shown = await asyncio.to_thread(around.mirror.resolve_did, row.did)
    if shown.version_id != document.version_id:
        raise Unavailable(
            Text(
                "The registry took the DID log and does not show it",
                "Le registre a reçu le journal du DID et ne le montre pas",
            )
        )


async def _check_possible(around: Surroundings, row: InstitutionRow) -> None:
    """Refuse before anything is noted what could not be finished."""
    if _document(row).deactivated:
        raise Conflict(_DEACTIVATED)
    await asyncio.to_thread(update_keys.load, around.settings.update_keys, row.log)
    standing = await around.publisher.read(f"/{log_path(parse_did(row.did).folder)}")
    if standing is None or standing.raw != row.log.encode():
        raise Conflict(_OTHER_LOG)


async def _load(around: Surroundings) -> InstitutionRow:
    async with around.database.read() as session:
        row = await institution.load(session)
    if row is None or row.published_at is None:
        raise Conflict(_NOT_PUBLISHED)
    return row


async def _save(around: Surroundings, row: InstitutionRow, **values: Any) -> None:
    """Write these columns, if the log is still the one that was read; ``row`` then has them too."""
    changed = (
        update(InstitutionRow)
        .where(InstitutionRow.id == row.id, InstitutionRow.log == row.log)
        .values(values)
        .returning(InstitutionRow.id)
    )
    async with around.database.write() as session:
        if (await session.execute(changed)).first() is None:
            raise Conflict(_CHANGED)
    for name, value in values.items():
        setattr(row, name, value)


def _document(row: InstitutionRow) -> DidDocument:
    return verify_did_log(row.did, row.log.encode())


def _parse(noted: dict[str, Any]) -> Rotation:
    since = noted["since"]
    return Rotation(
        update_only=noted["update_only"],
        since=None if since is None else datetime.fromisoformat(since),
    )
