"""Walks the whole chat: from home, through every button that is drawn and every question that is opened.

Each screen on the way fits Telegram, each button is alive, and at the end nothing was out of reach: every
screen was seen and every action was drawn.
"""

import json
from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any, cast

from bot.chat.codec import LONGEST, Press, decode, encode
from bot.chat.view import LONGEST_TEXT, LONGEST_TOAST, View
from bot.screens.base import (
    ACTIONS,
    COMMANDS,
    FILE_ANSWERS,
    SCREENS,
    TEXT_ANSWERS,
    Act,
    Desk,
    Files,
    Go,
    Scene,
)
from bot.screens.campaign_words import units
from bot.senders import Hints
from bot.texts import refusal
from domain.contacts.ports import ImportState
from domain.kernel.errors import DomainError, NotFound
from domain.operators.chat import Panel
from domain.pacing.rules import Caps
from storage.database import Database
from storage.unit import Unit
from tests.architecture.bakery import MARK, PHOTO, THEIR_CHAT, bakery
from tests.fakes.clock import FakeClock
from tests.fakes.stores import NOW, open_store

#: Shown to people who are not members yet, whom this walk does not play.
FOR_STRANGERS = {"private", "terms"}
TYPED = ("+905321112233 Can", MARK, f"{MARK} {{name}}", "8-15", "23:30", "Turkey", "nobody at all?")
MOST_STEPS = 4000


class Linker:
    async def link(self, name: str) -> tuple[str, str]:
        return "sim-new", "+447700900077"

    async def link_again(self, remote: str) -> None:
        return None


class Walk:
    def __init__(self, store: Database) -> None:
        self.store = store
        self.seen: set[str] = set()
        self.drawn: set[str] = set()
        self.tried: set[tuple[str, str]] = set()
        self.ahead: deque[tuple[str, dict[str, Any], Press | None]] = deque()
        self.steps = 0

    async def scene(self, unit: Unit) -> Scene:
        [member] = await unit.operators.members_of(THEIR_CHAT)
        desk = Desk(
            store=self.store, clock=FakeClock(NOW), rng=Random(1), caps=Caps(a_campaign=3), watcher=Hints(),
            linker=Linker(), files=cast(Files, None), admin_ids=frozenset(), environment="development",
            desk_id="desk",
        )  # fmt: skip
        return Scene(
            desk=desk, unit=unit, chat_id=THEIR_CHAT, telegram_id=THEIR_CHAT, person="Ayşe", now=NOW,
            member=member, home=await unit.operators.workspace(member.workspace_id),
        )  # fmt: skip

    async def all_of_it(self) -> None:
        for name in sorted(COMMANDS):
            await self.step("home", {}, COMMANDS[name], None)
        for id in range(1, len(ImportState) + 1):
            await self.step("home", {}, _file_came(id), None)
        while self.ahead:
            screen, args, press = self.ahead.popleft()
            assert press is not None
            action = ACTIONS[press.action]

            async def tap(scene: Scene) -> Go:
                brought = None if action.before is None else await action.before(scene)  # noqa: B023
                return await action.act(replace(scene, brought=brought))  # noqa: B023

            await self.step(screen, args, tap, press)

    async def step(self, screen: str, args: dict[str, Any], act: Act, press: Press | None) -> None:
        """One thing done, looked at, and undone; what it opens is tried next, from where it leads."""
        self.steps += 1
        assert self.steps < MOST_STEPS, "the walk does not end"
        async with self.store.write() as unit:
            await unit.chat.save_panel(
                Panel(chat_id=THEIR_CHAT, telegram_id=THEIR_CHAT, screen=screen, args=args)
            )
            go = await self.done(replace(await self.scene(unit), press=press or Press(action="-")), act)
            if go is None:
                return
            await self.look(unit, go)
            for answer in _answers(go):
                again = await self.done(await self.scene(unit), answer)
                if again is not None:
                    await self.look(unit, again)

    async def done(self, scene: Scene, act: Act) -> Go | None:
        try:
            go = await act(scene)
        except DomainError as error:
            assert units(refusal(error)) <= LONGEST_TEXT
            return None
        assert len(go.toast or "") <= LONGEST_TOAST
        return go

    async def look(self, unit: Unit, go: Go) -> None:
        args = json.loads(json.dumps(dict(go.args)))
        self.seen.add(go.screen)
        try:
            view = await SCREENS[go.screen](await self.scene(unit), args)
        except NotFound:
            return  # a button of something that was made in a step undone since
        _fits(view, go.screen)
        for row in view.rows:
            for button in row:
                assert button.press.action in ACTIONS, f"{go.screen}: {button.label} does nothing"
                self.drawn.add(button.press.action)
                mark = (encode(button.press), go.screen)
                if mark not in self.tried:
                    self.tried.add(mark)
                    self.ahead.append((go.screen, args, button.press))


def _file_came(id: int) -> Act:
    """An import is not reached by a button but by a file."""

    async def came(_: Scene) -> Go:
        return Go(screen="import", args={"id": id})

    return came


def _answers(go: Go) -> Iterator[Act]:
    prompt = go.prompt
    if prompt is None:
        return
    if (takes_text := TEXT_ANSWERS.get(prompt.kind)) is not None:
        for text in TYPED:
            yield lambda scene, text=text: takes_text(scene, prompt, text)  # type: ignore[misc]
    if (takes_file := FILE_ANSWERS.get(prompt.kind)) is not None:
        yield lambda scene: takes_file(scene, prompt, PHOTO)


def _fits(view: View, screen: str) -> None:
    assert 0 < units(view.text) <= LONGEST_TEXT, screen
    assert sum(map(len, view.rows)) <= 100, screen
    for row in view.rows:
        assert 0 < len(row) <= 8, screen
        for button in row:
            assert 0 < len(button.label.strip()) <= 64, (screen, button.label)
            data = encode(button.press)
            assert len(data.encode()) <= LONGEST
            assert decode(data) == button.press


async def test_every_screen_is_reached_and_every_action_is_drawn(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        async with store.write() as unit:
            await bakery(unit)
            await unit.commit()
        walk = Walk(store)
        await walk.all_of_it()
    assert set(SCREENS) - walk.seen == FOR_STRANGERS
    strangers = {name for name, action in ACTIONS.items() if action.strangers}
    assert set(ACTIONS) - walk.drawn == strangers
    assert walk.steps > 300
