"""A campaign of 20,000 over the official channel, as it is in life: bot, sandbox, WhatsApp's stand-in and
this, each a process. At the number's limit of 1,000 a second; every message is told of three times (sent,
delivered, read), and the operator taps meanwhile. And the statuses worked a second in a big database.

    python -m tests.benchmarks.cloud_bench --people 20000 --statuses 100000 --known 500000

The statuses alone: `--people 0 --statuses 1000000`. What waits to be stored is made bit by bit: memory grows
with the people known (their keys are kept), not with the statuses.
"""

import argparse
import asyncio
import json
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from random import Random

import httpx
import orjson
import uvloop

from bot.clock import SystemClock
from bot.sandbox.client import SandboxChat, SandboxClient
from bot.senders import Hints
from domain.accounts.model import Account
from domain.campaigns.model import CampaignState
from domain.delivery.channel import ChannelEvent
from domain.delivery.recipients import RecipientState
from domain.kernel.ids import AccountId, CampaignId
from domain.scheduler.cloud_webhooks import WorkWebhooks
from domain.scheduler.unit import Unit
from storage.database import Database
from tests.benchmarks.cloud_pour_bench import AT_ONCE_BARE, pour, prepare
from tests.benchmarks.cloud_pour_bench import _message as template_message
from tests.benchmarks.delivery_bench import Silent
from tests.benchmarks.measure import peak_mb, percentile
from tests.desk_data import AT_ONCE, started_campaign
from tests.fakes.cloud import REMOTE, WABA, a_cloud_account
from tests.fakes.stores import a_member, a_workspace, open_store
from tests.official_desk import APP_SECRET, AYSE, OfficialDesk, official_desk, standin_process
from whatsapp.client import build_cloud_client
from whatsapp.cloud.payloads import message_to_json
from whatsapp.cloud.signed import SignedReader, with_signature
from whatsapp.cloud.webhooks import sign

LIMIT = 1000
TAP_EVERY = 0.25
A_POST = 100
STORED_AT_ONCE = 30
WORDS = ("sent", "delivered")


# ---- the whole product, at the number's limit


async def at_the_limit(people: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        async with official_desk(Path(folder), "--keep", "1000", throughput=LIMIT) as desk:
            await desk.control("POST", "behaviour", {"read_share": 1.0})
            await desk.bot.start()
            await desk.listen()
            async with SandboxClient(desk.url) as client:
                chat = client.chat(AYSE)
                await chat.say("/start")
                await chat.until(partial(_shows, chat, "Help"), timeout=20, what=chat.screen)
                campaign = await desk.campaign(people)
                taps: list[float] = []
                answers: list[float] = []
                async with asyncio.TaskGroup() as group:
                    tapping = group.create_task(_tap(chat, taps))
                    knocking = group.create_task(_knock(desk, answers))
                    began, rate = await _sent(desk, people)
                    await _told(desk, campaign, people)
                    statuses = 3 * people / (time.perf_counter() - began)
                    tapping.cancel()
                    knocking.cancel()
            received = await desk.received()
            peak = desk.bot.peak_mb()
    assert (received["people"], received["twice"]) == (people, 0), received
    return {
        "cloud_sends_per_s_at_limit": rate,
        "cloud_statuses_per_s_at_limit": statuses,
        "tap_p50_ms_during_cloud": percentile(taps, 0.5),
        "tap_p99_ms_during_cloud": percentile(taps, 0.99),
        "taps_during_cloud": float(len(taps)),
        "webhook_p50_ms_during_cloud": percentile(answers, 0.5),
        "webhook_p99_ms_during_cloud": percentile(answers, 0.99),
        "bot_peak_mb_during_cloud": peak,
    }


async def _sent(desk: OfficialDesk, people: int) -> tuple[float, float]:
    """When the first was taken; and messages a second, from the first that the stand-in took to the last."""
    began = at = 0.0
    before = accepted = 0
    while accepted < people:
        assert desk.bot.running, desk.bot.log.read_text()[-4000:]
        accepted, at = int((await desk.received())["accepted"]), time.perf_counter()
        if not began and accepted:
            began, before = at, accepted
        await asyncio.sleep(0.02)
    return began, (people - before) / (at - began)


async def _told(desk: OfficialDesk, campaign: CampaignId, people: int) -> None:
    """Until every status is applied."""
    started = time.perf_counter()
    while (await desk.tally(campaign)).by_state.get(RecipientState.READ, 0) < people:
        assert time.perf_counter() - started < 300, await desk.tally(campaign)
        await asyncio.sleep(0.05)
    async with desk.database.read() as unit:
        ended = await unit.campaigns.any(campaign)
        rows = [row async for row in unit.delivery.stream_recipients(campaign)]
    assert ended.state is CampaignState.COMPLETED
    assert all(row.sent_at and row.delivered_at and row.read_at for row in rows)


async def _tap(chat: SandboxChat, times: list[float]) -> None:
    while True:
        for label in ("Help", "Back"):
            await chat.until(partial(_shows, chat, label), timeout=20, what=chat.screen)
            started = time.perf_counter()
            await chat.wait_answered(await chat.tap(label))
            times.append((time.perf_counter() - started) * 1000)
            await asyncio.sleep(TAP_EVERY)


async def _knock(desk: OfficialDesk, times: list[float]) -> None:
    """One more webhook now and then, about nobody here: how long until it is stored and answered."""
    address = f"http://127.0.0.1:{desk.webhooks}/webhooks/whatsapp"
    async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
        while True:
            raw = _body("sent", [f"nobody-{len(times)}"])
            started = time.perf_counter()
            headers = {"X-Hub-Signature-256": sign(raw, APP_SECRET)}
            answer = await client.post(address, content=raw, headers=headers)
            assert answer.status_code == 200
            times.append((time.perf_counter() - started) * 1000)
            await asyncio.sleep(TAP_EVERY)


def _shows(chat: SandboxChat, label: str) -> bool | None:
    return any(label in text for m in chat.newest_first() for text in m.button_texts) or None


# ---- as fast as it goes


async def without_a_limit(people: int) -> dict[str, float]:
    """The same campaign in this process, with no webhooks; and the same requests in a bare loop over the same
    client, with nothing claimed, kept or looked at."""
    async with standin_process("--keep", "1000") as url:
        poured = await pour(url, people=people, throughput=None)
        bare = await _bare(url, people)
    return {
        "cloud_sends_per_s": poured, "cloud_bare_client_per_s": bare,
        "cloud_ratio_bare_client": poured / bare,
    }  # fmt: skip


async def _bare(url: str, people: int) -> float:
    account = await asyncio.to_thread(prepare, url, None)
    address = f"{url}/v23.0/{account['phone_number_id']}/messages"
    headers = {"Authorization": f"Bearer {account['token']}", "Content-Type": "application/json"}
    pending = iter(range(people))
    async with build_cloud_client(connections=800) as client:

        async def worker() -> None:
            for n in pending:
                body = orjson.dumps(message_to_json(template_message(n), None))
                answer = await client.post(address, content=body, headers=headers)
                assert "messages" in orjson.loads(answer.content)

        started = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE_BARE):
                group.create_task(worker())
        return people / (time.perf_counter() - started)


# ---- statuses into a big database


class Keys:
    def app_secrets(self) -> Sequence[str]:
        return [APP_SECRET]

    def secrets_of(self, phone_number_id: str) -> Sequence[str]:
        return [APP_SECRET]

    def verify_tokens(self) -> Sequence[str]:
        return []


class Nothing:
    async def apply(self, unit: Unit, account: Account, event: ChannelEvent) -> None:
        return None

    def soon(self, ids: Sequence[AccountId]) -> None:
        return None


async def statuses_per_s(*, known: int, statuses: int) -> dict[str, float]:
    """Stored and worked: sent and delivered of people chosen by chance among `known` who were written to.

    Making them is not counted."""
    with tempfile.TemporaryDirectory() as folder:
        async with open_store(Path(folder)) as database:
            keys = await _written_to(database, known)
            work = WorkWebhooks(
                store=database, reader=SignedReader(Keys()), effects=Nothing(), refreshing=Nothing(),
                announcer=Silent(), watcher=Hints(), clock=SystemClock(),
            )  # fmt: skip
            rng = Random(7)
            spent = 0.0
            for word in WORDS:
                rng.shuffle(keys)
                for first in range(0, statuses // len(WORDS), A_POST * STORED_AT_ONCE):
                    last = min(first + A_POST * STORED_AT_ONCE, statuses // len(WORDS))
                    posts = [_post(word, keys[n : min(n + A_POST, last)]) for n in range(first, last, A_POST)]
                    started = time.perf_counter()
                    async with database.write() as unit:
                        now = datetime.now(UTC)
                        await unit.cloud.store_webhooks([(one, now) for one in posts])
                        await unit.commit()
                    while await work.some():
                        pass
                    spent += time.perf_counter() - started
    return {"statuses_per_s": statuses / spent, "statuses_peak_mb": peak_mb()}


async def _written_to(database: Database, people: int) -> list[str]:
    """Their attempts' keys."""
    async with database.write() as unit:
        space = await a_workspace(unit)
        member = await a_member(unit, space)
        account = await a_cloud_account(unit, space)
        campaign = await started_campaign(unit, space, member, people=people, pacing=AT_ONCE, price=0)
        await unit.commit()
    keys: list[str] = []
    now = datetime.now(UTC)
    while len(keys) < people:
        async with database.write() as unit:
            claims, _ = await unit.delivery.claim(
                campaign, account, desk="desk", owner="bench", now=now, lease_until=now, limit=5_000
            )
            await unit.commit()
        keys += [one.key for one in claims]
    return keys


def _post(word: str, keys: Sequence[str]) -> bytes:
    """As the inbox keeps it."""
    raw = _body(word, keys)
    return with_signature(raw, sign(raw, APP_SECRET))


def _body(word: str, keys: Sequence[str]) -> bytes:
    pricing = {"billable": True, "pricing_model": "PMP", "type": "regular", "category": "marketing"}
    pieces = [
        {"id": f"wamid.{key}", "status": word, "timestamp": "1772442000", "recipient_id": "905300000001",
         "biz_opaque_callback_data": key, "pricing": pricing}
        for key in keys
    ]  # fmt: skip
    number = {"display_phone_number": "447700900002", "phone_number_id": REMOTE}
    value = {"messaging_product": "whatsapp", "metadata": number, "statuses": pieces}
    entry = {"id": WABA, "changes": [{"field": "messages", "value": value}]}
    return json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--people", type=int, default=20_000)
    parser.add_argument("--known", type=int, default=500_000)
    parser.add_argument("--statuses", type=int, default=100_000)
    asked = parser.parse_args()
    if asked.statuses > len(WORDS) * asked.known:
        parser.error(f"each is told of {len(WORDS)} times: at most {len(WORDS) * asked.known} statuses")
    figures: dict[str, float] = {}
    if asked.people:
        figures |= uvloop.run(at_the_limit(asked.people))
        # On the loop that `masssender run` has.
        figures |= asyncio.run(without_a_limit(asked.people))
    if asked.statuses:
        figures |= asyncio.run(statuses_per_s(known=asked.known, statuses=asked.statuses))
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
