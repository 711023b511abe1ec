"""Verifying: what our checks cost beside the agent's own verification, and whether memory stays flat.

Ten thousand objects lie in a mirror, really signed; presentations of credentials of any of them are
judged one after the other, on one core, as the verifier does: read, looked up, checked, decided.
The anoncreds library verifies a real presentation of the same form in the same run; it is what the
agent spends at least, and what our checks come on top of. Then every test vector is judged, and a
decision or a check that differs is wrong. Run it by ``make bench-verification``.

(a) checks_ms: one presentation, median; decisions_per_s: all of them, one after the other.
(b) memory_growth_mb: resident memory at the end less that after the warm-up, a first pass over all
    objects and some thousands of decisions. Flat is: in the later half it grows by no more than
    ``MOST_BYTES`` a decision, less than anything that were kept of each would take. Above that the
    exit status is 1; no absolute size and no time decides it.
(c) vectors, wrong: how many test vectors were judged, and how many otherwise than they say.
"""

from __future__ import annotations

import gc
import itertools
import json
import random
import statistics
import tempfile
import time
from array import array
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Final

import anoncreds
import typer

from acquis.credentials.attributes import encoded_value
from acquis.credentials.basis import Inputs, keepable
from acquis.credentials.basis import judge as judge_inputs
from acquis.credentials.disclosure import what_was_learned
from acquis.credentials.policy import Conclusion, Decision
from acquis.credentials.verify import STANDARD_POLICY
from acquis.registry.content import ResourceType
from acquis.registry.index import Index, IndexEntry, build_index
from acquis.registry.mirror import Mirror
from acquis.registry.trust_list import Scope, TrustEntry, TrustList, build_trust_list
from benchmarks.mirror_reader import memory_mb, milliseconds
from benchmarks.published_tree import (
    FIRST_LIST,
    HOST,
    Issuer,
    Objects,
    publish,
)
from support.vector_agent import Published
from support.vector_courses import DATA
from support.vector_courses import FIRST_LIST as FIRST
from support.vectors import Mirrors, is_right, judge, load, load_vectors, presentation_of
from verifier.trusting import MirrorEnvironment

OBJECTS_EACH: Final = 5  # of one achievement: itself, schema, definition, registry, list
ACHIEVEMENTS: Final = 50
ANCHOR: Final = 10_000  # the number of the issuer that publishes the trust list
LISTED: Final = 1_000
REGISTRY_SIZE: Final = 1_000
OTHERS_ASKED: Final = 9
LIBRARY_RUNS: Final = 30
COLD_RUNS: Final = 20
WARM_UP: Final = 5_000  # decisions, after the first pass
PARTS: Final = 10
MOST_BYTES: Final = 64  # a decision, in the later half; the shortest digest takes more
FEWEST: Final = 20_000  # decisions below which a page or two would decide
GRACE: Final = 300
MAX_AGE: Final = 3_600
TEMPLATE: Final = "one-competency"
_SAME: Final = {
    "thread_expected": "thread",
    "thread_seen": "thread",
    "session_expected": "browser",
    "session_seen": "browser",
}


@dataclass(frozen=True, slots=True)
class Credential:
    """One kind of credential in the mirror, by the ids of its documents."""

    achievement: str
    schema: str
    definition: str
    registry: str


@dataclass(frozen=True, slots=True)
class Exchange:
    """What comes in with one presentation, as decoded JSON."""

    proof_request: dict[str, Any]
    presentation: dict[str, Any]


def open_mirror(folder: Path) -> Mirror:
    """Return a mirror on the folder that has read nothing yet."""
    return Mirror(folder, {HOST: f"https://{HOST}"})


def make_mirror(folder: Path, issuers: int, clock: int) -> Mirror:
    """Fill a mirror's folder with what ``issuers`` institutions publish, and a list of them all."""
    files = folder / HOST / "files"
    publish(files, issuers, ACHIEVEMENTS, [_objects()])
    _publish_list(files, issuers)
    noted = {"bins": {}, "confirmed_ns": clock * 10**9}
    (folder / HOST / "applied.json").write_text(json.dumps(noted))
    return open_mirror(folder)


def _objects() -> Objects:
    """Return the objects of the course that the template is a credential of, with a usual list."""
    registry = DATA.registry()["content"]
    states = [0] * REGISTRY_SIZE
    return Objects(
        schema=DATA.schema["content"],
        definition=DATA.definition["content"],
        registry={**registry, "value": {**registry["value"], "maxCredNum": REGISTRY_SIZE}},
        status_list={**DATA.status_lists(FIRST)[0]["content"], "revocationList": states},
        tails=DATA.keys.tails.read_bytes(),
    )


def _publish_list(files: Path, issuers: int) -> None:
    anchor = Issuer(ANCHOR)
    scope = Scope("esco", 1, 5, date(2020, 1, 1), None, "Order 2020-7", "Ministry of Training")
    entries = tuple(
        TrustEntry(Issuer(number).did, f"Institute {number}", "FR", "https://a.example/", (scope,))
        for number in range(max(issuers, min(LISTED, issuers * 25)))
    )
    in_force = date(2025, 9, 1), date(2025, 12, 1)  # around the clock of the template
    content = build_trust_list(TrustList(anchor.did, 1, *in_force, entries))
    signed = anchor.resource(ResourceType.TRUST_LIST, "Trusted list", content)
    index = Index(
        anchor.did, {ResourceType.TRUST_LIST: (IndexEntry(signed["id"], "Trusted list"),)}
    )
    place = files / anchor.folder
    (place / "resources").mkdir(parents=True)
    (place / "did.jsonl").write_text(anchor.log)
    (place / "index.json").write_bytes(build_index(index))
    (place / "resources" / signed["metadata"]["resourceId"]).write_text(json.dumps(signed))


def find_credentials(mirror: Mirror) -> list[Credential]:
    """Return every kind of credential in the mirror, in no special order."""
    by_schema = {}
    for each in mirror.resources(ResourceType.ACHIEVEMENT):
        found = mirror.resolve_resource(each)
        by_schema[found.did, found.content["slug"]] = each
    registries = {
        mirror.resolve_resource(each).content["credDefId"]: each
        for each in mirror.resources(ResourceType.REVOCATION_REGISTRY_DEFINITION)
    }
    credentials = []
    for each in mirror.resources(ResourceType.CREDENTIAL_DEFINITION):
        found = mirror.resolve_resource(each)
        achievement = by_schema[found.did, found.content["tag"]]
        credentials.append(
            Credential(achievement, found.content["schemaId"], each, registries[each])
        )
    return credentials


class Exchanges:
    """Presentations of any credential in the mirror, in the form of a real one.

    The proof's numbers are those of the real one: they are the agent's business, and what our
    checks look at is put in its place.
    """

    def __init__(self, credentials: list[Credential]) -> None:
        vector = load("valid", TEMPLATE)
        self.request: dict[str, Any] = vector["request"]
        self._proof_request: dict[str, Any] = vector["proof_request"]
        self._presentation = presentation_of(vector)
        self.all = credentials
        self._random = random.Random(4)  # noqa: S311 - the same ones in each run, nothing secret

    def each(self, count: int) -> list[Credential]:
        """Return ``count`` of the credentials, any of them as often as it comes."""
        return self._random.choices(self.all, k=count)

    def make(self, of: Credential) -> Exchange:
        """Return a request that this credential answers, and the presentation of it."""
        others = self._random.choices(self.all, k=OTHERS_ASKED)
        restrictions = [{"cred_def_id": of.definition}]
        restrictions += [{"cred_def_id": each.definition} for each in others]
        asked = dict(self._proof_request)
        for kind in ("requested_attributes", "requested_predicates"):
            asked[kind] = {
                referent: {**each, "restrictions": restrictions}
                for referent, each in self._proof_request[kind].items()
            }
        return Exchange(asked, self._presented(of))

    def _presented(self, of: Credential) -> dict[str, Any]:
        made: dict[str, Any] = dict(self._presentation)
        made["identifiers"] = [
            {
                "schema_id": of.schema,
                "cred_def_id": of.definition,
                "rev_reg_id": of.registry,
                "timestamp": FIRST_LIST,
            }
        ]
        number = encoded_value(of.achievement)
        said = made["requested_proof"]
        group = said["revealed_attr_groups"]["c1"]
        values = {**group["values"], "achievement_id": {"raw": of.achievement, "encoded": number}}
        made["requested_proof"] = {
            **said,
            "revealed_attr_groups": {"c1": {**group, "values": values}},
        }
        proof = made["proof"]["proofs"][0]
        primary = proof["primary_proof"]
        revealed = {**primary["eq_proof"]["revealed_attrs"], "achievement_id": number}
        equality = {**primary["eq_proof"], "revealed_attrs": revealed}
        part = {**proof, "primary_proof": {**primary, "eq_proof": equality}}
        made["proof"] = {**made["proof"], "proofs": [part]}
        return made


class Judge:
    """Does what the verifier does with one answer, from decoded JSON to what is kept as JSON."""

    def __init__(self, request: dict[str, Any], clock: int) -> None:
        self._request = request
        self._clock = clock
        self._anchors = (Issuer(ANCHOR).did,)

    def decide(self, exchange: Exchange, mirror: Mirror) -> Decision:
        """Return the decision on one exchange."""
        inputs = Inputs(
            request=self._request,
            proof_request=exchange.proof_request,
            answered=exchange.proof_request,
            presentation=keepable(exchange.presentation),
            verdict={"verified": True, "warnings": []},
            choice=None,
            exchange=_SAME,
        )
        environment = MirrorEnvironment(mirror, self._anchors, self._clock, GRACE, MAX_AGE)
        found = judge_inputs(inputs, environment, STANDARD_POLICY)
        assert found.facts is not None
        what_was_learned(found.facts.asked, found.facts.presentation)
        found.report.json()
        found.basis.digests()
        return found.decision

    def timed(self, exchange: Exchange, mirror: Mirror) -> float:
        """Return how many milliseconds a decision took, which must be "accepted"."""
        started = time.perf_counter()
        decision = self.decide(exchange, mirror)
        taken = (time.perf_counter() - started) * 1000
        if decision.conclusion is not Conclusion.ACCEPTED:
            raise RuntimeError(f"not accepted: {decision.because}")
        return taken


def library_ms(runs: int) -> list[float]:
    """Return how long the anoncreds library takes for the presentation the others have the form of."""
    vector = load("valid", TEMPLATE)
    presentation = presentation_of(vector)
    published = Published.of(load("worlds", name) for name in ("base",))
    schemas, definitions, registries, lists = published.named_in(presentation)
    request = json.dumps(vector["proof_request"])
    listed = [each for of_one in lists.values() for each in of_one.values()]

    def verify() -> None:
        made = anoncreds.Presentation.load(presentation)
        if not made.verify(request, schemas, definitions, registries, listed):
            raise RuntimeError("the library refused")

    return [milliseconds(verify) for _ in range(runs)]


def count_wrong(folder: Path) -> tuple[int, int]:
    """Return how many test vectors there are, and how many are judged otherwise than they say."""
    vectors, mirrors = load_vectors(), Mirrors(folder)
    right = [is_right(each, judge(each, mirrors.of(each["world"]))) for each in vectors]
    return len(vectors), right.count(False)


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured; times in milliseconds."""

    objects: int
    cold: list[float]
    checks: list[float]
    seconds: float
    memory_mb: list[float]  # after the warm-up, then after each part
    library: list[float]

    @property
    def bytes_each(self) -> float | None:
        """How much memory a decision added in the later half; None where they were too few."""
        return slope(self.memory_mb, len(self.checks)) if len(self.checks) >= FEWEST else None

    @property
    def is_flat(self) -> bool:
        """Whether memory stayed as flat as is promised, or nothing can be said of it."""
        return self.bytes_each is None or self.bytes_each <= MOST_BYTES


def slope(memory_mb: list[float], decisions: int) -> float:
    """Return the bytes a decision in the later half, by the median of its parts.

    The median, because the allocator takes a step now and then: what is kept of each decision
    shows in each part.
    """
    later = memory_mb[len(memory_mb) // 2 :]
    steps = [after - before for before, after in itertools.pairwise(later)]
    return statistics.median(steps) * 2**20 / (decisions / (len(memory_mb) - 1))


def measure(folder: Path, issuers: int, decisions: int) -> Measured:
    """Fill a mirror, judge every object in it once, then ``decisions`` of them."""
    clock = int(load("valid", TEMPLATE)["clock"])
    started = time.perf_counter()
    mirror = make_mirror(folder, issuers, clock)
    exchanges = Exchanges(find_credentials(mirror))
    objects = OBJECTS_EACH * len(exchanges.all)
    typer.echo(f"{objects} objects signed and read in {time.perf_counter() - started:.1f} s")
    judge_one = Judge(exchanges.request, clock)
    cold = [
        judge_one.timed(exchanges.make(each), open_mirror(folder))
        for each in exchanges.each(COLD_RUNS)
    ]
    for each in exchanges.all:
        judge_one.timed(exchanges.make(each), mirror)
    for each in exchanges.each(min(WARM_UP, decisions)):
        judge_one.timed(exchanges.make(each), mirror)
    library = library_ms(min(LIBRARY_RUNS, 5 + decisions // 100))
    memory, checks = [_resident_mb()], array("d")
    for part in range(PARTS):
        for each in exchanges.each((decisions * (part + 1)) // PARTS - len(checks)):
            checks.append(judge_one.timed(exchanges.make(each), mirror))
        memory.append(_resident_mb())
    return Measured(objects, cold, list(checks), sum(checks) / 1000, memory, library)


def _resident_mb() -> float:
    gc.collect()
    return memory_mb("VmRSS")


def report(found: Measured, vectors: int, wrong: int) -> dict[str, float]:
    """Print what was measured, with the ratio to the library; return the figures."""
    checks, library = statistics.median(found.checks), statistics.median(found.library)
    lines = {
        "our checks": f"{_spread(found.checks)} ms, {len(found.checks)} decisions",
        "from cold": f"{_spread(found.cold)} ms, nothing read before",
        "anoncreds library": f"{_spread(found.library)} ms,"
        f" {library / checks:.1f} times our checks ({100 * checks / library:.0f} % on top of it)",
        "memory": "MB, from after the warm-up on: "
        + " ".join(f"{each:.0f}" for each in found.memory_mb),
        "memory, later half": "too few decisions to tell"
        if found.bytes_each is None
        else f"{found.bytes_each:.1f} bytes a decision, at most {MOST_BYTES}",
        "vectors": f"{vectors} judged, {wrong} otherwise than they say",
    }
    for name, said in lines.items():
        typer.echo(f"{name:<20}{said}")
    return {
        "checks_ms": round(checks, 3),
        "decisions_per_s": round(len(found.checks) / found.seconds, 1),
        "memory_growth_mb": round(found.memory_mb[-1] - found.memory_mb[0], 1),
        "vectors": vectors,
        "wrong": wrong,
    }


def _spread(values: list[float]) -> str:
    """Say the median and the 95th percentile."""
    late = sorted(values)[min(len(values) - 1, int(len(values) * 0.95))]
    return f"{statistics.median(values):.2f} (p95 {late:.2f})"


def main(
    decisions: Annotated[int, typer.Option(min=1, help="How many presentations.")] = 100_000,
    issuers: Annotated[int, typer.Option(min=1, help="How many institutions.")] = 40,
) -> None:
    """Measure in a folder that is removed afterwards; the last line is the JSON of the figures."""
    with tempfile.TemporaryDirectory(prefix="acquis-bench-") as folder:
        found = measure(Path(folder) / "mirror", issuers, decisions)
        vectors, wrong = count_wrong(Path(folder) / "worlds")
    typer.echo(json.dumps(report(found, vectors, wrong)))
    raise typer.Exit(0 if found.is_flat and not wrong else 1)


if __name__ == "__main__":
    typer.run(main)
