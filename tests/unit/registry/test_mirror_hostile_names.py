"""Names that lead elsewhere: paths as target names and in ids, DIDs of other hosts, false indexes."""

from __future__ import annotations

import json
import shutil
import time
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tuf.api.metadata import TargetFile  # type: ignore[attr-defined]

from acquis.errors import NotFound, Unavailable
from acquis.registry.did_log import build_next_entry
from acquis.registry.mirror import Mirror, source
from acquis.registry.multibase import encode_base58
from acquis.registry.paths import MAX_TAILS_BYTES
from acquis.registry.resource import ResourceType, build_resource, digest_of
from acquis.registry.rules import Rule, RuleBroken
from acquis.registry.strict_json import MAX_BYTES
from acquis.registry.trust_list import TrustList, build_trust_list
from support.attacked_registry import AttackedRegistry, Prepared, file_of
from support.hostile_registry import hostile_host
from support.registry import HOST, Issuer, seeded_key

DIGEST = digest_of({"never": "published"})
OTHER_HOST = "registry.elsewhere.example"

TARGET_NAMES = [
    "../../evil",
    "/etc/evil",
    "univ/../../evil",
    "univ/demo/..%2fevil",
    "univ/demo/%2e%2e/%2e%2e/evil",
    "univ%2fdemo/did.jsonl",
    "univ/demo/evil.json",
    "univ/demo/did.jsonl/",
    "univ/demo//did.jsonl",
    "univ/demo/./did.jsonl",
    "univ\\demo\\did.jsonl",
    "UNIV/demo/did.jsonl",
    "univ/demo/did.jsonl\x00.json",
    "tuf/timestamp.json",
    "tuf/demo/did.jsonl",
    "univ/demo/resources/..",
    f"univ/demo/resources/{DIGEST}.json",
    f"univ/demo/resources/%7A{DIGEST[1:]}",
    "tails/hash/../evil",
    "tails/hash/..%2f..%2fevil",
    "applied.json",
    "../tuf/root.json",
    "",
    "x" * 2000,
]


def everything_but_metadata(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if "tuf" not in path.parts}


def test_target_names_that_are_no_published_path_are_not_even_fetched(
    attacked: AttackedRegistry,
) -> None:
    """Signed by the host; nothing of that name, or of the names it could mean, is written."""
    before = everything_but_metadata(attacked.base)
    attacked.tree().sign(
        {name: TargetFile.from_data(name, b"evil", ["sha256"]) for name in TARGET_NAMES}
    )
    attacked.host.seen.clear()
    refresh = attacked.refresh()
    assert set(refresh.refused) == {(name, str(Rule.PATH)) for name in TARGET_NAMES}
    assert all(path.startswith("/tuf/") for path in attacked.host.seen)
    assert everything_but_metadata(attacked.base) == before
    attacked.check_still_good()


@pytest.mark.parametrize("digest", ["../../../evil", "/../evil", "A" * 64, "a" * 63, ""])
def test_a_digest_with_a_path_in_it_is_refused(attacked: AttackedRegistry, digest: str) -> None:
    """The digest of a target becomes part of a file's name."""
    before = everything_but_metadata(attacked.base)
    attacked.tree().sign({attacked.log_path: TargetFile(4, {"sha256": digest}, attacked.log_path)})
    assert attacked.refresh().refused == ((attacked.log_path, str(Rule.DIGEST)),)
    assert everything_but_metadata(attacked.base) == before
    attacked.check_still_good()


def test_a_file_over_its_limit_keeps_nothing_else_out(attacked: AttackedRegistry) -> None:
    """One granted issuer's would otherwise freeze every mirror; also one that begins with it."""
    newer = attacked.issuer.schema("2.0")
    too_long = {
        f"tails/hash/{encode_base58(bytes(32))}": MAX_TAILS_BYTES + 1000,
        "univ/other/index.json": MAX_BYTES + 1,
        attacked.log_path: MAX_BYTES + 1,
    }
    attacked.tree().sign(
        {path: TargetFile(length, {"sha256": "0" * 64}, path) for path, length in too_long.items()}
    )
    attacked.publish_signed({file_of(newer): newer})
    refresh = attacked.refresh()
    assert dict(refresh.refused) == dict.fromkeys(too_long, str(Rule.SIZE))
    assert attacked.mirror.resolve_resource(newer["id"])
    attacked.check_still_good()
    fresh = attacked.new_mirror(attacked.base / "fresh")
    assert {path for path, _ in fresh.refresh().refused} == set(too_long)
    with pytest.raises(NotFound):  # the log was never shown to this one
        fresh.resolve_resource(newer["id"])


def test_more_bytes_than_a_refresh_takes_are_left_for_the_next_and_that_is_said(
    attacked: AttackedRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    newer = [attacked.issuer.schema(f"{number}.0") for number in (2, 3, 4)]
    attacked.publish_signed({file_of(each): each for each in newer})
    confirmed_at = attacked.mirror.confirmed_at()
    monkeypatch.setattr(source, "MOST_BYTES", 2500)  # each has more than a thousand
    attacked.host.seen.clear()
    with pytest.raises(Unavailable, match="more than 2500 bytes of new files"):
        attacked.refresh()
    assert sum("resources" in path for path in attacked.host.seen) == 2
    assert attacked.mirror.confirmed_at() == confirmed_at
    attacked.check_still_good()
    assert attacked.refresh().changed == 1
    assert all(attacked.mirror.resolve_resource(each["id"]) for each in newer)


def test_a_refresh_that_ran_out_of_time_goes_on_with_the_next(
    attacked: AttackedRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was put in place stays, what was fetched is not fetched again, nothing is called fresh."""
    newer = [attacked.issuer.schema(f"{number}.0") for number in (2, 3, 4)]
    attacked.publish_signed({file_of(each): each for each in newer})
    confirmed_at = attacked.mirror.confirmed_at()

    def held() -> int:
        return sum((attacked.files / file_of(each)).exists() for each in newer)

    with monkeypatch.context() as patched:
        late = SimpleNamespace(monotonic=lambda: float("inf"), time_ns=time.time_ns)
        patched.setattr(source, "time", late)
        for number in (1, 2):
            with pytest.raises(Unavailable, match="SlowRetrievalError"):
                attacked.refresh()
            assert held() == number
        assert attacked.mirror.confirmed_at() == confirmed_at
    attacked.host.seen.clear()
    assert attacked.refresh().changed == 1
    assert not any("resources" in path for path in attacked.host.seen)
    assert held() == 3
    attacked.check_still_good()


@pytest.mark.parametrize(
    "path",
    [
        "/resources/../../../../etc/passwd",
        "/resources/%2e%2e",
        f"/resources/..%2f{DIGEST}",
        f"/resources%2f{DIGEST}",
        f"/../demo/resources/{DIGEST}",
        f"/resources/{DIGEST}?x=1",
        f"/resources/{DIGEST}#x",
        f"/resources/{DIGEST}/",
        f"/resources/{DIGEST}\n",
        "",
    ],
)
def test_an_id_with_a_path_in_it_is_refused(attacked: AttackedRegistry, path: str) -> None:
    issuer = attacked.issuer
    with pytest.raises(RuleBroken) as refusal:
        attacked.mirror.resolve_resource(issuer.did + path)
    assert refusal.value.rule is Rule.RESOURCE_ID
    with pytest.raises(RuleBroken) as refusal:
        attacked.mirror.resolve_status_list(issuer.did + path, 5000)
    assert refusal.value.rule is Rule.RESOURCE_ID


@pytest.mark.parametrize(
    "change",
    [
        ("univ:demo", "..:demo"),
        ("univ:demo", "univ:%2e%2e"),
        ("univ:demo", "univ%2fdemo"),
        ("univ:demo", "univ:demo:.."),
        ("univ:demo", "univ:../../../etc"),
        (HOST, f"{HOST}%3A80"),
        (HOST, "127.0.0.1"),
        (HOST, "localhost"),
        (HOST, "[::1]"),
        (HOST, f"user@{HOST}"),
        (HOST, f"{HOST}/evil"),
    ],
)
def test_a_did_with_a_path_or_a_private_address_in_it_is_refused(
    attacked: AttackedRegistry, change: tuple[str, str]
) -> None:
    did = attacked.issuer.did.replace(*change)
    assert did != attacked.issuer.did
    for read in (
        lambda: attacked.mirror.resolve_did(did),
        lambda: attacked.mirror.resolve_resource(f"{did}/resources/{DIGEST}"),
    ):
        with pytest.raises(RuleBroken) as refusal:
            read()
        assert refusal.value.rule in {Rule.DID_FORM, Rule.RESOURCE_ID}


def test_a_did_of_another_host_is_not_taken_from_this_one(
    attacked: AttackedRegistry, tmp_path: Path, prepared: Prepared
) -> None:
    """Host A serves, at the right path, a DID and a resource of host B, both genuine."""
    theirs = Issuer(folder="univ/theirs", host=OTHER_HOST, name="theirs")
    schema = theirs.schema()
    log = f"{theirs.folder}/did.jsonl"
    index = {
        "did": theirs.did,
        "resources": {"anonCredsSchema": [{"id": schema["id"], "name": "x"}]},
    }
    attacked.publish_signed(
        {log: theirs.log, file_of(schema): schema, f"{theirs.folder}/index.json": index}
    )
    refused = dict(attacked.refresh().refused)
    assert refused == {log: str(Rule.PATH), f"{theirs.folder}/index.json": str(Rule.INDEX)}
    for read, name in (
        (attacked.mirror.resolve_did, theirs.did),
        (attacked.mirror.resolve_resource, schema["id"]),
    ):
        with pytest.raises(NotFound):
            read(name)
    attacked.check_still_good()

    shutil.copytree(prepared.base / "registry" / "public", tmp_path / "theirs")
    with hostile_host(tmp_path / "theirs") as other:
        both = Mirror(
            tmp_path / "both",
            {HOST: attacked.host.url, OTHER_HOST: other.url},
            trusted_root=attacked.trusted_root,
        )
        both.refresh()
        with pytest.raises(NotFound):
            both.resolve_did(theirs.did)
        with pytest.raises(NotFound):
            both.resolve_resource(schema["id"])
        assert both.resolve_did(attacked.issuer.did)


def test_a_did_log_at_the_path_of_another_is_refused(attacked: AttackedRegistry) -> None:
    other = Issuer(folder="univ/other", name="other")
    attacked.publish_signed({"univ/elsewhere/did.jsonl": other.log})
    attacked.refuses(str(Rule.PATH))


def indexes(issuer: Issuer, standing: dict[str, Any]) -> dict[str, tuple[bytes, Rule]]:
    stranger = Issuer(folder=issuer.folder, name="stranger")
    resources = standing["resources"]
    return {
        "nothing": (b"", Rule.JSON),
        "no index": (b"{}", Rule.RESOURCE_FORM),
        "empty": (json.dumps({**standing, "resources": {}}).encode(), Rule.INDEX),
        "one left out": (
            json.dumps(
                {
                    **standing,
                    "resources": {k: v for k, v in resources.items() if k != "anonCredsCredDef"},
                }
            ).encode(),
            Rule.INDEX,
        ),
        "another DID's": (
            json.dumps({"did": stranger.did, "resources": {}}).encode(),
            Rule.INDEX,
        ),
        "an id of another": (
            json.dumps(
                {
                    **standing,
                    "resources": {
                        **resources,
                        "anonCredsSchema": [
                            *resources["anonCredsSchema"],
                            {"id": stranger.schema()["id"], "name": "x"},
                        ],
                    },
                }
            ).encode(),
            Rule.RESOURCE_FORM,
        ),
        "an id with a path": (
            json.dumps(
                {
                    **standing,
                    "resources": {
                        **resources,
                        "anonCredsSchema": [{"id": f"{issuer.did}/resources/../x", "name": "x"}],
                    },
                }
            ).encode(),
            Rule.RESOURCE_ID,
        ),
    }


@pytest.mark.parametrize("number", range(7))
def test_an_index_that_hides_or_lies_is_refused(attacked: AttackedRegistry, number: int) -> None:
    path = f"{attacked.issuer.folder}/index.json"
    standing = json.loads((attacked.public / path).read_bytes())
    raw, rule = list(indexes(attacked.issuer, standing).values())[number]
    attacked.publish_signed({path: raw})
    attacked.refuses(str(rule))
    attacked.be_honest(path)


def test_what_an_index_invented_goes_again_and_hides_nothing_that_follows(
    attacked: AttackedRegistry,
) -> None:
    issuer, path = attacked.issuer, f"{attacked.issuer.folder}/index.json"
    honest = json.loads((attacked.public / path).read_bytes())

    def with_schemas(*ids: str) -> dict[str, Any]:
        first = [{"id": each, "name": "data-analysis"} for each in ids]
        schemas = [*first, *honest["resources"]["anonCredsSchema"]]
        return {**honest, "resources": {**honest["resources"], "anonCredsSchema": schemas}}

    attacked.publish_signed({path: with_schemas(issuer.schema("66.0")["id"])})
    assert attacked.refresh().refused == ()
    attacked.be_honest(path)
    newer = issuer.schema("2.0")
    attacked.publish_signed({path: with_schemas(newer["id"]), file_of(newer): newer})
    assert attacked.refresh().refused == ()
    assert newer["id"] in attacked.mirror.resources(ResourceType.SCHEMA)


def test_a_trust_list_cannot_be_hidden_by_its_host(attacked: AttackedRegistry) -> None:
    """The newest list that was ever seen answers, whatever the host names, adds or leaves out."""
    anchor = Issuer(folder="trust/anchor", name="anchor")
    days = (date(2026, 1, 1), date(2030, 1, 1))
    lists = []
    for version in (1, 2):
        content = build_trust_list(TrustList(anchor.did, version, *days, ()))
        kind = ResourceType.TRUST_LIST
        lists.append(anchor.sign(build_resource(anchor.did, kind, "anchor", content)))
    index = f"{anchor.folder}/index.json"

    def named(*ids: str) -> dict[str, Any]:
        entries = [{"id": each, "name": "anchor"} for each in ids]
        return {"did": anchor.did, "resources": {"acquisTrustList": entries}}

    def version() -> int:
        found: int = attacked.mirror.trust_list(anchor.did).content["version"]
        return found

    attacked.publish_signed(
        {
            f"{anchor.folder}/did.jsonl": anchor.log,
            **{file_of(each): each for each in lists},
            index: named(*(each["id"] for each in lists)),
        }
    )
    assert attacked.refresh().refused == ()
    assert version() == 2

    attacked.publish_signed({index: named(lists[0]["id"])})
    assert attacked.refresh().refused == ((index, str(Rule.INDEX)),)
    assert version() == 2

    forged = {**lists[1], "id": f"{anchor.did}/resources/{DIGEST}"}
    invented = [forged["id"], *(each["id"] for each in lists)]
    attacked.publish_signed({index: named(*invented), file_of(forged): forged})
    assert attacked.refresh().refused == ()
    attacked.restart()
    assert version() == 2

    attacked.publish_signed({file_of(lists[1]): {**lists[1], "proof": lists[0]["proof"]}})
    assert (file_of(lists[1]), str(Rule.PROOF_SIGNATURE)) in attacked.refresh().refused
    assert version() == 2


def test_a_withdrawn_key_takes_its_resources_with_it_whatever_the_host_says(
    attacked: AttackedRegistry,
) -> None:
    """The issuer withdrew the key; the host serves the old signatures on: they are not believed."""
    issuer = attacked.issuer
    document = issuer.document.document
    document["assertionMethod"] = []
    log = build_next_entry(
        issuer.log.encode(),
        issuer.next,
        seeded_key("next"),
        document,
        created=datetime(2027, 1, 1, tzinfo=UTC),
    )
    attacked.publish_signed({attacked.log_path: log})
    assert attacked.refresh().refused == ()
    for _ in range(2):
        with pytest.raises(RuleBroken) as refusal:
            attacked.mirror.resolve_resource(attacked.published.schema["id"])
        assert refusal.value.rule is Rule.PROOF_KEY
        attacked.restart()
