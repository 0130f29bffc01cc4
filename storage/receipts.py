"""News that arrives later: receipts and replies."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import BigInteger, Column, Text, select, type_coerce, update

from domain.contacts.forgetting import is_forgotten
from domain.delivery.cloud_accounts import Named
from domain.delivery.model import Progress
from domain.delivery.ports import ReceiptNews
from domain.delivery.recipients import STATE_AT, RecipientState
from domain.delivery.store import DirectState
from domain.kernel.ids import AccountId, AttemptKey, CampaignId
from storage.base import SqlStore
from storage.cloud_people import SqlCloudPeople
from storage.tables import accounts, attempts, campaigns, contacts, directs, recipients
from storage.types import Moment, to_micros

R = RecipientState

#: News that says: the person has got it. True for every attempt, the older ones included.
GOT: Final = frozenset({Progress.SENT, Progress.DELIVERED, Progress.READ})

COUNTED: Final = "counted"

_STATES: Final = {state.value: state for state in R}

_DIRECT_AT: Final = {
    Progress.UNKNOWN: DirectState.UNKNOWN, Progress.SENT: DirectState.SENT,
    Progress.FAILED: DirectState.FAILED, Progress.DELIVERED: DirectState.DELIVERED,
    Progress.READ: DirectState.READ,
}  # fmt: skip

DIRECT_PROGRESS: Final = {
    DirectState.QUEUED: 0, DirectState.CLAIMED: Progress.CLAIMED.value,
    **{state: progress.value for progress, state in _DIRECT_AT.items()},
}  # fmt: skip


@dataclass(slots=True)
class _Known:
    """A recipient while a batch of news is applied to it; moments as the database holds them."""

    id: int
    state: RecipientState
    reason: str | None
    due_at: Any
    sent_at: Any
    delivered_at: Any
    read_at: Any

    def row(self) -> tuple[Any, ...]:
        return (
            self.id, self.state, self.reason, self.due_at, self.sent_at, self.delivered_at, self.read_at
        )  # fmt: skip


def state_after(
    state: RecipientState, reason: str | None, *, is_current: bool, before: Progress, news: Progress
) -> RecipientState:
    """What becomes of a recipient when an attempt known to be at `before` turns out to be at `news`.

    The answer does not depend on the order in which receipts come: that somebody has got it (from any
    attempt) beats everything but a later stage of the same; a failure counts only for the current attempt,
    and not when another attempt is what was sent.
    """
    if news <= before:
        return state
    if news in GOT:
        stages = (R.SENT, R.DELIVERED, R.READ)
        further = stages[stages.index(STATE_AT[news]) :]
        return state if state in further else STATE_AT[news]
    if not is_current:
        return state
    if news is Progress.FAILED:
        was_this_one = before is Progress.SENT or reason == COUNTED
        may = state in (R.CLAIMED, R.UNKNOWN) or (state is R.SENT and was_this_one)
        return R.FAILED if may else state
    return R.UNKNOWN if state is R.CLAIMED else state


class SqlReceipts(SqlStore):
    """The part of `domain.delivery.store.DeliveryStore` that takes news."""

    async def receipts(self, account_id: AccountId, news: Sequence[ReceiptNews]) -> Sequence[CampaignId]:
        """Apply news in any order, however often; see the port.

        A time is the earliest that is known: whoever has read it had it delivered by then.
        """
        if not news:
            return []
        rows = await self._to_recipients(account_id, news)
        if rest := [item for item in news if item.key not in rows]:
            await self._to_directs(account_id, rest)
        if named := _unanswered(news, rows):
            await SqlCloudPeople(self._db).name_people(account_id, named)
        return sorted({CampaignId(row.campaign_id) for row in rows.values()})

    async def _to_recipients(self, account_id: AccountId, news: Sequence[ReceiptNews]) -> Mapping[str, Any]:
        """The attempts that it was news of, as they were, by key."""
        a, r = attempts.c, recipients.c
        # As they are held: thousands a second are read, and only compared and written back.
        held = [self._as_held(one) for one in (r.state, r.due_at, r.sent_at, r.delivered_at, r.read_at)]
        found = await self._db.execute(
            select(a.key, a.n, a.progress, a.provider_id, r.id, r.campaign_id, r.number, r.attempts, r.reason)
            .add_columns(*held)
            .join_from(attempts, recipients, r.id == a.recipient_id)
            .where(self._among(a.key, sorted({item.key for item in news})), a.account_id == account_id)
            .order_by(r.id, a.n)
            .with_for_update()
        )
        rows = {row.key: row for row in found}
        progress = {key: Progress(row.progress) for key, row in rows.items()}
        before = dict(progress)
        people: dict[int, _Known] = {}
        for item in news:
            row = rows.get(item.key)
            if row is None:
                continue
            person = people.get(row.id)
            if person is None:
                person = people[row.id] = _known(row)
            at = to_micros(item.at) if self._on_sqlite else item.at
            _apply(person, item, at, is_current=row.n == row.attempts, before=progress[item.key])
            progress[item.key] = max(progress[item.key], item.progress)
        await self._update_rows(
            a.key, [a.progress], [(key, now.value) for key, now in progress.items() if now > before[key]]
        )
        were = {row.id: _known(row) for row in rows.values()}
        changed = [person.row() for id, person in sorted(people.items()) if person != were[id]]
        columns = [r.state, r.reason, r.due_at, r.sent_at, r.delivered_at, r.read_at]
        await self._update_rows(r.id, columns, changed)
        return rows

    def _as_held(self, column: Column[Any]) -> Any:
        if not self._on_sqlite:
            return column
        held = BigInteger if isinstance(column.type, Moment) else Text
        return type_coerce(column, held).label(column.name)

    async def _to_directs(self, account_id: AccountId, news: Sequence[ReceiptNews]) -> None:
        d = directs.c
        found = await self._db.execute(
            select(d.id, d.key, d.state, d.reason)
            .where(self._among(d.key, sorted({item.key for item in news})), d.account_id == account_id)
            .with_for_update()
        )
        for row in found:
            known, reason = DIRECT_PROGRESS[row.state], row.reason
            for item in news:
                if item.key == row.key and item.progress > known:
                    known, reason = item.progress.value, item.reason
            if known > DIRECT_PROGRESS[row.state]:
                state = _DIRECT_AT[Progress(known)]
                await self._db.execute(
                    update(directs).where(d.id == row.id).values(state=state, reason=reason)
                )

    async def tried(self, account_id: AccountId, key: AttemptKey) -> tuple[CampaignId, str] | None:
        a, r = attempts.c, recipients.c
        found = await self._db.execute(
            select(r.campaign_id, r.number)
            .join_from(attempts, recipients, r.id == a.recipient_id)
            .where(a.key == key, a.account_id == account_id)
        )
        row = found.one_or_none()
        return None if row is None else (CampaignId(row.campaign_id), row.number)

    async def last_sent(self, account_id: AccountId, numbers: Sequence[str]) -> str | None:
        r, p, c, a = recipients.c, contacts.c, campaigns.c, accounts.c
        workspace = select(a.workspace_id).where(a.id == account_id).scalar_subquery()
        found = await self._db.scalar(
            select(p.number)
            .join_from(contacts, recipients, r.contact_id == p.id)
            .join(campaigns, c.id == r.campaign_id)
            .where(p.workspace_id == workspace, self._among(p.number, numbers))
            .where(r.attempts > 0, c.account_id == account_id)
            .order_by(r.sent_at.desc().nulls_last(), r.id.desc())
            .limit(1)
        )
        return None if found is None else str(found)


def _known(row: Any) -> _Known:
    return _Known(
        row.id, _STATES[row.state], row.reason, row.due_at, row.sent_at, row.delivered_at, row.read_at
    )


def _unanswered(news: Sequence[ReceiptNews], rows: Mapping[str, Any]) -> list[Named]:
    """Who people are whose attempt ended before WhatsApp's answer, which names them, was here. Where it was,
    it is not asked again of thousands a second."""
    whom: dict[str, str] = {item.key: item.wa_id for item in news if item.wa_id is not None}
    return [
        Named(number=row.number, wa_id=whom[key])
        for key, row in rows.items()
        if key in whom and row.provider_id is None and not is_forgotten(row.number)
    ]


def _apply(person: _Known, item: ReceiptNews, at: Any, *, is_current: bool, before: Progress) -> None:
    news = item.progress
    state = state_after(person.state, person.reason, is_current=is_current, before=before, news=news)
    if state is not person.state:
        person.state, person.due_at = state, None
        person.reason = None if news in GOT else item.reason
    if news not in GOT:
        return
    person.sent_at = _earlier(person.sent_at, at)
    if news >= Progress.DELIVERED:
        person.delivered_at = _earlier(person.delivered_at, at)
    if news is Progress.READ:
        person.read_at = _earlier(person.read_at, at)


def _earlier(known: Any, news: Any) -> Any:
    return news if known is None else min(known, news)


__all__ = ["COUNTED", "DIRECT_PROGRESS", "GOT", "SqlReceipts", "state_after"]
