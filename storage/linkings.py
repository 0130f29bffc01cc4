"""Numbers being linked, in tables."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, delete, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from domain.accounts.linking import OFFERED_FOR, Leftover, Linking, LinkingPhase, LinkingState, LinkMode
from domain.kernel.errors import Conflict, NotFound
from domain.kernel.ids import AccountId, LinkingId, WorkspaceId
from domain.kernel.work import Work
from storage.base import SqlStore
from storage.tables import linkings, web_leftovers


def _linking(row: Row[Any]) -> Linking:
    return Linking(
        id=LinkingId(row.id), workspace_id=WorkspaceId(row.workspace_id),
        account_id=None if row.account_id is None else AccountId(row.account_id), remote=row.remote,
        mode=row.mode, number=row.number, chat_id=row.chat_id, telegram_id=row.telegram_id, state=row.state,
        phase=row.phase, reason=row.reason, other=row.other, message_id=row.message_id,
        shown=row.shown, started_at=row.started_at,
        ends_at=row.ends_at, version=row.version,
    )  # fmt: skip


class SqlLinkings(SqlStore):
    """Implements `domain.accounts.linking.LinkingStore`."""

    async def create(
        self,
        *,
        workspace_id: WorkspaceId,
        account_id: AccountId | None,
        mode: LinkMode,
        number: str | None,
        chat_id: int,
        telegram_id: int,
        at: datetime,
    ) -> LinkingId:
        row = {
            "workspace_id": workspace_id, "account_id": account_id, "remote": "", "mode": mode,
            "number": number, "chat_id": chat_id, "telegram_id": telegram_id, "state": LinkingState.OPEN,
            "phase": LinkingPhase.STARTING, "shown": "", "started_at": at, "ends_at": at + OFFERED_FOR,
            "version": 1,
        }  # fmt: skip
        self._wake(Work.LINKINGS)
        result = await self._db.execute(insert(linkings).values(row).returning(linkings.c.id))
        return LinkingId(result.scalar_one())

    async def linking(self, workspace_id: WorkspaceId, id: LinkingId) -> Linking:
        c = linkings.c
        return await self._one((c.id == id) & (c.workspace_id == workspace_id))

    async def any(self, id: LinkingId) -> Linking:
        return await self._one(linkings.c.id == id)

    async def _one(self, condition: ColumnElement[bool]) -> Linking:
        found = await self._some(condition)
        if not found:
            raise NotFound(what="linking")
        return found[0]

    async def _some(self, condition: ColumnElement[bool]) -> Sequence[Linking]:
        rows = await self._db.execute(select(linkings).where(condition).order_by(linkings.c.id))
        return [_linking(row) for row in rows]

    async def update(self, linking: Linking, *, expected: int) -> Linking:
        changed = {
            "remote": linking.remote, "mode": linking.mode, "number": linking.number, "state": linking.state,
            "phase": linking.phase, "reason": linking.reason, "other": linking.other,
            "ends_at": linking.ends_at,
        }  # fmt: skip
        try:
            self._wake(Work.LINKINGS)
            row = await self._rewrite(linkings, linking.id, changed, expected=expected, what="linking")
        except IntegrityError:
            raise Conflict(what="linking") from None
        return _linking(row)

    async def set_message(self, id: LinkingId, message_id: int | None, *, shown: str) -> None:
        seen = {"message_id": message_id, "shown": shown}
        await self._db.execute(update(linkings).where(linkings.c.id == id).values(seen))

    async def unfinished(self) -> Sequence[Linking]:
        c = linkings.c
        # As the index has it: written otherwise, PostgreSQL would not find it.
        return await self._some(or_(c.state == LinkingState.OPEN, c.message_id.is_not(None)))

    async def open_in(self, chat_id: int) -> Sequence[Linking]:
        c = linkings.c
        return await self._some((c.chat_id == chat_id) & (c.state == LinkingState.OPEN))

    async def open_of(self, workspace_id: WorkspaceId) -> Sequence[Linking]:
        c = linkings.c
        return await self._some((c.workspace_id == workspace_id) & (c.state == LinkingState.OPEN))

    # -- what is left to be done at the workers ---------------------------------------------------------

    async def leave(
        self, remote: str, what: Leftover, *, at: datetime, news_of: AccountId | None = None
    ) -> None:
        row = {"remote": remote, "what": what, "queued_at": at, "due_at": at, "account_id": news_of}
        statement = self._insert(web_leftovers).values(row)
        if what is Leftover.DELETE:
            statement = statement.on_conflict_do_update(
                index_elements=["remote"],
                set_={"what": what, "queued_at": at, "due_at": at, "account_id": news_of},
            )
        else:
            statement = statement.on_conflict_do_nothing()
        self._wake(Work.LEFTOVERS)
        await self._db.execute(statement)

    async def wanted_again(self, remote: str) -> None:
        await self._db.execute(delete(web_leftovers).where(web_leftovers.c.remote == remote))

    async def leftovers(self, *, now: datetime) -> Sequence[tuple[str, Leftover]]:
        c = web_leftovers.c
        rows = await self._db.execute(
            select(c.remote, c.what).where(c.due_at <= now).order_by(c.queued_at, c.remote)
        )
        return [(row.remote, row.what) for row in rows]

    async def leftover(self, remote: str) -> Leftover | None:
        c = web_leftovers.c
        return await self._db.scalar(select(c.what).where(c.remote == remote))

    async def news_left(self, remote: str) -> tuple[AccountId, datetime] | None:
        c = web_leftovers.c
        found = await self._db.execute(
            select(c.account_id, c.queued_at).where(c.remote == remote, c.account_id.is_not(None))
        )
        row = found.one_or_none()
        return None if row is None else (AccountId(row.account_id), row.queued_at)

    async def news_taken_in(self, remote: str) -> None:
        c = web_leftovers.c
        await self._db.execute(update(web_leftovers).where(c.remote == remote).values(account_id=None))

    async def has_news_left(self, account_id: AccountId, *, since: datetime) -> bool:
        c = web_leftovers.c
        left = select(c.remote).where(c.account_id == account_id, c.queued_at > since).limit(1)
        return await self._db.scalar(left) is not None

    async def leftover_later(self, remote: str, *, due_at: datetime) -> None:
        c = web_leftovers.c
        await self._db.execute(update(web_leftovers).where(c.remote == remote).values(due_at=due_at))
