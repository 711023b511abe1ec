"""``acquis verify FILE``: real proofs judged with a folder, no agent and no network."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from acapy_agent.anoncreds.registry import AnonCredsRegistry
from acapy_agent.anoncreds.verifier import AnonCredsVerifier
from typer.testing import CliRunner, Result

from acquis.credentials.choice import NameAsked
from acquis.credentials.policy import Conclusion
from acquis.credentials.presentation import UnverifiedPresentation, parse_presentation
from acquis.credentials.proof_request import UnverifiedProofRequest, parse_proof_request
from acquis.credentials.report import Outcome
from acquis.credentials.saved_presentation import parse_saved_presentation
from acquis.errors import NotFound
from acquis.registry.mirror import Mirror
from support.leaves import spoilt
from support.mutants import one_mutant_a_leaf
from support.real_credentials import Person
from support.saved_files import Studio, write_file
from support.scenario import python_request
from verifier.agentless import Question, resolve_verdict
from verifier.offline import STANDARD, judge
from verifier.trusting import MirrorEnvironment
from verifier.verify_command import app

RUN = CliRunner()
GRACE, MAX_AGE = 300, 86_400


class Learner:
    """One learner of the tests, whose second credential is revoked ten minutes ago."""

    def __init__(self, studio: Studio) -> None:
        self.studio, self.good, self.bad = studio, Person(), Person()
        self.held, self.revoked = studio.issue(self.good), studio.issue(self.bad)
        self.revoked_at = studio.now - 600
        studio.revoke(self.bad, self.revoked, self.revoked_at)


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Studio:
    return Studio(tmp_path_factory.mktemp("tails"))


@pytest.fixture(scope="module")
def learner(studio: Studio) -> Learner:
    return Learner(studio)


@pytest.fixture(scope="module")
def saved(studio: Studio, learner: Learner) -> dict[str, Any]:
    return studio.save(learner.good, learner.held)


@pytest.fixture(scope="module")
def mirror(studio: Studio, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return studio.write(tmp_path_factory.mktemp("mirror"))


@pytest.fixture(scope="module")
def newer(studio: Studio, learner: Learner, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A mirror that knows of the revocation."""
    return studio.write(tmp_path_factory.mktemp("newer"), studio.list_at, learner.revoked_at)


def run(
    file: Path | str, *arguments: str | Path, status: int, stdin: bytes | None = None
) -> Result:
    at = () if "--at" in arguments else ("--at", "asked")  # the day may change meanwhile
    done = RUN.invoke(app, [str(file), *map(str, arguments), *at], input=stdin)
    assert done.exit_code == status, done.output + done.stderr
    assert done.exception is None or isinstance(done.exception, SystemExit)
    return done


def checks_of(done: Result) -> dict[str, str]:
    report = json.loads(done.stdout)["report"]
    return {each["id"]: each["outcome"] for each in report["checks"]}


def test_a_genuine_presentation_is_accepted_and_the_report_begins_with_that(
    studio: Studio, saved: dict[str, Any], mirror: Path, tmp_path: Path
) -> None:
    file = write_file(tmp_path / "saved.json", saved)
    by = ("--mirror", mirror, "--anchor", studio.anchor.did)
    said = run(file, *by, status=0).stdout
    assert said.splitlines()[0] == "ACCEPTED"
    for words in ("Authentic: ✓ valid", "✓ The signatures and proofs hold. [agent-verdict]"):
        assert words in said
    assert "Not checked here: who made this request" in said
    assert run(file, *by, "--language", "fr", status=0).stdout.splitlines()[0] == "ACCEPTÉ"
    found = json.loads(run(file, *by, "--json", status=0).stdout)
    assert found["decision"]["conclusion"] == "accepted"
    assert found["asked_at"] == found["judged_at"] == studio.now
    assert any("Python" in each["en"] for each in found["learned"]["proved"])
    raw = file.read_bytes()
    assert run("-", *by, status=0, stdin=raw).stdout.startswith("ACCEPTED")
    assert run("file", *(str(file), *by), status=0).stdout.startswith("ACCEPTED")


def test_what_a_competency_is_called_is_not_the_files_word(
    studio: Studio, saved: dict[str, Any], mirror: Path, tmp_path: Path
) -> None:
    renamed = deepcopy(saved)
    renamed["request"]["competencies"][0]["label"] = {"en": "Surgery", "fr": "Chirurgie"}
    file = write_file(tmp_path / "renamed.json", renamed)
    by = ("--mirror", mirror, "--anchor", studio.anchor.did)
    for language in ("en", "fr"):
        said = run(file, *by, "--language", language, status=0).stdout
        assert "Python" in said
        assert "urg" not in said


def test_the_strict_policy_is_another(
    studio: Studio, saved: dict[str, Any], mirror: Path, tmp_path: Path
) -> None:
    file = write_file(tmp_path / "saved.json", saved)
    by = ("--mirror", mirror, "--anchor", studio.anchor.did, "--json")
    strict = json.loads(run(file, *by, "--policy", "strict", status=0).stdout)
    assert "quality-assured" in strict["decision"]["policy"]
    assert (
        "quality-assured" not in json.loads(run(file, *by, status=0).stdout)["decision"]["policy"]
    )


def test_a_revoked_credential_is_refused_by_whichever_list_it_is_proved(
    studio: Studio, learner: Learner, newer: Path, tmp_path: Path
) -> None:
    by = ("--mirror", newer, "--anchor", studio.anchor.did, "--json")
    old = studio.save(learner.bad, learner.revoked, list_at=studio.list_at)
    found = checks_of(run(write_file(tmp_path / "old.json", old), *by, status=1))
    assert (found["agent-verdict"], found["not-revoked"]) == ("valid", "invalid")
    new = studio.save(learner.bad, learner.revoked, list_at=learner.revoked_at)
    found = checks_of(run(write_file(tmp_path / "new.json", new), *by, status=1))
    assert (found["agent-verdict"], found["not-revoked"]) == ("invalid", "invalid")


def test_when_it_was_asked_is_the_files_word_and_not_relied_on(
    studio: Studio, learner: Learner, newer: Path, tmp_path: Path
) -> None:
    asked_at = learner.revoked_at - 60
    early = studio.save(learner.bad, learner.revoked, asked_at=asked_at)
    file = write_file(tmp_path / "early.json", early)  # dated before the revocation, by its holder
    by = ("--mirror", newer, "--anchor", studio.anchor.did)
    later = json.loads(run(file, *by, "--at", "now", "--json", status=1).stdout)
    assert later["judged_at"] > later["asked_at"] == asked_at
    assert "not-revoked" in later["decision"]["because"]
    assert "--at asked" in run(file, *by, "--at", "now", status=1).stdout
    bare = RUN.invoke(app, ["file", str(file), *map(str, by)])
    assert bare.exit_code == 1
    said = run(file, *by, "--at", "asked", status=0).stdout  # somebody says the request is theirs
    assert "by the file’s own word" in said
    run(file, *by, "--at", "2000-01-01T00:00:00Z", status=0)  # never earlier than it was asked
    assert "--at takes" in run(file, *by, "--at", "yesterday", status=2).stderr


def test_an_old_mirror_tells_nothing_unless_it_may_be_that_old(
    studio: Studio, saved: dict[str, Any], tmp_path: Path
) -> None:
    file = write_file(tmp_path / "saved.json", saved)
    old = studio.write(tmp_path / "old", confirmed_at=studio.now - 25 * 3_600)
    by = ("--mirror", old, "--anchor", studio.anchor.did)
    assert checks_of(run(file, *by, "--json", status=2))["mirror-age"] == "indeterminate"
    run(file, *by, "--max-age", "48", status=0)


def test_whom_to_rely_on_is_chosen_by_whoever_verifies(
    studio: Studio, saved: dict[str, Any], mirror: Path, tmp_path: Path
) -> None:
    file = write_file(tmp_path / "saved.json", saved)
    another = run(file, "--mirror", mirror, "--anchor", studio.nobody.did, "--json", status=2)
    assert checks_of(another)["issuer-recognised"] == "indeterminate"  # unknown is not forged
    assert checks_of(another)["agent-verdict"] == "valid"
    run(file, "--mirror", mirror, status=2)
    run(file, "--mirror", mirror, "--anchor", studio.institute.did, status=2)
    run(file, "--mirror", mirror, "--anchor", "did:key:z6Mk", status=2)
    both = ("--anchor", studio.nobody.did, "--anchor", studio.anchor.did)
    run(file, "--mirror", mirror, *both, status=0)


def test_a_pack_serves_like_the_mirror_and_is_as_old_as_its_copy(
    studio: Studio, saved: dict[str, Any], mirror: Path, tmp_path: Path
) -> None:
    file = write_file(tmp_path / "saved.json", saved)
    anchor = ("--anchor", studio.anchor.did)
    pack = studio.pack(mirror, tmp_path / "pack.zip")
    run(file, "--pack", pack, *anchor, status=0)
    run(file, "--mirror", pack, *anchor, status=0)
    assert "not chosen" in run(file, "--pack", pack, status=2).stderr
    run(file, "--pack", pack, "--anchor", studio.nobody.did, status=2)
    old = studio.write(tmp_path / "old", confirmed_at=studio.now - 25 * 3_600)
    stale = studio.pack(old, tmp_path / "stale.zip")
    assert checks_of(run(file, "--pack", stale, *anchor, "--json", status=2))["mirror-age"] == (
        "indeterminate"
    )
    run(file, "--pack", stale, *anchor, "--max-age", "26", status=0)


def test_a_forged_pack_is_not_looked_into(
    studio: Studio, saved: dict[str, Any], mirror: Path, tmp_path: Path
) -> None:
    file = write_file(tmp_path / "saved.json", saved)
    forged = studio.pack(mirror, tmp_path / "pack.zip")
    forged.write_bytes(forged.read_bytes().replace(b"manifest.json", b"manifesT.json"))
    said = run(file, "--pack", forged, "--anchor", studio.anchor.did, status=2)
    assert "no trust pack" in said.stderr
    assert said.stdout == ""


def test_what_cannot_be_read_is_said_plainly(
    studio: Studio, saved: dict[str, Any], mirror: Path, tmp_path: Path
) -> None:
    by = ("--mirror", mirror, "--anchor", studio.anchor.did)
    raw = json.dumps(saved)
    for unreadable in (
        *("", "[]", "{}", "null", "nonsense", '{"type":1}', '{"type":"AcquisSavedPresentation"}'),
        raw[:-1] + ',"type":"AcquisSavedPresentation"}',
        raw.replace('"version": 1', '"version": 1.0'),
        raw.replace('"version": 1', '"version": ' + "[" * 40 + "]" * 40),
        "[" * 100_000,
        raw + " " * 9_000_000,
        "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"),
    ):
        (tmp_path / "x.json").write_bytes(unreadable.encode())
        done = run(tmp_path / "x.json", *by, status=2)
        assert done.stderr.strip()
        assert done.stdout == ""
    run(tmp_path / "absent.json", *by, status=2)
    run(tmp_path, *by, status=2)
    file = write_file(tmp_path / "saved.json", saved)
    run(file, "--mirror", tmp_path, "--anchor", studio.anchor.did, status=2)
    run(file, "--mirror", tmp_path / "nowhere", "--anchor", studio.anchor.did, status=2)
    run(file, "--anchor", studio.anchor.did, status=2)
    run(file, *by, "--pack", mirror, status=2)


def test_a_presentation_that_is_none_is_refused_as_the_service_refuses_it(
    studio: Studio, saved: dict[str, Any], mirror: Path, tmp_path: Path
) -> None:
    by = ("--mirror", mirror, "--anchor", studio.anchor.did, "--json")
    file = write_file(tmp_path / "x.json", saved | {"presentation": {"identifiers": []}})
    found = json.loads(run(file, *by, status=1).stdout)
    assert "readable" in found["decision"]["because"]
    assert found["learned"] is None


@pytest.fixture
def environment(studio: Studio, mirror: Path) -> MirrorEnvironment:
    return MirrorEnvironment(
        Mirror.open_copy(mirror), (studio.anchor.did,), studio.now, GRACE, MAX_AGE
    )


def test_no_leaf_of_a_presentation_can_be_changed_and_none_breaks_the_judge(
    saved: dict[str, Any], environment: MirrorEnvironment
) -> None:
    presentation = saved["presentation"]
    outside = {name: each for name, each in presentation.items() if name != "proof"}
    every = list(one_mutant_a_leaf(presentation))
    some = [each for each in every if each[0][0] != "proof"] + every[::150]
    wrong = [(place, whole | {"proof": presentation["proof"]}) for place, whole in spoilt(outside)]
    for place, changed in [*some, *wrong[::23]]:
        if changed == presentation:
            continue
        found = judge(
            parse_saved_presentation(saved | {"presentation": changed}), environment, STANDARD
        )
        assert found.decision.conclusion is not Conclusion.ACCEPTED, place


def test_nothing_of_the_question_can_be_dropped(
    saved: dict[str, Any], environment: MirrorEnvironment
) -> None:
    for place in (("requested_predicates", "c1-level"), ("requested_predicates", "c1-valid")):
        asked = deepcopy(saved["proof_request"])
        del asked[place[0]][place[1]]
        found = judge(
            parse_saved_presentation(saved | {"proof_request": asked}), environment, STANDARD
        )
        assert found.decision.conclusion is Conclusion.REFUSED
    asked = {k: v for k, v in saved["proof_request"].items() if k != "non_revoked"}
    found = judge(parse_saved_presentation(saved | {"proof_request": asked}), environment, STANDARD)
    assert found.decision.conclusion is not Conclusion.ACCEPTED


_FENCED = """
import sys
def refuse(event, arguments):
    if event in {"socket.connect", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo",
                 "socket.gethostbyname", "socket.gethostbyaddr", "socket.getnameinfo"}:
        raise SystemExit(99)
sys.addaudithook(refuse)
from acquis.service.command import main
main()
"""


def test_no_connection_is_opened_and_no_name_is_looked_up(
    studio: Studio, saved: dict[str, Any], mirror: Path, tmp_path: Path
) -> None:
    file = write_file(tmp_path / "saved.json", saved)
    pack = studio.pack(mirror, tmp_path / "pack.zip")
    for source in (("--mirror", mirror), ("--pack", pack)):
        words = ["verify", file, *source, "--anchor", studio.anchor.did, "--at", "asked"]
        done = subprocess.run(
            [sys.executable, "-c", _FENCED, *map(str, words)],
            check=False,
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env={"PATH": ""},
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert done.stdout.startswith("ACCEPTED")


class MirrorRegistry:
    """What the agent's own verifier reads, from the same mirror."""

    def __init__(self, mirror: Mirror) -> None:
        self._mirror = mirror

    async def get_credential_definition(self, _profile: object, definition_id: str) -> object:
        value = self._mirror.resolve_resource(definition_id).content["value"]
        revocation = SimpleNamespace() if "revocation" in value else None
        inner = SimpleNamespace(value=SimpleNamespace(revocation=revocation))
        return SimpleNamespace(credential_definition=inner)


def what_the_agent_says(
    mirror: Mirror, request: dict[str, Any], presentation: dict[str, Any]
) -> tuple[bool, set[str]]:
    """Run the agent's verifier on what it would have resolved from ``mirror``."""
    request, presentation = deepcopy(request), deepcopy(presentation)
    content: Callable[[str], dict[str, Any]] = lambda each: mirror.resolve_resource(each).content  # noqa: E731
    named = presentation["identifiers"]
    lists: dict[str, dict[int, Any]] = {}
    for each in named:
        if each.get("rev_reg_id") and each.get("timestamp"):
            _, found = mirror.resolve_status_list(each["rev_reg_id"], each["timestamp"])
            lists.setdefault(each["rev_reg_id"], {})[each["timestamp"]] = found.content
    registry = MirrorRegistry(mirror)

    def inject(kind: type) -> object:
        assert kind is AnonCredsRegistry
        return registry

    verifier = AnonCredsVerifier(SimpleNamespace(inject=inject))  # type: ignore[arg-type]
    verified, messages = asyncio.run(
        verifier.verify_presentation(
            request,
            presentation,
            {each["schema_id"]: content(each["schema_id"]) for each in named},
            {each["cred_def_id"]: content(each["cred_def_id"]) for each in named},
            {
                each["rev_reg_id"]: content(each["rev_reg_id"])
                for each in named
                if each["rev_reg_id"]
            },
            lists,
        )
    )
    return verified, {each.partition("::")[0] for each in messages}


def altered(
    studio: Studio, learner: Learner, saved: dict[str, Any]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield presentations of all kinds, honest and not, under the name of what is special."""
    yield "honest", saved
    yield (
        "with the name",
        studio.save(
            learner.good,
            learner.held,
            request=python_request(learner_name=NameAsked.REQUIRED),
        ),
    )
    yield "on the bound", studio.save(learner.good, learner.held, asked_at=studio.list_at)
    yield "revoked, old list", studio.save(learner.bad, learner.revoked)
    at = learner.revoked_at
    yield "revoked, new list", studio.save(learner.bad, learner.revoked, list_at=at)
    yield "later than asked", studio.save(learner.good, learner.held, list_at=at, asked_at=at - 60)

    def change(name: str, *places: tuple[str | int, ...], to: object) -> tuple[str, dict[str, Any]]:
        other = deepcopy(saved)
        for place in places:
            found: Any = other
            for step in place[:-1]:
                found = found[step]
            if to is None:
                del found[place[-1]]
            else:
                found[place[-1]] = to
        return name, other

    identifier = ("presentation", "identifiers", 0)
    said = ("presentation", "requested_proof")
    value = (*said, "revealed_attr_groups", "c1", "values", "achievement_id")
    asked = ("proof_request", "requested_predicates", "c1-level")
    yield change("no timestamp", (*identifier, "timestamp"), to=None)
    yield change("another timestamp", (*identifier, "timestamp"), to=studio.list_at + 60)
    yield change("in the future", (*identifier, "timestamp"), to=studio.now + 10_000)
    yield change("another value", (*value, "raw"), to="another")
    yield change("another integer", (*value, "encoded"), to="1")
    yield change("predicate left out", (*said, "predicates", "c1-level"), to=None)
    yield change("group left out", (*said, "revealed_attr_groups", "c1"), to=None)
    yield change("higher bound", (*asked, "p_value"), to=4)
    yield change("another nonce", ("proof_request", "nonce"), to="1234567")
    yield change("not asked for", ("proof_request", "non_revoked"), to=None)
    both = {"from": studio.now, "to": studio.now}
    yield change("one moment", ("proof_request", "non_revoked"), to=both)
    since = {"from": studio.list_at + 1, "to": studio.now}
    yield change("since later", ("proof_request", "non_revoked"), to=since)
    yield change("of its own", (*asked, "non_revoked"), to={"to": studio.now})


def test_it_says_what_the_agents_own_verifier_says(
    studio: Studio, learner: Learner, saved: dict[str, Any], newer: Path
) -> None:
    mirror = Mirror.open_copy(newer)
    outcomes = set()
    for name, file in altered(studio, learner, saved):
        request, presentation = file["proof_request"], file["presentation"]
        question = Question(
            request,
            presentation,
            parse_proof_request(UnverifiedProofRequest(request)),
            parse_presentation(UnverifiedPresentation(presentation)),
        )
        ours = resolve_verdict(question, mirror, studio.now)
        codes = {each.partition("::")[0] for each in ours.warnings}
        assert (ours.verified, codes) == what_the_agent_says(mirror, request, presentation), name
        outcomes.add((ours.verified, *sorted(codes)))
    assert {(True,), (True, "TS_OUT_NRI"), (False,), (False, "VALUE_ERROR")} <= outcomes


def test_a_document_that_the_mirror_lacks_leaves_no_verdict(
    studio: Studio, saved: dict[str, Any], tmp_path: Path
) -> None:
    folder = studio.write(tmp_path / "mirror")
    for each in ("schema", "definition", "registry"):
        digest = studio.documents[each]["id"].rsplit("/", 1)[1]
        [path] = folder.rglob(digest)
        kept = path.read_bytes()
        path.unlink()
        mirror = Mirror.open_copy(folder)
        with pytest.raises(NotFound):
            mirror.resolve_resource(studio.documents[each]["id"])
        found = judge(
            parse_saved_presentation(saved),
            MirrorEnvironment(mirror, (studio.anchor.did,), studio.now, GRACE, MAX_AGE),
            STANDARD,
        )
        assert found.report.outcome_of("agent-verdict") is Outcome.INDETERMINATE
        assert found.decision.conclusion is Conclusion.COULD_NOT_TELL
        path.write_bytes(kept)
