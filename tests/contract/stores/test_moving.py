"""A desk moves from SQLite to PostgreSQL with everything it holds, or stays where it is."""

import asyncio
import os
import signal
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import func, make_url, select, text, update

from domain.operators.model import Role
from storage import moving
from storage.database import Database, UnknownDatabase
from storage.digests import Digest
from storage.lock import AlreadyRunning, take_lock
from storage.marks import as_copy, mark_file, mark_of_file
from storage.migrate import DatabaseIsNewer, DatabaseIsOlder, downgrade, migrate
from storage.moving import (
    CannotHold,
    Differs,
    MovedAway,
    NotEmpty,
    StillACopy,
    check_not_moved,
    move,
    take_back,
)  # fmt: skip
from storage.paging import pages_of
from storage.tables import contacts, metadata, workspaces
from tests.contract.conftest import Server
from tests.every_table import AT, fill_every_table
from tests.fakes.stores import NOW, open_store, sqlite_url
from tests.postgres import find_binaries

ROWS = 7
ROOT = Path(__file__).parents[3]


def nobody(doing: str, table: str, done: int, total: int) -> None:
    """Hears how far it got."""


@pytest.fixture
def target(server: Server, migrated_template: str) -> Iterator[str]:
    url = server.create(template=migrated_template)
    yield url
    server.drop(url)


@pytest.fixture
def bare(server: Server) -> Iterator[str]:
    url = server.create()
    yield url
    server.drop(url)


@pytest.fixture
async def desk(tmp_path: Path) -> Path:
    async with open_store(tmp_path) as database, database.connection() as connection:
        await fill_every_table(connection, rows=ROWS)
        await connection.commit()
    return tmp_path / "masssender.db"


async def everything(url: str) -> dict[str, list[tuple[object, ...]]]:
    """Each table's rows, as the program sees them."""
    found = {}
    async with Database.open(url) as database, database.connection() as connection:
        for table in metadata.sorted_tables:
            found[table.name] = [tuple(row) async for page in pages_of(table, connection) for row in page]
    return found


async def rows_in(url: str) -> int:
    async with Database.open(url) as database, database.connection() as connection:
        tables = [table for table in metadata.sorted_tables if table.name != "desk"]
        counts = [await connection.scalar(select(func.count()).select_from(table)) for table in tables]
    return sum(int(count or 0) for count in counts)


@pytest.mark.parametrize("made_before", [True, False])
async def test_every_row_of_every_table_is_there(
    desk: Path, target: str, bare: str, made_before: bool
) -> None:
    url = target if made_before else bare
    before = await everything(sqlite_url(desk))
    assert all(before.values()), "a table without rows shows nothing"
    moved = await move(sqlite_url(desk), url, told=nobody)
    assert moved.rows == {name: len(rows) for name, rows in before.items()}
    assert await everything(url) == before


async def test_new_rows_get_numbers_that_were_never_given(desk: Path, target: str) -> None:
    with closing(sqlite3.connect(desk)) as connection:
        connection.execute("UPDATE sqlite_sequence SET seq = 500 WHERE name = 'campaigns'")
        connection.commit()
    await move(sqlite_url(desk), target, told=nobody)
    async with Database.open(target) as database, database.write() as unit:
        space = await unit.operators.create_workspace(
            name="New", country="TR", zone="UTC", language="en", at=NOW
        )
        assert space == ROWS + 1
        ayse = await unit.operators.create_member(
            workspace_id=space, telegram_id=9, name="Ayşe", role=Role.OWNER, at=NOW
        )
        id = await unit.campaigns.create(
            workspace_id=space, created_by=ayse, name="Next", account_id=None, at=NOW
        )
        assert id == 501


async def test_a_desk_that_has_moved_is_not_used_any_more(desk: Path, target: str) -> None:
    await move(sqlite_url(desk), target, told=nobody)
    with pytest.raises(MovedAway) as refused:
        check_not_moved(sqlite_url(desk))
    assert str(make_url(target).database) in refused.value.to
    with pytest.raises(MovedAway):
        await move(sqlite_url(desk), target.replace("masssender_", "other_"), told=nobody)
    with pytest.raises(MovedAway):
        await move(sqlite_url(desk), target, told=nobody)


async def test_taken_back_it_is_a_copy_of_the_moment_it_moved(desk: Path, target: str) -> None:
    await move(sqlite_url(desk), target, told=nobody)
    moved_at = mark_of_file(desk).moved_at
    take_back(sqlite_url(desk))
    check_not_moved(sqlite_url(desk))
    async with Database.open(sqlite_url(desk)) as database, database.read() as unit:
        assert await unit.copies.made_at() == moved_at is not None


async def test_a_target_with_anything_in_it_is_refused_and_left_alone(desk: Path, target: str) -> None:
    async with Database.open(target) as database, database.write() as unit:
        await unit.operators.add_admin(1, at=NOW)
        await unit.commit()
    with pytest.raises(NotEmpty) as refused:
        await move(sqlite_url(desk), target, told=nobody)
    assert refused.value.table == "admins"
    assert await rows_in(target) == 1
    check_not_moved(sqlite_url(desk))


async def test_both_have_to_be_of_todays_shape(desk: Path, target: str) -> None:
    await downgrade(target, "-1")
    with pytest.raises(DatabaseIsOlder):
        await move(sqlite_url(desk), target, told=nobody)
    await migrate(target)
    async with Database.open(target) as database, database.connection() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        await connection.commit()
    with pytest.raises(DatabaseIsNewer):
        await move(sqlite_url(desk), target, told=nobody)
    with closing(sqlite3.connect(desk)) as connection_:
        connection_.execute("UPDATE alembic_version SET version_num = '0012'")
        connection_.commit()
    with pytest.raises(DatabaseIsOlder):
        await move(sqlite_url(desk), target, told=nobody)


async def test_nothing_moves_while_either_is_in_use(desk: Path, target: str) -> None:
    for url in (sqlite_url(desk), target):
        async with take_lock(url):
            with pytest.raises(AlreadyRunning):
                await move(sqlite_url(desk), target, told=nobody)
    assert await rows_in(target) == 0


async def test_only_from_sqlite_to_postgresql(desk: Path, target: str) -> None:
    for pair in ((target, target), (sqlite_url(desk), sqlite_url(desk))):
        with pytest.raises(UnknownDatabase):
            await move(*pair, told=nobody)


async def test_a_copy_that_was_not_started_yet_is_refused(desk: Path, target: str) -> None:
    """On PostgreSQL nothing would know any more that it is one."""
    mark_file(desk, as_copy(AT))
    with pytest.raises(StillACopy):
        await move(sqlite_url(desk), target, told=nobody)


async def test_what_postgresql_cannot_hold_is_named_without_what_it_says(desk: Path, target: str) -> None:
    async with Database.open(sqlite_url(desk)) as database, database.connection() as connection:
        await connection.execute(
            update(contacts).where(contacts.c.id == 3).values(attributes={"note": "secret\x00"})
        )
        await connection.commit()
    with pytest.raises(CannotHold) as refused:
        await move(sqlite_url(desk), target, told=nobody)
    assert refused.value.table == "contacts" and "secret" not in str(refused.value)
    assert await rows_in(target) == 0
    check_not_moved(sqlite_url(desk))


async def test_what_arrives_otherwise_than_it_left_is_not_kept(
    desk: Path, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One name is changed on its way, behind everybody's back."""
    counting = moving._go_on_counting

    async def change(reading: object, writing: object) -> None:
        await counting(reading, writing)  # type: ignore[arg-type]
        await writing.execute(update(workspaces).where(workspaces.c.id == 3).values(name="Other"))  # type: ignore[attr-defined]

    monkeypatch.setattr(moving, "_go_on_counting", change)
    with pytest.raises(Differs) as refused:
        await move(sqlite_url(desk), target, told=nobody)
    assert refused.value.table == "workspaces"
    assert await rows_in(target) == 0
    check_not_moved(sqlite_url(desk))


KILLED = """
import asyncio, os, signal, sys
from storage.moving import move
def told(doing, table, done, total):
    if (doing, table) == (sys.argv[3], sys.argv[4]):
        os.kill(os.getpid(), signal.SIGKILL)
asyncio.run(move(sys.argv[1], sys.argv[2], told=told))
"""


@pytest.mark.parametrize(
    "moment", [("copying", "contacts"), ("copying", "attempts"), ("comparing", "recipients")]
)
async def test_killed_in_the_middle_nothing_has_moved_and_it_can_be_done_again(
    desk: Path, bare: str, moment: tuple[str, str]
) -> None:
    before = await everything(sqlite_url(desk))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", KILLED, sqlite_url(desk), bare, *moment, cwd=ROOT,
        env={**os.environ, "PYTHONWARNINGS": ""},
    )  # fmt: skip
    assert await process.wait() == -signal.SIGKILL
    check_not_moved(sqlite_url(desk))
    await _until_let_go(bare)
    assert await rows_in(bare) == 0
    await move(sqlite_url(desk), bare, told=nobody)
    assert await everything(bare) == before


async def test_killed_between_the_mark_and_the_end_neither_can_be_used_and_it_can_be_done_again(
    desk: Path, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    marked = mark_file

    def die(database: Path, version: int) -> None:
        marked(database, version)
        raise Killed

    monkeypatch.setattr("storage.moving.mark_file", die)
    with pytest.raises(Killed):
        await move(sqlite_url(desk), target, told=nobody)
    assert await rows_in(target) == 0
    with pytest.raises(MovedAway):
        check_not_moved(sqlite_url(desk))
    monkeypatch.undo()
    await move(sqlite_url(desk), target, told=nobody)
    assert await rows_in(target) > 0


async def _until_let_go(url: str) -> None:
    """The server notices after a moment that whoever had the lock is gone."""
    address = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    async with asyncio.timeout(20):
        while True:
            async with await psycopg.AsyncConnection.connect(address) as connection:
                others = await connection.execute(
                    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                    "AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
                )
                if (await others.fetchone()) == (0,):
                    return
            await asyncio.sleep(0.05)


async def test_pages_are_small_and_leave_nobody_out(desk: Path, target: str) -> None:
    await move(sqlite_url(desk), target, told=nobody)
    for url in (sqlite_url(desk), target):
        async with Database.open(url) as database, database.connection() as connection:
            for table in metadata.sorted_tables:
                whole, paged = Digest(), Digest()
                for row in (await connection.execute(select(table))).all():
                    whole.add(row)
                async for page in pages_of(table, connection, size=2):
                    assert len(page) <= 2
                    for row in page:
                        paged.add(row)
                assert paged == whole, table.name


async def test_a_dump_that_was_read_in_elsewhere_knows_that_it_is_a_copy(
    desk: Path, target: str, bare: str
) -> None:
    await move(sqlite_url(desk), target, told=nobody)
    async with Database.open(target) as database, database.write() as unit:
        assert await unit.copies.made_at() is None
        await unit.copies.settled()
        await unit.commit()
    programs = find_binaries()
    assert programs is not None
    of, to = (make_url(url).set(drivername="postgresql").render_as_string(False) for url in (target, bare))
    dumped = desk.with_name("desk.dump")
    for command in (
        [programs / "pg_dump", "--format=custom", f"--file={dumped}", of],
        [programs / "pg_restore", f"--dbname={to}", dumped],
    ):
        process = await asyncio.create_subprocess_exec(*map(str, command))
        assert await process.wait() == 0
    assert await everything(bare) == await everything(target)
    async with Database.open(bare) as database, database.write() as unit:
        assert await unit.copies.made_at() is not None
        await unit.copies.settled()
        assert await unit.copies.made_at() is None
    async with Database.open(target) as database, database.read() as unit:
        assert await unit.copies.made_at() is None
