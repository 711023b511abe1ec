"""One legitimate publication of every kind, as content, for tests of forms and of the linter."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from acquis.credentials.achievement import parse_achievement
from acquis.registry.content import ResourceType
from acquis.registry.paths import FileKind
from acquis.registry.trust_list import Scope, TrustEntry, TrustList, build_trust_list
from schemas import example_names, load_example
from support.registry import Issuer, tails
from support.witnesses import WitnessedIssuer, version_ids, witness_file

ISSUER = Issuer(created=datetime(2026, 1, 1, tzinfo=UTC))
WITNESSED = WitnessedIssuer(created=datetime(2026, 1, 1, tzinfo=UTC))

_SCHEMA = ISSUER.schema()
_CREDENTIAL_DEFINITION = ISSUER.credential_definition(_SCHEMA["id"])
_DEFINITION = ISSUER.registry_definition(_CREDENTIAL_DEFINITION["id"], tails()[1])
_TRUST_LIST = TrustList(
    ISSUER.did,
    1,
    date(2026, 1, 1),
    date(2026, 12, 31),
    (
        TrustEntry(
            WITNESSED.did,
            "Institut de démonstration",
            "FR",
            "https://institute.example/contact?ref=1+2",
            (Scope("esco", 1, 8, date(2020, 1, 1), None, "Arrêté 2020-1", "Ministère"),),
        ),
    ),
)
ACHIEVEMENTS: dict[str, Any] = {
    name: replace(parse_achievement(load_example(name)), issuer=ISSUER.did).content()
    for name in example_names()
}
LEGITIMATE: dict[Any, Any] = {
    FileKind.LOG: json.loads(WITNESSED.log),
    FileKind.WITNESS: json.loads(
        witness_file(
            (version_ids(WITNESSED.log)[0], WITNESSED.approvals(version_ids(WITNESSED.log)[0], 2))
        )
    ),
    ResourceType.SCHEMA: _SCHEMA["content"],
    ResourceType.CREDENTIAL_DEFINITION: _CREDENTIAL_DEFINITION["content"],
    ResourceType.REVOCATION_REGISTRY_DEFINITION: _DEFINITION["content"],
    ResourceType.STATUS_LIST: ISSUER.status_list(_DEFINITION["id"], 1000, (1,))["content"],
    ResourceType.ACHIEVEMENT: ACHIEVEMENTS["data-analysis-with-python-and-sql"],
    ResourceType.TRUST_LIST: build_trust_list(_TRUST_LIST),
}
