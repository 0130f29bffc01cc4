"""WhatsApp accounts, in tables."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, case, false, func, insert, select, text, true, update
from sqlalchemy.exc import IntegrityError

from domain.accounts.model import Account, AccountState, Channel
from domain.kernel.errors import Conflict, NotFound
from domain.kernel.ids import AccountId, WorkspaceId
from storage.base import SqlStore, once_a_snapshot
from storage.tables import account_usage, accounts

#: Keeps our advisory locks on PostgreSQL apart from anybody else's.
USAGE_LOCK = 0x6D61_7373
_GO_ALONE = text(
    "SELECT pg_advisory_xact_lock(:what, :id) WHERE current_setting('transaction_read_only') = 'off'"
)


def account_of(row: Row[Any]) -> Account:
    return Account(
        id=AccountId(row.id), workspace_id=WorkspaceId(row.workspace_id), channel=row.channel,
        number=row.number, name=row.name, remote=row.remote, state=row.state, state_reason=row.state_reason,
        state_at=row.state_at, is_default=row.is_default, created_at=row.created_at,
        next_send_at=row.next_send_at, news_cursor=row.news_cursor, linked_cursor=row.linked_cursor or 0,
    )  # fmt: skip


class SqlAccounts(SqlStore):
    """Implements `domain.accounts.ports.AccountStore`."""

    async def create(
        self,
        *,
        workspace_id: WorkspaceId,
        channel: Channel,
        number: str,
        name: str,
        remote: str,
        state: AccountState,
        at: datetime,
        linked_cursor: int = 0,
    ) -> AccountId:
        """The first account of a workspace becomes its default.

        A number that was removed before comes back as the same account, so that what it sent today still
        counts. Raises Conflict when another account holds that remote id.
        """
        c = accounts.c
        present = {
            "name": name, "remote": remote, "state": state, "state_reason": None, "state_at": at,
            "linked_cursor": linked_cursor,
        }  # fmt: skip
        others = await self._db.scalar(
            select(func.count()).select_from(accounts).where(c.workspace_id == workspace_id, ~c.is_removed)
        )
        try:
            revived = await self._db.scalar(
                update(accounts)
                .where(c.workspace_id == workspace_id, c.channel == channel, c.number == number, c.is_removed)
                .values(is_removed=False, is_default=not others, news_cursor=0, **present)
                .returning(c.id)
            )
            if revived is not None:
                return AccountId(revived)
            row = {
                "workspace_id": workspace_id, "channel": channel, "number": number, "news_cursor": 0,
                "is_default": not others, "is_removed": False, "created_at": at, **present,
            }  # fmt: skip
            result = await self._db.execute(insert(accounts).values(row).returning(c.id))
        except IntegrityError:
            raise Conflict(what="account") from None
        return AccountId(result.scalar_one())

    async def account(self, id: AccountId) -> Account:
        found = await self.known(id)
        if found is None:
            raise NotFound(what="account")
        return found

    @once_a_snapshot
    async def known(self, id: AccountId) -> Account | None:
        found = await self._some(accounts.c.id == id)
        return found[0] if found else None

    async def ever(self, id: AccountId) -> Account | None:
        row = (await self._db.execute(select(accounts).where(accounts.c.id == id))).one_or_none()
        return None if row is None else account_of(row)

    async def of_workspace(self, workspace_id: WorkspaceId) -> Sequence[Account]:
        return await self._some(accounts.c.workspace_id == workspace_id)

    async def all(self) -> Sequence[Account]:
        return await self._some(true())

    async def by_remote(self, channel: Channel, remote: str) -> Account | None:
        found = await self._some((accounts.c.channel == channel) & (accounts.c.remote == remote))
        return found[0] if found else None

    async def _some(self, condition: Any) -> Sequence[Account]:
        c = accounts.c
        rows = await self._db.execute(select(accounts).where(condition, ~c.is_removed).order_by(c.id))
        return [account_of(row) for row in rows]

    async def set_state(
        self, id: AccountId, state: AccountState, *, reason: str | None, at: datetime
    ) -> None:
        await self._change(id, state=state, state_reason=reason, state_at=at)

    async def relink(
        self, id: AccountId, *, remote: str, name: str, at: datetime, linked_cursor: int = 0
    ) -> None:
        c = accounts.c
        present = {
            "name": name, "remote": remote, "state": AccountState.CONNECTED, "state_reason": None,
            "state_at": at, "linked_cursor": linked_cursor,
        }  # fmt: skip
        cursor = case((c.remote == remote, c.news_cursor), else_=0)
        try:
            await self._change(id, news_cursor=cursor, **present)
        except IntegrityError:
            raise Conflict(what="account") from None

    async def set_default(self, id: AccountId) -> None:
        c = accounts.c
        chosen = await self.account(id)
        await self._db.execute(
            update(accounts).where(c.workspace_id == chosen.workspace_id).values(is_default=c.id == id)
        )

    async def remove(self, id: AccountId) -> None:
        """It is listed no more. Was it the default, the oldest one left becomes it."""
        gone = await self.account(id)
        await self._change(id, is_removed=True, is_default=false())
        left = await self.of_workspace(gone.workspace_id)
        if gone.is_default and left:
            await self._change(left[0].id, is_default=True)

    async def set_next_send_at(self, id: AccountId, at: datetime) -> None:
        await self._change(id, next_send_at=at)

    async def set_news_cursor(self, id: AccountId, cursor: int) -> None:
        await self._change(id, news_cursor=cursor)

    async def _change(self, id: AccountId, **values: Any) -> None:
        result = await self._db.execute(update(accounts).where(accounts.c.id == id).values(values))
        if result.rowcount == 0:
            raise NotFound(what="account")

    async def count_usage(self, id: AccountId, number: int, *, at: datetime) -> None:
        row = {"account_id": id, "minute": at.replace(second=0, microsecond=0), "claims": number}
        statement = self._insert(account_usage).values(row)
        await self._db.execute(
            statement.on_conflict_do_update(
                index_elements=["account_id", "minute"],
                set_={"claims": account_usage.c.claims + statement.excluded.claims},
            )
        )

    async def usage(self, id: AccountId, *, since: datetime) -> Sequence[tuple[datetime, int]]:
        """Claims by minute. In a write unit on PostgreSQL whoever asks goes alone for this account until the
        unit ends: two processes cannot both see the last free place under a cap."""
        if not self._on_sqlite:
            await self._db.execute(_GO_ALONE, {"what": USAGE_LOCK, "id": id % 2**31})
        c = account_usage.c
        rows = await self._db.execute(
            select(c.minute, c.claims)
            .where(c.account_id == id, c.minute >= since.replace(second=0, microsecond=0))
            .order_by(c.minute)
        )
        return [(row.minute, row.claims) for row in rows]
