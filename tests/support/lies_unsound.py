"""The lies of which the library inside every agent says *true* without any key of an institution."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from support.crooked_town import CrookedTown, Forge
from support.dishonest_wallet import Part
from support.forgeries import (
    PYTHON,
    answering,
    asking_otherwise,
    edited,
    predicate,
    referents,
)
from support.lies import AGENT_TRUE, REFUSED, TWO, Lie
from support.unsound_proofs import (
    PublicKey,
    computed_backwards,
    invented,
    lengthened,
    passed_on,
    pooled,
    under_an_older_name,
)

type Json = dict[str, Any]

BOTH = {"competencies": TWO["competencies"]}
FORGED = {PYTHON: "5", "given_name": "Mallory", "family_name": "Forger"}


def key_of(crook: CrookedTown, grade: str) -> PublicKey:
    """Return what is published of the keys that signed an award."""
    definition = crook.pocket[grade].definition_id
    return PublicKey.of(crook.wallet.mirror.resolve_resource(definition).content)


def from_nothing(grade: str) -> Forge:
    """Answer from an award in which everything but its status was made up."""

    def forge(crook: CrookedTown, request: Json) -> Json:
        taken = crook.pocket[grade]
        content = invented(taken.content, key_of(crook, grade), taken.link_secret, FORGED)
        return crook.wallet.forge(
            request, Part(replace(taken, content=content), *referents(request))
        )

    return forge


def made_before(grade: str) -> Forge:
    """Answer a question for level 2, then write the level that was asked, 3."""

    def forge(crook: CrookedTown, request: Json) -> Json:
        lower = asking_otherwise(grade, predicate("c1-level", p_value=2))(crook, request)
        computed_backwards(lower, key_of(crook, grade), {}, {PYTHON: 1})
        return lower

    return forge


def of_two_people(**grades: str) -> Forge:
    """Answer each group from somebody else's award, all under one computed link secret."""

    def forge(crook: CrookedTown, request: Json) -> Json:
        taken = [crook.pocket[grade] for grade in grades.values()]
        contents, secret = pooled(
            [
                (each.content, key_of(crook, grade), each.link_secret)
                for each, grade in zip(taken, grades.values(), strict=True)
            ]
        )
        parts = [
            Part(replace(each, content=content), *referents(request, group))
            for group, each, content in zip(grades, taken, contents, strict=True)
        ]
        return crook.wallet.forge(request, *parts, link_secret=secret)

    return forge


def longer_nonce(request: Json) -> None:
    request["nonce"] = lengthened(request["nonce"])


UNSOUND: dict[str, Lie] = {
    "two competencies of two people, one computed link secret": Lie(
        of_two_people(c1="first", c2="own"), AGENT_TRUE, REFUSED, "proof-sound", body=BOTH
    ),
    "answer to another verifier, whose nonce ends with ours": Lie(
        asking_otherwise("first", longer_nonce, passed_on), AGENT_TRUE, REFUSED, "proof-sound"
    ),
}
"""Told to the verifier’s service."""

BELOW_ZERO: dict[str, tuple[Forge, str]] = {
    "award made up, by a signature with the exponent 1": (
        from_nothing("second"),
        "Error deserializing message",
    ),
    "level written after the proof was made": (
        made_before("second"),
        "Error deserializing message",
    ),
}
"""What the library calls true and ACA-Py does not take in, for a number below zero in the proof."""

READ_TWICE: dict[str, Lie] = {
    "link secret under an older name": Lie(
        edited(answering("first"), under_an_older_name), AGENT_TRUE, REFUSED, "readable"
    ),
}
"""Told to an agent that is asked alone, which reads another number than we would."""
