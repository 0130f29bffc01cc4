"""A copy is put back whole or not at all, and what was there before is kept."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from domain.contacts.model import Consent
from domain.contacts.ports import ImportedRow
from domain.operators.copies import NotRestored, Restored, RestoreTrouble
from storage.copies import copy_database
from storage.lock import take_lock
from storage.marks import read_mark
from storage.restoring import restore
from tests.fakes.stores import SAID_STOP, a_list, a_workspace, number_of, open_store, sqlite_url

MADE, NOW = datetime(2026, 11, 27, 3, 0, tzinfo=UTC), datetime(2026, 11, 27, 9, 30, 15, tzinfo=UTC)


async def named(folder: Path, name: str) -> None:
    async with open_store(folder) as database, database.write() as unit:
        await a_workspace(unit, name=name)
        await unit.commit()


def spaces(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return [row[0] for row in connection.execute("SELECT name FROM workspaces ORDER BY id")]


@pytest.fixture
async def copied(tmp_path: Path) -> tuple[Path, Path]:
    """A desk with two workspaces, and a copy of it from when it had one."""
    await named(tmp_path, "Bakery")
    copy = copy_database(tmp_path / "masssender.db", tmp_path / "backups", at=MADE).path
    await named(tmp_path, "Later")
    return tmp_path / "masssender.db", copy


async def test_the_desk_is_that_of_the_copy_and_the_one_before_is_kept(copied: tuple[Path, Path]) -> None:
    desk, copy = copied
    done = await restore(desk, copy, at=NOW)
    assert done == Restored(made_at=MADE, aside=desk.parent / "before-20261127T093015Z", stops=0)
    assert spaces(desk) == ["Bakery"]
    assert spaces(desk.parent / "before-20261127T093015Z" / "masssender.db") == ["Bakery", "Later"]
    with closing(sqlite3.connect(desk)) as connection:
        assert read_mark(connection).copied_at == MADE
    assert copy.exists()


async def test_what_was_not_in_the_file_yet_is_kept_with_the_desk_from_before(
    copied: tuple[Path, Path],
) -> None:
    """A killed desk leaves its last commits beside the database; they must not be read into the copy."""
    desk, copy = copied
    with closing(sqlite3.connect(desk)) as open_still:
        open_still.execute("PRAGMA journal_mode = WAL")
        open_still.execute("PRAGMA wal_autocheckpoint = 0")
        open_still.execute("UPDATE workspaces SET name = 'Last' WHERE name = 'Later'")
        open_still.commit()
        wal = desk.with_name("masssender.db-wal").read_bytes()
        held = desk.read_bytes()
    desk.write_bytes(held)
    desk.with_name("masssender.db-wal").write_bytes(wal)
    done = await restore(desk, copy, at=NOW)
    assert isinstance(done, Restored) and done.aside is not None
    assert spaces(desk) == ["Bakery"]
    assert spaces(done.aside / "masssender.db") == ["Bakery", "Last"]


async def test_a_desk_that_is_damaged_is_kept_as_it_is(copied: tuple[Path, Path]) -> None:
    desk, copy = copied
    desk.write_bytes(b"not a database at all" * 500)
    done = await restore(desk, copy, at=NOW)
    assert isinstance(done, Restored) and done.aside is not None
    assert spaces(desk) == ["Bakery"]
    assert (done.aside / "masssender.db").read_bytes().startswith(b"not a database")


async def test_where_there_is_no_desk_the_copy_becomes_one(copied: tuple[Path, Path], tmp_path: Path) -> None:
    _, copy = copied
    done = await restore(tmp_path / "new" / "masssender.db", copy, at=NOW)
    assert done == Restored(made_at=MADE, aside=None)
    assert spaces(tmp_path / "new" / "masssender.db") == ["Bakery"]


async def test_nothing_is_put_back_while_a_desk_is_at_work(copied: tuple[Path, Path]) -> None:
    desk, copy = copied
    async with take_lock(sqlite_url(desk)):
        refused = await restore(desk, copy, at=NOW)
    assert isinstance(refused, NotRestored) and refused.why is RestoreTrouble.RUNNING
    assert spaces(desk) == ["Bakery", "Later"]


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        ("gone", RestoreTrouble.NOT_HERE),
        ("cut", RestoreTrouble.DAMAGED),
        ("other", RestoreTrouble.DAMAGED),
        ("index", RestoreTrouble.DAMAGED),
        ("newer", RestoreTrouble.NEWER),
        ("itself", RestoreTrouble.ITSELF),
    ],
)
async def test_a_copy_that_cannot_be_used_leaves_the_desk_as_it_was(
    copied: tuple[Path, Path], damage: str, why: RestoreTrouble
) -> None:
    desk, copy = copied
    if damage == "gone":
        copy = copy.with_name("nowhere.db")
    elif damage == "cut":
        copy.write_bytes(copy.read_bytes()[: 5 * 4096])
    elif damage == "other":
        copy.unlink()
        with closing(sqlite3.connect(copy)) as connection:
            connection.execute("CREATE TABLE notes (text)")
    elif damage == "index":
        with closing(sqlite3.connect(copy)) as connection:
            connection.execute("PRAGMA writable_schema = ON")
            connection.execute("DROP INDEX ix_members_telegram_id")
            # The members' index leads to the page of another one, which is empty.
            connection.execute(
                "INSERT INTO sqlite_master SELECT 'index', 'ix_members_telegram_id', 'members', rootpage, "
                "'CREATE INDEX ix_members_telegram_id ON members (telegram_id)' FROM sqlite_master "
                "WHERE name = 'ix_invites_workspace_id'"
            )
            connection.commit()
    elif damage == "newer":
        with closing(sqlite3.connect(copy)) as connection:
            connection.execute("UPDATE alembic_version SET version_num = '9999'")
            connection.commit()
    else:
        copy = desk
    before = {path.name for path in desk.parent.iterdir()}
    refused = await restore(desk, copy, at=NOW)
    assert isinstance(refused, NotRestored) and refused.why is why
    assert spaces(desk) == ["Bakery", "Later"]
    assert {path.name for path in desk.parent.iterdir()} - {"masssender.db.lock"} == before


async def test_a_copy_of_a_copy_is_as_old_as_the_first(copied: tuple[Path, Path], tmp_path: Path) -> None:
    desk, copy = copied
    await restore(desk, copy, at=NOW)
    again = copy_database(desk, tmp_path / "again", at=NOW + timedelta(hours=1))
    with closing(sqlite3.connect(again.path)) as connection:
        assert read_mark(connection).copied_at == MADE


async def people_of(folder: Path) -> dict[str, Consent]:
    async with open_store(folder) as database, database.read() as unit:
        [space] = await unit.operators.workspaces()
        found = [await unit.contacts.by_number(space.id, number_of(n)) for n in range(6)]
    return {one.number: one.consent for one in found if one is not None}


async def test_who_said_stop_since_stays_stopped(tmp_path: Path) -> None:
    async with open_store(tmp_path) as database:
        async with database.write() as unit:
            space = await a_workspace(unit)
            await a_list(unit, space, 4)
            await unit.commit()
        copy = copy_database(tmp_path / "masssender.db", tmp_path / "backups", at=MADE).path
        async with database.write() as unit:
            later = [ImportedRow(number=number_of(5), name="Later", attributes={"city": "Bonn"})]
            await unit.contacts.save_rows(space, None, later, at=NOW)
            for n in (1, 2, 5):
                person = await unit.contacts.by_number(space, number_of(n))
                assert person is not None
                await unit.contacts.record_consent(person.id, SAID_STOP)
            again = await unit.contacts.by_number(space, number_of(2))
            assert again is not None
            await unit.contacts.record_consent(again.id, replace(SAID_STOP, granted=True))
            await unit.commit()
        async with database.read() as unit:
            stands = {n: await unit.contacts.by_number(space, number_of(n)) for n in (1, 2, 5)}
    done = await restore(tmp_path / "masssender.db", copy, at=NOW)
    assert isinstance(done, Restored)
    expected = {n for n, one in stands.items() if one is not None and one.consent is Consent.REVOKED}
    assert 1 in expected and 5 in expected and done.stops == len(expected)
    people = await people_of(tmp_path)
    assert {number for number, consent in people.items() if consent is Consent.REVOKED} == {
        number_of(n) for n in expected
    }
    async with open_store(tmp_path) as database, database.read() as unit:
        stopped = await unit.contacts.by_number(space, number_of(1))
        assert stopped is not None
        events = await unit.contacts.consent_events(stopped.id)
    assert events[-1] == SAID_STOP


async def test_of_another_desk_nobody_is_stopped_here(copied: tuple[Path, Path], tmp_path: Path) -> None:
    desk, _ = copied
    with closing(sqlite3.connect(desk)) as connection:
        connection.execute("UPDATE desk SET name = 'other'")
        connection.commit()
    done = await restore(desk, copied[1], at=NOW)
    assert isinstance(done, Restored) and done.stops is None
