"""A shop whose conversations are told in a Telegram group, each in its own topic."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.sandbox.client import SandboxChat
from bot.sandbox.shown import ShownMessage
from domain.operators.chat import Panel
from tests.chat.shop import Shop, enter, number_of, open_shop
from tests.chat.stage import AYSE, DENIZ, STRANGER, Stage, eventually, stage

SWITCH = "Each conversation in its own topic here"
COMMAND = "/topics@MassSenderBot"


@dataclass(frozen=True, kw_only=True)
class TopicDesk:
    """Ayşe owns the shop and the group; Deniz and a stranger are in the group too."""

    on: Stage
    shop: Shop
    group: SandboxChat

    def seen_by(self, telegram_id: int) -> SandboxChat:
        """The group as somebody else is in it."""
        return self.on.client.chat(self.group.id, speaker=telegram_id)

    async def writes(self, n: int, *texts: str) -> None:
        """Person n writes; a minute later, so that nothing has to wait for its turn."""
        self.on.clock.advance(minutes=1)
        for text in texts:
            await self.on.world.reply(number_of(n), text, account=self.shop.remote)

    async def topic(self, name: str) -> int:
        """Its number, once it is there."""
        return await self.group.until(
            lambda: self.group.topics.get(name), timeout=20, what=lambda: f"no topic {name}\n{self.screen()}"
        )

    async def told(self, thread: int, words: str, *, times: int = 1) -> ShownMessage:
        """The bot's message with these words in that topic."""

        def found() -> ShownMessage | None:
            there = [m for m in self.in_topic(thread) if m.from_bot and words in m.words]
            return there[-1] if len(there) >= times else None

        return await self.group.until(
            found, timeout=20, what=lambda: f"{words!r} is not in the topic\n{self.screen()}"
        )

    def in_topic(self, thread: int | None) -> Sequence[ShownMessage]:
        shown = [m for m in self.group.newest_first() if m.view["thread"] == thread]
        return list(reversed(shown))

    def screen(self) -> str:
        return self.group.screen()

    async def until_got(self, n: int, text: str) -> None:
        """Until person n has this on their phone."""

        async def there() -> bool:
            return (number_of(n), text) in self.shop.got()

        await eventually(there, f"{text!r} reached person {n}")

    async def panel(self) -> Panel:
        """The group's, once it stands."""
        found: list[Panel] = []

        async def stands() -> bool:
            async with self.on.store.read() as unit:
                panel = await unit.chat.panel(self.group.id)
            found[:] = [] if panel is None or panel.dirty else [panel]
            return bool(found)

        await eventually(stands, "the panel stands")
        return found[0]

    async def is_off(self) -> bool:
        async with self.on.store.read() as unit:
            return await unit.topics.group(self.shop.space) is None


@asynccontextmanager
async def beside(folder: Path, *, members: Sequence[int] = (AYSE,), **group: Any) -> AsyncIterator[TopicDesk]:
    """The shop and a group, in which nothing is chosen yet; the bot does not run."""
    async with stage(folder) as on:
        shop = await open_shop(on, members=members)
        about = {"is_forum": True, "bot": "administrator", **group}
        made = await on.client.add_group("Team", [AYSE, DENIZ, STRANGER], **about)
        yield TopicDesk(on=on, shop=shop, group=on.client.chat(made["id"], speaker=AYSE))


async def choose(desk: TopicDesk) -> None:
    await desk.group.say(COMMAND)
    await desk.group.tap(SWITCH)
    await desk.group.wait_for("Conversations are told in this group")


@asynccontextmanager
async def topic_desk(folder: Path, *, members: Sequence[int] = (AYSE,)) -> AsyncIterator[TopicDesk]:
    """With the bot at work and the group chosen."""
    async with beside(folder, members=members) as desk, desk.on.running():
        for telegram_id in members:
            await enter(desk.on.client.chat(telegram_id))
        await choose(desk)
        yield desk
