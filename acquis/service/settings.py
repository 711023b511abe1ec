"""What every service of ours can be told from outside; each service adds its own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

from pydantic import AfterValidator, Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from acquis.errors import InvalidInput
from acquis.registry.did import is_host, parse_did
from acquis.registry.mirror.places import is_base_url, parse_places
from acquis.registry.rules import RuleBroken
from acquis.service.loopback import host_of, is_loopback

_SHORTEST_SECRET: Final = 32
_SHORTEST_KEY: Final = 16
_MOST_ANCHORS: Final = 20
_LEVELS: Final = ("DEBUG", "INFO", "WARNING", "ERROR")
_DRIVERS: Final = ("sqlite+aiosqlite", "postgresql+psycopg")
_BROKERS: Final = ("memory", "redis", "rediss", "postgresql")


def _check_level(level: str) -> str:
    wrong = [] if level.upper() in _LEVELS else [f"{', '.join(_LEVELS)} is needed"]
    return _none(wrong, level.upper())


def _check_url(url: str) -> str:
    good = is_base_url(url) and not url.endswith("/")
    needed = "an http or https address is needed, without user, query or slash at its end"
    return _none([] if good else [needed], url)


def _check_host(host: str) -> str:
    needed = "a name with labels of two letters or more is needed, no port, no address"
    return _none([] if is_host(host) else [needed], host)


type LogLevel = Annotated[str, AfterValidator(_check_level)]
type BaseUrl = Annotated[str, AfterValidator(_check_url)]
type OptionalBaseUrl = Annotated[str, AfterValidator(lambda url: _check_url(url) if url else url)]
type DidHost = Annotated[str, AfterValidator(_check_host)]


class ServiceSettings(BaseSettings):
    """Settings read from the environment; a subclass sets the prefix (``ACQUIS_ISSUER_`` …)."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    folder: Path = Field(description="Where the service keeps its database and its mirror.")
    bind: str = Field(default="127.0.0.1", description="Address to listen on.")
    port: int = Field(default=8000, ge=1, le=65535, description="Port to listen on.")
    public_url: BaseUrl = Field(
        default="http://127.0.0.1:8000",
        description="How people and wallets reach this service; links and QR codes begin with it.",
    )
    database_url: str = Field(
        default="",
        description="SQLAlchemy URL (sqlite+aiosqlite or postgresql+psycopg) of a database that no "
        "other service uses; empty: SQLite in the folder.",
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
        description="Let anyone sign in by giving a name; only where bind and public_url are on "
        "loopback, and only to requests that reach this machine by no proxy.",
    )
    log_level: LogLevel = Field(default="INFO", description="DEBUG, INFO, WARNING or ERROR.")
    sweep_seconds: float = Field(
        default=1.0,
        gt=0,
        description="How often due work is looked for when no doorbell announced it.",
    )

    @field_validator("secret")
    @classmethod
    def _check_secret(cls, secret: SecretStr) -> SecretStr:
        return _check_length(secret, _SHORTEST_SECRET)

    @field_validator("database_url")
    @classmethod
    def _check_database(cls, url: str) -> str:
        needed = f"{' or '.join(_DRIVERS)} is needed, and for SQLite a file"
        return _none([] if not url or _is_database(url) else [needed], url)

    @field_validator("broker_url")
    @classmethod
    def _check_broker(cls, url: str) -> str:
        good = url.partition("://")[0] in _BROKERS
        return _none([] if good else ["memory://, redis://… or postgresql://… is needed"], url)

    @field_validator("development_login")
    @classmethod
    def _check_login(cls, allowed: bool, others: ValidationInfo) -> bool:
        wrong = []
        if allowed and not is_loopback(others.data.get("bind", "")):
            wrong.append("only allowed when bind is a loopback address")
        if allowed and not is_loopback(host_of(others.data.get("public_url", ""))):
            wrong.append("only allowed when public_url is on loopback")
        return _none(wrong, allowed)

    @property
    def database(self) -> str:
        """The database URL, the default one included."""
        return self.database_url or f"sqlite+aiosqlite:///{self.folder / 'service.sqlite3'}"


class AgentSettings(ServiceSettings):
    """What a service that drives an agent and reads the registry is told besides.

    Registries are read and written through the proxy that ``HTTPS_PROXY`` or ``HTTP_PROXY`` names,
    unless ``NO_PROXY`` names them or they are on loopback: their places are the operator's, what they
    say is signed. Nothing else ever goes through a proxy: the agent is sent its key, and the wallet
    connects to exactly the addresses it checked of a link.
    """

    agent_url: BaseUrl = Field(
        default="http://127.0.0.1:8001", description="Admin address of the ACA-Py agent."
    )
    agent_api_key: SecretStr = Field(
        default=SecretStr(""), description="Key of the agent's admin API; 16 characters or more."
    )
    webhook_key: SecretStr = Field(
        default=SecretStr(""),
        description="Key the agent shows when it rings the doorbell; 16 characters or more.",
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

    @field_validator("sources", mode="before")
    @classmethod
    def _read_sources(cls, listed: object) -> object:
        try:
            return parse_places(listed) if isinstance(listed, str) else listed
        except InvalidInput as error:
            raise ValueError(error.says.en) from error

    @field_validator("agent_api_key", "webhook_key")
    @classmethod
    def _check_key(cls, key: SecretStr) -> SecretStr:
        return _check_length(key, _SHORTEST_KEY)

    @property
    def mirror_folder(self) -> Path:
        """The mirror's folder, the default one included."""
        return self.mirror or self.folder / "mirror"


class RelyingSettings(AgentSettings):
    """What a service that relies on trust anchors is told besides."""

    anchors: Annotated[tuple[str, ...], NoDecode] = Field(
        default_factory=tuple,
        description="DIDs of the trust anchors whose lists are relied on, several with commas.",
    )

    @field_validator("anchors", mode="before")
    @classmethod
    def _read_anchors(cls, listed: object) -> object:
        if not isinstance(listed, str):
            return listed
        named = (each.strip() for each in listed.split(","))
        return tuple(dict.fromkeys(each for each in named if each))

    @field_validator("anchors")
    @classmethod
    def _check_anchors(cls, anchors: tuple[str, ...]) -> tuple[str, ...]:
        wrong = [
            f"number {number} is no did:webvh DID"
            for number, anchor in enumerate(anchors, start=1)
            if not _is_did(anchor)
        ]
        if len(anchors) > _MOST_ANCHORS:
            wrong.append(f"at most {_MOST_ANCHORS}")
        return _none(wrong, anchors)


def _check_length(secret: SecretStr, shortest: int) -> SecretStr:
    short = len(secret.get_secret_value()) < shortest
    return _none([f"{shortest} characters or more are needed"] if short else [], secret)


def _none[T](wrong: list[str], value: T) -> T:
    """Return ``value`` when nothing is wrong. Raises: ValueError, which never holds the value."""
    if wrong:
        raise ValueError("; ".join(wrong))
    return value


def _is_database(url: str) -> bool:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):  # no URL, or a port that is no number
        return False
    is_kept = parsed.get_backend_name() != "sqlite" or parsed.database not in {
        None,
        "",
        ":memory:",
    }
    return parsed.drivername in _DRIVERS and is_kept


def _is_did(text: str) -> bool:
    try:
        parse_did(text)
    except RuleBroken:
        return False
    return True
