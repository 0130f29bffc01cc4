"""Whether a database that is in use is of the shape that this program works with."""

import asyncio
from typing import Literal

from sqlalchemy import text

from storage.database import Database
from storage.revisions import read_revisions

Schema = Literal["current", "older", "newer"]


async def schema_of(database: Database) -> Schema:
    """Asks the database. "newer": one that a later version has migrated while this one runs, which it is made
    to survive."""
    async with database.reading() as connection:
        found = await connection.scalar(text("SELECT version_num FROM alembic_version"))
    revisions = await asyncio.to_thread(read_revisions)
    if found == revisions.head:
        return "current"
    return "older" if found is None or found in revisions.known else "newer"
