"""Works updates: finds who asks, runs the action in the update's own transaction, shows the result."""

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import replace
from typing import Any, Final

import structlog
from telegram import Bot, CallbackQuery, Message, Update

from bot.chat.answering import written_by
from bot.chat.bringing import ask_first
from bot.chat.codec import NotOurs, Press, decode
from bot.chat.meant import not_waited_for, of_no_use
from bot.chat.panels import Panels
from bot.chat.payments import money_moved
from bot.chat.secret_texts import bring_for, may_come, not_an_answer, said_too, taken_away
from bot.chat.standing import (
    asked_here,
    asked_in,
    elsewhere,
    home_of,
    leave_behind,
    noted,
    panel_in,
    present,
    scene_of,
)
from bot.chat.threads import enter, in_thread
from bot.chat.toasts import answer_tap, stale_button
from bot.chat.topic_answers import meant_for
from bot.chat.trouble import set_aside
from bot.chat.uploads import answers, refuse_over, upload_of
from bot.chat.view import LONGEST_TOAST
from bot.chat.whereabouts import led_by, mark, move, said_where, there
from bot.screens import contacts, first_contact, imports
from bot.screens.base import (
    ACTIONS,
    CHECKS,
    COMMANDS,
    FILE_ANSWERS,
    LINKS,
    RULES,
    TEXT_ANSWERS,
    Act,
    Before,
    Desk,
    Door,
    Go,
    Scene,
)
from bot.screens.draft_sheet import ask_which, may_be_people
from bot.tasks import TaskOwner
from bot.texts import refusal, say, unmarked
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


class ChatDesk:
    def __init__(self, desk: Desk, bot: Bot, tasks: TaskOwner) -> None:
        self.desk, self.bot = desk, bot
        self.panels = Panels(bot, desk.store, tasks, self.scene)
        #: Called after an update took effect: notices may have been queued.
        self.after: list[Callable[[], None]] = []

    # -- what PTB's handlers call -------------------------------------------------------------------

    async def on_tap(self, update: Update, _: object) -> None:
        query = update.callback_query
        if query is None or not isinstance(query.message, Message):
            return await self.only_done()
        try:
            press = decode(query.data or "")
            action = ACTIONS[press.action]
        except (NotOurs, KeyError):
            return await self._work(query, query.message, stale_button)
        await self._work(
            query, query.message, action.act, needs=action.needs, press=press, before=action.before
        )
        return None

    async def on_command(self, update: Update, _: object) -> None:
        message = update.message
        if message is None or message.text is None:
            return await self.only_done()
        secret = await taken_away(self.bot, message, None)
        word, _sep, payload = message.text[1:].partition(" ")
        name = word.partition("@")[0].casefold()

        async def effect(scene: Scene) -> Go:
            if name == "start" and payload:
                return await self._follow(scene, payload.strip())
            needs = RULES.get((Door.COMMAND, name), Right.READ)
            hidden = needs is Right.ADMIN and not scene.is_admin
            if (shut := await self._shut(scene, Right.READ if hidden else needs)) is not None:
                return shut
            if name in COMMANDS and not hidden:
                here = replace(scene, origin=f"/{name}", words=payload.strip())
                return replace(await COMMANDS[name](here), fresh=True)
            return noted(await present(scene), say("unknown.command", scene.language))

        await self._work(None, message, effect, before=ask_first(name, payload.strip()), secret=secret)
        return None

    async def _follow(self, scene: Scene, payload: str) -> Go:
        """A link that leads here; one that says nothing to us leads home."""
        kind, _sep, rest = payload.partition("_")
        if (shut := await self._shut(scene, RULES.get((Door.LINK, kind), Right.READ))) is not None:
            return shut
        return replace(await LINKS[kind](scene, rest) if kind in LINKS else Go(screen="home"), fresh=True)

    async def on_text(self, update: Update, _: object) -> None:
        message = update.message
        if message is None or message.text is None:
            return await self.only_done()
        async with self.desk.store.read() as unit:
            asked = await unit.chat.prompt(message.chat_id)
        secret = await taken_away(self.bot, message, asked)
        text = message.text

        async def effect(scene: Scene) -> Go:
            prompt = await scene.unit.chat.prompt(scene.chat_id)
            kind = prompt.kind if prompt is not None else ""
            if (shut := await self._shut(scene, RULES.get((Door.TEXT, kind), Right.READ))) is not None:
                return shut
            if secret is not None and not may_come(prompt):
                return await not_an_answer(scene)
            if prompt is None or kind not in TEXT_ANSWERS:
                return await not_waited_for(scene, prompt)
            return replace(await TEXT_ANSWERS[kind](scene, prompt, text), fresh=True)

        if await self._answers(message, secret):
            return None
        before = bring_for(asked, text) if secret is None or may_come(asked) else None
        await self._work(None, message, asked_here(effect), before=before, secret=secret)
        return None

    async def on_contact(self, update: Update, _: object) -> None:
        message = update.message
        if message is None or message.contact is None:
            return await self.only_done()
        card = message.contact

        async def effect(scene: Scene) -> Go:
            name = " ".join(part for part in (card.first_name, card.last_name) if part)
            number = card.phone_number if card.phone_number.startswith("+") else f"+{card.phone_number}"
            return replace(await contacts.receive_card(scene, number, name), fresh=True)

        if not await self._answers(message, None):
            await self._work(None, message, asked_here(effect), needs=RULES[Door.SENT, "card"])
        return None

    async def on_file(self, update: Update, _: object) -> None:
        """A file answers an open question, or else is a contact file. Of an album that answers a question
        the first is taken, and the operator is told; the others change nothing."""
        message = update.message
        upload = upload_of(message) if message is not None else None
        if message is None or upload is None:
            return await self.on_other(update, _)
        async with self.desk.store.read() as unit:
            prompt = await unit.chat.prompt(message.chat_id)
            panel = await unit.chat.panel(message.chat_id)
        secret = await taken_away(self.bot, message, prompt)
        if await self._answers(message, secret):
            return None
        album = message.media_group_id
        taken = album is not None and panel is not None and panel.args.get("album") == album
        answering = not taken and prompt is not None and answers(prompt, upload)
        door = (Door.FILE, prompt.kind) if answering and prompt is not None else (Door.SENT, "file")

        async def fetch(scene: Scene) -> Any:
            if prompt is not None and prompt.kind in CHECKS:
                await CHECKS[prompt.kind](scene, prompt, upload)
            return await scene.desk.files.fetch(upload)

        async def effect(scene: Scene) -> Go:
            if taken and panel is not None and not elsewhere(panel.args, scene):
                return Go(screen=panel.screen, args=panel.args, keep_prompt=True, fresh=True)
            if taken:
                return replace(await present(scene), fresh=True)
            if answering and prompt is not None:
                go = replace(await FILE_ANSWERS[prompt.kind](scene, prompt, scene.brought), fresh=True)
                if album is None:
                    return go
                go = noted(go, say("album.first", scene.language))
                return replace(go, args={**go.args, "album": album})
            if prompt is not None and may_be_people(prompt, upload):
                refuse_over(upload.filename, upload.size)
                return await ask_which(scene, prompt, upload)
            campaign = prompt.args["id"] if prompt is not None and prompt.kind == "campaign.file" else None
            return replace(await imports.receive_file(scene, upload, campaign), fresh=True)

        bring = fetch if answering else None
        await self._work(None, message, asked_here(effect), needs=RULES[door], before=bring, secret=secret)
        return None

    async def on_other(self, update: Update, _: object) -> None:
        """Stickers, locations, polls: said so, nothing lost."""
        message = update.message
        if message is None:
            return await self.only_done()
        secret = await taken_away(self.bot, message, None)
        if not await self._answers(message, secret):
            await self._work(None, message, of_no_use, needs=Right.READ, secret=secret)
        return None

    async def _answers(self, message: Message, secret: str | None) -> bool:
        """Whether it was for a person who wrote to us, and not for us."""
        meant = await meant_for(self.desk.store, message, secret)
        if meant is None:
            return False
        await self._work(None, message, meant.act, needs=meant.needs, before=meant.bring)
        return True

    async def on_payment(self, update: Update, _: object) -> None:
        """Money came or went back; whoever it is, and whatever they may do here."""
        message = update.message
        if message is None:
            return await self.only_done()

        async def effect(scene: Scene) -> Go:
            return await money_moved(scene, message) or replace(await present(scene), fresh=True)

        await self._work(None, message, effect)
        return None

    # -- how every update is worked -----------------------------------------------------------------

    async def _work(
        self, query: CallbackQuery | None, message: Message, effect: Act, *,
        needs: Right = Right.ANYBODY, press: Press | None = None, before: Before | None = None,
        secret: str | None = None,
    ) -> None:  # fmt: skip
        """`needs` is asked before anything else is done: before the network is asked, and again inside the
        transaction, because a role may have changed meanwhile. `secret`: what is said of a message that was
        one (bot/chat/secret_texts.py)."""
        enter(message)
        chat_id = message.chat_id
        person = query.from_user if query else message.from_user
        if person is not None and person.is_bot:  # our own, about the chat: a refund, say
            person = None
        telegram_id = person.id if person else chat_id
        name = person.first_name if person else ""
        tapped = message.message_id if query else None

        touched = set[WorkspaceId]()

        async def allowed(scene: Scene) -> Go:
            if (shut := await self._shut(scene, needs)) is not None:
                return shut
            go = await effect(scene if query else written_by(scene, message))
            touched.update(scene.touched)
            return go

        pressed = press or Press(action="-")
        try:
            try:
                brought = await self._bring(before, needs, chat_id, telegram_id, name, pressed)
                go = await self._commit(chat_id, telegram_id, name, allowed, tapped, pressed, brought, secret)
            except DomainError as error:
                touched.clear()
                go = await self._refused(chat_id, telegram_id, name, error, tapped, pressed, secret)
        except AlreadyWorked:
            return
        if query is not None:
            await answer_tap(query, go)
        for poke in self.after:
            poke()
        for chat in (chat_id, *go.also):
            self.panels.soon(chat)
        for workspace_id in touched:
            self.panels.in_step(workspace_id, but=chat_id)

    async def _bring(
        self, before: Before | None, needs: Right, chat_id: int, telegram_id: int, name: str, press: Press
    ) -> Any:
        """Ask the network, for those who may, while no transaction is open."""
        if before is None:
            return None
        async with self.desk.store.read() as unit:
            scene = await there(replace(await self.scene(unit, chat_id, telegram_id, name), press=press))
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
        brought: Any, secret: str | None,
    ) -> Go:  # fmt: skip
        """Effect and done-mark, together."""
        async with self.desk.store.write() as unit:
            await self._mark_done(unit, secret)
            scene = await self.scene(unit, chat_id, telegram_id, name)
            here = replace(scene, press=press, brought=brought)
            scene = await move(here)
            moved = scene is not here
            await leave_behind(scene)
            go = await effect(scene)
            go = said_too(said_where(scene, go) if moved else go, secret, scene.language)
            if go.prompt is not None:
                await unit.chat.save_prompt(asked_in(await home_of(unit, telegram_id), go.prompt))
            elif not go.keep_prompt and not go.quiet:
                await unit.chat.clear_prompt(chat_id)
            if not go.quiet:
                await self._go(unit, chat_id, telegram_id, go, tapped, moved=moved)
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
            sentence = refusal(error, scene.language)
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
    ) -> None:
        """Remember what the chat shows now. A tap on the panel edits it; anything else sends it anew."""
        panel = await unit.chat.panel(chat_id)
        if tapped is not None and go.screen == "campaign":
            live = await unit.chat.progress_messages()
            if any(m.chat_id == chat_id and m.message_id == tapped for m in live):
                if moved:  # what the panel shows is of the workspace they were in
                    await mark(unit, chat_id, "home")
                return  # the live message itself shows the change
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

    async def _mark_done(self, unit: Unit, secret: str | None) -> None:
        if not await unit.chat.mark_done(ROW.get(), at=self.desk.clock.now()):
            raise AlreadyWorked
        if secret is not None:
            await unit.chat.forget_words(ROW.get())

    async def only_done(self) -> None:
        """An update that asks for nothing."""
        async with self.desk.store.write() as unit:
            await unit.chat.mark_done(ROW.get(), at=self.desk.clock.now())
            await unit.commit()

    # -- who, and where they are ----------------------------------------------------------------------

    async def scene(self, unit: Unit, chat_id: int, telegram_id: int, person: str) -> Scene:
        return await scene_of(self.desk, unit, chat_id, telegram_id, person)

    async def trouble(self, row: InboxUpdate, error: BaseException) -> None:
        await set_aside(self.desk, self.bot, row, error)
