"""One slice of an account's work, and what the clock sets off, when operators act in between."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from domain.campaigns import service
from domain.campaigns.model import Campaign, CampaignState, PauseReason
from domain.delivery.ports import Accepted, Fault, Rejected
from domain.delivery.recipients import NEWS_AFTER, NEWS_WAITING, RETRY_AFTER, Tally
from domain.kernel.ids import CampaignId
from domain.pacing.rules import Caps
from domain.scheduler.events import CampaignPaused, CampaignStarted, ScheduledStartFailed
from domain.scheduler.timers import Timers, desk_of
from tests.fakes.stores import NOW, a_campaign, a_list
from tests.unit.scheduler.world import World, world

BUSY = Rejected("temporary", can_retry=True, fault=Fault.PERSON)
OURS = Rejected("temporary", can_retry=True, fault=Fault.ACCOUNT)
UNREAD = Rejected(NEWS_WAITING, can_retry=True, fault=Fault.PERSON)


async def cancel(on: World, id: CampaignId) -> None:
    async with on.store.write() as unit:
        campaign = await unit.campaigns.any(id)
        await service.cancel(desk_of(unit), campaign, expected=campaign.version, at=on.clock.now())
        await unit.commit()


def meanwhile(on: World, happens: Callable[[], Awaitable[None]]) -> None:
    """Let that happen while the first send is on its way."""

    async def once() -> None:
        on.phones.meanwhile = nothing  # type: ignore[method-assign]
        await happens()

    async def nothing() -> None:
        return None

    on.phones.meanwhile = once  # type: ignore[method-assign]


async def test_who_was_on_the_way_at_a_cancel_and_failed_waits_for_no_retry(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        id = await on.running(1)
        on.phones.answers = [BUSY]
        meanwhile(on, lambda: cancel(on, id))
        await on.slices().run(on.account)
        async with on.store.read() as unit:
            tally = await unit.delivery.tally(id)
            assert await unit.delivery.next_due(id) is None
        assert (tally.left, tally.cancelled) == (0, 1)


async def test_whose_chat_cannot_be_read_for_hours_gets_it_when_it_was(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        id = await on.running(1)
        on.phones.answers = [UNREAD] * 5
        for wait in (timedelta(), *NEWS_AFTER[:5]):
            on.clock.advance(seconds=wait.total_seconds())
            await on.slices().run(on.account)
        async with on.store.read() as unit:
            tally = await unit.delivery.tally(id)
            campaign = await unit.campaigns.any(id)
        assert (tally.sent, campaign.state) == (1, CampaignState.COMPLETED)
        assert len({message.key for message in on.phones.sent}) == 6


async def test_the_third_failure_in_a_row_of_the_account_pauses_and_is_told(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        id = await on.running(3)
        on.phones.answers = [OURS, OURS, OURS]
        await on.slices().run(on.account)
        async with on.store.read() as unit:
            campaign = await unit.campaigns.any(id)
        assert (campaign.state, campaign.pause_reason) == (CampaignState.PAUSED, PauseReason.FAILURES)
        assert on.heard.events == [CampaignPaused(campaign=campaign, reason=PauseReason.FAILURES)]


async def test_two_people_who_are_refused_again_and_again_do_not_stop_the_end_of_a_campaign(
    tmp_path: Path,
) -> None:
    """Found with a stranger: it paused at 178 of 180, because each try of the last two counted."""
    async with world(tmp_path) as on:
        id = await on.running(5)
        on.phones.answers = [*[Accepted("1")] * 3, *[OURS] * 6]
        for wait in (timedelta(), *RETRY_AFTER):
            on.clock.advance(seconds=wait.total_seconds())
            await on.slices().run(on.account)
        campaign, tally = await how_it_stands(on, id)
        assert (campaign.state, tally.sent, len(on.phones.sent)) == (CampaignState.COMPLETED, 5, 11)


async def test_later_tries_of_three_people_in_a_row_pause_a_campaign_as_first_ones_do(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        id = await on.running(6)
        on.phones.answers = [OURS, Accepted("1"), OURS, Accepted("2"), OURS, Accepted("3"), OURS, OURS, OURS]
        await on.slices().run(on.account)
        assert (await how_it_stands(on, id))[0].state is CampaignState.RUNNING
        on.clock.advance(seconds=RETRY_AFTER[0].total_seconds())
        await on.slices().run(on.account)
        campaign, tally = await how_it_stands(on, id)
        assert (campaign.state, tally.waiting) == (CampaignState.PAUSED, 3)


async def how_it_stands(on: World, id: CampaignId) -> tuple[Campaign, Tally]:
    async with on.store.read() as unit:
        return await unit.campaigns.any(id), await unit.delivery.tally(id)


async def test_the_day_has_room_for_no_more_than_its_cap(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        await on.running(5)
        slices = on.slices(Caps(a_campaign=200, a_day=3))
        await slices.run(on.account)
        wake_at = await slices.run(on.account)
        assert len(on.phones.sent) == 3
        assert wake_at is not None
        assert wake_at >= NOW + timedelta(hours=24)


async def scheduled(on: World, *, at: datetime, people: int = 2) -> CampaignId:
    async with on.store.write() as unit:
        everybody = await a_list(unit, on.space, people)
        draft = await a_campaign(unit, on.space, on.ayse, on.account, everybody)
        saved = await service.schedule(
            desk_of(unit), draft, at, price=0, expected=draft.version, at=on.clock.now()
        )
        await unit.commit()
    return saved.id


async def test_a_scheduled_campaign_starts_when_its_time_has_come_and_not_before(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        due = NOW + timedelta(hours=1)
        id = await scheduled(on, at=due)
        assert await on.timers.tick(NOW) == due
        assert on.heard.events == []
        await on.timers.tick(due)
        async with on.store.read() as unit:
            campaign = await unit.campaigns.any(id)
        assert campaign.state is CampaignState.RUNNING
        assert on.heard.events == [CampaignStarted(campaign=campaign)]


async def test_a_start_that_is_refused_goes_back_to_draft_and_is_told(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        id = await scheduled(on, at=NOW + timedelta(hours=1), people=0)
        await on.timers.tick(NOW + timedelta(hours=2))
        async with on.store.read() as unit:
            campaign = await unit.campaigns.any(id)
        assert campaign.state is CampaignState.DRAFT
        [told] = on.heard.events
        assert isinstance(told, ScheduledStartFailed)
        assert told.code == "campaign.nobody"


async def test_a_start_put_off_in_the_same_moment_stays_put_off(tmp_path: Path) -> None:
    """The timer had read the old time already: it must neither start nor undo what the operator decided."""
    async with world(tmp_path) as on:
        id = await scheduled(on, at=NOW + timedelta(hours=1))
        tomorrow = NOW + timedelta(days=1)

        class PutOff(Timers):
            async def _begin(self, campaign, begin, now):  # type: ignore[no-untyped-def]
                async with on.store.write() as unit:
                    current = await unit.campaigns.any(id)
                    later = replace(current, scheduled_at=tomorrow)
                    await unit.campaigns.save(later, expected=current.version)
                    await unit.commit()
                await super()._begin(campaign, begin, now)

        timers = PutOff(
            store=on.store, announcer=on.heard, watcher=on.timers.watcher, clock=on.clock, caps=Caps()
        )
        await timers.tick(NOW + timedelta(hours=2))
        async with on.store.read() as unit:
            campaign = await unit.campaigns.any(id)
        assert (campaign.state, campaign.scheduled_at) == (CampaignState.SCHEDULED, tomorrow)
        assert on.heard.events == []
