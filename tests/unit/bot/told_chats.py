"""Chats that are told what people write: a store, a clock, and a Telegram that counts."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Self, cast

from sqlalchemy import func, insert, literal, select, update
from telegram import Bot, Message
from telegram.error import TelegramError

from bot.chat.announcer import ChatAnnouncer
from bot.chat.reply_files import ReplyFiles
from bot.chat.reply_teller import ReplyTeller
from bot.tasks import TaskOwner
from domain.accounts.model import Account
from domain.delivery.ports import Attachment, Attachments, ReplyNews
from domain.kernel.ids import AccountId, ReplyId, WorkspaceId
from domain.operators.model import TERMS_VERSION, Role
from domain.scheduler.replies import take_reply
from storage.database import Database
from storage.media import ObstoreMedia
from storage.tables import conversations, replies
from tests.fakes.clock import FakeClock
from tests.fakes.stores import NOW, a_list, a_workspace, an_account, number_of, open_store

AYSE, DENIZ = 1001, 1002


@dataclass(frozen=True, kw_only=True)
class Sent:
    chat_id: int
    message_id: int
    text: str
    kind: str
    at: datetime
    buttons: Sequence[str]
    thread_id: int | None


@dataclass(kw_only=True)
class CountingTelegram:
    """Takes what is sent into chats, and raises what it was told to."""

    clock: FakeClock
    sent: list[Sent] = field(default_factory=list)
    #: Raised, in turn, instead of taking the next ones.
    trouble: list[TelegramError | Exception] = field(default_factory=list)

    def _take(self, kind: str, chat_id: int, text: str, about: dict[str, Any]) -> Message:
        if self.trouble:
            raise self.trouble.pop(0)
        markup = about.get("reply_markup")
        buttons = [b.text for row in markup.inline_keyboard for b in row] if markup else []
        one = Sent(
            chat_id=chat_id, message_id=len(self.sent) + 1, text=text, kind=kind, at=self.clock.now(),
            buttons=buttons, thread_id=about.get("message_thread_id"),
        )  # fmt: skip
        self.sent.append(one)
        return cast(Message, one)

    async def send_message(self, chat_id: int, text: str, **about: Any) -> Message:
        return self._take("text", chat_id, text, about)

    async def send_photo(self, chat_id: int, file: object, **about: Any) -> Message:
        return self._take("photo", chat_id, about["caption"], about)

    async def send_document(self, chat_id: int, file: object, **about: Any) -> Message:
        return self._take("document", chat_id, about["caption"], about)

    def texts(self, chat_id: int = AYSE) -> list[str]:
        return [one.text for one in self.sent if one.chat_id == chat_id]


class NoFiles:
    """For replies that bring none."""

    async def bring(self, _: object) -> bool:
        return True


class NothingAttached:
    def fetch(self, attachment: Attachment) -> AsyncIterator[bytes]:
        raise AssertionError("nothing was attached")


@dataclass(kw_only=True)
class Told:
    """One workspace with a number, whose owner is Ayşe; its people are Person 0, Person 1, …"""

    folder: Path
    store: Database
    clock: FakeClock
    telegram: CountingTelegram
    tasks: TaskOwner
    space: WorkspaceId
    account: Account
    attachments: Attachments = field(default_factory=NothingAttached)
    events: int = 0

    def teller(self) -> ReplyTeller:
        """As after a restart."""
        files = ReplyFiles(
            store=self.store, media=ObstoreMedia(str(self.folder / "media")),
            attachments_for=lambda _: self.attachments,
        )  # fmt: skip
        return ReplyTeller(cast(Bot, self.telegram), self.store, files, self.clock, self.tasks)

    async def write(self, *messages: tuple[int, str], **about: Any) -> None:
        """Person n writes a text; all of them in one transaction."""
        announcer = ChatAnnouncer(self.clock)
        async with self.store.write() as unit:
            for n, text in messages:
                self.events += 1
                news = ReplyNews(
                    event=f"event {self.events}", sender=number_of(n), text=text, at=self.clock.now(), **about
                )
                await take_reply(unit, announcer, self.account, news, at=news.at, now=news.at)
            await unit.commit()

    async def everybody_writes(self, text: str) -> None:
        """One more message of each who wrote before, straight into the tables: many, in little time."""
        c, r, at = conversations.c, replies.c, self.clock.now()
        self.events += 1
        event = literal(f"batch {self.events} of ") + c.number
        each = select(
            c.workspace_id, c.account_id, event, c.number, c.contact_id, c.id, literal(text),
            literal(at, r.at.type),
        ).order_by(c.id)  # fmt: skip
        into = [
            "workspace_id", "account_id", "event", "number", "contact_id", "conversation_id", "text", "at",
        ]  # fmt: skip
        newest = select(func.max(r.id)).where(r.conversation_id == c.id).scalar_subquery()
        async with self.store.write() as unit:
            db = unit.chat._db
            before = await db.scalar(select(func.max(r.id)))
            await db.execute(insert(replies).from_select(into, each))
            last = await db.scalar(select(func.max(r.id)))
            await db.execute(update(conversations).values(last_reply_id=newest, last_text=text, last_at=at))
            for id in (before + 1, last):
                await unit.tellings.wrote(self.space, ReplyId(id), at=at)
            await unit.commit()

    async def tell(self, teller: ReplyTeller | None = None) -> Self:
        await (teller or self.teller()).flush()
        return self

    async def tell_all(self, teller: ReplyTeller, *, steps: int = 200) -> None:
        """With a second between looks, until nothing is left."""
        for _ in range(steps):
            await teller.flush()
            async with self.store.read() as unit:
                left = await unit.tellings.due(now=self.clock.now() + timedelta(days=1), limit=1)
            if not left:
                return
            self.clock.advance(seconds=1)
        raise AssertionError("it is never told")


@asynccontextmanager
async def told_chats(
    folder: Path, *, people: int = 10, members: Sequence[int] = (AYSE,)
) -> AsyncIterator[Told]:
    clock = FakeClock(NOW)
    async with open_store(folder) as store, TaskOwner() as tasks:
        async with store.write() as unit:
            space = await a_workspace(unit)
            for telegram_id in members:
                await add_member(unit, space, telegram_id, Role.OWNER)
            id: AccountId = await an_account(unit, space)
            await a_list(unit, space, people)
            account = await unit.accounts.account(id)
            await unit.commit()
        yield Told(
            folder=folder, store=store, clock=clock, telegram=CountingTelegram(clock=clock), tasks=tasks,
            space=space, account=account,
        )  # fmt: skip


async def add_member(unit: Any, space: WorkspaceId, telegram_id: int, role: Role) -> None:
    member = await unit.operators.create_member(
        workspace_id=space, telegram_id=telegram_id, name=f"Member {telegram_id}", role=role, at=NOW
    )
    await unit.operators.accept_terms(member, version=TERMS_VERSION, at=NOW)
