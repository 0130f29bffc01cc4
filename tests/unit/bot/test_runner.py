"""What cannot start says so in a sentence, and nothing is shown of a trace."""

from pathlib import Path

import pytest

from bot.runner import EXIT_WRONG, run_bot, run_migrate
from bot.settings import Settings
from tests.fakes.stores import sqlite_url

TOKEN = "123456789:AAExample-Token_1234567890123456789"


def settings(**values: object) -> Settings:
    return Settings(_env_file=None, telegram_bot_token=TOKEN, **values)  # type: ignore[arg-type,call-arg]


@pytest.mark.parametrize(
    "address", ["mysql://host/name", "no address", "postgresql://nobody@127.0.0.1:9/none"]
)
async def test_a_database_that_cannot_be_opened_is_said(
    address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await run_migrate(settings(database_url=address)) == EXIT_WRONG
    said = capsys.readouterr().err
    assert "cannot be opened" in said
    assert "Traceback" not in said


async def test_a_file_where_the_folder_should_be_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "data").write_text("not a folder")
    assert await run_bot(settings(data_dir=tmp_path / "data")) == EXIT_WRONG
    assert "DATA_DIR has to be a folder" in capsys.readouterr().err


async def test_a_key_that_is_cut_short_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "secret.key").write_text("")
    assert await run_bot(settings(data_dir=tmp_path)) == EXIT_WRONG
    said = capsys.readouterr().err
    assert "secret.key is empty or cut short" in said and "Traceback" not in said


async def test_what_is_no_database_at_all_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "notes.db").write_text("these are notes, not tables, and there are many of them\n" * 100)
    assert await run_migrate(settings(database_url=sqlite_url(tmp_path / "notes.db"))) == EXIT_WRONG
    assert "not a database" in capsys.readouterr().err
