"""Replies that pour in while a campaign pours out: bot, sandbox, stand-in and this, each a process.

The same campaign is sent twice at the number's limit: alone, and while people answer by signed webhooks, one
message each, evenly over so many seconds. Counted are replies that were lost or doubled, kept or told, and
how many messages the busiest minute of the chat held. The operator taps meanwhile.

    python -m tests.benchmarks.replies_bench --people 4000 --replies 10000 --throughput 80
"""

import argparse
import asyncio
import json
import re
import tempfile
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import uvloop
from sqlalchemy import func, select

from bot.sandbox.client import SandboxClient
from storage.tables import replies
from tests.benchmarks.cloud_bench import _sent, _shows, _tap
from tests.benchmarks.measure import percentile
from tests.desk_data import number_of
from tests.official_desk import APP_SECRET, AYSE, NUMBER, OfficialDesk, official_desk
from whatsapp.cloud.webhooks import sign

AT_ONCE = 50
#: How long is waited for what is left, in seconds, and then for what would be told twice.
PATIENCE = 60.0
AGAIN = 5.0
GATHERED = re.compile(r"\(([\d,]+) messages?\)")


async def alone(people: int, throughput: int) -> float:
    """Messages a second."""
    with tempfile.TemporaryDirectory() as folder:
        async with official_desk(Path(folder), "--keep", "1000", throughput=throughput) as desk:
            await desk.bot.start()
            await desk.campaign(people)
            _, rate = await _sent(desk, people)
    return rate


async def with_replies(people: int, throughput: int, wanted: int, seconds: float) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        async with official_desk(Path(folder), "--keep", "1000", throughput=throughput) as desk:
            await desk.bot.start()
            await desk.listen()
            async with SandboxClient(desk.url) as client:
                chat = client.chat(AYSE)
                await chat.say("/start")
                await chat.until(partial(_shows, chat, "Help"), timeout=20, what=chat.screen)
                await desk.campaign(people)
                taps: list[float] = []
                async with asyncio.TaskGroup() as group:
                    tapping = group.create_task(_tap(chat, taps))
                    sending = group.create_task(_sent(desk, people))
                    stored = group.create_task(_all_stored(desk, wanted, seconds + PATIENCE))
                    answers = await _people_answer(desk, people, wanted, seconds)
                    (kept, took), (_, rate) = await stored, await sending
                    tapping.cancel()
                told = await _all_told(client, wanted)
    return {
        "replies_lost": float(max(0, wanted - kept, wanted - told.replies)),
        "replies_double": float(max(0, kept - wanted, told.replies - wanted)),
        "replies_sends_per_s": rate,
        "replies_stored_per_s": kept / took,
        "replies_told_messages": float(told.messages),
        "replies_busiest_minute": float(told.busiest),
        "replies_webhook_p99_ms": percentile(answers, 0.99),
        "tap_p50_ms_during_replies": percentile(taps, 0.5),
        "tap_p99_ms_during_replies": percentile(taps, 0.99),
    }


async def _people_answer(desk: OfficialDesk, people: int, wanted: int, seconds: float) -> list[float]:
    """How long each webhook took to be stored and answered, in ms."""
    address = f"http://127.0.0.1:{desk.webhooks}/webhooks/whatsapp"
    times: list[float] = []
    began, turns = time.perf_counter(), iter(range(wanted))
    limits = httpx.Limits(max_connections=AT_ONCE, max_keepalive_connections=AT_ONCE)
    async with httpx.AsyncClient(trust_env=False, timeout=60, limits=limits) as client:

        async def worker() -> None:
            for n in turns:
                await asyncio.sleep(max(0.0, began + n * seconds / wanted - time.perf_counter()))
                raw = _body(desk, n, number_of(n % people))
                started = time.perf_counter()
                headers = {"X-Hub-Signature-256": sign(raw, APP_SECRET)}
                answer = await client.post(address, content=raw, headers=headers)
                assert answer.status_code == 200
                times.append((time.perf_counter() - started) * 1000)

        async with asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE):
                group.create_task(worker())
    return times


def _body(desk: OfficialDesk, n: int, number: str) -> bytes:
    wa_id = number.removeprefix("+")
    message = {
        "from": wa_id, "id": f"wamid.reply.{n}", "timestamp": str(int(time.time())), "type": "text",
        "text": {"body": f"answer number {n}"},
    }  # fmt: skip
    value = {
        "messaging_product": "whatsapp",
        "metadata": {
            "display_phone_number": NUMBER.removeprefix("+"),
            "phone_number_id": desk.account["phone_number_id"],
        },
        "contacts": [{"wa_id": wa_id, "profile": {"name": "Somebody"}}], "messages": [message],
    }  # fmt: skip
    entry = {"id": desk.account["waba_id"], "changes": [{"field": "messages", "value": value}]}
    return json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode()


async def _all_stored(desk: OfficialDesk, wanted: int, longest: float) -> tuple[int, float]:
    """How many there are, and the seconds from the first that was stored to the last."""
    deadline, began, found = time.perf_counter() + longest, 0.0, 0
    while found < wanted and time.perf_counter() < deadline:
        assert desk.bot.running, desk.bot.log.read_text()[-4000:]
        # Not as a writer: the bot would wait for that one.
        async with desk.database.read() as unit:
            found = await unit.chat._db.scalar(select(func.count()).select_from(replies)) or 0
        began = began or (time.perf_counter() if found else 0.0)
        await asyncio.sleep(0.5)
    return found, time.perf_counter() - began


@dataclass(frozen=True, kw_only=True)
class Told:
    """`busiest`: so many messages within one minute at most."""

    replies: int
    messages: int
    busiest: int


async def _all_told(client: SandboxClient, wanted: int) -> Told:
    """What was told once all of it is, and a little later: nothing is told again."""
    deadline = time.perf_counter() + PATIENCE
    while (await _told(client)).replies < wanted and time.perf_counter() < deadline:
        await asyncio.sleep(0.5)
    await asyncio.sleep(AGAIN)
    return await _told(client)


async def _told(client: SandboxClient) -> Told:
    calls = [call for call in await client.journal("sendMessage") if _tells(call)]
    at = [float(call["time"]) for call in calls]
    return Told(
        replies=sum(_replies_in(call["arguments"]["text"]) for call in calls), messages=len(calls),
        busiest=max((sum(one <= other < one + 60 for other in at) for one in at), default=0),
    )  # fmt: skip


def _tells(call: dict[str, Any]) -> bool:
    return _replies_in(str(call["arguments"].get("text", ""))) > 0 and call["ok"] is True


def _replies_in(text: str) -> int:
    gathered = GATHERED.search(text)
    return int(gathered[1].replace(",", "")) if gathered else text.count("answer number")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--people", type=int, default=4_000)
    parser.add_argument("--replies", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--throughput", type=int, default=80)
    asked = parser.parse_args()
    rate = uvloop.run(alone(asked.people, asked.throughput))
    figures = uvloop.run(with_replies(asked.people, asked.throughput, asked.replies, asked.seconds))
    figures |= {
        "replies_sends_per_s_alone": rate, "replies_ratio_of_sends": figures["replies_sends_per_s"] / rate,
    }  # fmt: skip
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
