"""Imported rows into contacts: many rows in few statements.

Rows travel as one JSON parameter. Bound one by one, binding alone took longer than the database did.
Chunks are small enough that making a parameter keeps the event loop for a few milliseconds only.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import orjson
from sqlalchemy import bindparam, select, text
from sqlalchemy.ext.asyncio.engine import AsyncConnection

from domain.contacts.folding import folded
from domain.contacts.ports import ImportedRow
from domain.kernel.ids import ListId, WorkspaceId
from storage.tables import contacts
from storage.types import Moment

#: At least a batch of a file: one statement takes its locks in order, two in one transaction would not.
CHUNK = 2000

_UPSERT = """
INSERT INTO contacts
    (workspace_id, number, name, name_folded, attributes, consent, created_at, changed_at)
SELECT :workspace_id, {number}, {name}, {folded}, {attributes}, 'unrecorded', :at, :at
FROM {rows} WHERE true {order}
ON CONFLICT (workspace_id, number) DO UPDATE SET
    name = CASE WHEN excluded.name <> '' THEN excluded.name ELSE contacts.name END,
    name_folded = CASE WHEN excluded.name <> '' THEN excluded.name_folded ELSE contacts.name_folded END,
    attributes = {merged},
    changed_at = excluded.changed_at
RETURNING id, consent = 'revoked'
"""

_SQLITE = _UPSERT.format(
    number="json_extract(value, '$[0]')", name="json_extract(value, '$[1]')",
    folded="json_extract(value, '$[2]')", attributes="json_extract(value, '$[3]')",
    rows="json_each(:rows)", order="", merged="json_patch(contacts.attributes, excluded.attributes)",
)  # fmt: skip

# In order of number: two imports at once then lock the same people in the same order.
_POSTGRES = _UPSERT.format(
    number="value->>0", name="value->>1", folded="value->>2", attributes="value->3",
    rows="jsonb_array_elements(CAST(:rows AS jsonb)) AS row(value)", order="ORDER BY value->>0",
    merged="contacts.attributes || excluded.attributes",
)  # fmt: skip

_MOMENT = bindparam("at", type_=Moment())
_UPSERTS = {"sqlite": text(_SQLITE).bindparams(_MOMENT), "postgresql": text(_POSTGRES).bindparams(_MOMENT)}

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
    for start in range(0, len(rows), CHUNK):
        chunk = _one_per_number(rows[start : start + CHUNK])
        people = orjson.dumps(chunk, default=dict).decode()
        found = await db.execute(
            _UPSERTS[db.dialect.name], {"workspace_id": workspace_id, "rows": people, "at": at}
        )
        saved = found.all()
        # Their numbers are asked for apart: to give back everybody's takes longer, and they are few.
        if said_stop := [id for id, has_stopped in saved if has_stopped]:
            theirs = contacts.c.id.in_(said_stop)
            stopped.update(await db.scalars(select(contacts.c.number).where(theirs)))
        if list_id is not None:
            ids = orjson.dumps([id for id, _ in saved]).decode()
            await db.execute(_ON_LISTS[db.dialect.name], {"list_id": list_id, "ids": ids})
    if names := sorted(set().union(*(attributes for _, _, attributes in rows))):
        known = {"workspace_id": workspace_id, "names": orjson.dumps(names).decode()}
        await db.execute(_KNOWN[db.dialect.name], known)
    return stopped


def _one_per_number(rows: Iterable[ImportedRow]) -> list[tuple[str, str, str, Mapping[str, str]]]:
    """A number that comes twice in one chunk is one person: the later row adds to the earlier one.

    PostgreSQL would refuse to touch the same row twice in one statement.
    """
    people: dict[str, tuple[str, str, str, Mapping[str, str]]] = {}
    for number, name, attributes in rows:
        if (earlier := people.get(number)) is not None:
            name, attributes = name or earlier[1], {**earlier[3], **attributes}
        people[number] = (number, name, folded(name), attributes)
    return list(people.values())
