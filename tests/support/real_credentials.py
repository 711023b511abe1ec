"""Real AnonCreds keys, credentials and proofs, made with the library itself."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import anoncreds

from acquis.credentials.achievement import Achievement, attribute_names
from acquis.credentials.matching import HeldCredential, Selection
from support.scenario import INSTITUTE, LIST_AT, award, example, resource


@dataclass
class Person:
    """A holder: one link secret, credentials by the id the wallet gave them."""

    secret: str = field(default_factory=anoncreds.create_link_secret)
    credentials: dict[str, tuple[anoncreds.Credential, int, RealIssuer]] = field(
        default_factory=dict
    )


class RealIssuer:
    """One achievement's schema, credential definition and revocation registry, with its lists.

    ``name_of`` says under which id ("schema", "definition" …) the content of each is published.
    """

    def __init__(
        self,
        name: str,
        tag: str,
        tails: str,
        *,
        did: str = INSTITUTE,
        name_of: Callable[[str, dict[str, Any]], str] | None = None,
        list_at: int = LIST_AT,
    ) -> None:
        self.achievement: Achievement = example(name, did)
        self.tag, self.first_list_at = tag, list_at
        named = name_of or (lambda kind, _: resource(f"{kind}-{tag}"))
        self.achievement_id = named("achievement", self.achievement.content())
        self.schema = anoncreds.Schema.create(
            self.achievement.slug,
            self.achievement.version,
            did,
            list(attribute_names(self.achievement)),
        )
        self.schema_id = named("schema", self.schema.to_dict())
        self.definition, self._private, self._proof = anoncreds.CredentialDefinition.create(
            self.schema_id, self.schema, did, tag, "CL", support_revocation=True
        )
        self.definition_id = named("definition", self.definition.to_dict())
        self.registry, self._registry_private = anoncreds.RevocationRegistryDefinition.create(
            self.definition_id, self.definition, did, "0", "CL_ACCUM", 16, tails_dir_path=tails
        )
        self.registry_id = named("registry", self.registry.to_dict())
        first = anoncreds.RevocationStatusList.create(
            self.definition,
            self.registry_id,
            self.registry,
            self._registry_private,
            did,
            issuance_by_default=True,
            timestamp=list_at,
        )
        self.lists: dict[int, anoncreds.RevocationStatusList] = {list_at: first}
        self._next = 1

    def issue(self, person: Person, **changes: Any) -> HeldCredential:
        """Issue to ``person`` and return the credential as its wallet sees it."""
        given = {"achievement_id": self.achievement_id, **changes}
        held = replace(
            award(self.achievement, self.tag, **given),
            credential_definition_id=self.definition_id,
            schema_id=self.schema_id,
        )
        offer = anoncreds.CredentialOffer.create(self.schema_id, self.definition_id, self._proof)
        request, metadata = anoncreds.CredentialRequest.create(
            "entropy", None, self.definition, person.secret, "secret", offer
        )
        config = anoncreds.CredentialRevocationConfig(
            self.registry, self._registry_private, self.lists[self.first_list_at], self._next
        )
        credential = anoncreds.Credential.create(
            self.definition, self._private, offer, request, dict(held.attributes), None, config
        ).process(metadata, person.secret, self.definition, self.registry)
        person.credentials[held.id] = (credential, self._next, self)
        self._next += 1
        return held

    def revoke(self, index: int, at: int) -> None:
        """Publish a list in which ``index`` is revoked."""
        latest = self.lists[max(self.lists)]
        self.lists[at] = latest.update(
            self.definition, self.registry, self._registry_private, None, [index], at
        )

    def state(self, index: int, at: int) -> anoncreds.CredentialRevocationState:
        """Return what a wallet computes to prove ``index`` against the list of ``at``."""
        return anoncreds.CredentialRevocationState.create(
            self.registry, self.lists[at], index, self.registry.tails_location
        )


def present_really(
    request: dict[str, Any],
    selection: Selection,
    person: Person,
    *,
    list_at: int = LIST_AT,
) -> dict[str, Any]:
    """Return the JSON of a real presentation, each credential proved against the list of ``list_at``."""
    chosen = anoncreds.PresentCredentials()
    states = {
        name: issuer.state(index, list_at)
        for name, (_, index, issuer) in person.credentials.items()
        if name in {*selection.attributes.values(), *selection.predicates.values()}
    }
    for referent, name in selection.attributes.items():
        chosen.add_attributes(
            person.credentials[name][0], referent, timestamp=list_at, rev_state=states[name]
        )
    for referent, name in selection.predicates.items():
        chosen.add_predicates(
            person.credentials[name][0], referent, timestamp=list_at, rev_state=states[name]
        )
    issuers = [person.credentials[name][2] for name in states]
    presentation = anoncreds.Presentation.create(
        json.dumps(request),
        chosen,
        {},
        person.secret,
        {each.schema_id: each.schema for each in issuers},
        {each.definition_id: each.definition for each in issuers},
    )
    made: dict[str, Any] = json.loads(presentation.to_json())
    return made


def verify_really(
    request: dict[str, Any], presentation: dict[str, Any], issuers: list[RealIssuer]
) -> bool:
    """Return what the library alone says, given every list ever published."""
    found: bool = anoncreds.Presentation.load(presentation).verify(
        json.dumps(request),
        {each.schema_id: each.schema for each in issuers},
        {each.definition_id: each.definition for each in issuers},
        {each.registry_id: each.registry for each in issuers},
        [one for each in issuers for one in each.lists.values()],
    )
    return found


def build_issuers(tails: str) -> tuple[RealIssuer, RealIssuer]:
    """Return the issuers of the two examples, tails in a folder; keys take some seconds to make."""
    return (
        RealIssuer("data-analysis-with-python-and-sql", "data", tails),
        RealIssuer("first-aid-at-work", "aid", tails),
    )
