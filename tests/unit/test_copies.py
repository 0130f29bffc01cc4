"""A copy is one moment of a desk in use, whole, checked, and its owner's alone; or there is none."""

import asyncio
import os
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from domain.operators.copies import CopyTrouble, Made, NotMade
from storage.copies import CopyFailed, Damaged, check_file, copies_in, copy_database, remove_old
from storage.kept_copies import KeptCopies
from storage.marks import read_mark
from storage.revisions import head_revision
from tests.fakes.stores import a_workspace, open_store

AT = datetime(2026, 11, 27, 3, 0, 20, tzinfo=UTC)
ROOT = Path(__file__).parents[2]


@pytest.fixture
async def desk(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    async with open_store(tmp_path / "data") as database, database.write() as unit:
        await a_workspace(unit, name="Bakery")
        await unit.commit()
    return tmp_path / "data" / "masssender.db"


def filled(desk: Path, megabytes: int) -> None:
    with closing(sqlite3.connect(desk)) as connection:
        rows = ((n, "x" * 4000) for n in range(1000, 1000 + megabytes * 250))
        connection.executemany("INSERT INTO prompts (chat_id, kind, args) VALUES (?, ?, '{}')", rows)
        connection.commit()


def left_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name != ".lock")


def test_a_copy_holds_the_desk_and_says_when_it_was_made(desk: Path, tmp_path: Path) -> None:
    made = copy_database(desk, tmp_path / "backups", at=AT)
    assert made.path == tmp_path / "backups" / "masssender-20261127T030020Z.db"
    assert left_in(tmp_path / "backups") == [made.path.name]
    assert stat.S_IMODE(made.path.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "backups").stat().st_mode) == 0o700
    with closing(sqlite3.connect(made.path)) as copy:
        assert copy.execute("SELECT name FROM workspaces").fetchall() == [("Bakery",)]
        assert read_mark(copy).copied_at == AT.replace(second=0)
    with closing(sqlite3.connect(desk)) as live:
        assert read_mark(live).copied_at is None


def test_a_copy_is_one_moment_although_others_write_all_the_while(desk: Path, tmp_path: Path) -> None:
    """Two rows always change together; pages are copied in many steps."""
    filled(desk, 24)
    begun, enough = threading.Event(), threading.Event()
    written = 0

    def write() -> None:
        nonlocal written
        with closing(sqlite3.connect(desk, isolation_level=None, timeout=30)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            while not enough.is_set():
                written += 1
                connection.execute("BEGIN IMMEDIATE")
                for chat in (1000, 1000 + 24 * 250 - 1):  # on the first page and the last
                    connection.execute("UPDATE prompts SET args = ? WHERE chat_id = ?", (str(written), chat))
                connection.execute("COMMIT")
                begun.set()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        begun.wait(10)
        before = written
        made = copy_database(desk, tmp_path / "backups", at=AT)
        during = written - before
    finally:
        enough.set()
        writer.join()
    assert during > 10
    with closing(sqlite3.connect(made.path)) as copy:
        args = copy.execute("SELECT DISTINCT args FROM prompts WHERE args <> '{}'").fetchall()
    assert len(args) == 1


def test_what_is_not_finished_never_looks_like_a_copy(desk: Path, tmp_path: Path) -> None:
    filled(desk, 12)
    stop = threading.Event()
    stop.set()
    with pytest.raises(CopyFailed) as failed:
        copy_database(desk, tmp_path / "backups", at=AT, stop=stop)
    assert failed.value.why is CopyTrouble.STOPPED
    assert left_in(tmp_path / "backups") == []


KILLED = """
import sys, os, signal
from datetime import datetime, UTC
from pathlib import Path
from storage import copies
def die(_): os.kill(os.getpid(), signal.SIGKILL)
copies.time.sleep = die
copies.copy_database(Path(sys.argv[1]), Path(sys.argv[2]), at=datetime.now(UTC))
"""


def test_what_was_killed_in_the_middle_is_no_copy_and_is_cleared_away_next_time(
    desk: Path, tmp_path: Path
) -> None:
    filled(desk, 12)
    folder = tmp_path / "backups"
    ended = subprocess.run([sys.executable, "-c", KILLED, str(desk), str(folder)], cwd=ROOT)
    assert ended.returncode == -signal.SIGKILL
    assert left_in(folder) != []
    assert copies_in(folder, "masssender") == []
    made = copy_database(desk, folder, at=AT)
    assert left_in(folder) == [made.path.name]


def test_where_there_is_too_little_room_nothing_is_begun(desk: Path, tmp_path: Path) -> None:
    with pytest.raises(CopyFailed) as failed:
        copy_database(desk, tmp_path / "backups", at=AT, room=lambda _: 5 * 1024**2)
    assert failed.value.why is CopyTrouble.NO_ROOM and failed.value.detail.startswith("5 MB are free, ")
    assert left_in(tmp_path / "backups") == []


def test_a_disk_that_fills_up_meanwhile_is_no_room(
    desk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite itself says so: the copy may not grow beyond some pages."""
    filled(desk, 12)
    connect = sqlite3.connect

    def narrow(place: object, **options: object) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(place, **options)  # type: ignore[call-overload]
        if str(place).endswith(".partial"):
            connection.execute("PRAGMA max_page_count = 100")
        return connection

    monkeypatch.setattr("storage.copies.sqlite3.connect", narrow)
    with pytest.raises(CopyFailed) as failed:
        copy_database(desk, tmp_path / "backups", at=AT)
    assert failed.value.why is CopyTrouble.NO_ROOM
    assert left_in(tmp_path / "backups") == []


def test_a_folder_that_cannot_be_written_to_is_said(desk: Path, tmp_path: Path) -> None:
    (tmp_path / "backups").write_text("a file")
    with pytest.raises(CopyFailed) as failed:
        copy_database(desk, tmp_path / "backups" / "deep", at=AT)
    assert failed.value.why is CopyTrouble.NOT_WRITABLE


def test_a_damaged_desk_gives_no_copy(desk: Path, tmp_path: Path) -> None:
    filled(desk, 2)
    with desk.open("r+b") as file:
        file.seek(desk.stat().st_size // 2 // 4096 * 4096)
        file.write(os.urandom(3 * 4096))
    with pytest.raises(CopyFailed) as failed:
        copy_database(desk, tmp_path / "backups", at=AT)
    assert failed.value.why is CopyTrouble.DAMAGED
    assert left_in(tmp_path / "backups") == []


def test_a_copy_whose_rows_refer_to_nothing_is_damaged(desk: Path) -> None:
    with closing(sqlite3.connect(desk)) as connection:
        connection.execute("UPDATE wallets SET workspace_id = 99")
        connection.commit()
    with pytest.raises(Damaged, match="wallets"):
        check_file(desk)


@pytest.mark.parametrize("damaged", [False, True])
def test_an_index_of_names_that_cannot_be_looked_at_is_no_damage(
    desk: Path, monkeypatch: pytest.MonkeyPatch, damaged: bool
) -> None:
    """SQLite 3.44 cannot do it in a file that may not be written."""
    said = [
        "unable to validate the inverted index for FTS5 table main.contact_trigrams:"
        " attempt to write a readonly database"
    ]
    said += ["row 3 missing from index ix_contacts_called"] * damaged

    class Told(sqlite3.Connection):
        def execute(self, sql: str, *values: Any) -> Any:
            return [(one,) for one in said] if "_check(" in sql else super().execute(sql, *values)

    monkeypatch.setattr(sqlite3, "connect", partial(sqlite3.connect, factory=Told))
    if damaged:
        with pytest.raises(Damaged, match="row 3 missing"):
            check_file(desk)
    else:
        assert check_file(desk) == head_revision()


def test_two_are_never_made_at_once(desk: Path, tmp_path: Path) -> None:
    filled(desk, 12)
    second: list[CopyTrouble] = []

    def meanwhile(_: float) -> None:
        try:
            copy_database(desk, tmp_path / "backups", at=AT + timedelta(hours=1))
        except CopyFailed as failed:
            second.append(failed.why)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("storage.copies.time.sleep", meanwhile)
        copy_database(desk, tmp_path / "backups", at=AT)
    assert set(second) == {CopyTrouble.UNDER_WAY}
    assert len(left_in(tmp_path / "backups")) == 1


def test_only_old_copies_of_this_desk_are_removed_and_never_the_newest(desk: Path, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    for days in (30, 20, 1):
        copy_database(desk, folder, at=AT - timedelta(days=days))
    others = ["masssender-0014-to-0015.db", "notes.txt", "other-20200101T000000Z.db", "masssender-2020.db"]
    for name in others:
        (folder / name).write_text("somebody's")
    (folder / "masssender-20200101T000000Z.db").symlink_to(desk)
    gone = remove_old(folder, "masssender", before=AT - timedelta(days=14))
    old = ["masssender-20261107T030020Z.db", "masssender-20261028T030020Z.db"]
    assert [path.name for path in gone] == old
    assert {*others, "masssender-20200101T000000Z.db"} <= set(left_in(folder))
    assert remove_old(folder, "masssender", before=AT + timedelta(days=999)) == []
    assert [path.name for _, path in copies_in(folder, "masssender")] == ["masssender-20261126T030020Z.db"]


async def test_a_copy_that_fails_costs_no_earlier_one(desk: Path, tmp_path: Path) -> None:
    folder, times = tmp_path / "backups", [AT - timedelta(days=99), AT]
    kept = KeptCopies(database=desk, folder=folder, keep=timedelta(days=7), now=lambda: times.pop(0))
    assert isinstance(await kept.make(), Made)
    with closing(sqlite3.connect(desk)) as connection:
        connection.execute("UPDATE wallets SET workspace_id = 99")
        connection.commit()
    failed = await kept.make()
    assert isinstance(failed, NotMade) and failed.why is CopyTrouble.DAMAGED
    assert await kept.newest() == AT - timedelta(days=99)


async def test_a_copy_does_not_hold_up_the_loop(desk: Path, tmp_path: Path) -> None:
    filled(desk, 24)
    kept = KeptCopies(database=desk, folder=tmp_path / "backups", keep=timedelta(days=7), now=lambda: AT)
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async with asyncio.TaskGroup() as group:
        counting = group.create_task(count())
        await kept.make()
        counting.cancel()
    assert turns > 100
