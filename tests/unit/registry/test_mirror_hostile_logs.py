"""DID logs truncated, forked, rolled back, un-deactivated by a host that holds the online key.

What the host serves is signed, and often sound in itself: only memory tells that it is not the one,
also in a mirror process that has just started.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from did_webvh.askar import AskarSigningKey
from did_webvh.core.proof import di_jcs_sign

from acquis.registry.did_log import build_next_entry
from acquis.registry.rules import Rule, RuleBroken
from support.attacked_registry import AttackedRegistry
from support.hostile_logs import KEYS, LOG_ATTACKS, REVIVALS, History
from support.registry import HOST, seeded_key

WITNESSES = [seeded_key(f"witness {number}") for number in range(3)]


def refuses(attacked: AttackedRegistry, log: str, rule: Rule, version: int) -> None:
    """The log is refused, also by a mirror that has just started; the good one still answers."""
    attacked.publish_signed({attacked.log_path: log})
    for _ in range(2):
        refresh = attacked.refresh()
        assert refresh.refused == ((attacked.log_path, str(rule)),)
        assert refresh.changed == 0
        assert attacked.mirror.resolve_did(attacked.issuer.did).version_number == version
        assert attacked.mirror.resolve_resource(attacked.published.schema["id"])
        attacked.restart()


@pytest.mark.parametrize(
    ("attack", "rule"), LOG_ATTACKS, ids=[attack.__name__ for attack, _ in LOG_ATTACKS]
)
def test_a_log_that_is_no_successor_is_refused(
    attacked: AttackedRegistry, attack: Callable[[History], str], rule: Rule
) -> None:
    history = History(attacked.issuer)
    attacked.publish_signed({attacked.log_path: history.third})
    assert attacked.refresh().refused == ()
    attacked.restart()
    refuses(attacked, attack(history), rule, 3)
    attacked.publish_signed({attacked.log_path: history.third})
    refresh = attacked.refresh()
    assert (refresh.refused, refresh.changed) == ((), 0)  # it was there all the time


@pytest.mark.parametrize(
    ("attack", "rule"),
    REVIVALS,
    ids=[attack.__name__ for attack, _ in REVIVALS],
)
def test_a_deactivated_did_cannot_be_revived(
    attacked: AttackedRegistry, attack: Callable[[History], str], rule: Rule
) -> None:
    history = History(attacked.issuer)
    attacked.publish_signed({attacked.log_path: history.ended})
    assert attacked.refresh().refused == ()
    attacked.restart()
    attacked.publish_signed({attacked.log_path: attack(history)})
    for _ in range(2):
        refresh = attacked.refresh()
        assert (refresh.changed, refresh.refused) == (0, ((attacked.log_path, str(rule)),))
        document = attacked.mirror.resolve_did(attacked.issuer.did)
        assert document.deactivated
        assert document.assertion_keys() == {}
        with pytest.raises(RuleBroken) as refusal:
            attacked.mirror.resolve_resource(attacked.published.schema["id"])
        assert refusal.value.rule is Rule.PROOF_KEY
        attacked.restart()


def test_memory_is_needed_before_any_reading(attacked: AttackedRegistry, tmp_path: Path) -> None:
    """Whoever changes the copy on the disk meets the same memory when it is read."""
    history = History(attacked.issuer)
    attacked.publish_signed({attacked.log_path: history.third})
    attacked.refresh()
    attacked.restart()
    (attacked.files / attacked.log_path).write_text(history.second)
    with pytest.raises(RuleBroken) as refusal:
        attacked.mirror.resolve_did(attacked.issuer.did)
    assert refusal.value.rule is Rule.LOG_ROLLBACK
    attacked.publish_signed({attacked.log_path: history.third + " "})  # the bin changes
    attacked.publish_signed({attacked.log_path: history.third})
    assert attacked.refresh().changed == 1
    assert attacked.mirror.resolve_did(attacked.issuer.did).version_number == 3


@pytest.mark.parametrize("attack", [History.truncated_by_a_version, History.forked_and_longer])
def test_a_crash_before_the_note_takes_no_memory_away(
    attacked: AttackedRegistry, attack: Callable[[History], str]
) -> None:
    """The log was in place, what is remembered was not yet written: the log itself is the memory."""
    history = History(attacked.issuer)
    attacked.publish_signed({attacked.log_path: history.third})
    attacked.refresh()
    (attacked.folder / HOST / "remembered.json").unlink()
    attacked.restart()
    refuses(attacked, attack(history), Rule.LOG_ROLLBACK, 3)


SPOILT_WITNESS_FILES = [b"", b"{}", b"[1]", b"[[]]", b'[{"versionId": 1, "proof": []}]', b"\xff"]


@pytest.mark.parametrize("spoilt", SPOILT_WITNESS_FILES)
def test_a_spoilt_witness_file_takes_no_did_away(attacked: AttackedRegistry, spoilt: bytes) -> None:
    path = f"{attacked.issuer.folder}/did-witness.json"
    attacked.publish_signed({path: spoilt})
    attacked.refuses(str(Rule.WITNESS if spoilt[:1] in {b"{", b"["} else Rule.JSON))


class Witnessed:
    """The issuer's log from the first version that two of three witnesses must have signed."""

    def __init__(self, attacked: AttackedRegistry) -> None:
        issuer = attacked.issuer
        parameters = {
            "witness": {
                "threshold": 2,
                "witnesses": [{"id": f"did:key:{each.multikey}"} for each in WITNESSES],
            }
        }
        naming = build_next_entry(issuer.log.encode(), issuer.next, KEYS[0], parameters=parameters)
        self.log = build_next_entry(naming.encode(), KEYS[0], KEYS[1])
        self.longer = build_next_entry(self.log.encode(), KEYS[1], KEYS[2])
        self.path = f"{issuer.folder}/did-witness.json"

    def proofs(self, *logs: str, witnesses: int = 2) -> bytes:
        entries = []
        for log in logs:
            entry = {"versionId": json.loads(log.splitlines()[-1])["versionId"]}
            keys = [
                AskarSigningKey.from_secret_bytes("ed25519", each.seed)
                for each in WITNESSES[:witnesses]
            ]
            entries.append({**entry, "proof": [di_jcs_sign(entry, key) for key in keys]})
        return json.dumps(entries).encode()


def test_witness_proofs_that_the_host_withholds_leave_the_last_good_version(
    attacked: AttackedRegistry,
) -> None:
    witnessed = Witnessed(attacked)
    log = attacked.log_path
    attacked.publish_signed({log: witnessed.log, witnessed.path: witnessed.proofs(witnessed.log)})
    assert attacked.refresh().refused == ()
    for proofs in (
        b"[]",
        witnessed.proofs(witnessed.log, witnesses=1),
        witnessed.proofs(witnessed.longer, witnesses=1),
    ):
        attacked.publish_signed({witnessed.path: proofs})
        assert attacked.refresh().refused == ((witnessed.path, str(Rule.WITNESS)),)
        attacked.publish_signed({log: witnessed.longer})
        assert set(attacked.refresh().refused) == {
            (log, str(Rule.WITNESS)),
            (witnessed.path, str(Rule.WITNESS)),
        }
        attacked.publish_signed({log: witnessed.log})
        attacked.restart()
        assert attacked.mirror.resolve_did(attacked.issuer.did).version_number == 3


def test_proofs_that_come_before_their_entry_are_taken_with_it(attacked: AttackedRegistry) -> None:
    """Not a refusal for good: the file is looked at again when the log has come."""
    witnessed = Witnessed(attacked)
    log = attacked.log_path
    attacked.publish_signed({log: witnessed.log, witnessed.path: witnessed.proofs(witnessed.log)})
    attacked.refresh()
    attacked.publish_signed({witnessed.path: witnessed.proofs(witnessed.longer)})
    assert attacked.refresh().refused == ((witnessed.path, str(Rule.WITNESS)),)
    assert attacked.mirror.resolve_did(attacked.issuer.did).version_number == 3
    attacked.publish_signed({log: witnessed.longer})
    assert attacked.refresh().refused == ()
    assert attacked.mirror.resolve_did(attacked.issuer.did).version_number == 4
