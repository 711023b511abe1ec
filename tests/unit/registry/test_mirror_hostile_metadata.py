"""TUF metadata of another time, place or key: replayed, expired, mixed, fast-forwarded, replaced.

The host holds the online key in each of these and no root key. The error that python-tuf refused it
with is named by the mirror's own.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from acquis.errors import Unavailable
from acquis.registry.mirror import Mirror
from acquis.registry.rules import Rule
from registry_host.operation import replace_keys
from support.attacked_registry import AttackedRegistry, file_of
from support.hostile_metadata import (
    METADATA_ATTACKS,
    Signing,
    bin_swapped_for_another,
    fast_forward,
)
from support.registry import HOST, RegistryServer


@pytest.mark.parametrize(
    ("attack", "error"), METADATA_ATTACKS, ids=[a.__name__ for a, _ in METADATA_ATTACKS]
)
def test_metadata_of_another_time_place_or_key_is_refused(
    attacked: AttackedRegistry, attack: Callable[[AttackedRegistry], None], error: str
) -> None:
    """Also by a mirror process that has just started; the copy and its age stay as they were."""
    attacked.publish_signed({"univ/other/did-witness.json": b"[]"})
    attacked.refresh()
    good = attacked.base / "good"
    shutil.copytree(attacked.public / "tuf", good)
    refreshed_at = attacked.mirror.refreshed_at
    attack(attacked)
    for _ in range(2):
        with pytest.raises(Unavailable) as refusal:
            attacked.refresh()
        assert f"({error})" in refusal.value.says.en
        attacked.check_still_good()
        assert attacked.mirror.refreshed_at == refreshed_at
        attacked.restart()
    shutil.rmtree(attacked.public / "tuf")
    good.rename(attacked.public / "tuf")
    go_on(attacked)
    assert attacked.refresh().refused == ()
    attacked.check_still_good()


def test_an_answer_held_back_for_hours_counts_as_old_as_its_signature(
    attacked: AttackedRegistry,
) -> None:
    """A freeze within the timestamp's 24 hours is no forgery; its age is told all the same."""
    attacked.refresh()
    hand, did = Signing(attacked), attacked.issuer.did
    fresh = attacked.mirror.refreshed_at_of(did)
    assert fresh is not None
    signed_at = datetime.fromtimestamp(fresh, UTC).replace(microsecond=0) - timedelta(hours=5)
    hand.publish(hand.snapshot, expires=signed_at + timedelta(hours=24))
    attacked.refresh()
    assert attacked.mirror.refreshed_at_of(did) == signed_at.timestamp()
    assert (attacked.mirror.refreshed_at or 0) >= fresh
    attacked.check_still_good()


def test_a_timestamp_that_outlives_any_vouches_for_nothing(attacked: AttackedRegistry) -> None:
    """Signed once with a stolen key and shown for ever: the copy grows as old as it is."""
    newer, did = attacked.issuer.schema("2.0"), attacked.issuer.did
    hand, vouched = Signing(attacked), attacked.mirror.refreshed_at_of(attacked.issuer.did)
    assert vouched is not None
    attacked.publish_signed({file_of(newer): newer})
    hand.publish(hand.snapshot, expires=datetime(9999, 1, 1, tzinfo=UTC))
    fresh = attacked.new_mirror(attacked.base / "fresh")
    for _ in range(2):
        for mirror in (attacked.mirror, fresh):
            said = ("tuf/timestamp.json", str(Rule.DATED_AHEAD))
            assert mirror.refresh().refused == (said,)
        assert attacked.mirror.refreshed_at_of(did) == vouched
        assert fresh.refreshed_at_of(did) is fresh.confirmed_at()[HOST] is None
        attacked.restart()
    assert attacked.mirror.resolve_resource(newer["id"])  # what it names is as good as ever
    attacked.check_still_good(index=False)
    attacked.tree().renew()
    assert attacked.refresh().refused == ()
    assert attacked.mirror.refreshed_at_of(did) >= vouched


def go_on(attacked: AttackedRegistry) -> None:
    """An honest host with the same keys publishes further, in every bin."""
    for content in (b"[]", b"[ ]"):
        attacked.publish_signed(
            {f"univ/i{number}/did-witness.json": content for number in range(24)}
        )


def test_files_that_seem_to_be_gone_stay(attacked: AttackedRegistry) -> None:
    bin_swapped_for_another(attacked)
    attacked.refresh()
    attacked.check_still_good()


def test_after_a_fast_forward_the_operators_root_keys_help(attacked: AttackedRegistry) -> None:
    """The host's key signs the highest versions there are, so that nothing true is newer any more.

    Nobody can take that back but who holds the root keys: new online key, and the mirror forgets.
    """
    honest = attacked.base / "honest"
    shutil.copytree(attacked.base / "registry", honest)
    fast_forward(attacked)
    assert attacked.refresh().refused == ()
    attacked.check_still_good()

    shutil.rmtree(attacked.base / "registry")
    honest.rename(attacked.base / "registry")
    attacked.tree().renew()
    with pytest.raises(Unavailable) as refusal:
        attacked.refresh()
    assert "(BadVersionNumberError)" in refusal.value.says.en
    attacked.check_still_good()

    server = RegistryServer(attacked.base)
    replace_keys(server.settings, attacked.base / "root-keys")
    attacked.restart()
    newer = attacked.issuer.schema("2.0")
    attacked.publish_signed({file_of(newer): newer})
    refresh = attacked.refresh()
    assert refresh.refused == ()
    assert attacked.mirror.resolve_resource(newer["id"])
    attacked.check_still_good()


def test_the_root_of_trust_is_the_one_that_was_given_out(
    attacked: AttackedRegistry, tmp_path: Path
) -> None:
    """A host that serves another first root finds no ear, not even a new mirror's."""
    other = RegistryServer(tmp_path / "other")
    genuine = attacked.trusted_root.read_bytes()
    shutil.copy(other.trusted_root, attacked.trusted_root)
    pinned = tmp_path / "root.json"
    pinned.write_bytes(genuine)
    fresh = Mirror(tmp_path / "fresh", {HOST: attacked.host.url}, trusted_root=pinned)
    fresh.refresh()
    assert fresh.resolve_resource(attacked.published.schema["id"])
    deceived = Mirror(
        tmp_path / "deceived", {HOST: attacked.host.url}, trusted_root=other.trusted_root
    )
    with pytest.raises(Unavailable) as refusal:
        deceived.refresh()
    assert "(UnsignedMetadataError)" in refusal.value.says.en
