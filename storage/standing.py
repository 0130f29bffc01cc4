"""How those whom an audience means stand with their consent, counted."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from sqlalchemy import BigInteger, Boolean, Column, ColumnElement, case, exists, func, literal, or_, select
from sqlalchemy.ext.asyncio.engine import AsyncConnection

from domain.campaigns.model import Audience
from domain.contacts.model import Consent
from domain.kernel.ids import WorkspaceId
from storage.base import asked_before, given
from storage.meant import all_meant, each_meant, members_meant
from storage.tables import contacts
from storage.types import to_json

#: Fewer are looked at one by one sooner than anything else is asked about them.
_MANY: Final = 5_000
#: Into so many parts the ids of an audience are cut, to see where everybody is one of them.
_STRETCHES: Final = 64
#: Of those where everybody is, so many are looked at before the list is.
_WORTH_IT: Final = 4
_WHOLE: Final = "whole stretches"
_STRETCH: Final = (Column("first", BigInteger), Column("last", BigInteger), Column("whole", Boolean))


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
    among = (contacts.c.id.between(ids.start, ids.stop - 1) for ids in whole)
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
        asked[_WHOLE, workspace_id, audience] = _whole(stretches)
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


def _whole(stretches: Sequence[tuple[range, int]]) -> Sequence[range]:
    """Where whoever is there is one of them, those that follow each other as one; not more than are worth
    looking at for each."""
    found = list[range]()
    for ids, people in stretches:
        if people < len(ids):
            continue
        if found and found[-1].stop == ids.start:
            found[-1] = range(found[-1].start, ids.stop)
        else:
            found.append(ids)
    return sorted(found, key=len, reverse=True)[:_WORTH_IT]


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
