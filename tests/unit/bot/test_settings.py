"""Settings: what is accepted, and that each is described."""

import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from bot.settings import Settings
from domain.wallet.model import Pack

DOCS = Path(__file__).resolve().parents[3] / "docs" / "settings.md"


def test_every_setting_is_described_and_nothing_else_is() -> None:
    described = {
        line.split("`")[1].lower() for line in DOCS.read_text().splitlines() if line.startswith("| `")
    }
    assert described == set(Settings.model_fields)


@pytest.mark.parametrize(("text", "ids"), [("1,2", {1, 2}), ("7", {7}), ("", set()), (" 1 ; 2 ,", {1, 2})])
def test_admin_ids_are_numbers_with_commas(monkeypatch: pytest.MonkeyPatch, text: str, ids: set[int]) -> None:
    monkeypatch.setenv("ADMIN_IDS", text)
    assert Settings(_env_file=None).admin_ids == ids  # type: ignore[call-arg]


def test_a_name_in_admin_ids_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADMIN_IDS", "ayse")
    with pytest.raises(ValidationError):
        Settings(_env_file=None)  # type: ignore[call-arg]


def test_an_empty_address_means_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "")
    assert Settings(_env_file=None).database.startswith("sqlite+aiosqlite:///")  # type: ignore[call-arg]


def test_the_token_does_not_show_when_settings_are_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", "123456:secret-secret-secret")
    assert "secret-secret" not in repr(Settings(_env_file=None))  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("name", "value"),
    [("DEFAULT_ZONE", "Istanbul"), ("DEFAULT_ZONE", "../etc"), ("DEFAULT_COUNTRY", "Turkey")],
)
def test_a_place_that_does_not_exist_is_refused_at_the_start(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError):
        Settings(_env_file=None)  # type: ignore[call-arg]


def test_a_country_may_be_written_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEFAULT_COUNTRY", "tr")
    assert Settings(_env_file=None).default_country == "TR"  # type: ignore[call-arg]


def test_what_is_sold_is_written_as_amounts_with_prices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POINT_PACKS", "500:250, 2000:800")
    monkeypatch.setenv("PLANS", "")
    tariff = Settings(_env_file=None).tariff  # type: ignore[call-arg]
    assert tariff.packs == (Pack(points=500, stars=250), Pack(points=2000, stars=800))
    assert tariff.plans == ()


@pytest.mark.parametrize(
    "text",
    ["500", "500:", "500:x", "x:5", "0:5", "5:0", "5:25001", "5:5:5", "-5:5", "1:1,1:1,1:1,1:1,1:1,1:1,1:1"],
)
def test_an_offer_that_could_not_be_sold_is_refused_at_the_start(
    monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv("POINT_PACKS", text)
    with pytest.raises(ValidationError):
        Settings(_env_file=None)  # type: ignore[call-arg]


WORKER_TOKEN = "t" * 40


@pytest.mark.parametrize(
    ("text", "workers"),
    [
        ("", {}),
        ("http://127.0.0.1:8790/", {"main": "http://127.0.0.1:8790"}),
        ("a=http://10.0.0.2:8790, b=https://w/x", {"a": "http://10.0.0.2:8790", "b": "https://w/x"}),
    ],
)
def test_workers_are_addresses_with_names_where_there_are_several(
    monkeypatch: pytest.MonkeyPatch, text: str, workers: dict[str, str]
) -> None:
    monkeypatch.setenv("WHATSAPP_WORKER_URL", text)
    monkeypatch.setenv("WHATSAPP_WORKER_TOKEN", WORKER_TOKEN)
    assert Settings(_env_file=None).whatsapp_worker_url == workers  # type: ignore[call-arg]


@pytest.mark.parametrize(
    "text",
    ["http://a,http://b", "127.0.0.1:8790", "A B=http://a", "a=http://a,a=http://b", "a=", "a=ftp://b"],
)
def test_a_worker_that_could_not_be_found_is_refused_at_the_start(
    monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv("WHATSAPP_WORKER_URL", text)
    monkeypatch.setenv("WHATSAPP_WORKER_TOKEN", WORKER_TOKEN)
    with pytest.raises(ValidationError):
        Settings(_env_file=None)  # type: ignore[call-arg]


@pytest.mark.parametrize("token", [None, "", "  "])
def test_a_worker_needs_its_token(monkeypatch: pytest.MonkeyPatch, token: str | None) -> None:
    monkeypatch.setenv("WHATSAPP_WORKER_URL", "http://127.0.0.1:8790")
    if token is not None:
        monkeypatch.setenv("WHATSAPP_WORKER_TOKEN", token)
    with pytest.raises(ValidationError, match="WHATSAPP_WORKER_TOKEN"):
        Settings(_env_file=None)  # type: ignore[call-arg]


def test_blank_settings_of_the_worker_are_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("WORKER_MAX_SESSIONS", "WORKER_CHROMIUM_ARGS", "WORKER_DIR", "CHROMIUM_PATH"):
        monkeypatch.setenv(name, "")
    settings = Settings(_env_file=None)  # type: ignore[call-arg]
    assert (settings.worker_max_sessions, settings.chromium_path, settings.worker_dir) == (None, None, None)


def settings(monkeypatch: pytest.MonkeyPatch, **values: str) -> Settings:
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    return Settings(_env_file=None)  # type: ignore[call-arg]


def test_an_official_number_is_preset_by_its_id_and_token(monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = settings(
        monkeypatch, OFFICIAL_MODE="true", WHATSAPP_PHONE_NUMBER_ID=" 106540352242922 ",
        WHATSAPP_API_TOKEN="EAA-secret-secret-secret", WHATSAPP_APP_SECRET="",
    )  # fmt: skip
    assert chosen.whatsapp_phone_number_id == "106540352242922"
    assert chosen.whatsapp_app_secret is None
    assert "secret-secret" not in repr(chosen)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"OFFICIAL_MODE": "true"}, "needs WHATSAPP_PHONE_NUMBER_ID and WHATSAPP_API_TOKEN"),
        ({"OFFICIAL_MODE": "true", "WHATSAPP_API_TOKEN": "x"}, "needs WHATSAPP_PHONE_NUMBER_ID"),
        ({"WHATSAPP_PHONE_NUMBER_ID": "+90 501 234"}, "digits only"),
        ({"WHATSAPP_API_BASE_URL": "graph.facebook.com"}, "is no address"),
        ({"WEBHOOK_URL": "bot.example.org"}, "is no address"),
        ({"WEBHOOK_PATH": "webhooks"}, "is no path"),
        ({"WEBHOOK_PATH": "/a b"}, "is no path"),
        ({"WEBHOOK_PORT": "70000"}, "less than or equal to 65535"),
    ],
)
def test_official_settings_that_cannot_work_are_refused_with_a_sentence(
    monkeypatch: pytest.MonkeyPatch, values: dict[str, str], sentence: str
) -> None:
    with pytest.raises(ValidationError, match=re.escape(sentence)):
        settings(monkeypatch, **values)
