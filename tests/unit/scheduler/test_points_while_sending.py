"""Where recipients move, their points move with them, in the same transaction."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from domain.campaigns import service
from domain.campaigns.model import AudienceKind, Campaign, CampaignState
from domain.campaigns.start import Start
from domain.delivery.model import Progress
from domain.delivery.ports import NewsItem, ReceiptNews, Rejected, SendOutcome, Unknown
from domain.kernel.ids import AttemptKey, CampaignId
from domain.pacing.rules import Caps
from domain.scheduler.events import ScheduledStartFailed
from domain.scheduler.timers import desk_of
from domain.wallet.model import Entry, EntryKind, NotEnoughPoints, PlanEnded
from tests.fakes.stores import NOW, SAID_STOP, a_campaign, a_list
from tests.unit.scheduler.world import World, world

RICH = 1_000_000
LOST = Rejected("not_on_whatsapp", can_retry=False)


async def spent_and_held(on: World) -> tuple[int, int]:
    """Nothing is left to be settled when a transaction is over."""
    async with on.store.write() as unit:
        assert await unit.wallet.settle(None, at=NOW) == 0
        wallet = await unit.wallet.wallet(on.space)
    return RICH - wallet.balance, wallet.held


async def sent_with(on: World, answers: Sequence[SendOutcome], *, people: int) -> CampaignId:
    id = await on.running(people)
    on.phones.answers = list(answers)
    await on.slices().run(on.account)
    return id


async def news(on: World, n: int, progress: Progress, *, cursor: int = 1) -> None:
    """Of the n-th message that was sent."""
    async with on.store.read() as unit:
        account = await unit.accounts.account(on.account)
    told = ReceiptNews(key=AttemptKey(on.phones.sent[n].key), progress=progress, at=NOW)
    await on.news.apply(account, [NewsItem(cursor=cursor, news=told)])


async def test_outcomes_spend_give_back_or_stay_held(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        await sent_with(on, [LOST, LOST, Unknown()], people=6)
        assert await spent_and_held(on) == (3, 1)


async def test_whoever_said_stop_meanwhile_costs_nothing_even_if_that_is_everybody(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        await on.running(4)
        async with on.store.write() as unit:
            people, _ = await unit.contacts.search(on.space, "", limit=4)
            for one in people:
                await unit.contacts.record_consent(one.id, SAID_STOP)
            await unit.commit()
        assert await spent_and_held(on) == (0, 4)
        await on.slices().run(on.account)
        assert on.phones.sent == [] and await spent_and_held(on) == (0, 0)


async def test_news_pays_late_and_gives_back_late(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        await sent_with(on, [LOST], people=2)
        assert await spent_and_held(on) == (1, 0)
        await news(on, 0, Progress.DELIVERED)
        assert await spent_and_held(on) == (2, 0)
        await news(on, 1, Progress.FAILED, cursor=2)
        assert await spent_and_held(on) == (1, 0)


async def test_claims_of_a_dead_process_stay_held(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        id = await on.running(3)
        async with on.store.write() as unit:
            await unit.delivery.claim(
                id, on.account, desk="d", owner="dead", now=NOW, lease_until=NOW, limit=3
            )
            await unit.commit()
        await on.timers.end_leases(NOW + timedelta(seconds=1))
        assert await spent_and_held(on) == (0, 3)


async def test_a_place_that_forgot_to_settle_is_made_good_at_the_next_start(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        id = await on.running(3)
        async with on.store.write() as unit:
            await unit.delivery.cancel_waiting(id)
            await unit.commit()
        await on.timers.end_leases(NOW, owner="me")
        assert await spent_and_held(on) == (0, 0)


async def test_an_operators_word_about_the_unknown_is_paid_for(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        id = await sent_with(on, [Unknown(), Unknown()], people=2)
        async with on.store.write() as unit:
            campaign = await unit.campaigns.any(id)
            assert await service.count_unknown_as_sent(desk_of(unit), campaign, at=NOW) == 2
            await unit.commit()
        assert await spent_and_held(on) == (2, 0)


# -- starts -----------------------------------------------------------------------------------------------


async def poor(on: World, points: int) -> None:
    """So many points are left."""
    async with on.store.write() as unit:
        wallet = await unit.wallet.wallet(on.space)
        taken = points - wallet.available
        await unit.wallet.post(
            Entry(workspace_id=on.space, key="poor", kind=EntryKind.TAKEN, points=taken, at=NOW)
        )
        await unit.commit()


async def started(
    on: World, people: int, *, price: int, cap: int = 200, split: bool = False, most: int | None = None
) -> Sequence[Campaign]:
    async with on.store.write() as unit:
        everybody = await a_list(unit, on.space, people)
        draft = await a_campaign(unit, on.space, on.ayse, on.account, everybody)
        parts = await Start(caps=Caps(a_campaign=cap), price=price).run(
            desk_of(unit), draft, expected=draft.version, at=NOW, split=split, most=most
        )
        await unit.commit()
    return parts


async def test_a_start_fixes_the_price_and_sets_the_points_aside(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        [campaign] = await started(on, 5, price=3)
        assert campaign.price == 3 and await spent_and_held(on) == (0, 15)
        await on.slices().run(on.account)
        assert await spent_and_held(on) == (15, 0)


async def test_each_part_of_a_split_holds_its_own(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        parts = await started(on, 5, price=3, cap=2, split=True)
        assert [part.price for part in parts] == [3, 3, 3]
        async with on.store.read() as unit:
            lines, _ = await unit.wallet.movements(on.space)
        assert sorted(line.held for line in lines) == [0, 3, 6, 6]


async def test_too_few_points_refuse_all_parts_with_what_all_need(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        await poor(on, 14)
        with pytest.raises(NotEnoughPoints) as refused:
            await started(on, 5, price=3, cap=2, split=True)
        assert refused.value.data == {"needs": 15, "available": 14}
        assert await spent_and_held(on) == (RICH - 14, 0)
        async with on.store.read() as unit:
            assert await unit.campaigns.of_workspace(on.space) == ([], 0)


async def test_as_many_as_there_are_points_for_and_the_others_told_why(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        await poor(on, 14)
        parts = await started(on, 7, price=3, cap=2, split=True, most=4)
        assert len(parts) == 2 and await spent_and_held(on) == (RICH - 14, 12)
        async with on.store.read() as unit:
            tallies = [await unit.delivery.tally(part.id) for part in parts]
        assert [tally.waiting for tally in tallies] == [2, 2]
        assert dict(tallies[1].excluded) == {"no_points": 3}


async def test_what_was_held_for_the_unknown_pays_for_sending_to_them_again(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        id = await sent_with(on, [Unknown(), Unknown()], people=2)
        await poor(on, 0)
        async with on.store.write() as unit:
            earlier = await unit.campaigns.any(id)
            assert earlier.state is CampaignState.COMPLETED
            draft = await service.follow_up(
                desk_of(unit), earlier, AudienceKind.UNKNOWN_OF, on.ayse, name="b", at=NOW
            )
            await Start(caps=Caps(), price=1).run(desk_of(unit), draft, expected=draft.version, at=NOW)
            await unit.commit()
        assert await spent_and_held(on) == (RICH - 2, 2)


async def test_a_scheduled_start_costs_what_the_desk_says_then(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        await _tick_a_scheduled_one(on, price=4)
        assert await spent_and_held(on) == (0, 8)


async def test_a_scheduled_start_without_points_is_told_with_how_many(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        await poor(on, 7)
        await _tick_a_scheduled_one(on, price=4)
        [told] = on.heard.events
        assert isinstance(told, ScheduledStartFailed)
        assert (told.code, told.data) == ("wallet.not_enough", {"needs": 8, "available": 7})
        assert told.campaign.state is CampaignState.DRAFT


async def _tick_a_scheduled_one(on: World, *, price: int) -> None:
    async with on.store.write() as unit:
        everybody = await a_list(unit, on.space, 2)
        draft = await a_campaign(unit, on.space, on.ayse, on.account, everybody)
        due = NOW + timedelta(hours=1)
        await service.schedule(desk_of(unit), draft, due, price=price, expected=draft.version, at=NOW)
        await unit.commit()
    await on.timers.tick(due)


async def test_what_was_paused_goes_on_only_with_a_plan(tmp_path: Path) -> None:
    async with world(tmp_path) as on, on.store.write() as unit:
        everybody = await a_list(unit, on.space, 2)
        made = await a_campaign(unit, on.space, on.ayse, on.account, everybody, state=CampaignState.PAUSED)
        await unit.wallet.change_plan(on.space, -3650, key="end", at=NOW)
        with pytest.raises(PlanEnded):
            await service.resume(desk_of(unit), made, expected=made.version, at=NOW)
        await unit.wallet.change_plan(on.space, 1, key="more", at=NOW)
        resumed = await service.resume(desk_of(unit), made, expected=made.version, at=NOW)
        assert resumed.state is CampaignState.RUNNING
