"""What the operator decides, from AMANBA_* environment variables. The channels have settings of their own."""

from __future__ import annotations

import os
from ipaddress import ip_network
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from notifiers.plain_http import is_callable

LEASE_AT_LEAST = 60
FROM_FILES = ("database_url", "operator", "metrics_token", "heartbeat_url")
"""The settings that may stand in a file of their own, which AMANBA_…_FILE names: they are secrets, or hold one."""


class Settings(BaseSettings):
    """The installation's settings. A wrong one refuses to start, naming its variable."""

    model_config = SettingsConfigDict(env_prefix="AMANBA_", extra="ignore", hide_input_in_errors=True)

    data_dir: Path = Field(default=Path("var"), description="where SQLite, the key file and the simulated phones lie")
    database_url: str = Field(default="", description="empty: SQLite in the data directory")
    database_url_file: Path | None = None
    public_url: str = Field(default="http://127.0.0.1:8000", description="where people and providers reach us")
    secret_keys: SecretStr = Field(default=SecretStr(""), description="empty: made and kept in the data directory")
    secret_keys_file: Path | None = None
    backup_key: SecretStr = Field(default=SecretStr(""), description="seals backups; none of the secret keys")
    backup_key_file: Path | None = None
    """Read by those commands alone that need it: the service runs without a right to open it."""
    operator: str = Field(
        default="", description="who is paged: numbers in E.164, e-mail addresses, https:// webhooks; by all at once"
    )
    operator_file: Path | None = None
    demo: bool = Field(default=False, description="lifts lower bounds to a second, and says so on every page")
    storm_brake: bool = True
    lease_seconds: int = Field(default=120, ge=1, description="how long a claimed message is nobody else's")
    voice_dir: Path | None = Field(
        default=None, description="own recordings for calls, as kk/opening-0.wav; they replace ours of the same names"
    )
    language: str = Field(default="en", description="the language of pages before anybody chose one")
    metrics_token: SecretStr = Field(default=SecretStr(""), description="opens /metrics where people reach us")
    metrics_token_file: Path | None = None
    heartbeat_url: SecretStr = Field(default=SecretStr(""), description="called by completed sweeps, once a minute")
    heartbeat_url_file: Path | None = None
    senders: int = Field(default=32, ge=1, le=256, description="messages of one channel on their way at once")
    sends_a_day: int = Field(default=2000, ge=1, description="messages a day at which the operator is paged")
    sends_a_day_per_trip: int = Field(default=100, ge=1, description="the same, for each trip alone")
    codes_a_day: int = Field(
        default=500, ge=1, description="codes a day at which the operator is paged; beyond, only known numbers get one"
    )
    trusted_proxies: str = Field(
        default="", description="addresses and networks of proxies that say whom they serve (X-Forwarded-For)"
    )
    leave_url: str = Field(default="https://www.wikipedia.org/", description="where the pages' way out leads")
    log_level: str = "INFO"
    drain_seconds: float = Field(
        default=0, ge=0, le=20, description="how long a web goes on that was told to end; /readyz says that it leaves"
    )

    @field_validator("public_url")
    @classmethod
    def _a_whole_url(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise ValueError("must be http(s)://host, as others see it, without query or fragment")
        if parts.username or parts.password:
            raise ValueError("must hold no user name or password: providers' signatures fail with them")
        return value.rstrip("/")

    @field_validator("leave_url")
    @classmethod
    def _a_page_of_others(cls, value: str) -> str:
        if urlsplit(value).scheme not in ("http", "https") or not urlsplit(value).hostname:
            raise ValueError("must be a whole address of another site: https://…")
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _addresses_of_proxies(cls, value: str) -> str:
        proxies = [one.strip() for one in value.split(",") if one.strip()]
        try:
            networks = [ip_network(one) for one in proxies]
        except ValueError as error:
            raise ValueError("must be addresses or networks like 10.0.0.0/8, separated by commas") from error
        if any(network.prefixlen == 0 for network in networks):
            raise ValueError("must not be everybody: whoever calls could say that he is somebody else")
        return ",".join(proxies)

    @model_validator(mode="after")
    def _secrets_from_their_files(self) -> Self:
        for name in FROM_FILES:
            path: Path | None = getattr(self, f"{name}_file")
            if path is None:
                continue
            variable = f"AMANBA_{name.upper()}"
            if _plain(getattr(self, name)):
                raise ValueError(f"{variable} and {variable}_FILE are both set; keep one")
            try:
                text = path.read_text(encoding="utf-8").strip()
            except (OSError, UnicodeError) as error:
                raise ValueError(f"{variable}_FILE cannot be read: {type(error).__name__}") from error
            setattr(self, name, SecretStr(text) if isinstance(getattr(self, name), SecretStr) else text)
        return self

    @model_validator(mode="after")
    def _a_heartbeat_can_be_called(self) -> Self:
        url = self.heartbeat_url.get_secret_value()
        if url and not is_callable(url):
            raise ValueError("AMANBA_HEARTBEAT_URL must be https://… (http:// on this machine alone)")
        return self

    @model_validator(mode="after")
    def _a_lease_outlives_a_send(self) -> Self:
        if not self.demo and self.lease_seconds < LEASE_AT_LEAST:
            raise ValueError(
                f"AMANBA_LEASE_SECONDS must be {LEASE_AT_LEAST} or more: a provider may take 20 s to answer"
            )
        return self

    @property
    def database(self) -> str:
        """The database's URL."""
        return self.database_url or f"sqlite:///{self.data_dir / 'amanba.db'}"

    @property
    def key_file(self) -> Path:
        """Where the secret keys are kept when they are not given."""
        return self.secret_keys_file or self.data_dir / "secret_keys"


def _plain(value: str | SecretStr) -> str:
    return value.get_secret_value() if isinstance(value, SecretStr) else value


def faults(error: ValidationError) -> list[str]:
    """A sentence for each wrong setting, naming its variable; never its value."""
    said = []
    for fault in error.errors(include_input=False, include_url=False):
        name = "_".join(str(part) for part in fault["loc"]).upper()
        message = fault["msg"].removeprefix("Value error, ")
        said.append(f"AMANBA_{name}: {message}" if name else message)
    return said


def environment(settings: Settings) -> dict[str, str]:
    """The environment for the channels, with our default place for the simulated phones, and with those addresses of
    the operator that a webhook serves."""
    webhooks = [address.strip() for address in settings.operator.split(",") if "://" in address]
    ours = {"AMANBA_WEBHOOK_URL": ",".join(webhooks)} if webhooks else {}
    return {"AMANBA_PHONES_PATH": str(settings.data_dir / "phones.db"), **os.environ, **ours}
