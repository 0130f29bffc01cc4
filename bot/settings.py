"""Settings, from the environment or `.env`. `docs/settings.md` describes each; a test holds it to that."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from phonenumbers import SUPPORTED_REGIONS
from pydantic import AliasChoices, Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from domain.pacing.rules import Caps
from domain.wallet.model import MOST_DAYS, MOST_POINTS, Pack, Plan, Tariff

TELEGRAM = "https://api.telegram.org"
GRAPH = "https://graph.facebook.com/v23.0"


#: What Telegram takes for one invoice, in Stars.
MOST_STARS = 25_000
#: Characters of a secret that nobody guesses.
SHORTEST_KEY = 32
#: More buttons than that are no choice any more.
MOST_OFFERS = 6


def _priced(text: str, *, most: int) -> list[tuple[int, int]]:
    """`500:250,2000:800` as pairs. Raises ValueError with a sentence."""
    pairs = []
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        amount, _, stars = (side.strip() for side in part.partition(":"))
        if not (amount.isdecimal() and stars.isdecimal()):
            raise ValueError(f"{part!r} is no amount with its price; write one like 500:250")
        pair = int(amount), int(stars)
        if not (1 <= pair[0] <= most and 1 <= pair[1] <= MOST_STARS):
            raise ValueError(
                f"{part!r}: amounts go from 1 to {most:,}, prices from 1 to {MOST_STARS:,} Stars"
            )
        pairs.append(pair)
    if len(pairs) > MOST_OFFERS:
        raise ValueError(f"at most {MOST_OFFERS} can be offered")
    return pairs


#: What a worker is called that has no name in the settings, our own among them.
MAIN_WORKER = "main"
_META_ID = re.compile(r"[0-9]{5,25}")
_PATH = re.compile(r"(?:/[A-Za-z0-9._~-]+)+")
_WORKER_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,30}")


def workers_in(text: str) -> dict[str, str]:
    """Addresses by the workers' names, which stand in front of `=`. Raises ValueError with a sentence."""
    parts = [part.strip() for part in text.split(",") if part.strip()]
    workers: dict[str, str] = {}
    for part in parts:
        name, _, url = part.partition("=") if "=" in part.partition("://")[0] else ("", "", part)
        name = name.strip() or (MAIN_WORKER if len(parts) == 1 else "")
        if _WORKER_NAME.fullmatch(name) is None:
            raise ValueError(
                f"{part!r} needs a name of small letters and digits; write a=http://10.0.0.2:8790"
            )
        if urlsplit(url.strip()).scheme not in {"http", "https"} or not urlsplit(url.strip()).hostname:
            raise ValueError(f"{part!r} is no address of a worker; write one like http://127.0.0.1:8790")
        if name in workers:
            raise ValueError(f"two workers are called {name!r}")
        workers[name] = url.strip().rstrip("/")
    return workers


class Settings(BaseSettings):
    """Everything an operator of the machine can set."""

    model_config = SettingsConfigDict(
        env_file=".env", extra="ignore", validate_default=True, hide_input_in_errors=True
    )

    environment: Literal["production", "development"] = "production"
    telegram_bot_token: SecretStr | None = Field(
        default=None, validation_alias=AliasChoices("TELEGRAM_BOT_TOKEN", "BOT_TOKEN")
    )
    admin_ids: Annotated[frozenset[int], NoDecode] = frozenset()
    telegram_api_url: str = TELEGRAM
    data_dir: Path = Path("data")
    database_url: str | None = None
    media_url: str | None = None
    backup_folder: Path | None = None
    backup_keep_days: int = Field(default=14, ge=1, le=3_650)
    backup_hour: Annotated[int | None, Field(ge=0, le=23)] = 3
    accounts_at_once: int = Field(default=1_000, ge=1, le=10_000)
    simulated_url: str | None = None
    default_country: str = "US"
    default_zone: str = "UTC"
    max_recipients_per_campaign: int = Field(default=200, ge=1, le=1_000_000)
    max_sends_per_day: int = Field(default=500, ge=1, le=10_000_000)
    registration: Literal["invite", "open"] = "invite"
    points_per_recipient: int = Field(default=1, ge=0, le=1000)
    trial_points: int = Field(default=500, ge=0, le=MOST_POINTS)
    trial_days: int = Field(default=15, ge=0, le=MOST_DAYS)
    point_packs: Annotated[tuple[Pack, ...], NoDecode] = (
        Pack(points=500, stars=250),
        Pack(points=2_000, stars=800),
        Pack(points=10_000, stars=3_000),
    )
    plans: Annotated[tuple[Plan, ...], NoDecode] = (Plan(days=15, stars=300), Plan(days=30, stars=500))
    secret_key: SecretStr | None = None
    official_mode: bool = False
    whatsapp_phone_number_id: str | None = None
    whatsapp_api_token: SecretStr | None = None
    whatsapp_business_account_id: str | None = None
    whatsapp_api_base_url: str = GRAPH
    whatsapp_app_secret: SecretStr | None = None
    whatsapp_verify_token: SecretStr | None = None
    webhook_host: str = "127.0.0.1"
    webhook_port: int = Field(default=8780, ge=0, le=65535)
    webhook_path: str = "/webhooks/whatsapp"
    webhook_url: str | None = None
    whatsapp_worker_url: Annotated[Mapping[str, str], NoDecode] = {}
    whatsapp_worker_token: SecretStr | None = None
    whatsapp_web_standin_url: str | None = None
    worker_dir: Path | None = None
    worker_max_sessions: int | None = Field(default=None, ge=1, le=1_000)
    worker_chromium_args: str | None = None
    chromium_path: Path | None = None
    ops_address: str = "127.0.0.1:8781"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["text", "json"] = "text"

    @field_validator("admin_ids", mode="before")
    @classmethod
    def _ids(cls, value: object) -> object:
        """`123,456` as well as a list; Telegram ids are whole numbers."""
        if isinstance(value, str):
            return frozenset(int(part) for part in value.replace(";", ",").split(",") if part.strip())
        return value

    @field_validator("point_packs", mode="before")
    @classmethod
    def _packs(cls, value: object) -> object:
        """`500:250,2000:800`, points and Stars; empty: none are sold."""
        if isinstance(value, str):
            return tuple(Pack(points=n, stars=stars) for n, stars in _priced(value, most=MOST_POINTS))
        return value

    @field_validator("plans", mode="before")
    @classmethod
    def _plans(cls, value: object) -> object:
        """`15:300,30:500`, days and Stars; empty: none are sold."""
        if isinstance(value, str):
            return tuple(Plan(days=n, stars=stars) for n, stars in _priced(value, most=MOST_DAYS))
        return value

    @field_validator("secret_key")
    @classmethod
    def _key(cls, value: SecretStr | None) -> SecretStr | None:
        """Blank means unset: what anybody could guess signs nothing."""
        text = value.get_secret_value().strip() if value is not None else ""
        if text and len(text) < SHORTEST_KEY:
            raise ValueError(
                f"a secret of {SHORTEST_KEY} characters or more is needed; `openssl rand -hex 32` makes one"
            )
        return value if text else None

    @field_validator("whatsapp_worker_url", mode="before")
    @classmethod
    def _workers(cls, value: object) -> object:
        """One address, or several with names: `a=http://10.0.0.2:8790,b=http://10.0.0.3:8790`."""
        return workers_in(value) if isinstance(value, str) else value

    @field_validator(
        "worker_max_sessions", "worker_chromium_args", "worker_dir", "chromium_path",
        "whatsapp_phone_number_id", "whatsapp_api_token", "whatsapp_business_account_id",
        "whatsapp_app_secret", "whatsapp_verify_token", "webhook_url", "whatsapp_web_standin_url",
        "backup_folder", "backup_hour",
        mode="before",
    )  # fmt: skip
    @classmethod
    def _blank(cls, value: object) -> object:
        """Blank means unset."""
        return None if value == "" else value

    @model_validator(mode="after")
    def _worker_token(self) -> Self:
        if self.whatsapp_worker_url and self.worker_token == "":
            raise ValueError(
                "WHATSAPP_WORKER_TOKEN is needed with WHATSAPP_WORKER_URL: the token that the worker was "
                "started with"
            )
        return self

    @field_validator("whatsapp_phone_number_id", "whatsapp_business_account_id")
    @classmethod
    def _number_id(cls, value: str | None) -> str | None:
        if value is not None and not _META_ID.fullmatch(value.strip()):
            raise ValueError(f"{value!r} is no id of WhatsApp's; it has digits only, like 106540352242922")
        return value.strip() if value is not None else None

    @field_validator("whatsapp_api_base_url", "webhook_url", "whatsapp_web_standin_url")
    @classmethod
    def _address(cls, value: str | None) -> str | None:
        if value is not None and (
            urlsplit(value).scheme not in {"http", "https"} or not urlsplit(value).hostname
        ):
            raise ValueError(f"{value!r} is no address; write one like {GRAPH}")
        return value.strip().rstrip("/") if value is not None else None

    @field_validator("ops_address")
    @classmethod
    def _ops(cls, value: str) -> str:
        value = value.strip()
        host, _, port = value.rpartition(":")
        if value and not (host and port.isascii() and port.isdecimal() and int(port) <= 65_535):
            raise ValueError(f"{value!r} is no address with its port; write one like 127.0.0.1:8781")
        return value

    @field_validator("webhook_path")
    @classmethod
    def _path(cls, value: str) -> str:
        if not _PATH.fullmatch(value):
            raise ValueError(f"{value!r} is no path; write one like /webhooks/whatsapp")
        return value

    @model_validator(mode="after")
    def _preset(self) -> Self:
        if self.official_mode and not (self.whatsapp_phone_number_id and self.whatsapp_api_token):
            raise ValueError(
                "OFFICIAL_MODE needs WHATSAPP_PHONE_NUMBER_ID and WHATSAPP_API_TOKEN: the number that is "
                "to be added by itself"
            )
        return self

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
    def backups(self) -> Path:
        return self.backup_folder or self.data_dir / "backups"

    @property
    def secrets(self) -> tuple[str, ...]:
        """All that nobody may read, for whoever keeps it out of the log."""
        values = (getattr(self, name) for name in type(self).model_fields)
        found = [value.get_secret_value().strip() for value in values if isinstance(value, SecretStr)]
        addresses = (self.database_url, self.media_url)
        return (*found, *(urlsplit(one).password or "" for one in addresses if one))

    @property
    def ops(self) -> tuple[str, int] | None:
        """Where /metrics and its neighbours are served; None: nowhere."""
        host, _, port = self.ops_address.rpartition(":")
        return (host, int(port)) if host else None

    @property
    def media(self) -> str:
        return self.media_url or str((self.data_dir / "media").absolute())

    @property
    def caps(self) -> Caps:
        return Caps(a_campaign=self.max_recipients_per_campaign, a_day=self.max_sends_per_day)

    @property
    def tariff(self) -> Tariff:
        return Tariff(
            points_per_recipient=self.points_per_recipient, packs=self.point_packs, plans=self.plans,
            trial_points=self.trial_points, trial_days=self.trial_days,
        )  # fmt: skip

    @property
    def worker_token(self) -> str:
        token = self.whatsapp_worker_token
        return token.get_secret_value().strip() if token is not None else ""

    @property
    def phones_page(self) -> str | None:
        """Where people of the simulated phones can be made to answer; it stands beside their address."""
        return f"{self.simulated_url.rstrip('/')}-page" if self.simulated_url else None

    @property
    def base_url(self) -> str:
        return f"{self.telegram_api_url.rstrip('/')}/bot"

    @property
    def base_file_url(self) -> str:
        return f"{self.telegram_api_url.rstrip('/')}/file/bot"
