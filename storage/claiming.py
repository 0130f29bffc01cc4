"""Claim, record, abandon: the durable steps around every send. Batches, in few statements each."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Row,
    SmallInteger,
    Update,
    bindparam,
    case,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)  # fmt: skip
from sqlalchemy.ext.asyncio.engine import AsyncConnection

from domain.campaigns.model import CampaignState
from domain.contacts.model import Consent
from domain.delivery.model import Progress
from domain.delivery.recipients import NEVER_OPEN, NEWS_AFTER, Claim, Learned, RecipientState, Settled
from domain.delivery.store import Opens
from domain.kernel.ids import AccountId, AttemptKey, CampaignId, ContactId, RecipientId
from storage.audiences import WHY_NOT
from storage.base import SqlStore, given
from storage.same_person import SqlSamePerson
from storage.tables import attempts, campaigns, contacts, recipients

R = RecipientState
INTERRUPTED = "interrupted"

#: So many rounds of people without consent are passed over in one claim; the next claim goes on.
_ROUNDS = 5

#: Where each person's own clock counts, so many are looked at for one who is open.
_LOOKED_AT = 200

#: What news that the person has got it may still change. A failure told by WhatsApp for this very attempt
#: is later knowledge than the answer to the call.
_NOT_YET_SENT = (R.CLAIMED, R.UNKNOWN, R.WAITING, R.CANCELLED, R.SKIPPED)


#: The contacts too: a stop waits until who is being claimed is claimed, and whose stop is being written down
#: is passed over. Else a claim that takes its time would be written down after a stop that it has not seen.
NOBODY_ELSE_AT: Final[Mapping[str, Any]] = {
    "of": [recipients, contacts], "skip_locked": True, "key_share": True,
}  # fmt: skip


_TOLD: Final = (attempts.c.key, attempts.c.progress, attempts.c.reason, attempts.c.provider_id)


@cache
def _learned(on_sqlite: bool) -> Update:
    a, new = attempts.c, given(_TOLD, on_sqlite).c
    is_news = a.progress < new.progress
    return (
        update(attempts)
        .where(a.key == new.key)
        .values(
            progress=case((is_news, new.progress), else_=a.progress),
            reason=case((is_news, new.reason), else_=a.reason),
            provider_id=func.coalesce(a.provider_id, new.provider_id),
            learned_at=bindparam("now", type_=a.learned_at.type),
        )
    )


class SqlClaiming(SqlStore):
    """The part of `domain.delivery.store.DeliveryStore` that senders use.

    `spent`: recipients whose points this unit has written down as spent, as they are now (id, campaign_id,
    settled and settlements), and when: the ledger is yet to say so (`SqlSettling.enter_spent`). Nobody undoes
    a part of a unit: what stands here would be entered all the same.
    """

    def __init__(self, connection: AsyncConnection) -> None:
        super().__init__(connection)
        self.spent: list[tuple[Row[Any], datetime]] = []

    async def claim(
        self,
        campaign_id: CampaignId,
        account_id: AccountId,
        *,
        desk: str,
        owner: str,
        now: datetime,
        lease_until: datetime,
        limit: int,
        journal: str | None = None,
        opens: Opens | None = None,
    ) -> tuple[Sequence[Claim], int]:
        """Take recipients that are due, while the campaign runs on this account; see the port."""
        granted: list[Any] = []
        skipped = 0
        same_person = SqlSamePerson(self._db)
        for _ in range(_ROUNDS):
            wanted = limit - len(granted)
            looked_at = wanted if opens is None else max(wanted, _LOOKED_AT)
            rows = await self._due(campaign_id, account_id, now=now, limit=looked_at)
            refused = {row.id: WHY_NOT[row.consent] for row in rows if row.consent is not Consent.GRANTED}
            agreed = [row for row in rows if row.id not in refused]
            if opens is not None:
                agreed, never = await self._open(agreed, opens, now)
                refused |= dict.fromkeys(never, NEVER_OPEN)
            put_off = len(rows) - len(agreed) - len(refused)
            agreed = agreed[:wanted]
            refused |= await same_person.passed_over(campaign_id, account_id, agreed)
            chosen = [row for row in agreed if row.id not in refused]
            await self._skip(refused)
            # Taken at once, so that the next round cannot meet them again.
            await self._take([row.id for row in chosen])
            granted.extend(chosen)
            skipped += len(refused)
            if len(granted) >= limit or not (refused or put_off) or len(rows) < looked_at:
                break
        await self._write_attempts(
            [row.id for row in granted], desk=desk, owner=owner, now=now, lease_until=lease_until,
            journal=journal,
        )  # fmt: skip
        return [claim_of(row, campaign_id, desk) for row in granted], skipped

    async def _due(
        self, campaign_id: CampaignId, account_id: AccountId, *, now: datetime, limit: int
    ) -> Sequence[Any]:
        r, p, c = recipients.c, contacts.c, campaigns.c
        running = exists().where(
            c.id == campaign_id, c.account_id == account_id, c.state == CampaignState.RUNNING
        )
        statement = (
            select(r.id, r.contact_id, r.number, r.attempts, p.name, p.attributes, p.consent)
            .join_from(recipients, contacts, p.id == r.contact_id)
            .where(r.campaign_id == campaign_id, r.state == R.WAITING, r.due_at <= now, running)
            .order_by(r.due_at, r.id)
            .limit(limit)
            .with_for_update(**NOBODY_ELSE_AT)
        )  # fmt: skip
        return (await self._db.execute(statement)).all()

    async def _open(self, rows: Sequence[Any], opens: Opens, now: datetime) -> tuple[list[Any], list[int]]:
        """Those who may be written to by their own clock, and the ids of those who never may. The others
        are due later."""
        r = recipients.c
        now_open, never = [], []
        later: dict[datetime, list[int]] = {}
        for row in rows:
            at = opens(row.number)
            if at is None:
                never.append(row.id)
            elif at <= now:
                now_open.append(row)
            else:
                later.setdefault(at, []).append(row.id)
        for at, ids in later.items():
            await self._db.execute(
                update(recipients).where(self._among(r.id, ids), r.state == R.WAITING).values(due_at=at)
            )
        return now_open, never

    async def put_forward(self, account_id: AccountId, *, now: datetime) -> int:
        """See the port. Who was never tried waits for nothing but a clock."""
        r, c = recipients.c, campaigns.c
        by_clock = select(c.id).where(
            c.account_id == account_id, c.by_their_clock,
            c.state.in_([CampaignState.RUNNING, CampaignState.PAUSED]),
        )  # fmt: skip
        result = await self._db.execute(
            update(recipients)
            .where(
                r.campaign_id.in_(by_clock), r.state == R.WAITING, r.due_at > now,
                or_(r.attempts == 0, r.due_at > now + NEWS_AFTER[-1]),
            )
            .values(due_at=now)
        )  # fmt: skip
        return result.rowcount

    async def _skip(self, refused: Mapping[int, str]) -> None:
        for why in sorted(set(refused.values())):
            ids = [id for id, reason in refused.items() if reason == why]
            await self._db.execute(
                update(recipients)
                .where(self._among(recipients.c.id, ids), recipients.c.state == R.WAITING)
                .values(state=R.SKIPPED, reason=why, due_at=None)
            )

    async def _take(self, ids: Sequence[int]) -> None:
        if ids:
            r = recipients.c
            await self._db.execute(
                update(recipients)
                .where(self._among(r.id, ids), r.state == R.WAITING)
                .values(state=R.CLAIMED, attempts=r.attempts + 1, reason=None, due_at=None)
            )

    async def _write_attempts(
        self,
        ids: Sequence[int],
        *,
        desk: str,
        owner: str,
        now: datetime,
        lease_until: datetime,
        journal: str | None,
    ) -> None:
        """Of recipients whose campaigns run: each is its campaign's account's."""
        if not ids:
            return
        r, a, c = recipients.c, attempts.c, campaigns.c
        n = r.attempts
        key = literal(f"{desk}-").concat(r.id.cast(a.key.type)).concat("-").concat(n.cast(a.key.type))
        rows = select(
            key, r.id, c.account_id, n,
            literal(Progress.CLAIMED.value, SmallInteger), literal(owner),
            literal(lease_until, a.lease_until.type), literal(now, a.claimed_at.type),
            literal(journal, a.journal.type),
        ).join_from(recipients, campaigns, c.id == r.campaign_id).where(self._among(r.id, ids))  # fmt: skip
        names = [
            "key", "recipient_id", "account_id", "n", "progress", "owner", "lease_until", "claimed_at",
            "journal",
        ]  # fmt: skip
        await self._db.execute(insert(attempts).from_select(names, rows))

    async def record(self, results: Sequence[Learned], *, now: datetime) -> None:
        """Write outcomes. Whoever is known to have got further keeps it; see the port.

        A success counts for an older attempt too, and ends a waiting retry: the person has got it.
        """
        if not results:
            return
        # In order of recipient, as receipts are applied, so that two transactions hardly ever wait in a ring.
        results = sorted(results, key=lambda result: result.recipient_id)
        await self._learn(results, now)
        sent = [result for result in results if result.progress is Progress.SENT]
        other = [result for result in results if result.progress is not Progress.SENT]
        if sent:
            await self._mark_sent([result.recipient_id for result in sent], now=now)
        if other:
            await self._db.execute(
                _OTHER,
                [
                    {
                        "the_id": result.recipient_id, "the_key": result.key, "to": result.state,
                        "why": result.reason, "due": result.due_at,
                    }
                    for result in other
                ],
            )  # fmt: skip

    async def _learn(self, results: Sequence[Learned], now: datetime) -> None:
        rows = [(one.key, one.progress.value, one.reason, one.provider_id) for one in results]
        await self._db.execute(_learned(self._on_sqlite), {"now": now, **self._parameters(rows)})

    async def _mark_sent(self, ids: Sequence[int], *, now: datetime) -> None:
        """Whose points are held has spent them by that: a second write to each, when the wallet is settled,
        would be a third of what recording costs (docs/decisions/0043)."""
        r = recipients.c
        sent = (
            update(recipients)
            .where(r.state.in_(_NOT_YET_SENT))
            .values(
                state=R.SENT,
                reason=None,
                due_at=None,
                sent_at=earliest(r.sent_at, literal(now, r.sent_at.type)),
            )
        )
        paid = await self._db.execute(
            sent.where(self._among(r.id, ids), r.settled == Settled.HELD)
            .values(settled=Settled.SPENT, settlements=r.settlements + 1)
            .returning(r.id, r.campaign_id, r.settled, r.settlements)
        )
        rows = paid.all()
        self.spent += [(row, now) for row in rows]
        if others := sorted(set(ids) - {row.id for row in rows}):
            await self._db.execute(sent.where(self._among(r.id, others)))

    async def abandon(
        self, *, owner_not: str | None = None, lease_before: datetime | None = None,
        account_id: AccountId | None = None,
    ) -> int:  # fmt: skip
        """Claims of dead processes become `unknown`; see the port."""
        a = attempts.c
        dead = []
        if owner_not is not None:
            dead.append(a.owner != owner_not)
        if lease_before is not None:
            dead.append(a.lease_until < lease_before)
        if not dead:
            return 0
        ended = await self._db.execute(
            update(attempts)
            .where(a.progress == literal(Progress.CLAIMED.value, SmallInteger), or_(*dead), *_of(account_id))
            .values(progress=Progress.UNKNOWN.value, reason=INTERRUPTED)
            .returning(a.recipient_id, a.n)
        )
        lost = [{"the_id": row.recipient_id, "n": row.n} for row in ended]
        if lost:
            await self._db.execute(_LOST, sorted(lost, key=lambda row: row["the_id"]))
        return len(lost)


def _of(account_id: AccountId | None) -> Sequence[ColumnElement[bool]]:
    """Attempts at people who are claimed for it."""
    if account_id is None:
        return ()
    r, c = recipients.c, campaigns.c
    theirs = select(r.id).join(campaigns, c.id == r.campaign_id)
    return (attempts.c.recipient_id.in_(theirs.where(c.account_id == account_id, r.state == R.CLAIMED)),)


def claim_of(row: Row[Any], campaign_id: CampaignId, desk: str) -> Claim:
    """The try that was written for a recipient as it was just before."""
    n = row.attempts + 1
    return Claim(
        key=AttemptKey(f"{desk}-{row.id}-{n}"), recipient_id=RecipientId(row.id), campaign_id=campaign_id,
        contact_id=ContactId(row.contact_id), number=row.number, name=row.name, fields=row.attributes, n=n,
    )  # fmt: skip


def _statements() -> tuple[Any, Any]:
    """The updates that run once a row, made once."""
    a, r = attempts.c, recipients.c
    n = select(a.n).where(a.key == bindparam("the_key")).scalar_subquery()
    other = (
        update(recipients)
        .where(r.id == bindparam("the_id"), r.attempts == n)
        .where(or_(r.state == R.CLAIMED, r.state == R.UNKNOWN))
        .values(
            state=bindparam("to", type_=r.state.type),
            reason=bindparam("why", type_=r.reason.type),
            due_at=bindparam("due", type_=r.due_at.type),
        )
    )
    lost = (
        update(recipients)
        .where(r.id == bindparam("the_id"), r.attempts == bindparam("n"), r.state == R.CLAIMED)
        .values(state=R.UNKNOWN, reason=INTERRUPTED)
    )
    return other, lost


def earliest(known: Any, news: Any) -> Any:
    """The smaller of two moments; a moment not known yet is the larger. In any order, the same answer."""
    return case(((known.is_(None)) | (known > news), news), else_=known)


_OTHER, _LOST = _statements()
