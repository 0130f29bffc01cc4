"""How those whom an audience means stand with their consent, counted."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from sqlalchemy import BigInteger, Boolean, Column, ColumnElement, case, exists, func, literal, or_, select
from sqlalchemy.ext.asyncio.engine import AsyncConnection

from domain.campaigns.model import Audience
from domain.contacts.model import Consent
from domain.kernel.ids import WorkspaceId
from storage.base import asked_before, given, given_rows
from storage.meant import all_meant, each_meant, members_meant
from storage.tables import contacts

#: Fewer are looked at one by one sooner than anything else is asked about them.
_MANY: Final = 5_000
#: Into so many parts the ids of an audience are cut, to see where everybody is one of them.
_STRETCHES: Final = 64
#: Of those where everybody is one of them, so many are looked at before the list is.
_WORTH_IT: Final = 4
_WHOLE: Final = "whole stretches"
_NOT_AGREED: Final = tuple(one for one in Consent if one is not Consent.GRANTED)
_COLUMNS: Final = (Column("first", BigInteger), Column("last", BigInteger), Column("whole", Boolean))


class _Stretch(NamedTuple):
    """Ids from the first to the last, and how many `people` of an audience are among them."""

    first: int
    last: int
    people: int

    @property
    def is_whole(self) -> bool:
        """Whoever is there is one of them."""
        return self.people == self.last - self.first + 1


class Standing(NamedTuple):
    """People in all, those who agree, and those who have said stop."""

    total: int
    agreed: int
    stopped: int


async def count_standing(db: AsyncConnection, workspace_id: WorkspaceId, audience: Audience) -> Standing:
    if db.dialect.name == "sqlite" and (members := members_meant(workspace_id, audience)) is not None:
        found = await _by_the_few(db, workspace_id, audience, *members)
        if found is not None:
            return found
    c = contacts.c.consent
    everybody, who = all_meant(workspace_id, audience)
    # Not grouped: to sort them takes SQLite longer than to count them; and every comparison of all of them
    # takes its time, so there is none for the third.
    agrees, says_stop = (func.count(case((c == one, 1))) for one in (Consent.GRANTED, Consent.REVOKED))
    asked = select(func.count(), agrees, says_stop).select_from(everybody).where(who)
    return Standing(*(await db.execute(asked)).one())


def each_meant_here(
    db: AsyncConnection, workspace_id: WorkspaceId, audience: Audience
) -> ColumnElement[bool]:
    """As `each_meant`. In a snapshot in which they were counted it is known of many by their id alone."""
    whole = (asked_before(db) or {}).get((_WHOLE, workspace_id, audience), ())
    among = (contacts.c.id.between(one.first, one.last) for one in whole)
    return or_(*among, each_meant(workspace_id, audience))


async def _by_the_few(
    db: AsyncConnection,
    workspace_id: WorkspaceId,
    audience: Audience,
    person: Column[int],
    theirs: ColumnElement[bool],
) -> Standing | None:
    """From those who have not agreed, where they are few: SQLite has their ids in an index, and nobody else
    need be looked at. `theirs`: which rows of the table of `person` it is about. None where it is not worth
    it."""
    ends = (select(one(person)).where(theirs).scalar_subquery() for one in (func.min, func.max))
    first, last = (await db.execute(select(*ends))).one()
    if first is None:
        return Standing(0, 0, 0)
    stretches = await _stretches(db, person, theirs, first, last)
    if (asked := asked_before(db)) is not None:
        asked[_WHOLE, workspace_id, audience] = _longest_whole(stretches)
    total = sum(one.people for one in stretches)
    if total < _MANY:
        return None
    c = contacts.c
    near = (c.workspace_id == workspace_id, c.id.between(first, last), c.consent.in_(_NOT_AGREED))
    too_many = select(literal(1)).where(*near).offset(total // 3).limit(1)
    if await db.scalar(too_many) is not None:
        return None
    out = await _not_agreed(db, workspace_id, person, theirs, stretches)
    return Standing(total, total - sum(out), out[_NOT_AGREED.index(Consent.REVOKED)])


async def _not_agreed(
    db: AsyncConnection,
    workspace_id: WorkspaceId,
    person: Column[int],
    theirs: ColumnElement[bool],
    stretches: Sequence[_Stretch],
) -> Sequence[int]:
    """How many of them stand in each of these ways; the list is asked only where not everybody is on it."""
    c, s = contacts.c, given(_COLUMNS, on_sqlite=True).c
    counts = list[ColumnElement[int]]()
    for one in _NOT_AGREED:
        here = select(func.count()).where(
            c.workspace_id == workspace_id, c.id.between(s.first, s.last), c.consent == one
        )
        among = here.where(exists().where(person == c.id, theirs))
        # Two counts, rather than one with an OR: that would read the stretch anew for each of its people.
        counts.append(func.sum(case((s.whole, here.scalar_subquery()), else_=among.scalar_subquery())))
    rows = [(one.first, one.last, one.is_whole) for one in stretches]
    return (await db.execute(select(*counts), given_rows(rows, on_sqlite=True))).one()


def _longest_whole(stretches: Sequence[_Stretch]) -> Sequence[_Stretch]:
    """Those that follow each other as one; not more than are worth looking at for each person."""
    found = list[_Stretch]()
    for one in stretches:
        if one.is_whole and found and found[-1].last + 1 == one.first:
            found[-1] = _Stretch(found[-1].first, one.last, found[-1].people + one.people)
        elif one.is_whole:
            found.append(one)
    return sorted(found, key=lambda one: one.people, reverse=True)[:_WORTH_IT]


async def _stretches(
    db: AsyncConnection, person: Column[int], theirs: ColumnElement[bool], first: int, last: int
) -> Sequence[_Stretch]:
    """Their ids from the first to the last in parts. Those whom one file brought have ids that follow each
    other."""
    length = -(-(last - first + 1) // _STRETCHES)
    parts = [(start, min(start + length - 1, last)) for start in range(first, last + 1, length)]
    s = given(_COLUMNS[:2], on_sqlite=True).c
    people = select(func.count()).where(theirs, person.between(s.first, s.last)).scalar_subquery()
    counted = await db.execute(select(s.first, s.last, people), given_rows(parts, on_sqlite=True))
    return [_Stretch(*row) for row in counted]
