"""Promises of HoursStore."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from domain.delivery.ports import Rejected
from domain.delivery.recipients import LEASE, NEVER_OPEN, RETRY_AFTER, RecipientState, learn
from domain.delivery.store import Opens
from domain.hours.model import Holiday, Hours, Span
from domain.hours.presets import PRESETS, read_spans
from domain.kernel.errors import Conflict
from domain.kernel.ids import ListId
from storage.database import Database
from tests.contract.conftest import Bakery
from tests.fakes.stores import NOW, a_running_campaign, an_account, number_of

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


async def test_who_is_shut_by_their_own_clock_waits_and_is_asked_about_anew_when_hours_change(
    store: Database, bakery: Bakery, ten_who_agreed: ListId
) -> None:
    """Those whose hours never open are skipped; a retry that was put off waits half a day at most."""
    async with store.write() as unit:
        id = await a_running_campaign(unit, bakery.space, bakery.ayse, bakery.account, ten_who_agreed)
        campaign = await unit.campaigns.any(id)
        await unit.campaigns.save(replace(campaign, by_their_clock=True), expected=campaign.version)
        later = NOW + timedelta(days=3)

        async def claims(opens: Opens, limit: int = 10) -> tuple[list[str], int]:
            claims, skipped = await unit.delivery.claim(
                id, bakery.account, desk="d", owner="o", now=NOW, lease_until=NOW + LEASE, limit=limit,
                opens=opens,
            )  # fmt: skip
            learned = [learn(one, Rejected("busy", can_retry=True), now=NOW) for one in claims]
            await unit.delivery.record(learned, now=NOW)
            return [claim.number for claim in claims], skipped

        opens: dict[str, datetime | None] = {number_of(0): later, number_of(1): None}
        assert await claims(lambda number: opens.get(number, NOW), limit=2) == (
            [number_of(2), number_of(3)], 1
        )  # fmt: skip
        [never] = await unit.delivery.recipients(id, states=[RecipientState.SKIPPED])
        assert (never.number, never.reason) == (number_of(1), NEVER_OPEN)
        assert await claims(lambda _: later) == ([], 0)
        assert await unit.delivery.next_due(id) == NOW + RETRY_AFTER[0]
        assert await unit.delivery.put_forward(bakery.account, now=NOW) == 7
        assert len((await claims(lambda _: NOW))[0]) == 7
        second = await an_account(unit, bakery.space, number="+447700900002", remote="sim-2")
        assert await unit.delivery.put_forward(second, now=NOW) == 0
