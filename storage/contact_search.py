"""Whoever has a text in their name or number.

On SQLite through an index of groups of three letters (https://sqlite.org/fts5.html#the_trigram_tokenizer)
that migration 0018 made. It may be behind: people with ids beyond `contact_trigrams_upto` are looked at one
by one, until `take_in` is called when nobody waits. Kept up with every row it would make an import a fifth
dearer. In a small workspace, and on PostgreSQL, all its names are looked through, in an index that has little
more.
"""

from collections.abc import Collection, Sequence
from itertools import islice
from typing import Final, NamedTuple

from sqlalchemy import (
    ColumnElement,
    bindparam,
    column,
    literal,
    or_,
    select,
    table,
    text,
    true,
)  # fmt: skip
from sqlalchemy.ext.asyncio.engine import AsyncConnection

from domain.contacts.folding import folded
from domain.contacts.model import Consent
from domain.kernel.ids import WorkspaceId
from storage.people import contains, standing
from storage.tables import contacts
from storage.tables.contacts import NUMBERED

_DIGITS: Final = frozenset("0123456789")
#: What numbers are made of.
_NUMERIC: Final = _DIGITS | {"+"}
#: Not what stands where the number of somebody stood who was forgotten.
_IS_NUMBER: Final = contacts.c.number.like("+%")
#: People of a workspace who are looked through, by name, sooner than an index of everybody's is asked.
_SMALL: Final = 10_000
#: Fewer who are not in the index are not worth a transaction.
_WORTH_IT: Final = 1_000
_GROUP: Final = 3
#: A long text is looked for by so many of its groups: whoever has those is looked at anyway.
_MOST_GROUPS: Final = 24
#: So many have it: others need not be told from them.
_COMMON: Final = 20_000
_LAST: Final = "\U0010ffff"

_INDEXED: Final = {
    "groups": "SELECT rowid AS id FROM contact_trigrams WHERE contact_trigrams MATCH :groups",
    "beginning": (
        "SELECT DISTINCT doc AS id FROM contact_trigrams_terms WHERE term >= :first AND term < :last"
    ),
}
_FOUND: Final = {
    which: text(
        f"""SELECT p.id FROM (
            {indexed} UNION ALL SELECT id FROM contacts WHERE id > (SELECT up_to FROM contact_trigrams_upto)
        ) AS maybe CROSS JOIN contacts AS p ON p.id = maybe.id
        WHERE p.workspace_id = :workspace_id AND p.forgotten_at IS NULL
            AND (:consent IS NULL OR p.consent = :consent)
            AND (:name_folded AND instr(p.name_folded, :part) OR :number AND instr(p.number, :part))
        LIMIT :most"""  # noqa: S608 -- of words of this file
    ).bindparams(bindparam("consent", type_=contacts.c.consent.type))
    for which, indexed in _INDEXED.items()
}

_BEHIND: Final = text(
    "SELECT 1 FROM contacts WHERE id > (SELECT up_to FROM contact_trigrams_upto) LIMIT 1 OFFSET :so_many"
)
_TAKE_IN: Final = text(
    "UPDATE contact_trigrams_upto SET up_to = COALESCE((SELECT max(id) FROM"
    " (SELECT id FROM contacts WHERE id > up_to ORDER BY id LIMIT :most)), up_to)"
)


class _Sought(NamedTuple):
    """`part` stands in one of the `columns` of somebody's row; `most` of them are enough."""

    workspace_id: WorkspaceId
    part: str
    columns: Collection[str]
    consent: Consent | None
    most: int


async def found(
    db: AsyncConnection, workspace_id: WorkspaceId, wanted: str, consent: Consent | None, *, most: int
) -> Sequence[int]:
    """Ids of at least `most` people, or of all there are, in no order; of more always the same, as long as
    nobody comes or goes."""
    if "\0" in wanted:  # which is in nobody's name, and in no text of PostgreSQL's
        return []
    asked = {folded(wanted): ["name_folded"]}
    digits = "".join(wanted.split())
    if _NUMERIC.issuperset(digits):
        asked.setdefault(digits, []).append("number")
    by = _by_groups if await _is_large(db, workspace_id) else _looked_through
    ids: set[int] = set()
    for part, columns in asked.items():
        if part:
            ids.update(await by(db, _Sought(workspace_id, part, columns, consent, most)))
    return sorted(ids)


async def _is_large(db: AsyncConnection, workspace_id: WorkspaceId) -> bool:
    """On SQLite, whose index has the people of all workspaces: beside a large one a small one has sooner
    looked through its own."""
    c = contacts.c
    ours = (c.workspace_id == workspace_id, c.forgotten_at.is_(None))
    one_more = select(literal(1)).where(*ours).offset(_SMALL).limit(1)
    return db.dialect.name == "sqlite" and await db.scalar(one_more) is not None


async def _by_groups(db: AsyncConnection, sought: _Sought) -> Sequence[int]:
    """Those in the index come first, in its order."""
    which, terms = _terms(sought.part)
    within = {column: column in sought.columns for column in ("name_folded", "number")}
    given = {
        "workspace_id": sought.workspace_id, "part": sought.part, "consent": sought.consent,
        "most": sought.most, **terms, **within,
    }  # fmt: skip
    return (await db.scalars(_FOUND[which], given)).all()


async def may_be_called(
    db: AsyncConnection, contact_id: ColumnElement[int], wanted: str
) -> ColumnElement[bool]:
    """Nobody of whom this is false has `wanted` in their name: their row need not be looked at. Of everybody
    it is true on PostgreSQL, and where so many have it that some are soon found."""
    part = folded(wanted)
    if db.dialect.name != "sqlite" or not part:
        return true()
    which, terms = _terms(part)
    indexed = text(_INDEXED[which]).bindparams(**terms).columns(column("id", contacts.c.id.type))
    if await db.scalar(indexed.subquery().select().offset(_COMMON).limit(1)) is not None:
        return true()
    upto = select(table("contact_trigrams_upto", column("up_to")).c.up_to).scalar_subquery()
    return or_(contact_id.in_(indexed), contact_id > upto)


def _terms(part: str) -> tuple[str, dict[str, str]]:
    """How the index is asked, and for what."""
    if len(part) < _GROUP:
        return "beginning", {"first": part, "last": part + _LAST}
    return "groups", {"groups": _groups(part)}


def _groups(part: str) -> str:
    """What FTS5 is asked: all of them are there, wherever."""
    each = dict.fromkeys(part[n : n + _GROUP] for n in range(len(part) - _GROUP + 1))
    quoted = ('"{}"'.format(one.replace('"', '""')) for one in each)
    return " AND ".join(islice(quoted, _MOST_GROUPS))


async def _looked_through(db: AsyncConnection, sought: _Sought) -> Sequence[int]:
    """The first by name and the first by number, each through an index that has nobody who was forgotten."""
    c, part, consent = contacts.c, sought.part, sought.consent
    ids: list[int] = []
    if "name_folded" in sought.columns:
        named = select(c.id).where(standing(sought.workspace_id, consent), contains(c.name_folded, part))
        if db.dialect.name != "sqlite" and not _DIGITS.isdisjoint(part):
            named = named.where(text(NUMBERED))
        ids += await db.scalars(named.order_by(c.name_folded, c.number).limit(sought.most))
    if "number" in sought.columns:
        ours = (
            c.workspace_id == sought.workspace_id,
            *([c.consent == consent] if consent is not None else []),
        )
        numbered = select(c.id).where(*ours, contains(c.number, part), _IS_NUMBER)
        ids += await db.scalars(numbered.order_by(c.number).limit(sought.most))
    return ids


async def behind(db: AsyncConnection) -> bool:
    """Whether so many are not in the index that it is worth taking some in."""
    if db.dialect.name != "sqlite":
        return False
    return await db.scalar(_BEHIND, {"so_many": _WORTH_IT - 1}) is not None


async def take_in(db: AsyncConnection, most: int) -> None:
    """Put up to `most` more of them into the index."""
    await db.execute(_TAKE_IN, {"most": most})
