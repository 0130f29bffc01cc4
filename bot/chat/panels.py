"""Shows panels: the one message of a chat that navigation edits in place."""

import asyncio
import re
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from hashlib import sha256
from typing import Final

import structlog
from telegram import Bot
from telegram.error import BadRequest, Forbidden, RetryAfter, TelegramError

from bot.chat.anew import or_anew
from bot.chat.codec import encode
from bot.chat.standing import elsewhere
from bot.chat.threads import thread_of
from bot.chat.view import Rows, View, keyboard
from bot.screens.base import ACTIONS, RULES, SCREENS, Door, Scene
from bot.tasks import TaskOwner
from bot.texts import refusal
from domain.contacts.forgetting import PersonGone
from domain.kernel.errors import DomainError
from domain.kernel.ids import WorkspaceId
from domain.kernel.unit import Store
from domain.operators.chat import Panel
from domain.scheduler.unit import Unit

log = structlog.get_logger(__name__)

ROUNDS = 5
#: Waits before trying again what Telegram failed to take, in seconds; after that, with what is left over.
AGAIN = (1.0, 3.0, 9.0)
#: What comes within so many seconds is shown to the others together.
MOMENT: Final = 0.1
CLOCK: Final = re.compile(r"\b\d\d:\d\d:\d\d\b")


def open_to(scene: Scene, rows: Rows) -> Rows:
    """Without the buttons that whoever looks may not press."""
    kept = (tuple(b for b in row if scene.may(ACTIONS[b.press.action].needs)) for row in rows)
    return tuple(row for row in kept if row)


def digest(view: View) -> bytes:
    """Changes when something but the clock does: a card's "updated 14:05:09" alone is no news."""
    buttons = [(button.label, encode(button.press)) for row in view.rows for button in row]
    shown = repr((CLOCK.sub("", view.text), buttons))
    return sha256(shown.encode("utf-8", "surrogatepass")).digest()


async def _instead(scene: Scene) -> View:
    """Where a screen cannot be shown."""
    return await SCREENS["home" if scene.member else "private"](scene, {})


class Panels:
    """`scene_for(unit, chat_id, telegram_id, person)` finds who looks at it."""

    def __init__(
        self,
        bot: Bot,
        store: Store[Unit],
        tasks: TaskOwner,
        scene_for: Callable[[Unit, int, int, str], Awaitable[Scene]],
    ) -> None:
        self.bot, self.store, self.tasks, self.scene_for = bot, store, tasks, scene_for
        self._wanted: set[int] = set()
        self._locks: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)
        #: How often in a row a chat could not be shown its panel.
        self._failed: dict[int, int] = {}
        #: What stands in a chat, as far as this process has shown it: message and digest.
        self._stands: dict[int, tuple[int, bytes]] = {}
        #: Workspaces where something changed, and whose chat shows it anyway.
        self._changed: dict[WorkspaceId, int | None] = {}

    def soon(self, chat_id: int) -> None:
        """Show without waiting for it. Many wishes for one chat become one showing of the latest state, so
        that a burst of updates is not held up by how often Telegram lets a chat be written to."""
        if chat_id not in self._wanted:
            self._wanted.add(chat_id)
            self.tasks.start(f"panel-{chat_id}", self._show_wanted(chat_id))

    async def _show_wanted(self, chat_id: int) -> None:
        async with self._locks[chat_id]:
            self._wanted.discard(chat_id)
        await self.show(chat_id)

    async def show(self, chat_id: int) -> None:
        """Make the chat show what the database says, if it does not yet. Never raises for Telegram's sake:
        what could not be shown stays dirty and is tried again later."""
        async with self._locks[chat_id]:
            for _ in range(ROUNDS):
                async with self.store.read() as unit:
                    panel = await unit.chat.panel(chat_id)
                    if panel is None or not panel.dirty:
                        return
                    view = await self._draw(unit, panel)
                try:
                    message_id = await self._put(panel, view)
                except TelegramError as error:
                    log.warning("panel not shown", chat=chat_id, error=type(error).__name__)
                    if isinstance(error, Forbidden | BadRequest):
                        await or_anew(partial(self._shown, panel, panel.message_id))
                    else:
                        self._try_again(chat_id)
                    return
                self._failed.pop(chat_id, None)
                self._stands[chat_id] = (message_id, digest(view))
                # Not written down, a message sent anew would be sent once more by the next sweep.
                if await or_anew(partial(self._shown, panel, message_id)):
                    return

    def _try_again(self, chat_id: int) -> None:
        """Soon at first: nobody likes to wait for the sweep because of one bad gateway."""
        nth = self._failed.get(chat_id, 0)
        self._failed[chat_id] = nth + 1
        if nth < len(AGAIN):
            self.tasks.start(f"panel-{chat_id}-again", self._show_later(chat_id, AGAIN[nth]))

    async def _show_later(self, chat_id: int, seconds: float) -> None:
        await asyncio.sleep(seconds)
        await self.show(chat_id)

    async def refresh(self, chat_id: int, screen: str, id: int) -> None:
        """Draw again if the chat is looking at just that."""
        async with self.store.write() as unit:
            panel = await unit.chat.panel(chat_id)
            if panel is None or panel.screen != screen or panel.args.get("id") != id:
                return
            await unit.chat.save_panel(replace(panel, dirty=True, rev=panel.rev + 1))
            await unit.commit()
        await self.show(chat_id)

    async def refresh_all(self, screen: str, id: int) -> None:
        """The same in every chat: two operators who look at one campaign see the same."""
        async with self.store.read() as unit:
            chats = [p.chat_id for p in await unit.chat.panels_showing(screen) if p.args.get("id") == id]
        for chat_id in chats:
            await self.refresh(chat_id, screen, id)

    def in_step(self, workspace_id: WorkspaceId, *, but: int | None = None) -> None:
        """Soon, show everybody else of a workspace what is different now in what they look at. Their open
        questions stay open."""
        if workspace_id not in self._changed:
            self._changed[workspace_id] = but
            self.tasks.start(f"in-step-{workspace_id}", self._bring_in_step(workspace_id))
        elif self._changed[workspace_id] != but:
            self._changed[workspace_id] = None

    async def _bring_in_step(self, workspace_id: WorkspaceId) -> None:
        await asyncio.sleep(MOMENT)
        but = self._changed.pop(workspace_id)
        async with self.store.read() as unit:
            chats = [panel.chat_id for panel in await unit.chat.panels_in(workspace_id)]
        for chat_id in chats:
            try:
                if chat_id != but and await self._is_behind(chat_id):
                    await self._again(chat_id)
            except Exception as error:
                log.error("panel not brought in step", chat=chat_id, exc_info=error)

    async def _is_behind(self, chat_id: int) -> bool:
        """Whether the panel would look different now; one that is to be drawn anyway will."""
        async with self.store.read() as unit:
            panel = await unit.chat.panel(chat_id)
            if panel is None or panel.dirty or panel.message_id is None:
                return False
            view = await self._draw(unit, panel)
        return self._stands.get(chat_id) != (panel.message_id, digest(view))

    async def _again(self, chat_id: int) -> None:
        async with self.store.write() as unit:
            panel = await unit.chat.panel(chat_id)
            if panel is None:
                return
            await unit.chat.save_panel(replace(panel, dirty=True, rev=panel.rev + 1))
            await unit.commit()
        self.soon(chat_id)

    async def show_left_over(self) -> None:
        """Panels that a crash or a dead network left behind."""
        async with self.store.read() as unit:
            chats = [panel.chat_id for panel in await unit.chat.dirty_panels()]
        for chat_id in chats:
            try:
                await self.show(chat_id)
            except Exception as error:
                # One chat's fault must not keep the others' panels from being shown.
                log.error("panel not drawn", chat=chat_id, exc_info=error)

    async def _draw(self, unit: Unit, panel: Panel) -> View:
        scene = await self.scene_for(unit, panel.chat_id, panel.telegram_id, "")
        if elsewhere(panel.args, scene):
            panel = replace(panel, screen="home", args={})
        try:
            scene.must(RULES[Door.SCREEN, panel.screen])
            view = await SCREENS[panel.screen](scene, panel.args)
        except PersonGone as gone:
            view = await _instead(scene)
            said = refusal(gone, scene.language, zone=scene.zone)
            view = replace(view, text=f"{said}\n\n{view.text}")
        except DomainError:
            view = await _instead(scene)
        except KeyError as error:
            # A fault of ours: a text that is missing, or a panel of an older version that lacks an argument.
            log.error("screen not drawn", screen=panel.screen, missing=str(error), exc_info=error)
            view = await _instead(scene)
        view = replace(view, rows=open_to(scene, view.rows))
        note = panel.args.get("note")
        return replace(view, text=f"{note}\n\n{view.text}") if note else view

    async def _put(self, panel: Panel, view: View) -> int:
        markup = keyboard(view.rows)
        if panel.message_id is not None:
            try:
                await self.bot.edit_message_text(
                    view.text, chat_id=panel.chat_id, message_id=panel.message_id, reply_markup=markup
                )
                return panel.message_id
            except BadRequest as error:
                if "not modified" in error.message:
                    return panel.message_id
                log.info("panel sent anew", why=error.message[:80])
        sent = await self.bot.send_message(
            panel.chat_id, view.text, reply_markup=markup, message_thread_id=thread_of(panel)
        )
        if panel.stale_message_id is not None:
            await self._take_away(panel.chat_id, panel.stale_message_id)
        return sent.message_id

    async def _take_away(self, chat_id: int, message_id: int) -> None:
        try:
            await self.bot.delete_message(chat_id, message_id)
        except (BadRequest, RetryAfter):
            log.debug("old panel stays", chat=chat_id)

    async def _shown(self, panel: Panel, message_id: int | None) -> bool:
        """Note what now stands. False: the panel moved on meanwhile and has to be drawn again."""
        async with self.store.write() as unit:
            current = await unit.chat.panel(panel.chat_id)
            same = current is not None and current.rev == panel.rev
            base = panel if same or current is None else current
            moved_on = not same and base.message_id not in (None, panel.message_id)
            # A text came while a tap's screen was being drawn: what answers it belongs below the text.
            anew = not same and base.message_id is None and panel.message_id is not None
            await unit.chat.save_panel(
                replace(
                    base,
                    message_id=None if anew else base.message_id if moved_on else message_id,
                    stale_message_id=message_id if anew else None,
                    dirty=not same,
                )
            )
            await unit.commit()
        return same
