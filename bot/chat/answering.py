"""What an operator writes under the notice of somebody's words goes to that person over WhatsApp, see
decision 30."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import structlog
from telegram import Message

from bot.chat.groups import QUIET, below
from bot.chat.uploads import upload_of
from bot.chat.whereabouts import WorkspaceLeft
from bot.screens.base import Go, Scene, Upload
from bot.screens.spaces import membership
from bot.screens.talk_parts import send_answer
from bot.texts import refusal, say
from domain.contacts.forgetting import PersonGone
from domain.conversations.model import Conversation
from domain.delivery.content import Media
from domain.kernel.errors import DomainError
from domain.kernel.ids import ConversationId
from domain.kernel.unit import Store
from domain.operators.model import Right, TermsChanged
from domain.scheduler.answering import Words, check_answer
from domain.scheduler.unit import Unit

log = structlog.get_logger(__name__)

#: Refusals that begin so say for themselves that somebody got nothing.
_OF_ANSWERS: Final = "answer."
#: What the key of a notice about a reply began with, before conversations were kept.
OLD_NOTICE: Final = "reply:"


class NobodyMeant(DomainError):
    """The message gathers many people."""

    code = "answer.nobody_meant"


class NoticeTooOld(DomainError):
    """The message is from before conversations were kept."""

    code = "answer.too_old"


class NotSendable(DomainError):
    """`name` cannot be sent a thing of this kind from here."""

    code = "answer.not_sendable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answering:
    """A message that is for a person, not for us. `whom` None: for nobody that could be told; for somebody
    who was `forgotten_at` that moment; or under a message that is too `is_old`."""

    whom: ConversationId | None
    message: Message
    is_old: bool = False
    forgotten_at: datetime | None = None
    needs: Right = Right.READ

    @property
    def upload(self) -> Upload | None:
        return upload_of(self.message)

    async def bring(self, scene: Scene) -> Media | DomainError | None:
        """Its file, from Telegram; or what stands against the answer, which is said below it."""
        try:
            return await self._file(scene)
        except DomainError as error:
            return error

    async def act(self, scene: Scene) -> Go:
        """What is not sent is said below the operator's message, where it stays. New terms lead to them."""
        try:
            await self._send(scene)
        except DomainError as error:
            if isinstance(error, TermsChanged) and scene.chat_id > 0:
                raise
            log.info("not answered", code=error.code, chat=scene.chat_id)
            why = refusal(error, scene.language, zone=scene.zone)
            if not error.code.startswith(_OF_ANSWERS):
                why = say("answer.not_sent", scene.language, why=why)
            await below(scene, self.message, why)
        return QUIET

    async def _file(self, scene: Scene) -> Media | None:
        """Asked for once nothing else stands against the answer."""
        upload = self.upload
        if upload is None:
            return None
        async with scene.desk.store.read() as unit:
            here, talk = await self._there(replace(scene, unit=unit))
            await check_answer(unit, talk, self._words(talk, upload.stated), now=here.now)
        return await scene.desk.files.fetch(upload)

    async def _send(self, scene: Scene) -> None:
        if isinstance(scene.brought, DomainError):
            raise scene.brought
        here, talk = await self._there(scene)
        await send_answer(here, talk, self._words(talk, scene.brought))

    def _words(self, talk: Conversation, media: Media | None) -> Words:
        text = self.message.text or self.message.caption or ""
        if media is None and not text:
            raise NotSendable(name=talk.name or talk.number)
        return Words(text=text, media=media)

    async def _there(self, scene: Scene) -> tuple[Scene, Conversation]:
        """As a member of the workspace that the person wrote to, wherever the operator works now."""
        if self.forgotten_at is not None:
            raise PersonGone(at=self.forgotten_at)
        if self.whom is None:
            raise NoticeTooOld() if self.is_old else NobodyMeant()
        talk = await scene.unit.conversations.any(self.whom)
        member = await membership(scene, talk.workspace_id)
        if member is None:
            raise WorkspaceLeft()
        home = await scene.unit.operators.workspace(talk.workspace_id)
        here = replace(scene, member=member, home=home)
        here.must(Right.WORK)
        return here, talk


async def answered_by(store: Store[Unit], message: Message, secret: str | None) -> Answering | None:
    """None where the message is for us. A secret is nobody's business, whatever it stands under."""
    replied = message.reply_to_message
    if replied is None or secret is not None:
        return None
    chat_id, id = message.chat_id, replied.message_id
    async with store.read() as unit:
        told = await unit.tellings.stands_for(chat_id, id)
        stands = told if told is not None else await unit.delivery.ticked(chat_id, id)
        if stands is not None:
            return Answering(whom=stands.conversation_id, forgotten_at=stands.forgotten_at, message=message)
        notice = await unit.chat.sent_notice(chat_id, id)
    if notice is not None and notice.key.startswith(OLD_NOTICE):
        return Answering(whom=None, is_old=True, message=message)
    return None


def written_by(scene: Scene, message: Message) -> Scene:
    """With the operator's own message."""
    return replace(
        scene, message_id=message.message_id,
        thread_id=message.message_thread_id if message.is_topic_message else None,
        caption=message.caption or "",
    )  # fmt: skip
