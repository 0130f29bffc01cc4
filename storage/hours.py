"""Active hours of accounts, in a table."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import orjson
from sqlalchemy import Row, delete, select, update

from domain.hours.model import Holiday, Hours, Span, Spans
from domain.hours.ports import KeptHours
from domain.kernel.errors import Conflict
from domain.kernel.ids import AccountId
from storage.base import SqlStore
from storage.tables import account_hours


class SqlHours(SqlStore):
    """Implements `domain.hours.ports.HoursStore`."""

    async def of(self, account_id: AccountId) -> Hours | None:
        kept = await self.kept(account_id)
        return None if kept is None else kept.hours

    async def kept(self, account_id: AccountId) -> KeptHours | None:
        found = await self._db.execute(select(account_hours).where(account_hours.c.account_id == account_id))
        row = found.one_or_none()
        return None if row is None else KeptHours(hours=_hours(row), changed_at=row.changed_at)

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
            new = self._insert(account_hours).values(account_id=account_id, **_columns(hours, at))
            statement = new.on_conflict_do_nothing()
        else:
            statement = update(account_hours).where(*kept).values(_columns(hours, at))
        if (await self._db.execute(statement)).rowcount == 0:
            raise Conflict(what="hours")


def _columns(hours: Hours, at: datetime) -> dict[str, Any]:
    return {
        "zone": hours.zones[0], "week": [_pairs(spans) for spans in hours.week],
        "holidays": [
            {"month": one.month, "day": one.day, "year": one.year, "spans": _pairs(one.spans)}
            for one in hours.holidays
        ],
        "changed_at": at,
    }  # fmt: skip


def _pairs(spans: Spans) -> list[list[int]]:
    return [[span.opens, span.closes] for span in spans]


def _hours(row: Row[Any]) -> Hours:
    return _made(row.zone, orjson.dumps(row.week), orjson.dumps(row.holidays))


@lru_cache(maxsize=256)
def _made(zone: str, week: bytes, holidays: bytes) -> Hours:
    """Made once: a sender asks at every claim, and the same hours find answers that are kept by them."""
    days = [
        Holiday(month=one["month"], day=one["day"], year=one["year"], spans=_spans(one["spans"]))
        for one in orjson.loads(holidays)
    ]
    return Hours(week=tuple(_spans(day) for day in orjson.loads(week)), zones=(zone,), holidays=tuple(days))


def _spans(pairs: Sequence[Sequence[int]]) -> Spans:
    return tuple(Span(opens=opens, closes=closes) for opens, closes in pairs)
