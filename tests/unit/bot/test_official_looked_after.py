"""Official numbers looked after: stopped and brought back, and what changed about them told."""

from pathlib import Path

import pytest

from bot.cloud_numbers import REFRESH_EVERY
from domain.accounts.model import AccountState
from domain.campaigns.model import CampaignState, PauseReason
from domain.delivery.cloud_account import CloudTokenRefused
from domain.delivery.cloud_accounts import TokenState
from domain.scheduler.events import AccountChanged, CloudNumberChanged, TemplateChanged
from tests.unit.bot.official_office import office


async def test_a_revoked_token_is_noticed_and_told_once_naming_what_paused(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        account = await here.add()
        campaign = await here.campaign(account)
        await here.scene.control("DELETE", f"tokens/{here.token}")
        here.on.clock.advance(hours=2)
        for _ in range(3):
            await here.desk.look()
        now, cloud = await here.state(account.id)
        assert (now.is_connected, cloud.token_state) == (False, TokenState.REFUSED)
        assert await here.standing(campaign) == (CampaignState.PAUSED, PauseReason.TOKEN)
        (told,) = here.heard(AccountChanged)
        assert [one.id for one in told.paused] == [campaign]


async def test_a_good_token_brings_a_stopped_number_back(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        account = await here.add()
        campaign = await here.campaign(account)
        fresh = (await here.scene.control("POST", f"tokens/{here.token}/rotate", {}))["token"]
        with pytest.raises(CloudTokenRefused):
            await here.desk.refresh(account.id)
        again = await here.add(fresh)
        assert (again.id, again.state) == (account.id, AccountState.CONNECTED)
        _, cloud = await here.state(account.id)
        assert cloud.token_state is TokenState.GOOD
        assert here.secrets.token(here.id) == fresh
        assert (await here.standing(campaign))[0] is CampaignState.PAUSED, "an operator goes on with it"


async def test_a_token_that_was_refused_by_mistake_is_good_again_by_itself(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        account = await here.add()
        fault = {"kind": "code", "code": 190, "on": "graph", "times": 1}
        await here.scene.control("POST", "faults", fault)
        with pytest.raises(CloudTokenRefused):
            await here.desk.refresh(account.id)
        assert not (await here.state(account.id))[0].is_connected
        await here.desk.refresh(account.id)
        assert (await here.state(account.id))[0].is_connected
        assert [one.account.state for one in here.heard(AccountChanged)] == [
            AccountState.RESTRICTED,
            AccountState.CONNECTED,
        ]


async def test_looking_does_not_bring_back_what_whatsapp_restricted(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        account = await here.add()
        async with here.on.store.write() as unit:
            await unit.accounts.set_state(
                account.id, AccountState.RESTRICTED, reason="spam_limited", at=here.on.clock.now()
            )
            await unit.commit()
        await here.desk.refresh(account.id)
        assert (await here.state(account.id))[0].state is AccountState.RESTRICTED


async def test_an_hour_later_whatsapp_is_asked_anew_and_what_changed_is_told(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        account = await here.add()
        here.asked.clear()
        await here.desk.look()
        assert here.asked == []
        await here.scene.control("POST", f"numbers/{here.id}", {"quality": "YELLOW", "messaging_limit": 250})
        here.on.clock.advance(seconds=REFRESH_EVERY.total_seconds())
        await here.desk.look()
        assert here.asked == [here.id]
        (told,) = here.heard(CloudNumberChanged)
        assert (told.before.quality, told.after.quality) == ("green", "yellow")
        assert told.after.people.people == 250
        await here.desk.look()
        assert here.asked == [here.id]
        here.desk.soon([account.id])
        await here.desk.look()
        assert here.asked == [here.id] * 2


async def test_a_clock_that_was_set_back_does_not_keep_a_number_from_being_asked_about(
    tmp_path: Path,
) -> None:
    async with office(tmp_path) as here:
        await here.add()
        here.asked.clear()
        here.on.clock.advance(days=-30)
        await here.desk.look()
        assert here.asked == [here.id]


async def test_a_template_that_is_gone_or_edited_pauses_what_sends_it(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        account = await here.add()
        async with here.on.store.read() as unit:
            kept = await unit.cloud.templates(here.scene.account["waba_id"])
        welcome = next(one for one in kept if one.name == "welcome")
        campaign = await here.campaign(account, welcome.id)
        edited = [{"type": "BODY", "text": "Welcome {{first_name}}, {{code}} until {{day}}."}]
        await here.scene.control("POST", f"templates/{welcome.id}", {"components": edited})
        await here.desk.refresh(account.id)
        assert await here.standing(campaign) == (CampaignState.PAUSED, PauseReason.TEMPLATE)
        (told,) = here.heard(TemplateChanged)
        assert told.after is not None
        assert [one.id for one in told.paused] == [campaign]


async def test_one_that_is_down_does_not_keep_others_from_being_looked_after(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        account = await here.add()
        await here.scene.control("POST", "faults", {"kind": "error", "on": "graph", "status": 503})
        here.desk.soon([account.id])
        await here.desk.look()
        assert (await here.state(account.id))[0].is_connected
