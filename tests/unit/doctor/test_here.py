"""What the doctor sees on the machine, in good health and in bad."""

import os
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.composition import open_doctor
from bot.doctor.here import checks_here
from bot.doctor.look import Finding, State, look_at
from bot.doctor.parts import DoctorParts
from bot.keys import FILE
from storage.copies import copy_database
from storage.marks import as_copy, as_moved, mark_file, note_target
from tests.unit.doctor.patient import Patient, of, patient

AT = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Patient]:
    async with patient(tmp_path) as made:
        yield made


async def seen(parts: DoctorParts, title: str, env_file: Path = Path("nowhere")) -> Finding:
    return of(await look_at(checks_here(parts, env_file=env_file)), title)


def database_of(desk: Patient) -> Path:
    return desk.settings.data_dir / "masssender.db"


async def test_all_is_well_with_a_desk_that_is(desk: Patient) -> None:
    copy_database(database_of(desk), desk.settings.backups, at=datetime.now(UTC))
    found = await look_at(checks_here(desk.parts, env_file=Path("nowhere")))
    assert [(one.title, one.state) for one in found] == [
        (title, State.GOOD) for title in ("Settings", "Data folder", "Database", "Disk", "Backups")
    ]


async def test_a_missing_token_is_said(desk: Patient) -> None:
    found = await seen(desk.but(telegram_bot_token=None), "Settings")
    assert found.state is State.WRONG and "@BotFather" in found.do


async def test_settings_that_others_can_read_are_said(desk: Patient, tmp_path: Path) -> None:
    env_file = tmp_path / ".env"
    env_file.write_text("TELEGRAM_BOT_TOKEN=1:secret")
    env_file.chmod(0o644)
    found = await seen(desk.parts, "Settings", env_file)
    assert found.state is State.WRONG and found.do == f"chmod 600 {env_file}"
    env_file.chmod(0o600)
    assert (await seen(desk.parts, "Settings", env_file)).state is State.GOOD


async def test_a_data_folder_that_is_none_is_said(desk: Patient, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    found = await seen(desk.but(data_dir=tmp_path / "file"), "Data folder")
    assert found.state is State.WRONG and "DATA_DIR" in found.do
    assert (await seen(desk.but(data_dir=tmp_path / "new"), "Data folder")).state is State.IDLE


async def test_a_key_that_is_cut_short_or_open_to_others_is_said(desk: Patient) -> None:
    key = desk.settings.data_dir / FILE
    key.chmod(0o640)
    assert f"chmod 600 {key.absolute()}" == (await seen(desk.parts, "Data folder")).do
    key.chmod(0o600)
    key.write_text("short")
    assert (await seen(desk.parts, "Data folder")).state is State.WRONG


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("UPDATE alembic_version SET version_num = '9999'", "newer MassSender"),
        ("UPDATE alembic_version SET version_num = '0012'", "this program needs"),
        ("PRAGMA journal_mode = DELETE", "readers and writers"),
    ],
)
async def test_a_database_that_is_not_as_it_should_be_is_said(
    desk: Patient, statement: str, says: str
) -> None:
    with closing(sqlite3.connect(database_of(desk))) as connection:
        connection.execute(statement)
        connection.commit()
    found = await seen(desk.parts, "Database")
    assert found.state is State.WRONG and says in found.found


async def test_a_damaged_database_is_said(desk: Patient) -> None:
    with closing(sqlite3.connect(database_of(desk))) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
    with database_of(desk).open("r+b") as file:
        file.seek(4096 * 3)
        file.write(os.urandom(4096 * 20))
    found = await seen(desk.parts, "Database")
    assert found.state is State.WRONG and "damaged" in found.found and "restore" in found.do


async def test_a_desk_that_was_moved_is_said_and_one_that_was_put_back_too(desk: Patient) -> None:
    mark_file(database_of(desk), as_copy(AT))
    found = await seen(desk.parts, "Database")
    assert found.state is State.IDLE and "2026-11-20 03:00" in found.found
    note_target(database_of(desk), "postgresql+psycopg://shop@db/desk")
    mark_file(database_of(desk), as_moved(AT))
    found = await seen(desk.parts, "Database")
    assert found.state is State.WRONG and "shop@db/desk" in found.found


async def test_a_server_that_is_away_is_said_without_its_password(desk: Patient) -> None:
    url = "postgresql+psycopg://shop:very-secret@127.0.0.1:1/desk"
    settings = desk.settings.model_copy(update={"database_url": url})
    async with open_doctor(settings) as parts:
        found = await look_at(checks_here(parts, env_file=Path("nowhere")))
    database = of(found, "Database")
    assert database.state is State.WRONG and "DATABASE_URL" in database.do
    assert "very-secret" not in str(found)
    assert of(found, "Backups").state is State.IDLE


async def test_a_disk_with_little_room_is_said_once(desk: Patient) -> None:
    parts = replace(desk.parts, free=lambda folder: 200 * 1024**2)
    found = await seen(parts, "Disk")
    assert found.state is State.WRONG and "only 200 MB" in found.found


async def test_before_the_first_start_there_is_nothing_to_copy(desk: Patient, tmp_path: Path) -> None:
    settings = desk.settings.model_copy(update={"data_dir": tmp_path / "fresh"})
    async with open_doctor(settings) as parts:
        found = await look_at(checks_here(parts, env_file=Path("nowhere")))
    assert of(found, "Backups").state is State.IDLE


async def test_no_copy_an_old_one_and_a_new_one(desk: Patient) -> None:
    found = await seen(desk.parts, "Backups")
    assert found.state is State.WRONG and "masssender backup" in found.do
    copy_database(database_of(desk), desk.settings.backups, at=datetime.now(UTC) - timedelta(days=4))
    found = await seen(desk.parts, "Backups")
    assert found.state is State.WRONG and "the newest is of" in found.found
    assert (await seen(desk.but(backup_hour=None), "Backups")).state is State.IDLE
    copy_database(database_of(desk), desk.settings.backups, at=datetime.now(UTC))
    assert (await seen(desk.parts, "Backups")).state is State.GOOD


async def test_looking_makes_nothing(tmp_path: Path) -> None:
    async with patient(tmp_path) as desk:
        fresh = tmp_path / "fresh"
        from bot.composition import open_doctor

        async with open_doctor(desk.settings.model_copy(update={"data_dir": fresh})) as parts:
            await look_at(checks_here(parts, env_file=Path("nowhere")))
        assert not fresh.exists()
