"""Saved presentations with real proofs, and the folders of mirrors that they are judged with."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from acquis.credentials.matching import HeldCredential, matching_credentials, select_credentials
from acquis.credentials.proof_request import UnverifiedProofRequest, parse_proof_request
from acquis.credentials.request import Candidate, PresentationRequest, build_proof_request
from acquis.credentials.saved_presentation import SavedPresentation
from acquis.registry.content import ResourceType, tails_location
from acquis.registry.mirror import Mirror, write_pack
from acquis.registry.proof import sign_document
from acquis.registry.resource import Link, build_resource
from acquis.registry.trust_list import Scope, TrustEntry, TrustList, build_trust_list
from support.real_credentials import Person, RealIssuer, present_really
from support.registry import HOST, Issuer
from support.scenario import NONCE, PYTHON, python_request
from support.verifier_desk import Copy

EXAMPLE = "data-analysis-with-python-and-sql"
_KINDS = {
    "achievement": ResourceType.ACHIEVEMENT,
    "schema": ResourceType.SCHEMA,
    "definition": ResourceType.CREDENTIAL_DEFINITION,
    "registry": ResourceType.REVOCATION_REGISTRY_DEFINITION,
}


@dataclass
class Studio:
    """A real issuer, its credentials, and what learners and verifiers make of them, as of ``now``.

    Keys take some seconds to make: one for many tests, each of which writes a mirror of its own.
    """

    tails: Path
    now: int = field(default_factory=lambda: int(time.time()))
    institute: Issuer = field(default_factory=lambda: Issuer("demo/institute", name="institute"))
    anchor: Issuer = field(default_factory=lambda: Issuer("trust/anchor", name="anchor"))
    nobody: Issuer = field(default_factory=lambda: Issuer("trust/nobody", name="nobody"))
    documents: dict[str, dict[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.list_at = self.now - 3_600
        self.issuer = RealIssuer(
            EXAMPLE,
            "data",
            str(self.tails),
            did=self.institute.did,
            name_of=self._name,
            list_at=self.list_at,
        )

    def _name(self, kind: str, content: dict[str, Any]) -> str:
        """Keep what will be published and return its id."""
        did = self.institute.did
        if kind == "registry":
            value = content["value"]
            place = tails_location(did, value["tailsHash"])
            content = content | {"value": value | {"tailsLocation": place}}
        self.documents[kind] = build_resource(did, _KINDS[kind], kind, content)
        return str(self.documents[kind]["id"])

    def issue(self, person: Person) -> HeldCredential:
        """Issue a credential that is found by the same id whoever holds it."""
        return self.issuer.issue(person)

    def revoke(self, person: Person, held: HeldCredential, at: int) -> None:
        """Publish a list from ``at`` on in which the credential is revoked."""
        self.issuer.revoke(person.credentials[held.id][1], at)

    def ask(
        self, request: PresentationRequest | None = None, at: int | None = None
    ) -> dict[str, Any]:
        """Return the AnonCreds request, made at ``at`` (default: now)."""
        candidates = {PYTHON: [Candidate(self.issuer.definition_id, date(2020, 1, 1))]}
        return build_proof_request(
            request or python_request(), candidates, NONCE, self.now if at is None else at
        )

    def save(
        self,
        person: Person,
        held: HeldCredential,
        *,
        list_at: int | None = None,
        request: PresentationRequest | None = None,
        asked_at: int | None = None,
    ) -> dict[str, Any]:
        """Return the file of a presentation proved against the list of ``list_at``."""
        asked = self.ask(request, asked_at)
        matches = matching_credentials(parse_proof_request(UnverifiedProofRequest(asked)), [held])
        answered = present_really(
            asked, select_credentials(matches), person, list_at=list_at or self.list_at
        )
        saved = SavedPresentation(
            request or python_request(), asked, answered, None, asked_at or self.now
        )
        return saved.content()

    def write(self, folder: Path, *lists: int, confirmed_at: int | None = None) -> Path:
        """Write the folder of a mirror that holds these lists (default: the first)."""
        copy = Copy(folder, self.institute, self.anchor)
        did, kind = self.institute.did, ResourceType.STATUS_LIST
        published = [
            build_resource(did, kind, "0", self.issuer.lists[at].to_dict())
            for at in lists or (self.list_at,)
        ]
        links = [Link(each["id"], each["content"]["timestamp"]) for each in published]
        registry = self.documents["registry"]
        linked = build_resource(did, _KINDS["registry"], "0", registry["content"], links)
        others = [each for name, each in self.documents.items() if name != "registry"]
        copy.put(
            self.institute, [self.institute.sign(each) for each in [*others, linked, *published]]
        )
        scope = Scope("esco", 1, 5, date(2020, 1, 1), None, "order", "Ministry")
        entry = TrustEntry(did, "Demonstration Institute", "FR", "https://a.example/", (scope,))
        self._recognise(copy, self.anchor, entry)
        self._recognise(copy, self.nobody)
        copy.confirm(self.now - 30 if confirmed_at is None else confirmed_at)
        return folder

    def pack(self, mirror: Path, out: Path, anchor: Issuer | None = None) -> Path:
        """Write the pack of a mirror, signed by ``anchor`` (default: the one that recognises)."""
        signer = anchor or self.anchor
        write_pack(
            Mirror.open_copy(mirror),
            out,
            signer.did,
            self.now,
            lambda each: sign_document(each, signer.attest, signer.method, datetime.now(UTC)),
        )
        return out

    def _recognise(self, copy: Copy, anchor: Issuer, *entries: TrustEntry) -> None:
        today = datetime.fromtimestamp(self.now, UTC).date()
        listed = TrustList(
            anchor.did, 1, today - timedelta(days=9), today + timedelta(days=30), entries
        )
        built = build_resource(
            anchor.did, ResourceType.TRUST_LIST, "list", build_trust_list(listed)
        )
        copy.put(anchor, [anchor.sign(built)])


def write_file(path: Path, content: dict[str, Any]) -> Path:
    """Write a document as a person would keep it."""
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


REGISTRY = HOST
