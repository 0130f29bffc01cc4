"""What is written in a group. In a conversation's topic it is the answer to that person; elsewhere in a group
people talk among themselves, and only what answers an open question is for us. See decision 34.

To Telegram everything in a topic is a reply: to the service message that opened the topic, where a person
answered nothing. So the topic decides who is meant, and not what a message seems to answer.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from telegram import Message

from bot.chat.answering import Answering, answered_by
from bot.chat.asked import open_for
from bot.chat.groups import QUIET, below, is_anonymous
from bot.screens.base import Go, Scene
from bot.screens.contacts_parts import short
from bot.screens.spaces import membership
from bot.screens.talk_parts import name_of
from bot.texts import say
from domain.conversations.topics import Topic
from domain.kernel.unit import Store
from domain.operators.model import Right
from domain.scheduler.unit import Unit


class Meant(Protocol):
    """A message that is not for us: what it takes to work it, as a door of the chat has it."""

    @property
    def needs(self) -> Right: ...

    async def bring(self, scene: Scene) -> Any: ...

    async def act(self, scene: Scene) -> Go: ...


@dataclass(frozen=True, slots=True)
class Chatter:
    """Said among people in a group: nothing follows."""

    needs: Right = Right.ANYBODY

    async def bring(self, scene: Scene) -> None:
        return None

    async def act(self, scene: Scene) -> Go:
        return QUIET


@dataclass(frozen=True, slots=True)
class TopicAnswer:
    """Whoever may not answer is told so once, in the topic; what cannot be sent is said below it."""

    topic: Topic
    message: Message
    needs: Right = Right.ANYBODY

    @property
    def _answering(self) -> Answering:
        return Answering(whom=self.topic.conversation_id, message=self.message)

    async def bring(self, scene: Scene) -> Any:
        """As of any answer; of what is not to be sent, nothing."""
        return await self._answering.bring(scene) if self.topic.is_on else None

    async def act(self, scene: Scene) -> Go:
        space = await scene.unit.operators.workspace(self.topic.workspace_id)
        talk = await scene.unit.conversations.conversation(space.id, self.topic.conversation_id)
        lang, person, name = space.language, name_of(talk), short(scene.person)
        member = await membership(scene, space.id)
        tell = partial(below, scene, self.message)
        if is_anonymous(self.message):
            await tell(say("topics.anonymous", lang, person=person), once="anonymous")
        elif member is None:
            await tell(say("topics.stranger", lang, name=name, person=person), once="stranger")
        elif Right.WORK not in member.role.rights:
            await tell(say("topics.viewer", lang, name=name, person=person), once="viewer")
        elif not self.topic.is_on:
            text = say("topics.off.said", lang, person=person, bot=scene.desk.bot_name())
            await tell(text)
        else:
            return await self._answering.act(scene)
        return QUIET


async def meant_for(store: Store[Unit], message: Message, secret: str | None) -> Meant | None:
    """Whom it is for; None where it is for us. Whoever was asked something answers that first, save where
    they reply to a message of somebody's."""
    under = await answered_by(store, message, secret)
    if message.chat_id > 0 or secret is not None:
        return under
    async with store.read() as unit:
        topic = await _topic(unit, message)
        asked = await open_for(unit, message)
        person = message.from_user
        mine = [] if person is None else await unit.operators.members_of(person.id)
    if topic is not None:
        return TopicAnswer(topic, message) if asked is None or under is not None else None
    if not any(member.has_accepted_terms for member in mine):
        return Chatter()
    return Chatter() if under is None and asked is None else under


async def _topic(unit: Unit, message: Message) -> Topic | None:
    if not message.is_topic_message or message.message_thread_id is None:
        return None
    return await unit.topics.topic(message.chat_id, message.message_thread_id)
