"""Groups with topics, and the topics that stand for conversations."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    and_,
    case,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
    update,
)

from domain.conversations.model import ConversationState
from domain.conversations.topics import GroupTaken, InboxGroup, Topic
from domain.kernel.ids import ConversationId, WorkspaceId
from domain.kernel.work import Work
from storage.base import SqlStore
from storage.tables import conversations, inbox_groups, members, replies, reply_tellings, topics, workspaces


def _group(row: Row[Any]) -> InboxGroup:
    return InboxGroup(workspace_id=WorkspaceId(row.workspace_id), chat_id=row.chat_id, since=row.since)


def _topic(row: Row[Any]) -> Topic:
    return Topic(
        chat_id=row.chat_id, thread_id=row.thread_id, workspace_id=WorkspaceId(row.workspace_id),
        conversation_id=ConversationId(row.conversation_id), is_closed=row.is_closed, is_on=row.is_on,
    )  # fmt: skip


def _is_on() -> ColumnElement[bool]:
    g = inbox_groups.c
    here = exists().where(g.chat_id == topics.c.chat_id, g.workspace_id == conversations.c.workspace_id)
    return here.correlate(topics, conversations)


def _chosen() -> Select[Any]:
    t, c = topics.c, conversations.c
    chosen = select(*t, c.workspace_id, _is_on().label("is_on"))
    return chosen.join(conversations, c.id == t.conversation_id)


class SqlTopics(SqlStore):
    """Implements `domain.conversations.topics.TopicStore`."""

    async def group(self, workspace_id: WorkspaceId) -> InboxGroup | None:
        return await self._one_group(inbox_groups.c.workspace_id == workspace_id)

    async def group_in(self, chat_id: int) -> InboxGroup | None:
        return await self._one_group(inbox_groups.c.chat_id == chat_id)

    async def _one_group(self, condition: ColumnElement[bool]) -> InboxGroup | None:
        row = (await self._db.execute(select(inbox_groups).where(condition))).one_or_none()
        return None if row is None else _group(row)

    async def begin(self, workspace_id: WorkspaceId, chat_id: int, *, at: datetime) -> None:
        g, t = inbox_groups.c, reply_tellings.c
        await self._hold(workspace_id)
        await self.end(workspace_id, at=at)
        self._wake(Work.CONVERSATIONS)
        made = await self._db.execute(
            self._insert(inbox_groups)
            .values(workspace_id=workspace_id, chat_id=chat_id, since=at)
            .on_conflict_do_nothing()
            .returning(g.chat_id)
        )
        if made.one_or_none() is None:
            raise GroupTaken()
        r = replies.c
        newest = select(func.coalesce(func.max(r.id), 0)).where(r.workspace_id == workspace_id)
        last = (await self._db.execute(newest)).scalar_one()
        fresh = self._insert(reply_tellings).values(
            chat_id=chat_id, workspace_id=workspace_id, newest=last, told=last, due_at=at
        )
        new = fresh.excluded
        await self._db.execute(
            fresh.on_conflict_do_update(
                index_elements=[t.chat_id, t.workspace_id], set_={"newest": new.newest, "told": new.told}
            )
        )

    async def end(self, workspace_id: WorkspaceId, *, at: datetime) -> InboxGroup | None:
        await self._hold(workspace_id)
        group = await self.group(workspace_id)
        if group is None:
            return None
        await self._db.execute(delete(inbox_groups).where(inbox_groups.c.workspace_id == workspace_id))
        await self._take_from(workspace_id, group.chat_id, at)
        return group

    async def left_over(self, workspace_id: WorkspaceId, chat_id: int, *, at: datetime) -> None:
        await self._hold(workspace_id)
        group = await self.group(workspace_id)
        if group is None or group.chat_id != chat_id:
            await self._take_from(workspace_id, chat_id, at)

    async def _hold(self, workspace_id: WorkspaceId) -> None:
        """As storing a reply does: none of the workspace comes in until this unit ends, to be told in a chat
        that is none of its any more."""
        w = workspaces.c
        await self._db.execute(select(w.id).where(w.id == workspace_id).with_for_update(key_share=True))

    async def _take_from(self, workspace_id: WorkspaceId, chat_id: int, at: datetime) -> None:
        t = reply_tellings.c
        taken = await self._db.execute(
            delete(reply_tellings)
            .where(t.workspace_id == workspace_id, t.chat_id == chat_id)
            .returning(t.newest, t.told)
        )
        if (was := taken.one_or_none()) is not None:
            await self._hand_over(workspace_id, was.newest, was.told, at)

    async def _hand_over(self, workspace_id: WorkspaceId, newest: int, told: int, at: datetime) -> None:
        """To members who have been told all of before, only what the group has not been told."""
        self._wake(Work.CONVERSATIONS)
        t, m = reply_tellings.c, members.c
        upto, last = literal(told, t.told.type), literal(newest, t.newest.type)
        even = and_(t.told >= t.newest, t.told < upto)
        await self._db.execute(
            update(reply_tellings)
            .where(t.workspace_id == workspace_id)
            .values(
                told=case((even, upto), else_=t.told),
                newest=case((t.newest < last, last), else_=t.newest),
            )
        )
        theirs = select(m.telegram_id, m.workspace_id, last, upto, literal(at, t.due_at.type)).where(
            m.workspace_id == workspace_id, m.left_at.is_(None), m.terms_version.is_not(None)
        )
        await self._db.execute(
            self._insert(reply_tellings)
            .from_select(["chat_id", "workspace_id", "newest", "told", "due_at"], theirs)
            .on_conflict_do_nothing()
        )

    async def opened(self, chat_id: int, thread_id: int, conversation_id: ConversationId) -> None:
        t = topics.c
        await self._db.execute(
            delete(topics).where(
                t.chat_id == chat_id, or_(t.thread_id == thread_id, t.conversation_id == conversation_id)
            )
        )
        row = {"chat_id": chat_id, "thread_id": thread_id, "conversation_id": conversation_id}
        await self._db.execute(self._insert(topics).values(**row, is_closed=False))

    async def gone(self, chat_id: int, thread_id: int) -> None:
        t = topics.c
        await self._db.execute(delete(topics).where(t.chat_id == chat_id, t.thread_id == thread_id))

    async def topic(self, chat_id: int, thread_id: int) -> Topic | None:
        return await self._one(topics.c.chat_id == chat_id, topics.c.thread_id == thread_id)

    async def topic_of(self, chat_id: int, conversation_id: ConversationId) -> Topic | None:
        return await self._one(topics.c.chat_id == chat_id, topics.c.conversation_id == conversation_id)

    async def _one(self, *conditions: ColumnElement[bool]) -> Topic | None:
        row = (await self._db.execute(_chosen().where(*conditions))).one_or_none()
        return None if row is None else _topic(row)

    async def to_turn(self, *, limit: int, without: Collection[int] = ()) -> Sequence[Topic]:
        t, c = topics.c, conversations.c
        is_done = c.state == ConversationState.DONE
        rows = await self._db.execute(
            _chosen()
            .where(_is_on(), t.chat_id.not_in(without))
            .where(or_(and_(t.is_closed, ~is_done), and_(~t.is_closed, is_done)))
            .order_by(t.chat_id, t.thread_id)
            .limit(limit)
        )
        return [_topic(row) for row in rows]

    async def turned(self, chat_id: int, thread_id: int, *, is_closed: bool) -> None:
        t = topics.c
        await self._db.execute(
            update(topics).where(t.chat_id == chat_id, t.thread_id == thread_id).values(is_closed=is_closed)
        )
