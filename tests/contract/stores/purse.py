"""A workspace with no points and no plan yet, and what wallets are tested with."""

import asyncio
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select, text, update

from domain.campaigns.model import CampaignState
from domain.delivery.recipients import RecipientState
from domain.kernel.ids import AccountId, CampaignId, MemberId, WorkspaceId
from domain.wallet.model import Entry, EntryKind, Wallet
from storage.database import Database
from storage.tables import recipients
from storage.unit import Unit
from tests.fakes.stores import NOW, a_campaign, a_list, a_member, an_account

R = RecipientState


@dataclass(frozen=True, kw_only=True)
class Purse:
    space: WorkspaceId
    owner: MemberId
    account: AccountId

    def entry(self, points: int, key: str = "gift", **changes: Any) -> Entry:
        entry = Entry(workspace_id=self.space, key=key, kind=EntryKind.GRANT, points=points, at=NOW)
        return replace(entry, **changes)

    async def campaign(self, unit: Unit, people: int, *, price: int = 1, first: int = 0) -> CampaignId:
        """Frozen and running; nothing is held yet."""
        everybody = await a_list(unit, self.space, people, first=first, name=f"list {first}")
        made = await a_campaign(
            unit, self.space, self.owner, self.account, everybody, state=CampaignState.RUNNING, price=price
        )
        assert made.audience is not None
        await unit.campaigns.freeze([made.id], made.audience, cap=1_000_000, at=NOW)
        return made.id

    async def held(self, unit: Unit, people: int, *, price: int = 1, first: int = 0) -> CampaignId:
        """Frozen and running, with its points set aside."""
        id = await self.campaign(unit, people, price=price, first=first)
        assert await unit.wallet.hold(id, price=price, at=NOW) == people * price
        return id


async def a_purse(unit: Unit, n: int = 7) -> Purse:
    """The n-th of them."""
    space = await unit.operators.create_workspace(
        name="New", country="TR", zone="Europe/Istanbul", language="en", at=NOW
    )
    owner = await a_member(unit, space, telegram_id=n)
    account = await an_account(unit, space, number=f"+44770090000{n}", remote=f"sim-{n}")
    return Purse(space=space, owner=owner, account=account)


async def become(unit: Unit, campaign: CampaignId, state: RecipientState, people: int = 1) -> None:
    """The first so many who are not in that state yet come to be in it, however that happened."""
    r = recipients.c
    chosen = select(r.id).where(r.campaign_id == campaign, r.state != state).order_by(r.id).limit(people)
    values: dict[str, Any] = {"state": state, "due_at": NOW if state is R.WAITING else None}
    await unit.wallet._db.execute(update(recipients).where(r.id.in_(chosen)).values(values))


async def all_become(unit: Unit, campaign: CampaignId, state: RecipientState) -> None:
    await become(unit, campaign, state, people=1_000_000)


async def sums(unit: Unit, purse: Purse) -> tuple[int, int, int]:
    """Balance, held and owed, which are what the entries come to."""
    wallet = await unit.wallet.wallet(purse.space)
    entries = [entry async for entry in unit.wallet.stream_entries(purse.space)]
    added = Wallet(
        workspace_id=purse.space, balance=sum(e.points for e in entries), held=sum(e.held for e in entries),
        owed=sum(e.owed for e in entries), plan_until=wallet.plan_until,
    )  # fmt: skip
    assert wallet == added
    return wallet.balance, wallet.held, wallet.owed


async def committed_sums(store: Database, purse: Purse) -> tuple[int, int, int]:
    async with store.read() as unit:
        return await sums(unit, purse)


async def until_somebody_waits(store: Database, kind: str) -> None:
    """Until another unit waits for a row that ours holds. On SQLite whole units wait for their turn."""
    if kind == "sqlite":
        return
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    async with asyncio.timeout(20):
        while True:
            # Anew each time: within a transaction PostgreSQL goes on showing what it showed first.
            async with store.connection() as connection:
                if await connection.scalar(waiting):
                    return
            await asyncio.sleep(0.01)
