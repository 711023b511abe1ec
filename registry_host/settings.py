"""What the registry host can be told from outside (``ACQUIS_REGISTRY_…``)."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from acquis.service.settings import DidHost, LogLevel


class RegistrySettings(BaseSettings):
    """Settings of the registry host."""

    model_config = SettingsConfigDict(
        env_prefix="ACQUIS_REGISTRY_", extra="ignore", hide_input_in_errors=True, frozen=True
    )

    folder: Path = Field(
        default=Path(".acquis/registry"), description="Where the published files are kept."
    )
    keys: Path | None = Field(
        default=None,
        description="Folder with the online signing key (mode 0600); empty: in the folder.",
    )
    host: DidHost = Field(
        default="registry.acquis.example",
        description="Host name in the DIDs published here; chosen for life.",
    )
    bind: str = Field(default="127.0.0.1", description="Address to listen on.")
    port: int = Field(default=8010, ge=1, le=65535, description="Port to listen on.")
    hash_bits: int = Field(
        default=8,
        ge=1,
        le=14,
        description="Bits of the TUF hash bins (8: 256 bins), fixed when the registry is set up.",
    )
    renew_seconds: float = Field(
        default=3600.0,
        gt=0,
        description="How often the TUF timestamp is signed again when nothing is written.",
    )
    keep_seconds: float = Field(
        default=3600.0,
        gt=0,
        description="How long a replaced file stays readable for a mirror that is refreshing.",
    )
    folder_bytes: int = Field(
        default=8 * 1024**3,
        gt=0,
        description="Most bytes one issuer may publish, its tails files included.",
    )
    log_level: LogLevel = Field(default="INFO", description="DEBUG, INFO, WARNING or ERROR.")

    @property
    def keys_folder(self) -> Path:
        """The folder of the online key, the default one included."""
        return self.keys or self.folder / "keys"

    @property
    def root_keys_folder(self) -> Path:
        """Where root keys are written unless told otherwise; they are to be taken away."""
        return self.folder / "root-keys"

    @property
    def public(self) -> Path:
        """The published tree."""
        return self.folder / "public"

    @property
    def tuf(self) -> Path:
        """The metadata over the published tree."""
        return self.public / "tuf"
