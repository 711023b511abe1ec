"""The AnonCreds registry of the agent: everything under ``did:webvh:`` is read and written here.

Reading is from the verified mirror. Writing is idempotent, because ACA-Py calls a registrar again
after a crash without knowing how far it got:

- a schema is the same object each time, so it has the same id;
- a credential definition has new keys each time. ACA-Py keeps the private ones only after the
  registration, so one that was published by an agent that died just then is an orphan, which nobody
  can issue from, and a new one is published. One whose private key *is* in the wallet stands, and a
  second for the same schema and tag is refused;
- the private key of a revocation registry is kept before the registration, under the tails hash:
  the definition that stands for (credential definition, tag) is returned, and found again by it;
- status lists: see ``publication``.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, override

from acapy_agent.anoncreds.base import (
    AnonCredsObjectAlreadyExists,
    AnonCredsObjectNotFound,
    AnonCredsRegistrationError,
    AnonCredsResolutionError,
    BaseAnonCredsRegistrar,
    BaseAnonCredsResolver,
)
from acapy_agent.anoncreds.constants import (
    CATEGORY_CRED_DEF_PRIVATE,
    CATEGORY_REV_REG_DEF_PRIVATE,
)
from acapy_agent.anoncreds.models.credential_definition import (
    CredDef,
    CredDefResult,
    CredDefState,
    GetCredDefResult,
)
from acapy_agent.anoncreds.models.revocation import (
    GetRevListResult,
    GetRevRegDefResult,
    RevList,
    RevListResult,
    RevListState,
    RevRegDef,
    RevRegDefResult,
    RevRegDefState,
)
from acapy_agent.anoncreds.models.schema import (
    AnonCredsSchema,
    GetSchemaResult,
    SchemaResult,
    SchemaState,
)
from acapy_agent.anoncreds.models.schema_info import AnonCredsSchemaInfo
from acapy_agent.core.profile import Profile
from acapy_agent.messaging.models.base import BaseModel, BaseModelError

from acapy_webvh.publication import ResourcePublisher
from acapy_webvh.reader import MirrorReader
from acapy_webvh.tails import TailsFolder
from acquis.errors import AcquisError, NotFound, Unavailable
from acquis.registry.resource import Resource, ResourceType

_DOT = "."
"""ACA-Py puts one behind each message of a chain of errors."""


class WebvhRegistry(BaseAnonCredsResolver, BaseAnonCredsRegistrar):  # type: ignore[misc]
    """Resolver for all agents; registrar where a publisher is given (the issuer's agent)."""

    supported_identifiers_regex = re.compile(r"did:webvh:")

    def __init__(
        self,
        reader: MirrorReader,
        publisher: ResourcePublisher | None,
        tails: TailsFolder | None,
        on_failure: Callable[[], None] | None = None,
    ) -> None:
        self._reader = reader
        self._publisher = publisher
        self._tails = tails
        self._on_failure = on_failure

    async def setup(self, context: object) -> None:
        """ACA-Py calls this; there is nothing to set up."""

    # Reading

    async def get_schema(self, profile: Profile, schema_id: str) -> GetSchemaResult:
        """Return the published schema. Raises ACA-Py's not-found or resolution error."""
        schema = await self._resolve(schema_id, ResourceType.SCHEMA)
        made = await self._made_of(AnonCredsSchema, schema)
        return GetSchemaResult(made, schema_id, {}, {})

    async def get_schema_info_by_id(self, profile: Profile, schema_id: str) -> AnonCredsSchemaInfo:
        """Return issuer, name and version of the published schema."""
        content = (await self._resolve(schema_id, ResourceType.SCHEMA)).content
        return AnonCredsSchemaInfo(content["issuerId"], content["name"], content["version"])

    async def get_credential_definition(
        self, profile: Profile, credential_definition_id: str
    ) -> GetCredDefResult:
        """Return the published credential definition."""
        found = await self._resolve(credential_definition_id, ResourceType.CREDENTIAL_DEFINITION)
        definition = await self._made_of(CredDef, found)
        return GetCredDefResult(credential_definition_id, definition, {}, {})

    async def get_revocation_registry_definition(
        self, profile: Profile, revocation_registry_id: str
    ) -> GetRevRegDefResult:
        """Return the published registry definition; where credentials are held its tails are ready."""
        found = await self._resolve(
            revocation_registry_id, ResourceType.REVOCATION_REGISTRY_DEFINITION
        )
        definition = await self._made_of(RevRegDef, found)
        if self._tails is not None:
            with _resolving(revocation_registry_id):
                await self._place_tails(self._tails, definition.value.tails_hash)
        return GetRevRegDefResult(definition, revocation_registry_id, {}, {})

    async def get_revocation_list(
        self,
        profile: Profile,
        revocation_registry_id: str,
        timestamp_from: int | None = 0,
        timestamp_to: int | None = None,
    ) -> GetRevListResult:
        """Return the list in force at ``timestamp_to``; never a later one."""
        with _resolving(revocation_registry_id):
            at = _now_or(timestamp_to)
            _, found = await self._reader.status_list(revocation_registry_id, at)
        return GetRevListResult(await self._made_of(RevList, found), {}, {})

    async def _resolve(self, resource_id: str, expected: ResourceType) -> Resource:
        with _resolving(resource_id):
            return await self._reader.resource(resource_id, expected)

    async def _made_of[T: BaseModel](self, model: type[T], found: Resource) -> T:
        """Make ACA-Py's own object of a published one, in a thread: a large list takes 0.1 s."""
        try:
            return await self._reader.in_thread(lambda: model.deserialize(found.content))
        except BaseModelError as error:
            raise AnonCredsResolutionError(f"{found.id} cannot be read") from error

    async def _place_tails(self, tails: TailsFolder, tails_hash: str) -> None:
        try:
            await self._reader.in_thread(lambda: tails.place(tails_hash))
        except NotFound:
            await self._reader.tails_file(tails_hash)  # a miss: refreshes where that is allowed
            await self._reader.in_thread(lambda: tails.place(tails_hash))

    # Writing

    async def register_schema(
        self, profile: Profile, schema: AnonCredsSchema, options: dict[str, Any] | None = None
    ) -> SchemaResult:
        """Publish the schema; the same one again is a success."""
        with _registering():
            found = await self._writer().publish(
                profile,
                schema.issuer_id,
                ResourceType.SCHEMA,
                schema.name,
                schema.serialize(),
            )
        published = AnonCredsSchema.deserialize(found.content)
        return SchemaResult(None, SchemaState(SchemaState.STATE_FINISHED, found.id, published))

    async def register_credential_definition(
        self,
        profile: Profile,
        schema: GetSchemaResult,
        credential_definition: CredDef,
        options: dict[str, Any] | None = None,
    ) -> CredDefResult:
        """Publish the credential definition.

        Raises ``AnonCredsObjectAlreadyExists`` with its id when another one stands for the same
        schema and tag and this wallet can issue from it.
        """
        with _registering():
            content = credential_definition.serialize()
            standing = await self._standing_credential_definition(profile, content)
            if standing is not None:
                raise AnonCredsObjectAlreadyExists(
                    "A credential definition stands for this schema and tag", standing.id
                )
            found = await self._writer().publish(
                profile,
                credential_definition.issuer_id,
                ResourceType.CREDENTIAL_DEFINITION,
                credential_definition.tag,
                content,
            )
        return CredDefResult(
            None,
            CredDefState(CredDefState.STATE_FINISHED, found.id, CredDef.deserialize(found.content)),
            {},
            {},
        )

    async def register_revocation_registry_definition(
        self,
        profile: Profile,
        revocation_registry_definition: RevRegDef,
        options: dict[str, Any] | None = None,
    ) -> RevRegDefResult:
        """Publish the registry definition, or return the one that stands for its (definition, tag)."""
        with _registering():
            content = revocation_registry_definition.serialize()
            found = await self._standing_registry_definition(profile, content)
            if found is None:
                found = await self._writer().publish(
                    profile,
                    revocation_registry_definition.issuer_id,
                    ResourceType.REVOCATION_REGISTRY_DEFINITION,
                    revocation_registry_definition.tag,
                    content,
                )
        published = RevRegDef.deserialize(found.content)
        return RevRegDefResult(
            None, RevRegDefState(RevRegDefState.STATE_FINISHED, found.id, published), {}, {}
        )

    async def register_revocation_list(
        self,
        profile: Profile,
        rev_reg_def: RevRegDef,
        rev_list: RevList,
        options: dict[str, Any] | None = None,
    ) -> RevListResult:
        """Publish the list a registry begins with."""
        with _registering():
            found = await self._writer().publish_first_list(
                profile,
                rev_list.rev_reg_def_id,
                rev_list.revocation_list,
                rev_list.current_accumulator,
            )
        return await self._list_result(found)

    @override
    async def update_revocation_list(
        self,
        profile: Profile,
        rev_reg_def: RevRegDef,
        prev_list: RevList,
        curr_list: RevList,
        revoked: Sequence[int],
        options: dict[str, Any] | None = None,
    ) -> RevListResult:
        """Publish a list with further revocations; after a failure that is tried again by itself."""
        try:
            with _registering():
                found = await self._writer().publish_next_list(
                    profile,
                    curr_list.rev_reg_def_id,
                    curr_list.revocation_list,
                    curr_list.current_accumulator,
                )
        except (AnonCredsRegistrationError, Unavailable):
            if self._on_failure is not None:
                self._on_failure()
            raise
        return await self._list_result(found)

    def _writer(self) -> ResourcePublisher:
        if self._publisher is None:
            raise AnonCredsRegistrationError("This agent publishes nothing: no publish_url is set.")
        return self._publisher

    async def _list_result(self, found: Resource) -> RevListResult:
        published = await self._made_of(RevList, found)
        return RevListResult(None, RevListState(RevListState.STATE_FINISHED, published), {}, {})

    async def _standing_credential_definition(
        self, profile: Profile, content: dict[str, Any]
    ) -> Resource | None:
        """Another one for the same schema and tag, whose private key is in this wallet."""

        def same(found: Resource) -> bool:
            other = found.content
            return all(other[name] == content[name] for name in ("schemaId", "tag"))

        did = content["issuerId"]
        for found in await self._reader.find(did, ResourceType.CREDENTIAL_DEFINITION, same):
            if await _is_kept(profile, CATEGORY_CRED_DEF_PRIVATE, found.id):
                return found
        return None

    async def _standing_registry_definition(
        self, profile: Profile, content: dict[str, Any]
    ) -> Resource | None:
        """The one for the same credential definition and tag, whose private key is in this wallet."""

        def same(found: Resource) -> bool:
            other = found.content
            return all(other[name] == content[name] for name in ("credDefId", "tag"))

        kind = ResourceType.REVOCATION_REGISTRY_DEFINITION
        for found in await self._reader.find(content["issuerId"], kind, same):
            # ACA-Py's own name for the private key of a registry that it has not stored yet.
            waiting = f"rev_reg_def_private_{found.content['value']['tailsHash']}"
            if await _is_kept(profile, CATEGORY_REV_REG_DEF_PRIVATE, waiting):
                return found
            if await _is_kept(profile, CATEGORY_REV_REG_DEF_PRIVATE, found.id):
                # Exactly these words keep ACA-Py from trying again for ever.
                raise AnonCredsRegistrationError(f"Resource already exists: {found.id}")
        return None


def _now_or(timestamp: int | None) -> int:
    return int(time.time()) if timestamp is None else timestamp


@contextmanager
def _resolving(identifier: str) -> Iterator[None]:
    """Say in ACA-Py's errors what went wrong in ours.

    ``Unavailable`` passes as it is. ACA-Py answers an error it does not know with 500 and leaves the
    exchange where it is, so that the service tries again; a resolution error makes a holder's agent
    take itself for one of the Indy kind and abandon the exchange, which is right for what cannot be
    trusted and wrong for what is merely late.
    """
    try:
        yield
    except Unavailable:
        raise
    except NotFound as error:
        raise AnonCredsObjectNotFound(f"{identifier} is not in the registry") from error
    except AcquisError as error:
        raise AnonCredsResolutionError(f"{identifier}: {error.says.en.rstrip(_DOT)}") from error


@contextmanager
def _registering() -> Iterator[None]:
    """The same for writing: a silent registry is 500 (try again), a refusal of it is 400."""
    try:
        yield
    except Unavailable:
        raise
    except AcquisError as error:
        raise AnonCredsRegistrationError(error.says.en.rstrip(_DOT)) from error


async def _is_kept(profile: Profile, category: str, name: str) -> bool:
    async with profile.session() as session:
        return await session.handle.fetch(category, name) is not None
