"""Campaigns that were due while MassSender was away, or while their hours were shut."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from domain.campaigns import service
from domain.campaigns.model import Campaign, CampaignState, NeverOpen
from domain.campaigns.start import Start
from domain.kernel.ids import CampaignId
from domain.pacing.rules import Caps
from domain.scheduler.events import CampaignStarted, ScheduledStartFailed, StartedTooLate
from domain.scheduler.timers import desk_of
from tests.fakes.stores import NOW, a_campaign, a_list
from tests.unit.scheduler.test_in_hours import AFTERNOON, SHUT, hours_are
from tests.unit.scheduler.world import World, world

HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)
#: NOW is a Monday, 12:00 in Istanbul; the afternoon begins at 14:00 there.
TWO = datetime(2026, 3, 2, 11, 0, tzinfo=UTC)


async def scheduled(on: World, at: datetime, **changes: bool) -> CampaignId:
    async with on.store.write() as unit:
        everybody = await a_list(unit, on.space, 2)
        draft = await a_campaign(unit, on.space, on.ayse, on.account, everybody)
        draft = await unit.campaigns.save(replace(draft, **changes), expected=draft.version)  # type: ignore[arg-type]
        saved = await service.schedule(desk_of(unit), draft, at, price=3, expected=draft.version, at=NOW)
        await unit.commit()
    return saved.id


async def campaign(on: World, id: CampaignId) -> Campaign:
    async with on.store.read() as unit:
        return await unit.campaigns.any(id)


@pytest.mark.parametrize(("late", "told"), [(timedelta(minutes=5), timedelta()), (12 * HOUR, 12 * HOUR)])
async def test_late_by_little_it_starts_and_says_so_only_where_it_matters(
    tmp_path: Path, late: timedelta, told: timedelta
) -> None:
    async with world(tmp_path) as on:
        id = await scheduled(on, NOW + HOUR)
        await on.timers.tick(NOW + HOUR + late)
        started = await campaign(on, id)
        assert started.state is CampaignState.RUNNING
        assert on.heard.events == [CampaignStarted(campaign=started, late_by=told)]


async def test_late_by_more_than_half_a_day_it_asks_first(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        id = await scheduled(on, NOW + HOUR)
        late = 12 * HOUR + SECOND
        assert await on.timers.tick(NOW + HOUR + late) is None
        draft = await campaign(on, id)
        assert (draft.state, draft.scheduled_at, draft.price) == (CampaignState.DRAFT, None, 0)
        assert on.heard.events == [
            StartedTooLate(campaign=draft, late_by=late, price=3, cap=Caps().a_campaign)
        ]  # fmt: skip


async def test_waiting_for_hours_is_not_being_late(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        await hours_are(on, AFTERNOON)
        id = await scheduled(on, NOW + HOUR)
        assert await on.timers.tick(NOW + HOUR) == TWO
        assert (await campaign(on, id)).state is CampaignState.SCHEDULED
        await hours_are(on, None)
        await on.timers.tick(NOW + HOUR)
        assert (await campaign(on, id)).state is CampaignState.RUNNING


async def test_late_and_shut_by_now_it_starts_and_waits_for_its_hours(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        await hours_are(on, AFTERNOON)
        await scheduled(on, TWO)
        evening = TWO + 5 * HOUR
        await on.timers.tick(evening)
        [told] = on.heard.events
        assert isinstance(told, CampaignStarted)
        assert told.late_by == 5 * HOUR
        await on.clock.sleep_until(evening)
        await on.slices().run(on.account)
        assert on.phones.sent == []


async def test_who_goes_by_their_own_clock_or_by_none_starts_when_it_is_due(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        await hours_are(on, AFTERNOON)
        for changes in ({"by_their_clock": True}, {"heeds_hours": False}):
            id = await scheduled(on, NOW + HOUR, **changes)
            await on.timers.tick(NOW + HOUR)
            assert (await campaign(on, id)).state is CampaignState.RUNNING


@pytest.mark.parametrize("own", [False, True])
async def test_hours_that_never_open_are_refused_at_scheduling_at_a_start_and_by_the_clock(
    tmp_path: Path, own: bool
) -> None:
    async with world(tmp_path) as on:
        id = await scheduled(on, NOW + HOUR, by_their_clock=own)
        await hours_are(on, SHUT)
        with pytest.raises(NeverOpen):
            await scheduled(on, NOW + HOUR, by_their_clock=own)
        await on.timers.tick(NOW + HOUR)
        draft = await campaign(on, id)
        assert on.heard.events == [
            ScheduledStartFailed(campaign=draft, code="campaign.never_open", data={})
        ]  # fmt: skip
        async with on.store.write() as unit:
            with pytest.raises(NeverOpen):
                await Start(caps=Caps()).run(desk_of(unit), draft, expected=draft.version, at=NOW)
