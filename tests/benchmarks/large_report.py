"""The report of a campaign of 200,000 people, from the database through the disk to Telegram.

For million_bench, in a process of its own: its peak is the report's. Telegram is a transport that throws away
what it is sent, a piece at a time, as python-telegram-bot and httpx send it.

    python -m tests.benchmarks.large_report FOLDER
"""

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Final

import httpx
from telegram import Bot
from telegram.request import HTTPXRequest

from bot.chat.notices import NotYet, Send
from bot.chat.report_notice import sender_of_reports
from bot.clock import SystemClock
from bot.tasks import TaskOwner
from domain.campaigns.model import CampaignState
from domain.kernel.ids import WorkspaceId
from storage.database import Database
from tests.benchmarks.measure import own_peak_mb, percentile

CHAT: Final = 1001
#: A file that comes in larger pieces was in memory whole.
LARGEST_PIECE: Final = 1 << 20
TURN: Final = 0.005
_MESSAGE: Final = {"message_id": 1, "date": 1, "chat": {"id": CHAT, "type": "private"}}

_ANSWERS: Final = {
    "getMe": {"id": 1, "is_bot": True, "first_name": "Bench", "username": "bench_bot"},
    "sendMediaGroup": [_MESSAGE],
    "deleteMessage": True,
}


class Telegram(httpx.AsyncBaseTransport):
    """Takes everything."""

    def __init__(self) -> None:
        self.sent = self.largest = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        assert isinstance(request.stream, httpx.AsyncByteStream)
        async for piece in request.stream:
            self.sent += len(piece)
            if request.url.path.endswith("sendMediaGroup"):
                self.largest = max(self.largest, len(piece))
        method = request.url.path.rpartition("/")[2]
        return httpx.Response(200, json={"ok": True, "result": _ANSWERS.get(method, _MESSAGE)})


async def measure(folder: Path) -> dict[str, float]:
    telegram = Telegram()
    request = HTTPXRequest(httpx_kwargs={"transport": telegram})
    async with Bot("1:none", request=request, get_updates_request=request) as bot:
        address = f"sqlite+aiosqlite:///{folder / 'masssender.db'}"
        async with Database.open(address) as store, TaskOwner() as tasks:
            async with store.read() as unit:
                [campaign], _ = await unit.campaigns.of_workspace(
                    WorkspaceId(1), states=[CampaignState.RUNNING], limit=1
                )
            turns: list[float] = []
            tasks.start("turns", _watch(turns))
            before, began = own_peak_mb(), time.perf_counter()
            await _sent(sender_of_reports(store, SystemClock(), tasks), bot, {"campaign_id": campaign.id})
            seconds = time.perf_counter() - began
    assert telegram.largest < LARGEST_PIECE, f"a piece of {telegram.largest} bytes: it was not streamed"
    return {
        "report_200k_peak_mb": own_peak_mb(),
        "report_200k_before_mb": before,
        "report_200k_seconds": seconds,
        "report_200k_sent_mb": telegram.sent / 1e6,
        "report_200k_loop_ms_p99": percentile(turns, 0.99) * 1000,
    }


async def _sent(send: Send, bot: Bot, payload: dict[str, int]) -> None:
    while True:
        try:
            assert await send(bot, CHAT, payload) == 1
            return
        except NotYet:
            await asyncio.sleep(0.1)


async def _watch(turns: list[float]) -> None:
    """How long everybody else has to wait for the event loop."""
    while True:
        began = time.perf_counter()
        await asyncio.sleep(TURN)
        turns.append(time.perf_counter() - began - TURN)


if __name__ == "__main__":
    print(json.dumps(asyncio.run(measure(Path(sys.argv[1])))))
