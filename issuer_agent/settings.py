"""What the issuer can be told from outside."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, field_validator
from pydantic_settings import SettingsConfigDict

from acquis.registry.paths import parse_folder
from acquis.registry.rules import RuleBroken
from acquis.service.settings import AgentSettings, BaseUrl, DidHost, OptionalBaseUrl


class IssuerSettings(AgentSettings):
    """Settings of the issuer: environment variables ``ACQUIS_ISSUER_…``."""

    model_config = SettingsConfigDict(
        env_prefix="ACQUIS_ISSUER_", extra="ignore", hide_input_in_errors=True
    )

    folder: Path = Field(
        default=Path(".acquis/issuer"),
        description="Where the service keeps its database and its mirror.",
    )
    port: int = Field(default=8020, ge=1, le=65535, description="Port to listen on.")
    public_url: BaseUrl = Field(
        default="http://127.0.0.1:8020",
        description="How learners reach this service; claim links begin with it.",
    )
    institution_name: str = Field(description="Legal name of the institution.")
    registry_host: DidHost = Field(
        default="registry.acquis.example", description="Host name in the institution's DID."
    )
    registry_folder: str = Field(
        description="Namespace and issuer at the registry, granted by its operator: demo/university."
    )
    publish_url: BaseUrl = Field(
        description="Base URL of the registry host that documents are put to."
    )
    wallet_url: OptionalBaseUrl = Field(
        default="", description="The wallet offered first on the claim page; empty: none."
    )
    registry_size: int = Field(
        default=1000,
        ge=1,
        le=32768,
        description="How many credentials one revocation registry holds.",
    )
    claim_days: int = Field(
        default=90, ge=1, le=3650, description="How long a claim link can be used, in days."
    )

    @field_validator("registry_folder")
    @classmethod
    def _check_folder(cls, folder: str) -> str:
        try:
            return parse_folder(folder)
        except RuleBroken as error:
            message = "namespace/issuer is needed: lower case, digits, inner hyphens"
            raise ValueError(message) from error

    @property
    def update_keys(self) -> Path:
        """The file with the update keys of the institution's DID."""
        return self.folder / "keys" / "update.json"
