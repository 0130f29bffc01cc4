"""A desk in numbers: few statements, each over an index that holds only what is asked for."""

from datetime import datetime

from sqlalchemy import Select, func, select, text

from domain.accounts.model import AccountState
from domain.campaigns.model import CampaignState
from domain.delivery.recipients import RecipientState
from domain.delivery.store import DirectState
from domain.kernel.ids import AccountId, WorkspaceId
from domain.reports.overview import Overview, Waiting
from storage.base import SqlStore
from storage.tables import account_usage, accounts, campaigns, directs, recipients
from storage.tables.delivery import OPEN_DIRECTS

#: Written out: an index of waiting ones is found only by the same words.
_WAITING = text("recipients.state = 'waiting'")
_UNKNOWN_DIRECTS = text("directs.state = 'unknown'")


class SqlOverview(SqlStore):
    """Implements `domain.reports.overview.OverviewStore`."""

    async def of_desk(self, *, now: datetime) -> Overview:
        a, c = accounts.c, campaigns.c
        by_account = await self._db.execute(
            select(a.channel, a.state, func.count()).where(~a.is_removed).group_by(a.channel, a.state)
        )
        by_campaign = await self._db.execute(select(c.state, func.count()).group_by(c.state))
        unknown = await self._db.scalar(select(func.count()).select_from(directs).where(_UNKNOWN_DIRECTS))
        return Overview(
            oldest_recipient=await self._db.scalar(oldest_recipient(now)),
            oldest_direct=await self._oldest_direct(now),
            unknown_recipients=await self._unknown(), unknown_directs=unknown or 0,
            accounts={(channel, state): count for channel, state, count in by_account},
            campaigns=dict(by_campaign.all()),
        )  # fmt: skip

    async def _oldest_direct(self, now: datetime) -> datetime | None:
        d, a = directs.c, accounts.c
        connected = select(a.id).where(a.state == AccountState.CONNECTED, ~a.is_removed)
        since = func.coalesce(d.due_at, d.queued_at)
        return await self._db.scalar(
            select(func.min(since)).where(
                OPEN_DIRECTS, d.state == DirectState.QUEUED, since <= now, d.account_id.in_(connected)
            )
        )

    async def _unknown(self, workspace_id: WorkspaceId | None = None) -> int:
        r, c = recipients.c, campaigns.c
        whose = select(c.id)
        if workspace_id is not None:
            whose = whose.where(c.workspace_id == workspace_id)
        count = await self._db.scalar(
            select(func.count()).where(r.campaign_id.in_(whose), r.state == RecipientState.UNKNOWN)
        )
        return count or 0

    async def of_workspace(self, id: WorkspaceId, *, since: datetime) -> Waiting:
        r, c, a, u = recipients.c, campaigns.c, accounts.c, account_usage.c
        running = select(c.id).where(c.workspace_id == id, c.state == CampaignState.RUNNING)
        waiting = await self._db.scalar(select(func.count()).where(r.campaign_id.in_(running), _WAITING))
        sent = await self._db.execute(
            select(u.account_id, func.sum(u.claims))
            .join_from(account_usage, accounts, a.id == u.account_id)
            .where(a.workspace_id == id, ~a.is_removed, u.minute >= since)
            .group_by(u.account_id)
        )
        return Waiting(
            recipients=waiting or 0, unknown=await self._unknown(id),
            sent={AccountId(account): int(claims) for account, claims in sent},
        )  # fmt: skip


def oldest_recipient(now: datetime) -> Select[tuple[datetime | None]]:
    """The first of each running campaign, and of those the first."""
    r, c = recipients.c, campaigns.c
    first = (
        select(r.due_at)
        .where(r.campaign_id == c.id, _WAITING, r.due_at <= now)
        .order_by(r.due_at)
        .limit(1)
        .correlate(campaigns)
        .scalar_subquery()
    )
    firsts = select(first.label("due_at")).where(c.state == CampaignState.RUNNING).subquery()
    return select(func.min(firsts.c.due_at))
