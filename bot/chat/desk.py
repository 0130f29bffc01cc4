"""Works updates: finds who asks, runs the action in the update's own transaction, shows the result."""

import secrets
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from dataclasses import replace
from typing import Any, Final

import structlog
from telegram import Bot, CallbackQuery, Message, Update
from telegram.error import TelegramError

from bot.chat.codec import NotOurs, Press, decode
from bot.chat.panels import Panels
from bot.chat.uploads import upload_of
from bot.chat.view import LONGEST_TOAST
from bot.screens import contacts, first_contact, imports
from bot.screens.base import ACTIONS, COMMANDS, FILE_ANSWERS, TEXT_ANSWERS, Before, Desk, Go, Scene, Upload
from bot.tasks import TaskOwner
from bot.texts import Html, plain, refusal, say
from domain.delivery.content import MediaKind
from domain.kernel.errors import Conflict, DomainError
from domain.operators.chat import InboxUpdate, Panel, Prompt
from domain.scheduler.unit import Unit

log = structlog.get_logger(__name__)

Effect = Callable[[Scene], Awaitable[Go]]

#: The inbox row being worked in this task, so that PTB's handlers need not carry it.
ROW: Final[ContextVar[int]] = ContextVar("ROW")

_TAGS: Final = ("<b>", "</b>", "<i>", "</i>", "<code>", "</code>")


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
            return await self._work(query, query.message, self._stale_button)

        async def effect(scene: Scene) -> Go:
            if scene.member is None and not action.strangers:
                return await first_contact.knock(scene)
            return await action.act(scene)

        await self._work(query, query.message, effect, press=press, before=action.before)
        return None

    async def on_command(self, update: Update, _: object) -> None:
        message = update.message
        if message is None or message.text is None:
            return await self.only_done()
        word, _sep, payload = message.text[1:].partition(" ")
        name = word.partition("@")[0].casefold()

        async def effect(scene: Scene) -> Go:
            if name == "start" and payload:
                return await first_contact.deep_link(scene, payload.strip())
            if scene.member is None:
                return await first_contact.knock(scene)
            if name in COMMANDS:
                return replace(await COMMANDS[name](scene), fresh=True)
            return self._note(await self._present(scene), say("unknown.command", self._language(scene)))

        await self._work(None, message, effect)
        return None

    async def on_text(self, update: Update, _: object) -> None:
        message = update.message
        if message is None or message.text is None:
            return await self.only_done()
        text = message.text

        async def effect(scene: Scene) -> Go:
            if scene.member is None:
                return await first_contact.knock(scene)
            prompt = await scene.unit.chat.prompt(scene.chat_id)
            if prompt is None or prompt.kind not in TEXT_ANSWERS:
                key = "nothing.open" if prompt is None else "unknown.message"
                go = await self._present(scene)
                return replace(self._note(go, say(key, self._language(scene))), keep_prompt=True)
            return replace(await TEXT_ANSWERS[prompt.kind](scene, prompt, text), fresh=True)

        await self._work(None, message, effect)
        return None

    async def on_contact(self, update: Update, _: object) -> None:
        message = update.message
        if message is None or message.contact is None:
            return await self.only_done()
        card = message.contact

        async def effect(scene: Scene) -> Go:
            if scene.member is None:
                return await first_contact.knock(scene)
            name = " ".join(part for part in (card.first_name, card.last_name) if part)
            number = card.phone_number if card.phone_number.startswith("+") else f"+{card.phone_number}"
            return replace(await contacts.receive_card(scene, number, name), fresh=True)

        await self._work(None, message, effect)
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
            members = await unit.operators.members_of(_sender(message))
        album = message.media_group_id
        taken = album is not None and panel is not None and panel.args.get("album") == album
        answers = bool(members) and not taken and prompt is not None and _answers(prompt, upload)

        async def fetch(scene: Scene) -> Any:
            return await scene.desk.files.fetch(upload)

        async def effect(scene: Scene) -> Go:
            if scene.member is None:
                return await first_contact.knock(scene)
            if taken and panel is not None:
                return Go(screen=panel.screen, args=panel.args, keep_prompt=True, fresh=True)
            if answers and prompt is not None:
                go = replace(await FILE_ANSWERS[prompt.kind](scene, prompt, scene.brought), fresh=True)
                if album is None:
                    return go
                go = self._note(go, say("album.first", self._language(scene)))
                return replace(go, args={**go.args, "album": album})
            campaign = prompt.args["id"] if prompt is not None and prompt.kind == "campaign.file" else None
            return replace(await imports.receive_file(scene, upload, campaign), fresh=True)

        await self._work(None, message, effect, before=fetch if answers else None)
        return None

    async def on_other(self, update: Update, _: object) -> None:
        """Stickers, locations, polls: said so, nothing lost."""
        message = update.message
        if message is None:
            return await self.only_done()

        async def effect(scene: Scene) -> Go:
            if scene.member is None:
                return await first_contact.knock(scene)
            go = await self._present(scene)
            return replace(self._note(go, say("unknown.message", self._language(scene))), keep_prompt=True)

        await self._work(None, message, effect)
        return None

    # -- how every update is worked -----------------------------------------------------------------

    async def _work(
        self, query: CallbackQuery | None, message: Message, effect: Effect, *, press: Press | None = None,
        before: Before | None = None,
    ) -> None:  # fmt: skip
        chat_id = message.chat_id
        person = query.from_user if query else message.from_user
        telegram_id = person.id if person else chat_id
        name = person.first_name if person else ""
        tapped = message.message_id if query else None
        try:
            try:
                pressed = press or Press(action="-")
                brought = await self._bring(before, chat_id, telegram_id, name, pressed)
                go = await self._commit(chat_id, telegram_id, name, effect, tapped, pressed, brought)
            except DomainError as error:
                go = await self._refused(chat_id, telegram_id, name, error, tapped)
        except AlreadyWorked:
            return
        if query is not None:
            await self._answer(query, go)
        for poke in self.after:
            poke()
        self.panels.soon(chat_id)

    async def _bring(
        self, before: Before | None, chat_id: int, telegram_id: int, name: str, press: Press
    ) -> Any:
        """Ask the network, for members only, while no transaction is open."""
        if before is None:
            return None
        async with self.desk.store.read() as unit:
            scene = await self.scene(unit, chat_id, telegram_id, name)
        return await before(replace(scene, press=press)) if scene.member else None

    async def _commit(
        self, chat_id: int, telegram_id: int, name: str, effect: Effect, tapped: int | None, press: Press,
        brought: Any,
    ) -> Go:  # fmt: skip
        """Effect and done-mark, together."""
        async with self.desk.store.write() as unit:
            await self._mark_done(unit)
            scene = await self.scene(unit, chat_id, telegram_id, name)
            scene = replace(scene, press=press, brought=brought)
            go = await effect(scene)
            if go.prompt is not None:
                await unit.chat.save_prompt(go.prompt)
            elif not go.keep_prompt:
                await unit.chat.clear_prompt(chat_id)
            await self._go(unit, chat_id, telegram_id, go, tapped)
            await unit.commit()
        return go

    async def _refused(
        self, chat_id: int, telegram_id: int, name: str, error: DomainError, tapped: int | None
    ) -> Go:
        """Nothing happened but this: the sentence, above the present screen; an open prompt stays open."""
        log.info("refused", code=error.code, chat=chat_id)
        async with self.desk.store.write() as unit:
            await self._mark_done(unit)
            scene = await self.scene(unit, chat_id, telegram_id, name)
            sentence = refusal(error, self._language(scene))
            present = await self._present(scene)
            brief = len(_plain(sentence)) <= LONGEST_TOAST
            if tapped is not None and (brief or isinstance(error, Conflict)):
                go = replace(present, toast=_plain(sentence), alert=not isinstance(error, Conflict))
            else:
                go = replace(self._note(present, sentence), fresh=tapped is None)
            await self._go(unit, chat_id, telegram_id, go, tapped)
            await unit.commit()
        return go

    async def _go(self, unit: Unit, chat_id: int, telegram_id: int, go: Go, tapped: int | None) -> None:
        """Remember what the chat shows now. A tap on the panel edits it; anything else sends it anew."""
        panel = await unit.chat.panel(chat_id)
        if tapped is not None and go.screen == "campaign":
            live = await unit.chat.progress_messages()
            if any(m.chat_id == chat_id and m.message_id == tapped for m in live):
                return  # the live message itself shows the change
        old = panel.message_id if panel else None
        stays = tapped is not None and tapped == old and not go.fresh
        await unit.chat.save_panel(
            Panel(
                chat_id=chat_id,
                telegram_id=telegram_id,
                screen=go.screen,
                args=go.args,
                message_id=old if stays else None,
                rev=panel.rev + 1 if panel else 0,
                stale_message_id=None if stays else (old or (panel.stale_message_id if panel else None)),
            )
        )

    async def _mark_done(self, unit: Unit) -> None:
        if not await unit.chat.mark_done(ROW.get(), at=self.desk.clock.now()):
            raise AlreadyWorked

    async def only_done(self) -> None:
        """An update that asks for nothing."""
        async with self.desk.store.write() as unit:
            await unit.chat.mark_done(ROW.get(), at=self.desk.clock.now())
            await unit.commit()

    async def _answer(self, query: CallbackQuery, go: Go) -> None:
        """The tap's little answer; if Telegram has forgotten the tap, no matter."""
        try:
            toast = go.toast[:LONGEST_TOAST] if go.toast else None
            await query.answer(toast, show_alert=bool(toast) and go.alert)
        except TelegramError as error:
            log.info("tap not answered", error=type(error).__name__)

    # -- who, and where they are ----------------------------------------------------------------------

    async def scene(self, unit: Unit, chat_id: int, telegram_id: int, person: str) -> Scene:
        members = await unit.operators.members_of(telegram_id)
        member = next((m for m in members if m.has_accepted_terms), None)
        home = await unit.operators.workspace(member.workspace_id) if member else None
        return Scene(
            desk=self.desk, unit=unit, chat_id=chat_id, telegram_id=telegram_id, person=person,
            now=self.desk.clock.now(), member=member, home=home,
        )  # fmt: skip

    async def _present(self, scene: Scene) -> Go:
        panel = await scene.unit.chat.panel(scene.chat_id)
        if panel is None:
            return Go(screen="home" if scene.member else "private", keep_prompt=True)
        args = {key: value for key, value in panel.args.items() if key != "note"}
        return Go(screen=panel.screen, args=args, keep_prompt=True)

    async def _stale_button(self, scene: Scene) -> Go:
        toast = plain("stale.button", self._language(scene))
        if scene.member is None:
            return await first_contact.knock(scene)
        return replace(await self._present(scene), toast=toast)

    def _note(self, go: Go, sentence: Html) -> Go:
        return replace(go, args={**go.args, "note": str(sentence)}, fresh=True)

    def _language(self, scene: Scene) -> str:
        return scene.home.language if scene.home else "en"

    # -- when something breaks --------------------------------------------------------------------------

    async def trouble(self, row: InboxUpdate, error: BaseException) -> None:
        """A fault of ours: set the update aside, tell the chat, with a reference that stands in the log."""
        reference = secrets.token_hex(4)
        log.error("update failed", reference=reference, seq=row.seq, exc_info=error)
        async with self.desk.store.write() as unit:
            await unit.chat.set_aside(row.seq, error=reference, at=self.desk.clock.now())
            await unit.commit()
        if row.lane_key:
            try:
                await self.bot.send_message(row.lane_key, say("trouble", "en", reference=reference))
            except TelegramError as silence:
                log.info("trouble not told", error=type(silence).__name__)


def _answers(prompt: Prompt, upload: Upload) -> bool:
    """Whether a file answers the open question. Where a text is asked for, a picture may come early, but a
    document is a contact file."""
    early = prompt.kind == "campaign.text" and upload.kind is MediaKind.DOCUMENT
    return prompt.kind in FILE_ANSWERS and not early


def _sender(message: Message) -> int:
    return message.from_user.id if message.from_user else message.chat_id


def _plain(sentence: str) -> str:
    """A catalogue sentence without its markup, for toasts."""
    for tag in _TAGS:
        sentence = sentence.replace(tag, "")
    return sentence.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
