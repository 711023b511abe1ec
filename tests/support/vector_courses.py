"""Who publishes in the test vectors, and what: really signed documents, the same in every run."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from functools import cached_property
from typing import Any

import anoncreds

from acquis.credentials.achievement import Achievement, attribute_names, parse_achievement
from acquis.credentials.attributes import Award, Learner, build_attributes
from acquis.credentials.matching import HeldCredential
from acquis.registry.content import ResourceType, tails_location
from acquis.registry.resource import Link, build_resource
from schemas import load_example
from support.registry import Issuer
from support.vector_keys import Keys, load_keys

CREATED = datetime(2025, 1, 1, tzinfo=UTC)
NOW = int(datetime(2025, 10, 1, 12, tzinfo=UTC).timestamp())
"""The moment of asking; it lies in the past of every machine that runs this."""

LIST_AT = NOW - 3_600
CAMPUS = "registry.campus.example"
TRUST = "registry.trust.example"
INSTITUTE = Issuer("demo/institute", created=CREATED, name="vector institute")
ACADEMY = Issuer("demo/academy", host=CAMPUS, created=CREATED, name="vector academy")
LOOKALIKE = Issuer("demo/institut", created=CREATED, name="vector look-alike")
MINISTRY = Issuer("trust/ministry", host=TRUST, created=CREATED, name="vector ministry")
AGENCY = Issuer("trust/agency", host=TRUST, created=CREATED, name="vector agency")

type Revoked = tuple[int, ...]
type Lists = tuple[tuple[int, Revoked], ...]
"""The status lists of a registry, oldest first: since when, and which indexes are revoked."""

FIRST_LIST: Lists = ((LIST_AT, ()),)


def example(name: str, issuer: Issuer, **changes: Any) -> Achievement:
    """Return an example achievement as ``issuer`` publishes it."""
    return replace(parse_achievement(load_example(name)), issuer=issuer.did, **changes)


@dataclass(eq=False)
class Course:
    """An achievement that is awarded: its schema, credential definition, registry and lists."""

    name: str
    issuer: Issuer
    achievement: Achievement
    revocable: bool = True
    _lists: dict[Lists, Any] = field(default_factory=dict, repr=False)

    @cached_property
    def keys(self) -> Keys:
        return load_keys(self.name, attribute_names(self.achievement), revocable=self.revocable)

    def publish(
        self,
        kind: ResourceType,
        name: str,
        content: Mapping[str, Any],
        links: tuple[Link, ...] = (),
    ) -> dict[str, Any]:
        """Return a resource of the issuer, signed."""
        return self.issuer.sign(
            build_resource(self.issuer.did, kind, name, content, links), CREATED
        )

    def publish_achievement(self, **changes: Any) -> dict[str, Any]:
        """Return the achievement, or one like it, as it is published."""
        content = replace(self.achievement, **changes).content()
        return self.publish(ResourceType.ACHIEVEMENT, self.achievement.slug, content)

    @cached_property
    def schema(self) -> dict[str, Any]:
        content = {
            "issuerId": self.issuer.did,
            "name": self.achievement.slug,
            "version": self.achievement.version,
            "attrNames": list(attribute_names(self.achievement)),
        }
        return self.publish(ResourceType.SCHEMA, self.achievement.slug, content)

    @cached_property
    def definition(self) -> dict[str, Any]:
        content = {
            "issuerId": self.issuer.did,
            "schemaId": self.schema["id"],
            "type": "CL",
            "tag": self.name,
            "value": self.keys.value,
        }
        return self.publish(ResourceType.CREDENTIAL_DEFINITION, self.name, content)

    def registry(self, links: tuple[Link, ...] = ()) -> dict[str, Any]:
        """Return the revocation registry with links to its lists."""
        value = dict(self.keys.registry_value)
        value["tailsLocation"] = tails_location(self.issuer.did, value["tailsHash"])
        content = {
            "issuerId": self.issuer.did,
            "revocDefType": "CL_ACCUM",
            "credDefId": self.definition["id"],
            "tag": "0",
            "value": value,
        }
        kind = ResourceType.REVOCATION_REGISTRY_DEFINITION
        return self.publish(kind, "0", content, links)

    @cached_property
    def registry_id(self) -> str:
        found: str = self.registry()["id"]
        return found

    def status_lists(self, lists: Lists) -> list[dict[str, Any]]:
        """Return the status lists as they are published."""
        kind = ResourceType.STATUS_LIST
        return [
            self.publish(kind, "0", json.loads(self.list_of(lists[: number + 1]).to_json()))
            for number in range(len(lists))
        ]

    def resources(self, lists: Lists = FIRST_LIST) -> list[dict[str, Any]]:
        """Return everything of this course that is published, what is referred to first."""
        published = [self.publish_achievement(), self.schema, self.definition]
        if not self.revocable:
            return published
        made = self.status_lists(lists)
        links = tuple(Link(each["id"], each["content"]["timestamp"]) for each in made)
        return [*published, *made, self.registry(links)]

    # what the library works with

    @cached_property
    def real_schema(self) -> Any:
        return anoncreds.Schema.load(self.schema["content"])

    @cached_property
    def real_definition(self) -> Any:
        return anoncreds.CredentialDefinition.load(self.definition["content"])

    @cached_property
    def real_registry(self) -> Any:
        content = self.registry()["content"]
        local = {**content, "value": {**content["value"], "tailsLocation": str(self.keys.tails)}}
        return anoncreds.RevocationRegistryDefinition.load(local)

    @cached_property
    def _registry_private(self) -> Any:
        return anoncreds.RevocationRegistryDefinitionPrivate.load(self.keys.registry_private)

    def list_of(self, lists: Lists) -> Any:
        """Return the last of these lists, as the library made it from the ones before."""
        if lists not in self._lists:
            self._lists[lists] = self._make_list(lists)
        return self._lists[lists]

    def _make_list(self, lists: Lists) -> Any:
        at, revoked = lists[-1]
        if len(lists) == 1:
            assert not revoked
            return anoncreds.RevocationStatusList.create(
                self.real_definition,
                self.registry_id,
                self.real_registry,
                self._registry_private,
                self.issuer.did,
                issuance_by_default=True,
                timestamp=at,
            )
        before = self.list_of(lists[:-1])
        fresh = [each for each in revoked if each not in lists[-2][1]]
        return before.update(
            self.real_definition, self.real_registry, self._registry_private, None, fresh, at
        )

    def issue(self, secret: str, attributes: Mapping[str, str], index: int) -> Any:
        """Return a credential, issued and processed by its holder."""
        correctness = anoncreds.KeyCorrectnessProof.load(self.keys.correctness)
        offer = anoncreds.CredentialOffer.create(
            self.schema["id"], self.definition["id"], correctness
        )
        request, metadata = anoncreds.CredentialRequest.create(
            "entropy", None, self.real_definition, secret, "secret", offer
        )
        config = None
        if self.revocable:
            config = anoncreds.CredentialRevocationConfig(
                self.real_registry, self._registry_private, self.list_of(FIRST_LIST), index
            )
        private = anoncreds.CredentialDefinitionPrivate.load(self.keys.private)
        made = anoncreds.Credential.create(
            self.real_definition, private, offer, request, dict(attributes), None, config
        )
        registry = self.real_registry if self.revocable else None
        return made.process(metadata, secret, self.real_definition, registry)

    def state(self, lists: Lists, index: int) -> Any:
        """Return what a holder computes to prove ``index`` against the last of these lists."""
        return anoncreds.CredentialRevocationState.create(
            self.real_registry, self.list_of(lists), index, str(self.keys.tails)
        )

    def award(self, learner: Learner, achievement_id: str, **changes: Any) -> dict[str, str]:
        """Return the attributes of a credential; ``given`` ones replace what would be said."""
        given: Mapping[str, str] = changes.pop("given", {})
        number = "8c7a1b6e-52a4-4f5e-9b36-0f6f4b1f7a11"
        award = Award(learner, achievement_id, number, date(2024, 6, 30))
        made = build_attributes(self.achievement, replace(award, **changes))
        return {**made, **given}

    def held(self, name: str, attributes: Mapping[str, str]) -> HeldCredential:
        """Return a credential as a wallet sees it."""
        return HeldCredential(name, self.definition["id"], self.schema["id"], attributes)


DATA_ANALYSIS = "data-analysis-with-python-and-sql"
FIRST_AID = "first-aid-at-work"


def _only_python(achievement: Achievement) -> Achievement:
    return replace(achievement, slug="python-for-all", competencies=achievement.competencies[:1])


DATA = Course("data", INSTITUTE, example(DATA_ANALYSIS, INSTITUTE))
AID = Course("aid", ACADEMY, example(FIRST_AID, ACADEMY))
FALSE_DATA = Course("look-alike", LOOKALIKE, example(DATA_ANALYSIS, LOOKALIKE))
LASTING = Course(
    "lasting", INSTITUTE, _only_python(example(DATA_ANALYSIS, INSTITUTE)), revocable=False
)
COURSES: Iterable[Course] = (DATA, AID, FALSE_DATA, LASTING)
