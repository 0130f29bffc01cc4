"""Imported rows into contacts: many rows in few statements.

To PostgreSQL rows travel as one JSON parameter: bound one by one, binding alone took longer than the database
did. Chunks are small enough that making a parameter keeps the event loop for a few milliseconds only.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import bindparam, select, text
from sqlalchemy.ext.asyncio.engine import AsyncConnection

from domain.contacts.ports import ImportedRow
from domain.kernel.ids import ListId, WorkspaceId
from storage.tables import contacts
from storage.types import Moment, to_micros

#: At least a batch of a file: one statement takes its locks in order, two in one transaction would not.
CHUNK = 2000

#: People in SQLite's statement. It is always the same one, so that it is prepared once; where they are fewer,
#: the rest of its parameters is empty, which takes 3 ms.
_AT_ONCE = 1000

_UPSERT = """
INSERT INTO contacts
    (workspace_id, created_at, changed_at, consent, number, name, name_folded, attributes)
{people}
ON CONFLICT (workspace_id, number) DO UPDATE SET
    name = CASE WHEN excluded.name <> '' THEN excluded.name ELSE contacts.name END,
    name_folded = CASE WHEN excluded.name <> '' THEN excluded.name_folded ELSE contacts.name_folded END,
    attributes = {merged},
    changed_at = excluded.changed_at
"""

# In order of number: two imports at once then lock the same people in the same order.
_POSTGRES = text(
    _UPSERT.format(
        people="""SELECT :workspace_id, :at, :at, 'unrecorded', value->>0, value->>1, value->>2, value->3
FROM jsonb_array_elements(CAST(:rows AS jsonb)) AS row(value) ORDER BY value->>0""",
        merged="contacts.attributes || excluded.attributes",
    )
    + "RETURNING id, consent = 'revoked'"
).bindparams(bindparam("at", type_=Moment()))

_VALUES = ", ".join(["(?4, ?5, ?6, ?7)", *["(?, ?, ?, ?)"] * (_AT_ONCE - 1)])
_FIRST = """SELECT ?1, ?2, ?2, 'unrecorded', column1, column2, column3, column4
FROM (SELECT * FROM (VALUES {values}) LIMIT ?3) WHERE true"""
# The first ?3 of some values: to get people out of one JSON parameter takes SQLite half as long again.
_SQLITE = _UPSERT.format(
    people=_FIRST.format(values=_VALUES), merged="json_patch(contacts.attributes, excluded.attributes)"
)

#: SQLite gives rising ids, and nobody else writes meanwhile: new people are those after the newest one. To
#: have every id back from the statement above takes a quarter of its time again.
_NEWEST = "SELECT max(id) FROM contacts"
_NEW_ON_LIST = "INSERT INTO list_members (list_id, contact_id) SELECT ?, id FROM contacts WHERE id > ?"
_THEIRS = """SELECT id, consent = 'revoked' FROM contacts
WHERE workspace_id = ? AND number IN (SELECT value FROM json_each(?))"""

_ON_LIST = (
    "INSERT INTO list_members (list_id, contact_id) SELECT :list_id, {id} FROM {ids} WHERE true {order}"
)
_ON_CONFLICT = "ON CONFLICT DO NOTHING"
_ON_LISTS = {
    "sqlite": text(_ON_LIST.format(id="value", ids="json_each(:ids)", order=_ON_CONFLICT)),
    "postgresql": text(
        _ON_LIST.format(
            id="CAST(value AS bigint)", ids="jsonb_array_elements(CAST(:ids AS jsonb))", order=_ON_CONFLICT
        )
    ),
}

_FIELDS = (
    "INSERT INTO contact_fields (workspace_id, name) SELECT :workspace_id, value FROM {names} WHERE true "
    "ON CONFLICT DO NOTHING"
)
_KNOWN = {
    "sqlite": text(_FIELDS.format(names="json_each(:names)")),
    "postgresql": text(_FIELDS.format(names="jsonb_array_elements_text(CAST(:names AS jsonb))")),
}


async def save_rows(
    db: AsyncConnection,
    workspace_id: WorkspaceId,
    list_id: ListId | None,
    rows: Sequence[ImportedRow],
    *,
    at: datetime,
) -> set[str]:
    """Upsert by number and put on the list; returns the numbers of those who have said stop."""
    stopped: set[str] = set()
    upsert = _on_sqlite if db.dialect.name == "sqlite" else _on_postgres
    for start in range(0, len(rows), CHUNK):
        people = _one_per_number(rows[start : start + CHUNK])
        saved = await upsert(db, workspace_id, list_id, people, at)
        # Their numbers are asked for apart: to give back everybody's takes longer, and they are few.
        if said_stop := [id for id, has_stopped in saved if has_stopped]:
            theirs = contacts.c.id.in_(said_stop)
            stopped.update(await db.scalars(select(contacts.c.number).where(theirs)))
        if list_id is not None and saved:
            ids = orjson.dumps([id for id, _ in saved]).decode()
            await db.execute(_ON_LISTS[db.dialect.name], {"list_id": list_id, "ids": ids})
    if names := sorted(set().union(*(row.attributes for row in rows))):
        known = {"workspace_id": workspace_id, "names": orjson.dumps(names).decode()}
        await db.execute(_KNOWN[db.dialect.name], known)
    return stopped


_Person = tuple[str, str, str, Mapping[str, str]]
#: Ids of those who are not on the list yet, and whether they have said stop.
_Upserted = Sequence[tuple[int, bool]]


async def _on_postgres(
    db: AsyncConnection,
    workspace_id: WorkspaceId,
    _list_id: ListId | None,
    people: Sequence[_Person],
    at: datetime,
) -> _Upserted:
    rows = orjson.dumps(people, default=dict).decode()
    values = {"workspace_id": workspace_id, "rows": rows, "at": at}
    saved: Sequence[Any] = (await db.execute(_POSTGRES, values)).all()
    return saved


async def _on_sqlite(
    db: AsyncConnection,
    workspace_id: WorkspaceId,
    list_id: ListId | None,
    people: Sequence[_Person],
    at: datetime,
) -> _Upserted:
    newest = (await db.exec_driver_sql(_NEWEST)).scalar() or 0
    for start in range(0, len(people), _AT_ONCE):
        some = people[start : start + _AT_ONCE]
        values: list[object] = [workspace_id, to_micros(at), len(some)]
        for number, name, folded, attributes in some:
            values += number, name, folded, orjson.dumps(attributes, default=dict).decode()
        values += [None] * (4 * (_AT_ONCE - len(some)))
        await db.exec_driver_sql(_SQLITE, tuple(values))
    if list_id is not None:
        new = await db.exec_driver_sql(_NEW_ON_LIST, (list_id, newest))
        if new.rowcount == len(people):
            return []
    numbers = orjson.dumps([number for number, *_ in people]).decode()
    saved: Sequence[Any] = (await db.exec_driver_sql(_THEIRS, (workspace_id, numbers))).all()
    return saved


def _one_per_number(rows: Sequence[ImportedRow]) -> Sequence[_Person]:
    """A number that comes twice in one chunk is one person: the later row adds to the earlier one.

    PostgreSQL would refuse to touch the same row twice in one statement.
    """
    people: dict[str, _Person] = {}
    for row in rows:
        if (earlier := people.get(row.number)) is not None:
            name, folded = (row.name, row.folded) if row.name else earlier[1:3]
            people[row.number] = (row.number, name, folded, {**earlier[3], **row.attributes})
        else:
            people[row.number] = row[:]
    return list(people.values())
