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
    func,
    literal,
    null,
    or_,
    select,
    true,
    update,
    values,
)  # fmt: skip
from sqlalchemy.exc import IntegrityError

from domain.campaigns.model import Audience, AudienceKind
from domain.campaigns.ports import AudienceCount
from domain.contacts.model import Consent
from domain.delivery.recipients import RecipientState
from domain.kernel.errors import Conflict, NotFound
from domain.kernel.ids import CampaignId, ListId, WorkspaceId
from storage.base import SqlStore
from storage.people import belongs
from storage.tables import campaigns, contacts, recipients

NO_CONSENT, STOPPED, OVER_CAP, SENT_AGAIN = "no_consent", "stopped", "over_cap", "sent_again"

#: Why somebody without consent is left out.
WHY_NOT: Mapping[Consent, str] = {Consent.UNRECORDED: NO_CONSENT, Consent.REVOKED: STOPPED}

#: Which recipients of the earlier campaign a follow-up is for.
_FOLLOWED: Mapping[AudienceKind, RecipientState] = {
    AudienceKind.FAILED_OF: RecipientState.FAILED,
    AudienceKind.UNKNOWN_OF: RecipientState.UNKNOWN,
}


def _meant(workspace_id: WorkspaceId, audience: Audience) -> ColumnElement[bool]:
    """Which contacts an audience means. Whatever `ref` says, only people of the workspace."""
    match audience.kind:
        case AudienceKind.LIST:
            return belongs(workspace_id, list_id=ListId(int(audience.ref)))
        case AudienceKind.TAG:
            return belongs(workspace_id, tag=audience.ref)
        case AudienceKind.FAILED_OF | AudienceKind.UNKNOWN_OF:
            return belongs(workspace_id) & _followed_up(audience, _FOLLOWED[audience.kind])


def _followed_up(audience: Audience, state: RecipientState) -> ColumnElement[bool]:
    r = recipients.c
    # "sent_again" means that another campaign has taken care of them already.
    not_yet = or_(r.reason.is_(None), r.reason != SENT_AGAIN)
    earlier = select(r.contact_id).where(r.campaign_id == int(audience.ref), r.state == state, not_yet)
    return contacts.c.id.in_(earlier)


class SqlAudiences(SqlStore):
    """The part of `domain.campaigns.ports.CampaignStore` that is about audiences."""

    async def count_audience(
        self, workspace_id: WorkspaceId, audience: Audience, *, cap: int | None
    ) -> AudienceCount:
        c = contacts.c.consent
        rows = await self._db.execute(
            select(c, func.count()).where(_meant(workspace_id, audience)).group_by(c)
        )
        found: dict[Consent, int] = dict(rows.all())
        granted = found.get(Consent.GRANTED, 0)
        included = granted if cap is None else min(granted, cap)
        excluded = {why: found[consent] for consent, why in WHY_NOT.items() if consent in found}
        if granted > included:
            excluded[OVER_CAP] = granted - included
        return AudienceCount(included=included, excluded=excluded)

    async def missing_fields(
        self, workspace_id: WorkspaceId, audience: Audience, fields: Sequence[str]
    ) -> Mapping[str, int]:
        if not fields:
            return {}
        counts = [func.count(case((self._is_missing(field), 1))) for field in fields]
        who = _meant(workspace_id, audience) & (contacts.c.consent == Consent.GRANTED)
        row = (await self._db.execute(select(*counts).where(who))).one()
        return {field: number for field, number in zip(fields, row, strict=True) if number}

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
        self, parts: Sequence[CampaignId], audience: Audience, *, cap: int, at: datetime
    ) -> Sequence[int]:
        """Write recipients in one statement; see the port. Raises NotFound, or Conflict when one of the
        parts was frozen before or they are of different workspaces."""
        workspace_id = await self._workspace_of(parts)
        if await self._db.scalar(
            select(recipients.c.id).where(self._among(recipients.c.campaign_id, parts)).limit(1)
        ):
            raise Conflict(what="recipients")
        dealt = _dealt(workspace_id, audience, parts=len(parts), cap=cap)
        rows = _as_recipients(dealt, parts, at=at)
        try:
            await self._db.execute(
                recipients.insert().from_select([one.name for one in rows.selected_columns], rows)
            )
        except IntegrityError:
            raise Conflict(what="recipients") from None
        if audience.kind in _FOLLOWED:
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

    async def _mark_sent_again(self, audience: Audience, parts: Sequence[CampaignId]) -> None:
        """Whoever was taken over by these parts is not there for another follow-up."""
        r, new = recipients.c, recipients.alias("new").c
        taken = select(new.contact_id).where(
            self._among(new.campaign_id, parts), new.state == RecipientState.WAITING
        )
        await self._db.execute(
            update(recipients)
            .where(
                r.campaign_id == int(audience.ref),
                r.state == _FOLLOWED[audience.kind],
                r.contact_id.in_(taken),
            )
            .values(state=RecipientState.FAILED, reason=SENT_AGAIN, due_at=None)
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


def _dealt(workspace_id: WorkspaceId, audience: Audience, *, parts: int, cap: int) -> CTE:
    """Everybody meant, with the number of their part and, where there is one, the reason they stay out."""
    c = contacts.c
    place = func.row_number(type_=BigInteger).over(partition_by=c.consent, order_by=c.number)
    people = (
        select(c.id, c.number, c.name, c.consent, place.label("place"))
        .where(_meant(workspace_id, audience))
        .cte("people")
    )
    p = people.c
    why = case(
        *((p.consent == consent, literal(why)) for consent, why in WHY_NOT.items()),
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
