"""How those whom an audience means stand with their consent, counted."""

from typing import Final, NamedTuple

from sqlalchemy import Column, ColumnElement, case, exists, func, literal, select
from sqlalchemy.ext.asyncio.engine import AsyncConnection

from domain.campaigns.model import Audience
from domain.contacts.model import Consent
from domain.kernel.ids import WorkspaceId
from storage.meant import all_meant, members_meant
from storage.tables import contacts

#: Fewer are looked at one by one sooner than anything else is asked about them.
_MANY: Final = 5_000


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
    c = contacts.c
    about = [func.count(), func.min(person), func.max(person)]
    total, first, last = (
        await db.execute(select(*(select(one).where(theirs).scalar_subquery() for one in about)))
    ).one()
    if total < _MANY:
        return None
    others = [one for one in Consent if one is not Consent.GRANTED]
    near = (c.workspace_id == workspace_id, c.id.between(first, last))
    too_many = select(literal(1)).where(*near, c.consent.in_(others)).offset(total // 3).limit(1)
    if await db.scalar(too_many) is not None:
        return None
    of_them = select(func.count()).where(*near, exists().where(person == c.id, theirs))
    out = {one: await db.scalar(of_them.where(c.consent == one)) or 0 for one in others}
    return Standing(total, total - sum(out.values()), out[Consent.REVOKED])
