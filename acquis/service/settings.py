"""What every service of ours can be told from outside; each service adds its own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


class ServiceSettings(BaseSettings):
    """Settings read from the environment; a subclass sets the prefix (``ACQUIS_ISSUER_`` …)."""

    model_config = SettingsConfigDict(extra="ignore", hide_input_in_errors=True)

    folder: Path = Field(
        default=Path(".acquis"), description="Where the service keeps its database and its mirror."
    )
    bind: str = Field(default="127.0.0.1", description="Address to listen on.")
    port: int = Field(default=8000, ge=1, le=65535, description="Port to listen on.")
    public_url: str = Field(
        default="http://127.0.0.1:8000",
        description="How people and wallets reach this service; links and QR codes begin with it.",
    )
    database_url: str = Field(
        default="",
        description="SQLAlchemy URL (sqlite+aiosqlite or postgresql+psycopg); empty: SQLite in the folder.",
    )
    broker_url: str = Field(
        default="memory://",
        description="Where wake-ups travel: memory://, redis://… or postgresql://…",
    )
    instance: str = Field(
        default="1",
        description="Name of this process among its replicas; work it left is taken up by it.",
    )
    secret: SecretStr = Field(
        default=SecretStr(""),
        description="Key of sessions and of what is sealed in the database; 32 characters or more.",
    )
    development_login: bool = Field(
        default=False,
        description="Let anyone sign in by giving a name; only for a demo on loopback.",
    )
    log_level: str = Field(default="INFO", description="DEBUG, INFO, WARNING or ERROR.")
    sweep_seconds: float = Field(
        default=1.0,
        gt=0,
        description="How often due work is looked for when no doorbell announced it.",
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        if len(self.secret.get_secret_value()) < 32:
            message = "secret: 32 characters or more are needed"
            raise ValueError(message)
        if self.development_login and self.bind not in {"127.0.0.1", "::1", "localhost"}:
            message = "development_login: only allowed when bind is a loopback address"
            raise ValueError(message)
        return self

    @property
    def database(self) -> str:
        """The database URL, the default one included."""
        return self.database_url or f"sqlite+aiosqlite:///{self.folder / 'service.sqlite3'}"


class AgentSettings(ServiceSettings):
    """What a service that drives an agent and reads the registry is told besides."""

    agent_url: str = Field(
        default="http://127.0.0.1:8001", description="Admin address of the ACA-Py agent."
    )
    agent_api_key: SecretStr = Field(
        default=SecretStr(""), description="Key of the agent's admin API."
    )
    webhook_key: SecretStr = Field(
        default=SecretStr(""), description="Key the agent shows when it rings the doorbell."
    )
    mirror: Path | None = Field(
        default=None, description="Folder of the mirror of the registry; empty: in the folder."
    )
    trusted_root: Path | None = Field(
        default=None, description="root.json of the registry, received from its operator."
    )
    sources: Annotated[dict[str, str], NoDecode] = Field(
        default_factory=dict,
        description="Where each registry host is read from: host=https://place, several with commas.",
    )
    mirror_seconds: float = Field(
        default=60.0, gt=0, description="How often the mirror is refreshed (with a little jitter)."
    )

    @model_validator(mode="before")
    @classmethod
    def _read_sources(cls, values: dict[str, object]) -> dict[str, object]:
        raw = values.get("sources")
        if isinstance(raw, str):
            values["sources"] = dict(
                pair.strip().split("=", 1) for pair in raw.split(",") if "=" in pair
            )
        return values

    @property
    def mirror_folder(self) -> Path:
        """The mirror's folder, the default one included."""
        return self.mirror or self.folder / "mirror"
