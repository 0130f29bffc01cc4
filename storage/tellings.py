"""What chats have been told of people's replies, in tables."""

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    Subquery,
    and_,
    bindparam,
    case,
    exists,
    func,
    literal,
    or_,
    select,
    union_all,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio.engine import AsyncConnection

from domain.contacts.stop_words import Heard
from domain.conversations.tellings import Gathered, Telling, Told, Untold, Written
from domain.delivery.content import Media
from domain.delivery.ports import Attachment
from domain.kernel.errors import NotFound
from domain.kernel.ids import AccountId, CampaignId, ConversationId, ReplyId, WorkspaceId
from domain.kernel.work import Work
from storage.base import SqlStore
from storage.media_json import media_from_json, media_to_json
from storage.tables import conversations, inbox_groups, members, replies, reply_tellings, told_messages


def _written(row: Row[Any]) -> Written:
    return Written(
        id=ReplyId(row.id), account_id=AccountId(row.account_id),
        conversation_id=None if row.conversation_id is None else ConversationId(row.conversation_id),
        campaign_id=None if row.campaign_id is None else CampaignId(row.campaign_id),
        text=row.text, at=row.at, media=row.media, heard=row.heard,
        attachment=None if row.attachment is None else Attachment(**row.attachment),
        kept=media_from_json(row.kept) if row.kept else None, is_gone=row.kept == {},
    )  # fmt: skip


def _chats_of(workspace_id: Any) -> Subquery:
    """The workspace's group with topics, if it has one; else the private chats of its members."""
    m, g = members.c, inbox_groups.c
    group = select(g.chat_id).where(g.workspace_id == workspace_id)
    alone = select(m.telegram_id.label("chat_id")).where(
        m.workspace_id == workspace_id, m.left_at.is_(None), m.terms_version.is_not(None), ~group.exists()
    )
    return union_all(alone, group).subquery()


def _to_tell(telling: Telling) -> ColumnElement[bool]:
    """Replies of conversations that are not muted, which no message in the chat has told yet."""
    r, c, t = replies.c, conversations.c, told_messages.c
    stands = exists().where(
        t.conversation_id == r.conversation_id, t.chat_id == telling.chat_id, t.reply_id >= r.id
    )
    return and_(
        r.workspace_id == telling.workspace_id, r.id > telling.told, r.id <= telling.newest,
        c.id == r.conversation_id, c.muted_at.is_(None), ~stands,
    )  # fmt: skip


def _last_of(conversation_id: ConversationId, *conditions: ColumnElement[bool]) -> Select[Any]:
    r = replies.c
    return select(replies).where(r.conversation_id == conversation_id, *conditions).order_by(r.id.desc())


@lru_cache(maxsize=2)
def _wrote(on_sqlite: bool) -> Any:
    """Made once: to put a statement together takes longer than to run it."""
    t = reply_tellings.c
    workspace_id = bindparam("of_workspace", type_=t.workspace_id.type)
    chats = _chats_of(workspace_id)
    new = select(
        chats.c.chat_id, workspace_id, bindparam("the_reply", type_=t.newest.type),
        bindparam("the_one_before", type_=t.told.type), bindparam("now", type_=t.due_at.type),
    ).order_by(chats.c.chat_id)  # fmt: skip
    adding: Any = sqlite.insert(reply_tellings) if on_sqlite else postgresql.insert(reply_tellings)
    told = adding.from_select(["chat_id", "workspace_id", "newest", "told", "due_at"], new)
    later = case((told.excluded.newest > t.newest, told.excluded.newest), else_=t.newest)
    return told.on_conflict_do_update(index_elements=[t.chat_id, t.workspace_id], set_={"newest": later})


class SqlTellings(SqlStore):
    """Implements `domain.conversations.tellings.TellingStore`."""

    def __init__(self, connection: AsyncConnection) -> None:
        super().__init__(connection)
        #: By workspace: the first and the newest reply of this unit of work, and when.
        self._wrote: dict[WorkspaceId, tuple[ReplyId, ReplyId, datetime]] = {}

    async def wrote(self, workspace_id: WorkspaceId, reply_id: ReplyId, *, at: datetime) -> None:
        first = self._wrote.get(workspace_id, (reply_id, reply_id, at))[0]
        self._wrote[workspace_id] = (first, reply_id, at)

    async def keep(self) -> None:
        """What was written in this unit of work, a statement for each workspace however much that was; when
        it is committed."""
        wrote, self._wrote = self._wrote, {}
        if wrote:
            self._wake(Work.CONVERSATIONS)
        for workspace_id, (first, newest, at) in sorted(wrote.items()):
            asked = {
                "of_workspace": workspace_id, "the_reply": newest, "the_one_before": first - 1, "now": at,
            }  # fmt: skip
            await self._db.execute(_wrote(self._on_sqlite), asked)

    async def heard(self, reply_id: ReplyId, what: Heard) -> None:
        await self._db.execute(update(replies).where(replies.c.id == reply_id).values(heard=what))

    async def due(self, *, now: datetime, limit: int) -> Sequence[Telling]:
        t = reply_tellings.c
        rows = await self._db.execute(
            select(t.chat_id, t.workspace_id, t.newest, t.told)
            .where(t.newest > t.told, t.due_at <= now)
            .order_by(t.due_at, t.chat_id)
            .limit(limit)
        )
        return [
            Telling(
                chat_id=row.chat_id, workspace_id=WorkspaceId(row.workspace_id),
                newest=ReplyId(row.newest), told=ReplyId(row.told),
            )
            for row in rows
        ]  # fmt: skip

    async def untold(self, telling: Telling, *, people: int, last: int) -> Sequence[Untold]:
        to_tell = _to_tell(telling)
        c, r = conversations.c, replies.c
        waiting = await self._db.execute(
            select(c.id, func.count().label("how_many"))
            .select_from(replies.join(conversations, c.id == r.conversation_id))
            .where(to_tell)
            .group_by(c.id)
            .order_by(func.min(r.id))
            .limit(people)
        )
        found = []
        for row in waiting.all():
            newest = await self._db.execute(_last_of(ConversationId(row.id), to_tell).limit(last))
            found.append(
                Untold(
                    conversation_id=ConversationId(row.id), replies=row.how_many,
                    last=[_written(one) for one in reversed(newest.all())],
                )
            )  # fmt: skip
        return found

    async def gathered(self, telling: Telling, *, names: int) -> Gathered:
        to_tell = _to_tell(telling)
        c, r = conversations.c, replies.c
        among = replies.join(conversations, c.id == r.conversation_id)
        stopped = func.sum(case((r.heard == Heard.STOP, 1), else_=0))
        sums = (
            await self._db.execute(
                select(func.count(c.id.distinct()), func.count(), stopped).select_from(among).where(to_tell)
            )
        ).one()
        newest = await self._db.scalars(
            select(c.id)
            .select_from(among)
            .where(to_tell)
            .group_by(c.id)
            .order_by(func.max(r.id).desc())
            .limit(names)
        )
        return Gathered(
            people=sums[0], replies=sums[1], stopped=sums[2] or 0,
            newest=[ConversationId(id) for id in newest],
        )  # fmt: skip

    async def told(
        self, telling: Telling, messages: Sequence[Told], *, up_to: ReplyId | None, due_at: datetime
    ) -> None:
        t = reply_tellings.c
        if messages:
            # Somebody may have been forgotten while their words were on the way into the chat.
            whose = {one.conversation_id for one in messages} - {None}
            gone = whose - await self._standing(whose)
            rows = [
                {
                    "chat_id": telling.chat_id, "message_id": one.message_id, "reply_id": one.reply_id,
                    "conversation_id": None if one.conversation_id in gone else one.conversation_id,
                    "forgotten_at": due_at if one.conversation_id in gone else None,
                }
                for one in messages
            ]  # fmt: skip
            await self._db.execute(self._insert(told_messages).on_conflict_do_nothing(), rows)
        mine, due = t.workspace_id == telling.workspace_id, literal(due_at, t.due_at.type)
        up = t.told if up_to is None else literal(up_to, t.told.type)
        # Telegram counts what goes into a chat, whichever workspace it is of.
        await self._db.execute(
            update(reply_tellings)
            .where(t.chat_id == telling.chat_id)
            .values(
                due_at=case((or_(mine, t.due_at < due), due), else_=t.due_at),
                told=case((and_(mine, t.told < up), up), else_=t.told),
            )
        )

    async def _standing(self, ids: Collection[ConversationId | None]) -> set[ConversationId | None]:
        """Those of them that are there, and stay until this unit ends."""
        if not ids:
            return set()
        c = conversations.c
        there = select(c.id).where(c.id.in_(ids)).with_for_update(read=True, key_share=True)
        return {ConversationId(id) for id in await self._db.scalars(there)}

    async def stands_for(self, chat_id: int, message_id: int) -> Told | None:
        t = told_messages.c
        found = await self._db.execute(
            select(t.conversation_id, t.reply_id, t.forgotten_at).where(
                t.chat_id == chat_id, t.message_id == message_id
            )
        )
        row = found.one_or_none()
        if row is None:
            return None
        whose = None if row.conversation_id is None else ConversationId(row.conversation_id)
        return Told(message_id, whose, ReplyId(row.reply_id), row.forgotten_at)

    async def keep_file(self, reply_id: ReplyId, file: Media | None) -> bool:
        kept = media_to_json(file) or {}
        named = await self._db.execute(update(replies).where(replies.c.id == reply_id).values(kept=kept))
        return named.rowcount == 1

    async def reply(self, id: ReplyId) -> Written:
        row = (await self._db.execute(select(replies).where(replies.c.id == id))).one_or_none()
        if row is None:
            raise NotFound(what="message")
        return _written(row)

    async def replies(self, conversation_id: ConversationId, *, limit: int) -> Sequence[Written]:
        rows = await self._db.execute(_last_of(conversation_id).limit(limit))
        return [_written(row) for row in rows]
