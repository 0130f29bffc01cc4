"""What `masssender backup`, `restore` and `migrate` say to whoever runs the machine."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.copying import run_backup, run_restore
from bot.moving import run_move, run_take_back
from bot.runner import run_migrate
from bot.settings import Settings
from storage.lock import take_lock
from storage.marks import as_copy, as_moved, mark_file, mark_of_file, note_target
from storage.migrate import migrate

AT = datetime(2026, 11, 27, 3, 0, tzinfo=UTC)
AWAY = "postgresql+psycopg://shop:very-secret@127.0.0.1:1/desk"  # pragma: allowlist secret


@pytest.fixture
async def settings(tmp_path: Path) -> Settings:
    made = Settings(_env_file=None, data_dir=tmp_path / "data")  # type: ignore[call-arg]
    await migrate(made.database)
    return made


class Said:
    """What was said since the last look, in one line."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __contains__(self, words: str) -> bool:
        self.last = " ".join(self._capsys.readouterr().err.split())
        return words in self.last


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Said:
    return Said(capsys)


def file_of(settings: Settings) -> Path:
    return settings.data_dir / "masssender.db"


@contextmanager
def damaged(path: Path) -> Iterator[None]:
    whole = path.read_bytes()
    path.write_bytes(whole[:9000])
    yield
    path.write_bytes(whole)


async def test_a_backup_says_where_it_is_and_what_it_does_not_hold(settings: Settings, said: Said) -> None:
    assert await run_backup(settings, None) == 0
    [copy] = (settings.data_dir / "backups").glob("*.db")
    assert str(copy) in said
    assert "read through and found whole" in said.last and "secret.key" in said.last


async def test_a_backup_to_another_folder_goes_there(settings: Settings, tmp_path: Path) -> None:
    assert await run_backup(settings, tmp_path / "usb") == 0
    assert len(list((tmp_path / "usb").glob("*.db"))) == 1


async def test_why_there_is_no_backup_is_said(settings: Settings, tmp_path: Path, said: Said) -> None:
    (tmp_path / "file").touch()
    assert await run_backup(settings, tmp_path / "file") == 2
    assert "BACKUP_FOLDER" in said
    elsewhere = settings.model_copy(update={"database_url": AWAY})
    assert await run_backup(elsewhere, None) == 2
    assert "pg_dump" in said and "very-secret" not in said.last
    assert await run_backup(settings.model_copy(update={"data_dir": tmp_path / "none"}), None) == 2
    assert "no desk to copy" in said


async def test_a_copy_is_put_back_or_it_is_said_why_not(settings: Settings, said: Said) -> None:
    await run_backup(settings, None)
    [copy] = settings.backups.glob("*.db")
    async with take_lock(settings.database):
        assert await run_restore(settings, copy) == 2
        assert "Stop it first" in said
    assert await run_restore(settings, copy.with_name("other.db")) == 2
    assert "is not there" in said
    with damaged(copy):
        assert await run_restore(settings, copy) == 2
        assert "cannot be used" in said
    assert await run_restore(settings, copy) == 0
    assert "writes to nobody by itself" in said
    assert mark_of_file(file_of(settings)).copied_at is not None
    elsewhere = settings.model_copy(update={"database_url": AWAY})
    assert await run_restore(elsewhere, copy) == 2
    assert "pg_restore" in said


async def test_a_desk_that_was_moved_does_not_start_until_it_is_taken_back(
    settings: Settings, said: Said
) -> None:
    note_target(file_of(settings), "postgresql+psycopg://shop:***@db/desk")
    mark_file(file_of(settings), as_moved(AT))
    assert await run_migrate(settings) == 2
    assert "moved on 2026-11-27 03:00 UTC to postgresql+psycopg://shop:***@db/desk" in said
    assert await run_take_back(settings) == 0
    assert "in use again" in said
    assert await run_migrate(settings) == 0
    assert mark_of_file(file_of(settings)).copied_at == AT


async def test_why_a_desk_does_not_move_is_said(settings: Settings, said: Said) -> None:
    assert await run_move(settings, AWAY) == 2
    assert "cannot be reached" in said and "very-secret" not in said.last
    assert await run_move(settings, "sqlite+aiosqlite:///elsewhere.db") == 2
    assert "moves from a SQLite file to postgresql" in said
    async with take_lock(settings.database):
        assert await run_move(settings, AWAY) == 2
        assert "Stop it there first" in said
    mark_file(file_of(settings), as_copy(AT))
    assert await run_move(settings, AWAY) == 2
    assert "has not been started since" in said
    with closing(sqlite3.connect(file_of(settings))) as connection:
        assert connection.execute("SELECT count(*) FROM desk").fetchone() == (1,)
