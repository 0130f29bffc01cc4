"""How those whom an audience means stand with their consent, counted."""

from typing import Final, NamedTuple

from sqlalchemy import BigInteger, Boolean, Column, ColumnElement, case, exists, func, literal, select
from sqlalchemy.ext.asyncio.engine import AsyncConnection

from domain.campaigns.model import Audience
from domain.contacts.model import Consent
from domain.kernel.ids import WorkspaceId
from storage.base import given
from storage.meant import all_meant, members_meant
from storage.tables import contacts
from storage.types import to_json

#: Fewer are looked at one by one sooner than anything else is asked about them.
_MANY: Final = 5_000
#: Into so many parts the ids of an audience are cut, to see where everybody is one of them.
_STRETCHES: Final = 64
_STRETCH: Final = (Column("first", BigInteger), Column("last", BigInteger), Column("whole", Boolean))


class Standing(NamedTuple):
    """People in all, those who agree, and those who have said stop."""

    total: int
    agreed: int
    stopped: int


async def count_standing(db: AsyncConnection, workspace_id: WorkspaceId, audience: Audience) -> Standing:
    if db.dialect.name == "sqlite" and (members := members_meant(workspace_id, audience)) is not None:
        found = await _by_the_few(db, workspace_id, *members)
        if found is not None:
            return found
    c = contacts.c.consent
    everybody, who = all_meant(workspace_id, audience)
    # Not grouped: to sort them takes SQLite longer than to count them; and every comparison of all of them
    # takes its time, so there is none for the third.
    agrees, says_stop = (func.count(case((c == one, 1))) for one in (Consent.GRANTED, Consent.REVOKED))
    asked = select(func.count(), agrees, says_stop).select_from(everybody).where(who)
    return Standing(*(await db.execute(asked)).one())


async def _by_the_few(
    db: AsyncConnection, workspace_id: WorkspaceId, person: Column[int], theirs: ColumnElement[bool]
) -> Standing | None:
    """From those who have not agreed, where they are few: SQLite has their ids in an index, and nobody else
    need be looked at. `theirs`: which rows of the table of `person` it is about. None where it is not worth
    it."""
    ends = (select(one(person)).where(theirs).scalar_subquery() for one in (func.min, func.max))
    first, last = (await db.execute(select(*ends))).one()
    if first is None:
        return Standing(0, 0, 0)
    stretches = await _stretches(db, person, theirs, first, last)
    total = sum(people for _, people in stretches)
    if total < _MANY:
        return None
    c = contacts.c
    others = [one for one in Consent if one is not Consent.GRANTED]
    near = (c.workspace_id == workspace_id, c.id.between(first, last))
    too_many = select(literal(1)).where(*near, c.consent.in_(others)).offset(total // 3).limit(1)
    if await db.scalar(too_many) is not None:
        return None
    s = given(_STRETCH, on_sqlite=True).c
    counts = list[ColumnElement[int]]()
    for one in others:
        here = select(func.count()).where(
            c.workspace_id == workspace_id, c.id.between(s.first, s.last), c.consent == one
        )
        among = here.where(exists().where(person == c.id, theirs))
        # Two counts, rather than one with an OR: that would read the stretch anew for each of its people.
        counts.append(func.sum(case((s.whole, here.scalar_subquery()), else_=among.scalar_subquery())))
    where = [(ids.start, ids.stop - 1, people == len(ids)) for ids, people in stretches]
    out = (await db.execute(select(*counts), {"given": to_json(where)})).one()
    return Standing(total, total - sum(out), out[others.index(Consent.REVOKED)])


async def _stretches(
    db: AsyncConnection, person: Column[int], theirs: ColumnElement[bool], first: int, last: int
) -> list[tuple[range, int]]:
    """Their ids from the first to the last in parts, and how many of them there are in each. Those whom one
    file brought have followed each other's: where as many are in a part as it has ids, whoever is in it is
    one of them."""
    length = -(-(last - first + 1) // _STRETCHES)
    parts = [range(start, min(start + length, last + 1)) for start in range(first, last + 1, length)]
    s = given(_STRETCH[:2], on_sqlite=True).c
    people = select(func.count()).where(theirs, person.between(s.first, s.last)).scalar_subquery()
    where = [(ids.start, ids.stop - 1) for ids in parts]
    counted = await db.execute(select(s.first, people), {"given": to_json(where)})
    found: dict[int, int] = dict(counted.all())
    return [(ids, found[ids.start]) for ids in parts]
