"""A wallet that drives the AnonCreds library itself and says what it likes.

It holds what others were awarded: link secrets and credentials taken out of the store of an agent
of which it has the key. It follows a verifier's link as any wallet does, answers with whatever it
forged, in an envelope it made by hand, and sends that straight to the verifier's agent.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import anoncreds
import httpx
from aries_askar import Key, KeyAlg, Store

from acquis.acapy.out_of_band import parse_invitation
from acquis.registry.content import ResourceType
from acquis.registry.mirror import Mirror
from acquis.registry.multibase import encode_base58
from demo.agents import AgentSetup
from support.envelope import MEDIA_TYPE, seal

_LEARNERS = "learners"


@dataclass(frozen=True, eq=False)
class Taken:
    """A credential as its holder's agent keeps it, with the link secret it is bound to."""

    link_secret: str
    content: dict[str, Any]

    @property
    def schema_id(self) -> str:
        return str(self.content["schema_id"])

    @property
    def definition_id(self) -> str:
        return str(self.content["cred_def_id"])

    @property
    def registry_id(self) -> str | None:
        return self.content["rev_reg_id"]

    @property
    def index(self) -> int:
        return int(self.content["signature"]["r_credential"]["i"])

    def value(self, name: str) -> str:
        return str(self.content["values"][name]["raw"])


async def take_credentials(setup: AgentSetup) -> list[Taken]:
    """Return every credential of every learner in the store of a holder's agent."""
    file = setup.folder / "wallets" / "wallet" / _LEARNERS / "sqlite.db"
    taken = []
    store = await Store.open(f"sqlite://{quote(str(file))}", "raw", setup.secrets.wallet_key)
    try:
        for profile in await store.list_profiles():
            async with store.session(profile) as session:
                secret = await session.fetch("master_secret", "default")
                for entry in await session.fetch_all("credential") if secret else ():
                    content = json.loads(entry.value)
                    taken.append(Taken(secret.value.decode(), content))
    finally:
        await store.close()
    return taken


@dataclass(frozen=True)
class Asked:
    """What a verifier asks of whoever holds its invitation."""

    thread_id: str
    parent_id: str
    endpoint: str
    recipient: str
    proof_request: dict[str, Any]


@dataclass(frozen=True)
class Part:
    """Which referents are answered from one credential, proved against which revocation list.

    ``list_at`` is the time of that list; None means the newest. What is ``kept_back`` is answered
    without showing it.
    """

    credential: Taken
    attributes: Sequence[str] = ()
    predicates: Sequence[str] = ()
    list_at: int | None = None
    kept_back: Sequence[str] = ()


def read_invitation(raw: bytes) -> Asked:
    """Return what an invitation with a presentation request attached asks."""
    content: Any = parse_invitation(raw).content
    message = content["requests~attach"][0]["data"]["json"]
    attached = message["request_presentations~attach"][0]["data"]["base64"]
    service = content["services"][0]
    return Asked(
        thread_id=message.get("~thread", {}).get("thid") or message["@id"],
        parent_id=content["@id"],
        endpoint=service["serviceEndpoint"],
        recipient=service["recipientKeys"][0],
        proof_request=json.loads(base64.urlsafe_b64decode(attached + "==")),
    )


class DishonestWallet:
    """Forges presentations from ``Taken`` credentials and what ``mirror`` has of what is published."""

    def __init__(self, mirror: Mirror) -> None:
        self.mirror = mirror
        self._http = httpx.AsyncClient(trust_env=False, timeout=30)

    async def close(self) -> None:
        await self._http.aclose()

    async def follow(self, link: str) -> Asked:
        """Follow a request link as a wallet does."""
        answer = await self._http.get(link, headers={"accept": "application/json"})
        assert answer.status_code == 200, answer.text
        return read_invitation(answer.content)

    def lists(self, registry_id: str) -> list[int]:
        """Return the times of all revocation lists ever published of a registry, oldest first."""
        definition = self.mirror.resolve_resource(registry_id)
        return sorted(link.timestamp for link in definition.links)

    def forge(
        self,
        request: Mapping[str, Any],
        *parts: Part,
        self_attested: Mapping[str, str] | None = None,
        link_secret: str | None = None,
    ) -> dict[str, Any]:
        """Return a presentation that answers ``request`` from these parts, by the library.

        ``request`` need not be the one that was asked. The ``link_secret`` is that of the first
        part unless another is given.
        """
        chosen = anoncreds.PresentCredentials()
        loaded = {
            id(part.credential): anoncreds.Credential.load(part.credential.content)
            for part in parts
        }
        for part in parts:
            at, state = self._state(part)
            proof = {"timestamp": at, "rev_state": state}
            credential = loaded[id(part.credential)]
            for referent in part.attributes:
                reveal = referent not in part.kept_back
                chosen.add_attributes(credential, referent, reveal=reveal, **proof)
            chosen.add_predicates(credential, *part.predicates, **proof)
        used = [part.credential for part in parts]
        made = anoncreds.Presentation.create(
            json.dumps(request),
            chosen,
            dict(self_attested or {}),
            link_secret or used[0].link_secret,
            {each.schema_id: self._content(each.schema_id) for each in used},
            {each.definition_id: self._content(each.definition_id) for each in used},
        )
        presentation: dict[str, Any] = json.loads(made.to_json())
        return presentation

    def _content(self, resource_id: str) -> dict[str, Any]:
        return dict(self.mirror.resolve_resource(resource_id).content)

    def _state(self, part: Part) -> tuple[int | None, Any]:
        """Return the time of a revocation list and what proves to stand by it."""
        registry_id = part.credential.registry_id
        if registry_id is None:
            return None, None
        at = part.list_at or self.lists(registry_id)[-1]
        _, status_list = self.mirror.resolve_status_list(registry_id, at)
        definition = self.mirror.resolve_resource(
            registry_id, ResourceType.REVOCATION_REGISTRY_DEFINITION
        ).content
        tails = self.mirror.tails_file(definition["value"]["tailsHash"])
        state = anoncreds.CredentialRevocationState.create(
            dict(definition), dict(status_list.content), part.credential.index, str(tails)
        )
        return at, state

    async def send(self, asked: Asked, presentation: object) -> int:
        """Send a presentation (JSON, or bytes as they are) to the agent that asked; the HTTP status."""
        raw = presentation if isinstance(presentation, bytes) else json.dumps(presentation).encode()
        name, own = "anoncreds", Key.generate(KeyAlg.ED25519)
        message = {
            "@type": "https://didcomm.org/present-proof/2.0/presentation",
            "@id": str(uuid4()),
            "~thread": {"thid": asked.thread_id, "pthid": asked.parent_id},
            "~service": {
                "recipientKeys": [encode_base58(own.get_public_bytes())],
                "serviceEndpoint": "didcomm:transport/queue",
            },
            "formats": [{"attach_id": name, "format": "anoncreds/proof@v1.0"}],
            "presentations~attach": [
                {
                    "@id": name,
                    "mime-type": "application/json",
                    "data": {"base64": base64.urlsafe_b64encode(raw).decode()},
                }
            ],
        }
        sealed = seal(json.dumps(message).encode(), asked.recipient, own)
        answer = await self._http.post(
            asked.endpoint, content=sealed, headers={"content-type": MEDIA_TYPE}
        )
        return answer.status_code
