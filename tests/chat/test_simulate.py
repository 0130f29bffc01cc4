"""`/simulate`: somebody writes to a number, and it comes the way it always comes."""

from dataclasses import replace
from pathlib import Path
from typing import Final

from domain.operators.model import Role
from tests.chat.shop import enter, open_shop
from tests.chat.stage import STRANGER, Stage, eventually, link, register, stage
from tests.chat.till import joins

PERSON: Final = "+447700900321"

#: What is typed, and what is said to it.
WRONG: Final = [
    ("/simulate nobody Hello", "is not a phone number"),
    (f"/simulate {PERSON}", f"What does {PERSON} write?"),
    ("/simulate +4477 Hello", "too short"),
    ("/simulate 12 Hello", "too short"),
]


async def test_what_is_typed_wrong_is_said_with_an_example_and_nobody_writes(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running():
        chat = on.ayse
        await register(chat)
        await chat.say(f"/simulate {PERSON} Hello")
        await chat.wait_for("no number here that anybody could write to")
        await link(chat)
        for typed, told in WRONG:
            await chat.say(typed)
            await chat.wait_for(told)
        await chat.say("/simulate")
        how = await chat.wait_for("Somebody writes to you")
        assert "/simulate +447400123456 Hello" in how.words and how.button_texts == ["⬅ Back"]
        assert not on.world.book.phones


async def two_linked(on: Stage) -> bool:
    return len(on.world.book.accounts) == 2


async def test_with_several_numbers_it_comes_to_the_default_one_unless_another_is_named(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path) as on, on.running():
        chat = on.ayse
        await register(chat)
        await link(chat)
        await chat.tap("Link a simulated number")
        await eventually(lambda: two_linked(on), "two numbers")
        first, second = [one.number for one in on.world.book.accounts.values()]
        await chat.say(f"/simulate {PERSON} Hello you")
        said = await chat.wait_for(f"{PERSON} has written to {first}")
        assert f"{second} Hello" in said.words
        await chat.say(f"/simulate {PERSON} {second} +49 is my code")
        await chat.wait_for(f"{PERSON} has written to {second}")
        texts = [one.text for one in on.world.book.phones[PERSON].bubbles]
        assert texts == ["Hello you", "+49 is my code"]


async def test_in_production_and_by_who_can_only_look_nobody_is_made_to_write(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        async with on.running():
            shop = await open_shop(on)
            await joins(shop, STRANGER, Role.VIEWER)
            viewer = on.client.chat(STRANGER)
            await viewer.say(f"/simulate {PERSON} Hello")
            await viewer.wait_for(lambda m: "look" in m.words and "simulate" not in m.words)
        real = replace(on, settings=on.settings.model_copy(update={"environment": "production"}))
        async with real.running():
            await enter(on.ayse)
            await on.ayse.say(f"/simulate {PERSON} Hello")
            await on.ayse.wait_for("not offered here")
        assert PERSON not in on.world.book.phones
