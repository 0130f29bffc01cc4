"""Contacts as rows: how they are read, and who belongs to a list, a tag or a workspace."""

from typing import Any

from sqlalchemy import ColumnElement, Row, ScalarSelect, and_, false, func, select

from domain.contacts.folding import folded
from domain.contacts.model import Contact
from domain.kernel.ids import ContactId, ListId, WorkspaceId
from storage.tables import contact_tags, contacts, list_members
from storage.types import Json

#: How many rows are fetched at a time when many are streamed.
PAGE = 500


def tags_of_contact(on_sqlite: bool) -> ScalarSelect[Any]:
    """The tags of a contact as one JSON list (NULL or [] without any)."""
    gather = func.json_group_array if on_sqlite else func.jsonb_agg
    return (
        select(gather(contact_tags.c.tag, type_=Json))
        .where(contact_tags.c.contact_id == contacts.c.id)
        .correlate(contacts)
        .scalar_subquery()
    )


def to_contact(row: Row[Any]) -> Contact:
    return Contact(
        id=ContactId(row.id), workspace_id=WorkspaceId(row.workspace_id), number=row.number, name=row.name,
        consent=row.consent, attributes=row.attributes, tags=tuple(sorted(row.tags or ())),
    )  # fmt: skip


def belongs(
    workspace_id: WorkspaceId, *, list_id: ListId | None = None, tag: str | None = None
) -> ColumnElement[bool]:
    """Contacts of the workspace, on that list and with that tag where they are given."""
    c = contacts.c
    conditions: list[ColumnElement[bool]] = [c.workspace_id == workspace_id, c.forgotten_at.is_(None)]
    if list_id is not None:
        m = list_members.c
        conditions.append(c.id.in_(select(m.contact_id).where(m.list_id == list_id)))
    if tag is not None:
        t = contact_tags.c
        tagged = select(t.contact_id).where(t.workspace_id == workspace_id, t.tag == tag)
        conditions.append(c.id.in_(tagged))
    return and_(*conditions)


def contains(column: ColumnElement[str], text: str) -> ColumnElement[bool]:
    """`text` stands somewhere in the column; % and _ are letters like any other."""
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return column.like(f"%{escaped}%", escape="\\")


def named(column: ColumnElement[str], text: str) -> ColumnElement[bool]:
    """The same of a name as it is looked for, whatever case and accents the `text` has."""
    wanted = folded(text)
    return contains(column, wanted) if wanted else false()
