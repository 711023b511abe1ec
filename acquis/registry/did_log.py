"""The log of a did:webvh DID: built with pre-rotation, verified whole, never shorter than before.

did:webvh v1.0. The ``did-webvh`` library verifies chain, SCID, proofs, pre-rotation and witnesses.
On top of it this reader refuses what the registry does not allow:

1. the DID has the form ``did:webvh:<scid>:<host>:<namespace>:<issuer>``, and every entry's
   document carries exactly that id: after a portability move the old DID does not resolve;
2. the log is strict JSON, one entry a line, no blank line, within the limits below;
3. every proof is ``eddsa-jcs-2022`` for ``assertionMethod``, each by another key, and times are
   whole seconds in UTC;
4. nothing follows a deactivation: a deactivated DID stays deactivated;
5. a log that is shorter than the remembered version, or says something else there, is refused;
6. a verification method's ``revoked`` is a whole second in UTC (:mod:`did_keys`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from did_webvh.askar import AskarSigningKey
from did_webvh.core.file_utils import AsyncTextReadError
from did_webvh.core.hash_utils import DEFAULT_HASH, HashInfo
from did_webvh.core.state import DocumentMetadata, DocumentState
from did_webvh.provision import provision_did

from acquis.registry.did import WebvhDid, parse_did
from acquis.registry.did_keys import KeyCompromise, assertion_keys, compromises, is_formed
from acquis.registry.did_resolution import LIBRARY_ERRORS, resolve_log
from acquis.registry.keys import SigningKey, decode_multikey
from acquis.registry.rules import Rule, RuleBroken, broken
from acquis.registry.strict_json import MAX_BYTES, parse_json
from acquis.registry.witness import counting_proofs, is_log_proof, named_witnesses

__all__ = [
    "DidDocument",
    "KeyCompromise",
    "WebvhDid",
    "build_genesis",
    "build_next_entry",
    "key_commitment",
    "parse_did",
    "peek_did",
    "peek_witnesses",
    "verify_did_log",
]

MAX_LINES = 10_000
MAX_LINE_BYTES = 256 * 1024

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
_ENTRY_KEYS = {"versionId", "versionTime", "parameters", "state", "proof"}


@dataclass(frozen=True, slots=True)
class DidDocument:
    """A verified DID document at the last version of its log.

    ``keys`` are the pairs (verification method id, multikey) of its Ed25519 assertion methods,
    those reported as compromised left out; ``compromises`` are these reports, of any of its
    verification methods; ``version_ids`` are all versions, first to last, so that a fork can be
    told.
    """

    did: str
    raw_document: bytes
    version_id: str
    version_number: int
    created: datetime
    updated: datetime
    deactivated: bool
    keys: tuple[tuple[str, str], ...]
    version_ids: tuple[str, ...]
    compromises: tuple[KeyCompromise, ...] = ()

    @property
    def document(self) -> dict[str, Any]:
        """The DID document, a fresh copy at each access."""
        document: dict[str, Any] = json.loads(self.raw_document)
        return document

    def assertion_keys(self) -> dict[str, str]:
        """Return verification method id → Ed25519 multikey, for ``assertionMethod`` only.

        Empty when the DID is deactivated: nothing new may be believed under it.
        """
        return {} if self.deactivated else dict(self.keys)


def build_genesis(
    host: str,
    folder: str,
    update_key: SigningKey,
    next_key: SigningKey,
    attest_multikey: str,
    *,
    parameters: Mapping[str, Any] | None = None,
    created: datetime | None = None,
) -> tuple[str, str]:
    """Return (DID, log of one entry) for ``folder`` = ``namespace/issuer`` at ``host``.

    ``next_key`` is only committed to (pre-rotation); ``attest_multikey`` becomes
    ``<did>#<multikey>`` in verificationMethod and assertionMethod; ``parameters`` are further
    ones, such as ``witness``. The log ends with a line feed.
    Raises: RuleBroken (did-form, multibase).
    """
    decode_multikey(attest_multikey)
    placeholder = ":".join(("did:webvh:{SCID}", host, *folder.split("/")))
    parse_did(placeholder.replace("{SCID}", "Qm" + "1" * 44))
    method = f"{placeholder}#{attest_multikey}"
    document = {
        "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"],
        "id": placeholder,
        "verificationMethod": [
            {
                "id": method,
                "type": "Multikey",
                "controller": placeholder,
                "publicKeyMultibase": attest_multikey,
            }
        ],
        "assertionMethod": [method],
        "authentication": [method],
    }
    all_parameters = {
        **(parameters or {}),
        "updateKeys": [update_key.multikey],
        "nextKeyHashes": [key_commitment(next_key.multikey)],
        "portable": False,
    }
    state = provision_did(document, params=all_parameters, timestamp=created)
    state.sign(_library_key(update_key), timestamp=state.timestamp)
    return state.document_id, state.history_json() + "\n"


def build_next_entry(
    log: bytes,
    update_key: SigningKey,
    next_key: SigningKey,
    document: dict[str, Any] | None = None,
    *,
    deactivate: bool = False,
    parameters: Mapping[str, Any] | None = None,
    created: datetime | None = None,
) -> str:
    """Return ``log`` with one entry more, signed by ``update_key``, committing to ``next_key``.

    ``update_key`` must be the key the last entry committed to. ``document`` replaces the DID
    document (default: unchanged); ``parameters`` are further ones, such as ``witness``.
    Raises: RuleBroken when ``log`` is not sound.
    """
    lines = _split_log(log)
    state: DocumentState = None
    for line in lines:
        state = DocumentState.load_history_json(line, state)
    update: dict[str, Any] = {
        **(parameters or {}),
        "updateKeys": [update_key.multikey],
        "nextKeyHashes": [key_commitment(next_key.multikey)],
    }
    if deactivate:
        update["deactivated"] = True
    following = state.create_next(document, update, timestamp=created)
    following.sign(_library_key(update_key), timestamp=following.timestamp)
    return "\n".join((*lines, following.history_json())) + "\n"


def key_commitment(multikey: str) -> str:
    """Return the hash that ``nextKeyHashes`` holds for a key not yet revealed."""
    commitment: str = HashInfo.from_name(DEFAULT_HASH).formatted_hash(multikey.encode())
    return commitment


def verify_did_log(
    did: str,
    log: bytes,
    witness: bytes | None = None,
    remembered_version: int = 0,
    remembered_version_id: str | None = None,
) -> DidDocument:
    """Verify a whole log and return the document of its last version.

    ``remembered_version`` (and its id, so that a fork is told too) is the highest one ever
    accepted for this DID. ``witness`` is the content of ``did-witness.json``. May be called from
    any thread, with or without a running event loop.
    Raises: RuleBroken (did-form, log-…, witness, size, json).
    """
    parse_did(did)
    lines = _split_log(log)
    version_ids, witnesses = _check_entries(did, lines)
    _check_remembered(version_ids, remembered_version, remembered_version_id)
    if witness is not None:
        witness = counting_proofs(witness, version_ids, witnesses)
    try:
        state, metadata = resolve_log(did, lines, witness)
        return _document(did, state, metadata, version_ids)
    except RuleBroken:
        raise
    except LIBRARY_ERRORS as error:
        raise _log_refusal(error, witness is not None) from error


def peek_did(log: bytes) -> str | None:
    """Return the DID that the first entry of a log names, None when it names none; unverified.

    Raises: RuleBroken (json, size).
    """
    entry = parse_json(log.split(b"\n", 1)[0], MAX_LINE_BYTES)
    state = entry.get("state") if isinstance(entry, dict) else None
    did = state.get("id") if isinstance(state, dict) else None
    return did if isinstance(did, str) else None


def peek_witnesses(did: str, log: bytes) -> tuple[tuple[str, ...], frozenset[str]]:
    """Return the version ids of a log and every witness that it names; only its form is checked.

    Raises: RuleBroken (log-form, log-deactivated, witness, size, json).
    """
    return _check_entries(did, _split_log(log))


def _log_refusal(error: Exception, witnessed: bool) -> RuleBroken:
    details = getattr(error, "problem_details", None)
    kind = str(getattr(details, "type", "") or type(error).__name__)
    if "witness" in kind or (isinstance(error, AsyncTextReadError) and not witnessed):
        return broken(
            Rule.WITNESS,
            "The DID log names witnesses and not enough of them have signed.",
            "Le journal du DID nomme des témoins, et trop peu d’entre eux ont signé.",
        )
    name = kind.rsplit("#", 1)[-1]
    return broken(
        Rule.LOG_CHAIN,
        f"The DID log does not verify ({name}).",
        f"Le journal du DID n’est pas vérifiable ({name}).",
    )


def _split_log(log: bytes) -> list[str]:
    if len(log) > MAX_BYTES:
        raise broken(
            Rule.SIZE,
            f"The DID log has {len(log)} bytes; the limit is {MAX_BYTES}.",
            f"Le journal du DID compte {len(log)} octets ; la limite est {MAX_BYTES}.",
        )
    raw_lines = log.removesuffix(b"\n").split(b"\n")
    if len(raw_lines) > MAX_LINES or any(len(line) > MAX_LINE_BYTES for line in raw_lines):
        raise broken(
            Rule.SIZE,
            f"A DID log has at most {MAX_LINES} lines of {MAX_LINE_BYTES} bytes.",
            f"Un journal de DID a au plus {MAX_LINES} lignes de {MAX_LINE_BYTES} octets.",
        )
    if any(not line.strip() or b"\r" in line for line in raw_lines):
        raise broken(
            Rule.LOG_FORM,
            "A DID log has one entry a line and no blank line.",
            "Un journal de DID a une entrée par ligne et aucune ligne vide.",
        )
    for line in raw_lines:
        parse_json(line, MAX_LINE_BYTES)
    return [line.decode("utf-8") for line in raw_lines]


def _check_entries(did: str, lines: list[str]) -> tuple[tuple[str, ...], frozenset[str]]:
    """Return the version ids of the entries and every witness that one of them names."""
    version_ids: list[str] = []
    witnesses: set[str] = set()
    deactivated = False
    for number, line in enumerate(lines, start=1):
        entry = json.loads(line)
        if deactivated:
            raise broken(
                Rule.LOG_DEACTIVATED,
                f"Entry {number} follows a deactivation.",
                f"L’entrée {number} suit une désactivation.",
            )
        if not isinstance(entry, dict) or set(entry) != _ENTRY_KEYS or not _is_formed(entry, did):
            raise broken(
                Rule.LOG_FORM,
                f"Entry {number} of the DID log has not the expected form.",
                f"L’entrée {number} du journal du DID n’a pas la forme attendue.",
            )
        version_ids.append(entry["versionId"])
        witnesses |= named_witnesses(entry["parameters"].get("witness"))
        deactivated = entry["parameters"].get("deactivated", False)
    return tuple(version_ids), frozenset(witnesses)


def _is_formed(entry: dict[str, Any], did: str) -> bool:
    state, parameters, proofs = entry["state"], entry["parameters"], entry["proof"]
    return (
        isinstance(entry["versionId"], str)
        and isinstance(entry["versionTime"], str)
        and _INSTANT.fullmatch(entry["versionTime"]) is not None
        and isinstance(state, dict)
        and state.get("id") == did
        and is_formed(state)
        and isinstance(parameters, dict)
        and isinstance(parameters.get("deactivated", False), bool)
        and isinstance(proofs, list)
        and 1 <= len(proofs) <= 10
        and all(is_log_proof(proof) for proof in proofs)
        and len({proof["verificationMethod"] for proof in proofs}) == len(proofs)
    )


def _check_remembered(version_ids: tuple[str, ...], version: int, version_id: str | None) -> None:
    if version and len(version_ids) < version:
        raise broken(
            Rule.LOG_ROLLBACK,
            f"The DID log has {len(version_ids)} versions; {version} were seen before.",
            f"Le journal du DID a {len(version_ids)} versions ; {version} ont déjà été vues.",
        )
    if version and version_id is not None and version_ids[version - 1] != version_id:
        raise broken(
            Rule.LOG_ROLLBACK,
            f"The DID log says something else at version {version} than it said before.",
            f"Le journal du DID dit autre chose à la version {version} que précédemment.",
        )


def _library_key(key: SigningKey) -> AskarSigningKey:
    return AskarSigningKey.from_secret_bytes("ed25519", key.seed)


def _document(
    did: str, state: DocumentState, metadata: DocumentMetadata, version_ids: tuple[str, ...]
) -> DidDocument:
    if state.document_id != did or len(version_ids) != state.version_number:
        raise broken(
            Rule.LOG_CHAIN,
            "The DID log ends elsewhere than its last entry.",
            "Le journal du DID ne se termine pas par sa dernière entrée.",
        )
    return DidDocument(
        did=did,
        raw_document=json.dumps(state.document).encode(),
        version_id=state.version_id,
        version_number=state.version_number,
        created=metadata.created.astimezone(UTC),
        updated=metadata.updated.astimezone(UTC),
        deactivated=state.deactivated,
        keys=assertion_keys(state.document),
        version_ids=version_ids,
        compromises=compromises(state.document),
    )
