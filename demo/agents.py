"""How the three ACA-Py agents are set up: one argument file each, and nothing secret anywhere else.

An agent has a folder of its own and it is also its ``HOME``: ACA-Py keeps the wallet under
``ACAPY_HOME`` but the tails files under ``HOME/.indy_client/tails``, so two agents that shared a
home would read each other's tails files. The environment is built here, nothing is inherited: every
ACA-Py option can also be set by an ``ACAPY_…`` variable, and a proxy variable would send webhooks
and tails files through the proxy.
"""

from __future__ import annotations

import json
import os
import secrets
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

import base58

from acquis.service.files import write_whole
from demo.supervisor import Program

MAX_MESSAGE_BYTES = 2 * 1024 * 1024
LARGE_REGISTRY_SECONDS = "180.0"
"""How long the agent waits for a revocation registry to be set up: two of 10,000 take 20 s alone."""


class AgentRole(StrEnum):
    """The three parts an agent can play; each has its own agent."""

    ISSUER = "issuer"
    HOLDER = "holder"
    VERIFIER = "verifier"


@dataclass(frozen=True, slots=True, repr=False)
class AgentSecrets:
    """What only the agent and the service that drives it know. Never printed."""

    api_key: str
    wallet_key: str
    jwt_secret: str
    webhook_key: str

    @classmethod
    def load_or_create(cls, folder: Path) -> AgentSecrets:
        """Load the secrets kept in ``folder/secrets.json`` (mode 0600); make them the first time."""
        file = folder / "secrets.json"
        if file.exists():
            return cls(**json.loads(file.read_text()))
        made = cls(
            api_key=secrets.token_urlsafe(32),
            wallet_key=base58.b58encode(secrets.token_bytes(32)).decode(),
            jwt_secret=secrets.token_urlsafe(48),
            webhook_key=secrets.token_urlsafe(32),
        )
        kept = {name: getattr(made, name) for name in cls.__slots__}
        write_whole(file, json.dumps(kept).encode(), mode=0o600)
        return made


@dataclass(frozen=True, slots=True)
class AgentSetup:
    """One agent: what it does, where it listens, which mirror it reads.

    ``webhook_url`` is the address of the service that drives it (its key is added from the secrets);
    ``sources`` maps a DID host to the base URL its files are fetched from; ``publish_url`` is the
    registry host's base URL and is given to the issuer alone; ``tails_url`` is the public address of
    the tails files, as third parties will read it in a revocation registry definition; ``endpoint``
    is where its peers reach it, where that is not its inbound port itself.
    """

    role: AgentRole
    folder: Path
    admin_port: int
    inbound_port: int
    webhook_url: str
    mirror: Path
    trusted_root: Path
    sources: Mapping[str, str]
    tails_url: str
    publish_url: str | None = None
    endpoint: str = ""
    label: str = ""
    log_level: str = "warning"
    restarts: bool = False
    secrets: AgentSecrets = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        object.__setattr__(self, "secrets", AgentSecrets.load_or_create(self.folder))

    @property
    def name(self) -> str:
        """The program's name for the supervisor and for people."""
        return f"{self.role}-agent"

    @property
    def admin_url(self) -> str:
        """The base URL of the agent's admin API, on this machine only."""
        return f"http://127.0.0.1:{self.admin_port}"

    @property
    def tails_folder(self) -> Path:
        """Where this agent looks for tails files."""
        return self.folder / ".indy_client" / "tails"

    def program(self) -> Program:
        """Write the argument file (mode 0600) and return the program that the supervisor runs."""
        argument_file = self.folder / "arguments.yaml"
        # JSON is YAML: no second way of writing it is needed.
        write_whole(argument_file, json.dumps(self._arguments(), indent=1).encode(), mode=0o600)
        return Program(
            name=self.name,
            argv=(
                sys.executable,
                str(Path(sys.executable).with_name("aca-py")),
                "start",
                "--arg-file",
                str(argument_file),
            ),
            folder=self.folder,
            log_file=self.folder / "agent.log",
            environment={
                "HOME": str(self.folder),
                "ACAPY_HOME": str(self.folder / "wallets"),
                "LANG": "C.UTF-8",
                "PATH": os.defpath,
                "PYTHONUNBUFFERED": "1",
                "REVOCATION_REGISTRY_CREATION_TIMEOUT": LARGE_REGISTRY_SECONDS,
            },
            ready_url=f"{self.admin_url}/status/ready",
            ports={"admin": self.admin_port, "inbound": self.inbound_port},
            restarts=self.restarts,
        )

    def _arguments(self) -> dict[str, object]:
        arguments: dict[str, object] = {
            "label": self.label or self.name,
            "endpoint": [self.endpoint or f"http://127.0.0.1:{self.inbound_port}"],
            "inbound-transport": [["http", "127.0.0.1", str(self.inbound_port)]],
            "outbound-transport": ["http"],
            "max-message-size": str(MAX_MESSAGE_BYTES),
            "admin": ["127.0.0.1", str(self.admin_port)],
            "admin-api-key": self.secrets.api_key,
            "webhook-url": [f"{self.webhook_url}#{self.secrets.webhook_key}"],
            "no-ledger": True,
            "auto-provision": True,
            "wallet-type": "askar-anoncreds",
            "wallet-name": str(self.role),
            # The key is 32 random bytes already: deriving another from it would only cost memory.
            "wallet-key-derivation-method": "raw",
            "wallet-key": self.secrets.wallet_key,
            "preserve-exchange-records": True,
            "emit-new-didcomm-prefix": True,
            "emit-new-didcomm-mime-type": True,
            "tails-server-base-url": self.tails_url,
            "tails-server-upload-url": self._tails_upload_url(),
            "log-level": self.log_level,
            "plugin": ["acapy_webvh", "acapy_redelivery"],
            "plugin-config": str(self._write_plugin_config()),
        }
        if self.role is AgentRole.HOLDER:
            arguments |= {
                "multitenant": True,
                "multitenant-admin": True,
                "jwt-secret": self.secrets.jwt_secret,
                "multitenancy-config": ["wallet_type=single-wallet-askar", "wallet_name=learners"],
            }
        return arguments

    def _tails_upload_url(self) -> str:
        """Only an issuer uploads; ACA-Py wants both addresses all the same."""
        return f"{self.publish_url}/tails" if self.publish_url else self.tails_url

    def _write_plugin_config(self) -> Path:
        file = self.folder / "plugins.yaml"
        config: dict[str, object] = {
            "mirror": str(self.mirror),
            "trusted_root": str(self.trusted_root),
            "sources": ",".join(f"{host}={url}" for host, url in self.sources.items()),
            # A verifier never fetches at the moment of verifying: its service keeps the mirror fresh.
            "refresh_on_miss": self.role is not AgentRole.VERIFIER,
            "place_tails": self.role is AgentRole.HOLDER,
        }
        if self.publish_url:
            config["publish_url"] = self.publish_url
        write_whole(file, json.dumps({"acapy_webvh": config}, indent=1).encode(), mode=0o600)
        return file
