"""Reading the test vectors and judging them on the way a verifier takes: mirror, pipeline, policy.

Form and meaning of the files: ``tests/vectors/README.md`` and ``vector.schema.json``.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from acquis.credentials import basis
from acquis.credentials.basis import Basis, Inputs
from acquis.credentials.policy import Decision, Policy, decide
from acquis.credentials.presentation import UnverifiedPresentation
from acquis.credentials.report import Outcome, VerificationReport, worst
from acquis.credentials.verify import (
    FILE_POLICY,
    STANDARD_POLICY,
    STRICT_POLICY,
    report_unreadable,
)
from acquis.errors import InvalidInput
from acquis.registry.mirror import Mirror
from verifier.trusting import MirrorEnvironment

FOLDER = Path(__file__).parents[1] / "vectors"
POLICIES: Mapping[str, Policy] = {
    "standard": STANDARD_POLICY,
    "strict": STRICT_POLICY,
    "file": FILE_POLICY,
}

type Content = dict[str, Any]


def load(kind: str, name: str) -> Content:
    """Return one file: of ``valid``, ``invalid``, ``indeterminate``, ``worlds``, ``presentations``."""
    found: Content = json.loads((FOLDER / kind / f"{name}.json").read_bytes())
    return found


def names(kind: str) -> list[str]:
    """Return the names of the files of a kind."""
    return sorted(each.stem for each in (FOLDER / kind).glob("*.json"))


KINDS = ("valid", "invalid", "indeterminate")


def load_vectors() -> list[Content]:
    """Return every vector, in order of kind and id."""
    return [load(kind, name) for kind in KINDS for name in names(kind)]


def changed(document: Content, changes: Sequence[Mapping[str, Any]]) -> Content:
    """Return the document after ``add``, ``remove`` and ``replace`` operations of RFC 6902."""
    document = copy.deepcopy(document)
    for each in changes:
        steps = [step.replace("~1", "/").replace("~0", "~") for step in each["path"].split("/")[1:]]
        at: Any = document
        for step in steps[:-1]:
            at = at[int(step)] if isinstance(at, list) else at[step]
        last: Any = steps[-1]
        if isinstance(at, list):
            last = len(at) if last == "-" else int(last)
        if each["op"] == "remove":
            del at[last]
        elif each["op"] == "add" and isinstance(at, list):
            at.insert(last, copy.deepcopy(each["value"]))
        else:
            assert each["op"] == "add" or last in at or isinstance(at, list), each
            at[last] = copy.deepcopy(each["value"])
    return document


@cache
def _presentation(name: str) -> Content:
    return load("presentations", name)


def presentation_of(vector: Content) -> Content:
    """Return the presentation of a vector that has a readable one."""
    return changed(_presentation(vector["presentation"]), vector["changes"])


def raw_presentation(vector: Content) -> bytes:
    """Return the presentation as it came in."""
    if "presentation_text" in vector:
        return str(vector["presentation_text"]).encode()
    return json.dumps(presentation_of(vector)).encode()


# worlds


def load_world(name: str) -> Content:
    """Return a world, whole: with everything it takes over from the one it extends."""
    world = load("worlds", name)
    if world["extends"] is None:
        return world
    base = load_world(world["extends"])
    for host, registry in world["registries"].items():
        files = {**base["registries"][host]["files"], **registry["files"]}
        kept = {path: file for path, file in files.items() if file is not None}
        base["registries"][host] = {"refreshed_at": registry["refreshed_at"], "files": kept}
    return {**world, "registries": base["registries"]}


def write_mirror(world: Content, folder: Path) -> Mirror:
    """Write a world as a refresh leaves a mirror's folder; return the mirror."""
    for host, registry in world["registries"].items():
        for path, file in registry["files"].items():
            target = folder / host / "files" / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(file if isinstance(file, str) else json.dumps(file))
        confirmed = (registry["refreshed_at"] or 0) * 10**9
        noted = json.dumps({"bins": {}, "confirmed_ns": confirmed})
        (folder / host / "applied.json").write_text(noted)
    return Mirror(folder, {host: f"https://{host}" for host in world["registries"]})


class Mirrors:
    """The mirror of each world that is asked for, below ``folder``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._held: dict[str, Mirror] = {}

    def of(self, world: str) -> Mirror:
        """Return the mirror of a world."""
        if world not in self._held:
            self._held[world] = write_mirror(load_world(world), self._folder / world)
        return self._held[world]


# judging


@dataclass(frozen=True)
class Judged:
    """What the pipeline found in a vector, what the policy concluded, and on which basis.

    There is no basis of what is no JSON at all.
    """

    report: VerificationReport
    decision: Decision
    basis: Basis | None = None

    @property
    def outcome(self) -> str:
        """The conclusion."""
        return self.decision.conclusion.value

    @property
    def not_valid(self) -> dict[str, str]:
        """Everything that is not VALID: ``check`` or ``check/subject`` → the worst outcome."""
        found: dict[str, list[Outcome]] = {}
        for each in self.report.checks:
            name = f"{each.id}/{each.subject}" if each.subject.startswith("c") else each.id
            found.setdefault(name, []).append(each.outcome)
        outcomes = {name: worst(each) for name, each in found.items()}
        return {name: each.value for name, each in outcomes.items() if each is not Outcome.VALID}


def environment_of(vector: Content, mirror: Mirror) -> MirrorEnvironment:
    """Return what a verification of this vector looks at."""
    return MirrorEnvironment(
        mirror=mirror,
        anchors=tuple(vector["anchors"]),
        now=vector["clock"],
        grace=vector["grace"],
        mirror_max_age=vector["mirror_max_age"],
    )


def judge(vector: Content, mirror: Mirror) -> Judged:
    """Verify a vector as the verifier does, on a mirror of its world."""
    policy = POLICIES[vector["policy"]]
    try:
        came = UnverifiedPresentation.parse(raw_presentation(vector)).content
    except InvalidInput as error:
        report = report_unreadable(error.says, vector["clock"])
        return Judged(report, decide(report, policy))
    inputs = Inputs(
        request=vector["request"],
        proof_request=vector["proof_request"],
        answered=vector["answered"] or vector["proof_request"],
        presentation=came,
        verdict={name: vector["agent"][name] for name in ("verified", "warnings")},
        choice=vector["choice"],
        exchange=vector["exchange"],
        status_at=vector["status_at"],
    )
    found = basis.judge(inputs, environment_of(vector, mirror), policy)
    return Judged(found.report, found.decision, found.basis)


def is_right(vector: Content, judged: Judged) -> bool:
    """Say whether decision and checks are exactly those that the vector expects."""
    expected = vector["expected"]
    return judged.outcome == expected["outcome"] and judged.not_valid == expected["not_valid"]
