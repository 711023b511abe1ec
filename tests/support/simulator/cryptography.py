"""AnonCreds without the mathematics: seals instead of signatures, honest about what they prove.

A seal is a keyed digest only this process can make, and what it hides is kept beside it. So a
presentation shows what a real one shows and hides what a real one hides, but verifying it looks the
hidden values up: predicates, restrictions and revocation are evaluated on what was really issued.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from support.proof_forms import listed, made_up_comparison, made_up_equality, made_up_status
from support.simulator.registry import SimulatedRegistry, UnpublishedError

type Json = dict[str, Any]

RELATIONS = {
    ">=": ("GE", lambda value, bound: value >= bound),
    ">": ("GT", lambda value, bound: value > bound),
    "<=": ("LE", lambda value, bound: value <= bound),
    "<": ("LT", lambda value, bound: value < bound),
}


class UnprovableError(Exception):
    """The chosen credentials cannot answer the request."""


@dataclass(frozen=True)
class Chosen:
    """A stored credential, the referents it answers, and the list it proves against."""

    credential: Json
    attributes: tuple[str, ...]
    predicates: tuple[str, ...]
    timestamp: int | None


@dataclass
class Cryptography:
    """Makes seals and looks behind them; one for all agents of a world."""

    registry: SimulatedRegistry
    secret: bytes = b"known to nobody"
    hidden: dict[str, list[Json]] = field(default_factory=dict)

    def number(self, *parts: object) -> str:
        """Return a decimal number of about 77 digits that only this object can make."""
        said = json.dumps(parts, sort_keys=True).encode()
        return str(int.from_bytes(hmac.digest(self.secret, said, "sha256")) | 1)

    def sign(self, values: Json, definition_id: str, index: int | None, holder: str) -> str:
        """Seal a credential for one holder."""
        return self.number("credential", values, definition_id, index, holder)

    def is_signed(self, credential: Json, holder: str) -> bool:
        """Say whether a credential is as it was issued, to this holder."""
        seal = self.sign(
            credential["values"], credential["cred_def_id"], index_of(credential), holder
        )
        return bool(credential["signature"]["p_credential"]["a"] == seal)

    def present(self, request: Json, chosen: list[Chosen], holder: str) -> Json:
        """Return a presentation in the form of a real one.

        Raises:
            UnprovableError: a value is missing, a comparison does not hold.

        """
        shown: Json = {
            "revealed_attrs": {},
            "self_attested_attrs": {},
            "unrevealed_attrs": {},
            "predicates": {},
        }
        proofs = [self._prove(request, number, one, shown) for number, one in enumerate(chosen)]
        hashed = listed({"proofs": proofs})
        presentation = {
            "proof": {"proofs": proofs, "aggregated_proof": {"c_hash": "", "c_list": hashed}},
            "requested_proof": shown,
            "identifiers": [
                {
                    "schema_id": one.credential["schema_id"],
                    "cred_def_id": one.credential["cred_def_id"],
                    "rev_reg_id": one.credential["rev_reg_id"],
                    "timestamp": one.timestamp,
                }
                for one in chosen
            ],
        }
        seal = self.number("presentation", presentation, request["nonce"])
        presentation["proof"]["aggregated_proof"]["c_hash"] = seal  # type: ignore[index]
        self.hidden[seal] = [{**one.credential, "holder": holder} for one in chosen]
        return presentation

    def _prove(self, request: Json, number: int, one: Chosen, shown: Json) -> Json:
        values = one.credential["values"]
        revealed = {}
        for referent in one.attributes:
            asked = request["requested_attributes"][referent]
            names = asked.get("names") or [asked["name"]]
            if missing := [name for name in names if name not in values]:
                raise UnprovableError(missing[0])
            revealed |= {name: values[name]["encoded"] for name in names}
            if "names" in asked:
                groups = shown.setdefault("revealed_attr_groups", {})
                groups[referent] = {
                    "sub_proof_index": number,
                    "values": {name: dict(values[name]) for name in names},
                }
            else:
                shown["revealed_attrs"][referent] = {"sub_proof_index": number, **values[names[0]]}
        comparisons = []
        for referent in one.predicates:
            asked = request["requested_predicates"][referent]
            code, holds = RELATIONS[asked["p_type"]]
            if not holds(as_integer(values, asked["name"]), asked["p_value"]):
                raise UnprovableError(asked["name"])
            shown["predicates"][referent] = {"sub_proof_index": number}
            predicate = {"attr_name": asked["name"], "p_type": code, "value": asked["p_value"]}
            response = self.number("m", asked["name"], values[asked["name"]])
            comparisons.append(made_up_comparison(response, predicate))
        hidden = {name: self.number("m", name, value) for name, value in values.items()}
        hidden = {name: each for name, each in hidden.items() if name not in revealed}
        hidden["master_secret"] = self.number("link", request["nonce"])
        equality = made_up_equality(revealed, hidden)
        return {
            "primary_proof": {"eq_proof": equality, "ge_proofs": comparisons},
            "non_revoc_proof": made_up_status() if one.timestamp else None,
        }

    def verify(self, request: Json, presentation: Json) -> tuple[bool, list[str]]:
        """Return the agent's verdict and its warnings, as ACA-Py says them."""
        bare = json.loads(json.dumps(presentation))
        seal = bare["proof"]["aggregated_proof"]["c_hash"]
        bare["proof"]["aggregated_proof"]["c_hash"] = ""
        if seal != self.number("presentation", bare, request["nonce"]):
            return False, []
        warnings = self._remarks(request, presentation)
        credentials = self.hidden[seal]
        holds = (
            len({one["holder"] for one in credentials}) == 1
            and all(self.is_signed(one, one["holder"]) for one in credentials)
            and _answers_all(request, presentation["requested_proof"])
            and self._is_restricted(request, presentation)
            and self._is_unrevoked(presentation, credentials)
        )
        return holds, warnings

    def _remarks(self, request: Json, presentation: Json) -> list[str]:
        shown, remarks = presentation["requested_proof"], []
        answered = {
            **shown["revealed_attrs"],
            **shown.get("revealed_attr_groups", {}),
            **shown["predicates"],
        }
        for referent, answer in answered.items():
            asked = (request["requested_attributes"] | request["requested_predicates"])[referent]
            named = presentation["identifiers"][answer["sub_proof_index"]]
            interval = asked.get("non_revoked") or request.get("non_revoked")
            if interval and not named["rev_reg_id"] and asked.get("non_revoked"):
                remarks.append(f"RMV_RFNT_NRI::{referent}")
            elif interval and named["timestamp"] and named["timestamp"] >= interval["to"]:
                remarks.append(f"TS_OUT_NRI::{referent}")
        if request.get("non_revoked") and not any(
            one["rev_reg_id"] for one in presentation["identifiers"]
        ):
            remarks.append("RMV_GLB_NRI")
        return remarks + [f"UNRVL_ATTR::{referent}" for referent in shown["unrevealed_attrs"]]

    def _is_restricted(self, request: Json, presentation: Json) -> bool:
        shown = presentation["requested_proof"]
        for part, answered in (
            ("requested_attributes", shown["revealed_attrs"]),
            ("requested_attributes", shown.get("revealed_attr_groups", {})),
            ("requested_predicates", shown["predicates"]),
        ):
            for referent, answer in answered.items():
                named = presentation["identifiers"][answer["sub_proof_index"]]
                wanted = request[part][referent].get("restrictions") or []
                if wanted and not any(rule.items() <= named.items() for rule in wanted):
                    return False
        return True

    def _is_unrevoked(self, presentation: Json, credentials: list[Json]) -> bool:
        for named, credential in zip(presentation["identifiers"], credentials, strict=True):
            if named["timestamp"] is None:
                continue
            try:
                states = self.registry.list_at(named["rev_reg_id"], named["timestamp"])
            except UnpublishedError:
                return False
            if states["revocationList"][index_of(credential) or 0]:
                return False
        return True


def encode(raw: str) -> str:
    """Return the integer AnonCreds signs for a value: itself if it is a 32-bit one, else a digest."""
    try:
        number = int(raw)
    except ValueError:
        number = 2**31
    if -(2**31) <= number < 2**31 and str(number) == raw:
        return raw
    return str(int.from_bytes(hashlib.sha256(raw.encode()).digest()))


def index_of(credential: Mapping[str, Any]) -> int | None:
    """Return a credential's index in its revocation registry."""
    revocation = credential["signature"]["r_credential"]
    return int(revocation["i"]) if revocation else None


def as_integer(values: Json, name: str) -> int:
    """Return a value a comparison can be about."""
    try:
        return int(values[name]["raw"])
    except (KeyError, ValueError) as error:
        raise UnprovableError(name) from error


def _answers_all(request: Json, shown: Json) -> bool:
    attributes = {
        *shown["revealed_attrs"],
        *shown.get("revealed_attr_groups", {}),
        *shown["unrevealed_attrs"],
        *shown["self_attested_attrs"],
    }
    return attributes == set(request["requested_attributes"]) and set(shown["predicates"]) == set(
        request["requested_predicates"]
    )
