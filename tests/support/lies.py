"""The lies: how each is forged, what the agent alone says of it, what Acquis concludes and by which check.

``AGENT_TRUE`` with anything but ``ACCEPTED`` are the dangerous ones: a verifier who relies on the
agent alone is fooled by them.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from support.crooked_town import CrookedTown, Forge
from support.forgeries import (
    PYTHON,
    SQL,
    adding_attribute,
    another_holder,
    answering,
    apart,
    asking_otherwise,
    attesting,
    compared_as_shown,
    comparison,
    each_from,
    edited,
    identifier,
    named_twice,
    naming_a_list_to_come,
    no_proof_of_status,
    predicate,
    proved_of_another,
    relabelled,
    saying_twice,
    set_at,
    stale,
    twice,
    value_claimed,
    value_shown,
    without,
)

AGENT_TRUE, AGENT_FALSE, AGENT_SILENT = True, False, None
REFUSED, COULD_NOT_TELL, ACCEPTED = "refused", "could-not-tell", "accepted"

TWO = {
    "competencies": [{"key": key, "minimum_level": 3} for key in (PYTHON, SQL)],
    "learner_name": "required",
}
ANOTHER = "did:webvh:QmSomebody:registry.acquis.example:somebody/resources/zQmNothing"


@dataclass(frozen=True)
class Lie:
    """``remark`` is the code of what the agent remarks, ``check`` that of ours which refuses.

    ``body`` is what the employer asks of our service, ``asks`` what another asks of the agent alone.
    """

    forge: Forge
    agent: bool | None
    conclusion: str
    check: str
    remark: str = ""
    body: dict[str, Any] = field(default_factory=dict)
    asks: Callable[[CrookedTown], dict[str, Any]] = lambda crook: crook.build()

    @property
    def remarks(self) -> frozenset[str]:
        return frozenset({self.remark} - {""})


def single(request: dict[str, Any], *, restricted: bool = True) -> dict[str, Any]:
    """Ask for one attribute by itself, as many verifiers do and ours never does."""
    asked = request["requested_attributes"]["c1"]
    asked["name"] = asked.pop("names")[0]
    if not restricted:
        del asked["restrictions"]
    return request


def showing_level(request: dict[str, Any]) -> dict[str, Any]:
    """Ask to show the level that is compared as well, which no honest wallet can answer."""
    request["requested_attributes"]["c1"]["names"].append(PYTHON)
    return request


def never_asked(request: dict[str, Any]) -> dict[str, Any]:
    return {name: part for name, part in request.items() if name != "non_revoked"}


def compared_with_today(presentation: dict[str, Any]) -> None:
    """The day on which the verifier asks, as what the end of validity was compared with."""
    comparison("valid_until", value=int(f"{datetime.now(UTC):%Y%m%d}"))(presentation)


LIE_FIRST = saying_twice(
    "requested_proof", edited(answering("first"), value_shown(raw=ANOTHER)), answering("first")
)
"""A member twice, the lie first: the agent reads the second, keeps that alone and says true."""

LIES: dict[str, Lie] = {
    # what was asked is not shown, or not proved
    "value left unrevealed": Lie(
        answering("first", kept_back=["c1"]),
        AGENT_FALSE,
        REFUSED,
        "all-answered",
        remark="VALUE_ERROR",
    ),
    "value typed in by the holder": Lie(
        edited(asking_otherwise("first", without("c1")), attesting(c1="my word")),
        AGENT_FALSE,
        REFUSED,
        "all-answered",
        remark="VALUE_ERROR",
    ),
    "level not proved at all": Lie(
        asking_otherwise("second", without("c1-level")),
        AGENT_FALSE,
        REFUSED,
        "all-answered",
        remark="VALUE_ERROR",
    ),
    "level of another competency": Lie(
        proved_of_another("second", SQL), AGENT_TRUE, REFUSED, "values-signed"
    ),
    "level of another attribute": Lie(
        proved_of_another("second", "workload_hours"), AGENT_TRUE, REFUSED, "values-signed"
    ),
    "level proved by a lower bound": Lie(
        edited(
            asking_otherwise("second", predicate("c1-level", p_value=1)),
            comparison(PYTHON, value=3),
        ),
        AGENT_FALSE,
        REFUSED,
        "agent-verdict",
    ),
    "text shown is not the text signed": Lie(
        edited(answering("first"), value_shown(raw=ANOTHER)),
        AGENT_FALSE,
        REFUSED,
        "values-signed",
        remark="VALUE_ERROR",
    ),
    "text shown twice, first as signed": Lie(
        saying_twice(
            "requested_proof",
            answering("first"),
            edited(answering("first"), value_shown(raw=ANOTHER)),
        ),
        AGENT_FALSE,
        REFUSED,
        "values-signed",
        remark="VALUE_ERROR",
    ),
    "text changed wherever it stands": Lie(
        edited(answering("first"), value_claimed(ANOTHER)), AGENT_FALSE, REFUSED, "agent-verdict"
    ),
    # from whose credential
    "group answered from two credentials": Lie(
        apart("second", "first"), AGENT_TRUE, REFUSED, "one-credential"
    ),
    "group answered from two people's, one link secret": Lie(
        apart("lent", "first"), AGENT_TRUE, REFUSED, "one-credential"
    ),
    "group answered from two people's, two link secrets": Lie(
        apart("first", "own"), AGENT_FALSE, REFUSED, "one-credential"
    ),
    "two competencies of two people, one link secret": Lie(
        each_from(c1="first", c2="lent"), AGENT_TRUE, REFUSED, "holder-binding", body=TWO
    ),
    "two competencies of two people, two link secrets": Lie(
        each_from(c1="first", c2="own"), AGENT_FALSE, REFUSED, "agent-verdict", body=TWO
    ),
    "another holder's number put in": Lie(
        edited(answering("first"), another_holder), AGENT_FALSE, REFUSED, "agent-verdict"
    ),
    # whether it still stands
    "revoked, by the list from before": Lie(stale("withdrawn"), AGENT_TRUE, REFUSED, "not-revoked"),
    "superseded, by the list from before": Lie(
        stale("replaced"), AGENT_TRUE, REFUSED, "not-revoked"
    ),
    "revoked, by the list in force": Lie(
        answering("withdrawn"), AGENT_FALSE, REFUSED, "not-revoked"
    ),
    "revoked, old list under the newest name": Lie(
        relabelled("withdrawn"), AGENT_FALSE, REFUSED, "not-revoked"
    ),
    "no list named": Lie(
        edited(answering("first"), identifier(timestamp=None)),
        AGENT_FALSE,
        REFUSED,
        "not-revoked",
        remark="VALUE_ERROR",
    ),
    "no list named, nothing proved": Lie(
        edited(stale("withdrawn"), identifier(timestamp=None), no_proof_of_status),
        AGENT_FALSE,
        REFUSED,
        "not-revoked",
        remark="VALUE_ERROR",
    ),
    "list named, nothing proved": Lie(
        edited(stale("withdrawn"), no_proof_of_status), AGENT_FALSE, REFUSED, "not-revoked"
    ),
    "two lists named, one credential twice": Lie(
        twice("first"), AGENT_TRUE, REFUSED, "one-credential"
    ),
    "two lists named under one name": Lie(
        named_twice("withdrawn"), AGENT_TRUE, REFUSED, "not-revoked"
    ),
    "not revocable, so the question is stripped": Lie(
        answering("for ever"), AGENT_TRUE, COULD_NOT_TELL, "agent-warnings", remark="RMV_GLB_NRI"
    ),
    "expired, validity left out": Lie(
        asking_otherwise("expired", without("c1-valid")),
        AGENT_FALSE,
        REFUSED,
        "all-answered",
        remark="VALUE_ERROR",
    ),
    "expired, validity of another credential": Lie(
        apart("expired", "mallory", moved=["c1-valid"]), AGENT_TRUE, REFUSED, "one-credential"
    ),
    "expired, validity by a lower bound": Lie(
        edited(
            asking_otherwise("expired", predicate("c1-valid", p_value=20240101)),
            compared_with_today,
        ),
        AGENT_FALSE,
        REFUSED,
        "agent-verdict",
    ),
    "expired, another day under that name": Lie(
        proved_of_another("expired", "review_on", instead_of="valid_until", referent="c1-valid"),
        AGENT_TRUE,
        REFUSED,
        "values-signed",
    ),
    # what it is an award of
    "achievement of another version": Lie(
        answering("another version"), AGENT_TRUE, REFUSED, "issuer-documents"
    ),
}
"""Told to the verifier’s service, which asked for Python at level 3 (or for two competencies)."""

AT_THE_DOOR: dict[str, tuple[Forge, str]] = {
    "look-alike institution": (answering("look-alike"), "does not satisfy proof request"),
    "level of another competency, openly": (
        asking_otherwise("second", predicate("c1-level", name=SQL)),
        "not in presentation",
    ),
    "lower bound, openly": (
        asking_otherwise("second", predicate("c1-level", p_value=1)),
        "mismatches proposal request",
    ),
    "the other way round": (
        asking_otherwise("second", predicate("c1-level", p_type="<=")),
        "mismatches proposal request",
    ),
    "more than was asked": (
        asking_otherwise("first", adding_attribute("grade")),
        "not in proposal request",
    ),
    "wrong type: no list of credentials": (
        edited(answering("first"), set_at(None, "identifiers")),
        "Error deserializing message",
    ),
    "wrong type: time as text": (
        edited(answering("first"), identifier(timestamp="x")),
        "Error deserializing message",
    ),
    "wrong type: number of a credential as text": (
        edited(
            answering("first"),
            set_at("0", "requested_proof", "revealed_attr_groups", "c1", "sub_proof_index"),
        ),
        "list indices must be integers",
    ),
    "credential that is not there": (
        edited(answering("first"), set_at([], "identifiers")),
        "IndexError",
    ),
    "not JSON": (lambda *_: b"{", "JSONDecodeError"),
    "not an object": (lambda *_: b"[]", "Handler error: Dispatcher"),
    "nested 3000 deep": (lambda *_: b'{"a":' * 3000 + b"1" + b"}" * 3000, "Error deserializing"),
    "nested 100000 deep": (lambda *_: b"[" * 100_000 + b"]" * 100_000, "RecursionError"),
    "no text": (lambda *_: b"\xff\xfe", "Error deserializing message"),
}
"""What the agent does not even take in, and what its log says of it.

None of these reaches a check of ours: no presentation, no verdict, no report."""

UNTRACED = {
    "wrong type: no list of credentials",
    "wrong type: time as text",
    "not JSON",
    "nested 3000 deep",
    "nested 100000 deep",
    "no text",
}
"""Of these it keeps nothing at all; of the others, that a message came on that thread."""

INTERVALS: dict[str, tuple[Callable[[int], Any], bool | None, str]] = {
    "to": (lambda now: {"to": now}, AGENT_TRUE, REFUSED),
    "from and to the same": (lambda now: {"from": now, "to": now}, AGENT_TRUE, COULD_NOT_TELL),
    "from the beginning": (lambda now: {"from": 0, "to": now}, AGENT_TRUE, COULD_NOT_TELL),
    "from the beginning, no end": (lambda _: {"from": 0}, AGENT_TRUE, COULD_NOT_TELL),
    "a short while": (lambda now: {"from": now - 5, "to": now}, AGENT_FALSE, REFUSED),
    "from now, no end": (lambda now: {"from": now}, AGENT_FALSE, REFUSED),
    "neither end": (lambda _: {}, AGENT_FALSE, REFUSED),
}
"""Forms of the question whether it was revoked, and what is said of a proof by an old list."""

ELSEWHERE: dict[str, Lie] = {
    "attribute left unrevealed": Lie(
        answering("first", kept_back=["c1"]),
        AGENT_TRUE,
        REFUSED,
        "all-answered",
        remark="UNRVL_ATTR",
        asks=lambda crook: single(crook.build()),
    ),
    "self-attested, restricted": Lie(
        edited(asking_otherwise("first", without("c1")), attesting(c1="my word")),
        AGENT_FALSE,
        REFUSED,
        "all-answered",
        remark="VALUE_ERROR",
        asks=lambda crook: single(crook.build()),
    ),
    "self-attested, unrestricted": Lie(
        edited(asking_otherwise("first", without("c1")), attesting(c1="my word")),
        AGENT_TRUE,
        REFUSED,
        "all-answered",
        asks=lambda crook: single(crook.build(), restricted=False),
    ),
    "level shown and compared at once, proved of another number": Lie(
        compared_as_shown("second", "workload_hours"),
        AGENT_TRUE,
        REFUSED,
        "values-signed",
        asks=lambda crook: showing_level(crook.build()),
    ),
    "look-alike, listed by mistake": Lie(
        answering("look-alike"),
        AGENT_TRUE,
        COULD_NOT_TELL,
        "issuer-recognised",
        asks=lambda crook: crook.build(crook.pocket["look-alike"].definition_id),
    ),
    "revocation never asked": Lie(
        edited(stale("withdrawn"), identifier(timestamp=None), no_proof_of_status),
        AGENT_TRUE,
        COULD_NOT_TELL,
        "not-revoked",
        asks=lambda crook: never_asked(crook.build()),
    ),
    "list of a time to come": Lie(
        edited(answering("first"), naming_a_list_to_come),
        AGENT_SILENT,
        REFUSED,
        "not-revoked",
        asks=lambda crook: crook.build(),
    ),
    "list of next year": Lie(
        edited(answering("first"), identifier(timestamp=int(time.time()) + 31_536_000)),
        AGENT_SILENT,
        REFUSED,
        "not-revoked",
        asks=lambda crook: crook.build(),
    ),
    "values left out, which the agent trips over": Lie(
        edited(
            answering("first"),
            set_at({}, "requested_proof", "revealed_attr_groups", "c1", "values"),
        ),
        AGENT_SILENT,
        REFUSED,
        "all-answered",
        asks=lambda crook: crook.build(),
    ),
}
"""Told to an agent that is asked alone, by questions that ours are not; silent where it stumbles."""

ELSEWHEN: dict[str, tuple[Callable[[CrookedTown], dict[str, Any]], str, tuple[str, ...]]] = {
    "entitled": (lambda crook: {"anchors": (crook.anchors["entitled"],)}, ACCEPTED, ()),
    **{
        name: (
            lambda crook, name=name: {"anchors": (crook.anchors[name],)},  # type: ignore[misc]
            REFUSED,
            ("issuer-recognised",),
        )
        for name in ("another framework", "lower levels", "since later", "until earlier")
    },
    "known to nobody": (
        lambda crook: {"anchors": (crook.anchors["somebody else"],)},
        COULD_NOT_TELL,
        ("issuer-recognised",),
    ),
    "trust list expired": (
        lambda _: {"now": int(time.time()) + 400 * 86_400, "mirror_max_age": 10**9},
        COULD_NOT_TELL,
        ("trust-list", "issuer-recognised"),
    ),
    "mirror too old": (
        lambda _: {"now": int(time.time()) + 2 * 86_400},
        COULD_NOT_TELL,
        ("trust-list", "mirror-age", "issuer-recognised"),
    ),
    "another session's question": (
        lambda crook: {"proof_request": crook.build()},
        REFUSED,
        ("same-request",),
    ),
}
"""One presentation that the agent finds true, in other circumstances: conclusion, checks."""
