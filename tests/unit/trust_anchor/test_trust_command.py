"""``acquis trust …`` as the people of a ministry use it."""

from __future__ import annotations

import json
import stat
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from typer.testing import CliRunner, Result

from support.registry import HOST, Issuer, RegistryServer
from support.trust import UNIVERSITY, Ministry
from trust_anchor.anchor import only_one
from trust_anchor.command import app
from trust_anchor.draft import load_draft

RUN = CliRunner()
ISSUER = UNIVERSITY.did
WHO = [ISSUER, "--legal-name", "Université", "--country", "FR", "--website", "https://u.eu/"]
WHAT = {
    "framework": "esco",
    "level-min": "1",
    "level-max": "5",
    "from": "2020-01-01",
    "accreditation": "RNCP 37837",
    "accredited-by": "France compétences",
}


def scope(**changed: str | None) -> list[str]:
    wanted = {**WHAT, **{name.replace("_", "-"): value for name, value in changed.items()}}
    return [part for name, value in wanted.items() if value for part in (f"--{name}", value)]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ACQUIS_TRUST_FOLDER", str(tmp_path / "anchor"))
    monkeypatch.delenv("ACQUIS_TRUST_REGISTRY", raising=False)
    return tmp_path / "anchor"


def run(*arguments: str, answers: str | None = None, status: int = 0) -> Result:
    done = RUN.invoke(app, arguments, input=answers)
    assert done.exit_code == status, done.output
    assert done.exception is None or isinstance(done.exception, SystemExit)
    return done


def test_init_makes_keys_that_only_their_owner_reads_and_is_safe_to_repeat(
    folder: Path, tmp_path: Path
) -> None:
    wanted = ("init", "--host", HOST, "--at", "trust/ministry", "--name", "The Ministry")
    away = ("--update-keys", str(tmp_path / "away"))
    said = run(*wanted, *away).output
    keys = [*(folder / "keys").iterdir(), *(tmp_path / "away").iterdir()]
    assert sorted(key.name for key in keys) == ["attest-1.pem", "update-1.pem", "update-2.pem"]
    for key in keys:
        assert stat.S_IMODE(key.stat().st_mode) == 0o600
        assert stat.S_IMODE(key.parent.stat().st_mode) == 0o700
    files = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert run(*wanted).output.splitlines()[:2] == said.splitlines()[:2]
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == files
    other = run(*wanted[:-1], "Somebody else", status=1)
    assert "holds another anchor already" in other.output
    assert load_draft(folder) == ()


@pytest.mark.parametrize("left", ["keys", "update-keys"])
def test_init_goes_on_with_the_keys_of_an_init_that_was_broken_off(folder: Path, left: str) -> None:
    wanted = ("init", "--host", HOST, "--at", "trust/ministry", "--name", "The Ministry")
    run(*wanted)
    (folder / "did.jsonl").unlink()
    kept = {path: path.read_bytes() for path in (folder / left).iterdir()}
    run(*wanted)
    assert {path: path.read_bytes() for path in (folder / left).iterdir()} == kept


def test_from_the_draft_to_what_a_mirror_reads(ministry: Ministry) -> None:
    registry = ("--registry", ministry.registry.url)
    added = run("add", *WHO, *scope(until="2026-12-31"), *registry)
    assert "+ Université (FR, https://u.eu/)" in added.output
    assert "Warning" not in added.output
    run("add", ISSUER, *scope(**{"from": "2027-01-01"}), *registry)
    run("add", ISSUER, *scope(framework="rncp"), "--website", "https://new.eu/", *registry)
    assert "nothing yet" in run("show", *registry).output
    done = run("publish", *registry, "--valid-days", "90")
    assert "Version 1 is published" in done.output
    entry = ministry.mirrored().entry_of(ISSUER)
    assert entry is not None
    assert entry.website == "https://new.eu/"
    assert len(entry.scopes) == 3
    assert "Nothing changed: version 1 stands" in run("publish", *registry).output
    shown = json.loads(run("show", "--json").output)
    assert shown["anchor"] == ministry.anchor.did
    assert shown["published"]["entries"] == shown["draft"]
    assert (shown["differences"], shown["due"]) == ([], False)
    assert "renewed" in run("publish", *registry, "--renew").output


def test_removing_ends_today_and_asks_nothing(ministry: Ministry) -> None:
    run("add", *WHO, *scope())
    done = run("remove", ISSUER)
    today = datetime.now(UTC).date()
    found = load_draft(ministry.folder)[0].scopes[0]
    assert found.valid_until is not None
    assert today - timedelta(days=1) <= found.valid_until <= today
    assert "stays recognised" in done.output
    assert "ends by" in run("remove", ISSUER).output
    run("add", *WHO, *scope(framework="rncp"))
    run("remove", ISSUER, "--framework", "rncp", "--on", "2999-12-31")
    assert load_draft(ministry.folder)[0].scopes[1].valid_until == date(2999, 12, 31)


@pytest.mark.parametrize("how", [["--erase"], ["--on", "2021-01-01"]])
def test_what_touches_past_awards_is_asked_first(ministry: Ministry, how: list[str]) -> None:
    run("add", *WHO, *scope())
    draft = (ministry.folder / "draft.json").read_bytes()
    asked = run("remove", ISSUER, *how, answers="n\n", status=1)
    assert "will not be recognised any more, past ones included" in asked.output
    assert (ministry.folder / "draft.json").read_bytes() == draft
    run("remove", ISSUER, *how, answers="y\n")
    assert (ministry.folder / "draft.json").read_bytes() != draft
    if how == ["--erase"]:
        assert load_draft(ministry.folder) == ()
        run("add", *WHO, *scope())
        assert "Taken away" in run("remove", ISSUER, *how, "--yes").output


def test_a_did_that_does_not_resolve_is_added_with_a_warning(ministry: Ministry) -> None:
    stranger = Issuer(folder="univ/stranger").did
    who = [stranger, *WHO[1:]]
    assert "Not checked" in run("add", *who, *scope(framework="own")).output
    said = run("add", *who, *scope(), "--registry", ministry.registry.url).output
    assert "Warning: this registry shows no DID at univ/stranger" in said
    other = Issuer(name="other").did
    said = run("add", other, *WHO[1:], *scope(), "--registry", ministry.registry.url).output
    assert "Warning: this DID could not be checked" in said
    assert {entry.issuer for entry in load_draft(ministry.folder)} == {stranger, other}


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (["add", *WHO, *scope(framework="own"), "--country", "fr"], 1, "two capital letters"),
        (["add", *WHO, *scope(framework="E S")], 1, "the short name of a framework"),
        (["add", *WHO, *scope(until="2019-12-31")], 1, "no earlier than valid_from"),
        (["add", *WHO, *scope(**{"from": "2020-02-30"})], 2, "2020-02-30"),
        (["add", *WHO, *scope(level_min="6")], 1, "no lower than level_min"),
        (["add", *WHO, *scope(level_max="many")], 2, "'--level-max'"),
        (["add", *WHO, *scope(accreditation=None)], 1, "also needs --accreditation"),
        (["add", Issuer(folder="univ/new").did, *scope()], 1, "also say: legal name, country"),
        (["add", "did:web:u.eu", *WHO[1:], *scope(framework="own")], 1, "did:webvh:<scid>"),
        (["add", *WHO, *scope(level_min="2", level_max="9")], 1, "has this scope already"),
        (["remove", Issuer(folder="univ/nobody").did], 1, "not on the draft"),
        (["remove", ISSUER, "--framework", "own"], 1, "no such scope"),
        (["remove", ISSUER, "--from", "2020-01-02"], 1, "no such scope"),
        (["remove", ISSUER, "--erase", "--on", "2026-01-01"], 1, "Either --on"),
        (["publish", "--registry", "ftp://registry.example"], 1, "http or https"),
        (["publish", "--registry", "http://[::1"], 1, "http or https"),
        (["publish", "--registry", "http://x.example:port"], 1, "http or https"),
        (["publish", "--registry", "https://x.example", "--valid-days", "0"], 2, "valid-days"),
        (["publish"], 2, "--registry"),
        (["import", "nothing.json"], 1, "cannot be read"),
        (["import"], 2, "give a FILE or --registry"),
        (["show", "--registry", "http://user@x.example"], 1, "without user"),
    ],
)
def test_bad_input_gets_a_sentence_and_changes_nothing(
    ministry: Ministry, arguments: list[str], status: int, says: str
) -> None:
    run("add", *WHO, *scope())
    before = {path: path.read_bytes() for path in ministry.folder.rglob("*") if path.is_file()}
    said = " ".join(run(*arguments, status=status).output.replace("│", " ").split())
    assert says in said
    assert "Traceback" not in said
    after = {path: path.read_bytes() for path in ministry.folder.rglob("*") if path.is_file()}
    assert after == before


@pytest.mark.parametrize("command", ["add", "remove", "show", "publish", "import", "rotate-keys"])
def test_without_init_every_command_says_what_to_run(command: str, tmp_path: Path) -> None:
    needs = {
        "add": [*WHO, *scope()],
        "remove": [ISSUER],
        "publish": ["--registry", "http://127.0.0.1:9"],
        "rotate-keys": ["--registry", "http://127.0.0.1:9"],
        "import": [str(tmp_path / "list.json")],
    }
    assert "acquis trust init" in run(command, *needs.get(command, []), status=1).output


def test_a_list_is_imported_whole_and_only_when_it_is_sound(
    ministry: Ministry, tmp_path: Path
) -> None:
    run("add", *WHO, *scope())
    file = tmp_path / "list.json"
    file.write_text(json.dumps({"entries": json.loads(run("show", "--json").output)["draft"]}))
    run("remove", ISSUER, "--erase", "--yes")
    assert "The draft holds 1 issuers" in run("import", str(file)).output
    content = json.loads(file.read_text())
    content["entries"][0]["scopes"][0]["level_max"] = 0
    file.write_text(json.dumps(content))
    assert "entries[0].scopes[0].level_max" in run("import", str(file), status=1).output
    file.write_text('{"entries": []}')
    run("import", str(file), answers="n\n", status=1)
    assert len(load_draft(ministry.folder)) == 1
    run("import", str(file), "--yes")
    assert load_draft(ministry.folder) == ()


def test_publishing_and_showing_tell_the_key_its_compromise_and_where_update_keys_lie(
    ministry: Ministry, tmp_path: Path
) -> None:
    there = ("--registry", ministry.registry.url)
    first = ministry.anchor.load_attest_key().multikey
    done = run("publish", *there)
    assert "Warning: the update keys lie in" in done.stderr
    assert f"Key: {first} signs" in done.stdout
    assert f"key         {first} signs" in run("show").output
    (ministry.folder / "update-keys").rename(tmp_path / "away")
    since = ("--compromised-since", "2026-01-01T00:00:00Z")
    run("rotate-keys", *there, *since, "--update-keys", str(tmp_path / "away"))
    second = ministry.anchor.load_attest_key().multikey
    done = run("publish", *there)
    assert "update keys" not in done.stderr
    reported = f"{first} is reported as compromised since 2026-01-01T00:00:00Z"
    for said in (done.stdout, run("show").output):
        assert f"{second} signs" in said
        assert reported in said
    shown = json.loads(run("show", "--json").output)
    assert (shown["key"], shown["compromises"]) == (
        second,
        [{"key": first, "since": "2026-01-01T00:00:00Z"}],
    )


def test_one_command_at_a_time(ministry: Ministry) -> None:
    with only_one(ministry.folder):
        assert "Another command is at work" in run("add", *WHO, *scope(), status=1).output
    run("add", *WHO, *scope())


def test_no_key_is_ever_printed(
    ministry: Ministry, registry: RegistryServer, tmp_path: Path
) -> None:
    there = ("--registry", registry.url)
    parts = (ministry.anchor.did.split(":")[3], ministry.anchor.place, "The Ministry")
    said = [
        run(*arguments).output
        for arguments in (
            ("init", "--host", parts[0], "--at", parts[1], "--name", parts[2]),
            ("add", *WHO, *scope()),
            ("publish", *there),
            ("rotate-keys", *there),
            ("rotate-keys", *there, "--compromised-since", "2026-01-01T00:00:00Z"),
            ("show", *there),
            ("show", "--json"),
        )
    ]
    assert "has 2 entries" in said[3]
    assert "Lists signed again: 1" in said[4]  # by the key before that one, given up with it
    (ministry.folder / "keys" / "attest-3.pem").write_text("no key")
    said.append(run("publish", *there, "--renew", status=1).output)
    for path in ministry.folder.glob("*keys/*.pem"):
        if path.name == "attest-3.pem":
            continue
        key = load_pem_private_key(path.read_bytes(), None)
        seed = key.private_bytes_raw()  # type: ignore[union-attr]
        body = path.read_text().splitlines()[1]
        assert not any(secret in text for text in said for secret in (body, seed.hex()))
    assert "holds no Ed25519 key" in said[-1]
