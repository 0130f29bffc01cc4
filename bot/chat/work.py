"""How every update is worked: who asks and whether they may, what is done in the update's own transaction,
and what the chat shows then."""

from contextvars import ContextVar
from dataclasses import replace
from functools import partial
from typing import Any, Final

import structlog
from telegram import Bot, CallbackQuery, Message

from bot.chat import asked
from bot.chat.anew import or_anew
from bot.chat.answering import written_by
from bot.chat.codec import Press
from bot.chat.groups import is_outsider, turned_away
from bot.chat.panels import Panels
from bot.chat.secret_texts import said_too
from bot.chat.standing import asked_in, home_of, leave_behind, noted, panel_in, present, scene_of
from bot.chat.threads import enter, in_thread
from bot.chat.toasts import answer_tap
from bot.chat.trouble import gone_by, set_aside
from bot.chat.view import LONGEST_TOAST
from bot.chat.whereabouts import led_by, mark, move, said_where, there
from bot.screens import first_contact
from bot.screens.base import Act, Before, Desk, Go, Scene
from bot.tasks import TaskOwner
from bot.texts import plain, refusal, unmarked
from domain.kernel.errors import Conflict, DomainError
from domain.kernel.ids import WorkspaceId
from domain.operators.chat import InboxUpdate, Panel
from domain.operators.model import Right, TermsChanged
from domain.scheduler.unit import Unit

log = structlog.get_logger(__name__)

#: The inbox row being worked in this task, so that PTB's handlers need not carry it.
ROW: Final[ContextVar[int]] = ContextVar("ROW")


class AlreadyWorked(Exception):
    """This update took effect before."""


def _who(query: CallbackQuery | None, message: Message) -> tuple[int, str]:
    """Their number and name; the chat's, and none, for what no person did: a refund, say."""
    if query is not None:
        return query.from_user.id, query.from_user.first_name
    person = message.from_user
    name = "" if person is None or person.is_bot else person.first_name
    return asked.writer_of(message), name


class Work:
    def __init__(self, desk: Desk, bot: Bot, tasks: TaskOwner) -> None:
        self.desk, self.bot = desk, bot
        self.panels = Panels(bot, desk.store, tasks, self.scene)

    async def _work(
        self, query: CallbackQuery | None, message: Message, effect: Act, *,
        needs: Right = Right.ANYBODY, press: Press | None = None, before: Before | None = None,
        secret: str | None = None, aside: bool = False, for_all: bool = False,
    ) -> None:  # fmt: skip
        """`needs` is asked before anything else is done: before the network is asked, and again inside the
        transaction, because a role may have changed meanwhile. `secret`: what is said of a message that was
        one (bot/chat/secret_texts.py). `aside`: it is not for us, and what the chat shows stays. `for_all`:
        also what comes of somebody in a group who is no member."""
        enter(message)
        chat_id, tapped = message.chat_id, message.message_id if query else None
        telegram_id, name = _who(query, message)
        touched = set[WorkspaceId]()

        async def allowed(scene: Scene) -> Go:
            if is_outsider(scene) and not (aside or for_all):
                return turned_away(tapped=query is not None)
            if (shut := await self._shut(scene, needs)) is not None:
                return shut
            go = await effect(scene if query else written_by(scene, message))
            touched.update(scene.touched)
            return go

        pressed = press or Press(action="-")
        try:
            try:
                brought = await self._bring(before, needs, chat_id, telegram_id, name, pressed, aside)
                commit = partial(
                    self._commit, chat_id, telegram_id, name, allowed, tapped, pressed, brought, secret, aside
                )
                go = await or_anew(commit, seq=ROW.get())
            except DomainError as error:
                touched.clear()
                refused = partial(self._refused, chat_id, telegram_id, name, error, tapped, pressed, secret)
                go = await or_anew(refused, seq=ROW.get())
        except AlreadyWorked:
            return
        if query is not None:
            await answer_tap(query, go)
        for chat in (chat_id, *go.also):
            self.panels.soon(chat)
        for workspace_id in touched:
            self.panels.in_step(workspace_id, but=chat_id)

    async def _bring(
        self, before: Before | None, needs: Right, chat_id: int, telegram_id: int, name: str, press: Press,
        aside: bool,
    ) -> Any:  # fmt: skip
        """Ask the network, for those who may, while no transaction is open."""
        if before is None:
            return None
        async with self.desk.store.read() as unit:
            scene = await there(replace(await self.scene(unit, chat_id, telegram_id, name), press=press))
        if is_outsider(scene) and not aside:
            return None
        return await before(scene) if scene.may(needs) else None

    async def _shut(self, scene: Scene, needs: Right) -> Go | None:
        """The door as somebody finds it who is no member; a member whose role is too low is refused, by
        NotAllowed."""
        if scene.may(needs):
            if scene.home is not None and needs not in (Right.ANYBODY, Right.READ):
                scene.touched.add(scene.home.id)
            return None
        if scene.member is None:
            return await first_contact.knock(scene)
        scene.must(needs)
        return None

    async def _commit(
        self, chat_id: int, telegram_id: int, name: str, effect: Act, tapped: int | None, press: Press,
        brought: Any, secret: str | None, aside: bool,
    ) -> Go:  # fmt: skip
        """Effect and done-mark, together."""
        async with self.desk.store.write(follows=True) as unit:
            await self._mark_done(unit, secret)
            scene = await self.scene(unit, chat_id, telegram_id, name)
            here = replace(scene, press=press, brought=brought)
            scene = await move(here)
            moved = scene is not here
            if not aside and not is_outsider(scene):
                await leave_behind(scene)
            go = await effect(scene)
            go = said_too(said_where(scene, go) if moved else go, secret, scene.language)
            if go.prompt is not None:
                await asked.ask(unit, asked_in(await home_of(unit, telegram_id), go.prompt), telegram_id)
            elif not go.keep_prompt and not go.quiet:
                await asked.close(unit, chat_id, telegram_id)
            if not go.quiet and await self._go(unit, chat_id, telegram_id, go, tapped, moved=moved):
                go = replace(go, toast=go.toast or plain("panel.below", scene.language))
            for chat in go.also:
                await mark(unit, chat)
            await unit.commit()
        return go

    async def _refused(
        self, chat_id: int, telegram_id: int, name: str, error: DomainError, tapped: int | None, press: Press,
        secret: str | None,
    ) -> Go:  # fmt: skip
        """Nothing happened but this: the sentence, above the present screen; an open prompt stays open. New
        terms lead to them."""
        log.info("refused", code=error.code, chat=chat_id)
        async with self.desk.store.write() as unit:
            await self._mark_done(unit, secret)
            scene = await self.scene(unit, chat_id, telegram_id, name)
            error = await gone_by(unit, chat_id, tapped, error)
            sentence = refusal(error, scene.language, zone=scene.zone)
            if isinstance(error, TermsChanged):
                scene = await move(replace(scene, press=press))
            await leave_behind(scene)
            now = led_by(error, press, await present(scene))
            brief = len(unmarked(sentence)) <= LONGEST_TOAST
            if tapped is not None and (brief or isinstance(error, Conflict)):
                go = replace(now, toast=unmarked(sentence), alert=not isinstance(error, Conflict))
            else:
                go = said_too(replace(noted(now, sentence), fresh=tapped is None), secret, scene.language)
            await self._go(unit, chat_id, telegram_id, go, tapped)
            await unit.commit()
        return go

    async def _go(
        self, unit: Unit, chat_id: int, telegram_id: int, go: Go, tapped: int | None, *, moved: bool = False
    ) -> bool:
        """Remember what the chat shows now. A tap on the panel edits it; anything else sends it anew. Returns
        whether somebody tapped elsewhere, perhaps far above where the panel comes to be."""
        panel = await unit.chat.panel(chat_id)
        if tapped is not None and go.screen == "campaign":
            live = await unit.chat.progress_messages()
            if any(m.chat_id == chat_id and m.message_id == tapped for m in live):
                if moved:  # what the panel shows is of the workspace they were in
                    await mark(unit, chat_id, "home")
                return False  # the live message itself shows the change
        old = panel.message_id if panel else None
        stays = tapped is not None and tapped == old and not go.fresh
        await unit.chat.save_panel(
            Panel(
                chat_id=chat_id,
                telegram_id=telegram_id,
                screen=go.screen,
                args=in_thread(panel_in(await home_of(unit, telegram_id), go.screen, go.args)),
                message_id=old if stays else None,
                rev=panel.rev + 1 if panel else 0,
                stale_message_id=None if stays else (old or (panel.stale_message_id if panel else None)),
            )
        )
        return tapped is not None and tapped != old

    async def _mark_done(self, unit: Unit, secret: str | None) -> None:
        if not await unit.chat.mark_done(ROW.get(), at=self.desk.clock.now()):
            raise AlreadyWorked
        if secret is not None:
            await unit.chat.forget_words(ROW.get())

    async def only_done(self) -> None:
        """An update that asks for nothing."""
        async with self.desk.store.write(follows=True) as unit:
            await unit.chat.mark_done(ROW.get(), at=self.desk.clock.now())
            await unit.commit()

    # -- who, and where they are ----------------------------------------------------------------------

    async def scene(self, unit: Unit, chat_id: int, telegram_id: int, person: str) -> Scene:
        return await scene_of(self.desk, unit, chat_id, telegram_id, person)

    async def trouble(self, row: InboxUpdate, error: BaseException) -> None:
        await set_aside(self.desk, self.bot, row, error)
