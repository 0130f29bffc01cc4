"""The activity log, in its table. Lines are added and read; nothing here changes or removes one (see
`storage.forgetting`)."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, func, insert, select

from domain.kernel.ids import ContactId, ConversationId, WorkspaceId
from domain.operators.activity import Activity, Topic
from storage.base import SqlStore
from storage.paging import last_page
from storage.tables import activity, workspaces

PAGE: Final = 1000


def _line(row: Row[Any]) -> Activity:
    return Activity(
        workspace_id=None if row.workspace_id is None else WorkspaceId(row.workspace_id), at=row.at,
        telegram_id=row.telegram_id, who=row.who, topic=row.topic, what=row.what, screen=row.screen,
        about=row.about, before=row.before, after=row.after,
        contact_id=None if row.contact_id is None else ContactId(row.contact_id),
        conversation_id=None if row.conversation_id is None else ConversationId(row.conversation_id),
    )  # fmt: skip


def _of(workspace_id: WorkspaceId | None) -> ColumnElement[bool]:
    column = activity.c.workspace_id
    return column.is_(None) if workspace_id is None else column == workspace_id


class SqlActivity(SqlStore):
    """Implements `domain.operators.activity.ActivityStore`."""

    async def add(self, line: Activity) -> None:
        row = {
            "workspace_id": line.workspace_id, "at": line.at,
            "telegram_id": line.telegram_id, "who": line.who, "topic": line.topic,
            "what": line.what, "screen": line.screen, "about": line.about,
            "before": dict(line.before), "after": dict(line.after),
            "contact_id": line.contact_id, "conversation_id": line.conversation_id,
        }  # fmt: skip
        await self._db.execute(insert(activity).values(row))

    async def list(
        self,
        workspace_id: WorkspaceId | None,
        *,
        telegram_id: int | None = None,
        topic: Topic | None = None,
        offset: int = 0,
        limit: int = 8,
    ) -> tuple[Sequence[Activity], int]:
        wanted = [_of(workspace_id)]
        if telegram_id is not None:
            wanted.append(activity.c.telegram_id == telegram_id)
        if topic is not None:
            wanted.append(activity.c.topic == topic)
        id = activity.c.id
        total = await self._db.scalar(select(func.count()).select_from(activity).where(*wanted))
        start = last_page(offset, total or 0, limit)
        ids = select(id).where(*wanted).order_by(id.desc()).offset(start).limit(limit)
        page = select(activity).where(id.in_(ids)).order_by(id.desc())
        return [_line(row) for row in await self._db.execute(page)], total or 0

    async def people(self, workspace_id: WorkspaceId | None) -> Sequence[tuple[int, str]]:
        """Each by the name they had last. From one to the next through the index, however much each did."""
        ours, who = _of(workspace_id), activity.c.telegram_id
        each = select(func.min(who).label("id")).where(ours).cte("each", recursive=True)
        following = select(func.min(who)).where(ours, who > each.c.id).scalar_subquery()
        each = each.union_all(select(following).where(each.c.id.is_not(None)))
        newest = select(func.max(activity.c.id)).where(ours, who == each.c.id).correlate(each)
        last = select(newest.scalar_subquery()).select_from(each)
        names = select(activity.c.telegram_id, activity.c.who).where(activity.c.id.in_(last))
        rows = await self._db.execute(names.order_by(activity.c.who, activity.c.telegram_id))
        return [(row.telegram_id, row.who) for row in rows]

    async def latest(self, asked: Sequence[WorkspaceId]) -> Mapping[WorkspaceId, datetime]:
        """One look at the end of each log, however long it is."""
        newest = (
            select(activity.c.at)
            .where(activity.c.workspace_id == workspaces.c.id)
            .order_by(activity.c.id.desc())
            .limit(1)
            .scalar_subquery()
        )
        rows = await self._db.execute(
            select(workspaces.c.id, newest.label("at")).where(self._among(workspaces.c.id, asked))
        )
        return {WorkspaceId(row.id): row.at for row in rows if row.at is not None}

    async def stream(self, workspace_id: WorkspaceId | None) -> AsyncIterator[Activity]:
        statement = select(activity).where(_of(workspace_id)).order_by(activity.c.id)
        async with self._db.stream(statement, execution_options={"yield_per": PAGE}) as rows:
            async for page in rows.partitions():
                for row in page:
                    yield _line(row)
