"""Answers that never end, drip, burst, lie or lead elsewhere: the copy stays, and recovers.

Objects, logs, metadata and names have files of their own (``test_mirror_hostile_*``).
"""

from __future__ import annotations

import shutil
import socket
import time
from pathlib import Path

import pytest

from acquis.errors import Unavailable
from acquis.registry.did_log import build_next_entry
from acquis.registry.rules import Rule
from support import hostile_registry as attacks
from support.attacked_registry import AttackedRegistry, file_of
from support.hostile_registry import Answer, hostile_host
from support.registry import HOST, seeded_key

TOO_LONG = "DownloadLengthMismatchError"
WRONG = ("LengthOrHashMismatchError", "DeserializationError", "RepositoryError")

ANSWERS: list[tuple[Answer, tuple[str, ...]]] = [
    (attacks.endless_body, (TOO_LONG,)),
    (attacks.endless_chunks, (TOO_LONG,)),
    (attacks.gzip_bomb, (TOO_LONG, *WRONG)),
    (attacks.half_written, ("DownloadError", TOO_LONG)),
    (attacks.long_header_line, ("DownloadError",)),
    (attacks.countless_headers, ("DownloadError",)),
    (attacks.not_found, ("DownloadHTTPError",)),
    (attacks.server_error, ("DownloadHTTPError",)),
    (attacks.other_bytes, (*WRONG, TOO_LONG)),
    (attacks.no_bytes, WRONG),
    (attacks.connection_closed, ("DownloadError",)),
    (attacks.redirect_to("http://169.254.169.254/latest"), ("DownloadHTTPError",)),
]


def with_news(attacked: AttackedRegistry) -> str:
    """Let there be something to fetch: a longer log and a resource more; return the latter's id."""
    issuer = attacked.issuer
    longer = build_next_entry(issuer.log.encode(), issuer.next, seeded_key("n"))
    newer = issuer.schema("2.0")
    attacked.publish_signed({attacked.log_path: longer, file_of(newer): newer})
    resource_id: str = newer["id"]
    return resource_id


@pytest.mark.parametrize("applies_to", ["timestamp", "bin-", "resources"])
@pytest.mark.parametrize(
    ("attack", "errors"), ANSWERS, ids=[attack.__name__ for attack, _ in ANSWERS]
)
def test_a_bad_answer_leaves_the_copy_as_it_was(
    attacked: AttackedRegistry, attack: Answer, errors: tuple[str, ...], applies_to: str
) -> None:
    news = with_news(attacked)
    attacked.host.attack, attacked.host.applies_to = attack, applies_to
    refreshed_at = attacked.mirror.refreshed_at
    with pytest.raises(Unavailable) as refusal:
        attacked.refresh()
    assert refusal.value.says.en.partition("(")[2].partition(")")[0] in errors
    attacked.check_still_good()
    assert attacked.mirror.refreshed_at == refreshed_at
    attacked.host.attack = None
    refresh = attacked.refresh()
    assert (refresh.changed, refresh.refused) == (2, ())
    assert attacked.mirror.resolve_did(attacked.issuer.did).version_number == 2
    assert attacked.mirror.resolve_resource(news)


@pytest.mark.parametrize(
    ("attack", "applies_to"),
    [
        (attacks.one_byte_at_a_time, "timestamp"),
        (attacks.dripping_headers, "timestamp"),
        (attacks.one_byte_at_a_time, "resources"),
        (attacks.silence, "timestamp"),
    ],
    ids=lambda given: getattr(given, "__name__", given),
)
def test_an_answer_that_drips_is_cut(
    attacked: AttackedRegistry, attack: Answer, applies_to: str
) -> None:
    """Each byte comes well before a socket's time-out; the limit is over all of them."""
    with_news(attacked)
    attacked.host.attack, attacked.host.applies_to = attack, applies_to
    begun = time.monotonic()
    with pytest.raises(Unavailable) as refusal:
        attacked.mirror.refresh(timeout=0.6)
    assert time.monotonic() - begun < 10  # without the limit: 500 s
    assert refusal.value.says.en.partition("(")[2].partition(")")[0] in {
        "DownloadError",
        "SlowRetrievalError",
        "ReadTimeoutError",
    }
    attacked.check_still_good()
    attacked.host.attack = None
    assert attacked.refresh().changed == 2


def test_a_host_that_is_down_leaves_the_last_good_copy(attacked: AttackedRegistry) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        attacked.host.url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        attacked.restart()
        with pytest.raises(Unavailable) as refusal:
            attacked.refresh()
    assert "(DownloadError)" in refusal.value.says.en
    attacked.check_still_good()


@pytest.mark.parametrize(
    "applies_to", ["timestamp", "2.root", "snapshot", "targets", "bin-", "did.jsonl", "tails"]
)
def test_a_redirect_is_never_followed(
    attacked: AttackedRegistry, tmp_path: Path, applies_to: str
) -> None:
    """To another address of this machine, which a registry must not make anybody ask."""
    shutil.copytree(attacked.public, tmp_path / "private")
    with hostile_host(tmp_path / "private") as private:
        attacked.host.attack = attacks.redirect_to_same_path_at(private.url)
        attacked.host.applies_to = applies_to
        fresh = attacked.new_mirror(tmp_path / "fresh")
        with pytest.raises(Unavailable) as refusal:
            fresh.refresh()
        assert "(DownloadHTTPError)" in refusal.value.says.en
        assert private.seen == []
    attacked.host.attack = None
    fresh.refresh()
    assert fresh.resolve_did(attacked.issuer.did)


def test_a_file_the_host_changed_without_signing_is_refused(attacked: AttackedRegistry) -> None:
    """Of the same length, so that only its digest tells."""
    path = file_of(attacked.published.schema)
    raw = (attacked.public / path).read_bytes()
    (attacked.public / path).write_bytes(raw.replace(b"awarded_on", b"awarded_by"))
    fresh = attacked.new_mirror(attacked.base / "fresh")
    with pytest.raises(Unavailable) as refusal:
        fresh.refresh()
    assert "(LengthOrHashMismatchError)" in refusal.value.says.en
    assert not (attacked.base / "fresh" / HOST / "files" / path).exists()
    (attacked.public / path).write_bytes(raw)
    fresh.refresh()
    assert fresh.resolve_resource(attacked.published.schema["id"])


@pytest.mark.parametrize(
    ("log", "rule"),
    [
        (b'{"state": {"id": "DID"}, "x": "' + b"x" * 4 * 1024 * 1024 + b'"}\n', Rule.SIZE),
        (b"[" * 4 * 1024 * 1024, Rule.SIZE),
        (b"[" * 100_000, Rule.JSON),
        (b'{"a":' * 40_000, Rule.JSON),
        (b'{"state": {"id": "DID"}}\n' * 10_001, Rule.SIZE),
        (b'{"state": {"id": "DID"}}\n' * 10_000, Rule.LOG_FORM),
        (b"\n" * 10_000, Rule.JSON),
        (b"\x00" * 1024, Rule.JSON),
        (b"\xff\xfe{\x00}\x00", Rule.JSON),
        (b"1" * 200_000, Rule.JSON),
    ],
    ids=[
        "line-of-4-MiB",
        "brackets",
        "nested-lists",
        "nested-objects",
        "10,001-lines",
        "10,000-lines",
        "blank-lines",
        "zeros",
        "UTF-16",
        "huge-number",
    ],
)
def test_a_log_of_monstrous_form_is_refused(
    attacked: AttackedRegistry, log: bytes, rule: Rule
) -> None:
    attacked.publish_signed({attacked.log_path: log.replace(b"DID", attacked.issuer.did.encode())})
    attacked.refuses(str(rule))
    attacked.be_honest(attacked.log_path)
