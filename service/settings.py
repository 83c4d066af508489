"""What the operator decides, from AMANBA_* environment variables. The channels have settings of their own."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

GRACE_AT_LEAST = timedelta(minutes=5)
WAIT_AT_LEAST = timedelta(minutes=1)
DEMO_AT_LEAST = timedelta(seconds=1)


class Settings(BaseSettings):
    """The installation's settings. A wrong one refuses to start, naming its variable."""

    model_config = SettingsConfigDict(env_prefix="AMANBA_", extra="ignore", hide_input_in_errors=True)

    data_dir: Path = Field(default=Path("var"), description="where SQLite, the key file and the simulated phones lie")
    database_url: str = Field(default="", description="empty: SQLite in the data directory")
    public_url: str = Field(default="http://127.0.0.1:8000", description="where people and providers reach us")
    secret_keys: SecretStr = Field(default=SecretStr(""), description="empty: made and kept in the data directory")
    secret_keys_file: Path | None = None
    operator: str = Field(default="", description="who is paged: a phone number in E.164")
    demo: bool = Field(default=False, description="lifts lower bounds to a second, and says so on every page")
    storm_brake: bool = True
    language: str = Field(default="en", description="the language of pages before anybody chose one")
    log_level: str = "INFO"

    @field_validator("public_url")
    @classmethod
    def _a_whole_url(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise ValueError("must be http(s)://host, as others see it, without query or fragment")
        if parts.username or parts.password:
            raise ValueError("must hold no user name or password: providers' signatures fail with them")
        return value.rstrip("/")

    @property
    def database(self) -> str:
        """The database's URL."""
        return self.database_url or f"sqlite:///{self.data_dir / 'amanba.db'}"

    @property
    def key_file(self) -> Path:
        """Where the secret keys are kept when they are not given."""
        return self.secret_keys_file or self.data_dir / "secret_keys"

    @property
    def grace_at_least(self) -> timedelta:
        return DEMO_AT_LEAST if self.demo else GRACE_AT_LEAST

    @property
    def wait_at_least(self) -> timedelta:
        return DEMO_AT_LEAST if self.demo else WAIT_AT_LEAST


def environment(settings: Settings) -> dict[str, str]:
    """The environment for the channels, with our default place for the simulated phones."""
    return {"AMANBA_PHONES_PATH": str(settings.data_dir / "phones.db"), **os.environ}
