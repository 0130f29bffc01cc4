"""An operator at the campaign screens, without Telegram: presses by label, types, sends a picture, looks.

Works like the desk: one write unit a step, a refusal undoes it and leaves the question open. Everything
looked at must fit Telegram's limits.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any, Self, cast

from bot.chat.codec import Press
from bot.chat.view import LONGEST_TOAST, Button, View
from bot.cloud_desk import CloudNumbers
from bot.no_cloud import NoCloud
from bot.screens.base import (
    ACTIONS,
    BEFORE_TEXT,
    COMMANDS,
    FILE_ANSWERS,
    SCREENS,
    TEXT_ANSWERS,
    Before,
    Desk,
    Go,
    Scene,
)
from bot.texts import refusal
from domain.campaigns.model import Campaign
from domain.delivery.content import Media, MediaKind
from domain.kernel.errors import DomainError
from domain.kernel.ids import AccountId, CampaignId, MemberId, WorkspaceId
from domain.operators.chat import Panel
from domain.operators.model import TERMS_VERSION, Member, Workspace
from domain.pacing.rules import Caps
from domain.wallet.model import Entry, EntryKind
from storage.database import Database
from tests.chat.drawn import labels, must_fit
from tests.fakes.clock import FakeClock
from tests.fakes.stores import NOW, a_member, a_workspace, an_account

CHAT = 1001

PHOTO = Media(kind=MediaKind.PHOTO, key="a" * 64, filename="cake.jpg", mime="image/jpeg", size=120_000)


class HintsSeen:
    """Remembers what the senders and live messages were told."""

    def __init__(self) -> None:
        self.campaigns: list[CampaignId] = []
        self.accounts: list[AccountId] = []

    def campaign_changed(self, id: CampaignId, *, at_once: bool) -> None:
        self.campaigns.append(id)

    def account_has_work(self, id: AccountId) -> None:
        self.accounts.append(id)


@dataclass
class Operator:
    store: Database
    workspace: Workspace
    member_id: MemberId
    account: AccountId
    clock: FakeClock
    caps: Caps = field(default_factory=Caps)
    hints: HintsSeen = field(default_factory=HintsSeen)
    cloud: CloudNumbers = field(default_factory=NoCloud)
    toast: str | None = None
    refused: str | None = None

    @classmethod
    async def begin(cls, store: Database, *, caps: Caps | None = None) -> Self:
        """A workspace with one connected simulated number and nobody in it."""
        async with store.write() as unit:
            workspace = await a_workspace(unit)
            member = await a_member(unit, workspace, telegram_id=CHAT)
            await unit.operators.accept_terms(member, version=TERMS_VERSION, at=NOW)
            account = await an_account(unit, workspace, remote=f"sim-of-{workspace}")
            home = await unit.operators.workspace(workspace)
            await unit.commit()
        return cls(store, home, member, account, FakeClock(NOW), caps=caps or Caps())

    @property
    def home(self) -> WorkspaceId:
        return self.workspace.id

    def _desk(self) -> Desk:
        nobody = cast(Any, None)
        return Desk(
            store=self.store, clock=self.clock, rng=Random(1), caps=self.caps, watcher=self.hints,
            linker=nobody, files=nobody, admin_ids=frozenset(), environment="test", desk_id="desk",
            cloud=self.cloud,
        )  # fmt: skip

    async def scene(self, unit: Any, press: Press | None = None) -> Scene:
        members = await unit.operators.members(self.home)
        me: Member = next(m for m in members if m.id == self.member_id)
        return Scene(
            desk=self._desk(), unit=unit, chat_id=CHAT, telegram_id=CHAT, person="Ayşe",
            now=self.clock.now(), member=me, home=self.workspace, press=press or Press(action="-"),
        )  # fmt: skip

    # -- what the operator does -------------------------------------------------------------------

    async def command(self, name: str) -> View:
        await self._work(COMMANDS[name])
        return await self.look()

    async def press(self, press: Press) -> View:
        action = ACTIONS[press.action]
        await self._work(action.act, press, action.before)
        return await self.look()

    async def tap(self, words: str) -> View:
        """Press the button of the present screen whose label has these words."""
        return await self.press((await self.button(words)).press)

    async def type(self, text: str) -> View:
        prompt = await self.prompt()
        assert prompt is not None, "no question is open"
        bring = BEFORE_TEXT.get(prompt.kind)
        before = None if bring is None else lambda scene: bring(scene, prompt, text)
        await self._work(lambda scene: TEXT_ANSWERS[prompt.kind](scene, prompt, text), before=before)
        return await self.look()

    async def send(self, media: Media = PHOTO) -> View:
        prompt = await self.prompt()
        assert prompt is not None, "no question is open"
        await self._work(lambda scene: FILE_ANSWERS[prompt.kind](scene, prompt, media))
        return await self.look()

    async def _work(
        self,
        act: Callable[[Scene], Awaitable[Go]],
        press: Press | None = None,
        before: Before | None = None,
    ) -> None:
        self.toast = self.refused = None
        try:
            brought = None
            if before is not None:
                async with self.store.read() as unit:
                    asking = await self.scene(unit, press)
                brought = await before(asking)
            async with self.store.write() as unit:
                go = await act(replace(await self.scene(unit, press), brought=brought))
                if go.prompt is not None:
                    await unit.chat.save_prompt(go.prompt)
                elif not go.keep_prompt:
                    await unit.chat.clear_prompt(CHAT)
                panel = Panel(chat_id=CHAT, telegram_id=CHAT, screen=go.screen, args=go.args)
                await unit.chat.save_panel(panel)
                await unit.commit()
        except DomainError as error:
            self.refused = str(refusal(error, self.workspace.language))
            return
        self.toast = go.toast
        assert go.toast is None or len(go.toast) <= LONGEST_TOAST

    # -- what the operator sees -------------------------------------------------------------------

    async def look(self) -> View:
        panel = await self.panel()
        return await self.show(panel.screen, panel.args)

    async def show(self, name: str, args: Any) -> View:
        async with self.store.read() as unit:
            view = await SCREENS[name](await self.scene(unit), args)
        must_fit(view)
        return view

    async def panel(self) -> Panel:
        async with self.store.read() as unit:
            panel = await unit.chat.panel(CHAT)
        assert panel is not None
        return panel

    async def at(self) -> str:
        return (await self.panel()).screen

    async def said(self) -> str:
        """What stands above the screen."""
        return str((await self.panel()).args["note"])

    async def prompt(self) -> Any:
        async with self.store.read() as unit:
            return await unit.chat.prompt(CHAT)

    async def button(self, words: str) -> Button:
        view = await self.look()
        found = [button for row in view.rows for button in row if words in button.label]
        assert found, f"{words!r} is not among {labels(view)}"
        return found[0]

    async def campaign(self, id: int | None = None) -> Campaign:
        """That one, or the one on screen."""
        wanted = id if id is not None else int((await self.panel()).args["id"])
        async with self.store.read() as unit:
            return await unit.campaigns.campaign(self.home, CampaignId(wanted))


async def leave(ayse: Operator, points: int, *, key: str = "left") -> None:
    """So many points are available from now on."""
    async with ayse.store.write() as unit:
        more = points - (await unit.wallet.wallet(ayse.home)).available
        kind = EntryKind.GRANT if more > 0 else EntryKind.TAKEN
        await unit.wallet.post(Entry(workspace_id=ayse.home, key=key, kind=kind, points=more, at=NOW))
        await unit.commit()
