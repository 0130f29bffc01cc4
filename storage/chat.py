"""What the chat remembers, in tables."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, exists, func, or_, select, update

from domain.campaigns.model import ENDINGS
from domain.kernel.ids import CampaignId, WorkspaceId
from domain.kernel.work import Work
from domain.operators.chat import (
    Backlog,
    InboxUpdate,
    Json,
    Notice,
    Panel,
    ProgressMessage,
    Prompt,
    QueuedNotice,
)  # fmt: skip
from storage.base import SqlStore
from storage.tables import campaigns, chat_inbox, members, notices, panels, progress_messages, prompts


def _update(row: Any) -> InboxUpdate:
    return InboxUpdate(
        seq=row.seq, update_id=row.update_id, lane_key=row.lane_key, payload=row.payload,
        received_at=row.received_at,
    )  # fmt: skip


def _panel(row: Row[Any]) -> Panel:
    return Panel(
        chat_id=row.chat_id, telegram_id=row.telegram_id, screen=row.screen, args=row.args,
        message_id=row.message_id, stale_message_id=row.stale_message_id, dirty=row.dirty, rev=row.rev,
    )  # fmt: skip


def _progress(row: Row[Any]) -> ProgressMessage:
    return ProgressMessage(
        campaign_id=CampaignId(row.campaign_id), chat_id=row.chat_id, message_id=row.message_id,
        shown=row.shown, edited_at=row.edited_at, edits=row.edits,
    )  # fmt: skip


class SqlChat(SqlStore):
    """Implements `domain.operators.chat.ChatStore`."""

    async def add_updates(
        self, bot_id: int, updates: Sequence[tuple[int, int, Json]], *, at: datetime
    ) -> Sequence[InboxUpdate]:
        added = []
        for update_id, lane_key, payload in updates:
            row = {
                "bot_id": bot_id, "update_id": update_id, "lane_key": lane_key, "payload": dict(payload),
                "received_at": at,
            }  # fmt: skip
            statement = self._insert(chat_inbox).values(row).on_conflict_do_nothing()
            seq = await self._db.scalar(statement.returning(chat_inbox.c.seq))
            if seq is not None:
                added.append(
                    InboxUpdate(
                        seq=seq, update_id=update_id, lane_key=lane_key, payload=payload, received_at=at
                    )
                )
        return added

    async def waiting_updates(self, bot_id: int) -> Sequence[InboxUpdate]:
        c = chat_inbox.c
        rows = await self._db.execute(
            select(c.seq, c.update_id, c.lane_key, c.payload, c.received_at)
            .where(c.bot_id == bot_id, c.done_at.is_(None))
            .order_by(c.seq)
        )
        return [_update(row) for row in rows]

    async def mark_done(self, seq: int, *, at: datetime) -> bool:
        return await self._finish(seq, done_at=at)

    async def set_aside(self, seq: int, *, error: str, at: datetime) -> None:
        await self._finish(seq, done_at=at, error=error[:2000])

    async def forget_words(self, seq: int) -> None:
        await self._db.execute(update(chat_inbox).where(chat_inbox.c.seq == seq).values(payload={}))

    async def _finish(self, seq: int, **values: Any) -> bool:
        c = chat_inbox.c
        result = await self._db.execute(
            update(chat_inbox).where(c.seq == seq, c.done_at.is_(None)).values(values)
        )
        return result.rowcount == 1

    async def backlog(self) -> Backlog:
        """Of all bots that have used this database."""
        i, n = chat_inbox.c, notices.c
        updates = await self._db.execute(
            select(func.count(), func.min(i.received_at)).where(i.done_at.is_(None))
        )
        queued = await self._db.execute(
            select(func.count(), func.min(n.queued_at)).where(n.state == "queued")
        )
        (waiting, oldest), (told, oldest_notice) = updates.one(), queued.one()
        return Backlog(updates=waiting, oldest_update=oldest, notices=told, oldest_notice=oldest_notice)

    async def forget_updates(self, *, before: datetime) -> int:
        result = await self._db.execute(delete(chat_inbox).where(chat_inbox.c.done_at < before))
        return result.rowcount

    async def panel(self, chat_id: int) -> Panel | None:
        row = (await self._db.execute(select(panels).where(panels.c.chat_id == chat_id))).one_or_none()
        return None if row is None else _panel(row)

    async def save_panel(self, panel: Panel) -> None:
        row = {
            "chat_id": panel.chat_id, "telegram_id": panel.telegram_id, "screen": panel.screen,
            "args": dict(panel.args), "message_id": panel.message_id,
            "stale_message_id": panel.stale_message_id, "dirty": panel.dirty, "rev": panel.rev,
        }  # fmt: skip
        await self._db.execute(
            self._insert(panels).values(row).on_conflict_do_update(index_elements=["chat_id"], set_=row)
        )

    async def dirty_panels(self) -> Sequence[Panel]:
        rows = await self._db.execute(select(panels).where(panels.c.dirty).order_by(panels.c.chat_id))
        return [_panel(row) for row in rows]

    async def panels_showing(self, screen: str) -> Sequence[Panel]:
        rows = await self._db.execute(
            select(panels).where(panels.c.screen == screen).order_by(panels.c.chat_id)
        )
        return [_panel(row) for row in rows]

    async def panels_in(self, workspace_id: WorkspaceId) -> Sequence[Panel]:
        # A private chat has its person's number.
        there = select(members.c.telegram_id).where(members.c.workspace_id == workspace_id)
        rows = await self._db.execute(
            select(panels).where(panels.c.chat_id.in_(there)).order_by(panels.c.chat_id)
        )
        return [_panel(row) for row in rows]

    async def prompt(self, chat_id: int) -> Prompt | None:
        row = (await self._db.execute(select(prompts).where(prompts.c.chat_id == chat_id))).one_or_none()
        return None if row is None else Prompt(chat_id=row.chat_id, kind=row.kind, args=row.args)

    async def save_prompt(self, prompt: Prompt) -> None:
        row = {"chat_id": prompt.chat_id, "kind": prompt.kind, "args": dict(prompt.args)}
        await self._db.execute(
            self._insert(prompts).values(row).on_conflict_do_update(index_elements=["chat_id"], set_=row)
        )

    async def clear_prompt(self, chat_id: int) -> None:
        await self._db.execute(delete(prompts).where(prompts.c.chat_id == chat_id))

    async def queue_notice(self, notice: Notice, *, at: datetime) -> bool:
        """The same key may go to several chats, to each of them once."""
        self._wake(Work.NOTICES)
        row = {
            "chat_id": notice.chat_id, "key": notice.key, "kind": notice.kind,
            "payload": dict(notice.payload), "state": "queued", "queued_at": at, "due_at": at, "tries": 0,
        }  # fmt: skip
        statement = self._insert(notices).values(row).on_conflict_do_nothing().returning(notices.c.id)
        return await self._db.scalar(statement) is not None

    async def sent_notice(self, chat_id: int, message_id: int) -> Notice | None:
        c = notices.c
        found = select(c.key, c.kind, c.payload).where(c.chat_id == chat_id, c.message_id == message_id)
        row = (await self._db.execute(found.limit(1))).one_or_none()
        if row is None:
            return None
        return Notice(chat_id=chat_id, key=row.key, kind=row.kind, payload=row.payload)

    async def due_notices(self, *, now: datetime, limit: int) -> Sequence[QueuedNotice]:
        c = notices.c
        rows = await self._db.execute(
            select(c.id, c.chat_id, c.key, c.kind, c.payload, c.tries)
            .where(c.state == "queued", c.due_at <= now)
            .order_by(c.due_at, c.id)
            .limit(limit)
        )
        return [
            QueuedNotice(
                id=row.id,
                notice=Notice(chat_id=row.chat_id, key=row.key, kind=row.kind, payload=row.payload),
                tries=row.tries,
            )
            for row in rows
        ]

    async def notice_sent(self, id: int, *, message_id: int | None, at: datetime) -> None:
        await self._db.execute(
            update(notices)
            .where(notices.c.id == id, notices.c.state == "queued")
            .values(state="sent", sent_at=at, message_id=message_id, tries=notices.c.tries + 1)
        )

    async def notice_failed(self, id: int, *, retry_at: datetime | None, error: str) -> None:
        later = {"state": "given_up"} if retry_at is None else {"due_at": retry_at}
        await self._db.execute(
            update(notices)
            .where(notices.c.id == id, notices.c.state == "queued")
            .values(tries=notices.c.tries + 1, error=error[:2000], **later)
        )

    async def notice_put_off(self, id: int, *, until: datetime) -> None:
        await self._db.execute(
            update(notices).where(notices.c.id == id, notices.c.state == "queued").values(due_at=until)
        )

    async def progress_messages(self, campaign_id: CampaignId | None = None) -> Sequence[ProgressMessage]:
        c = progress_messages.c
        statement = select(progress_messages).order_by(c.campaign_id, c.chat_id)
        if campaign_id is not None:
            statement = statement.where(c.campaign_id == campaign_id)
        else:
            # Whoever has left the workspace is shown nothing of it any more.
            gone = exists().where(
                members.c.workspace_id == campaigns.c.workspace_id,
                members.c.telegram_id == c.chat_id,
                members.c.left_at.is_not(None),
            )
            statement = statement.join(campaigns, campaigns.c.id == c.campaign_id).where(
                or_(~c.closed, campaigns.c.state.not_in(sorted(ENDINGS))), ~gone
            )
        return [_progress(row) for row in await self._db.execute(statement)]

    async def save_progress_message(self, message: ProgressMessage) -> None:
        seen = {
            "message_id": message.message_id, "shown": message.shown, "edited_at": message.edited_at,
            "edits": message.edits,
        }  # fmt: skip
        row = {"campaign_id": message.campaign_id, "chat_id": message.chat_id, "closed": False, **seen}
        await self._db.execute(
            self._insert(progress_messages)
            .values(row)
            .on_conflict_do_update(index_elements=["campaign_id", "chat_id"], set_=seen)
        )

    async def close_progress_message(self, campaign_id: CampaignId, chat_id: int) -> None:
        c = progress_messages.c
        await self._db.execute(
            update(progress_messages)
            .where(c.campaign_id == campaign_id, c.chat_id == chat_id)
            .values(closed=True)
        )
