"""Settings: what is accepted, and that each is described."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from bot.settings import Settings

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
