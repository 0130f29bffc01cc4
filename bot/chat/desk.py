"""Works updates: finds who asks, runs the action in the update's own transaction, shows the result."""

from dataclasses import replace
from typing import Any

import structlog
from telegram import Message, Update

from bot.chat.asked import open_for, open_to
from bot.chat.bringing import ask_first
from bot.chat.codec import NotOurs, decode
from bot.chat.groups import QUIET, AnonymousCommand, is_anonymous, is_for, is_outsider
from bot.chat.meant import not_waited_for, of_no_use
from bot.chat.payments import money_moved
from bot.chat.secret_texts import bring_for, may_come, not_an_answer, taken_away
from bot.chat.standing import (
    asked_here,
    elsewhere,
    noted,
    present,
)
from bot.chat.toasts import stale_button
from bot.chat.topic_answers import meant_for
from bot.chat.uploads import answers, refuse_over, upload_of
from bot.chat.work import Work
from bot.screens import contacts, imports
from bot.screens.base import (
    ACTIONS,
    CHECKS,
    COMMANDS,
    FILE_ANSWERS,
    LINKS,
    RULES,
    TEXT_ANSWERS,
    Door,
    Go,
    Scene,
)
from bot.screens.draft_sheet import ask_which, may_be_people
from bot.texts import say
from domain.operators.model import Right

log = structlog.get_logger(__name__)


class ChatDesk(Work):
    """What PTB's handlers call."""

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
        word, _sep, payload = message.text[1:].partition(" ")
        name = word.partition("@")[0].casefold()
        if not is_for(message, name, self.bot.username):
            return await self.only_done()
        secret = await taken_away(self.bot, message, None)
        if is_anonymous(message):
            return await self._work(None, message, AnonymousCommand(message).act, secret=secret, aside=True)

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
            asked = await open_for(unit, message)
        secret = await taken_away(self.bot, message, asked)
        text = message.text

        async def effect(scene: Scene) -> Go:
            prompt = await open_to(scene)
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
            prompt = await open_for(unit, message)
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
        await self._work(None, message, meant.act, needs=meant.needs, before=meant.bring, aside=True)
        return True

    async def on_payment(self, update: Update, _: object) -> None:
        """Money came or went back; whoever it is, and whatever they may do here."""
        message = update.message
        if message is None:
            return await self.only_done()

        async def effect(scene: Scene) -> Go:
            go = await money_moved(scene, message)
            if is_outsider(scene):
                return QUIET
            return go or replace(await present(scene), fresh=True)

        await self._work(None, message, effect, for_all=True)
        return None
