"""What is dated ahead, by whoever stole a key, with a host in league: it does not come in."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

import pytest

from acquis.errors import NotFound
from acquis.registry.resource import ResourceType, build_resource
from acquis.registry.rules import Rule
from support.attacked_registry import AttackedRegistry, file_of

AHEAD = int(datetime(9000, 1, 1, tzinfo=UTC).timestamp())
REFUSED = str(Rule.DATED_AHEAD)


def with_list(attacked: AttackedRegistry, at: int) -> dict[str, dict[str, Any]]:
    """A list of ``at`` that revokes the first credential, and the definition with a link to it."""
    issuer, standing = attacked.issuer, attacked.published.definition
    size = standing["content"]["value"]["maxCredNum"]
    listed = attacked.published.lists[0]["content"]
    content = {**listed, "timestamp": at, "revocationList": [1, *[0] * (size - 1)]}
    status_list = issuer.sign(build_resource(issuer.did, ResourceType.STATUS_LIST, "0", content))
    link = {"type": "anonCredsStatusList", "id": status_list["id"], "timestamp": at}
    unsigned = {key: value for key, value in standing.items() if key != "proof"}
    longer = issuer.sign({**unsigned, "links": [*standing["links"], link]})
    return {file_of(status_list): status_list, file_of(longer): longer}


def test_a_link_dated_ahead_does_not_take_revocation_away(attacked: AttackedRegistry) -> None:
    ahead, now = with_list(attacked, AHEAD), int(time.time())
    attacked.publish_signed(ahead)
    attacked.refuses(REFUSED, REFUSED)
    attacked.publish_signed(with_list(attacked, now))  # the host was put right
    assert [path for path, _ in attacked.refresh().refused] == [next(iter(ahead))]
    link, found = attacked.mirror.resolve_status_list(attacked.published.definition["id"], now)
    assert (link.timestamp, found.content["revocationList"][0]) == (now, 1)


def test_a_proof_dated_ahead_stays_out(attacked: AttackedRegistry) -> None:
    issuer, stands = attacked.issuer, attacked.published.schema
    created = datetime.fromtimestamp(AHEAD, UTC)
    newer = issuer.sign(issuer.schema("2.0"), created)
    attacked.publish_signed({file_of(newer): newer, file_of(stands): issuer.sign(stands, created)})
    attacked.refuses(REFUSED, REFUSED)
    with pytest.raises(NotFound):
        attacked.mirror.resolve_resource(newer["id"])


def test_what_came_in_stays_whatever_the_clock_says(
    attacked: AttackedRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mirror whose clock was ahead, and is not any more."""
    attacked.publish_signed(with_list(attacked, AHEAD))
    with monkeypatch.context() as patched:
        patched.setattr(time, "time", lambda: float(AHEAD))
        assert attacked.refresh().refused == ()
    attacked.restart()
    definition_id = attacked.published.definition["id"]

    def listed() -> list[int]:
        mirror = attacked.mirror
        return [mirror.resolve_status_list(definition_id, at)[0].timestamp for at in (2000, AHEAD)]

    assert listed() == [2000, AHEAD]
    again = attacked.mirror.resolve_resource(definition_id)
    signed_again = attacked.issuer.sign(
        {
            **{
                key: value for key, value in attacked.published.definition.items() if key != "proof"
            },
            "links": [
                {"type": "anonCredsStatusList", "id": link.id, "timestamp": link.timestamp}
                for link in again.links
            ],
        },
        datetime(2026, 1, 2, tzinfo=UTC),
    )
    attacked.publish_signed({file_of(signed_again): signed_again})
    refresh = attacked.refresh()
    assert (refresh.changed, refresh.refused) == (1, ())
    assert listed() == [2000, AHEAD]
