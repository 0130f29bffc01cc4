"""What somebody new to it stumbled over, once each."""

import asyncio
import os
import re
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from bot.screens.link_country import the_zone
from bot.tour import picture
from domain.accounts.model import AccountState, Channel
from domain.campaigns import template
from domain.campaigns.start import Start
from domain.operators.model import Role
from domain.pacing.rules import Caps
from domain.scheduler.timers import desk_of
from tests.chat.shop import enter, open_shop
from tests.chat.stage import STRANGER, link, register, stage
from tests.chat.team_chat import add
from tests.fakes.stores import NOW


async def test_a_blank_that_nobody_has_any_more_stops_the_start(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        shop = await open_shop(on)
        draft = await shop.draft(text="Your {Favourite} is ready")
        async with on.store.write() as unit:
            with pytest.raises(template.UnknownField):
                await Start(caps=Caps()).run(desk_of(unit), draft, expected=draft.version, at=on.clock.now())
            named = replace(draft, text="Hello {name}")
            saved = await unit.campaigns.save(named, expected=draft.version)
            await Start(caps=Caps()).run(desk_of(unit), saved, expected=saved.version, at=on.clock.now())


async def test_a_picture_sent_before_the_text_is_kept(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await open_shop(on)
        async with on.running():
            chat = on.ayse
            await chat.say("/new")
            await chat.tap("everybody")
            await chat.wait_for("The message", fresh=False)
            await chat.upload(picture(), "menu.jpg", kind="photo")
            await chat.wait_for("The attachment is kept")
            await chat.say("Hello {name}")
            await chat.wait_for("photo,")


SHEET = b"name,phone\nElif,+905012345678\n"


async def test_a_spreadsheet_sent_where_an_attachment_is_asked_for_is_asked_about(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        shop = await open_shop(on)
        draft = await shop.draft()
        async with on.running():
            chat = on.ayse
            await chat.say("/campaigns")
            await chat.tap(draft.name)
            await chat.tap("Go on")
            await chat.tap("🖼 Media")
            await chat.wait_for("3 of 7")
            await chat.upload(SHEET, "people.csv")
            asked = await chat.wait_for("looks like a list of people")
            assert [text for text in asked.button_texts if "Back" not in text] == [
                "📥 Import its people", "📎 Send it as attachment"
            ]  # fmt: skip
            assert (await shop.campaign(draft.id)).media is None
            await chat.tap("Send it as attachment")
            await chat.wait_for("With it: people.csv (document, 1 KB)")
            await chat.tap("🖼 Media")
            await chat.wait_for("3 of 7", fresh=False)
            await chat.upload(SHEET, "more.csv")
            await chat.wait_for("more.csv")
            await chat.tap("Import its people")
            await chat.wait_for("The first ones would be", fresh=False)
            media = (await shop.campaign(draft.id)).media
            assert media is not None and media.filename == "people.csv"
            await chat.tap("That's right")
            await chat.tap("They signed up")
            await chat.tap(f"Go on with {draft.name} and use this list")
            await chat.wait_for("1 person can get it")


async def test_a_spreadsheet_sent_where_the_text_is_asked_for_may_be_an_attachment(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await open_shop(on)
        async with on.running():
            chat = on.ayse
            await chat.say("/new")
            await chat.tap("everybody")
            await chat.wait_for("The message", fresh=False)
            await chat.upload(SHEET, "prices.csv")
            await chat.wait_for("looks like a list of people")
            await chat.tap("Send it as attachment")
            await chat.wait_for("The attachment is kept")
            await chat.say("Hello {name}")
            await chat.wait_for("prices.csv")


async def test_the_examples_of_a_time_can_be_typed(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        shop = await open_shop(on)
        draft = await shop.draft()
        async with on.running():
            chat = on.ayse
            await chat.say("/campaigns")
            await chat.tap(draft.name)
            await chat.tap("Go on")
            for nth in range(4):
                await chat.tap("🕘 When")
                await chat.wait_for("6 of 7", fresh=False)
                await chat.tap("At…")
                asked = await chat.wait_for("Type the time")
                said = asked.words.partition("for example ")[2].partition(".")[0]
                await chat.say(re.split(", | or ", said)[nth])
                await chat.wait_for(lambda m: "✅ Schedule" in m.button_texts)


async def test_a_draft_takes_the_name_of_its_list(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        shop = await open_shop(on)
        async with on.running():
            await on.ayse.say("/new")
            chat = on.ayse
            await chat.tap("everybody")
            await chat.wait_for("The message", fresh=False)
        async with on.store.read() as unit:
            made, _ = await unit.campaigns.of_workspace(shop.space)
        assert [campaign.name for campaign in made] == ["everybody"]


async def test_the_first_linked_number_says_where_the_desk_is(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        chat = on.ayse
        await register(chat)
        await link(chat)
        async with on.store.read() as unit:
            [space] = await unit.operators.workspaces()
            log, _ = await unit.activity.list(space.id)
        assert (space.country, space.zone) == ("GB", "Europe/London")
        line = next(one for one in log if one.what == "account.linked")
        assert line.after == {"country": "GB", "zone": "Europe/London"}
        shown = await chat.wait_for("connected", fresh=False)
        assert "· simulated · connected" in shown.words and "Simulated" not in shown.words
        assert "🕘 Time zone" not in shown.button_texts


async def test_whoever_links_the_first_number_is_told_where_they_are_taken_to_be(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        chat = on.ayse
        await register(chat)
        await chat.say("/link")
        await chat.tap("Link a simulated number")
        told = await chat.wait_for("Numbers without a country code are taken as", fresh=False)
        assert "United Kingdom (GB)" in told.words and "Europe/London" in told.words


@pytest.mark.parametrize("chosen", ["TR", "US"])
async def test_a_country_that_somebody_named_stays_when_a_number_of_another_is_linked(
    tmp_path: Path, chosen: str
) -> None:
    """US is what a new desk begins with: naming it is a choice too."""
    async with stage(tmp_path) as on, on.running():
        chat = on.ayse
        await register(chat)
        await chat.say("/settings")
        await chat.tap("🌍 Country")
        await chat.wait_for("Type a country")
        await chat.say(chosen)
        await chat.wait_for(lambda m: "Saved" in m.words or "It is so already" in m.words)
        await link(chat)
        async with on.store.read() as unit:
            [space] = await unit.operators.workspaces()
        zone = {"TR": "Europe/Istanbul", "US": "UTC"}[chosen]
        assert (space.country, space.zone) == (chosen, zone)


async def test_a_country_with_several_clocks_is_asked_for_its_zone(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        shop = await open_shop(on)
        async with on.store.write() as unit:
            space = await unit.operators.workspace(shop.space)
            await unit.operators.update_workspace(replace(space, country="ES", zone="UTC"))
            await unit.accounts.create(
                workspace_id=shop.space, channel=Channel.WEB, number="+34612345678", name="", remote="web-1",
                state=AccountState.CONNECTED, at=on.clock.now(),
            )  # fmt: skip
            await unit.accounts.remove(shop.account)
            await unit.commit()
        async with on.running():
            chat = on.ayse
            await chat.say("/link")
            await chat.wait_for("Times are shown in UTC")
            await chat.tap("🕘 Time zone")
            await chat.wait_for("Type a city")
            await chat.say("Madrid")
            await chat.wait_for("Time zone: Europe/Madrid")
            await chat.say("/link")
            assert "Times are shown" not in (await chat.wait_for("+34612345678")).words


def test_the_zone_of_a_number_is_told_only_where_it_is_certain() -> None:
    assert the_zone("+905321234567", "TR", now=NOW) == "Europe/Istanbul"
    assert the_zone("+447700900123", "GB", now=NOW) == "Europe/London"
    assert the_zone("+12125550123", "US", now=NOW) == "America/New_York"
    assert the_zone("+34612345678", "ES", now=NOW) is None


async def test_a_viewer_is_told_what_a_viewer_can_do(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        shop = await open_shop(on)
        await add(on, shop.space, STRANGER, Role.VIEWER)
        async with on.running():
            viewer = on.client.chat(STRANGER)
            await enter(viewer)
            await viewer.say("/contacts")
            shown = await viewer.wait_for("can be messaged")
            assert "You can look and search here" in shown.words and "send me a file" not in shown.words
            await viewer.say("Ayşe")
            await viewer.wait_for("To find somebody tap Search")
            await viewer.say("/team")
            told = await viewer.wait_for("Ask an owner")
            assert "/team" not in told.words
            await viewer.say("/dev_reset")
            told = await viewer.wait_for("That is for owners, and you are a viewer here")
            assert "Money" not in told.words
            await viewer.say("/help")
            told = await viewer.wait_for("you see everything, and change nothing")
            assert "/new" not in told.words and "Send me a file" not in told.words


async def test_a_text_typed_at_the_contacts_is_pointed_to_add_one(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await open_shop(on)
        async with on.running():
            chat = on.ayse
            await enter(chat)
            await chat.say("/contacts")
            await chat.wait_for("can be messaged")
            await chat.say("+90 501 234 56 78 Elif")
            told = await chat.wait_for("To add somebody tap Add one")
            assert "➕ Add one" in told.button_texts


async def test_a_number_that_no_phone_has_is_not_told_to_lack_its_country(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await open_shop(on)
        async with on.running():
            chat = on.ayse
            await enter(chat)
            await chat.say("/contacts")
            await chat.tap("Add one")
            await chat.wait_for("Type a phone number")
            await chat.say("+44 7700 900123")
            told = await chat.wait_for("“+44 7700 900123” is not a possible number")
            assert "without a country code" not in told.words.partition("Add one")[0]


async def test_a_setting_that_stays_as_it_is_is_not_noted(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        shop = await open_shop(on)
        async with on.store.read() as unit:
            zone = (await unit.operators.workspace(shop.space)).zone
        async with on.running():
            chat = on.ayse
            await enter(chat)
            await chat.say("/settings")
            await chat.tap("Time zone")
            await chat.wait_for("Type a city")
            await chat.say(zone)
            await chat.wait_for("It is so already")
        async with on.store.read() as unit:
            log, _ = await unit.activity.list(shop.space)
        assert "settings.zone" not in [line.what for line in log]


async def test_the_demo_stays_up_without_a_terminal_until_it_is_stopped(tmp_path: Path) -> None:
    async with a_demo(tmp_path, {}) as demo:
        assert demo.stdout is not None
        said = ""
        while "The demo stays up" not in said:
            line = await demo.stdout.readline()
            assert line, said
            said += line.decode()
        url = next(word for word in said.split() if word.startswith("http"))
        async with httpx.AsyncClient(trust_env=False) as client:
            assert (await client.get(url)).is_success
            demo.terminate()
            assert b"Bye." in await demo.stdout.read()
            assert await demo.wait() == 0
            with pytest.raises(httpx.ConnectError):
                await client.get(url)


async def test_in_ci_the_demo_ends_by_itself_and_says_why(tmp_path: Path) -> None:
    async with a_demo(tmp_path, {"CI": "true"}) as demo:
        said, _ = await demo.communicate()
    assert demo.returncode == 0
    assert "CI is set, so the demo ends here." in said.decode()


@asynccontextmanager
async def a_demo(folder: Path, more: Mapping[str, str]) -> AsyncIterator[asyncio.subprocess.Process]:
    """Without the tour, with nothing to type into and its output piped."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environ = {name: value for name, value in os.environ.items() if name != "CI"}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "demo", "--no-tour", f"--port={port}", f"--folder={folder / 'demo'}",
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, env={**environ, **more},
    )  # fmt: skip
    try:
        async with asyncio.timeout(90):
            yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def test_a_busy_port_is_said_before_anything_starts(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", "demo", "--port", str(port), "--folder", str(tmp_path / "demo"),
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        said, _ = await process.communicate()
    assert process.returncode == 1
    assert f"Port {port} is in use" in said.decode()
    assert not (tmp_path / "demo").exists()


async def test_a_number_that_is_refused_is_answered_with_one_of_the_same_country(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        chat = on.ayse
        await register(chat)
        await link(chat)
        await chat.say("/contacts")
        await chat.tap("Add one")
        asked = await chat.wait_for("Type a phone number")
        assert "+44 7400 123456" in asked.words
        await chat.say("12")
        told = await chat.wait_for("too short")
        assert "+44 7400 123456" in told.words and "+90" not in told.words


async def test_whoever_has_no_number_yet_is_led_to_where_one_is_linked(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        chat = on.ayse
        await register(chat)
        await chat.say("/status")
        await chat.wait_for("WhatsApp Web workers")
        await chat.say("/new")
        told = await chat.wait_for("Link a WhatsApp number first")
        assert "📱 Link WhatsApp Web" in told.button_texts
