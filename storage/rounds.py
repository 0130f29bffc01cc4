"""The durable steps of many paced accounts at once: as many statements for a hundred as for one."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, exists, func, literal, nulls_first, select, text, union, update

from domain.accounts.model import AccountState
from domain.campaigns.model import Campaign, CampaignState
from domain.contacts.model import Consent
from domain.delivery.recipients import Claim, RecipientState
from domain.delivery.store import DirectState
from domain.kernel.ids import AccountId, CampaignId, WorkspaceId
from domain.pacing.rules import DAY
from domain.scheduler.standing import Seat, Standing
from domain.wallet.model import Wallet
from storage.accounts import USAGE_LOCK, account_of
from storage.campaigns import campaign_of
from storage.claiming import NOBODY_ELSE_AT, SqlClaiming, claim_of
from storage.cloud_people import reached
from storage.tables import (
    account_usage,
    accounts,
    campaigns,
    cloud_people,
    contacts,
    directs,
    recipients,
    wallets,
    workspaces,
)
from storage.tables.delivery import OPEN_DIRECTS
from storage.types import to_micros

R = RecipientState

#: In the order of ids, so that two who lock some of the same never wait for each other.
_GO_ALONE: Final = text(
    "SELECT pg_advisory_xact_lock(:what, id)"
    " FROM (SELECT id FROM unnest(CAST(:ids AS int[])) AS id ORDER BY 1) AS them"
    " WHERE current_setting('transaction_read_only') = 'off'"
)


_FIRST: Final = recipients.alias("first")


class SqlRounds(SqlClaiming):
    """Implements `domain.scheduler.standing.RoundStore`."""

    async def standing(self, ids: Sequence[AccountId], *, now: datetime) -> Sequence[Standing]:
        if not self._on_sqlite:
            await self._db.execute(_GO_ALONE, {"what": USAGE_LOCK, "ids": [id % 2**31 for id in sorted(ids)]})
        a, s, w, d, u = accounts.c, workspaces.c, wallets.c, directs.c, account_usage.c
        since = (now - DAY).replace(second=0, microsecond=0)
        used = select(func.coalesce(func.sum(u.claims), 0)).where(u.account_id == a.id, u.minute >= since)
        waits = exists().where(OPEN_DIRECTS, d.account_id == a.id, d.state == DirectState.QUEUED)
        rows = await self._db.execute(
            select(
                accounts, s.language, s.suspended_at, w.plan_until,
                used.scalar_subquery().label("used"), waits.label("waits"),
            )
            .join_from(accounts, workspaces, s.id == a.workspace_id)
            .join(wallets, w.workspace_id == a.workspace_id, isouter=True)
            .where(self._among(a.id, ids), a.state == AccountState.CONNECTED, ~a.is_removed)
        )  # fmt: skip
        return [
            Standing(
                account=account_of(row), language=row.language, is_suspended=row.suspended_at is not None,
                wallet=Wallet(workspace_id=WorkspaceId(row.workspace_id), plan_until=row.plan_until),
                used=int(row.used), has_directs=bool(row.waits),
            )
            for row in rows
        ]  # fmt: skip

    async def running(self, ids: Sequence[AccountId]) -> Mapping[AccountId, Sequence[Campaign]]:
        c = campaigns.c
        rows = await self._db.execute(
            select(campaigns)
            .where(self._among(c.account_id, ids), c.state == CampaignState.RUNNING)
            .order_by(nulls_first(c.served_at), c.id)
        )
        found: dict[AccountId, list[Campaign]] = defaultdict(list)
        for row in rows:
            found[AccountId(row.account_id)].append(campaign_of(row))
        return found

    async def claim_first(
        self, seats: Sequence[Seat], *, desk: str, owner: str, now: datetime, lease_until: datetime
    ) -> Mapping[CampaignId, Claim]:
        due = (await self._db.execute(self._first_due([seat.campaign_id for seat in seats], now))).all()
        known = await self._known_otherwise([row.number for row in due])
        plain = {
            row.campaign_id: row for row in due if row.consent is Consent.GRANTED and row.number not in known
        }
        await self._take([row.id for row in plain.values()])
        by_journal: dict[str | None, list[int]] = defaultdict(list)
        for seat in seats:
            if seat.campaign_id in plain:
                by_journal[seat.journal].append(plain[seat.campaign_id].id)
        for journal, ids in by_journal.items():
            await self._write_attempts(
                ids, desk=desk, owner=owner, now=now, lease_until=lease_until, journal=journal
            )
        return {CampaignId(id): claim_of(row, CampaignId(id), desk) for id, row in plain.items()}

    def _first_due(self, ids: Sequence[CampaignId], now: datetime) -> Select[Any]:
        r, p, c = recipients.c, contacts.c, campaigns.c
        f = _FIRST.c
        # The state as a word of the statement: by that, SQLite finds the index of those who wait.
        waits = text("first.state = 'waiting'")
        ahead = (
            select(f.id)
            .where(f.campaign_id == c.id, waits, f.due_at <= now)
            .order_by(f.due_at, f.id)
            .limit(1)
            .correlate(campaigns)
            .scalar_subquery()
        )
        firsts = select(ahead).where(self._among(c.id, ids), c.state == CampaignState.RUNNING)
        return (
            select(
                r.id, r.campaign_id, r.contact_id, r.number, r.attempts, p.name, p.attributes, p.consent
            )
            .join_from(recipients, contacts, p.id == r.contact_id)
            .where(r.id.in_(firsts), r.state == R.WAITING)
            .with_for_update(**NOBODY_ELSE_AT)
        )  # fmt: skip

    async def _known_otherwise(self, numbers: Sequence[str]) -> set[str]:
        """Those that any official number of ours knows to reach, or to be reached at, another number: of any
        workspace, which is more than need be, and does no harm."""
        c = cloud_people.c
        by_person = {reached(number, None): number for number in numbers}
        told = select(c.number, c.reaches).where(c.reaches.is_not(None))
        rows = await self._db.execute(
            union(
                told.where(self._among(c.number, sorted(numbers))),
                told.where(self._among(c.reaches, sorted(by_person))),
            )
        )
        known: set[str] = set()
        for row in rows:
            known |= {row.number, by_person.get(row.reaches, row.number)}
        return known

    async def go_on(
        self, next_at: Mapping[AccountId, datetime], claims: Sequence[Claim], *, at: datetime
    ) -> None:
        minute = at.replace(second=0, microsecond=0)
        statement = self._insert(account_usage)
        more = account_usage.c.claims + statement.excluded.claims
        await self._db.execute(
            statement.on_conflict_do_update(index_elements=["account_id", "minute"], set_={"claims": more}),
            [{"account_id": id, "minute": minute, "claims": 1} for id in sorted(next_at)],
        )
        c = campaigns.c
        ids = sorted({claim.campaign_id for claim in claims})
        await self._db.execute(update(campaigns).where(self._among(c.id, ids)).values(served_at=at))
        a = accounts.c
        rows = [(id, to_micros(next) if self._on_sqlite else next) for id, next in sorted(next_at.items())]
        await self._update_rows(a.id, [a.next_send_at], rows)

    async def campaigns(self, ids: Sequence[CampaignId]) -> Sequence[Campaign]:
        rows = await self._db.execute(select(campaigns).where(self._among(campaigns.c.id, ids)))
        return [campaign_of(row) for row in rows]

    async def without_waiting(self, ids: Sequence[CampaignId]) -> Sequence[CampaignId]:
        c = campaigns.c
        waits = exists(literal(1)).where(
            recipients.c.campaign_id == c.id, text("recipients.state = 'waiting'")
        )
        found = await self._db.scalars(select(c.id).where(self._among(c.id, ids), ~waits).order_by(c.id))
        return [CampaignId(id) for id in found]
