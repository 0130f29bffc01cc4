"""A copy each night; after a night with the machine off, in the morning; and word when there is none."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from telegram import Bot

from bot.backups import Nightly, last_due
from domain.operators.copies import CopyTrouble, Made, NotMade
from storage.database import Database
from tests.fakes.clock import FakeClock
from tests.fakes.stores import open_store

ISTANBUL = ZoneInfo("Europe/Istanbul")
NOON = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
FULL = NotMade(why=CopyTrouble.NO_ROOM, folder=Path("/backups"), detail="5 MB are free, 70 MB are needed")


class Keeper:
    """Copies are only noted."""

    def __init__(self, newest: datetime | None = None, trouble: NotMade | None = None) -> None:
        self.at, self.trouble, self.asked = newest, trouble, 0

    async def newest(self) -> datetime | None:
        return self.at

    async def make(self) -> Made | NotMade:
        self.asked += 1
        if self.trouble is not None:
            return self.trouble
        self.at = NOON
        return Made(path=Path("/backups/one.db"), at=NOON, size=1, seconds=0.1)


class Ear(Bot):
    """Hears what is said past the store."""

    def __init__(self) -> None:
        super().__init__("1:token")
        self._heard: list[int] = []

    @property
    def heard(self) -> list[int]:
        return self._heard

    async def send_message(self, chat_id: int, *_: object, **__: object) -> None:  # type: ignore[override]
        self._heard.append(chat_id)


def nightly(store: Database, keeper: Keeper, *, hour: int | None = 3, bot: Bot | None = None) -> Nightly:
    return Nightly(
        keeper=keeper, hour=hour, zone=ISTANBUL, store=store, bot=bot or Ear(), clock=FakeClock(NOON),
        admin_ids=[1001],
    )  # fmt: skip


async def told(store: Database) -> list[tuple[int, str]]:
    async with store.read() as unit:
        due = await unit.chat.due_notices(now=NOON + timedelta(days=9), limit=99)
    return [(one.notice.chat_id, str(one.notice.payload["text"])) for one in due]


@pytest.mark.parametrize(
    ("now", "due"),
    [
        (datetime(2026, 11, 27, 0, 1, tzinfo=UTC), datetime(2026, 11, 27, 0, 0, tzinfo=UTC)),
        (datetime(2026, 11, 26, 23, 59, tzinfo=UTC), datetime(2026, 11, 26, 0, 0, tzinfo=UTC)),
        (NOON, datetime(2026, 11, 27, 0, 0, tzinfo=UTC)),
    ],
)
def test_the_night_is_that_of_the_zone(now: datetime, due: datetime) -> None:
    assert last_due(now, 3, ISTANBUL) == due


async def test_one_a_night_and_one_in_the_morning_where_the_night_had_none(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        keeper = Keeper(newest=NOON - timedelta(days=1))
        by_night = nightly(store, keeper)
        await by_night.tick(NOON)
        await by_night.tick(NOON + timedelta(hours=1))
        assert keeper.asked == 1
        await by_night.tick(NOON + timedelta(hours=15))  # midnight UTC is three o'clock there
        assert keeper.asked == 2


async def test_none_is_made_where_none_is_wanted(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        keeper = Keeper()
        await nightly(store, keeper, hour=None).tick(NOON)
        assert keeper.asked == 0


async def test_admins_are_told_once_a_night_what_is_wrong_and_it_is_tried_again_each_hour(
    tmp_path: Path,
) -> None:
    async with open_store(tmp_path) as store:
        async with store.write() as unit:
            await unit.operators.add_admin(1002, at=NOON)
            await unit.commit()
        keeper = Keeper(trouble=FULL)
        by_night = nightly(store, keeper)
        for minutes in (0, 5, 60, 65, 120):
            await by_night.tick(NOON + timedelta(minutes=minutes))
        assert keeper.asked == 3
        heard = await told(store)
        assert [chat for chat, _ in heard] == [1001, 1002]
        assert "not enough room in /backups (5 MB are free" in heard[0][1] and "BACKUP_FOLDER" in heard[0][1]
        await by_night.tick(NOON + timedelta(days=1))
        assert len(await told(store)) == 4


async def test_where_the_store_is_full_too_they_are_told_past_it(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        async with store.connection() as connection:
            await connection.exec_driver_sql("PRAGMA query_only = ON")
            await connection.rollback()
        ear = Ear()
        by_night = nightly(store, Keeper(trouble=FULL), bot=ear)
        await by_night.tick(NOON)
        await by_night.tick(NOON + timedelta(hours=2))
        assert ear.heard == [1001]
