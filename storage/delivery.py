"""Recipients as the operator sees them: counted, listed, streamed, and moved by an operator's word."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Row,
    Select,
    extract,
    func,
    literal,
    select,
    type_coerce,
    update,
)

from domain.delivery.recipients import (
    NOT_FOLLOWED_UP,
    NOT_ON_WHATSAPP,
    SENT_AGAIN,
    WINDOW_CLOSED,
    RecipientState,
    Tally,
)  # fmt: skip
from domain.delivery.store import RecipientRow
from domain.kernel.ids import AccountId, CampaignId, RecipientId
from storage.claiming import SqlClaiming
from storage.directs import SqlDirects
from storage.doubts import SqlDoubts
from storage.people import PAGE
from storage.receipts import COUNTED, SqlReceipts
from storage.replies import SqlReplies
from storage.tables import recipients
from storage.types import MICROSECOND, to_micros

R = RecipientState


def _row(row: Row[Any]) -> RecipientRow:
    return RecipientRow(
        id=RecipientId(row.id), number=row.number, name=row.name, state=row.state, reason=row.reason,
        attempts=row.attempts, sent_at=row.sent_at, delivered_at=row.delivered_at, read_at=row.read_at,
        replied_at=row.replied_at,
    )  # fmt: skip


class SqlDelivery(SqlClaiming, SqlReceipts, SqlReplies, SqlDirects, SqlDoubts):
    """Implements `domain.delivery.store.DeliveryStore`."""

    async def abandon(
        self, *, owner_not: str | None = None, lease_before: datetime | None = None,
        account_id: AccountId | None = None,
    ) -> int:  # fmt: skip
        """Claims of dead processes become `unknown`, single messages too; see the port."""
        if owner_not is None and lease_before is None:
            return 0
        lost = await super().abandon(owner_not=owner_not, lease_before=lease_before, account_id=account_id)
        return lost + await self.abandon_directs(
            owner_not=owner_not, lease_before=lease_before, account_id=account_id
        )

    async def tally(self, campaign_id: CampaignId) -> Tally:
        r = recipients.c
        states = await self._db.execute(
            select(r.state, func.count()).where(r.campaign_id == campaign_id).group_by(r.state)
        )
        by_state: dict[RecipientState, int] = dict(states.all())
        excluded: dict[str, int] = {}
        if R.EXCLUDED in by_state:
            reasons = await self._db.execute(
                select(r.reason, func.count())
                .where(r.campaign_id == campaign_id, r.state == R.EXCLUDED)
                .group_by(r.reason)
            )
            excluded = dict(reasons.all())
        replied = await self._db.scalar(
            select(func.count())
            .select_from(recipients)
            .where(r.campaign_id == campaign_id, r.replied_at.is_not(None))
        )
        why = await self._db.execute(
            select(r.reason, func.count())
            .where(
                r.campaign_id == campaign_id,
                r.state.in_([R.FAILED, R.CANCELLED]),
                r.reason.in_(sorted(NOT_FOLLOWED_UP)),
            )
            .group_by(r.reason)
        )
        left: dict[str, int] = dict(why.all())
        return Tally(
            by_state=by_state, excluded=excluded, replied=replied or 0,
            followed_up=left.get(SENT_AGAIN, 0), off=left.get(NOT_ON_WHATSAPP, 0),
            closed=left.get(WINDOW_CLOSED, 0),
        )  # fmt: skip

    async def next_due(self, campaign_id: CampaignId) -> datetime | None:
        r = recipients.c
        return await self._db.scalar(
            select(r.due_at)
            .where(r.campaign_id == campaign_id, r.state == R.WAITING)
            .order_by(r.due_at)
            .limit(1)
        )

    async def waiting_again(self, campaign_id: CampaignId) -> Mapping[str, int]:
        r = recipients.c
        rows = await self._db.execute(
            select(r.reason, func.count())
            .where(r.campaign_id == campaign_id, r.state == R.WAITING, r.attempts > 0, r.reason.is_not(None))
            .group_by(r.reason)
            .order_by(func.count().desc(), r.reason)
        )
        return dict(rows.all())

    def _select(self, campaign_id: CampaignId) -> Select[Any]:
        r = recipients.c
        return (
            select(r.id, r.number, r.name, r.state, r.reason, r.attempts, r.sent_at, r.delivered_at,
                   r.read_at, r.replied_at)
            .where(r.campaign_id == campaign_id)
            .order_by(r.id)
        )  # fmt: skip

    async def recipients(
        self,
        campaign_id: CampaignId,
        *,
        states: Sequence[RecipientState] = (),
        offset: int = 0,
        limit: int = 10,
    ) -> Sequence[RecipientRow]:
        statement = self._select(campaign_id).offset(offset).limit(limit)
        if states:
            statement = statement.where(recipients.c.state.in_(states))
        return [_row(row) for row in await self._db.execute(statement)]

    async def stream_recipients(self, campaign_id: CampaignId) -> AsyncIterator[RecipientRow]:
        statement = self._select(campaign_id)
        async with self._db.stream(statement, execution_options={"yield_per": PAGE}) as rows:
            async for page in rows.partitions():
                for row in page:
                    yield _row(row)

    async def sent_over_time(self, campaign_id: CampaignId, *, parts: int) -> Sequence[tuple[datetime, int]]:
        r = recipients.c
        sent = (r.campaign_id == campaign_id, r.sent_at.is_not(None))
        first, last = (
            await self._db.execute(select(func.min(r.sent_at), func.max(r.sent_at)).where(*sent))
        ).one()
        if first is None:
            return []
        # The last moment belongs to the last span, hence one microsecond more than from first to last.
        width = max(1, -(-((last - first) // MICROSECOND + 1) // parts))
        span = self._spans(r.sent_at, since=first, width=width)
        rows = await self._db.execute(select(span.label("span"), func.count()).where(*sent).group_by("span"))
        counts: dict[int, int] = {int(number): count for number, count in rows}
        return [
            (first + timedelta(microseconds=number * width), counts.get(number, 0))
            for number in range(max(counts) + 1)
        ]

    def _spans(self, moment: ColumnElement[Any], *, since: datetime, width: int) -> ColumnElement[Any]:
        """How many whole spans of `width` microseconds lie between `since` and each moment."""
        if self._on_sqlite:
            return (type_coerce(moment, BigInteger) - to_micros(since)) // width
        return func.floor(extract("epoch", moment - literal(since, moment.type)) * 1_000_000 / width)

    async def cancel_waiting(self, campaign_id: CampaignId) -> int:
        return await self._move(campaign_id, R.WAITING, state=R.CANCELLED, due_at=None)

    async def count_unknown_as_sent(self, campaign_id: CampaignId, *, at: datetime) -> int:
        r = recipients.c
        sent_at = func.coalesce(r.sent_at, literal(at, r.sent_at.type))
        return await self._move(campaign_id, R.UNKNOWN, state=R.SENT, reason=COUNTED, sent_at=sent_at)

    async def send_unknown_again(self, campaign_id: CampaignId, *, at: datetime) -> int:
        return await self._move(campaign_id, R.UNKNOWN, state=R.WAITING, reason=None, due_at=at)

    async def _move(self, campaign_id: CampaignId, before: RecipientState, **values: Any) -> int:
        r = recipients.c
        result = await self._db.execute(
            update(recipients).where(r.campaign_id == campaign_id, r.state == before).values(values)
        )
        return int(result.rowcount)
