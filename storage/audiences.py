"""Audiences: counted while a campaign is made, frozen into recipients when it starts."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    Select,
    case,
    column,
    exists,
    func,
    literal,
    null,
    select,
    true,
    update,
    values,
)  # fmt: skip
from sqlalchemy.exc import IntegrityError

from domain.campaigns.model import FOLLOWED, Audience
from domain.campaigns.ports import MOST_REACHED, AudienceCount
from domain.contacts.model import Consent
from domain.delivery.recipients import NOT_ON_WHATSAPP, SENT_AGAIN, RecipientState
from domain.kernel.errors import Conflict, NotFound
from domain.kernel.ids import AccountId, CampaignId, WorkspaceId
from storage.base import SqlStore
from storage.meant import all_meant, checked_contact, followed_up, is_off, meant
from storage.standing import count_standing, each_meant_here
from storage.tables import campaigns, cloud_people, contacts, number_checks, recipients

NO_CONSENT, STOPPED, OVER_CAP, NO_POINTS = "no_consent", "stopped", "over_cap", "no_points"

#: So many are looked at one by one sooner than a whole audience.
_MANY = 100_000
_REACHED = (RecipientState.SENT, RecipientState.DELIVERED, RecipientState.READ)

#: Why somebody without consent is left out.
WHY_NOT: Mapping[Consent, str] = {Consent.UNRECORDED: NO_CONSENT, Consent.REVOKED: STOPPED}


class SqlAudiences(SqlStore):
    """The part of `domain.campaigns.ports.CampaignStore` that is about audiences."""

    async def count_audience(
        self,
        workspace_id: WorkspaceId,
        audience: Audience,
        *,
        cap: int | None,
        off_since: datetime | None = None,
    ) -> AudienceCount:
        total, agreed, stopped = await count_standing(self._db, workspace_id, audience)
        off = await self._count_off(workspace_id, audience, off_since) if agreed else 0
        granted = agreed - off
        included = granted if cap is None else min(granted, cap)
        out = {NO_CONSENT: total - agreed - stopped, STOPPED: stopped, NOT_ON_WHATSAPP: off}
        excluded = {why: number for why, number in out.items() if number}
        if granted > included:
            excluded[OVER_CAP] = granted - included
        return AudienceCount(included=included, excluded=excluded)

    async def _count_off(self, workspace_id: WorkspaceId, audience: Audience, since: datetime | None) -> int:
        """Of those who agreed. Fewer are known to be off than are on a list: it begins from them."""
        if since is None:
            return 0
        c, n = contacts.c, number_checks.c
        known_off = (n.workspace_id == workspace_id, n.on_whatsapp.is_(False), n.at >= since)
        agrees = c.consent == Consent.GRANTED
        on_it = each_meant_here(self._db, workspace_id, audience)
        theirs = exists().where(c.id == checked_contact(), agrees, on_it)
        counted = select(func.count()).select_from(number_checks).where(*known_off, theirs)
        return int(await self._db.scalar(counted) or 0)

    async def first_numbers(
        self, workspace_id: WorkspaceId, audience: Audience, *, limit: int, off_since: datetime | None = None
    ) -> Sequence[str]:
        c, off = contacts.c, case((is_off(off_since), 1), else_=0)
        everybody, who = all_meant(workspace_id, audience)
        numbers = select(c.number).select_from(everybody).where(who, c.consent == Consent.GRANTED, off == 0)
        return list(await self._db.scalars(numbers.order_by(c.number).limit(limit)))

    async def missing_fields(
        self, workspace_id: WorkspaceId, audience: Audience, fields: Sequence[str]
    ) -> Mapping[str, int]:
        if not fields:
            return {}
        counts = [func.count(case((self._is_missing(field), 1))) for field in fields]
        everybody, who = all_meant(workspace_id, audience)
        counted = select(*counts).select_from(everybody).where(who, contacts.c.consent == Consent.GRANTED)
        row = (await self._db.execute(counted)).one()
        return {field: number for field, number in zip(fields, row, strict=True) if number}

    async def count_who_wrote(
        self, workspace_id: WorkspaceId, audience: Audience, account_id: AccountId, *, since: datetime
    ) -> int:
        """From those who wrote, who are few."""
        c, known = contacts.c, cloud_people.c
        theirs = exists().where(
            c.workspace_id == workspace_id, c.number == known.number, c.consent == Consent.GRANTED,
            each_meant_here(self._db, workspace_id, audience),
        )  # fmt: skip
        wrote = (known.account_id == account_id, known.wrote_at > since)
        return int(await self._db.scalar(select(func.count()).where(*wrote, theirs)) or 0)

    async def count_reached(
        self, workspace_id: WorkspaceId, audience: Audience, *, since: datetime, most: int = MOST_REACHED
    ) -> int:
        """From those reached, unless they are very many: then from the audience."""
        c, r, p = campaigns.c, recipients.c, contacts.c
        ours = recipients.join(campaigns, c.id == r.campaign_id)
        lately = (c.workspace_id == workspace_id, r.sent_at > since)
        one_more = select(literal(1)).select_from(ours).where(*lately).offset(_MANY).limit(1)
        if await self._db.scalar(one_more):
            everybody, who = all_meant(workspace_id, audience)
            reached = exists().where(r.contact_id == p.id, r.state.in_(_REACHED), r.sent_at > since)
            found = select(p.id).select_from(everybody).where(who, reached, p.consent == Consent.GRANTED)
        else:
            on_it = each_meant_here(self._db, workspace_id, audience)
            theirs = exists().where(p.id == r.contact_id, p.consent == Consent.GRANTED, on_it)
            found = select(r.contact_id).select_from(ours).where(*lately, r.state.in_(_REACHED), theirs)
        some = found.distinct().limit(most + 1).subquery()
        return await self._db.scalar(select(func.count()).select_from(some)) or 0

    def _is_missing(self, field: str) -> ColumnElement[bool]:
        if field == "name":
            return contacts.c.name == ""
        return func.coalesce(self._attribute(field), "") == ""

    def _attribute(self, field: str) -> ColumnElement[Any]:
        if not self._on_sqlite:
            return contacts.c.attributes.op("->>")(field)
        # Not a JSON path: a column's heading may hold dots, quotes or digits, which mean something there.
        pair = func.json_each(contacts.c.attributes).table_valued("key", "value")
        return select(pair.c.value).where(pair.c.key == field).correlate(contacts).limit(1).scalar_subquery()

    async def freeze(
        self,
        parts: Sequence[CampaignId],
        audience: Audience,
        *,
        cap: int,
        at: datetime,
        most: int | None = None,
        off_since: datetime | None = None,
    ) -> Sequence[int]:
        """Write recipients in one statement; see the port. Raises NotFound, or Conflict when one of the
        parts was frozen before or they are of different workspaces."""
        workspace_id = await self._workspace_of(parts)
        if await self._db.scalar(
            select(recipients.c.id).where(self._among(recipients.c.campaign_id, parts)).limit(1)
        ):
            raise Conflict(what="recipients")
        origin = parts[0]
        if audience.kind in FOLLOWED:
            origin = await self._lock(workspace_id, CampaignId(int(audience.ref))) or origin
        c = campaigns.c
        await self._db.execute(update(campaigns).where(self._among(c.id, parts)).values(origin=origin))
        dealt = _dealt(workspace_id, audience, parts=len(parts), cap=cap, most=most, off_since=off_since)
        rows = _as_recipients(dealt, parts, at=at)
        try:
            await self._db.execute(
                recipients.insert().from_select([one.name for one in rows.selected_columns], rows)
            )
        except IntegrityError:
            raise Conflict(what="recipients") from None
        if audience.kind in FOLLOWED:
            await self._mark_sent_again(audience, parts)
        return await self._counts(parts)

    async def _workspace_of(self, parts: Sequence[CampaignId]) -> WorkspaceId:
        c = campaigns.c
        rows = await self._db.execute(select(c.id, c.workspace_id).where(self._among(c.id, parts)))
        found = {row.id: WorkspaceId(row.workspace_id) for row in rows}
        if not parts or set(found) != set(parts):
            raise NotFound(what="campaign")
        if len(set(found.values())) > 1:
            raise Conflict(what="campaign")
        return found[parts[0]]

    async def _lock(self, workspace_id: WorkspaceId, earlier: CampaignId) -> CampaignId | None:
        """Two follow-ups of one campaign frozen at the same moment would both take its people: the second
        waits here, and then finds them followed up. Rows that refer to the campaign need not wait. Returns
        the campaign's origin."""
        c = campaigns.c
        mine = (c.id == earlier, c.workspace_id == workspace_id)
        origin = func.coalesce(c.origin, c.id)
        found = await self._db.scalar(select(origin).where(*mine).with_for_update(key_share=True))
        return None if found is None else CampaignId(found)

    async def _mark_sent_again(self, audience: Audience, parts: Sequence[CampaignId]) -> None:
        """Whoever was taken over by these parts is not there for another follow-up."""
        r, new = recipients.c, recipients.alias("new").c
        taken = select(new.contact_id).where(
            self._among(new.campaign_id, parts), new.state == RecipientState.WAITING
        )
        # The unknown are known now: they have not got it. Whoever was cancelled there stays so.
        state = case((r.state == RecipientState.CANCELLED, r.state), else_=RecipientState.FAILED)
        await self._db.execute(
            update(recipients)
            .where(followed_up(audience), r.contact_id.in_(taken))
            .values(state=state, reason=SENT_AGAIN, due_at=None)
        )

    async def _counts(self, parts: Sequence[CampaignId]) -> Sequence[int]:
        r = recipients.c
        rows = await self._db.execute(
            select(r.campaign_id, func.count())
            .where(self._among(r.campaign_id, parts), r.state == RecipientState.WAITING)
            .group_by(r.campaign_id)
        )
        found: dict[int, int] = dict(rows.all())
        return [found.get(part, 0) for part in parts]


def _dealt(
    workspace_id: WorkspaceId,
    audience: Audience,
    *,
    parts: int,
    cap: int,
    most: int | None,
    off_since: datetime | None,
) -> CTE:
    """Everybody meant, with the number of their part and, where there is one, the reason they stay out."""
    c, out = contacts.c, case((is_off(off_since), 1), else_=0)
    everybody = (
        select(c.id, c.number, c.name, c.consent, out.label("off")).where(meant(workspace_id, audience))
    ).cte("everybody")
    e = everybody.c
    place = func.row_number(type_=BigInteger).over(partition_by=[e.consent, e.off], order_by=e.number)
    people = select(e.id, e.number, e.name, e.consent, e.off, place.label("place")).cte("people")
    p = people.c
    why = case(
        *((p.consent == consent, literal(why)) for consent, why in WHY_NOT.items()),
        (p.off == 1, literal(NOT_ON_WHATSAPP)),
        *(() if most is None else ((p.place > most, literal(NO_POINTS)),)),
        (p.place > cap * parts, literal(OVER_CAP)),
        else_=null(),
    )
    part = case((why.is_(None), (p.place - 1) // cap), else_=parts - 1)
    return select(p.id, p.number, p.name, part.label("part"), why.label("why")).cte("dealt")


def _as_recipients(dealt: CTE, parts: Sequence[CampaignId], *, at: datetime) -> Select[Any]:
    pairs = values(column("part", BigInteger), column("campaign_id", BigInteger), name="pairs")
    numbered = pairs.data(list(enumerate(parts))).cte("parts")
    d, r = dealt.c, recipients.c
    out = d.why.is_not(None)
    return (
        select(
            numbered.c.campaign_id.label("campaign_id"),
            d.id.label("contact_id"),
            d.number.label("number"),
            d.name.label("name"),
            case(
                (out, literal(RecipientState.EXCLUDED, r.state.type)),
                else_=literal(RecipientState.WAITING, r.state.type),
            ).label("state"),
            d.why.label("reason"),
            literal(0).label("attempts"),
            case((out, null()), else_=literal(at, r.due_at.type)).label("due_at"),
        )
        .select_from(dealt.join(numbered, numbered.c.part == d.part))
        .where(true())
        .order_by(numbered.c.part, d.number)
    )
