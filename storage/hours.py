"""Active hours of accounts, in a table."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import orjson
from sqlalchemy import Row, delete, select, update

from domain.hours.codec import from_plain, to_plain
from domain.hours.model import Hours
from domain.hours.ports import KeptHours
from domain.kernel.errors import Conflict
from domain.kernel.ids import AccountId
from storage.base import SqlStore, once_a_snapshot
from storage.tables import account_hours


class SqlHours(SqlStore):
    """Implements `domain.hours.ports.HoursStore`."""

    @once_a_snapshot
    async def of(self, account_id: AccountId, *, held: bool = False) -> Hours | None:
        row = await self._row(account_id, held=held)
        return None if row is None else _hours(row)

    async def kept(self, account_id: AccountId) -> KeptHours | None:
        row = await self._row(account_id)
        return None if row is None else KeptHours(hours=_hours(row), changed_at=row.changed_at)

    async def _row(self, account_id: AccountId, *, held: bool = False) -> Row[Any] | None:
        asked = select(account_hours).where(account_hours.c.account_id == account_id)
        return (await self._db.execute(asked.with_for_update(read=True) if held else asked)).one_or_none()

    async def of_many(self, account_ids: Sequence[AccountId]) -> Mapping[AccountId, Hours]:
        c = account_hours.c
        rows = await self._db.execute(select(account_hours).where(self._among(c.account_id, account_ids)))
        return {AccountId(row.account_id): _hours(row) for row in rows}

    async def save(
        self, account_id: AccountId, hours: Hours | None, *, expected: datetime | None, at: datetime
    ) -> None:
        c = account_hours.c
        if expected is not None:
            # It names the state, so no two states may bear the same one.
            at = max(at, expected + timedelta(microseconds=1))
        kept = (c.account_id == account_id, c.changed_at == expected)
        statement: Any
        if hours is None:
            if expected is None:
                if await self.kept(account_id) is not None:
                    raise Conflict(what="hours")
                return
            statement = delete(account_hours).where(*kept)
        elif expected is None:
            new = self._insert(account_hours).values(account_id=account_id, changed_at=at, **to_plain(hours))
            statement = new.on_conflict_do_nothing()
        else:
            statement = update(account_hours).where(*kept).values(changed_at=at, **to_plain(hours))
        if (await self._db.execute(statement.returning(c.account_id))).one_or_none() is None:
            raise Conflict(what="hours")


def _hours(row: Row[Any]) -> Hours:
    return _made(orjson.dumps({"zone": row.zone, "week": row.week, "holidays": row.holidays}))


@lru_cache(maxsize=256)
def _made(values: bytes) -> Hours:
    """Made once: a sender asks at every claim."""
    return from_plain(orjson.loads(values))
