"""Single messages outside campaigns: test sends and answers."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, ScalarSelect, and_, func, insert, null, or_, select, update

from domain.accounts.model import AccountState
from domain.delivery.content import Media
from domain.delivery.store import Direct, DirectPurpose, DirectState, Tick, Ticked
from domain.kernel.errors import NotFound
from domain.kernel.ids import (
    AccountId,
    AttemptKey,
    CampaignId,
    ConversationId,
    DirectId,
    MemberId,
    WorkspaceId,
)
from storage.base import SqlStore
from storage.media_json import media_from_json, media_to_json
from storage.receipts import DIRECT_PROGRESS
from storage.tables import accounts, contacts, directs
from storage.tables.delivery import OPEN_DIRECTS, SHOWS

D = DirectState


def _direct(row: Row[Any]) -> Direct:
    return Direct(
        id=DirectId(row.id), workspace_id=WorkspaceId(row.workspace_id), account_id=AccountId(row.account_id),
        member_id=None if row.member_id is None else MemberId(row.member_id), chat_id=row.chat_id,
        purpose=row.purpose, key=AttemptKey(row.key),
        number=row.number, text=row.text, media=media_from_json(row.media), state=row.state,
        reason=row.reason, queued_at=row.queued_at,
        campaign_id=None if row.campaign_id is None else CampaignId(row.campaign_id),
        conversation_id=None if row.conversation_id is None else ConversationId(row.conversation_id),
        tries=row.tries,
    )  # fmt: skip


def _waiting(now: datetime | None) -> Sequence[ColumnElement[bool]]:
    d = directs.c
    due = () if now is None else (or_(d.due_at.is_(None), d.due_at <= now),)
    return (d.state == D.QUEUED, *due)


class SqlDirects(SqlStore):
    """The part of `domain.delivery.store.DeliveryStore` about single messages."""

    async def queue_direct(
        self,
        *,
        workspace_id: WorkspaceId,
        account_id: AccountId,
        member_id: MemberId | None,
        chat_id: int | None,
        purpose: DirectPurpose,
        number: str,
        text: str,
        media: Media | None,
        desk: str,
        campaign_id: CampaignId | None,
        at: datetime,
        conversation_id: ConversationId | None = None,
        asked_by: int | None = None,
        thread_id: int | None = None,
    ) -> DirectId:
        due_at = await self._after_earlier(account_id, number) if purpose is DirectPurpose.ANSWER else None
        row = {
            "due_at": due_at, "tries": 0,
            "workspace_id": workspace_id, "account_id": account_id, "member_id": member_id,
            "chat_id": chat_id, "purpose": purpose, "number": number, "text": text,
            "media": media_to_json(media), "state": D.QUEUED, "campaign_id": campaign_id, "queued_at": at,
            "conversation_id": conversation_id, "asked_by": asked_by, "thread_id": thread_id,
        }  # fmt: skip
        d = directs.c
        id = (await self._db.execute(insert(directs).values(row).returning(d.id))).scalar_one()
        # The key holds the id, so that it stays unique for ever, as those of campaigns do.
        await self._db.execute(update(directs).where(d.id == id).values(key=f"{desk}-d{id}"))
        return DirectId(id)

    async def _after_earlier(self, account_id: AccountId, number: str) -> datetime | None:
        """When the last answer to this person is due that was refused for now: they read them in order."""
        d = directs.c
        found: datetime | None = await self._db.scalar(
            select(func.max(d.due_at))
            .where(OPEN_DIRECTS, d.account_id == account_id, d.purpose == DirectPurpose.ANSWER)
            .where(d.number == number, d.state == D.QUEUED)
        )
        return found

    async def claim_direct(
        self,
        account_id: AccountId,
        *,
        owner: str,
        lease_until: datetime,
        journal: str | None = None,
        now: datetime | None = None,
        purposes: Collection[DirectPurpose] = tuple(DirectPurpose),
    ) -> Direct | None:
        """See the port. In one statement: it is asked before every claim of campaigns' recipients."""
        d = directs.c
        first = [purpose for purpose in purposes if purpose is not DirectPurpose.AUTO]
        last = [purpose for purpose in purposes if purpose is DirectPurpose.AUTO]
        nexts = [self._next_direct(account_id, some, now) for some in (first, last) if some]
        if not nexts:
            return None
        taken = await self._db.execute(
            update(directs)
            .where(d.id == func.coalesce(*nexts, null()), d.state == D.QUEUED)
            .values(state=D.CLAIMED, owner=owner, lease_until=lease_until, journal=journal)
            .returning(*d)
        )
        row = taken.one_or_none()
        return None if row is None else _direct(row)

    def _next_direct(
        self, account_id: AccountId, purposes: Sequence[DirectPurpose], now: datetime | None
    ) -> ScalarSelect[int]:
        d = directs.c
        return (
            select(d.id)
            .where(OPEN_DIRECTS, d.account_id == account_id, d.purpose.in_(purposes), *_waiting(now))
            .order_by(d.id)
            .limit(1)
            .with_for_update(skip_locked=True)
            .scalar_subquery()
        )

    async def put_back_direct(self, direct: Direct, *, due_at: datetime) -> bool:
        d, tries = directs.c, direct.tries + 1
        begins = direct.key if direct.tries == 0 else direct.key.rpartition("-")[0]
        # Whoever was forgotten meanwhile has no number here any more.
        still = (d.id == direct.id, d.state == D.CLAIMED, d.key == direct.key, d.number == direct.number)
        put_back = await self._db.execute(
            update(directs)
            .where(*still)
            .values(
                state=D.QUEUED, key=f"{begins}-{tries + 1}", tries=tries, due_at=due_at, owner=None,
                lease_until=None, journal=None,
            )
        )  # fmt: skip
        if put_back.rowcount == 0:
            return False
        later = (d.id > direct.id, or_(d.due_at.is_(None), d.due_at < due_at))
        await self._db.execute(
            update(directs)
            .where(OPEN_DIRECTS, d.account_id == direct.account_id, d.purpose == direct.purpose, *later)
            .where(d.number == direct.number, d.state == D.QUEUED)
            .values(due_at=due_at)
        )
        return True

    async def next_direct(self, account_id: AccountId, *, after: datetime) -> datetime | None:
        d = directs.c
        found: datetime | None = await self._db.scalar(
            select(func.min(d.due_at)).where(
                OPEN_DIRECTS, d.account_id == account_id, d.state == D.QUEUED, d.due_at > after
            )
        )
        return found

    async def record_direct(self, id: DirectId, state: DirectState, *, reason: str | None) -> None:
        d = directs.c
        less = [known for known, progress in DIRECT_PROGRESS.items() if progress < DIRECT_PROGRESS[state]]
        await self._db.execute(
            update(directs)
            .where(d.id == id, d.state.in_([known for known in less if known is not D.QUEUED]))
            .values(state=state, reason=reason)
        )

    async def drop_directs(
        self,
        workspace_id: WorkspaceId,
        numbers: Sequence[str],
        *,
        reason: str,
        purpose: DirectPurpose | None = None,
    ) -> None:
        d = directs.c
        which = (d.workspace_id == workspace_id, d.state == D.QUEUED, self._among(d.number, numbers))
        mine = which if purpose is None else (*which, d.purpose == purpose)
        # The partial index is found by its own words.
        await self._db.execute(
            update(directs).where(OPEN_DIRECTS, *mine).values(state=D.FAILED, reason=reason)
        )

    async def direct(self, id: DirectId) -> Direct:
        """Raises NotFound."""
        found = await self._first(directs.c.id == id)
        if found is None:
            raise NotFound(what="message")
        return found

    async def direct_by_key(self, key: AttemptKey) -> Direct | None:
        return await self._first(directs.c.key == key)

    async def _first(self, condition: Any) -> Direct | None:
        row = (await self._db.execute(select(directs).where(condition))).one_or_none()
        return None if row is None else _direct(row)

    async def directs_of(self, conversation_id: ConversationId, *, limit: int) -> Sequence[Direct]:
        d = directs.c
        rows = await self._db.execute(
            select(directs).where(d.conversation_id == conversation_id).order_by(d.id.desc()).limit(limit)
        )
        return [_direct(row) for row in rows]

    async def ticks(self, *, limit: int, without: Collection[int] = ()) -> Sequence[Tick]:
        d = directs.c
        elsewhere = or_(d.chat_id.is_(None), d.chat_id.not_in(without))
        rows = await self._db.execute(select(directs).where(SHOWS, elsewhere).order_by(d.id).limit(limit))
        return [
            Tick(
                direct=_direct(row), asked_by=row.asked_by, thread_id=row.thread_id, tick_id=row.tick_id,
                shown=row.shown,
            )
            for row in rows
        ]  # fmt: skip

    async def tick_shown(self, id: DirectId, state: DirectState, *, tick_id: int | None) -> None:
        d = directs.c
        await self._db.execute(update(directs).where(d.id == id).values(shown=state, tick_id=tick_id))

    async def ticked(self, chat_id: int, message_id: int) -> Ticked | None:
        d, c = directs.c, contacts.c
        found = await self._db.execute(
            select(d.conversation_id, c.forgotten_at)
            .outerjoin_from(directs, contacts, and_(c.workspace_id == d.workspace_id, c.number == d.number))
            .where(d.chat_id == chat_id, d.tick_id == message_id)
            .limit(1)
        )
        row = found.one_or_none()
        if row is None or (row.conversation_id is None and row.forgotten_at is None):
            return None
        whose = None if row.conversation_id is None else ConversationId(row.conversation_id)
        return Ticked(whose, row.forgotten_at)

    async def accounts_with_directs(self, *, now: datetime | None = None) -> Sequence[AccountId]:
        d, a = directs.c, accounts.c
        waiting = select(d.account_id).where(OPEN_DIRECTS, *_waiting(now))
        ids = await self._db.scalars(
            select(a.id)
            .where(a.id.in_(waiting), a.state == AccountState.CONNECTED, ~a.is_removed)
            .order_by(a.id)
        )
        return [AccountId(id) for id in ids]

    async def abandon_directs(
        self, *, owner_not: str | None, lease_before: datetime | None, account_id: AccountId | None = None
    ) -> int:
        d = directs.c
        dead = []
        if owner_not is not None:
            dead.append(d.owner != owner_not)
        if lease_before is not None:
            dead.append(d.lease_until < lease_before)
        result = await self._db.execute(
            update(directs)
            .where(
                d.state == D.CLAIMED,
                or_(*dead),
                *([] if account_id is None else [d.account_id == account_id]),
            )
            .values(state=D.UNKNOWN, reason="interrupted")
        )
        return int(result.rowcount)
