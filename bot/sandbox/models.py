"""Who and what is in the sandbox: people, chats, messages."""

from collections import deque
from dataclasses import dataclass, field
from typing import Any, Literal

from bot.sandbox.bell import Bell

Json = dict[str, Any]

MESSAGES_KEPT = 20_000
"""A chat forgets its least recently changed messages beyond this."""
NEWS_KEPT = 1_000


@dataclass(kw_only=True, slots=True)
class User:
    id: int
    first_name: str
    username: str | None = None
    language_code: str = "en"
    is_bot: bool = False

    def as_json(self) -> Json:
        """Telegram's User."""
        about: Json = {"id": self.id, "is_bot": self.is_bot, "first_name": self.first_name}
        if self.username:
            about["username"] = self.username
        if not self.is_bot:
            about["language_code"] = self.language_code
        return about


@dataclass(kw_only=True, slots=True)
class Message:
    """A message as it stands. `content` holds Telegram's own fields: text, entities, caption, photo..."""

    chat_id: int
    message_id: int
    date: int
    sender: User
    content: Json
    markup: Json | None = None
    reply_to: int | None = None
    extras: Json = field(default_factory=dict)
    """Fields that do not count as content: media_group_id, message_thread_id, has_protected_content."""
    edit_date: int | None = None
    changed: int = 0
    """The sandbox's change counter when it was last touched."""
    taps: set[str] = field(default_factory=set)
    """Every callback_data its keyboards ever carried: a client may tap what it still shows."""

    @property
    def from_bot(self) -> bool:
        return self.sender.is_bot

    @property
    def thread_id(self) -> int | None:
        """The topic it stands in; None for General, and wherever there are no topics."""
        thread_id: int | None = self.extras.get("message_thread_id")
        return thread_id


@dataclass(kw_only=True, slots=True)
class Tap:
    """A callback query waiting for its answer."""

    query_id: str
    chat_id: int
    user_id: int
    at: float


@dataclass(kw_only=True, slots=True)
class Topic:
    """A topic of a forum. Its id is that of the service message that opened it."""

    thread_id: int
    name: str
    icon_color: int
    made_by: int
    closed: bool = False

    def as_json(self) -> Json:
        """Telegram's ForumTopic."""
        return {"message_thread_id": self.thread_id, "name": self.name, "icon_color": self.icon_color}


@dataclass(kw_only=True, slots=True)
class BotMembership:
    """What the bot is in a group, and which rights it has as an administrator."""

    status: Literal["member", "administrator", "left", "kicked"] = "member"
    can_manage_topics: bool = True
    can_delete_messages: bool = True

    @property
    def is_admin(self) -> bool:
        return self.status == "administrator"


@dataclass(kw_only=True, slots=True)
class Chat:
    """A private chat (its id is the person's) or a supergroup (negative id; its first member owns it)."""

    id: int
    title: str
    kind: str = "private"
    username: str | None = None
    members: list[int] = field(default_factory=list)
    started: bool = False
    """The person wrote first; until then Telegram does not let the bot find this chat."""
    blocked: bool = False
    next_message_id: int = 1
    messages: dict[int, Message] = field(default_factory=dict)
    """In the order of their last change."""
    deleted: deque[tuple[int, int]] = field(default_factory=lambda: deque(maxlen=NEWS_KEPT))
    """(change, message_id)"""
    toasts: deque[tuple[int, Json]] = field(default_factory=lambda: deque(maxlen=NEWS_KEPT))
    answered: deque[tuple[int, str]] = field(default_factory=lambda: deque(maxlen=NEWS_KEPT))
    """(change, callback_query_id): taps whose spinner may stop."""
    pinned: list[int] = field(default_factory=list)
    action: tuple[str, float] | None = None
    """What the bot is seen doing, and until when (seconds since 1970)."""
    reply_keyboard: Json | None = None
    is_forum: bool = False
    topics: dict[int, Topic] = field(default_factory=dict)
    """By thread id. The General topic is not among them."""
    bot: BotMembership = field(default_factory=BotMembership)
    """In a group."""
    changed: int = 0
    bell: Bell = field(default_factory=Bell)

    def as_json(self) -> Json:
        """Telegram's Chat."""
        about: Json = {"id": self.id, "type": self.kind}
        about["first_name" if self.kind == "private" else "title"] = self.title
        if self.username:
            about["username"] = self.username
        if self.is_forum:
            about["is_forum"] = True
        return about
