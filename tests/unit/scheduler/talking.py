"""A bakery whose customers write to it, and whose rules answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from domain.automation.model import Rule, RuleId, When
from domain.automation.ports import KeptRule
from domain.contacts.model import Contact
from domain.conversations.model import Conversation
from domain.delivery.ports import NewsItem, ReplyNews
from domain.kernel.ids import AccountId, ConversationId
from domain.scheduler.events import ReplyReceived
from storage.tables import conversations
from tests.unit.scheduler.world import World

CAN = "+905320000001"


@dataclass(kw_only=True)
class Talking:
    """`says` is a person's message, read at once unless told otherwise; `answers` what left since."""

    on: World
    cursor: int = 0

    async def rule(self, when: When, words: str = "", **more: Any) -> RuleId:
        async with self.on.store.write() as unit:
            made = Rule(id=RuleId(0), position=0, when=when, words=words, **more)
            id = await unit.rules.add(self.on.space, made, at=self.on.clock.now())
            await unit.commit()
        return id

    async def says(
        self, text: str, *, who: str = CAN, to: AccountId | None = None, ago: timedelta = timedelta(),
        event: str | None = None, **more: Any,
    ) -> None:  # fmt: skip
        self.cursor += 1
        account_id = to or self.on.account
        async with self.on.store.read() as unit:
            account = await unit.accounts.account(account_id)
        at = self.on.clock.now() - ago
        news = ReplyNews(event=event or f"m{self.cursor}", sender=who, text=text, at=at, **more)
        await self.on.news.apply(account, [NewsItem(cursor=self.cursor, news=news)])

    async def answers(self, account: AccountId | None = None) -> Sequence[str]:
        """Send what waits; the texts of it."""
        before = len(self.on.phones.sent)
        for _ in range(10):
            if await self.on.slices().run(account or self.on.account) is None:
                break
        return [one.text for one in self.on.phones.sent[before:]]

    async def contact(self, number: str = CAN) -> Contact | None:
        async with self.on.store.read() as unit:
            return await unit.contacts.by_number(self.on.space, number)

    async def kept(self) -> Sequence[KeptRule]:
        async with self.on.store.read() as unit:
            return await unit.rules.kept(self.on.space)

    async def talk(self, number: str = CAN) -> Conversation:
        async with self.on.store.read() as unit:
            chosen = select(conversations.c.id).where(conversations.c.number == number)
            id = ConversationId((await unit.chat._db.execute(chosen)).scalar_one())
            return await unit.conversations.conversation(self.on.space, id)

    def told(self) -> Sequence[ReplyReceived]:
        return [event for event in self.on.heard.events if isinstance(event, ReplyReceived)]
