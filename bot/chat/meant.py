"""What an operator writes under the notice of somebody's words is meant for that person, who does not get it:
nothing here is taken for an answer to the desk, and that is said."""

from dataclasses import replace

from telegram import Message

from bot.chat.announcer import REPLY
from bot.chat.standing import noted, present
from bot.screens.base import Act, Go, Scene
from bot.screens.contacts_parts import short
from bot.texts import say
from domain.operators.chat import Prompt


def for_us(message: Message, effect: Act) -> Act:
    """The effect, unless the message is a reply to such a notice. An open question stays open."""

    async def checked(scene: Scene) -> Go:
        replied = message.reply_to_message
        if replied is None or scene.member is None:
            return await effect(scene)
        notice = await scene.unit.chat.sent_notice(scene.chat_id, replied.message_id)
        if notice is None or not notice.key.startswith(REPLY) or "person" not in notice.payload:
            return await effect(scene)
        key = "reply.not_sent" if notice.payload["on_a_phone"] else "reply.not_sent.official"
        sentence = say(key, scene.language, name=short(notice.payload["person"]))
        return replace(noted(await present(scene), sentence), keep_prompt=True)

    return checked


async def not_waited_for(scene: Scene, prompt: Prompt | None) -> Go:
    """A text came that answers nothing; whatever question is open stays open."""
    go = await present(scene)
    key = "nothing.open" if prompt is None else "unknown.message"
    if prompt is None and go.screen == "contacts":
        key = "nothing.open.contacts"
    return replace(noted(go, say(scene.worded(key), scene.language)), keep_prompt=True)
