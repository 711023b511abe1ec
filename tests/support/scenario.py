"""One exchange in memory: published documents, a learner's credentials, a presentation's JSON.

The numbers of the proofs are made up, since the pipeline leaves the mathematics to the agent;
the form is that of the anoncreds library, against which ``test_real_proofs`` checks it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any

from acquis.credentials.achievement import Achievement, attribute_names, parse_achievement
from acquis.credentials.attributes import Award, Learner, build_attributes, encoded_value
from acquis.credentials.competency import CompetencyKey
from acquis.credentials.environment import (
    Entitlement,
    ListInForce,
    PublishedAchievement,
    PublishedCredentialDefinition,
    PublishedIssuer,
    PublishedRevocationRegistry,
    PublishedSchema,
    Standing,
    TrustListInForce,
)
from acquis.credentials.facts import AgentVerdict, ExchangeBinding, ExchangeFacts
from acquis.credentials.matching import (
    HeldCredential,
    Selection,
    matching_credentials,
    select_credentials,
)
from acquis.credentials.presentation import (
    UnverifiedPresentation,
    canonical_name,
    parse_presentation,
)
from acquis.credentials.proof_request import AskedItems, UnverifiedProofRequest, parse_proof_request
from acquis.credentials.request import (
    Candidate,
    CompetencyRequest,
    PresentationRequest,
    build_proof_request,
)
from acquis.errors import AcquisError, NotFound
from acquis.text import Text
from schemas import load_example
from support.proof_forms import listed, made_up_comparison, made_up_equality, made_up_status

PYTHON = CompetencyKey.parse("esco_ccd0a1d9-afda-43d9-b901-96344886e14d")
SQL = CompetencyKey.parse("esco_598de5b0-5b58-4ea7-8058-a4bc4d18c742")
FIRST_AID = CompetencyKey.parse(
    str(parse_achievement(load_example("first-aid-at-work")).competencies[0].key)
)
INSTITUTE = "did:webvh:QmInstitute:registry.acquis.example:demo:institute"
NOW = int(datetime(2026, 11, 22, 12, 0, tzinfo=UTC).timestamp())
LIST_AT = NOW - 3_600
ANCHOR = "did:webvh:QmAnchor:registry.acquis.example:trust:anchor"
RECOGNISED_FROM = date(2020, 1, 1)
ZOE = Learner("Zoé", "Müller")
NONCE = "971545246238914759921337"
SAME_EXCHANGE = ExchangeBinding("thread", "thread", "browser", "browser")
_RELATIONS = {">=": "GE", ">": "GT", "<=": "LE", "<": "LT"}


def resource(name: str, issuer: str = INSTITUTE) -> str:
    """Return the id of a resource of an issuer."""
    return f"{issuer}/resources/z{name}"


def example(
    name: str = "data-analysis-with-python-and-sql", issuer: str = INSTITUTE
) -> Achievement:
    """Return an example achievement as the issuer publishes it."""
    return replace(parse_achievement(load_example(name)), issuer=issuer)


def trust_list(anchor: str = ANCHOR, **changes: Any) -> TrustListInForce:
    """Return the trust list of an anchor: in force, from a copy that is half a minute old."""
    listed = TrustListInForce(anchor, NOW - 86_400, NOW + 86_400, NOW - 30, 7, "Trusted list")
    return replace(listed, **changes)


@dataclass
class Shelf:
    """An ``Environment`` on dictionaries; a stored error is raised."""

    now: int = NOW + 5
    grace: int = 300
    mirror_max_age: int = 3_600
    refreshed_at: dict[str, Any] = field(default_factory=lambda: {INSTITUTE: NOW - 30})
    issuers: dict[str, Any] = field(default_factory=dict)
    definitions: dict[str, Any] = field(default_factory=dict)
    schemas: dict[str, Any] = field(default_factory=dict)
    achievements: dict[str, Any] = field(default_factory=dict)
    registries: dict[str, Any] = field(default_factory=dict)
    lists: dict[str, list[int]] = field(default_factory=dict)
    standings: dict[tuple[str, str], Any] = field(default_factory=dict)
    trust_lists: dict[str, Any] = field(default_factory=lambda: {ANCHOR: trust_list()})

    @property
    def anchors(self) -> tuple[str, ...]:
        return tuple(self.trust_lists)

    @staticmethod
    def _found(shelf: Mapping[Any, Any], name: object) -> Any:
        if name not in shelf:
            raise NotFound()
        if isinstance(shelf[name], AcquisError):
            raise shelf[name]
        return shelf[name]

    def resolve_credential_definition(self, definition_id: str) -> PublishedCredentialDefinition:
        return self._found(self.definitions, definition_id)

    def resolve_schema(self, schema_id: str) -> PublishedSchema:
        return self._found(self.schemas, schema_id)

    def resolve_achievement(self, achievement_id: str) -> PublishedAchievement:
        return self._found(self.achievements, achievement_id)

    def resolve_revocation_registry(self, registry_id: str) -> PublishedRevocationRegistry:
        return self._found(self.registries, registry_id)

    def resolve_list_in_force(self, registry_id: str, at: int) -> ListInForce:
        times = self._found(self.lists, registry_id)
        earlier = [each for each in times if each <= at]
        if not earlier:
            raise NotFound()
        later = [each for each in times if each > max(earlier)]
        return ListInForce(max(earlier), min(later, default=None))

    def resolve_refreshed_at(self, did: str) -> int | None:
        return self._found(self.refreshed_at, did)

    def resolve_issuer(self, did: str) -> PublishedIssuer:
        return self._found(self.issuers, did)

    def resolve_trust_list(self, anchor: str) -> TrustListInForce:
        return self._found(self.trust_lists, anchor)

    def resolve_standing(self, anchor: str, issuer: str) -> Standing:
        return self._found(self.standings, (anchor, issuer))

    def publish(self, achievement: Achievement, tag: str) -> None:
        """Put the documents of one achievement on the shelf, with one revocation list."""
        issuer = achievement.issuer or INSTITUTE
        self.schemas[resource(f"schema-{tag}", issuer)] = PublishedSchema(
            resource(f"schema-{tag}", issuer),
            issuer,
            achievement.slug,
            achievement.version,
            attribute_names(achievement),
        )
        self.definitions[resource(f"definition-{tag}", issuer)] = PublishedCredentialDefinition(
            resource(f"definition-{tag}", issuer), issuer, resource(f"schema-{tag}", issuer), True
        )
        self.achievements[resource(f"achievement-{tag}", issuer)] = PublishedAchievement(
            resource(f"achievement-{tag}", issuer), issuer, achievement
        )
        self.registries[resource(f"registry-{tag}", issuer)] = PublishedRevocationRegistry(
            resource(f"registry-{tag}", issuer), issuer, resource(f"definition-{tag}", issuer)
        )
        self.lists[resource(f"registry-{tag}", issuer)] = [LIST_AT]
        self.issuers[issuer] = PublishedIssuer(issuer, "1-Qm", NOW - 9_000, NOW - 30)
        scope = Entitlement("esco", 1, 5, RECOGNISED_FROM, None, "order 2020-7", "Ministry")
        self.standings[ANCHOR, issuer] = Standing(
            issuer, "Acquis Demonstration Institute", (scope,)
        )


def award(
    achievement: Achievement,
    tag: str,
    *,
    learner: Learner = ZOE,
    **changes: Any,
) -> HeldCredential:
    """Return a credential of ``achievement`` in a wallet, published under ``tag``."""
    issuer = achievement.issuer or INSTITUTE
    given = Award(
        learner,
        resource(f"achievement-{tag}", issuer),
        "8c7a1b6e-52a4-4f5e-9b36-0f6f4b1f7a11",
        date(2024, 6, 30),
    )
    return HeldCredential(
        id=f"credential-{tag}",
        credential_definition_id=resource(f"definition-{tag}", issuer),
        schema_id=resource(f"schema-{tag}", issuer),
        attributes=build_attributes(achievement, replace(given, **changes)),
    )


def _response(name: str, value: str) -> str:
    """Return the number by which the proof answers for a hidden value, another for each attribute."""
    return encoded_value(f"{canonical_name(name)}={value}")


def present(
    asked: AskedItems, selection: Selection, held: Mapping[str, HeldCredential]
) -> dict[str, Any]:
    """Return the JSON of an honest presentation, in the form of the anoncreds library."""
    used = list(dict.fromkeys([*selection.attributes.values(), *selection.predicates.values()]))
    revealed: dict[int, dict[str, str]] = {number: {} for number in range(len(used))}
    proved: dict[int, list[dict[str, Any]]] = {number: [] for number in range(len(used))}
    said: dict[str, Any] = {
        "revealed_attrs": {},
        "revealed_attr_groups": {},
        "self_attested_attrs": {},
        "unrevealed_attrs": {},
        "predicates": {},
    }
    for each in asked.attributes:
        number = used.index(selection.attributes[each.referent])
        values = {}
        for name in each.names:
            raw = held[used[number]].value(name) or ""
            values[name] = {"raw": raw, "encoded": encoded_value(raw)}
            revealed[number][canonical_name(name)] = encoded_value(raw)
        if each.together:
            said["revealed_attr_groups"][each.referent] = {
                "sub_proof_index": number,
                "values": values,
            }
        else:
            said["revealed_attrs"][each.referent] = {
                "sub_proof_index": number,
                **values[each.names[0]],
            }
    for wanted in asked.predicates:
        number = used.index(selection.predicates[wanted.referent])
        said["predicates"][wanted.referent] = {"sub_proof_index": number}
        predicate = {
            "attr_name": canonical_name(wanted.name),
            "p_type": _RELATIONS[wanted.relation],
            "value": wanted.bound,
        }
        compared = _response(wanted.name, held[used[number]].value(wanted.name) or "")
        proved[number].append(made_up_comparison(compared, predicate))
    proof: dict[str, Any] = {"proofs": []}
    for number, name_of_credential in enumerate(used):
        hidden = {
            canonical_name(name): _response(name, value)
            for name, value in held[name_of_credential].attributes.items()
            if canonical_name(name) not in revealed[number]
        }
        equality = made_up_equality(revealed[number], hidden)
        primary = {"eq_proof": equality, "ge_proofs": proved[number]}
        proof["proofs"].append({"primary_proof": primary, "non_revoc_proof": made_up_status()})
    proof["aggregated_proof"] = {"c_hash": "1", "c_list": listed(proof)}
    return {
        "proof": proof,
        "requested_proof": said,
        "identifiers": [
            {
                "schema_id": held[each].schema_id,
                "cred_def_id": held[each].credential_definition_id,
                "rev_reg_id": held[each].credential_definition_id.replace(
                    "zdefinition", "zregistry"
                ),
                "timestamp": LIST_AT,
            }
            for each in used
        ],
    }


def python_request(**changes: Any) -> PresentationRequest:
    """Return "Python, level 3 or more"."""
    asked = (CompetencyRequest(PYTHON, Text("Python", "Python"), 3),)
    return replace(PresentationRequest(asked, "A job as a data analyst"), **changes)


type Change = Callable[[dict[str, Any]], None]


@dataclass
class Scenario:
    """A learner with a data-analysis and a first-aid credential, and an employer who asks."""

    request: PresentationRequest = field(default_factory=python_request)
    shelf: Shelf = field(default_factory=Shelf)
    held: list[HeldCredential] = field(default_factory=list)
    recognised_from: date | None = RECOGNISED_FROM

    def __post_init__(self) -> None:
        for name, tag in (
            ("data-analysis-with-python-and-sql", "data"),
            ("first-aid-at-work", "aid"),
        ):
            self.shelf.publish(example(name), tag)
            if not any(each.id == f"credential-{tag}" for each in self.held):
                self.held.append(award(example(name), tag))

    def candidates(self) -> dict[CompetencyKey, list[Candidate]]:
        """Return the credential definitions on the shelf that carry each competency asked."""
        return {
            each.key: [
                Candidate(definition.id, self.recognised_from)
                for definition in self.shelf.definitions.values()
                if str(each.key) in self.shelf.schemas[definition.schema_id].attributes
            ]
            for each in self.request.competencies
        }

    def proof_request(self, now: int = NOW) -> dict[str, Any]:
        """Return the AnonCreds presentation request."""
        return build_proof_request(self.request, self.candidates(), NONCE, now)

    def asked(self) -> AskedItems:
        """Return the parsed presentation request."""
        return parse_proof_request(UnverifiedProofRequest(self.proof_request()))

    def presentation(self) -> dict[str, Any]:
        """Return the JSON the honest wallet answers."""
        asked = self.asked()
        selection = select_credentials(matching_credentials(asked, self.held))
        return present(asked, selection, {each.id: each for each in self.held})

    def facts(self, change: Change = lambda _: None, **changes: Any) -> ExchangeFacts:
        """Return the facts of the exchange, after ``change`` was made to the presentation."""
        answered = self.presentation()
        change(answered)
        asked = self.asked()
        facts = ExchangeFacts(
            self.request,
            asked,
            asked,
            parse_presentation(UnverifiedPresentation(answered)),
            AgentVerdict(verified=True),
            exchange=SAME_EXCHANGE,
        )
        return replace(facts, **changes)
