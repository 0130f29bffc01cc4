"""The live pinned message while a campaign of thousands pours over the official channel."""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import cast

import pytest
from telegram import Bot

from bot.chat.progress import Progress, gap_after
from bot.tasks import TaskOwner
from domain.campaigns import service
from domain.campaigns.model import CampaignState
from domain.delivery.model import Progress as How
from domain.delivery.ports import Accepted, ReceiptNews, Rejected, SendOutcome, Unknown
from domain.delivery.recipients import Tally
from domain.kernel.ids import CampaignId
from domain.operators.chat import ProgressMessage
from domain.scheduler.timers import desk_of
from tests.chat.live_message import CHAT, FakeTelegram
from tests.unit.scheduler.cloud_world import CloudWorld, cloud_world

PEOPLE, A_SECOND = 2_400, 80.0
#: At eighty a second: half a minute.
LEAST_EDITS = 5
WORDS = (How.SENT, How.DELIVERED, How.READ)
COUNTERS = ("Sent", "Delivered", "Read", "Failed", "Unknown", "Left")


@dataclass
class Watched:
    """A campaign that pours, and its live message looked at as often as there is time for it."""

    on: CloudWorld
    id: CampaignId
    progress: Progress
    telegram: FakeTelegram
    edited: list[datetime] = field(default_factory=list)

    async def pour(self) -> None:
        async with asyncio.TaskGroup() as group:
            pouring = group.create_task(self._pour())
            while not pouring.done():
                await self._news()
                await self.look()
                await asyncio.sleep(0)

    async def _pour(self) -> None:
        while (await self.on.campaign(self.id)).state is CampaignState.RUNNING:
            wake_at = await self.on.slices().run(self.on.account)
            await self.on.clock.sleep_until(wake_at or self.on.clock.now())

    async def look(self, *, at_once: bool = False) -> None:
        """As `run` does after a hint, without its waiting."""
        chat = self.progress._chats[CHAT]
        self.progress._plan(chat, self.id, self.on.clock.now(), at_once=at_once)
        await self.progress.tick(CHAT)
        async with self.on.store.read() as unit:
            rows = await unit.chat.progress_messages()
        at = rows[0].edited_at if rows else None
        if at is not None and at not in self.edited:
            self.edited.append(at)

    async def _news(self) -> None:
        """Of some who were written to lately: what is told comes in any order, again and again."""
        chance = Random(len(self.on.phones.sent))
        lately, at = self.on.phones.sent[-200:], self.on.clock.now()
        news = [
            ReceiptNews(key=one.key, progress=chance.choice(WORDS), at=at)
            for one in chance.sample(lately, min(20, len(lately)))
        ]
        async with self.on.store.write() as unit:
            await unit.delivery.receipts(self.on.account, news)
            await unit.commit()

    def shown(self) -> Sequence[Mapping[str, int]]:
        """The counters of every text that was sent, oldest first."""
        return [counters(text) for text in self.telegram.texts]


def counters(text: str) -> Mapping[str, int]:
    found = {name: _number(text, rf"{name} ([\d,]+)") for name in COUNTERS}
    return {"Handled": _number(text, r"([\d,]+) of"), "Of": _number(text, r"of ([\d,]+)"), **found}


def _number(text: str, pattern: str) -> int:
    match = re.search(pattern, text)
    assert match is not None, (pattern, text)
    return int(match[1].replace(",", ""))


@pytest.fixture
async def watched(tmp_path: Path) -> AsyncIterator[Watched]:
    async with cloud_world(tmp_path) as on, TaskOwner() as tasks:
        await on.change(ceiling=A_SECOND)
        id = await on.sending(PEOPLE)
        telegram = FakeTelegram()
        message = ProgressMessage(
            campaign_id=id, chat_id=CHAT, message_id=None, shown="", edited_at=None, edits=0
        )
        async with on.store.write() as unit:
            await unit.chat.save_progress_message(message)
            await unit.commit()
        progress = Progress(on.store, cast(Bot, telegram), on.clock, tasks)
        yield Watched(on, id, progress, telegram)


async def test_while_thousands_leave_it_only_counts_up_and_is_edited_no_oftener_than_agreed(
    watched: Watched,
) -> None:
    mixed: list[SendOutcome] = [
        *(Rejected("not_delivered", can_retry=False) for _ in range(40)),
        *(Rejected("whatsapp_trouble", can_retry=True) for _ in range(20)),
        *(Unknown("silence") for _ in range(40)),
        *(Accepted(f"w{n}") for n in range(300)),
    ]
    Random(3).shuffle(mixed)
    watched.on.phones.answers = mixed
    await watched.pour()
    watched.on.clock.advance(minutes=2)
    await watched.look()
    shown = watched.shown()
    for one in shown:
        assert one["Of"] == PEOPLE == one["Handled"] + one["Left"]
        assert one["Read"] <= one["Delivered"] <= one["Sent"]
        assert one["Sent"] + one["Failed"] + one["Unknown"] == one["Handled"]
    for before, after in pairwise(shown):
        for name in ("Handled", "Sent", "Delivered", "Read"):
            assert before[name] <= after[name], (name, before, after)
    assert shown[-1] == as_shown(await watched.on.tally(watched.id))
    assert watched.telegram.names().count("send") == 1
    ended = (await watched.on.campaign(watched.id)).finished_at
    assert ended is not None
    under_way = [at for at in watched.edited if at < ended]
    assert len(under_way) >= LEAST_EDITS
    for edits, (before_at, at) in enumerate(pairwise(under_way), start=1):
        assert at - before_at >= gap_after(edits)


async def test_a_pause_is_shown_at_once_while_hundreds_are_on_their_way(watched: Watched) -> None:
    on, answer = watched.on, asyncio.Event()
    await on.change(ceiling=1_000.0)
    on.phones.meanwhile = answer.wait  # type: ignore[method-assign, assignment]
    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        group.create_task(on.run())
        while len(on.phones.sent) < 400:
            await asyncio.sleep(0)
        await watched.look()
        async with on.store.write() as unit:
            known = await unit.campaigns.any(watched.id)
            await service.pause(desk_of(unit), known, expected=known.version, at=on.clock.now())
            await unit.commit()
        await watched.look(at_once=True)
        assert watched.telegram.names() == ["send", "pin", "edit"]
        assert "pausing" in watched.telegram.texts[-1]
        answer.set()
    on.clock.advance(minutes=1)
    await watched.look()
    assert "paused" in watched.telegram.texts[-1]
    last = watched.shown()[-1]
    assert last == as_shown(await on.tally(watched.id))
    assert last["Sent"] == len(on.phones.sent) >= 400


def as_shown(tally: Tally) -> Mapping[str, int]:
    return {
        "Handled": tally.handled, "Of": tally.included, "Sent": tally.sent, "Delivered": tally.delivered,
        "Read": tally.read, "Failed": tally.failed, "Unknown": tally.unknown, "Left": tally.left,
    }  # fmt: skip
