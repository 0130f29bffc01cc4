"""An official number in the chat: how it stands, its webhook, its templates."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.chat.codec import Press
from domain.accounts.model import AccountState
from domain.delivery.cloud_accounts import TokenState
from domain.kernel.ids import AccountId
from domain.pacing.channel_limits import PeopleLimit
from tests.chat.campaign_parts import list_of
from tests.chat.drawn import labels
from tests.chat.official import HOOK, VERIFY, Official, official
from tests.fakes.stores import NOW

APP_SECRET = "0123456789abcdef0123456789ABCDEF"


async def test_a_refresh_shows_the_limit_the_quality_and_how_much_is_used(tmp_path: Path) -> None:
    async with official(tmp_path) as on:
        account, _ = await on.add()
        change = {"quality": "YELLOW", "messaging_limit": 2000, "throughput": 80}
        await on.whatsapp.control("POST", f"numbers/{on.remote}", change)
        async with on.ayse.store.write() as unit:
            await unit.cloud.count_people(account.id, ["+905300000001", "+905300000002"], at=NOW)
            await unit.commit()
        view = await on.ayse.tap("Refresh")
        assert on.ayse.toast == "This is how it stands now."
        assert "🟡 yellow" in view.text
        assert "2 of 2,000 in the last 24 hours" in view.text
        assert "up to 80 messages a second" in view.text
        [yellow, limit] = await on.notices()
        assert "now rates +442079460000 yellow" in yellow
        assert "2,000 people (before: as many people as you like)" in limit
        await on.whatsapp.control("POST", f"numbers/{on.remote}", {"quality": "RED"})
        await on.ayse.tap("Refresh")
        assert any("rates +442079460000 red" in text for text in await on.notices())


async def test_a_token_that_was_taken_back_is_told_and_a_new_one_connects_the_number_again(
    tmp_path: Path,
) -> None:
    async with official(tmp_path) as on:
        await on.add()
        fresh = (await on.whatsapp.control("POST", f"tokens/{on.token}/rotate"))["token"]
        await on.ayse.tap("Refresh")
        assert on.ayse.refused is not None
        assert "does not accept this access token" in on.ayse.refused
        view = await on.ayse.look()
        assert "restricted by WhatsApp: WhatsApp did not accept the access token" in view.text
        assert "not accepted since 12:00" in view.text
        [told] = await on.notices()
        assert "does not accept the access token of +442079460000 any more" in told
        assert "tap <b>🔑 New token</b> below and send it" in told
        view = await on.ayse.tap("New token")
        assert f"<code>{on.remote}</code>" in view.text
        await on.ayse.type(fresh)
        account, cloud = await on.account()
        assert (account.state, cloud.token_state) == (AccountState.CONNECTED, TokenState.GOOD)
        assert "accepts the new token" in str((await on.ayse.panel()).args["note"])
        assert "Access token: accepted" in (await on.ayse.look()).text


async def test_what_to_enter_at_meta_is_shown_and_the_app_secret_is_asked_for(tmp_path: Path) -> None:
    async with official(tmp_path) as on:
        account, _ = await on.add()
        view = await on.ayse.tap("Webhook")
        assert f"<code>{HOOK}</code>" in view.text
        assert "say the word &amp; more" in view.text and VERIFY == "say the word & more"
        assert "the app secret is missing" in view.text
        await on.ayse.tap("Give the app secret")
        await on.ayse.type("my secret")
        assert on.ayse.refused is not None
        assert "is no app secret" in on.ayse.refused and "my secret" not in on.ayse.refused
        view = await on.ayse.type(APP_SECRET)
        assert "nothing has come in yet, as is normal before the first message" in view.text
        _, cloud = await on.account()
        assert cloud.app_secret is not None and APP_SECRET.encode() not in cloud.app_secret
        async with on.ayse.store.write() as unit:
            await unit.cloud.heard([on.remote], at=NOW + timedelta(minutes=5))
            await unit.commit()
        view = await on.ayse.tap("Refresh")
        assert "set up, last heard at 12:05" in view.text
        assert "last heard at 12:05" in (await on.ayse.press(Press(action="cloud", id=account.id))).text


async def test_a_desk_without_a_public_address_says_what_is_missing(tmp_path: Path) -> None:
    async with official(tmp_path, url=None) as on:
        await on.add()
        view = await on.ayse.look()
        assert "this desk has no public address" in view.text
        view = await on.ayse.tap("Webhook")
        assert "<code>WEBHOOK_URL</code>" in view.text
        assert labels(view) == ["⬅ Back"]


async def test_whatsapp_that_tells_little_is_shown_as_it_is(tmp_path: Path) -> None:
    async with official(tmp_path) as on:
        account, cloud = await on.add()
        async with on.ayse.store.write() as unit:
            await unit.cloud.save(replace(cloud, people=None))
            await unit.commit()
        assert "does not say how many it may be" in (await on.ayse.look()).text
        async with on.ayse.store.write() as unit:
            limited = PeopleLimit(people=250)
            await unit.cloud.save(replace(cloud, people=limited))
            await unit.accounts.set_state(account.id, AccountState.RESTRICTED, reason="spam_limited", at=NOW)
            await unit.commit()
        view = await on.ayse.look()
        assert "0 of 250" in view.text
        assert "restricted by WhatsApp: WhatsApp limits the number" in view.text


async def test_messages_about_which_nothing_comes_back_are_told_once_with_the_way_to_the_webhook(
    tmp_path: Path,
) -> None:
    async with official(tmp_path) as on:
        account, _ = await on.add()
        async with on.ayse.store.write() as unit:
            await unit.accounts.count_usage(account.id, 3, at=NOW)
            await unit.commit()
        on.ayse.clock.advance(minutes=14)
        await on.numbers.look()
        assert await on.notices() == []
        on.ayse.clock.advance(minutes=2)
        await on.numbers.look()
        await on.numbers.look()
        [told] = await on.notices()
        assert "its webhook is not set up" in told and "nobody's STOP is heard" in told


async def test_that_nothing_came_in_yet_is_a_warning_only_once_messages_went_out(tmp_path: Path) -> None:
    async with official(tmp_path, app_secret=APP_SECRET) as on:
        account, _ = await on.add()
        async with on.ayse.store.write() as unit:
            await unit.accounts.count_usage(account.id, 3, at=NOW)
            await unit.commit()
        assert "Webhook: nothing has come in yet, as is normal" in (await on.ayse.look()).text
        on.ayse.clock.advance(minutes=16)
        assert "Webhook: ⚠️ messages went out, and nothing" in (await on.ayse.look()).text
        view = await on.ayse.tap("Webhook")
        assert "State: ⚠️ messages went out, and nothing" in view.text
        async with on.ayse.store.write() as unit:
            await unit.cloud.heard([on.remote], at=on.ayse.clock.now())
            await unit.commit()
        view = await on.ayse.tap("Refresh")
        assert "set up, last heard at 12:16" in view.text


async def test_a_webhook_that_fell_silent_is_told_too_and_one_that_speaks_is_not(tmp_path: Path) -> None:
    async with official(tmp_path) as on:
        account, _ = await on.add()
        async with on.ayse.store.write() as unit:
            await unit.accounts.count_usage(account.id, 3, at=NOW)
            await unit.cloud.heard([on.remote], at=NOW + timedelta(seconds=2))
            await unit.commit()
        on.ayse.clock.advance(minutes=20)
        await on.numbers.look()
        assert await on.notices() == []
        async with on.ayse.store.write() as unit:
            await unit.accounts.count_usage(account.id, 3, at=on.ayse.clock.now())
            await unit.commit()
        on.ayse.clock.advance(minutes=20)
        await on.numbers.look()
        [told] = await on.notices()
        assert "is not set up, or does not get through" in told


async def test_a_number_that_is_removed_and_added_again_is_not_called_silent_for_what_it_sent_before(
    tmp_path: Path,
) -> None:
    async with official(tmp_path) as on:
        account, _ = await on.add()
        async with on.ayse.store.write() as unit:
            await unit.accounts.count_usage(account.id, 3, at=NOW)
            await unit.cloud.heard([on.remote], at=NOW + timedelta(seconds=2))
            await unit.commit()
        on.ayse.clock.advance(minutes=20)
        await on.ayse.press(Press(action="link.remove", id=account.id))
        await on.ayse.tap("Remove it")
        await on.add()
        for _ in range(3):
            await on.numbers.look()
            assert await on.notices() == []
            on.ayse.clock.advance(minutes=20)
        async with on.ayse.store.write() as unit:
            await unit.accounts.count_usage(account.id, 1, at=on.ayse.clock.now())
            await unit.commit()
        on.ayse.clock.advance(minutes=16)
        await on.numbers.look()
        assert len(await on.notices()) == 1


async def test_a_removed_number_takes_its_secrets_along(tmp_path: Path) -> None:
    async with official(tmp_path) as on:
        account, _ = await on.add()
        await on.ayse.press(Press(action="link.remove", id=account.id))
        await on.ayse.tap("Remove it")
        async with on.ayse.store.read() as unit:
            assert await unit.cloud.account(account.id) is None
        await on.ayse.press(Press(action="cloud", id=account.id))
        assert on.ayse.refused is not None


@pytest.mark.parametrize(
    "action", ["cloud", "cloud.token", "cloud.webhook", "cloud.templates", "cloud.refresh"]
)
async def test_a_number_of_another_channel_has_none_of_it(tmp_path: Path, action: str) -> None:
    async with official(tmp_path) as on:
        await on.ayse.command("link")
        await on.ayse.press(Press(action=action, id=AccountId(on.ayse.account)))
        assert on.ayse.refused == "That is not there any more."


async def shown(on: Official) -> list[str]:
    return [label for label in labels(await on.ayse.look()) if " · " in label]


async def test_templates_are_listed_by_language_and_state_page_by_page(tmp_path: Path) -> None:
    async with official(tmp_path) as on:
        for n in range(9):
            await on.template(f"offer_{n}", language="de" if n % 3 else "tr", status="APPROVED")
        await on.template("refused", status="REJECTED", rejected_reason="INVALID_FORMAT")
        await on.add()
        assert "Templates: 11 of 12 approved" in (await on.ayse.look()).text
        view = await on.ayse.tap("Templates")
        assert "12 templates" in view.text
        assert len(await shown(on)) == 8
        await on.ayse.tap("▶")
        assert len(await shown(on)) == 4
        await on.ayse.tap("🌐 all languages")
        assert len(await shown(on)) == 6 and all("· de" in label for label in await shown(on))
        await on.ayse.tap("🌐 de")
        await on.ayse.tap("🏷 all states")
        assert await shown(on) == ["✅ spring · en", "✅ welcome · en"]
        await on.ayse.tap("🏷 approved")
        assert await shown(on) == ["🚫 refused · en"]
        view = await on.ayse.tap("refused")
        assert "rejected" in view.text
        assert "its blanks or its form are not right" in view.text
        await on.ayse.tap("Back")
        await on.template("late", status="PENDING")
        view = await on.ayse.tap("Refresh")
        assert "13 templates" in view.text


async def test_a_template_is_seen_as_real_people_would_read_it(tmp_path: Path) -> None:
    async with official(tmp_path) as on:
        await on.add()
        await on.ayse.tap("Templates")
        view = await on.ayse.tap("spring")
        assert "Dear {{1}}, everything is {{2}} off." in view.text
        assert "With a picture at its top" in view.text
        view = await on.ayse.tap("See it with real people")
        assert "There is no list yet" in view.text
        await list_of(on.ayse, 2)
        view = await on.ayse.press(
            Press(
                action="cloud.people",
                id=(await on.account())[0].id,
                x=(await on.ayse.panel()).args["template"],
            )
        )
        view = await on.ayse.tap("Customers · 2")
        assert "Dear Person" in view.text and "person 1 of 2" in view.text
        assert "No value for: {{2}}, button “See”" in view.text
        again = await on.ayse.tap("Next person")
        assert again.text != view.text and "person 2 of 2" in again.text
