"""Campaigns leave within active hours: the account's, or each person's own."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.screens.campaign_card import card_of, card_text
from bot.screens.hours_words import moved_line
from bot.screens.plan_days import outlook_of
from domain.campaigns.model import CampaignState
from domain.contacts.ports import ImportedRow
from domain.hours.model import Hours
from domain.hours.presets import PRESETS, read_spans
from domain.kernel.ids import CampaignId
from domain.pacing.rules import Caps, Pacing
from domain.scheduler.hours_change import change_hours, moved_by
from tests.fakes.stores import AGREED, NOW, a_list, a_running_campaign
from tests.unit.scheduler.cloud_world import cloud_world
from tests.unit.scheduler.world import World, world

#: NOW is a Monday, 12:00 in Istanbul.
ISTANBUL = "Europe/Istanbul"
AFTERNOON = Hours(week=(read_spans("14-18"),) * 7, zones=(ISTANBUL,))
SHUT = Hours(week=((),) * 7, zones=(ISTANBUL,))
TWO = datetime(2026, 3, 2, 11, 0, tzinfo=UTC)
BERLIN, TOKYO, RUSSIA, TURKEY = "+4930901820", "+81312345678", "+79161234567", "+905300000001"


async def hours_are(on: World, hours: Hours | None) -> None:
    async with on.store.write() as unit:
        account = await unit.accounts.account(on.account)
        kept = await unit.hours.kept(on.account)
        expected = None if kept is None else kept.changed_at
        await change_hours(unit, account, hours, expected=expected, at=on.clock.now())
        await unit.commit()


async def running(on: World, people: list[str], **changes: object) -> CampaignId:
    """A campaign under way to these numbers."""
    async with on.store.write() as unit:
        everybody = await unit.contacts.create_list(on.space, "abroad", at=NOW)
        rows = [ImportedRow(number=number, name="Can", attributes={}) for number in people]
        await unit.contacts.save_rows(on.space, everybody, rows, at=NOW)
        await unit.contacts.record_list_consent(everybody, AGREED)
        id = await a_running_campaign(unit, on.space, on.ayse, on.account, everybody)
        campaign = await unit.campaigns.any(id)
        await unit.campaigns.save(replace(campaign, **changes), expected=campaign.version)  # type: ignore[arg-type]
        await unit.commit()
    return id


async def run_on(on: World, until: datetime, caps: Caps | None = None) -> None:
    """As the sender does: slice after slice, asleep in between."""
    slices = on.slices(caps)
    while (wake := await slices.run(on.account)) is not None and wake < until:
        await on.clock.sleep_until(max(wake, on.clock.now() + timedelta(milliseconds=1)))


def at_each(on: World) -> list[datetime]:
    """When each message left, from now on."""
    moments: list[datetime] = []

    async def note() -> None:
        moments.append(on.clock.now())

    on.phones.meanwhile = note  # type: ignore[method-assign]
    return moments


@pytest.mark.parametrize("gap", [timedelta(), timedelta(seconds=3)])
async def test_a_campaign_that_is_shut_waits_and_is_still_running(tmp_path: Path, gap: timedelta) -> None:
    async with world(tmp_path) as on:
        await hours_are(on, AFTERNOON)
        left = at_each(on)
        id = await on.running(5)
        async with on.store.write() as unit:
            campaign = await unit.campaigns.any(id)
            paced = replace(campaign, pacing=Pacing(shortest=gap, longest=gap))
            await unit.campaigns.save(paced, expected=campaign.version)
            await unit.commit()
        await run_on(on, TWO - timedelta(seconds=1))
        async with on.store.read() as unit:
            assert (await unit.campaigns.any(id)).state is CampaignState.RUNNING
        assert left == []
        await run_on(on, TWO + timedelta(hours=1))
        assert left[0] == TWO
        assert len(left) == 5


async def test_one_that_heeds_no_hours_a_test_and_an_answer_go_past_one_that_waits(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        await hours_are(on, AFTERNOON)
        await running(on, [BERLIN])
        await running(on, [TOKYO], heeds_hours=False)
        await on.contact("+905300000001")
        await on.test_send("+905300000001")
        await run_on(on, NOW + timedelta(hours=1))
        assert {message.to for message in on.phones.sent} == {TOKYO, "+905300000001"}


async def test_the_official_channel_waits_for_its_hours_too(tmp_path: Path) -> None:
    async with cloud_world(tmp_path) as on:
        await hours_are(on, AFTERNOON)
        left = at_each(on)
        id = await on.sending(40)
        await run_on(on, TWO - timedelta(seconds=1))
        assert left == []
        await run_on(on, TWO + timedelta(minutes=5))
        assert len(left) == 40
        assert left[0] == TWO
        assert (await on.campaign(id)).state is CampaignState.COMPLETED


@pytest.mark.parametrize("official", [False, True])
async def test_each_person_is_met_by_their_own_clock(tmp_path: Path, official: bool) -> None:
    """Office hours: noon in Istanbul is 10 in Berlin and 18 in Tokyo, where it is shut until tomorrow."""
    async with cloud_world(tmp_path) if official else world(tmp_path) as on:
        await hours_are(on, Hours(week=PRESETS["office"], zones=(ISTANBUL,)))
        sender = await on.sending(1) if official else None  # type: ignore[attr-defined]
        template = None
        if sender is not None:
            async with on.store.read() as unit:
                template = (await unit.campaigns.any(sender)).template
        id = await running(
            on, [BERLIN, TOKYO, RUSSIA], template=template, by_their_clock=True, pacing=Pacing.at(1)
        )
        await run_on(on, NOW + timedelta(hours=1))
        sent = {message.to for message in on.phones.sent}
        assert BERLIN in sent
        assert not sent & {TOKYO, RUSSIA}
        async with on.store.read() as unit:
            rows = {row.number: row for row in await unit.delivery.recipients(id)}
            due = await unit.delivery.next_due(id)
        assert (rows[RUSSIA].state, rows[RUSSIA].reason) == ("skipped", "never_open")
        assert rows[TOKYO].state == "waiting"
        assert due == datetime(2026, 3, 3, 0, 0, tzinfo=UTC)
        await run_on(on, due + timedelta(minutes=1))
        assert TOKYO in {message.to for message in on.phones.sent}
        async with on.store.read() as unit:
            assert (await unit.campaigns.any(id)).state is CampaignState.COMPLETED


async def test_many_who_are_shut_do_not_hide_the_one_who_is_open(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        await hours_are(on, Hours(week=PRESETS["office"], zones=(ISTANBUL,)))
        shut = [f"+8131234{n:04}" for n in range(900)]
        await running(on, [*shut, "+905300000001"], by_their_clock=True, pacing=Pacing.at(1))
        await run_on(on, NOW + timedelta(seconds=5))
        assert [message.to for message in on.phones.sent] == ["+905300000001"]


async def test_new_hours_hold_at_once_for_those_who_were_put_off_too(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        await hours_are(on, AFTERNOON)
        own = await running(on, [TOKYO], by_their_clock=True)
        await on.running(3)
        await run_on(on, NOW + timedelta(minutes=1))
        assert on.phones.sent == []
        await hours_are(on, None)
        await run_on(on, on.clock.now() + timedelta(minutes=1))
        assert len(on.phones.sent) == 4
        async with on.store.read() as unit:
            assert (await unit.campaigns.any(own)).state is CampaignState.COMPLETED


async def test_hours_that_never_open_hold_until_they_are_changed(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        await hours_are(on, SHUT)
        await on.running(1)
        own = await running(on, [TURKEY], by_their_clock=True, pacing=Pacing.at(1))
        await run_on(on, NOW + timedelta(hours=2))
        assert on.phones.sent == []
        async with on.store.read() as unit:
            assert [row.state for row in await unit.delivery.recipients(own)] == ["waiting"]
        await hours_are(on, AFTERNOON)
        await run_on(on, on.clock.now() + timedelta(hours=2))
        assert len(on.phones.sent) == 2


async def test_by_each_persons_clock_a_change_moves_a_campaign_from_ever_to_never_and_back(
    tmp_path: Path,
) -> None:
    async with world(tmp_path) as on:
        id = await running(on, [TURKEY], by_their_clock=True)
        async with on.store.read() as unit:
            account = await unit.accounts.account(on.account)
            for before, after, told in (
                (AFTERNOON, SHUT, [(NOW, None)]), (SHUT, None, [(None, NOW)]), (None, AFTERNOON, []),
            ):  # fmt: skip
                moved = await moved_by(unit, account, before, after, now=NOW)
                assert [(one.before, one.after) for one in moved] == told
                assert {one.campaign.id for one in moved} <= {id}
                words = [moved_line(one, after, ISTANBUL, NOW, "en") for one in moved]
                assert all("by each person’s own clock" in line for line in words)


@pytest.mark.parametrize(
    ("hours", "told"), [(AFTERNOON, "finish: by each person’s own clock"), (SHUT, "are never open")]
)
async def test_the_card_says_whose_clock_ends_it_or_that_nothing_leaves(
    tmp_path: Path, hours: Hours, told: str
) -> None:
    async with world(tmp_path) as on:
        await hours_are(on, hours)
        id = await running(on, [TURKEY], by_their_clock=True)
        async with on.store.read() as unit:
            card = await card_of(unit, await unit.campaigns.any(id), caps=Caps(), now=NOW)
        assert told in card_text(card, zone=ZoneInfo(ISTANBUL), now=NOW, language="en")


async def test_a_week_leaves_in_hours_under_the_cap_and_to_everybody_once(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        hours = Hours(week=PRESETS["office"], zones=(ISTANBUL,))
        await hours_are(on, hours)
        left = at_each(on)
        async with on.store.write() as unit:
            everybody = await a_list(unit, on.space, 120)
            id = await a_running_campaign(unit, on.space, on.ayse, on.account, everybody)
            campaign = await unit.campaigns.any(id)
            slow = replace(campaign, pacing=Pacing(shortest=timedelta(0), longest=timedelta(minutes=20)))
            await unit.campaigns.save(slow, expected=campaign.version)
            await unit.commit()
        await run_on(on, NOW + timedelta(days=9), Caps(a_campaign=200, a_day=21))
        assert len(left) == len({message.to for message in on.phones.sent}) == 120
        assert all(hours.is_open(at) for at in left)
        by_day = Counter(at.date() for at in left)
        assert max(by_day.values()) <= 21
        assert {day.isoweekday() for day in by_day} == {1, 2, 3, 4, 5}


async def test_the_outlook_tells_each_persons_days_and_who_is_never_reached(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        await hours_are(on, Hours(week=PRESETS["office"], zones=(ISTANBUL,)))
        id = await running(on, [BERLIN, TOKYO, RUSSIA], by_their_clock=True, pacing=Pacing.at(1))
        async with on.store.read() as unit:
            campaign, account = await unit.campaigns.any(id), await unit.accounts.account(on.account)
            told = await outlook_of(unit, campaign, account, 3, caps=Caps(), start=NOW, zone=ISTANBUL)
            two = await outlook_of(unit, campaign, account, 2, caps=Caps(), start=NOW, zone=ISTANBUL)
        days = [(day.people, day.begins) for day in told.plan.days]
        assert days == [(1, NOW), (1, datetime(2026, 3, 3, 0, 0, tzinfo=UTC))]
        assert (told.plan.unreached, told.is_told, told.waits) == (1, True, False)
        # In the order in which they would be frozen: by number, and so without the last.
        assert two.plan.unreached == 1
