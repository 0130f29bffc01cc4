"""Invariant 9, asked of everything there is: a member of one workspace presses every button, answers every
question and opens every screen with the numbers of another's things. Nothing of it is changed, nothing is
shown, and the answer is the one for a number that never was."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final
from zlib import crc32

import pytest
import pytest_asyncio

from bot.chat.codec import Press, base36
from bot.screens.base import Door
from domain.operators.chat import Panel, Prompt
from domain.operators.model import Right
from tests.architecture.bakery import MARK, TAG
from tests.architecture.doors import A_CHOICE, LISTED
from tests.architecture.neighbours import FLORIST, NEVER, OWNER, THEIRS
from tests.architecture.stand_ins import Seen
from tests.architecture.two_desks import Done, TwoDesks, two_desks

TYPED: Final = ("+905321112233 Can", "hello {name}", "8-15", "18:30", "TR")
THEIR_TAG: Final = crc32(TAG.encode())


@pytest_asyncio.fixture
async def on(tmp_path: Path) -> AsyncIterator[TwoDesks]:
    async with two_desks(tmp_path) as desks:
        yield desks


def doors(*kinds: Door) -> list[tuple[Door, str]]:
    """Open to an owner: the florist is one."""
    return [key for key, right in LISTED.items() if key[0] in kinds and right is not Right.ADMIN]


def blind(seen: Seen, *ids: int) -> Seen:
    """Without the numbers that were asked for, which a Back button may carry."""
    asked = {base36(id) for id in ids}

    def without(data: str) -> str:
        return "|".join("?" if part in asked else part for part in data.split("|"))

    rows = tuple(tuple((label, without(data)) for label, data in row) for row in seen.buttons)
    return replace(seen, buttons=rows)


async def tells_nothing(
    do: Callable[[int], Awaitable[Done]], what: object, ids: Sequence[int] = THEIRS, *, choice: bool = False
) -> None:
    """The desk itself looks whether something of theirs was changed (two_desks.py)."""
    never = await do(NEVER)
    for id in (*ids, THEIR_TAG):
        done = await do(id)
        shown = done.seen.everything.casefold().replace(TAG, "")
        assert MARK not in shown, f"{what} shows {id} of another workspace"
        if not choice:
            same = (done.changed, done.screen) == (never.changed, never.screen)
            assert same, f"{what} tells that {id} is there"
            assert blind(done.seen, id, NEVER) == blind(never.seen, id, NEVER), (
                f"{what} tells that {id} is there"
            )


async def test_a_button_with_anothers_number_is_one_with_a_number_that_never_was(on: TwoDesks) -> None:
    for _, name in doors(Door.ACTION):
        rev = 3 if name.startswith(("cp.", "dr.")) else 2

        async def tap(id: int, name: str = name, rev: int = rev) -> Done:
            return await on.tap(FLORIST, Press(action=name, id=id, rev=rev))

        await tells_nothing(tap, name, choice=name in A_CHOICE)


async def test_a_choice_of_anothers_for_ones_own_campaign_is_refused(on: TwoDesks) -> None:
    """A button's third number may name a list, a tag, an account: here theirs, on the florist's own draft."""
    draft = await on.draft_of(on.florist)
    for _, name in doors(Door.ACTION):
        if name.startswith("dr."):

            async def tap(x: int, name: str = name) -> Done:
                press = Press(action=name, id=int(draft.id), rev=draft.version, x=x)
                return await on.tap(FLORIST, press)

            packed = [x * 2 for x in (*THEIRS[:4], THEIR_TAG)]
            await tells_nothing(tap, name, [*THEIRS[:4], *packed], choice=True)


async def test_an_answer_about_anothers_thing_is_one_about_what_never_was(on: TwoDesks) -> None:
    for door, kind in doors(Door.TEXT, Door.FILE):
        for text in TYPED if door is Door.TEXT else ("",):

            async def answer(id: int, kind: str = kind, text: str = text) -> Done:
                prompt = Prompt(chat_id=FLORIST, kind=kind, args={"id": id, "waiting": 3})
                if text:
                    return await on.write(FLORIST, text, prompt=prompt)
                return await on.send(FLORIST, "photo", prompt=prompt)

            await tells_nothing(answer, (kind, text), THEIRS[:2])


async def test_a_screen_of_anothers_thing_is_not_drawn(on: TwoDesks) -> None:
    """A panel that stands in the chat from when they belonged there."""
    for _, name in doors(Door.SCREEN):
        await tells_nothing(lambda id, name=name: on.look(FLORIST, name, id), name)  # type: ignore[misc]


async def test_every_screen_is_really_tried(on: TwoDesks) -> None:
    """Their own member sees each of them under one of these numbers; what cannot be drawn leads home."""
    home = (await on.look(OWNER, "home")).seen
    drawn = {"home"}
    for _, name in doors(Door.SCREEN):
        for id in THEIRS:
            if (await on.look(OWNER, name, id)).seen != home:
                drawn.add(name)
                break
    assert {name for _, name in doors(Door.SCREEN)} - drawn == set()


async def test_a_button_on_anothers_panel_tells_nothing(on: TwoDesks) -> None:
    """Some actions go by what the panel shows: here something of theirs."""
    came = {"id": 1, "from": {"screen": "contact", "args": {"id": 1}}}
    at = Panel(chat_id=FLORIST, telegram_id=FLORIST, screen="contact", args=came, message_id=50)
    for _, name in doors(Door.ACTION):
        done = await on.tap(FLORIST, Press(action=name, id=1, rev=3), at=at)
        shown = done.seen.everything.casefold().replace(TAG, "")
        assert MARK not in shown, f"{name} shows another workspace's"


async def test_the_check_would_see_a_leak(on: TwoDesks) -> None:
    """The same by their own member is seen to change and to show things."""
    done = await on.tap(OWNER, Press(action="ls.delete.do", id=2))
    assert "contact_lists" in done.changed
    assert MARK in (await on.tap(OWNER, Press(action="ls.open", id=1))).seen.everything
    with pytest.raises(AssertionError, match=r"of another workspace|took from another"):
        await on.tap(OWNER, Press(action="ls.delete.do", id=2), watch=True)
    with pytest.raises(AssertionError, match="shows"):
        await tells_nothing(lambda id: on.tap(OWNER, Press(action="ls.open", id=id)), "ls.open")
    with pytest.raises(AssertionError, match="tells that"):
        await tells_nothing(lambda id: on.tap(FLORIST, Press(action="campaigns", id=id)), "campaigns")
