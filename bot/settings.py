"""Settings, from the environment or `.env`. `docs/settings.md` describes each; a test holds it to that."""

from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from phonenumbers import SUPPORTED_REGIONS
from pydantic import AliasChoices, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from domain.pacing.rules import Caps

TELEGRAM = "https://api.telegram.org"


class Settings(BaseSettings):
    """Everything an operator of the machine can set."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", validate_default=True)

    environment: Literal["production", "development"] = "production"
    telegram_bot_token: SecretStr | None = Field(
        default=None, validation_alias=AliasChoices("TELEGRAM_BOT_TOKEN", "BOT_TOKEN")
    )
    admin_ids: Annotated[frozenset[int], NoDecode] = frozenset()
    telegram_api_url: str = TELEGRAM
    data_dir: Path = Path("data")
    database_url: str | None = None
    media_url: str | None = None
    simulated_url: str | None = None
    default_country: str = "US"
    default_zone: str = "UTC"
    max_recipients_per_campaign: int = Field(default=200, ge=1, le=1_000_000)
    max_sends_per_day: int = Field(default=500, ge=1, le=10_000_000)
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @field_validator("admin_ids", mode="before")
    @classmethod
    def _ids(cls, value: object) -> object:
        """`123,456` as well as a list; Telegram ids are whole numbers."""
        if isinstance(value, str):
            return frozenset(int(part) for part in value.replace(";", ",").split(",") if part.strip())
        return value

    @field_validator("default_zone")
    @classmethod
    def _zone(cls, value: str) -> str:
        """Found out here rather than in the middle of a screen."""
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(f"{value!r} is no time zone; write one like Europe/Istanbul") from None
        return value

    @field_validator("default_country")
    @classmethod
    def _country(cls, value: str) -> str:
        code = value.strip().upper()
        if code not in SUPPORTED_REGIONS:
            raise ValueError(f"{value!r} is no country; write its two letters, like TR")
        return code

    @property
    def database(self) -> str:
        return self.database_url or f"sqlite+aiosqlite:///{(self.data_dir / 'masssender.db').absolute()}"

    @property
    def media(self) -> str:
        return self.media_url or str((self.data_dir / "media").absolute())

    @property
    def caps(self) -> Caps:
        return Caps(a_campaign=self.max_recipients_per_campaign, a_day=self.max_sends_per_day)

    @property
    def base_url(self) -> str:
        return f"{self.telegram_api_url.rstrip('/')}/bot"

    @property
    def base_file_url(self) -> str:
        return f"{self.telegram_api_url.rstrip('/')}/file/bot"
