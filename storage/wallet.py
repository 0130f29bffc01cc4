"""Points and plans as the operator sees them."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import CTE, Row, Select, and_, func, insert, literal, or_, select, union_all, update

from domain.kernel.ids import CampaignId, MemberId, WorkspaceId
from domain.wallet.model import Entry, EntryKind, LedgerConflict, Movement, PlanChange, Wallet, plan_end_after
from storage.ledger import SUMMED, summed, to_entry, to_wallet
from storage.paging import last_page
from storage.people import PAGE
from storage.settling import SqlSettling
from storage.tables import campaigns, ledger, ledger_lines, plan_changes, wallets


def _movement(row: Row[Any]) -> Movement:
    return Movement(
        kind=row.kind, points=int(row.points), held=int(row.held), owed=int(row.owed), count=int(row.entries),
        campaign_id=None if row.campaign_id is None else CampaignId(row.campaign_id), campaign=row.campaign,
        note=row.note, at=row.at,
    )  # fmt: skip


def _plan_change(row: Row[Any]) -> PlanChange:
    return PlanChange(
        workspace_id=WorkspaceId(row.workspace_id), key=row.key, days=row.days, ends_at=row.ends_at,
        member_id=None if row.member_id is None else MemberId(row.member_id), note=row.note, at=row.at,
    )  # fmt: skip


def _lines(workspace_id: WorkspaceId) -> CTE:
    """One of each campaign and kind: what was summed already, and what has come since."""
    e, k, w = ledger.c, ledger_lines.c, wallets.c
    done = select(w.rolled_up).where(w.workspace_id == workspace_id).scalar_subquery()
    since = e.id > func.coalesce(done, 0)
    fresh = summed().where(e.workspace_id == workspace_id, since, e.campaign_id.is_not(None))
    kept = select(*(k[name] for name in SUMMED)).where(k.workspace_id == workspace_id)
    both = union_all(kept, fresh).subquery().c
    return (
        select(
            both.kind, both.campaign_id, func.sum(both.points).label("points"),
            func.sum(both.held).label("held"), func.sum(both.owed).label("owed"),
            func.sum(both.entries).label("entries"), func.max(both.at).label("at"),
            func.max(both.note).label("note"), func.max(both.newest).label("newest"),
        )
        .group_by(both.campaign_id, both.kind)
        .cte("lines")
    )  # fmt: skip


def _as_they_are() -> Select[Any]:
    e = ledger.c
    return select(
        e.kind, e.campaign_id, e.points, e.held, e.owed, literal(1).label("entries"), e.at, e.note,
        e.id.label("newest"),
    )  # fmt: skip


class SqlWallet(SqlSettling):
    """Implements `domain.wallet.ports.WalletStore`."""

    async def movements(
        self, workspace_id: WorkspaceId, *, offset: int = 0, limit: int = 8
    ) -> tuple[Sequence[Movement], int]:
        """See the port. Of the many single entries no more are read than the page could show."""
        e = ledger.c
        theirs = e.workspace_id == workspace_id
        single = and_(e.campaign_id.is_(None), or_(e.kind != EntryKind.TRIAL, e.points != 0))
        rolled = _lines(workspace_id)
        singles = select(func.count()).select_from(ledger).where(theirs, single).scalar_subquery()
        counted = select(select(func.count()).select_from(rolled).scalar_subquery() + singles)
        total = await self._db.scalar(counted) or 0
        start = last_page(offset, total, limit)
        newest = _as_they_are().where(theirs, single).order_by(e.id.desc()).limit(start + limit)
        lines = union_all(select(rolled), select(newest.cte("newest"))).subquery("every")
        page = (
            select(lines, campaigns.c.name.label("campaign"))
            .join_from(lines, campaigns, campaigns.c.id == lines.c.campaign_id, isouter=True)
            .order_by(lines.c.newest.desc())
            .offset(start)
            .limit(limit)
        )
        return [_movement(row) for row in await self._db.execute(page)], total

    async def stream_entries(self, workspace_id: WorkspaceId) -> AsyncIterator[Entry]:
        statement = select(ledger).where(ledger.c.workspace_id == workspace_id).order_by(ledger.c.id)
        async with self._db.stream(statement, execution_options={"yield_per": PAGE}) as rows:
            async for page in rows.partitions():
                for row in page:
                    yield to_entry(row)

    async def change_plan(
        self,
        workspace_id: WorkspaceId,
        days: int,
        *,
        key: str,
        at: datetime,
        member_id: MemberId | None = None,
        note: str | None = None,
    ) -> PlanChange | None:
        wallet = await self.wallet(workspace_id, lock=True)
        p = plan_changes.c
        known = (await self._db.execute(select(p.workspace_id, p.days).where(p.key == key))).one_or_none()
        if known is not None:
            if (known.workspace_id, known.days) != (workspace_id, days):
                raise LedgerConflict()
            return None
        change = PlanChange(
            workspace_id=workspace_id, key=key, days=days,
            ends_at=plan_end_after(wallet.plan_until, days, now=at), member_id=member_id, note=note, at=at,
        )  # fmt: skip
        await self._db.execute(insert(plan_changes).values(asdict(change)))
        await self._db.execute(
            update(wallets).where(wallets.c.workspace_id == workspace_id).values(plan_until=change.ends_at)
        )
        return change

    async def plans_ending(self, *, before: datetime) -> Sequence[Wallet]:
        w = wallets.c
        rows = await self._db.execute(
            select(wallets).where(w.plan_until < before).order_by(w.plan_until, w.workspace_id)
        )
        return [to_wallet(row) for row in rows]

    async def last_plan_change(self, workspace_id: WorkspaceId) -> PlanChange | None:
        p = plan_changes.c
        statement = select(plan_changes).where(p.workspace_id == workspace_id).order_by(p.id.desc()).limit(1)
        row = (await self._db.execute(statement)).one_or_none()
        return None if row is None else _plan_change(row)
