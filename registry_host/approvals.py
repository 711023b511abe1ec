"""What may stand in a witness file: anybody may put one, so nothing but approvals that count.

Nobody signs the file itself. Once a log stands, a file is taken only when every proof in it is a
good one, by a witness that the log names, for a version that stands or is about to come, and when it
drops no approval of the last version or of one to come. So a stranger can neither take approvals
away nor make the file, its kept versions or the copies in the mirrors grow.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any, Final

from acquis.registry.did_log import peek_witnesses
from acquis.registry.rules import Rule, broken
from acquis.registry.witness import (
    judge_proofs,
    named_witnesses,
    parse_witness_file,
    version_number,
)

MOST_AHEAD: Final = 5  # entries that may be approved before the first of them stands
_SLACK: Final = 1024  # bytes


def approves_more(log: bytes, standing: bytes | None, raw: bytes) -> bool:
    """Check a witness file for a verified ``log``; say whether it approves what was not approved.

    ``standing`` is the file that would be replaced. Raises: RuleBroken (witness, size, json).
    """
    version_ids, witnesses = _versions_and_witnesses(log)
    if not witnesses:
        raise broken(
            Rule.WITNESS,
            "The DID log names no witness.",
            "Le journal du DID ne nomme aucun témoin.",
        )
    entries = parse_witness_file(raw)
    if not all(sound for *_, sound in judge_proofs(entries, witnesses, _counting(version_ids))):
        raise broken(
            Rule.WITNESS,
            "A proof is not a good one, made once by a witness that the log names,"
            " for a version that stands or comes next.",
            "Une preuve n’est pas une bonne preuve, unique, d’un témoin nommé par le journal,"
            " pour une version existante ou à venir.",
        )
    _check_padding(raw, entries)
    said = _approvals(version_ids, witnesses, raw)
    before = _approvals(version_ids, witnesses, standing) if standing is not None else frozenset()
    if before - said or not (said or before):
        raise broken(
            Rule.WITNESS,
            "Proofs that stand, for the last entry or one to come, are missing.",
            "Des preuves existantes, pour la dernière entrée ou une entrée à venir, manquent.",
        )
    return bool(said - before)


def approved_part(did: str, log: bytes, files: Iterable[bytes]) -> bytes | None:
    """Return, as one witness file, what counts in ``files`` for a first log that is not verified yet.

    None: nothing does. Raises: RuleBroken (witness, log-form, log-deactivated, size, json).
    """
    version_ids, witnesses = peek_witnesses(did, log)
    entries = [each for raw in files for each in parse_witness_file(raw)]
    kept: dict[str, list[dict[str, str]]] = {}
    for version_id, proof, sound in judge_proofs(entries, witnesses, _counting(version_ids)):
        if sound:
            kept.setdefault(version_id, []).append(proof)
    approved = [{"versionId": each, "proof": proofs} for each, proofs in kept.items()]
    return json.dumps(approved).encode() if approved else None


def _versions_and_witnesses(log: bytes) -> tuple[tuple[str, ...], frozenset[str]]:
    entries = [json.loads(line) for line in log.splitlines()]
    rules = (named_witnesses(entry["parameters"].get("witness")) for entry in entries)
    return tuple(entry["versionId"] for entry in entries), frozenset[str]().union(*rules)


def _counting(version_ids: tuple[str, ...]) -> Callable[[str], bool]:
    standing, count = frozenset(version_ids), len(version_ids)
    return lambda each: each in standing or count < version_number(each) <= count + MOST_AHEAD


def _approvals(
    version_ids: tuple[str, ...], witnesses: frozenset[str], raw: bytes
) -> frozenset[tuple[str, str]]:
    """Return (version id, witness) of the approvals of the last version and of those to come."""
    counting = _counting(version_ids)
    older = frozenset(version_ids[:-1])
    judged = judge_proofs(
        parse_witness_file(raw), witnesses, lambda each: each not in older and counting(each)
    )
    return frozenset(
        (version_id, proof["verificationMethod"]) for version_id, proof, sound in judged if sound
    )


def _check_padding(raw: bytes, entries: list[dict[str, Any]]) -> None:
    most = 2 * len(json.dumps(entries)) + _SLACK
    if len(raw) > most:
        raise broken(
            Rule.SIZE,
            f"The witness file is mostly white space: {len(raw)} bytes, {most} would be enough.",
            f"Le fichier des témoins est fait de blancs : {len(raw)} octets, {most} suffiraient.",
        )
