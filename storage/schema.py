"""Whether a database that is in use is of the shape that this program works with."""

import asyncio
from typing import Literal

from sqlalchemy import text

from storage.database import Database
from storage.revisions import head_revision, known_revisions

Schema = Literal["current", "older", "newer"]


async def schema_of(database: Database) -> Schema:
    """Asks the database. "newer": one that a later version has migrated while this one runs, which it is made
    to survive."""
    async with database.reading() as connection:
        found = await connection.scalar(text("SELECT version_num FROM alembic_version"))
    if found == await asyncio.to_thread(head_revision):
        return "current"
    return "older" if found is None or found in known_revisions() else "newer"
