"""News that arrives later: receipts and replies."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import bindparam, select, update

from domain.delivery.model import Progress
from domain.delivery.ports import ReceiptNews, ReplyNews
from domain.delivery.recipients import STATE_AT, RecipientState
from domain.delivery.store import DirectState, Replied
from domain.kernel.ids import AccountId, CampaignId, ContactId, WorkspaceId
from storage.base import SqlStore
from storage.claiming import earliest
from storage.tables import accounts, attempts, campaigns, contacts, directs, recipients, replies

R = RecipientState

#: News that says: the person has got it. True for every attempt, the older ones included.
GOT: Final = frozenset({Progress.SENT, Progress.DELIVERED, Progress.READ})

COUNTED: Final = "counted"

_DIRECT_AT: Final = {
    Progress.UNKNOWN: DirectState.UNKNOWN, Progress.SENT: DirectState.SENT,
    Progress.FAILED: DirectState.FAILED, Progress.DELIVERED: DirectState.DELIVERED,
    Progress.READ: DirectState.READ,
}  # fmt: skip

DIRECT_PROGRESS: Final = {
    DirectState.QUEUED: 0, DirectState.CLAIMED: Progress.CLAIMED.value,
    **{state: progress.value for progress, state in _DIRECT_AT.items()},
}  # fmt: skip


@dataclass(slots=True, kw_only=True)
class _Known:
    """A recipient while a batch of news is applied to it."""

    id: int
    state: RecipientState
    reason: str | None
    due_at: datetime | None
    times: dict[str, datetime | None]


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


def _earlier(known: datetime | None, news: datetime) -> datetime:
    return news if known is None else min(known, news)


class SqlReceipts(SqlStore):
    """The part of `domain.delivery.store.DeliveryStore` that takes news."""

    async def receipts(self, news: Sequence[ReceiptNews]) -> Sequence[CampaignId]:
        """Apply news in any order, however often; see the port.

        A time is the earliest that is known: whoever has read it had it delivered by then.
        """
        if not news:
            return []
        touched = await self._to_recipients(news)
        await self._to_directs(news)
        return touched

    async def _to_recipients(self, news: Sequence[ReceiptNews]) -> Sequence[CampaignId]:
        a, r = attempts.c, recipients.c
        found = await self._db.execute(
            select(a.key, a.n, a.progress, r.id, r.campaign_id, r.attempts, r.state, r.reason, r.due_at,
                   r.sent_at, r.delivered_at, r.read_at)
            .join_from(attempts, recipients, r.id == a.recipient_id)
            .where(self._among(a.key, sorted({item.key for item in news})))
            .order_by(r.id, a.n)
            .with_for_update()
        )  # fmt: skip
        rows = {row.key: row for row in found}
        progress = {key: Progress(row.progress) for key, row in rows.items()}
        before = dict(progress)
        people: dict[int, _Known] = {}
        for item in news:
            row = rows.get(item.key)
            if row is None:
                continue
            person = people.setdefault(row.id, _known(row))
            _apply(person, item, is_current=row.n == row.attempts, before=progress[item.key])
            progress[item.key] = max(progress[item.key], item.progress)
        moved = [{"the_key": key, "news": now.value} for key, now in progress.items() if now > before[key]]
        if moved:
            await self._db.execute(_MOVE_ATTEMPT, moved)
        if people:
            await self._db.execute(_MOVE_RECIPIENT, [_columns(people[id]) for id in sorted(people)])
        return sorted({CampaignId(row.campaign_id) for row in rows.values()})

    async def _to_directs(self, news: Sequence[ReceiptNews]) -> None:
        d = directs.c
        found = await self._db.execute(
            select(d.id, d.key, d.state, d.reason)
            .where(self._among(d.key, sorted({item.key for item in news})))
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

    async def reply(self, account_id: AccountId, news: ReplyNews) -> Replied | None:
        """Store an inbound message once by (account, event); see the port."""
        workspace_id = await self._db.scalar(
            select(accounts.c.workspace_id).where(accounts.c.id == account_id)
        )
        if workspace_id is None:
            return None
        c = contacts.c
        person = (
            await self._db.execute(
                select(c.id, c.name).where(c.workspace_id == workspace_id, c.number == news.sender)
            )
        ).one_or_none()
        answered = None if person is None else await self._latest(account_id, person.id)
        row = {
            "workspace_id": workspace_id, "account_id": account_id, "event": news.event,
            "number": news.sender, "text": news.text, "at": news.at,
            "contact_id": person and person.id, "campaign_id": answered and answered.campaign_id,
        }  # fmt: skip
        statement = self._insert(replies).values(row).on_conflict_do_nothing().returning(replies.c.id)
        if await self._db.scalar(statement) is None:
            return None
        if answered is not None:
            r = recipients.c
            await self._db.execute(
                update(recipients)
                .where(r.id == answered.id)
                .values(replied_at=earliest(r.replied_at, bindparam("now", news.at, type_=r.replied_at.type)))
            )
        return Replied(
            workspace_id=WorkspaceId(workspace_id),
            contact_id=None if person is None else ContactId(person.id),
            number=news.sender, name="" if person is None else person.name, text=news.text,
            campaign_id=None if answered is None else CampaignId(answered.campaign_id),
        )  # fmt: skip

    async def _latest(self, account_id: AccountId, contact_id: int) -> Any:
        """The person's latest recipient that this account has tried to reach."""
        r, c = recipients.c, campaigns.c
        found = await self._db.execute(
            select(r.id, r.campaign_id)
            .join_from(recipients, campaigns, c.id == r.campaign_id)
            .where(r.contact_id == contact_id, r.attempts > 0, c.account_id == account_id)
            .order_by(r.id.desc())
            .limit(1)
        )
        return found.one_or_none()


def _known(row: Any) -> _Known:
    times = {"sent_at": row.sent_at, "delivered_at": row.delivered_at, "read_at": row.read_at}
    return _Known(id=row.id, state=row.state, reason=row.reason, due_at=row.due_at, times=times)


def _apply(person: _Known, item: ReceiptNews, *, is_current: bool, before: Progress) -> None:
    state = state_after(person.state, person.reason, is_current=is_current, before=before, news=item.progress)
    if state is not person.state:
        person.state, person.due_at = state, None
        person.reason = None if item.progress in GOT else item.reason
    for name in _told(item.progress):
        person.times[name] = _earlier(person.times[name], item.at)


def _told(progress: Progress) -> Iterable[str]:
    """Which moments this news says something about."""
    if progress not in GOT:
        return ()
    return {
        Progress.SENT: ("sent_at",),
        Progress.DELIVERED: ("sent_at", "delivered_at"),
        Progress.READ: ("sent_at", "delivered_at", "read_at"),
    }[progress]


def _columns(person: _Known) -> dict[str, Any]:
    return {
        "the_id": person.id, "to": person.state, "why": person.reason, "due": person.due_at,
        "sent": person.times["sent_at"], "delivered": person.times["delivered_at"],
        "read": person.times["read_at"],
    }  # fmt: skip


def _statements() -> tuple[Any, Any]:
    a, r = attempts.c, recipients.c
    move_attempt = (
        update(attempts)
        .where(a.key == bindparam("the_key"))
        .values(progress=bindparam("news", type_=a.progress.type))
    )
    values = {
        r.state: "to", r.reason: "why", r.due_at: "due", r.sent_at: "sent", r.delivered_at: "delivered",
        r.read_at: "read",
    }  # fmt: skip
    move_recipient = (
        update(recipients)
        .where(r.id == bindparam("the_id"))
        .values({column: bindparam(name, type_=column.type) for column, name in values.items()})
    )
    return move_attempt, move_recipient


_MOVE_ATTEMPT, _MOVE_RECIPIENT = _statements()

__all__ = ["COUNTED", "DIRECT_PROGRESS", "GOT", "SqlReceipts", "state_after"]
