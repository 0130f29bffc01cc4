"""Promises of HoursStore."""

from datetime import timedelta

import pytest

from domain.hours.model import Holiday, Hours, Span
from domain.hours.presets import PRESETS, read_spans
from domain.kernel.errors import Conflict
from storage.database import Database
from tests.contract.conftest import Bakery
from tests.fakes.stores import NOW, an_account

NIGHT = Hours(
    week=(*PRESETS["office"][:6], (Span(opens=1320, closes=1560),)), zones=("Europe/Istanbul",),
    holidays=(
        Holiday(month=12, day=25), Holiday(month=2, day=29, year=2028, spans=read_spans("9-13, 14:30-18")),
    ),
)  # fmt: skip
SHOP = Hours(week=PRESETS["shop"], zones=("Asia/Kathmandu",))


async def test_hours_are_kept_as_they_were_given(
    store: Database, other_process: Database, bakery: Bakery
) -> None:
    async with store.write() as unit:
        assert await unit.hours.of(bakery.account) is None
        second = await an_account(unit, bakery.space, number="+447700900002", remote="sim-2")
        await unit.hours.save(bakery.account, NIGHT, expected=None, at=NOW)
        await unit.commit()
    async with other_process.read() as unit:
        assert await unit.hours.of(bakery.account) == NIGHT
        assert await unit.hours.of(second) is None
        assert await unit.hours.of_many([second, bakery.account]) == {bakery.account: NIGHT}


async def test_of_two_who_change_the_same_hours_the_second_is_told(store: Database, bakery: Bakery) -> None:
    async with store.write() as unit:
        change = unit.hours.save
        await change(bakery.account, NIGHT, expected=None, at=NOW)
        for late in (SHOP, None):
            with pytest.raises(Conflict):
                await change(bakery.account, late, expected=None, at=NOW)
        kept = await unit.hours.kept(bakery.account)
        assert kept is not None
        await change(bakery.account, SHOP, expected=kept.changed_at, at=NOW)
        for late in (NIGHT, None):
            with pytest.raises(Conflict):
                await change(bakery.account, late, expected=kept.changed_at, at=NOW + timedelta(days=1))
        kept = await unit.hours.kept(bakery.account)
        assert kept is not None
        assert kept.hours == SHOP
        await change(bakery.account, None, expected=kept.changed_at, at=NOW)
        await change(bakery.account, None, expected=None, at=NOW)
        assert await unit.hours.of(bakery.account) is None
