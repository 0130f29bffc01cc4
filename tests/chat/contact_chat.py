"""A chat with the contact screens, without Telegram: taps by label, types, sends files, and looks.

Each step runs in a write unit as the desk does it, and everything looked at must fit Telegram's limits.
"""

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from random import Random
from typing import Any, Self, cast

from bot.chat.codec import Press
from bot.chat.view import LONGEST_TOAST, Button, View
from bot.screens.base import ACTIONS, SCREENS, TEXT_ANSWERS, Desk, Go, Scene, Upload
from bot.screens.contacts import receive_card
from bot.screens.imports import receive_file
from bot.texts import refusal
from domain.delivery.content import MediaKind
from domain.delivery.ports import MediaMissing
from domain.kernel.errors import DomainError
from domain.kernel.ids import MemberId, WorkspaceId
from domain.operators.chat import Panel
from domain.operators.model import TERMS_VERSION, Member, Role, Workspace
from domain.pacing.rules import Caps
from storage.database import Database
from tests.chat.drawn import labels
from tests.chat.drawn import must_fit as fits
from tests.fakes.clock import FakeClock
from tests.fakes.stores import rich

NOW = datetime(2030, 1, 4, 12, tzinfo=UTC)
CHAT, TELEGRAM = 7, 70
#: Room that the desk may need for a sentence above the screen.
ROOM_FOR_A_NOTE = 600

#: phonenumbers' own examples: nobody has them.
AYSE, JOHN, LENA, MARIE = "+905012345678", "+12015550123", "+4915123456789", "+33612345678"

HOSTILE = "<b>&\"'" + "ي" * 90 + "\u202eevil\n" + "x" * 300


class MemoryMedia:
    """A media store in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    async def put(self, content: AsyncIterator[bytes]) -> tuple[str, int]:
        data = b"".join([chunk async for chunk in content])
        key = hashlib.sha256(data).hexdigest()
        self.kept[key] = data
        return key, len(data)

    async def stream(self, key: str) -> AsyncIterator[bytes]:
        yield await self.get(key)

    async def get(self, key: str) -> bytes:
        if key not in self.kept:
            raise MediaMissing(key)
        return self.kept[key]

    async def drop(self, key: str) -> None:
        self.kept.pop(key, None)


@dataclass
class Chat:
    store: Database
    workspace: Workspace
    member: Member
    clock: FakeClock
    chat_id: int = CHAT
    toast: str | None = None
    note: str | None = None
    _desk: Desk = field(init=False)

    def __post_init__(self) -> None:
        nobody = cast(Any, None)
        self._desk = Desk(
            store=self.store, clock=self.clock, rng=Random(1), caps=Caps(), watcher=nobody, linker=nobody,
            files=nobody, admin_ids=frozenset(), environment="test", desk_id="desk",
        )  # fmt: skip

    @classmethod
    async def begin(cls, store: Database, *, telegram_id: int = TELEGRAM, country: str = "TR") -> Self:
        async with store.write() as unit:
            workspace_id = await unit.operators.create_workspace(
                name="Shop", country=country, zone="Europe/Istanbul", language="en", at=NOW
            )
            await rich(unit, workspace_id)
            member_id = await unit.operators.create_member(
                workspace_id=workspace_id, telegram_id=telegram_id, name="Deniz", role=Role.OWNER, at=NOW
            )
            await unit.operators.accept_terms(member_id, version=TERMS_VERSION, at=NOW)
            await unit.commit()
        return await cls.of(store, workspace_id, member_id, telegram_id)

    @classmethod
    async def of(cls, store: Database, workspace: WorkspaceId, member: MemberId, telegram_id: int) -> Self:
        async with store.read() as unit:
            home = await unit.operators.workspace(workspace)
            me = next(m for m in await unit.operators.members(workspace) if m.id == member)
        return cls(store, home, me, FakeClock(NOW), chat_id=telegram_id)

    def scene(self, unit: Any, press: Press | None = None) -> Scene:
        return Scene(
            desk=self._desk, unit=unit, chat_id=self.chat_id, telegram_id=TELEGRAM, person="Deniz",
            now=self.clock.now(), member=self.member, home=self.workspace, press=press or Press(action="-"),
        )  # fmt: skip

    # -- what the operator does -------------------------------------------------------------------

    async def press(self, press: Press) -> Go:
        return await self._work(lambda scene: ACTIONS[press.action].act(scene), press)

    async def open(self, action: str, id: int = 0, x: int = 0) -> View:
        await self.press(Press(action=action, id=id, x=x))
        return await self.look()

    async def tap(self, words: str) -> View:
        """Press the button of the present screen whose label has these words."""
        await self.press((await self.button(words)).press)
        return await self.look()

    async def type(self, text: str) -> View:
        async with self.store.read() as unit:
            prompt = await unit.chat.prompt(self.chat_id)
        assert prompt is not None, "no question is open"
        await self._work(lambda scene: TEXT_ANSWERS[prompt.kind](scene, prompt, text))
        return await self.look()

    async def send(self, filename: str, size: int = 1000, campaign_id: int | None = None) -> View:
        upload = Upload(
            telegram_file=f"file-{filename}", filename=filename, mime="application/octet-stream",
            size=size, kind=MediaKind.DOCUMENT,
        )  # fmt: skip
        await self._work(lambda scene: receive_file(scene, upload, campaign_id))
        return await self.look()

    async def card(self, number: str, name: str) -> View:
        await self._work(lambda scene: receive_card(scene, number, name))
        return await self.look()

    async def _work(self, act: Any, press: Press | None = None) -> Go:
        """As the desk does it: all or nothing, a refusal becomes a sentence, an open question stays."""
        self.toast = self.note = None
        try:
            async with self.store.write() as unit:
                go: Go = await act(self.scene(unit, press))
                if go.prompt is not None:
                    await unit.chat.save_prompt(go.prompt)
                elif not go.keep_prompt:
                    await unit.chat.clear_prompt(self.chat_id)
                panel = Panel(chat_id=self.chat_id, telegram_id=TELEGRAM, screen=go.screen, args=go.args)
                await unit.chat.save_panel(panel)
                await unit.commit()
        except DomainError as error:
            self.note = str(refusal(error, self.workspace.language))
            return Go(screen="-")
        self.toast = go.toast
        assert go.toast is None or len(go.toast) <= LONGEST_TOAST
        return go

    # -- what the operator sees -------------------------------------------------------------------

    async def look(self) -> View:
        async with self.store.read() as unit:
            panel = await unit.chat.panel(self.chat_id)
            if panel is None:
                return View(text="")
            view = await SCREENS[panel.screen](self.scene(unit), panel.args)
        must_fit(view)
        note = panel.args.get("note")
        return replace(view, text=f"{note}\n\n{view.text}") if note else view

    async def at(self) -> str:
        async with self.store.read() as unit:
            panel = await unit.chat.panel(self.chat_id)
        assert panel is not None
        return panel.screen

    async def button(self, words: str) -> Button:
        view = await self.look()
        found = [button for row in view.rows for button in row if words in button.label]
        assert found, f"{words!r} is not among {labels(view)}"
        return found[0]


def must_fit(view: View) -> None:
    """Every screen may get a sentence above it."""
    fits(view, room=ROOM_FOR_A_NOTE)
