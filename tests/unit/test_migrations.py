"""What happens around a migration of a SQLite file."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory

from storage.database import Database, UnknownDatabase
from storage.migrate import DatabaseIsNewer, migrate
from storage.revisions import SCRIPTS, Revisions, read_revisions
from tests.fakes.stores import a_workspace, open_store, sqlite_url

HEAD = ScriptDirectory(str(SCRIPTS)).get_current_head()

NEXT = f'''
"""A column more."""
import sqlalchemy as sa
from alembic import op
revision = "9999"
down_revision = "{HEAD}"

def upgrade() -> None:
    op.add_column("workspaces", sa.Column("motto", sa.Text()))

def downgrade() -> None:
    op.drop_column("workspaces", "motto")
'''

BROKEN = NEXT.replace('op.add_column("workspaces"', 'op.drop_table("prompts"); op.add_column("nowhere"')


def _scripts(folder: Path, extra: str) -> Path:
    """Our revisions and one more, as the next version of the program would have."""
    shutil.copytree(SCRIPTS, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "versions" / "9999_next.py").write_text(extra)
    return folder


async def _filled(folder: Path) -> str:
    async with open_store(folder) as database, database.write() as unit:
        await a_workspace(unit, name="Bakery")
        await unit.commit()
    return sqlite_url(folder / "masssender.db")


def _columns(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return [row[1] for row in connection.execute("PRAGMA table_info(workspaces)")]


async def test_a_copy_of_the_old_database_is_kept_and_opens(tmp_path: Path) -> None:
    url = await _filled(tmp_path)
    done = await migrate(url, scripts=_scripts(tmp_path / "next", NEXT))
    assert (done.before, done.now) == (HEAD, "9999")
    assert done.copy == tmp_path / "backups" / f"masssender-{HEAD}-to-9999.db"
    assert "motto" in _columns(tmp_path / "masssender.db")
    assert "motto" not in _columns(done.copy)
    async with Database.open(sqlite_url(done.copy)) as database, database.read() as unit:
        assert [space.name for space in await unit.operators.workspaces()] == ["Bakery"]


async def test_an_earlier_copy_of_the_same_step_is_not_overwritten(tmp_path: Path) -> None:
    url = await _filled(tmp_path)
    (tmp_path / "backups").mkdir()
    earlier = tmp_path / "backups" / f"masssender-{HEAD}-to-9999.db"
    earlier.write_bytes(b"precious")
    done = await migrate(url, scripts=_scripts(tmp_path / "next", NEXT))
    assert earlier.read_bytes() == b"precious"
    assert done.copy is not None and done.copy.exists() and done.copy != earlier


async def test_a_new_database_is_not_copied(tmp_path: Path) -> None:
    done = await migrate(sqlite_url(tmp_path / "deep" / "fresh.db"))
    assert done.before is None and done.copy is None
    assert not (tmp_path / "deep" / "backups").exists()


async def test_a_database_newer_than_the_program_is_refused_and_left_alone(tmp_path: Path) -> None:
    url = await _filled(tmp_path)
    await migrate(url, scripts=_scripts(tmp_path / "next", NEXT))
    with pytest.raises(DatabaseIsNewer) as refused:
        await migrate(url)
    assert (refused.value.found, refused.value.known) == ("9999", HEAD)
    assert "9999" in str(refused.value) and str(HEAD) in str(refused.value)
    assert "motto" in _columns(tmp_path / "masssender.db")


async def test_a_migration_that_fails_leaves_everything_as_it_was(tmp_path: Path) -> None:
    url = await _filled(tmp_path)
    with pytest.raises(Exception, match="nowhere"):
        await migrate(url, scripts=_scripts(tmp_path / "next", BROKEN))
    async with Database.open(url) as database, database.read() as unit:
        assert await unit.chat.prompt(1) is None
    assert (await migrate(url)).before == HEAD


@pytest.mark.parametrize("url", ["mysql://somewhere/x", "sqlite://", "sqlite+aiosqlite:///:memory:", "what"])
def test_an_address_that_cannot_be_used_gets_a_sentence(url: str) -> None:
    with pytest.raises(UnknownDatabase) as refused:
        Database.open(url)
    assert str(refused.value).endswith((".", "name."))


def test_the_revisions_are_read_as_alembic_reads_them() -> None:
    scripts = ScriptDirectory(str(SCRIPTS))
    known = frozenset(script.revision for script in scripts.walk_revisions())
    assert read_revisions() == Revisions(head=HEAD or "", known=known)
