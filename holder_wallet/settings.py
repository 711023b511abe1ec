"""What the wallet can be told from outside."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from acquis.service.settings import BaseUrl, RelyingSettings


class WalletSettings(RelyingSettings):
    """Settings of the wallet: environment variables ``ACQUIS_WALLET_…``."""

    model_config = SettingsConfigDict(
        env_prefix="ACQUIS_WALLET_", extra="ignore", hide_input_in_errors=True
    )

    folder: Path = Field(
        default=Path(".acquis/wallet"),
        description="Where the service keeps its database and its mirror.",
    )
    port: int = Field(default=8030, ge=1, le=65535, description="Port to listen on.")
    public_url: BaseUrl = Field(
        default="http://127.0.0.1:8030", description="How learners reach this service."
    )
    loopback_links: bool = Field(
        default=False,
        description="Follow links to this very machine; only for a demo, never in production.",
    )
    offer_days: int = Field(
        default=30, ge=1, le=365, description="How long an offer waits for the learner, in days."
    )
    request_minutes: int = Field(
        default=30,
        ge=1,
        le=1440,
        description="How long a request waits for the learner, in minutes.",
    )
