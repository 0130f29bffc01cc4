"""A group with topics that cannot be used any more: conversations are told in private chats again."""

from datetime import datetime
from typing import Final

from telegram import ChatMember, ChatMemberAdministrator, ChatMemberUpdated
from telegram.error import BadRequest, Forbidden, TelegramError

from bot.chat.receivers import tell_members
from bot.texts import Html, plain, say
from domain.conversations.topics import InboxGroup
from domain.operators.activity import Activity, Topic
from domain.scheduler.unit import Unit

#: What Telegram says, and what that means: the end of `topics.lost.*`.
_WORDS: Final = {
    "chat not found": "out", "not a forum": "none", "not enough rights": "rights",
    "have no rights": "rights", "topic_closed": "rights", "need administrator rights": "rights",
}  # fmt: skip
_GONE: Final = ("message thread not found", "topic_id_invalid", "topic_deleted")
_OUT: Final = (ChatMember.LEFT, ChatMember.BANNED)


def lost_because(error: TelegramError) -> str | None:
    """Why nothing can be told in a group's topics; None where it is about something else."""
    if isinstance(error, Forbidden):
        return "out"
    words = error.message.lower()
    if not isinstance(error, BadRequest):
        return None
    return next((why for said, why in _WORDS.items() if said in words), None)


def is_gone(error: BadRequest) -> bool:
    """Somebody deleted the topic; or the group's topics are off, which its next one is refused for."""
    return any(said in error.message.lower() for said in _GONE)


def is_so_already(error: BadRequest) -> bool:
    return "topic_not_modified" in error.message.lower()


def lost_by(change: ChatMemberUpdated) -> str | None:
    """The same of what the bot became there."""
    now = change.new_chat_member
    if now.status in _OUT:
        return "out"
    may = isinstance(now, ChatMemberAdministrator) and now.can_manage_topics
    return None if may else "rights"


async def lose(unit: Unit, group: InboxGroup, why: str, *, bot: str, at: datetime) -> None:
    """Tell members from now on, and say so, once."""
    if await unit.topics.end(group.workspace_id, at=at) is None:
        return
    space = await unit.operators.workspace(group.workspace_id)
    lang = space.language
    because = Html(say(f"topics.lost.{why}", lang))
    text = say("notice.topics.lost", lang, why=because, bot=bot)
    await tell_members(unit, space, f"topics.lost:{space.id}:{int(at.timestamp())}", text, at=at)
    await unit.activity.add(
        Activity(
            workspace_id=space.id, at=at, telegram_id=None, who=plain("log.masssender"), topic=Topic.SETTINGS,
            what="topics.lost", screen="", about=plain(f"topics.lost.{why}", lang),
        )
    )  # fmt: skip
