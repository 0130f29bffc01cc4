"""Campaigns, in tables."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, func, insert, nulls_first, select, update

from domain.campaigns.model import Audience, Campaign, CampaignState
from domain.kernel.errors import Conflict, NotFound
from domain.kernel.ids import AccountId, CampaignId, MemberId, WorkspaceId
from domain.pacing.rules import NORMAL, Pacing
from storage.audiences import SqlAudiences
from storage.checks import SqlCheckedAudiences
from storage.media_json import media_from_json, media_to_json
from storage.tables import campaigns
from storage.template_json import chosen_from_json, chosen_to_json
from storage.types import MICROSECOND

_UNFINISHED = (CampaignState.RUNNING, CampaignState.PAUSED)


def campaign_of(row: Row[Any]) -> Campaign:
    audience = None
    if row.audience_kind is not None:
        audience = Audience(kind=row.audience_kind, ref=row.audience_ref)
    pacing = Pacing(
        shortest=timedelta(microseconds=row.gap_shortest), longest=timedelta(microseconds=row.gap_longest)
    )
    return Campaign(
        id=CampaignId(row.id), workspace_id=WorkspaceId(row.workspace_id),
        created_by=MemberId(row.created_by), name=row.name,
        account_id=None if row.account_id is None else AccountId(row.account_id), state=row.state,
        pause_reason=row.pause_reason, version=row.version, text=row.text, media=media_from_json(row.media),
        template=chosen_from_json(row.template), audience=audience, pacing=pacing,
        scheduled_at=row.scheduled_at, faults_in_row=row.faults_in_row, price=row.price,
        created_at=row.created_at, changed_at=row.changed_at, started_at=row.started_at,
        finished_at=row.finished_at, heeds_hours=row.heeds_hours, by_their_clock=row.by_their_clock,
        footer=row.footer,
    )  # fmt: skip


def _columns(campaign: Campaign) -> dict[str, Any]:
    audience = campaign.audience
    return {
        "name": campaign.name, "account_id": campaign.account_id, "state": campaign.state,
        "pause_reason": campaign.pause_reason, "text": campaign.text, "media": media_to_json(campaign.media),
        "template": chosen_to_json(campaign.template),
        "audience_kind": audience and audience.kind, "audience_ref": audience and audience.ref,
        "gap_shortest": campaign.pacing.shortest // MICROSECOND,
        "gap_longest": campaign.pacing.longest // MICROSECOND, "scheduled_at": campaign.scheduled_at,
        "faults_in_row": campaign.faults_in_row, "price": campaign.price, "changed_at": campaign.changed_at,
        "started_at": campaign.started_at, "finished_at": campaign.finished_at,
        "heeds_hours": campaign.heeds_hours, "by_their_clock": campaign.by_their_clock,
        "footer": campaign.footer,
    }  # fmt: skip


class SqlCampaigns(SqlAudiences, SqlCheckedAudiences):
    """Implements `domain.campaigns.ports.CampaignStore`."""

    async def create(
        self,
        *,
        workspace_id: WorkspaceId,
        created_by: MemberId,
        name: str,
        account_id: AccountId | None,
        at: datetime,
    ) -> CampaignId:
        row = {
            "workspace_id": workspace_id, "created_by": created_by, "name": name, "account_id": account_id,
            "state": CampaignState.DRAFT, "version": 1, "text": "", "faults_in_row": 0,
            "gap_shortest": NORMAL.shortest // MICROSECOND, "gap_longest": NORMAL.longest // MICROSECOND,
            "created_at": at, "changed_at": at,
        }  # fmt: skip
        result = await self._db.execute(insert(campaigns).values(row).returning(campaigns.c.id))
        return CampaignId(result.scalar_one())

    async def campaign(self, workspace_id: WorkspaceId, id: CampaignId) -> Campaign:
        found = await self._some(campaigns.c.id == id, campaigns.c.workspace_id == workspace_id)
        return _only(found)

    async def any(self, id: CampaignId) -> Campaign:
        return _only(await self._some(campaigns.c.id == id))

    async def _some(self, *conditions: Any, order: Any = campaigns.c.id) -> Sequence[Campaign]:
        rows = await self._db.execute(select(campaigns).where(*conditions).order_by(order, campaigns.c.id))
        return [campaign_of(row) for row in rows]

    async def save(self, campaign: Campaign, *, expected: int) -> Campaign:
        c = campaigns.c
        result = await self._db.execute(
            update(campaigns)
            .where(c.id == campaign.id, c.workspace_id == campaign.workspace_id, c.version == expected)
            .values(version=expected + 1, **_columns(campaign))
        )
        if result.rowcount == 0:
            raise Conflict(what="campaign")
        return replace(campaign, version=expected + 1)

    async def set_faults(self, id: CampaignId, faults: int) -> None:
        await self._db.execute(update(campaigns).where(campaigns.c.id == id).values(faults_in_row=faults))

    async def served(self, id: CampaignId, *, at: datetime) -> None:
        await self._db.execute(update(campaigns).where(campaigns.c.id == id).values(served_at=at))

    async def of_workspace(
        self,
        workspace_id: WorkspaceId,
        *,
        states: Sequence[CampaignState] = (),
        offset: int = 0,
        limit: int = 8,
    ) -> tuple[Sequence[Campaign], int]:
        c = campaigns.c
        condition = c.workspace_id == workspace_id
        if states:
            condition &= c.state.in_(states)
        total = await self._db.scalar(select(func.count()).select_from(campaigns).where(condition))
        rows = await self._db.execute(
            select(campaigns).where(condition).order_by(c.id.desc()).offset(offset).limit(limit)
        )
        return [campaign_of(row) for row in rows], total or 0

    async def running_of(self, account_id: AccountId) -> Sequence[Campaign]:
        c = campaigns.c
        return await self._some(
            c.account_id == account_id,
            c.state == CampaignState.RUNNING,
            order=nulls_first(c.served_at),
        )

    async def unfinished_of(self, account_id: AccountId) -> Sequence[Campaign]:
        return await self._some(campaigns.c.account_id == account_id, campaigns.c.state.in_(_UNFINISHED))

    async def accounts_at_work(self) -> Sequence[AccountId]:
        c = campaigns.c
        ids = await self._db.scalars(
            select(c.account_id)
            .distinct()
            .where(c.state == CampaignState.RUNNING, c.account_id.is_not(None))
            .order_by(c.account_id)
        )
        return [AccountId(id) for id in ids]

    async def scheduled(self) -> Sequence[Campaign]:
        c = campaigns.c
        return await self._some(c.state == CampaignState.SCHEDULED, order=c.scheduled_at)


def _only(found: Sequence[Campaign]) -> Campaign:
    if not found:
        raise NotFound(what="campaign")
    return found[0]
