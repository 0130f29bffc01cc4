"""Sending over the official channel: what a refusal leads to."""

from pathlib import Path

import pytest

from domain.accounts.model import AccountState
from domain.campaigns.model import CampaignState, PauseReason
from domain.contacts.model import Consent
from domain.delivery.channel import ChannelEvent, Effect
from domain.delivery.cloud_accounts import TokenState
from domain.delivery.ports import Accepted, Fault, Rejected
from domain.delivery.templates import TemplateStatus
from domain.pacing.channel_limits import Quality
from domain.scheduler.events import AccountChanged, CampaignPaused
from tests.fakes.cloud import REMOTE, a_cloud_account
from tests.fakes.stores import NOW, a_workspace, number_of
from tests.unit.scheduler.cloud_world import cloud_world

TOKEN_REFUSED = Rejected("token_refused", can_retry=True, fault=Fault.RESTRICTION)
TOO_FAST = Rejected("too_fast", can_retry=True)
TEMPLATE_PAUSED = Rejected("template_paused", can_retry=True, fault=Fault.ACCOUNT)


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
