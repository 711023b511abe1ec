"""One proof on a JSON object: ``DataIntegrityProof``, cryptosuite ``eddsa-jcs-2022``.

VC Data Integrity EdDSA, section 3.3. What is signed is the object without its proof and the proof
without its value, so that no leaf of either can be changed. The object was read strictly
(:mod:`strict_json`) before its proof is verified.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from acquis.registry.keys import SigningKey, is_signed_by
from acquis.registry.multibase import decode_multibase, encode_multibase
from acquis.registry.rules import Rule, RuleBroken, broken
from acquis.registry.strict_json import canonical, canonical_of_parsed

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
_PROOF_KEYS = {"type", "cryptosuite", "proofPurpose", "verificationMethod", "created", "proofValue"}


def proof_options(verification_method: str, created: datetime) -> dict[str, str]:
    """Return the proof without its value; ``created`` is UTC, cut to whole seconds."""
    return {
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-jcs-2022",
        "proofPurpose": "assertionMethod",
        "verificationMethod": verification_method,
        "created": created.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


def build_proof_input(document: Mapping[str, Any], options: Mapping[str, str]) -> bytes:
    """Return the 64 bytes to sign: SHA-256 of the options, then of the document without proof.

    eddsa-jcs-2022, sections 3.3.4 and 3.3.5. Raises: RuleBroken (json).
    """
    unsecured = {key: value for key, value in document.items() if key != "proof"}
    return sha256(canonical(dict(options))).digest() + sha256(canonical(unsecured)).digest()


def sign_document(
    document: Mapping[str, Any], key: SigningKey, verification_method: str, created: datetime
) -> dict[str, Any]:
    """Return the document with its proof by ``key``; an older proof is replaced."""
    options = proof_options(verification_method, created)
    signature = key.sign(build_proof_input(document, options))
    return secure(document, options, signature)


def secure(
    document: Mapping[str, Any], options: Mapping[str, str], signature: bytes
) -> dict[str, Any]:
    """Return the document with a proof of ``options`` and a signature made elsewhere."""
    return {**document, "proof": {**options, "proofValue": encode_multibase(signature)}}


def verify_proof(document: Mapping[str, Any], keys: Mapping[str, str]) -> tuple[str, datetime]:
    """Verify the proof of a strictly read document; return its verification method and its time.

    ``keys`` maps the verification methods that may have signed to their multikeys.
    Raises: RuleBroken (proof-form, proof-key, proof-signature, multibase).
    """
    proof = document.get("proof")
    if (
        not isinstance(proof, dict)
        or set(proof) != _PROOF_KEYS
        or not all(isinstance(value, str) for value in proof.values())
        or proof["type"] != "DataIntegrityProof"
        or proof["cryptosuite"] != "eddsa-jcs-2022"
        or proof["proofPurpose"] != "assertionMethod"
    ):
        raise _proof_form_refusal()
    created = _parse_instant(proof["created"])
    method = proof["verificationMethod"]
    multikey = keys.get(method)
    if multikey is None:
        raise broken(
            Rule.PROOF_KEY,
            "The proof names a key that its issuer does not list for assertions.",
            "La preuve nomme une clé que son émetteur n’indique pas pour ses assertions.",
        )
    options = {key: value for key, value in proof.items() if key != "proofValue"}
    unsecured = {key: value for key, value in document.items() if key != "proof"}
    signed = (
        sha256(canonical_of_parsed(options)).digest()
        + sha256(canonical_of_parsed(unsecured)).digest()
    )
    if not is_signed_by(multikey, signed, decode_multibase(proof["proofValue"])):
        raise broken(
            Rule.PROOF_SIGNATURE,
            "The signature does not verify.",
            "La signature n’est pas valable.",
        )
    return method, created


def _parse_instant(text: str) -> datetime:
    try:
        if _INSTANT.fullmatch(text):
            return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError as error:
        raise _proof_form_refusal() from error
    raise _proof_form_refusal()


def _proof_form_refusal() -> RuleBroken:
    return broken(
        Rule.PROOF_FORM,
        "One eddsa-jcs-2022 proof for assertionMethod, created at a whole second in UTC,"
        " was expected.",
        "Une preuve eddsa-jcs-2022 pour assertionMethod, créée à une seconde entière en UTC,"
        " était attendue.",
    )
