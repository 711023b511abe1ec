"""The ACA-Py plugin: did:webvh for AnonCreds objects and DIDs, read from the mirror.

``--plugin acapy_webvh`` with a ``plugin-config`` (see ``settings``). What it replaces and adds:

- the resolver of did:webvh, and every resolver that would fetch an address a stranger's DID names;
- the AnonCreds registry of all identifiers under ``did:webvh:``;
- tails files, put in place before ACA-Py would fetch them;
- finishing what a crash or a silent registry left half done (``resumption``, ``reconciliation``).
"""

from __future__ import annotations

import gc
from pathlib import Path

from acapy_agent.anoncreds.registry import AnonCredsRegistry
from acapy_agent.anoncreds.util import indy_client_dir
from acapy_agent.config.injection_context import InjectionContext
from acapy_agent.config.plugin_settings import PluginSettings
from acapy_agent.core.event_bus import Event, EventBus
from acapy_agent.core.profile import Profile
from acapy_agent.core.util import SHUTDOWN_EVENT_PATTERN, STARTUP_EVENT_PATTERN
from acapy_agent.resolver.did_resolver import DIDResolver

from acapy_webvh.anoncreds_registry import WebvhRegistry
from acapy_webvh.did_resolver import MirrorDidResolver, replace_network_resolvers
from acapy_webvh.publication import ResourcePublisher
from acapy_webvh.reader import MirrorReader
from acapy_webvh.reconciliation import Reconciler
from acapy_webvh.resumption import resume_set_ups
from acapy_webvh.settings import PLUGIN, parse_settings
from acapy_webvh.tails import TailsFolder
from acquis.registry.mirror import Mirror


async def setup(context: InjectionContext) -> None:
    """Register everything with the agent (ACA-Py calls this). Raises ``InvalidInput``."""
    settings = parse_settings(PluginSettings.for_plugin(context.settings, PLUGIN, {}).to_dict())
    mirror = Mirror(settings.mirror, settings.sources, trusted_root=settings.trusted_root)
    reader = MirrorReader(mirror, refresh_on_miss=settings.refresh_on_miss)
    publisher = ResourcePublisher(reader, settings.publish_url) if settings.publish_url else None
    reconciler = Reconciler(publisher) if publisher else None
    tails = TailsFolder(Path(indy_client_dir("tails")), mirror) if settings.place_tails else None
    replace_network_resolvers(context.inject(DIDResolver), MirrorDidResolver(reader))
    context.inject(AnonCredsRegistry).register(
        WebvhRegistry(reader, publisher, tails, on_failure=reconciler.wake if reconciler else None)
    )

    async def start(profile: Profile, event: Event) -> None:
        # What was imported stays: to look through it stops the loop, again and again, for nothing.
        gc.freeze()
        if reconciler is not None:
            await resume_set_ups(profile)
            reconciler.start(profile)

    async def stop(profile: Profile, event: Event) -> None:
        if reconciler is not None:
            await reconciler.stop()
        if publisher is not None:
            await publisher.close()
        reader.close()

    if reconciler is not None:
        context.injector.bind_instance(Reconciler, reconciler)
    events = context.inject(EventBus)
    events.subscribe(STARTUP_EVENT_PATTERN, start)
    events.subscribe(SHUTDOWN_EVENT_PATTERN, stop)
