"""Sending over the official channel: who gets what, when, and what is learnt."""

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from domain.campaigns.model import CampaignState
from domain.delivery.channel import AcceptedAs
from domain.delivery.ports import Accepted, Unknown
from domain.delivery.recipients import Claim
from domain.delivery.store import DirectState
from domain.delivery.template_values import FromColumn, TemplateMessage
from domain.delivery.templates import Slot
from domain.kernel.ids import AttemptKey, CampaignId, ContactId, RecipientId
from domain.pacing.channel_limits import Quality
from domain.pacing.rules import Pacing
from domain.scheduler.events import CampaignCompleted
from domain.scheduler.pour import MOST_UNRECORDED
from tests.fakes.cloud import CHOSEN
from tests.fakes.stores import NOW, SAID_STOP, number_of
from tests.unit.scheduler.cloud_world import CloudWorld, cloud_world


async def reasons(on: CloudWorld, id: CampaignId) -> Counter[str | None]:
    async with on.store.read() as unit:
        rows = await unit.delivery.recipients(id, limit=1000)
    return Counter(row.reason for row in rows)


async def test_everybody_gets_the_template_once_with_their_own_values(tmp_path: Path) -> None:
    async with cloud_world(tmp_path) as on:
        id = await on.sending(450)
        await on.run()
        assert Counter(on.numbers) == Counter(number_of(n) for n in range(450))
        first = next(one for one in on.phones.sent if one.to == number_of(7))
        assert isinstance(first, TemplateMessage)
        assert first.template.body == (("1", "Person 7"), ("2", "Bonn"))
        assert first.text == "Hi Person 7, see you in Bonn"
        campaign = await on.campaign(id)
        assert campaign.state is CampaignState.COMPLETED
        assert (await on.tally(id)).sent == 450
        assert on.heard.events == [CampaignCompleted(campaign=campaign)]


async def test_a_number_sends_no_faster_than_it_may(tmp_path: Path) -> None:
    async with cloud_world(tmp_path) as on:
        await on.change(ceiling=80.0)
        await on.sending(240)
        at: list[float] = []

        async def note() -> None:
            at.append((on.clock.now() - NOW).total_seconds())

        on.phones.meanwhile = note  # type: ignore[method-assign]
        await on.run()
        assert len(at) == 240
        busiest = max(sum(1 for one in at if start <= one < start + 1) for start in at)
        assert busiest <= 80
        assert 2.8 <= at[-1] <= 3.6


async def test_a_campaign_may_be_slower_than_its_number_and_a_yellow_template_is(tmp_path: Path) -> None:
    async with cloud_world(tmp_path) as on:
        await on.change(ceiling=80.0)
        await on.sending(60, pacing=Pacing.at(20))
        await on.run()
        assert 2.7 <= (on.clock.now() - NOW).total_seconds() <= 3.7
        begun = on.clock.now()
        await on.template_is(quality=Quality.YELLOW)
        await on.sending(120, first=60)
        await on.run()
        assert 2.7 <= (on.clock.now() - begun).total_seconds() <= 3.9


async def test_the_slowest_pace_is_kept_by_a_yellow_template_too(tmp_path: Path) -> None:
    async with cloud_world(tmp_path) as on:
        await on.template_is(quality=Quality.YELLOW)
        await on.sending(10, pacing=Pacing.at(1))
        at: list[float] = []

        async def note() -> None:
            at.append((on.clock.now() - NOW).total_seconds())

        on.phones.meanwhile = note  # type: ignore[method-assign]
        while len(at) < 10:
            wake_at = await on.slices().run(on.account)
            assert wake_at is not None
            await on.clock.sleep_until(wake_at)
        assert 9 <= at[-1] <= 20


async def test_the_next_are_claimed_while_the_last_have_no_answer_yet(tmp_path: Path) -> None:
    async with cloud_world(tmp_path) as on:
        id = await on.sending(400)
        open_, answer = asyncio.Event(), asyncio.Event()

        async def wait() -> None:
            if len(on.phones.sent) == 400:
                open_.set()
            await answer.wait()

        on.phones.meanwhile = wait  # type: ignore[method-assign]
        async with asyncio.TaskGroup() as group:
            group.create_task(on.run())
            await open_.wait()
            assert (await on.tally(id)).in_flight == 400
            answer.set()
        assert (await on.tally(id)).sent == 400


async def test_consent_is_asked_at_the_moment_of_the_claim(tmp_path: Path) -> None:
    async with cloud_world(tmp_path) as on:
        id = await on.sending(3)
        async with on.store.write() as unit:
            person = await unit.contacts.by_number(on.space, number_of(1))
            assert person is not None
            await unit.contacts.record_consent(person.id, SAID_STOP)
            await unit.commit()
        await on.run()
        assert sorted(on.numbers) == [number_of(0), number_of(2)]
        tally = await on.tally(id)
        assert (tally.sent, tally.skipped) == (2, 1)


async def test_who_waits_for_others_that_hang_is_asked_for_consent_again_before_their_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("domain.scheduler.pour.MOST_FLYING", 5)
    async with cloud_world(tmp_path) as on:
        id = await on.sending(8)
        answer = asyncio.Event()
        on.phones.meanwhile = answer.wait  # type: ignore[method-assign, assignment]
        async with asyncio.timeout(60), asyncio.TaskGroup() as group:
            group.create_task(on.run())
            while (len(on.numbers), (await on.tally(id)).in_flight) != (5, 5):
                await asyncio.sleep(0)  # three were claimed too, and are put back when it takes long
            (stopped, *_) = {number_of(n) for n in range(8)} - set(on.numbers)
            async with on.store.write() as unit:
                person = await unit.contacts.by_number(on.space, stopped)
                assert person is not None
                await unit.contacts.record_consent(person.id, SAID_STOP)
                await unit.commit()
            answer.set()
        while (await on.tally(id)).waiting:
            await on.run()
        assert len(on.numbers) == len(set(on.numbers)) == 7
        assert stopped not in on.numbers


@pytest.mark.parametrize(("stored", "seen", "least", "most"), [(-1, 5, 0, 0), (1, 36, 140, 158)])
async def test_nobody_is_claimed_while_what_came_before_waits_to_be_heard(
    tmp_path: Path, stored: int, seen: int, least: int, most: int
) -> None:
    """Kept before the process was killed, or half a minute ago: it may be somebody's "stop"."""
    async with cloud_world(tmp_path) as on:
        await on.sending(160, pacing=Pacing.at(5))
        async with on.store.write() as unit:
            await unit.cloud.store_webhooks([(b"a body", NOW + timedelta(seconds=stored))])
            await unit.commit()

        async def all_of_it() -> None:
            while len(on.numbers) < 160:
                wake_at = await on.slices().run(on.account)
                await on.clock.sleep_until(wake_at or on.clock.now())

        async with asyncio.TaskGroup() as group:
            group.create_task(all_of_it())
            while on.clock.now() < NOW + timedelta(seconds=seen):
                await asyncio.sleep(0)
            assert least <= len(on.numbers) <= most
            async with on.store.write() as unit:
                await unit.cloud.webhooks_done([one.id for one in await unit.cloud.webhooks(limit=10)])
                await unit.commit()
        assert len(set(on.numbers)) == 160


# ---- free text


async def test_free_text_goes_only_to_those_who_wrote_within_a_day_and_others_are_told_apart(
    tmp_path: Path,
) -> None:
    async with cloud_world(tmp_path) as on:
        wrote = [(number_of(0), NOW - timedelta(hours=1)), (number_of(1), NOW - timedelta(hours=25))]
        async with on.store.write() as unit:
            await unit.cloud.people_wrote(on.account, wrote)
            await unit.commit()
        id = await on.sending(3, template=None, text="Hello {name}")
        await on.run()
        assert [(one.to, one.text) for one in on.phones.sent] == [(number_of(0), "Hello Person 0")]
        assert await reasons(on, id) == {None: 1, "window_closed": 2}
        assert (await on.campaign(id)).state is CampaignState.COMPLETED


async def test_a_value_that_is_missing_fails_that_person_alone(tmp_path: Path) -> None:
    async with cloud_world(tmp_path) as on:
        values = {**CHOSEN.values, Slot("body.1"): FromColumn(column="nickname")}
        id = await on.sending(2, template=replace(CHOSEN, values=values))
        await on.run()
        assert on.numbers == []
        assert await reasons(on, id) == {"value_missing": 2}


async def test_a_test_send_goes_out_as_the_template_and_plain_text_needs_the_window(tmp_path: Path) -> None:
    async with cloud_world(tmp_path) as on:
        id = await on.sending(1)
        direct = await on.test_send(number_of(0), campaign_id=id)
        plain = await on.test_send(number_of(5))
        await on.run()
        first = on.phones.sent[0]
        assert isinstance(first, TemplateMessage) and first.text == "Hi Person 0, see you in Bonn"
        assert (await on.direct(direct)).state is DirectState.SENT
        refused = await on.direct(plain)
        assert (refused.state, refused.reason) == (DirectState.FAILED, "window_closed")


# ---- learning


async def test_what_whatsapp_calls_people_is_learnt_where_it_is_not_their_number(tmp_path: Path) -> None:
    async with cloud_world(tmp_path) as on:
        await on.sending(3)
        on.phones.answers = [
            AcceptedAs("w0", wa_id="9053"), AcceptedAs("w1", wa_id=number_of(1)[1:]),
            AcceptedAs("w2", user_id="TR.2"),
        ]  # fmt: skip
        await on.run()
        by_name = dict(zip(("w0", "w1", "w2"), on.numbers, strict=True))
        async with on.store.read() as unit:
            known = await unit.cloud.numbers_of(
                on.account, wa_ids=["9053", by_name["w1"][1:]], user_ids=["TR.2"]
            )
        assert known == {"9053": by_name["w0"], "TR.2": by_name["w2"]}


async def test_a_silence_is_unknown_and_never_sent_again_by_itself(tmp_path: Path) -> None:
    async with cloud_world(tmp_path) as on:
        id = await on.sending(5)
        on.phones.answers = [
            Unknown("silence"),
            Accepted("w"),
            Accepted("w"),
            Accepted("w"),
            Unknown("silence"),
        ]
        await on.run()
        on.clock.advance(hours=1)
        await on.run()
        tally = await on.tally(id)
        assert (tally.sent, tally.unknown, len(on.numbers)) == (3, 2, 5)


async def test_while_many_answers_wait_to_be_recorded_nobody_is_claimed(tmp_path: Path) -> None:
    async with cloud_world(tmp_path) as on:
        async with on.store.read() as unit:
            account = await unit.accounts.account(on.account)
        pour, campaign = on.slices().pour(account, asyncio.Event()), await on.campaign(await on.sending(1))
        assert pour._may_claim(NOW)
        claim = Claim(
            key=AttemptKey("k"), recipient_id=RecipientId(1), campaign_id=campaign.id,
            contact_id=ContactId(1), number=number_of(0), name="",
        )  # fmt: skip
        for _ in range(MOST_UNRECORDED):
            pour._answers.put_nowait((campaign, (claim, Accepted("w"))))
        assert not pour._may_claim(NOW)
