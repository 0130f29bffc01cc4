"""Topics of a supergroup: opened, renamed, closed and taken away, by the bot or in a person's client."""

from bot.sandbox.errors import ApiError, bad_request
from bot.sandbox.models import Chat, Json, Message, Topic, User
from bot.sandbox.state import Sandbox
from bot.sandbox.utf16 import utf16_len

#: Telegram documents 1 to 128 characters (it cuts longer ones silently; the sandbox says so).
NAME_UNITS = 128
COLORS = (7322096, 16766590, 13338331, 9367192, 16749490, 16478047)


def thread_not_found() -> ApiError:
    """For a topic that is gone, or never was; Telegram tells no bot that one was deleted."""
    return bad_request("message thread not found")


def must_be_forum(chat: Chat) -> None:
    if not chat.is_forum:
        raise bad_request("the chat is not a forum")


def topic_of(chat: Chat, thread_id: int) -> Topic:
    """Raises 400."""
    must_be_forum(chat)
    if thread_id not in chat.topics:
        raise bad_request("TOPIC_ID_INVALID")
    return chat.topics[thread_id]


def name_of(raw: str) -> str:
    name = " ".join(raw.split())
    if not name:
        raise bad_request("title must be non-empty")
    if utf16_len(name) > NAME_UNITS:
        raise bad_request("TOPIC_TITLE_TOO_LONG")
    return name


def in_topic(thread_id: int) -> Json:
    """What a message in that topic carries."""
    return {"message_thread_id": thread_id, "is_topic_message": True}


def place_for_bot(chat: Chat, thread_id: int) -> Json:
    """The same, of a message that the bot wants to put there. Raises 400."""
    if not chat.is_forum or thread_id not in chat.topics:
        raise thread_not_found()
    topic = chat.topics[thread_id]
    if topic.closed and not may_manage(chat, topic, None):
        raise bad_request("TOPIC_CLOSED")
    return in_topic(thread_id)


def may_manage(chat: Chat, topic: Topic | None, bot: User | None) -> bool:
    """Whether the bot may manage topics, or this one because it made it."""
    made_it = bot is not None and topic is not None and topic.made_by == bot.id
    return made_it or (chat.bot.is_admin and chat.bot.can_manage_topics)


def create(sandbox: Sandbox, chat: Chat, who: User, name: str, color: int = COLORS[0]) -> Topic:
    opened = {"forum_topic_created": {"name": name, "icon_color": color}}
    message = sandbox.post(chat, who, opened)
    message.extras.update(in_topic(message.message_id))
    topic = Topic(thread_id=message.message_id, name=name, icon_color=color, made_by=who.id)
    chat.topics[topic.thread_id] = topic
    sandbox.push_message(message)
    return topic


def rename(sandbox: Sandbox, chat: Chat, who: User, topic: Topic, name: str) -> None:
    if name == topic.name:
        raise bad_request("TOPIC_NOT_MODIFIED")
    topic.name = name
    _tell(sandbox, chat, who, topic, {"forum_topic_edited": {"name": name}})


def close(sandbox: Sandbox, chat: Chat, who: User, topic: Topic, *, closed: bool) -> None:
    """Or open it again."""
    if topic.closed == closed:
        raise bad_request("TOPIC_NOT_MODIFIED")
    topic.closed = closed
    _tell(sandbox, chat, who, topic, {"forum_topic_closed" if closed else "forum_topic_reopened": {}})


def delete(sandbox: Sandbox, chat: Chat, topic: Topic) -> None:
    """With all that was written in it. No bot is told."""
    del chat.topics[topic.thread_id]
    for message in [m for m in chat.messages.values() if m.thread_id == topic.thread_id]:
        sandbox.delete(chat, message)
    sandbox.touch(chat)


def _tell(sandbox: Sandbox, chat: Chat, who: User, topic: Topic, content: Json) -> Message:
    """Service messages come to the bot too, its own as well."""
    message = sandbox.post(chat, who, content, extras=in_topic(topic.thread_id))
    sandbox.push_message(message)
    return message
