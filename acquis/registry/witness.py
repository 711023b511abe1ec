"""The witness file of a DID: its form, and which of its proofs count for a log.

did:webvh v1.0, "DID Witnesses". Proofs are published before the entry they approve, so a file may
hold proofs for versions that no log has yet, and one may stand before there is a log at all. Such
proofs count for nothing: what counts is a proof for a version of the log by a witness the log
names. The others are not even looked at, so that a stranger's proofs cost a reader nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any

from acquis.registry.keys import is_signed_by
from acquis.registry.multibase import decode_multibase
from acquis.registry.rules import Rule, RuleBroken, broken
from acquis.registry.strict_json import MAX_BYTES, canonical, parse_json

MAX_WITNESS_ENTRIES = 1_000
MAX_WITNESS_PROOFS = 100  # for one version

_PROOF_KEYS = {"type", "cryptosuite", "verificationMethod", "created", "proofPurpose", "proofValue"}


def parse_witness_file(raw: bytes, max_bytes: int = MAX_BYTES) -> list[dict[str, Any]]:
    """Return the entries (``versionId``, ``proof`` list) of a witness file; no proof is verified.

    Raises: RuleBroken (witness, size, json).
    """
    entries = parse_json(raw, max_bytes)
    if (
        not isinstance(entries, list)
        or len(entries) > MAX_WITNESS_ENTRIES
        or not all(
            isinstance(entry, dict)
            and set(entry) == {"versionId", "proof"}
            and isinstance(entry["versionId"], str)
            and isinstance(entry["proof"], list)
            and len(entry["proof"]) <= MAX_WITNESS_PROOFS
            and all(is_log_proof(proof) for proof in entry["proof"])
            for entry in entries
        )
    ):
        raise broken(
            Rule.WITNESS,
            "The witness file is no list of versions with eddsa-jcs-2022 proofs.",
            "Le fichier des témoins n’est pas une liste de versions avec preuves eddsa-jcs-2022.",
        )
    return entries


def is_log_proof(proof: object) -> bool:
    """Say whether ``proof`` has the form of a proof on a log entry or in a witness file."""
    return (
        isinstance(proof, dict)
        and set(proof) <= _PROOF_KEYS
        and "verificationMethod" in proof
        and all(isinstance(value, str) for value in proof.values())
        and proof.get("cryptosuite") == "eddsa-jcs-2022"
        and proof.get("proofPurpose") == "assertionMethod"
    )


def named_witnesses(rule: object) -> frozenset[str]:
    """Return the witnesses (``did:key:…``) that the ``witness`` parameter of an entry names.

    What is malformed names nobody; the log is refused for it elsewhere. Raises: RuleBroken
    (witness) when one is named twice: it would count twice.
    """
    listed = rule.get("witnesses") if isinstance(rule, dict) else None
    if not isinstance(listed, list):
        return frozenset()
    named = [each.get("id") for each in listed if isinstance(each, dict)]
    ids = [each for each in named if isinstance(each, str)]
    if len(set(ids)) != len(ids):
        raise broken(
            Rule.WITNESS,
            "The DID log names the same witness twice.",
            "Le journal du DID nomme deux fois le même témoin.",
        )
    return frozenset(ids)


def counting_proofs(raw: bytes, version_ids: tuple[str, ...], witnesses: frozenset[str]) -> bytes:
    """Return the witness file without what cannot count for a log of these versions.

    Raises: RuleBroken (witness, size, json) when the file has not its form.
    """
    methods = {f"{witness}#{witness.removeprefix('did:key:')}" for witness in witnesses}
    versions = set(version_ids)
    counting = [
        {
            "versionId": entry["versionId"],
            "proof": [each for each in entry["proof"] if each["verificationMethod"] in methods],
        }
        for entry in parse_witness_file(raw)
        if entry["versionId"] in versions
    ]
    return json.dumps(counting).encode()


def judge_proofs(
    entries: Sequence[Mapping[str, Any]],
    witnesses: frozenset[str],
    counts: Callable[[str], bool],
) -> Iterator[tuple[str, dict[str, str], bool]]:
    """Yield (version id, proof, whether it is sound) of each proof in ``entries``, in order.

    A sound one was made by one of ``witnesses``, for a version that ``counts``, and is the first of
    that witness for it. An entry without a proof is yielded as one that is not sound.
    """
    seen: set[tuple[str, str]] = set()
    for entry in entries:
        version_id = entry["versionId"]
        if not entry["proof"]:
            yield version_id, {}, False
        for proof in entry["proof"]:
            witness, _, key = proof["verificationMethod"].partition("#")
            sound = (
                witness in witnesses
                and key == witness.removeprefix("did:key:")
                and (version_id, witness) not in seen
                and counts(version_id)
                and _is_approval(version_id, proof, key)
            )
            if sound:
                seen.add((version_id, witness))
            yield version_id, proof, sound


def version_number(version_id: str) -> int:
    """Return the number a version id begins with, 0 when it does not begin with one."""
    number = version_id.partition("-")[0]
    return int(number) if number.isascii() and number.isdecimal() and len(number) < 10 else 0


def _is_approval(version_id: str, proof: dict[str, str], multikey: str) -> bool:
    """Say whether ``proof`` (eddsa-jcs-2022) over a version id was made by ``multikey``."""
    options = {key: value for key, value in proof.items() if key != "proofValue"}
    signed = (
        sha256(canonical(options)).digest() + sha256(canonical({"versionId": version_id})).digest()
    )
    try:
        signature = decode_multibase(proof.get("proofValue", ""))
        return is_signed_by(multikey, signed, signature)
    except RuleBroken:
        return False
