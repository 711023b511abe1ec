"""What the verifier can be told from outside."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from acquis.service.settings import BaseUrl, OptionalBaseUrl, RelyingSettings


class VerifierSettings(RelyingSettings):
    """Settings of the verifier: environment variables ``ACQUIS_VERIFIER_…``."""

    model_config = SettingsConfigDict(
        env_prefix="ACQUIS_VERIFIER_", extra="ignore", hide_input_in_errors=True
    )

    folder: Path = Field(
        default=Path(".acquis/verifier"),
        description="Where the service keeps its database and its mirror.",
    )
    port: int = Field(default=8040, ge=1, le=65535, description="Port to listen on.")
    public_url: BaseUrl = Field(
        default="http://127.0.0.1:8040",
        description="How people and wallets reach this service; request links begin with it.",
    )
    employer_name: str = Field(description="Name of the employer, shown to learners.")
    wallet_url: OptionalBaseUrl = Field(
        default="", description="The wallet offered first on the request page; empty: none."
    )
    link_seconds: int = Field(
        default=120, ge=10, le=3600, description="How long one QR code can be scanned, in seconds."
    )
    answer_minutes: int = Field(
        default=30,
        ge=1,
        le=1440,
        description="How long a scanned request waits for the learner, in minutes.",
    )
    grace_seconds: int = Field(
        default=300,
        ge=0,
        le=86400,
        description="How long a superseded revocation list still counts as current, in seconds.",
    )
    mirror_hours: int = Field(
        default=24,
        ge=1,
        le=720,
        description="How old the mirror may be before nothing can be decided, in hours.",
    )
