"""Whether a database that is in use is of the shape that this program works with."""

import asyncio
from functools import cache
from pathlib import Path
from typing import Final, Literal

from alembic.script import ScriptDirectory
from sqlalchemy import text

from storage.database import Database

_SCRIPTS: Final = Path(__file__).parent / "migrations"

Schema = Literal["current", "older", "newer"]


async def schema_of(database: Database) -> Schema:
    """Asks the database. "newer": one that a later version has migrated while this one runs, which it is made
    to survive."""
    async with database.reading() as connection:
        found = await connection.scalar(text("SELECT version_num FROM alembic_version"))
    head, known = await asyncio.to_thread(_revisions)
    if found == head:
        return "current"
    return "older" if found is None or found in known else "newer"


@cache
def _revisions() -> tuple[str, frozenset[str]]:
    """The newest that this program knows, and all: it reads the migrations, once."""
    folder = ScriptDirectory(str(_SCRIPTS))
    return folder.get_current_head() or "", frozenset(one.revision for one in folder.walk_revisions())
