"""What is not known to have arrived, for whoever asks the journals."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import SmallInteger, and_, literal, select

from domain.delivery.model import Progress
from domain.delivery.recipients import RecipientState
from domain.delivery.store import DirectState, Doubt
from domain.kernel.ids import AccountId, AttemptKey, CampaignId, RecipientId
from storage.base import SqlStore
from storage.tables import attempts, directs, recipients


class SqlDoubts(SqlStore):
    """The part of `domain.delivery.store.DeliveryStore` about doubts."""

    async def doubts(self, account_id: AccountId, *, since: datetime, limit: int) -> Sequence[Doubt]:
        """See the port."""
        found = [
            *await self._attempts(account_id, since=since, limit=limit),
            *await self._directs(account_id, since=since, limit=limit),
        ]
        return sorted(found, key=lambda doubt: doubt.tried_at, reverse=True)[:limit]

    async def _attempts(self, account_id: AccountId, *, since: datetime, limit: int) -> Sequence[Doubt]:
        a, r = attempts.c, recipients.c
        is_open = and_(r.attempts == a.n, r.state == RecipientState.UNKNOWN)
        rows = await self._db.execute(
            select(a.key, a.n, a.claimed_at, a.journal, r.id, r.campaign_id, is_open.label("is_open"))
            .join_from(attempts, recipients, r.id == a.recipient_id)
            .where(
                a.progress == literal(Progress.UNKNOWN.value, SmallInteger), a.account_id == account_id,
                a.claimed_at >= since,
            )
            .order_by(a.claimed_at.desc())
            .limit(limit)
        )  # fmt: skip
        return [
            Doubt(
                key=AttemptKey(row.key), tried_at=row.claimed_at, n=row.n, recipient_id=RecipientId(row.id),
                campaign_id=CampaignId(row.campaign_id), is_open=bool(row.is_open), journal=row.journal,
            )
            for row in rows
        ]  # fmt: skip

    async def _directs(self, account_id: AccountId, *, since: datetime, limit: int) -> Sequence[Doubt]:
        d = directs.c
        rows = await self._db.execute(
            select(d.key, d.queued_at, d.journal)
            .where(d.account_id == account_id, d.state == DirectState.UNKNOWN, d.queued_at >= since)
            .order_by(d.queued_at.desc())
            .limit(limit)
        )
        return [Doubt(key=AttemptKey(row.key), tried_at=row.queued_at, journal=row.journal) for row in rows]
