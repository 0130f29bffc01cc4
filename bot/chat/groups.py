"""Groups: many are in them who are no members, and some write in the group's own name."""

from dataclasses import dataclass
from typing import Final

from telegram import Message
from telegram.ext import filters

from bot.chat.threads import thread_in
from bot.screens.base import COMMANDS, Go, Scene
from bot.texts import Html, plain, say
from domain.operators.chat import Notice

#: Nothing in the chat changes.
QUIET: Final = Go(screen="", quiet=True, keep_prompt=True)


class _People(filters.MessageFilter):
    """Written by a person, in the name of their group too. The bot's own pin comes back to it as a message
    from itself."""

    def filter(self, message: Message) -> bool:
        who, chat = message.from_user, message.sender_chat
        in_its_name = chat is not None and chat.id == message.chat_id
        return who is not None and (not who.is_bot or in_its_name)


PEOPLE: Final = _People()


def is_outsider(scene: Scene) -> bool:
    """Somebody in a group who is no member: nothing they do there moves what members look at."""
    return scene.chat_id < 0 and scene.member is None


def turned_away(*, tapped: bool) -> Go:
    """What an outsider is answered: a tap gets its word, and what is written gets none."""
    if not tapped:
        return QUIET
    toast = plain("group.outsider")
    return Go(screen="", quiet=True, keep_prompt=True, toast=toast, alert=True)


def is_for(message: Message, name: str, bot: str) -> bool:
    """Whether a command may be meant for this bot: in a group what stands after its @ says for whom it is.
    Whoever is anonymous is told about commands that we know, or that name us."""
    addressed = (message.text or "").partition(" ")[0].partition("@")[2]
    if message.chat_id > 0:
        return True
    if addressed:
        return addressed.casefold() == bot.casefold()
    return not is_anonymous(message) or name in COMMANDS


def is_anonymous(message: Message) -> bool:
    """Of an administrator who writes in the group's name: Telegram does not say who it is."""
    return message.chat_id < 0 and message.sender_chat is not None


@dataclass(frozen=True, slots=True)
class AnonymousCommand:
    """Whoever it is learns how to be known."""

    message: Message

    async def act(self, scene: Scene) -> Go:
        group = await scene.unit.topics.group_in(scene.chat_id)
        space = None if group is None else await scene.unit.operators.workspace(group.workspace_id)
        await below(scene, self.message, say("group.anonymous", space.language if space else "en"))
        return QUIET


async def below(scene: Scene, message: Message, text: Html, *, once: str = "") -> None:
    """Say it under that message, in its topic; `once`: the same thing to the same person once a topic."""
    chat_id, thread_id = message.chat_id, thread_in(message)
    about = f"{once}:{thread_id}:{scene.telegram_id}" if once else f"{message.message_id}"
    payload = {"text": str(text), "thread_id": thread_id, "reply_to": message.message_id}
    notice = Notice(chat_id=chat_id, key=f"topic:{chat_id}:{about}", kind="in_topic", payload=payload)
    await scene.unit.chat.queue_notice(notice, at=scene.now)
