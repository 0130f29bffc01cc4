"""An official number is added in the chat: its id, its token, its business account."""

from pathlib import Path

import pytest

from bot.chat.codec import Press
from tests.chat.drawn import labels
from tests.chat.official import official

APP_SECRET = "0123456789abcdef0123456789ABCDEF"


async def test_a_number_is_added_by_its_id_and_token_and_shown_with_its_name_quality_and_limit(
    tmp_path: Path,
) -> None:
    async with official(tmp_path) as on:
        await on.ayse.command("link")
        view = await on.ayse.tap("Add a Cloud API number")
        assert "1 of 2" in view.text and "106540352242922" in view.text
        view = await on.ayse.type(on.remote)
        assert "2 of 2" in view.text and "whatsapp_business_messaging" in view.text
        view = await on.ayse.type(on.token)
        account, cloud = await on.account()
        assert await on.ayse.at() == "cloud"
        assert "is connected" in str((await on.ayse.panel()).args["note"])
        for words in (account.number, "Ada's Flowers", "green", "no limit", "accepted"):
            assert words in view.text
        assert "up to 1,000 messages a second (raised by WhatsApp)" in view.text
        assert "Templates: 2 of 2 approved" in view.text
        assert on.token.encode() not in cloud.token
        view = await on.ayse.command("link")
        assert f"🩺 {account.number}" in labels(view)
        assert not any("again" in label for label in labels(view) if account.number in label)


async def test_what_is_wrong_with_an_id_or_a_token_is_said_and_asked_for_again(tmp_path: Path) -> None:
    async with official(tmp_path) as on:
        await on.ayse.press(Press(action="cloud.add"))
        for wrong in ("my number", "12", "EAAG"):
            await on.ayse.type(wrong)
            assert on.ayse.refused is not None
            assert "That is no Phone number ID. It is digits only" in on.ayse.refused
            assert wrong not in on.ayse.refused.replace("106540352242922", "")
        await on.ayse.type("+44 20 7946 0000")
        assert on.ayse.refused is not None
        assert "The <i>Phone number ID</i> is another number" in on.ayse.refused
        await on.ayse.type(on.remote)
        for wrong in ("hello", "999", "", f"{on.token} or {on.token}x"):
            await on.ayse.type(wrong)
            assert on.ayse.refused is not None
            assert "That is no access token" in on.ayse.refused and on.token not in on.ayse.refused
        lame = await on.whatsapp.control("POST", "tokens", {"scopes": ["whatsapp_business_management"]})
        for wrong, why in (
            ("EAA" + "x" * 60, "does not accept this access token"),
            (lame["token"], "lacks whatsapp_business_messaging"),
        ):
            view = await on.ayse.type(wrong)
            assert why in await on.ayse.said() and wrong not in await on.ayse.said()
            assert "2 of 2" in view.text and on.remote in view.text
        await on.ayse.type(on.token)
        assert await on.ayse.at() == "cloud"


@pytest.mark.parametrize("sentence", ["my id is {} thanks", "“{}”", "ID: {}."])
async def test_an_id_and_a_token_are_taken_out_of_the_words_around_them(
    tmp_path: Path, sentence: str
) -> None:
    async with official(tmp_path) as on:
        await on.ayse.press(Press(action="cloud.add"))
        view = await on.ayse.type(sentence.format(on.remote))
        assert "2 of 2" in view.text and f"<code>{on.remote}</code>" in view.text
        await on.ayse.type(sentence.format(on.token))
        assert await on.ayse.at() == "cloud"


async def test_an_id_that_whatsapp_does_not_know_is_asked_for_again_while_the_token_waits(
    tmp_path: Path,
) -> None:
    async with official(tmp_path) as on:
        await on.ayse.press(Press(action="cloud.add"))
        await on.ayse.type("999999999999999")
        view = await on.ayse.type(on.token)
        assert "“999999999999999”" in await on.ayse.said()
        assert "I keep the access token meanwhile" in await on.ayse.said()
        assert "1 of 2" in view.text
        prompt = await on.ayse.prompt()
        assert prompt.kind == "cloud.id"
        assert on.token not in str(prompt) + str(await on.ayse.panel())
        await on.ayse.type("888888888888888")
        assert "“888888888888888”" in await on.ayse.said()
        await on.ayse.type(on.remote)
        assert await on.ayse.at() == "cloud"
        assert (await on.account())[0].remote == on.remote


async def test_another_id_may_be_given_where_the_token_is_asked_for(tmp_path: Path) -> None:
    async with official(tmp_path) as on:
        await on.ayse.press(Press(action="cloud.add"))
        await on.ayse.type("999999999999999")
        view = await on.ayse.type(on.remote)
        assert f"The Phone number ID is {on.remote} now." in await on.ayse.said()
        assert "2 of 2" in view.text and f"<code>{on.remote}</code>" in view.text
        await on.ayse.type(on.token)
        assert await on.ayse.at() == "cloud"


async def test_a_token_that_comes_first_is_kept_until_the_id_is_there(tmp_path: Path) -> None:
    async with official(tmp_path) as on:
        await on.ayse.press(Press(action="cloud.add"))
        for token in ("whatever-long-word-this-may-be-0123", on.token):
            view = await on.ayse.type(f"it is {token} I think")
            assert "1 of 2" in view.text
            assert "Now I need the Phone number ID" in await on.ayse.said()
            assert token not in str(await on.ayse.prompt()) + str(await on.ayse.panel())
        await on.ayse.type(on.remote)
        assert await on.ayse.at() == "cloud"


async def test_a_token_that_came_first_and_is_refused_is_asked_for_with_the_id_known(tmp_path: Path) -> None:
    async with official(tmp_path) as on:
        await on.ayse.press(Press(action="cloud.add"))
        await on.ayse.type("EAA" + "x" * 60)
        view = await on.ayse.type(on.remote)
        assert "does not accept this access token" in await on.ayse.said()
        assert "2 of 2" in view.text and on.remote in view.text
        await on.ayse.type(on.token)
        assert await on.ayse.at() == "cloud"


async def test_id_and_token_in_one_message_add_the_number(tmp_path: Path) -> None:
    async with official(tmp_path) as on:
        await on.ayse.press(Press(action="cloud.add"))
        await on.ayse.type(f"id {on.remote}\ntoken {on.token}")
        assert await on.ayse.at() == "cloud"


async def test_a_token_of_another_business_is_no_new_token_of_a_number(tmp_path: Path) -> None:
    async with official(tmp_path) as on:
        account, _ = await on.add()
        other = await on.whatsapp.control("POST", "tokens", {"wabas": ["123456789012345"]})
        await on.ayse.press(Press(action="cloud.token", id=account.id))
        await on.ayse.type(on.remote)
        assert on.ayse.refused is not None and "That is no access token" in on.ayse.refused
        await on.ayse.type(other["token"])
        assert on.ayse.refused is not None
        assert f"it may not use {account.number}" in on.ayse.refused


async def test_whatsapp_away_is_said_and_nothing_is_kept(tmp_path: Path) -> None:
    async with official(tmp_path) as on:
        await on.ayse.press(Press(action="cloud.add"))
        await on.ayse.type(on.remote)
        await on.whatsapp.control("POST", "faults", {"kind": "error", "status": 503, "on": "graph"})
        await on.ayse.type(on.token)
        assert on.ayse.refused is not None
        assert "does not answer as it should" in on.ayse.refused
        async with on.ayse.store.read() as unit:
            assert len(await unit.accounts.all()) == 1


async def test_the_business_account_is_asked_for_where_whatsapp_does_not_tell_it(tmp_path: Path) -> None:
    async with official(tmp_path) as on:
        await on.whatsapp.control("POST", f"numbers/{on.remote}", {"tells_waba": False})
        await on.ayse.press(Press(action="cloud.add"))
        await on.ayse.type(on.remote)
        view = await on.ayse.type(on.token)
        assert "WhatsApp Business Account ID" in view.text
        assert (await on.account())[1].waba_id == ""
        await on.ayse.tap("Back")
        view = await on.ayse.look()
        assert "the business account is not known" in view.text
        await on.ayse.tap("Business account")
        for wrong, why in (
            ("Ada", "That is no WhatsApp Business Account ID"),
            (on.token, "That is no WhatsApp Business Account ID"),
            ("123456789012345", "knows no business account “123456789012345”"),
        ):
            await on.ayse.type(wrong)
            assert on.ayse.refused is not None
            assert why in on.ayse.refused and on.token not in on.ayse.refused
        view = await on.ayse.type(f"It is {on.whatsapp.account['waba_id']}.")
        assert "Templates: 2 of 2 approved" in view.text
        assert "🏢 Business account" not in labels(view)
