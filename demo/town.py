"""The town: seven processes on one machine, each with a folder of its own under one folder."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Final

from acquis.service.files import write_whole
from demo.agents import AgentRole, AgentSetup
from demo.anchor import PLACE as ANCHOR_PLACE
from demo.anchor import set_up as set_up_anchor
from demo.supervisor import Program, Supervisor, free_ports
from registry_host.grants import Grants
from registry_host.operation import set_up
from registry_host.settings import RegistrySettings
from trust_anchor.anchor import Anchor

HOST: Final = "registry.acquis.example"
ISSUER_FOLDER: Final = "demo/university"
INSTITUTION: Final = "Acquis Demonstration Institute"
EMPLOYER: Final = "Atelier Numérique SAS"

SERVICES: Final = ("registry", "issuer", "wallet", "verifier")
AGENTS: Final = ("issuer-agent", "holder-agent", "verifier-agent")
_MODULES: Final = {
    "registry": "registry_host",
    "issuer": "issuer_agent",
    "wallet": "holder_wallet",
    "verifier": "verifier",
}
_HASH_BITS: Final = 4


@dataclass(frozen=True, slots=True)
class Ports:
    """One port on 127.0.0.1 for each thing that listens."""

    registry: int = 8010
    issuer: int = 8020
    issuer_admin: int = 8021
    issuer_inbound: int = 8022
    wallet: int = 8030
    wallet_admin: int = 8031
    wallet_inbound: int = 8032
    verifier: int = 8040
    verifier_admin: int = 8041
    verifier_inbound: int = 8042

    @classmethod
    def starting_at(cls, first: int) -> Ports:
        """Return the usual ports, moved so that the registry's is ``first``."""
        usual = cls()
        names = [each.name for each in fields(cls)]
        return cls(*(getattr(usual, name) - usual.registry + first for name in names))

    @classmethod
    def free(cls) -> Ports:
        """Choose ports that nobody uses at this moment."""
        return cls(*free_ports(10))


@dataclass
class Town:
    """Everything that runs, set up under ``folder``; ``supervisor`` starts and stops it by name."""

    folder: Path
    supervisor: Supervisor
    ports: Ports = field(default_factory=Ports)
    mirror_seconds: float = 2.0
    registry_size: int = 100
    webhooks: bool = True
    restarts: bool = False
    extra: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def url(self, service: str) -> str:
        """Return the address of a service (``registry``, ``issuer``, ``wallet``, ``verifier``)."""
        return f"http://127.0.0.1:{getattr(self.ports, service)}"

    @property
    def trusted_root(self) -> Path:
        """The registry's root of trust, as its operator gives it to every reader."""
        return self.folder / "root.json"

    def mirror(self, unit: str) -> Path:
        """Return the mirror folder that a service and its agent share."""
        return self.folder / unit / "mirror"

    async def build(self) -> Anchor:
        """Set up the registry and every program; start the registry and publish the anchor's DID."""
        self.folder.mkdir(parents=True, exist_ok=True)
        await asyncio.to_thread(self._set_up_registry)
        self.supervisor.add(self._service("registry", self._registry_environment()))
        await self.supervisor.start("registry")
        anchor = await set_up_anchor(self.folder / "anchor", HOST, self.url("registry"))
        for role, unit in (
            (AgentRole.ISSUER, "issuer"),
            (AgentRole.HOLDER, "wallet"),
            (AgentRole.VERIFIER, "verifier"),
        ):
            agent = self._agent(role, unit)
            self.supervisor.add(agent.program())
            self.supervisor.add(self._service(unit, self._environment(unit, agent, anchor)))
        return anchor

    async def start(self) -> None:
        """Start the three agents and the three services, each as soon as it can be."""
        await self.supervisor.start(*AGENTS, "issuer", "wallet", "verifier")

    def _registry_settings(self) -> RegistrySettings:
        return RegistrySettings(
            folder=self.folder / "registry",
            host=HOST,
            port=self.ports.registry,
            hash_bits=_HASH_BITS,
        )

    def _set_up_registry(self) -> None:
        settings = self._registry_settings()
        tuf = settings.public / "tuf"
        if not (tuf / "timestamp.json").exists():
            # On one machine the root keys can only be put beside it; an operator takes them away.
            set_up(settings, self.folder / "root-keys", keys=3, threshold=2)
        grants = Grants(settings.folder / "grants.json")
        for name in (ISSUER_FOLDER, ANCHOR_PLACE):
            grants.grant(name)
        shutil.copyfile(tuf / "1.root.json", self.trusted_root)

    def _registry_environment(self) -> dict[str, str]:
        return {
            "ACQUIS_REGISTRY_FOLDER": str(self.folder / "registry"),
            "ACQUIS_REGISTRY_HOST": HOST,
            "ACQUIS_REGISTRY_PORT": str(self.ports.registry),
            "ACQUIS_REGISTRY_HASH_BITS": str(_HASH_BITS),
        }

    def _agent(self, role: AgentRole, unit: str) -> AgentSetup:
        registry = self.url("registry")
        return AgentSetup(
            role=role,
            folder=self.folder / unit / "agent",
            admin_port=getattr(self.ports, f"{unit}_admin"),
            inbound_port=getattr(self.ports, f"{unit}_inbound"),
            webhook_url=f"{self.url(unit)}/webhooks"
            if self.webhooks
            else "http://127.0.0.1:9/none",
            mirror=self.mirror(unit),
            trusted_root=self.trusted_root,
            sources={HOST: registry},
            tails_url=f"https://{HOST}/tails",
            publish_url=registry if role is AgentRole.ISSUER else None,
            label={"issuer": INSTITUTION, "verifier": EMPLOYER}.get(unit, "Acquis"),
            restarts=self.restarts,
        )

    def _environment(self, unit: str, agent: AgentSetup, anchor: Anchor) -> dict[str, str]:
        prefix = f"ACQUIS_{unit.upper()}_"
        own = {
            "issuer": {
                "INSTITUTION_NAME": INSTITUTION,
                "REGISTRY_HOST": HOST,
                "REGISTRY_FOLDER": ISSUER_FOLDER,
                "PUBLISH_URL": self.url("registry"),
                "WALLET_URL": self.url("wallet"),
                "REGISTRY_SIZE": str(self.registry_size),
            },
            "wallet": {"LOOPBACK_LINKS": "true", "ANCHORS": anchor.did},
            "verifier": {
                "EMPLOYER_NAME": EMPLOYER,
                "WALLET_URL": self.url("wallet"),
                "ANCHORS": anchor.did,
            },
        }[unit]
        settings = {
            "FOLDER": str(self.folder / unit),
            "PORT": str(getattr(self.ports, unit)),
            "PUBLIC_URL": self.url(unit),
            "SECRET": _load_or_create_secret(self.folder / unit / "secret"),
            "DEVELOPMENT_LOGIN": "true",
            "AGENT_URL": agent.admin_url,
            "AGENT_API_KEY": agent.secrets.api_key,
            "WEBHOOK_KEY": agent.secrets.webhook_key,
            "MIRROR": str(self.mirror(unit)),
            "TRUSTED_ROOT": str(self.trusted_root),
            "SOURCES": f"{HOST}={self.url('registry')}",
            "MIRROR_SECONDS": str(self.mirror_seconds),
            **own,
            **self.extra.get(unit, {}),
        }
        return {prefix + name: value for name, value in settings.items()}

    def _service(self, unit: str, environment: Mapping[str, str]) -> Program:
        folder = self.folder / unit
        return Program(
            name=unit,
            argv=(sys.executable, "-m", _MODULES[unit], "serve"),
            folder=folder,
            log_file=folder / "service.log",
            environment={
                "HOME": str(folder),
                "LANG": "C.UTF-8",
                "PATH": os.defpath,
                "PYTHONUNBUFFERED": "1",
                **environment,
            },
            ready_url=f"{self.url(unit)}/ready",
            ports={"http": getattr(self.ports, unit)},
            restarts=self.restarts,
        )


def _load_or_create_secret(file: Path) -> str:
    if not file.exists():
        write_whole(file, json.dumps(secrets.token_urlsafe(48)).encode(), mode=0o600)
    return str(json.loads(file.read_text()))
