"""Conversations in a table."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, bindparam, exists, func, literal, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from domain.contacts.folding import folded
from domain.conversations.model import Conversation, ConversationState
from domain.conversations.ports import LOOKED_THROUGH, CampaignSent
from domain.delivery.store import Replied
from domain.kernel.errors import Conflict, NotFound
from domain.kernel.ids import AccountId, CampaignId, ContactId, ConversationId, ReplyId, WorkspaceId
from domain.kernel.work import Work
from storage.base import SqlStore
from storage.contact_search import may_be_called
from storage.paging import last_page
from storage.people import contains, named
from storage.tables import accounts, campaigns, contacts, conversations, recipients, replies
from storage.tables.conversations import READ, UNREAD

#: What is kept of a message to be shown in a list.
LONGEST_GLIMPSE: Final = 200
_BEFORE_ALL: Final = datetime(1970, 1, 1, tzinfo=UTC)


def _conversation(row: Row[Any], *, name: str | None = None) -> Conversation:
    return Conversation(
        id=ConversationId(row.id), workspace_id=WorkspaceId(row.workspace_id),
        account_id=AccountId(row.account_id), number=row.number,
        name=(row.name if name is None else name) or row.called or "",
        contact_id=None if row.contact_id is None else ContactId(row.contact_id),
        campaign_id=None if row.campaign_id is None else CampaignId(row.campaign_id),
        state=row.state, is_muted=row.muted_at is not None, is_handed=row.handed_at is not None,
        unread=row.unread, last_at=row.last_at, last_text=row.last_text,
        newest=None if row.last_reply_id is None else ReplyId(row.last_reply_id),
    )  # fmt: skip


def _chosen() -> Any:
    return select(*conversations.c, contacts.c.name).outerjoin_from(
        conversations, contacts, contacts.c.id == conversations.c.contact_id
    )


def _this(workspace_id: WorkspaceId, id: ConversationId) -> tuple[ColumnElement[bool], ...]:
    c = conversations.c
    return (c.id == id, c.workspace_id == workspace_id)


def _there(workspace_id: WorkspaceId, state: ConversationState | None) -> tuple[ColumnElement[bool], ...]:
    c = conversations.c
    ours = c.workspace_id == workspace_id
    return (ours,) if state is None else (ours, c.state == state)


@lru_cache(maxsize=2)
def _wrote(on_sqlite: bool) -> Any:
    """Made once: to put a statement together takes longer than to run it."""
    c = conversations.c
    adding: Any = sqlite.insert(conversations) if on_sqlite else postgresql.insert(conversations)
    new = adding.excluded
    return adding.on_conflict_do_update(
        index_elements=[c.account_id, c.number],
        set_={
            "contact_id": func.coalesce(new.contact_id, c.contact_id),
            "called": func.coalesce(new.called, c.called),
            "called_folded": func.coalesce(new.called_folded, c.called_folded),
            "campaign_id": func.coalesce(new.campaign_id, c.campaign_id),
            "state": new.state, "unread": c.unread + 1, "last_at": new.last_at,
            "last_text": new.last_text, "last_reply_id": new.last_reply_id,
        },
    ).returning(*c)  # fmt: skip


_PLACED: Final = (
    update(replies)
    .where(replies.c.id == bindparam("the_id", type_=replies.c.id.type))
    .values(conversation_id=bindparam("of_talk", type_=replies.c.conversation_id.type))
)


class SqlConversations(SqlStore):
    """Implements `domain.conversations.ports.ConversationStore`."""

    async def wrote(self, account_id: AccountId, reply: Replied, *, at: datetime) -> Conversation:
        row = {
            "workspace_id": reply.workspace_id, "account_id": account_id, "number": reply.number,
            "contact_id": reply.contact_id, "campaign_id": reply.campaign_id, "unread": 1, "last_at": at,
            "state": ConversationState.OPEN, "last_text": reply.text[:LONGEST_GLIMPSE],
            "last_reply_id": reply.id, "called": reply.called or None,
            "called_folded": folded(reply.called) or None,
        }  # fmt: skip
        talk = (await self._db.execute(_wrote(self._on_sqlite), row)).one()
        if talk.id != reply.conversation_id:
            await self._db.execute(_PLACED, {"the_id": reply.id, "of_talk": talk.id})
        if talk.contact_id != reply.contact_id:
            return await self.conversation(reply.workspace_id, ConversationId(talk.id))
        return _conversation(talk, name=reply.name)

    async def conversation(self, workspace_id: WorkspaceId, id: ConversationId) -> Conversation:
        return await self._one(*_this(workspace_id, id))

    async def any(self, id: ConversationId) -> Conversation:
        return await self._one(conversations.c.id == id)

    async def _one(self, *which: ColumnElement[bool]) -> Conversation:
        row = (await self._db.execute(_chosen().where(*which))).one_or_none()
        if row is None:
            raise NotFound(what="conversation")
        return _conversation(row)

    async def of_contact(self, workspace_id: WorkspaceId, contact_id: ContactId) -> Conversation | None:
        c = conversations.c
        found = await self._db.execute(
            _chosen()
            .where(c.workspace_id == workspace_id, c.contact_id == contact_id)
            .order_by(c.last_at.desc(), c.id.desc())
            .limit(1)
        )
        row = found.one_or_none()
        return None if row is None else _conversation(row)

    async def met(self, workspace_id: WorkspaceId, number: str, contact_id: ContactId) -> None:
        c, a = conversations.c, accounts.c
        ours = select(a.id).where(a.workspace_id == workspace_id)
        await self._db.execute(
            update(conversations)
            .where(c.account_id.in_(ours), c.number == number)
            .values(contact_id=contact_id)
        )

    async def seen(self, workspace_id: WorkspaceId, id: ConversationId) -> None:
        await self._change(workspace_id, id, unread=0)

    async def answered(self, workspace_id: WorkspaceId, id: ConversationId) -> None:
        self._wake(Work.CONVERSATIONS)
        await self._change(workspace_id, id, unread=0, handed_at=None, state=ConversationState.OPEN)

    async def mute(self, workspace_id: WorkspaceId, id: ConversationId, *, at: datetime | None) -> None:
        self._wake(Work.CONVERSATIONS)
        await self._change(workspace_id, id, muted_at=at)

    async def close(self, workspace_id: WorkspaceId, id: ConversationId, *, newest: ReplyId | None) -> None:
        self._wake(Work.CONVERSATIONS)
        done = await self._db.execute(
            update(conversations)
            .where(*_this(workspace_id, id), conversations.c.last_reply_id.is_not_distinct_from(newest))
            .values(state=ConversationState.DONE, unread=0, handed_at=None)
        )
        if done.rowcount != 1:
            raise Conflict(what="conversation")

    async def _change(self, workspace_id: WorkspaceId, id: ConversationId, **values: Any) -> None:
        await self._db.execute(update(conversations).where(*_this(workspace_id, id)).values(values))

    async def unread(self, workspace_id: WorkspaceId) -> int:
        return await self._count(workspace_id, ConversationState.OPEN, UNREAD)

    async def page(
        self, workspace_id: WorkspaceId, state: ConversationState | None, *, offset: int, limit: int
    ) -> tuple[Sequence[Conversation], int]:
        if state is None:
            total = await self._count(workspace_id, None)
            start = last_page(offset, total, limit)
            return await self._some(workspace_id, None, offset=start, limit=limit), total
        fresh = await self._count(workspace_id, state, UNREAD)
        total = fresh + await self._count(workspace_id, state, READ)
        offset = last_page(offset, total, limit)
        found = list(await self._some(workspace_id, state, UNREAD, offset=offset, limit=limit))
        if len(found) < limit:
            after = max(offset - fresh, 0)
            found += await self._some(workspace_id, state, READ, offset=after, limit=limit - len(found))
        return found, total

    async def _some(
        self, workspace_id: WorkspaceId, state: ConversationState | None, *which: Any, offset: int, limit: int
    ) -> Sequence[Conversation]:
        return await self._page(*_there(workspace_id, state), *which, offset=offset, limit=limit)

    async def _page(self, *which: Any, offset: int, limit: int) -> Sequence[Conversation]:
        """The last of them first; nothing is read of those before the page but what is asked of them."""
        c = conversations.c
        ids = select(c.id).where(*which).order_by(c.last_at.desc()).offset(offset).limit(limit)
        rows = await self._db.execute(_chosen().where(c.id.in_(ids)).order_by(c.last_at.desc()))
        return [_conversation(row) for row in rows]

    async def _count(self, workspace_id: WorkspaceId, state: ConversationState | None, *which: Any) -> int:
        counted = select(func.count()).select_from(conversations).where(*_there(workspace_id, state), *which)
        return int(await self._db.scalar(counted) or 0)

    async def search(
        self, workspace_id: WorkspaceId, text: str, *, offset: int, limit: int
    ) -> Sequence[Conversation]:
        c, p = conversations.c, contacts.c
        wanted = text.strip()
        if "\0" in wanted:
            return []
        ours = c.workspace_id == workspace_id
        first = select(c.last_at).where(ours).order_by(c.last_at.desc()).offset(LOOKED_THROUGH - 1).limit(1)
        late = c.last_at >= func.coalesce(first.scalar_subquery(), literal(_BEFORE_ALL, c.last_at.type))
        known = exists().where(p.id == c.contact_id, named(p.name_folded, wanted))
        as_contact = await may_be_called(self._db, c.contact_id, wanted) & known
        numbered = contains(c.number, "".join(wanted.split()))
        called = or_(numbered, named(c.called_folded, wanted), as_contact)
        return await self._page(ours, late, called, offset=offset, limit=limit)

    async def hand_over(self, id: ConversationId, *, at: datetime) -> None:
        c = conversations.c
        since = func.coalesce(c.handed_at, literal(at, c.handed_at.type))
        await self._db.execute(update(conversations).where(c.id == id).values(handed_at=since))

    async def campaigns_sent(self, talk: Conversation, *, limit: int) -> Sequence[CampaignSent]:
        r, c = recipients.c, campaigns.c
        rows = await self._db.execute(
            select(c.id, c.name, r.sent_at, r.state, r.reason)
            .join_from(recipients, campaigns, c.id == r.campaign_id)
            .where(r.contact_id == talk.contact_id, c.account_id == talk.account_id, r.sent_at.is_not(None))
            .order_by(r.sent_at.desc())
            .limit(limit)
        )
        return [
            CampaignSent(
                id=CampaignId(row.id), name=row.name, at=row.sent_at, state=row.state, reason=row.reason
            )
            for row in rows
        ]
