"""Sending over the official channel: no more new people in 24 hours than a business may."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from domain.campaigns.model import CampaignState
from domain.delivery.ports import Accepted, Fault, Rejected
from domain.pacing.channel_limits import PeopleLimit
from domain.pacing.rules import DAY
from tests.fakes.cloud import a_cloud_account
from tests.fakes.stores import NOW, number_of
from tests.unit.scheduler.cloud_world import cloud_world

FULL = Rejected("limit_reached", can_retry=True, fault=Fault.ACCOUNT)


async def test_no_more_new_people_than_the_limit_in_any_24_hours_whatever_is_restarted(
    tmp_path: Path,
) -> None:
    async with cloud_world(tmp_path) as on:
        await on.change(people=PeopleLimit(people=250))
        await on.sending(300)
        await on.run()
        assert len(on.numbers) == 250
        restarted = replace(on, pace=type(on.pace)())
        wake_at = await restarted.slices().run(on.account)
        assert len(on.numbers) == 250
        assert wake_at is not None and wake_at > on.clock.now() + timedelta(minutes=5)
        on.clock.advance(hours=24, minutes=2)
        await on.run()
        assert Counter(on.numbers) == Counter(number_of(n) for n in range(300))


async def test_what_whatsapp_does_not_tell_is_taken_for_the_least(tmp_path: Path) -> None:
    async with cloud_world(tmp_path) as on:
        await on.change(people=None)
        await on.sending(260)
        await on.run()
        assert len(on.numbers) == 250


async def test_the_same_people_again_and_those_who_wrote_take_no_room(tmp_path: Path) -> None:
    async with cloud_world(tmp_path) as on:
        await on.change(people=PeopleLimit(people=6))
        async with on.store.write() as unit:
            await unit.cloud.people_wrote(on.account, [(number_of(4), NOW - timedelta(hours=23))])
            await unit.commit()
        await on.sending(5)
        await on.run()
        async with on.store.read() as unit:
            counted = await unit.cloud.people_counted(on.account, since=NOW - DAY)
        assert sum(people for _, people in counted) == 4
        await on.sending(5)  # the same five
        await on.run()
        assert len(on.numbers) == 10
        async with on.store.read() as unit:
            counted = await unit.cloud.people_counted(on.account, since=NOW - DAY)
        assert sum(people for _, people in counted) == 4


async def test_two_numbers_of_one_business_share_its_limit(tmp_path: Path) -> None:
    async with cloud_world(tmp_path) as on:
        await on.change(people=PeopleLimit(people=5))
        async with on.store.write() as unit:
            other = await a_cloud_account(unit, on.space, number="+447700900009", remote="999999")
            await unit.cloud.count_people(other, ["+447700900100", "+447700900101"], at=NOW)
            await unit.commit()
        await on.sending(5)
        await on.run()
        assert len(on.numbers) == 3


async def test_a_limit_that_whatsapp_says_is_reached_is_waited_out(tmp_path: Path) -> None:
    async with cloud_world(tmp_path) as on:
        id = await on.sending(5)
        on.phones.answers = [Accepted("w"), FULL, FULL, FULL, FULL]
        await on.run()
        campaign, tally = await on.campaign(id), await on.tally(id)
        assert (campaign.state, campaign.faults_in_row) == (CampaignState.RUNNING, 0)
        assert (tally.sent, tally.waiting) == (1, 4)
        await on.run()
        assert len(on.numbers) == 5
        on.clock.advance(minutes=61)
        await on.run()
        assert (await on.tally(id)).sent == 5
