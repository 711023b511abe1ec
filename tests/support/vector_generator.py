"""Makes the test vectors: worlds, presentations, and one file for each case.

Run as ``python -m support.vector_generator`` with ``tests`` on the path (see
``tests/vectors/README.md``). Everything but the random numbers of the proofs is the same in every
run, so a presentation whose meaning did not change is left as it is.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from acquis.text import Text
from support.vector_agent import Agents, Published
from support.vector_cases import SAME_EXCHANGE, Case, Kind, Said
from support.vector_cases_indeterminate import INDETERMINATE_CASES
from support.vector_cases_invalid import INVALID_CASES
from support.vector_cases_valid import VALID
from support.vector_wallet import joined, make_presentation, spec_of
from support.vector_worlds import WORLDS, world_content
from support.vectors import FOLDER, KINDS, Mirrors, changed, is_right, judge

OUTCOMES = {"valid": "accepted", "invalid": "refused", "indeterminate": "could-not-tell"}
CASES: tuple[tuple[Kind, tuple[Case, ...]], ...] = (
    ("valid", VALID),
    ("invalid", INVALID_CASES),
    ("indeterminate", INDETERMINATE_CASES),
)

type Content = dict[str, Any]


def meaning(document: Any) -> Any:
    """Return a document with everything that is random in a proof left out."""
    if isinstance(document, dict):
        if {"proof", "requested_proof", "identifiers"} <= document.keys():
            return {**document, "proof": _meaning_of_proof(document["proof"])}
        return {name: meaning(each) for name, each in document.items()}
    return [meaning(each) for each in document] if isinstance(document, list) else document


def _meaning_of_proof(proof: Any, name: str = "") -> Any:
    """Keep the members, what is revealed and what is compared; of the rest only its kind."""
    if name in ("revealed_attrs", "predicate"):
        return proof
    if isinstance(proof, dict):
        return {at: _meaning_of_proof(each, at) for at, each in sorted(proof.items())}
    if isinstance(proof, list) and all(isinstance(each, dict) for each in proof):
        found = [_meaning_of_proof(each) for each in proof]
        # The library keeps comparisons in a set: their order is random.
        return sorted(found, key=lambda each: json.dumps(each, sort_keys=True))
    if isinstance(proof, list):
        return "numbers"
    return proof if proof is None else "number"


class Workshop:
    """Makes every file once and gives the presentations their names."""

    def __init__(self, *, ask_agents: bool) -> None:
        self.worlds = {name: world_content(name) for name in WORLDS}
        self.presentations: dict[str, Content] = {}
        self._named: dict[str, str] = {}
        self._agents = Agents(Published.of(self.worlds.values())) if ask_agents else None

    def vectors(self) -> dict[Kind, list[Content]]:
        """Return all vectors by kind."""
        return {kind: [self._vector(kind, case) for case in cases] for kind, cases in CASES}

    def _vector(self, kind: Kind, case: Case) -> Content:
        vector: Content = {
            "id": case.id,
            "title": _both(case.title),
            "expected": {
                "outcome": OUTCOMES[kind],
                "named": None if kind == "valid" else next(iter(case.expects)).partition("/")[0],
                "not_valid": dict(case.expects),
            },
            "wrong": case.wrong or None,
            "harm": case.harm or None,
            "world": case.world,
            "clock": case.now,
            "anchors": list(case.anchors),
            "grace": case.grace,
            "mirror_max_age": case.mirror_max_age,
            "policy": case.policy,
            "status_at": case.status_at,
            "choice": None if case.choice is None else case.choice.content(),
            "exchange": {**SAME_EXCHANGE, **case.exchange},
            "request": case.asked.request.content(),
            "proof_request": case.asked.proof_request,
            "answered": case.answered,
        }
        if case.text is not None:
            unread = {"by": "stated", "verified": True, "warnings": []}
            return {**vector, "presentation_text": case.text, "agent": unread, "alone": None}
        name = self._presentation(case)
        presented = changed(self.presentations[name], case.changes)
        verified_against = case.answered or case.asked.proof_request
        if self._agents is None:
            return {**vector, "presentation": name, "changes": list(case.changes)}
        alone = self._agents.ask(verified_against, presented)
        return {
            **vector,
            "presentation": name,
            "changes": list(case.changes),
            "agent": _verdict(case, alone),
            "alone": alone,
        }

    def _presentation(self, case: Case) -> str:
        """Return the name of the presentation of a case, made unless it was made before."""
        if case.forged is not None:
            self.presentations[case.id] = case.forged(case)
            return case.id
        if case.joined_with is not None:
            first, second = (
                make_presentation(spec_of(each, case.answers)) for each in case.joined_with
            )
            self.presentations[case.id] = joined(first, second)
            return case.id
        options = {
            "lists": case.lists,
            "attested": tuple(case.attested.items()),
            "proved": case.proved,
        }
        spec = spec_of(case.made_for or case.asked.proof_request, case.answers, **options)
        name = self._named.setdefault(repr(spec), case.id)
        if name == case.id:
            self.presentations[name] = make_presentation(spec)
        return name


def _verdict(case: Case, alone: Content) -> Content:
    """Return what the pipeline is told, and by whom."""
    if isinstance(case.agent, Said):
        said = {"verified": case.agent.verified, "warnings": list(case.agent.warnings)}
        return {"by": "stated", **said}
    if case.agent == "library":
        assert isinstance(alone["library"], bool), case.id
        return {"by": "library", "verified": alone["library"], "warnings": []}
    return {"by": "acapy", **alone["acapy"]}


def _both(text: Text) -> dict[str, str]:
    return {"en": text.en, "fr": text.fr}


def make_files(*, ask_agents: bool = True) -> dict[str, Content]:
    """Return every file by its path below ``tests/vectors``.

    Without asking the agents, which takes as long as all else, vectors do not say what those say.
    """
    shop = Workshop(ask_agents=ask_agents)
    vectors = shop.vectors()
    files = {f"worlds/{name}.json": each for name, each in shop.worlds.items()}
    files |= {f"presentations/{name}.json": each for name, each in shop.presentations.items()}
    for kind, made in vectors.items():
        files |= {f"{kind}/{each['id']}.json": each for each in made}
    assert len(files) == len(shop.worlds) + len(shop.presentations) + sum(
        map(len, vectors.values())
    ), "two cases have one id"
    return files


def written(path: str, content: Content) -> str:
    """Return the text of a file: vectors to be read by people, the rest in short."""
    if path.split("/", maxsplit=1)[0] in KINDS:
        text = json.dumps(content, ensure_ascii=False, indent=1)
        # A short list or object stays on its line.
        text = re.sub(r"\{\n\s*(\"cred_def_id\": \"[^\"]*\")\n\s*\}", r"{\1}", text)
        return text + "\n"
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")) + "\n"


def write_files(
    files: dict[str, Content], say: Callable[[str], object], *, fresh: bool = False
) -> None:
    """Write what changed in meaning, or everything where ``fresh``; remove what is not made."""
    for kind in (*KINDS, "worlds", "presentations"):
        (FOLDER / kind).mkdir(exist_ok=True)
        for file in (FOLDER / kind).glob("*.json"):
            if f"{kind}/{file.name}" not in files:
                file.unlink()
                say(f"removed {kind}/{file.name}")
    for path, content in files.items():
        file = FOLDER / path
        if (
            not fresh
            and file.exists()
            and meaning(json.loads(file.read_bytes())) == meaning(content)
        ):
            continue
        file.write_text(written(path, content))
        say(f"wrote {path}")


def disagreements(files: dict[str, Content], folder: Path) -> list[str]:
    """Return what the pipeline finds otherwise than expected, from the files as they stand."""
    mirrors = Mirrors(folder)
    found = []
    for path, vector in files.items():
        if path.split("/")[0] in KINDS:
            judged = judge(vector, mirrors.of(vector["world"]))
            if not is_right(vector, judged):
                found.append(
                    f"{path}: expected {vector['expected']},"
                    f" found {judged.outcome} {judged.not_valid}"
                )
    return found


def main() -> int:
    """Make all files, say what changed, and what disagrees with what is expected."""
    files = make_files()
    write_files(files, print, fresh="--fresh" in sys.argv[1:])
    with tempfile.TemporaryDirectory() as folder:
        wrong = disagreements(files, Path(folder))
    size = sum(each.stat().st_size for each in FOLDER.rglob("*") if each.is_file())
    kinds = Counter(path.split("/")[0] for path in files)
    print(*wrong, sep="\n")
    print(f"{dict(kinds)}, {size / 1e6:.2f} MB, {len(wrong)} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
