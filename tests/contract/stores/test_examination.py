"""A look at a database from outside, for the doctor."""

from pathlib import Path

from sqlalchemy import text

from storage.database import Database
from storage.examination import examine
from storage.revisions import head_revision


async def test_a_desk_of_todays_shape_is_whole(url: str, store: Database) -> None:
    async with store.read() as unit:  # it is in use
        assert await unit.operators.workspaces() == []
        found = await examine(url)
    assert found.there and found.revision == found.needed == head_revision()
    assert not found.is_newer and found.damage is None and found.moved_to is None and found.copied_at is None


async def test_one_of_another_shape_is_told_apart(url: str, store: Database) -> None:
    for revision, is_newer in (("0012", False), ("9999", True)):
        async with store.connection() as connection:
            statement = text("UPDATE alembic_version SET version_num = :revision")
            await connection.execute(statement, {"revision": revision})
            await connection.commit()
        found = await examine(url)
        assert (found.revision, found.is_newer) == (revision, is_newer)


async def test_where_nothing_is_yet_nothing_is_made(empty_url: str, kind: str, tmp_path: Path) -> None:
    found = await examine(empty_url)
    assert found.revision is None and found.there is (kind == "postgresql")
    assert list(tmp_path.iterdir()) == []
