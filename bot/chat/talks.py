"""What chats with operators are told of conversations: what people write, and how far answers got."""

from collections.abc import Callable

from telegram import Bot

from bot.chat.reply_files import ReplyFiles
from bot.chat.reply_teller import ReplyTeller
from bot.chat.ticks import Ticks
from bot.chat.topic_turner import TopicTurner
from bot.tasks import TaskOwner
from domain.accounts.model import Account
from domain.delivery.ports import Attachments, MediaStore
from domain.kernel.clock import Clock
from domain.kernel.unit import Store
from domain.scheduler.unit import Unit


class Talks:
    def __init__(
        self,
        bot: Bot,
        store: Store[Unit],
        clock: Clock,
        tasks: TaskOwner,
        *,
        media: MediaStore,
        attachments_for: Callable[[Account], Attachments],
    ) -> None:
        self.tasks = tasks
        files = ReplyFiles(store=store, media=media, attachments_for=attachments_for)
        self.teller = ReplyTeller(bot, store, files, clock, tasks)
        self.ticks = Ticks(bot, store, clock, tasks)
        self.topics = TopicTurner(bot, store, clock, tasks)

    def poke(self) -> None:
        """How far answers got is looked for every second anyway."""
        self.teller.poke()
        self.topics.poke()

    def start(self) -> None:
        self.tasks.start("replies", self.teller.run())
        self.tasks.start("ticks", self.ticks.run())
        self.tasks.start("topics", self.topics.run())

    async def flush(self) -> None:
        await self.teller.flush()
        await self.ticks.flush()
