"""Both databases get to today's shape, and back."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect, text

from storage.database import Database
from storage.migrate import downgrade, migrate
from storage.tables import metadata

#: What tables begin with that are made by migrations alone, on SQLite.
INDEX_OF_NAMES = "contact_trigrams"
#: Indexes that only one of the databases has, and the other does not miss.
ONLY = {
    "sqlite": {"ix_conversations_sought"},
    "postgresql": {"ix_contacts_numbered", "ix_conversations_last_at"},
}
TRIGGERS = {"contact_trigrams_changed", "contact_trigrams_gone", "contact_trigrams_moved"}


def difference(connection: Connection) -> list[object]:
    [others] = [names for dialect, names in ONLY.items() if dialect != connection.dialect.name]

    def both_have(_object: object, name: str | None, *_: object) -> bool:
        return name not in others and not str(name).startswith(INDEX_OF_NAMES)

    context = MigrationContext.configure(connection, opts={"compare_type": True, "include_object": both_have})
    return list(compare_metadata(context, metadata))


def _tables(connection: Connection) -> set[str]:
    names = inspect(connection).get_table_names()
    return {name for name in names if not name.startswith(INDEX_OF_NAMES)} - {"alembic_version"}


def constraints(connection: Connection) -> dict[str, set[str | None]]:
    """Names of all checks, unique constraints and indexes by table: `compare_metadata` does not look at
    checks, nor here at indexes that the other database has."""
    found = inspect(connection)
    return {
        table: {one["name"] for one in found.get_check_constraints(table)}
        | {one["name"] for one in found.get_unique_constraints(table)}
        | {one["name"] for one in found.get_indexes(table)}
        for table in metadata.tables
    }


async def test_migrations_make_exactly_the_tables_of_the_models(empty_url: str) -> None:
    await migrate(empty_url)
    async with Database.open(empty_url) as database, database.connection() as connection:
        assert await connection.run_sync(difference) == []
        migrated = await connection.run_sync(constraints)
        await connection.run_sync(metadata.drop_all)
        await connection.run_sync(metadata.create_all)
        assert await connection.run_sync(constraints) == migrated


async def test_sqlite_keeps_its_index_of_names_up(empty_url: str) -> None:
    """A migration that rebuilds the contacts would have taken the triggers away."""
    await migrate(empty_url)
    async with Database.open(empty_url) as database, database.connection() as connection:
        if connection.dialect.name == "sqlite":
            made = await connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'"))
            assert set(made.scalars()) == TRIGGERS


async def test_up_down_and_up_again(empty_url: str) -> None:
    first = await migrate(empty_url)
    assert first.before is None
    await downgrade(empty_url, "base")
    async with Database.open(empty_url) as database, database.connection() as connection:
        assert await connection.run_sync(_tables) == set()
    await migrate(empty_url)
    async with Database.open(empty_url) as database:
        async with database.connection() as connection:
            assert await connection.run_sync(_tables) == set(metadata.tables)
        async with database.read() as unit:
            assert len(await unit.operators.desk_id()) == 8


async def test_migrating_again_changes_nothing(empty_url: str) -> None:
    await migrate(empty_url)
    async with Database.open(empty_url) as database, database.read() as unit:
        desk = await unit.operators.desk_id()
    again = await migrate(empty_url)
    assert again.before == again.now and again.copy is None
    async with Database.open(empty_url) as database, database.read() as unit:
        assert await unit.operators.desk_id() == desk
