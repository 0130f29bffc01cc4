"""Everything the sandbox knows, in memory, and the few verbs that change it."""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from bot.sandbox import render
from bot.sandbox.bell import Bell
from bot.sandbox.errors import blocked, chat_not_found, not_in_group
from bot.sandbox.faults import FaultBook
from bot.sandbox.files import FileStore
from bot.sandbox.journal import Journal
from bot.sandbox.limits import GroupPace
from bot.sandbox.markup import buttons
from bot.sandbox.models import MESSAGES_KEPT, BotMembership, Chat, Json, Message, Tap, User
from bot.sandbox.profile import BotProfile
from bot.sandbox.stars import StarLedger
from bot.sandbox.strictness import PRE_CHECKOUT_SECONDS
from bot.sandbox.updates import UpdateQueue

DEMO_TOKEN = "7000000001:local-sandbox"  # noqa: S105 - opens nothing but this process on loopback
_EPOCH = 1_700_000_000


def demo_people() -> tuple[User, ...]:
    """Who lives in a fresh sandbox: the admin of the demo, a colleague, and someone who is not invited."""
    return (
        User(id=1001, first_name="Ayşe", username="ayse"),
        User(id=1002, first_name="Deniz", username="deniz"),
        User(id=1003, first_name="Stranger", username="stranger"),
    )


@dataclass(kw_only=True, frozen=True)
class SandboxConfig:
    """How a sandbox is set up."""

    token: str = DEMO_TOKEN
    bot_name: str = "MassSender"
    bot_username: str = "MassSenderBot"
    people: tuple[User, ...] = field(default_factory=demo_people)
    clock: Callable[[], float] = time.time
    """Seconds since 1970."""
    tap_seconds: float = 60.0
    """How long a tap may wait for its answer."""
    pre_checkout_seconds: float = PRE_CHECKOUT_SECONDS
    hosts: frozenset[str] = frozenset({"127.0.0.1", "localhost", "testserver"})
    """Names the server may be called by; others are refused (DNS rebinding)."""
    group_per_minute: int | None = None
    """How often the bot may act in one group within a minute (Telegram: about 20); None: no limit."""
    first_message_id: int | None = None
    """By default ids go on rising from one run of the sandbox to the next, as a bot's database expects."""
    first_update_id: int | None = None


class Sandbox:
    """The people, the chats and the bot of one process."""

    def __init__(self, config: SandboxConfig | None = None) -> None:
        self.config = config or SandboxConfig()
        self.run = secrets.token_hex(8)
        bot_id = int(self.config.token.split(":", 1)[0])
        self.bot = User(
            id=bot_id, first_name=self.config.bot_name, username=self.config.bot_username, is_bot=True
        )
        # Ids of messages and updates rise between runs, and stay below 2^31 until 2030.
        age = int(self.now()) - _EPOCH
        first_update, first_message = self.config.first_update_id, self.config.first_message_id
        self.updates = UpdateQueue(
            first_id=age * 10 if first_update is None else first_update, clock=self.config.clock
        )
        self._first_message = age if first_message is None else first_message
        self.users: dict[int, User] = {}
        self.chats: dict[int, Chat] = {}
        self.files = FileStore()
        self.journal = Journal()
        self.faults = FaultBook()
        self.profile = BotProfile()
        self.stars = StarLedger()
        self.pace = GroupPace(self.config.group_per_minute)
        self.taps: dict[str, Tap] = {}
        self.silenced: set[Callable[[], None]] = set()
        """What cuts the connections that a scripted silence holds."""
        self.closing = Bell()
        self.closed = False
        self.seq = 1
        for person in self.config.people:
            self.add_user(person)

    def now(self) -> float:
        return self.config.clock()

    def add_user(self, user: User) -> User:
        """Let a person in, with an empty private chat of the same id."""
        self.users[user.id] = user
        self.chats[user.id] = Chat(
            id=user.id,
            title=user.first_name,
            username=user.username,
            members=[user.id],
            next_message_id=self._first_message,
        )
        return user

    def add_group(
        self, title: str, members: list[int], *, is_forum: bool = False, bot: BotMembership | None = None
    ) -> Chat:
        """A supergroup with the bot and `members` in it; `bot` is a plain member by default."""
        chat_id = -1_000_000_000_001 - sum(1 for chat in self.chats if chat < 0)
        chat = Chat(
            id=chat_id,
            kind="supergroup",
            title=title,
            members=members,
            started=True,
            next_message_id=self._first_message,
            is_forum=is_forum,
            bot=bot or BotMembership(),
        )
        self.chats[chat_id] = chat
        return chat

    def chat_for_bot(self, chat_id: int) -> Chat:
        """The chat a bot names, if it may write there. Raises 400 or 403."""
        chat = self.chats.get(chat_id)
        if chat is None or not chat.started:
            raise chat_not_found()
        if chat.blocked:
            raise blocked()
        if chat.bot.status in ("left", "kicked"):
            raise not_in_group(chat.bot.status)
        return chat

    def touch(self, chat: Chat) -> int:
        """Count a change of `chat` and wake those who watch it."""
        self.seq += 1
        chat.changed = self.seq
        chat.bell.ring()
        return self.seq

    def post(
        self,
        chat: Chat,
        sender: User,
        content: Json,
        *,
        markup: Json | None = None,
        reply_to: int | None = None,
        extras: Json | None = None,
    ) -> Message:
        """Put a new message into `chat`."""
        message = Message(
            chat_id=chat.id,
            message_id=chat.next_message_id,
            date=int(self.now()),
            sender=sender,
            content=content,
            markup=markup,
            reply_to=reply_to,
            extras=extras or {},
        )
        chat.next_message_id += 1
        if sender.is_bot:
            chat.action = None
        self._changed(chat, message)
        if len(chat.messages) > MESSAGES_KEPT:
            del chat.messages[next(iter(chat.messages))]
        return message

    def edit(self, chat: Chat, message: Message, content: Json, markup: Json | None) -> None:
        """Give a message new content and keyboard."""
        if content != message.content:
            message.edit_date = int(self.now())
        message.content, message.markup = content, markup
        self._changed(chat, message)

    def delete(self, chat: Chat, message: Message) -> None:
        del chat.messages[message.message_id]
        if message.message_id in chat.pinned:
            chat.pinned.remove(message.message_id)
        chat.deleted.append((self.touch(chat), message.message_id))

    def _changed(self, chat: Chat, message: Message) -> None:
        message.taps.update(b["callback_data"] for b in buttons(message.markup) if "callback_data" in b)
        chat.messages.pop(message.message_id, None)
        chat.messages[message.message_id] = message
        message.changed = self.touch(chat)

    def message_json(self, message: Message) -> Json:
        """Telegram's Message."""
        return render.message(self.chats[message.chat_id], message)

    def push_message(self, message: Message, kind: str = "message") -> int | None:
        """Tell the bot of a message; the update's id."""
        return self.updates.push(kind, self.message_json(message))

    def close(self) -> None:
        """Let every waiting request go: the server is stopping."""
        self.closed = True
        self.updates.close()
        self.closing.ring()
        for drop in list(self.silenced):
            drop()
        for chat in self.chats.values():
            chat.bell.ring()
        self.stars.bell.ring()


def random_digits() -> str:
    """A fresh id of digits, as Telegram gives taps and albums."""
    return str(secrets.randbits(62))
