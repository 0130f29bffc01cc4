"""What somebody new to it stumbled over, once each."""

import asyncio
import socket
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from bot.tour import picture
from domain.campaigns import service, template
from domain.pacing.rules import Caps
from domain.scheduler.timers import desk_of
from tests.chat.shop import open_shop
from tests.chat.stage import link, register, stage


async def test_a_blank_that_nobody_has_any_more_stops_the_start(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        shop = await open_shop(on)
        draft = await shop.draft(text="Your {Favourite} is ready")
        async with on.store.write() as unit:
            with pytest.raises(template.UnknownField):
                await service.Start(caps=Caps()).run(
                    desk_of(unit), draft, expected=draft.version, at=on.clock.now()
                )
            named = replace(draft, text="Hello {name}")
            saved = await unit.campaigns.save(named, expected=draft.version)
            await service.Start(caps=Caps()).run(
                desk_of(unit), saved, expected=saved.version, at=on.clock.now()
            )


async def test_a_picture_sent_before_the_text_is_kept(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await open_shop(on)
        async with on.running():
            chat = on.ayse
            await chat.say("/new")
            await chat.tap("everybody")
            await chat.wait_for("The message", fresh=False)
            await chat.upload(picture(), "menu.jpg", kind="photo")
            await chat.wait_for("The picture is kept")
            await chat.say("Hello {name}")
            await chat.wait_for("photo,")


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
            assert (await unit.operators.workspaces())[0].country == "GB"


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
