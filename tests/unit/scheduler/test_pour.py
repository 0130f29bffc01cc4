"""Sending over the official channel: who gets what, when, and what a refusal leads to."""

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from domain.accounts.model import AccountState
from domain.campaigns import service
from domain.campaigns.model import CampaignState, PauseReason
from domain.contacts.model import Consent
from domain.delivery.channel import AcceptedAs, ChannelEvent, Effect
from domain.delivery.cloud_accounts import TokenState
from domain.delivery.ports import Accepted, Fault, Rejected, Unknown
from domain.delivery.recipients import Claim
from domain.delivery.store import DirectState
from domain.delivery.template_values import FromColumn, TemplateMessage
from domain.delivery.templates import Slot, TemplateStatus
from domain.kernel.errors import NotFound
from domain.kernel.ids import AttemptKey, CampaignId, ContactId, RecipientId
from domain.pacing.channel_limits import PeopleLimit, Quality
from domain.pacing.rules import DAY, Pacing
from domain.scheduler.events import AccountChanged, CampaignCompleted, CampaignPaused
from domain.scheduler.pour import MOST_UNRECORDED
from domain.scheduler.recording import Recorder
from domain.scheduler.timers import desk_of
from tests.fakes.cloud import CHOSEN, REMOTE, a_cloud_account
from tests.fakes.stores import NOW, SAID_STOP, a_workspace, number_of
from tests.unit.scheduler.cloud_world import CloudWorld, cloud_world

TOKEN_REFUSED = Rejected("token_refused", can_retry=True, fault=Fault.RESTRICTION)
TOO_FAST = Rejected("too_fast", can_retry=True)
TEMPLATE_PAUSED = Rejected("template_paused", can_retry=True, fault=Fault.ACCOUNT)
FULL = Rejected("limit_reached", can_retry=True, fault=Fault.ACCOUNT)


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


# ---- people in 24 hours


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


# ---- what a refusal leads to


async def test_too_fast_slows_the_number_and_fails_nobody_however_often(tmp_path: Path) -> None:
    async with cloud_world(tmp_path) as on:
        await on.change(ceiling=80.0)
        id = await on.sending(1)
        for times in range(1, 8):
            on.phones.answers = [TOO_FAST]
            await on.run()
            assert (await on.tally(id)).waiting == 1
            on.clock.advance(seconds=5)
            assert len(on.phones.sent) == times
        await on.run()
        assert (await on.tally(id)).sent == 1
        assert (await on.campaign(id)).faults_in_row == 0


async def test_a_number_that_was_slowed_down_gets_back_to_its_speed(tmp_path: Path) -> None:
    async with cloud_world(tmp_path) as on:
        await on.change(ceiling=80.0)

        async def seconds_for(people: int, first: int) -> float:
            begun = on.clock.now()
            await on.sending(people, first=first)
            await on.run()
            return (on.clock.now() - begun).total_seconds()

        on.phones.answers = [TOO_FAST]
        slowed = await seconds_for(80, 0)
        on.clock.advance(minutes=2)
        recovered = await seconds_for(80, 100)
        assert recovered < 1.2 < 1.5 < slowed


async def test_too_much_to_one_person_holds_up_nobody_else(tmp_path: Path) -> None:
    async with cloud_world(tmp_path) as on:
        id = await on.sending(3)
        on.phones.answers = [Rejected("pair_too_fast", can_retry=True)]
        await on.run()
        tally = await on.tally(id)
        assert (tally.sent, tally.waiting, len(on.numbers)) == (2, 1, 3)
        on.clock.advance(seconds=31)
        await on.run()
        assert (await on.tally(id)).sent == 3


async def test_a_burst_to_one_person_is_spread_before_whatsapp_refuses_it(tmp_path: Path) -> None:
    async with cloud_world(tmp_path) as on:
        for _ in range(46):
            await on.sending(1)
        await on.run()
        assert len(on.numbers) == 45
        on.clock.advance(seconds=300)
        await on.run()
        assert len(on.numbers) == 46


async def test_a_token_that_is_refused_stops_everything_and_nobody_is_lost(tmp_path: Path) -> None:
    async with cloud_world(tmp_path) as on:
        await on.change(ceiling=80.0)
        id = await on.sending(40)
        on.phones.answers = [Accepted("w1"), TOKEN_REFUSED]
        await on.run()
        campaign, tally = await on.campaign(id), await on.tally(id)
        assert (campaign.state, campaign.pause_reason) == (CampaignState.PAUSED, PauseReason.TOKEN)
        assert tally.in_flight == tally.failed == tally.unknown == 0
        assert tally.sent + tally.waiting == 40
        async with on.store.read() as unit:
            account = await unit.accounts.account(on.account)
        assert (account.state, account.state_reason) == (AccountState.RESTRICTED, "token_refused")
        assert (await on.cloud()).token_state is TokenState.REFUSED
        [told] = on.heard.events
        assert isinstance(told, AccountChanged) and [one.id for one in told.paused] == [id]


async def test_a_template_that_is_paused_in_the_middle_pauses_its_campaigns_and_no_other(
    tmp_path: Path,
) -> None:
    async with cloud_world(tmp_path) as on:
        await on.change(ceiling=80.0)
        id = await on.sending(40)
        async with on.store.write() as unit:
            await unit.cloud.people_wrote(on.account, [(number_of(100), NOW)])
            await unit.commit()
        other = await on.sending(1, first=100, template=None, text="Hello")
        on.phones.answers = [Accepted("w1"), TEMPLATE_PAUSED]
        await on.run()
        campaign, tally = await on.campaign(id), await on.tally(id)
        assert (campaign.state, campaign.pause_reason) == (CampaignState.PAUSED, PauseReason.TEMPLATE)
        assert tally.in_flight == tally.failed == 0 and tally.sent + tally.waiting == 40
        assert (await on.template()).status is TemplateStatus.PAUSED
        assert (await on.campaign(other)).state is CampaignState.COMPLETED
        assert [type(event) for event in on.heard.events].count(CampaignPaused) == 1


@pytest.mark.parametrize("change", [{"quality": Quality.RED}, {"status": TemplateStatus.DISABLED}])
async def test_a_template_that_may_not_be_sent_is_not_even_tried(
    tmp_path: Path, change: dict[str, object]
) -> None:
    async with cloud_world(tmp_path) as on:
        id = await on.sending(3)
        await on.template_is(**change)
        await on.run()
        assert on.numbers == []
        campaign = await on.campaign(id)
        assert (campaign.state, campaign.pause_reason) == (CampaignState.PAUSED, PauseReason.TEMPLATE)
        assert on.heard.events == [CampaignPaused(campaign=campaign, reason=PauseReason.TEMPLATE)]


async def test_who_stopped_marketing_at_whatsapp_has_said_stop_once(tmp_path: Path) -> None:
    async with cloud_world(tmp_path) as on:
        id = await on.sending(2)
        on.phones.answers = [Rejected("stopped_marketing", can_retry=False)]
        await on.run()
        stopped = on.numbers[0]
        async with on.store.read() as unit:
            person = await unit.contacts.by_number(on.space, stopped)
            assert person is not None and person.consent is Consent.REVOKED
            events = len(await unit.contacts.consent_events(person.id))
        assert (await on.tally(id)).failed == 1
        told = ChannelEvent(
            effect=Effect.REVOKE_CONSENT, remote=REMOTE, code=131050, reason="stopped_marketing",
            key=on.phones.sent[0].key,
        )  # fmt: skip
        await on.effects.happened(told)
        async with on.store.read() as unit:
            assert len(await unit.contacts.consent_events(person.id)) == events


async def test_a_key_of_another_workspace_tells_nobody_whose_it_is(tmp_path: Path) -> None:
    async with cloud_world(tmp_path) as on:
        await on.sending(1)
        await on.run()
        async with on.store.write() as unit:
            elsewhere = await a_workspace(unit)
            await a_cloud_account(unit, elsewhere, remote="999", number="+447700900999")
            await unit.commit()
        forged = ChannelEvent(
            effect=Effect.REVOKE_CONSENT, remote="999", code=131050, reason="stopped_marketing",
            key=on.phones.sent[0].key,
        )  # fmt: skip
        await on.effects.happened(forged)
        async with on.store.read() as unit:
            assert await unit.contacts.by_number(elsewhere, on.numbers[0]) is None
            known = await unit.contacts.by_number(on.space, on.numbers[0])
        assert known is not None and known.consent is Consent.GRANTED


async def test_an_effect_of_a_number_that_is_not_ours_changes_nothing(tmp_path: Path) -> None:
    async with cloud_world(tmp_path) as on:
        for effect in Effect:
            await on.effects.happened(
                ChannelEvent(effect=effect, remote="5", code=1, reason="spam_limited", to="+447700900123")
            )
        assert on.heard.events == []


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


# ---- learning, stopping


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


async def test_halted_it_claims_nothing_more_and_gives_back_what_has_not_left(tmp_path: Path) -> None:
    async with cloud_world(tmp_path) as on:
        await on.change(ceiling=80.0)
        id = await on.sending(100)
        slices = on.slices()

        async def halt() -> None:
            slices.halt()

        on.phones.meanwhile = halt  # type: ignore[method-assign]
        await slices.run(on.account)
        tally = await on.tally(id)
        assert tally.in_flight == 0
        assert tally.sent == len(on.numbers) < 40
        assert tally.sent + tally.waiting == 100
        await on.run()
        assert Counter(on.numbers) == Counter(number_of(n) for n in range(100))


@pytest.mark.parametrize("answers", [[], [TOO_FAST]])
async def test_cancelled_in_the_middle_nobody_is_claimed_any_more_and_nobody_is_left_over(
    tmp_path: Path, answers: list[Rejected]
) -> None:
    """Who is on the way is answered for; who was claimed and is put back, or too fast, is cancelled."""
    async with cloud_world(tmp_path) as on:
        await on.change(ceiling=80.0)
        id = await on.sending(100)
        on.phones.answers = list(answers)

        async def cancel() -> None:
            on.phones.meanwhile = nothing  # type: ignore[method-assign]
            async with on.store.write() as unit:
                campaign = await unit.campaigns.any(id)
                await service.cancel(desk_of(unit), campaign, expected=campaign.version, at=on.clock.now())
                await unit.commit()

        async def nothing() -> None:
            return None

        on.phones.meanwhile = cancel  # type: ignore[method-assign]
        await on.run()
        on.clock.advance(hours=1)
        await on.run()
        tally = await on.tally(id)
        assert (tally.in_flight, tally.left, tally.unknown) == (0, 0, 0)
        assert tally.sent == len(on.numbers) - len(answers) == len(set(on.numbers)) - len(answers)
        assert tally.sent < 40 and tally.sent + tally.cancelled == 100


async def test_answers_that_cannot_be_kept_at_once_are_kept_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with cloud_world(tmp_path) as on:
        await on.change(ceiling=80.0)
        id = await on.sending(100)
        record, times = Recorder.record, 0

        async def full_disk(*what: Any) -> None:
            nonlocal times
            times += 1
            if times <= 2:
                raise OSError("the disk is full")
            await record(*what)

        monkeypatch.setattr(Recorder, "record", full_disk)
        with pytest.raises(OSError, match="the disk is full"):
            await on.run()
        tally = await on.tally(id)
        assert (tally.in_flight, tally.unknown) == (0, 0)
        assert tally.sent == len(on.numbers) < 100
        assert tally.sent + tally.waiting == 100
        await on.run()
        assert Counter(on.numbers) == Counter(number_of(n) for n in range(100))


async def test_an_account_removed_in_the_middle_loses_no_answer(tmp_path: Path) -> None:
    async with cloud_world(tmp_path) as on:
        await on.change(ceiling=80.0)
        id = await on.sending(100)
        gone = False

        async def remove() -> None:
            nonlocal gone
            if not gone:
                gone = True
                async with on.store.write() as unit:
                    await unit.accounts.remove(on.account)
                    await unit.commit()

        on.phones.meanwhile = remove  # type: ignore[method-assign]
        with pytest.raises(NotFound):
            await on.run()
        tally = await on.tally(id)
        assert tally.in_flight == 0
        assert tally.sent == len(on.numbers)


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
        pour, campaign = on.slices().pour(account), await on.campaign(await on.sending(1))
        assert pour._may_claim(NOW)
        claim = Claim(
            key=AttemptKey("k"), recipient_id=RecipientId(1), campaign_id=campaign.id,
            contact_id=ContactId(1), number=number_of(0), name="",
        )  # fmt: skip
        for _ in range(MOST_UNRECORDED):
            pour._answers.put_nowait((campaign, (claim, Accepted("w"))))
        assert not pour._may_claim(NOW)
