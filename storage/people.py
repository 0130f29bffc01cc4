"""Contacts as rows: how they are read, and who belongs to a list, a tag or a workspace."""

from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Row,
    ScalarSelect,
    and_,
    exists,
    false,
    func,
    literal,
    select,
)  # fmt: skip
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from domain.contacts.folding import folded
from domain.contacts.model import Consent, Contact
from domain.kernel.ids import ContactId, ListId, WorkspaceId
from storage.tables import contact_tags, contacts, list_members
from storage.tables.contacts import STOPPED_HERE
from storage.types import Json

#: How many rows are fetched at a time when many are streamed.
PAGE = 500


class looked_at(FunctionElement[Any]):
    """The column, which SQLite is not to look up in an index: of a workspace's people that would find very
    many more than those who are wanted. PostgreSQL knows how many there are."""

    inherit_cache = True


@compiles(looked_at)
def _as_it_is(element: FunctionElement[Any], compiler: SQLCompiler, **kw: Any) -> str:
    return compiler.process(element.clauses, **kw)


@compiles(looked_at, "sqlite")
def _without_index(element: FunctionElement[Any], compiler: SQLCompiler, **kw: Any) -> str:
    return f"+{compiler.process(element.clauses, **kw)}"


class stands_in(FunctionElement[bool]):
    """A text stands in the column: of the column, the text, and a pattern of LIKE for it. PostgreSQL guesses
    from a pattern how many there are; with `instr` SQLite looks through all names in a tenth less time. It
    has no type: a Boolean SQLAlchemy would compare with 1 on SQLite, for every name."""

    inherit_cache = True


@compiles(stands_in)
def _like(element: FunctionElement[bool], compiler: SQLCompiler, **kw: Any) -> str:
    column, _, pattern = (compiler.process(one, **kw) for one in element.clauses)
    return f"({column} LIKE {pattern})"


@compiles(stands_in, "sqlite")
def _instr(element: FunctionElement[bool], compiler: SQLCompiler, **kw: Any) -> str:
    column, sought = (compiler.process(one, **kw) for one in list(element.clauses)[:2])
    return f"(instr({column}, {sought}) > 0)"


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


def standing(workspace_id: WorkspaceId, consent: Consent | None) -> ColumnElement[bool]:
    """Everybody in a workspace, or those who stand like that with their consent."""
    c = contacts.c
    if consent is Consent.REVOKED:
        return and_(c.workspace_id == workspace_id, STOPPED_HERE)
    here = and_(c.workspace_id == workspace_id, c.forgotten_at.is_(None))
    return here if consent is None else here & (c.consent == consent)


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


def joined(
    workspace_id: WorkspaceId, *, list_id: ListId | None = None, tag: str | None = None
) -> tuple[FromClause, ColumnElement[bool]]:
    """The same people as what they are taken from and a condition, for what looks at all of them: the list
    is gone through and each person found by their id, which takes a quarter of the time that SQLite needs
    for `IN`, and nobody is looked at who is not on it."""
    c = contacts.c
    here = and_(looked_at(c.workspace_id) == workspace_id, c.forgotten_at.is_(None))
    if list_id is not None and tag is None:
        m = list_members.c
        return list_members.join(contacts, c.id == m.contact_id), and_(m.list_id == list_id, here)
    if tag is not None and list_id is None:
        t = contact_tags.c
        tagged = and_(t.workspace_id == workspace_id, t.tag == tag)
        return contact_tags.join(contacts, c.id == t.contact_id), and_(tagged, here)
    return contacts, belongs(workspace_id, list_id=list_id, tag=tag)


def each_belongs(
    workspace_id: WorkspaceId, *, list_id: ListId | None = None, tag: str | None = None
) -> ColumnElement[bool]:
    """The same asked of a few people, each by themselves."""
    c, m, t = contacts.c, list_members.c, contact_tags.c
    here = belongs(workspace_id)
    if list_id is not None:
        here &= exists().where(m.list_id == list_id, m.contact_id == c.id)
    if tag is not None:
        here &= exists().where(t.contact_id == c.id, t.tag == tag, t.workspace_id == workspace_id)
    return here


def contains(column: ColumnElement[str], text: str) -> ColumnElement[bool]:
    """`text` stands somewhere in the column, with its case; % and _ are letters like any other."""
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return stands_in(column, literal(text), literal(f"%{escaped}%"))


def named(column: ColumnElement[str], text: str) -> ColumnElement[bool]:
    """The same of a name as it is looked for, whatever case and accents the `text` has."""
    wanted = folded(text)
    return contains(column, wanted) if wanted else false()
