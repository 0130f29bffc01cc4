"""A process that only sends: it shares the work of a desk whose chat another process looks after."""

import asyncio
from functools import cached_property
from typing import Final

from bot.channels import Ways
from bot.chat.announcer import ChatAnnouncer
from bot.driving import driving_of
from bot.herald import Herald
from bot.memory import keep_what_is_loaded
from bot.official import Official
from bot.ops.inside import Inside
from bot.ops.inside_of import inside_of_sender
from bot.parts import Parts
from bot.senders import Hints
from bot.tasks import TaskOwner
from domain.scheduler.news import ReadNews

DRAIN_SECONDS: Final = 20.0


class SenderApp:
    """What it writes down for chats, the chat's own process tells."""

    def __init__(self, parts: Parts) -> None:
        self.parts, self.tasks, self.hints = parts, TaskOwner(), Hints()
        store, clock = parts.store, parts.clock
        announcer = ChatAnnouncer(clock)
        official = Official(
            links=parts.cloud, settings=parts.settings, store=store, announcer=announcer, watcher=self.hints,
            clock=clock, key=parts.key, verify_token="", meters=parts.meters,
        )  # fmt: skip
        news = ReadNews(
            store=store, source_for=parts.channels.source_for, announcer=announcer, watcher=self.hints,
            clock=clock,
        )  # fmt: skip
        driving = driving_of(
            parts, news=news, ways=Ways(parts.channels, official), pace=official.pace, announcer=announcer,
            hints=self.hints, tasks=self.tasks,
        )  # fmt: skip
        self.senders = driving.senders
        self.herald = Herald(self.hints, parts.tell)
        self.hints.on_account.append(self.senders.poke)
        self.herald.accounts.append(self.senders.poke)
        parts.wakes.on_word(self.herald.hear)

    @cached_property
    def inside(self) -> Inside:
        """What is shown to whoever looks after the machine."""
        return inside_of_sender(self.parts, senders=self.senders)

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set; then nothing more is claimed, and what is on its way finishes."""
        keep_what_is_loaded()
        async with self.tasks:
            self.tasks.start("listening", self.parts.listen())
            self.tasks.start("herald", self.herald.run())
            self.tasks.start("senders", self.senders.run())
            await stop.wait()
            await self.senders.drain(DRAIN_SECONDS)
