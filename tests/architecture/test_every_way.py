"""Walks the whole chat: from home, through every button that is drawn and every question that is opened.

Each screen on the way fits Telegram, each button is alive, and at the end nothing was out of reach: every
screen was seen and every action was drawn.
"""

import asyncio
import json
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any, Final, cast

import pytest
from sqlalchemy import event

from bot.chat.codec import LONGEST, Press, decode, encode
from bot.chat.view import LONGEST_TEXT, LONGEST_TOAST, View
from bot.screens.base import (
    ACTIONS,
    BEFORE_TEXT,
    COMMANDS,
    FILE_ANSWERS,
    SCREENS,
    SENT,
    TEXT_ANSWERS,
    Act,
    Desk,
    Files,
    Go,
    Scene,
    Upload,
)
from bot.screens.campaign_words import units
from bot.screens.draft_sheet import ask_which
from bot.screens.log import place_words
from bot.senders import Hints
from bot.telegram_groups import GroupLook
from bot.texts import has, plain, refusal
from domain.accounts.linking import LinkingState
from domain.contacts.groups import GroupImportState
from domain.contacts.ports import ImportState
from domain.delivery.content import MediaKind
from domain.kernel.errors import DomainError, NotFound
from domain.operators.chat import Panel, Prompt
from domain.operators.model import Right
from domain.pacing.rules import Caps
from domain.wallet.model import Pack, Plan, Tariff
from storage.database import Database
from storage.unit import Unit
from tests.architecture.bakery import MARK, PARTNER, PHOTO, THEIR_CHAT, bakery
from tests.architecture.stand_ins import Official
from tests.fakes.clock import FakeClock
from tests.fakes.stores import NOW, open_store

#: Shown to people who are not members yet, whom this walk does not play.
FOR_STRANGERS = {"private", "terms"}
TYPED = (
    "+905321112233 Can", MARK, f"{MARK} {{name}}", "8-15", "23:30", "Turkey", "nobody at all?",
    "500 for the spring fair", "-1 typed twice", "106540352242922",
)  # fmt: skip
TARIFF: Final = Tariff(packs=(Pack(points=10, stars=5),), plans=(Plan(days=15, stars=7),), trial_points=5)
MOST_STEPS = 4000

#: Whoever changes a row of these has to say so in the activity log.
BUSINESS: Final = frozenset({
    "accounts", "campaigns", "consent_events", "contact_lists", "contact_tags", "contacts", "imports",
    "invites", "ledger", "list_members", "members", "orders", "payments", "plan_changes", "recipients",
    "wallets", "workspaces",
})  # fmt: skip
#: What changes such a row and is nobody's business: the way there, and why.
UNTOLD: Final = {
    "im.sheet": "how a file is read; that it was imported, and what came of it, is told",
    "im.sheets": "as im.sheet",
    "im.header": "as im.sheet",
    "im.number": "as im.sheet",
    "im.name": "as im.sheet",
    "im.nameless": "as im.sheet",
    "import.country": "as im.sheet",
    "bl.pack": "an invoice is asked for, which costs nothing; that one was paid is told",
    "bl.days": "as bl.pack",
    "sp.choose": "in which of their workspaces somebody is: nothing there has changed",
}
SHEET: Final = Upload(
    telegram_file="f", filename="people.xlsx", mime="application/x", size=10, kind=MediaKind.DOCUMENT
)
AT_MEDIA: Final = Prompt(chat_id=THEIR_CHAT, kind="campaign.media", args={"id": 1})
WRITES: Final = re.compile(r"(?:INSERT INTO|UPDATE|DELETE FROM) (\w+)")


class Writes:
    """Which tables are written to, as the database is told."""

    def __init__(self, store: Database) -> None:
        self.tables: set[str] = set()
        event.listen(store._writer.sync_engine, "after_cursor_execute", self._told)

    def _told(self, _connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        wrote = WRITES.match(statement)
        # Of what gives rows back the number is not known yet.
        if wrote is not None and (cursor.rowcount or "RETURNING" in statement):
            self.tables.add(wrote.group(1))


class Linker:
    async def link(self, name: str) -> tuple[str, str]:
        return "sim-new", "+447700900077"

    async def link_again(self, remote: str) -> None:
        return None


class Walk:
    def __init__(self, store: Database, chat: int = THEIR_CHAT, *, group: int | None = None) -> None:
        """In the person's own chat, or in a group."""
        self.store, self.chat, self.where = store, chat, group or chat
        self.seen: set[str] = set()
        self.drawn: set[str] = set()
        self.tried: set[tuple[str, str]] = set()
        self.ahead: deque[tuple[str, dict[str, Any], Press | None]] = deque()
        self.steps = 0
        self.writes = Writes(store)
        #: Ways that changed something and did not say so, with the tables they wrote to.
        self.untold: dict[str, set[str]] = {}
        #: The words that were said in the activity log.
        self.words: set[str] = set()

    async def scene(self, unit: Unit) -> Scene:
        member, *_ = await unit.operators.members_of(self.chat)
        desk = Desk(
            store=self.store, clock=FakeClock(NOW), rng=Random(1), caps=Caps(a_campaign=3), watcher=Hints(),
            linker=Linker(), files=cast(Files, None), admin_ids=frozenset(), environment="development",
            desk_id="desk", tariff=TARIFF, phones_page="http://127.0.0.1/phones-page", cloud=Official([]),
            look_at_group=_looked,
        )  # fmt: skip
        return Scene(
            desk=desk, unit=unit, chat_id=self.where, telegram_id=self.chat, person="Ayşe", now=NOW,
            member=member, home=await unit.operators.workspace(member.workspace_id), is_admin=True,
        )  # fmt: skip

    async def all_of_it(self) -> None:
        for name in sorted(COMMANDS):
            await self.step("home", {}, COMMANDS[name], None, way=f"/{name}")
        for name, what in UNASKED.items():
            await self.step("home", {}, lambda scene, what=what: what(scene), None, way=name)  # type: ignore[misc]
        for id in range(1, len(ImportState) + 1):
            await self.step("home", {}, _looks_at("import", id), None, way="a look")
        for id in range(1, len(LinkingState) + 1):
            await self.step("home", {}, _looks_at("linking", id), None, way="a look")
        for id in range(1, len(GroupImportState) + 1):
            await self.step("home", {}, _looks_at("groups", id), None, way="a look")
        await self.onward()

    async def accept_new_terms(self) -> None:
        """From /terms, and no further than they lead."""
        await self.step("home", {}, COMMANDS["terms"], None, way="/terms")
        await self.onward("ta.")

    async def switch_topics(self) -> None:
        """From /topics in a group, and no further."""
        await self.step("home", {}, COMMANDS["topics"], None, way="/topics")
        await self.onward("tp.")

    async def onward(self, prefix: str = "") -> None:
        while self.ahead:
            screen, args, press = self.ahead.popleft()
            assert press is not None
            if not press.action.startswith(prefix):
                continue
            action = ACTIONS[press.action]

            async def tap(scene: Scene) -> Go:
                brought = None if action.before is None else await action.before(scene)  # noqa: B023
                return await action.act(replace(scene, brought=brought))  # noqa: B023

            await self.step(screen, args, tap, press, way=press.action)

    async def step(
        self, screen: str, args: dict[str, Any], act: Act, press: Press | None, *, way: str
    ) -> None:
        """One thing done, looked at, and undone; what it opens is tried next, from where it leads."""
        self.steps += 1
        assert self.steps < MOST_STEPS, "the walk does not end"
        async with self.store.write() as unit:
            await unit.chat.save_panel(
                Panel(chat_id=self.chat, telegram_id=self.chat, screen=screen, args=args)
            )
            go = await self.done(replace(await self.scene(unit), press=press or Press(action="-")), act, way)
            if go is None:
                return
            await self.look(unit, go)
            for answer in _answers(go):
                kind = go.prompt.kind if go.prompt is not None else ""
                again = await self.done(await self.scene(unit), answer, kind)
                if again is not None:
                    await self.look(unit, again)

    async def done(self, scene: Scene, act: Act, way: str) -> Go | None:
        self.writes.tables.clear()
        try:
            go = await act(scene)
        except DomainError as error:
            assert units(refusal(error)) <= LONGEST_TEXT
            return None
        assert len(go.toast or "") <= LONGEST_TOAST
        if "activity" in self.writes.tables:
            for log in (scene.workspace.id, None):
                said, _ = await scene.unit.activity.list(log)
                self.words |= {line.what for line in said}
        elif changed := self.writes.tables & BUSINESS:
            self.untold.setdefault(way, set()).update(changed)
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


#: Where no conversations are told yet.
ANOTHER_GROUP: Final = -1009

#: What may be sent at any time.
UNASKED: Final[dict[str, Act]] = {
    "a card": lambda scene: SENT["card"](scene, "+905321112233", "Can"),
    "a file": lambda scene: SENT["file"](scene, SHEET, None),
    "a file for a draft": lambda scene: ask_which(scene, AT_MEDIA, SHEET),
}


async def _looked(_: int) -> GroupLook:
    return GroupLook(title="Counter")


def _looks_at(screen: str, id: int) -> Act:
    """What is not reached by a button but by a file, or by time."""

    async def came(_: Scene) -> Go:
        return Go(screen=screen, args={"id": id})

    return came


def _answers(go: Go) -> Iterator[Act]:
    prompt = go.prompt
    if prompt is None:
        return
    if (takes_text := TEXT_ANSWERS.get(prompt.kind)) is not None:
        bring = BEFORE_TEXT.get(prompt.kind)

        async def answered(scene: Scene, text: str) -> Go:
            brought = None if bring is None else await bring(scene, prompt, text)
            return await takes_text(replace(scene, brought=brought), prompt, text)

        for text in TYPED:
            yield lambda scene, text=text: answered(scene, text)  # type: ignore[misc]
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


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Walk:
    """All of it, once."""
    return asyncio.run(_walked(tmp_path_factory.mktemp("walk")))


async def _walked(folder: Path) -> Walk:
    async with open_store(folder) as store:
        async with store.write() as unit:
            await bakery(unit)
            await unit.commit()
        walk, partner, grouped = Walk(store), Walk(store, PARTNER), Walk(store, group=ANOTHER_GROUP)
        await walk.all_of_it()
        await partner.accept_new_terms()
        await grouped.switch_topics()
    for other in (partner, grouped):
        walk.seen |= other.seen
        walk.drawn |= other.drawn
        walk.untold |= other.untold
        walk.words |= other.words
    return walk


def test_every_screen_is_reached_and_every_action_is_drawn(walked: Walk) -> None:
    assert set(SCREENS) - walked.seen == FOR_STRANGERS
    strangers = {name for name, action in ACTIONS.items() if action.needs is Right.ANYBODY}
    assert set(ACTIONS) - walked.drawn == strangers
    assert walked.steps > 300


def test_whoever_changes_something_says_so_in_the_activity_log(walked: Walk) -> None:
    """A new action that changes what others would ask about has to call `scene.log`, or stand in UNTOLD
    with a reason."""
    forgot = {way: tables for way, tables in walked.untold.items() if way not in UNTOLD}
    assert forgot == {}
    needless = UNTOLD.keys() - walked.untold.keys()
    assert needless == set(), "these need no excuse any more"


def test_every_word_of_the_activity_log_has_a_sentence(walked: Walk) -> None:
    assert {what for what in walked.words if not has(f"activity.{what}")} == set()
    assert len(walked.words) > 25


def test_every_screen_is_called_something_in_the_activity_log() -> None:
    elsewhere = plain("place.chat")
    assert {name for name in SCREENS if place_words(name, "en") == elsewhere} == set()
