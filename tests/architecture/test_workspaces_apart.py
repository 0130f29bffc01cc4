"""Invariant 9, asked of everything there is: a member of one workspace presses every button and answers every
question with the ids of another, and neither changes nor sees anything of it."""

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from random import Random
from typing import Any, cast
from zlib import crc32

import pytest
from sqlalchemy import select

from bot.chat.codec import Press
from bot.screens.base import ACTIONS, FILE_ANSWERS, SCREENS, TEXT_ANSWERS, Act, Desk, Files, Go, Scene
from bot.senders import Hints
from domain.contacts.ports import ImportedRow
from domain.kernel.errors import DomainError
from domain.kernel.ids import MemberId, WorkspaceId
from domain.operators.chat import Prompt
from domain.operators.model import TERMS_VERSION, Member, Workspace
from domain.pacing.rules import Caps
from storage.database import Database
from storage.tables import metadata
from storage.unit import Unit
from tests.architecture.bakery import MARK, PHOTO, TAG, bakery
from tests.fakes.clock import FakeClock
from tests.fakes.stores import (
    AGREED,
    NOW,
    a_campaign,
    a_member,
    a_workspace,
    an_account,
    open_store,
)

MY_CHAT = 2002
TYPED = ("+905321112233 Can", "hello {name}", "8-15", "18:30", "TR")

Rows = Mapping[str, frozenset[tuple[Any, ...]]]


class TheirLinker:
    """Nobody may reach a number of the bakery."""

    async def link(self, name: str) -> tuple[str, str]:
        return "sim-of-mine-2", "+447700900099"

    async def link_again(self, remote: str) -> None:
        assert remote != "sim-theirs", "another workspace's number was linked again"


@dataclass(frozen=True, kw_only=True)
class Two:
    """The bakery, with one of everything; and the florist who tries."""

    store: Database
    theirs: WorkspaceId
    mine: WorkspaceId
    me: MemberId
    their_rows: Rows
    ids: tuple[int, ...]

    def scene(self, unit: Unit, press: Press, home: Any, member: Any) -> Scene:
        desk = Desk(
            store=self.store, clock=FakeClock(NOW), rng=Random(1), caps=Caps(), watcher=Hints(),
            linker=TheirLinker(), files=cast(Files, None), admin_ids=frozenset(), environment="development",
            desk_id="desk",
        )  # fmt: skip
        return Scene(
            desk=desk, unit=unit, chat_id=MY_CHAT, telegram_id=MY_CHAT, person="Flo", now=NOW,
            member=member, home=home, press=press,
        )  # fmt: skip


async def rows_of(unit: Unit) -> Rows:
    db = unit.chat._db
    return {
        table.name: frozenset(tuple(map(str, row)) for row in await db.execute(select(table)))
        for table in metadata.sorted_tables
    }


@asynccontextmanager
async def two(folder: Path) -> AsyncIterator[Two]:
    async with open_store(folder) as store:
        async with store.write() as unit:
            theirs = await bakery(unit)
            their_rows = await rows_of(unit)
            mine = await a_workspace(unit, name="Florist")
            me = await a_member(unit, mine, telegram_id=MY_CHAT, name="Flo")
            await unit.operators.accept_terms(me, version=TERMS_VERSION, at=NOW)
            await unit.operators.set_test_number(me, "+905321112299")
            account = await an_account(unit, mine, number="+447700900050", remote="sim-mine")
            flowers = await unit.contacts.create_list(mine, "flowers", at=NOW)
            row = ImportedRow(number="+905320000001", name="Rose", attributes={})
            await unit.contacts.save_rows(mine, flowers, [row], at=NOW)
            await unit.contacts.record_list_consent(flowers, AGREED)
            draft = await a_campaign(unit, mine, me, account, flowers)
            await unit.commit()
        ids = (*range(1, 10), int(draft.id))
        yield Two(store=store, theirs=theirs, mine=mine, me=me, their_rows=their_rows, ids=ids)


def presses(on: Two, action: str) -> Iterator[Press]:
    """Every id of theirs, at the revision that stands, and with their ids in the third number too."""
    tag = crc32(TAG.encode())
    rev = 3 if action.startswith(("cp.", "dr.")) else 2
    for id, x in product((*on.ids, tag), (0, 1, 2, tag * 2)):
        mine = id == on.ids[-1] and action.startswith("dr.")
        yield Press(action=action, id=id, rev=2 if mine else rev, x=x)


async def changed(unit: Unit) -> int:
    return int((await unit.chat._db.exec_driver_sql("SELECT total_changes()")).scalar_one())


async def check(on: Two, unit: Unit, go: Go, scene: Scene, before: int, what: object) -> None:
    """Nothing of theirs is gone or different, nothing new names them, and nothing shown is theirs."""
    if await changed(unit) != before:
        now = await rows_of(unit)
        for table, rows in on.their_rows.items():
            assert rows <= now[table], f"{what} changed {table} of another workspace"
        for table in ("directs", "notices", "campaigns", "recipients", "progress_messages"):
            fresh = now[table] - on.their_rows[table]
            assert not any(MARK in value for row in fresh for value in row), f"{what} took from them: {table}"
    try:
        view = await SCREENS[go.screen](scene, go.args)
    except (DomainError, KeyError):
        return
    shown = " ".join([view.text, go.toast or "", *(b.label for row in view.rows for b in row)])
    assert MARK not in shown.casefold(), f"{what} shows another workspace's {go.screen}"


async def test_a_button_with_anothers_id_neither_changes_nor_shows_it(tmp_path: Path) -> None:
    async with two(tmp_path) as on:
        home, member = await me(on)
        for action in sorted(ACTIONS):
            for press in presses(on, action):
                async with on.store.write() as unit:
                    scene = on.scene(unit, press, home, member)
                    before = await changed(unit)
                    try:
                        go = await _pressed(scene)
                    except DomainError:
                        continue
                    await check(on, unit, go, scene, before, press)


async def me(on: Two) -> tuple[Workspace, Member]:
    async with on.store.read() as unit:
        [member] = await unit.operators.members(on.mine)
        return await unit.operators.workspace(on.mine), member


async def _pressed(scene: Scene) -> Go:
    action = ACTIONS[scene.press.action]
    brought = None if action.before is None else await action.before(scene)
    return await action.act(replace(scene, brought=brought))


async def test_an_answer_about_anothers_thing_neither_changes_nor_shows_it(tmp_path: Path) -> None:
    async with two(tmp_path) as on:
        home, member = await me(on)
        for kind, id in product(sorted({*TEXT_ANSWERS, *FILE_ANSWERS}), on.ids[:-1]):
            prompt = Prompt(chat_id=MY_CHAT, kind=kind, args={"id": id, "waiting": 3, "edit": 0})
            for answer in _answers(kind, prompt):
                async with on.store.write() as unit:
                    scene = on.scene(unit, Press(action="-"), home, member)
                    before = await changed(unit)
                    try:
                        go = await answer(scene)
                    except DomainError:
                        continue
                    await check(on, unit, go, scene, before, prompt)


def _answers(kind: str, prompt: Prompt) -> Iterator[Act]:
    """Everything that may come while that question is open."""
    if (takes_text := TEXT_ANSWERS.get(kind)) is not None:
        for text in TYPED:
            yield lambda scene, text=text: takes_text(scene, prompt, text)  # type: ignore[misc]
    if (takes_file := FILE_ANSWERS.get(kind)) is not None:
        yield lambda scene: takes_file(scene, prompt, PHOTO)


async def test_the_check_would_see_a_leak(tmp_path: Path) -> None:
    """The same presses by their own member are seen to change and to show things."""
    async with two(tmp_path) as on, on.store.write() as unit:
        home = await unit.operators.workspace(on.theirs)
        [member] = await unit.operators.members(on.theirs)
        press = Press(action="ls.delete.do", id=2)
        scene = on.scene(unit, press, home, member)
        before = await changed(unit)
        go = await ACTIONS[press.action].act(scene)
        with pytest.raises(AssertionError, match="changed contact_lists"):
            await check(on, unit, go, scene, before, press)
        unchanged = await changed(unit)
        with pytest.raises(AssertionError, match="shows another workspace's list"):
            await check(on, unit, Go(screen="list", args={"id": 1}), scene, unchanged, "a look")
