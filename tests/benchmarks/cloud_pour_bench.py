"""claim - send - learn over the official channel: messages a second against the stand-in in its own process.

At the number's limit of 1,000 a second, and without one; and what a bare loop over the same client reaches in
the same run. SQLite with synchronous FULL, nothing else going on.

    python -m tests.benchmarks.cloud_pour_bench --people 20000
"""

import argparse
import asyncio
import json
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import httpx
import uvloop

from bot.clock import SystemClock
from bot.senders import Hints
from domain.campaigns.model import CampaignState
from domain.delivery.content import OutgoingMessage
from domain.delivery.ports import Accepted, MessageGateway
from domain.delivery.template_values import FilledTemplate, TemplateMessage
from domain.kernel.ids import AccountId, AttemptKey, CampaignId
from domain.operators.model import TERMS_VERSION, Role
from domain.pacing.rules import Caps
from domain.scheduler.cloud_effects import CloudEffects
from domain.scheduler.cloud_pace import CloudPace
from domain.scheduler.slices import AccountSlices
from storage.database import Database
from tests.benchmarks.cloud_standin_bench import standin
from tests.benchmarks.delivery_bench import Silent
from tests.benchmarks.measure import peak_mb
from tests.desk_data import AT_ONCE, number_of, started_campaign
from tests.fakes.cloud import CHOSEN, SALE, a_cloud_account
from tests.fakes.stores import open_store, rich
from tests.unit.cloud.cast import HeardEffects, MemoryFiles, MemoryUploads
from whatsapp.client import build_cloud_client
from whatsapp.cloud.calls import CloudLine
from whatsapp.cloud.gateway import CloudGateway

LIMIT = 1000.0
#: As good as none: more than the machine can send.
UNLIMITED = 1_000_000.0
AT_ONCE_BARE = 200


def prepare(url: str, throughput: float | None) -> dict[str, Any]:
    """A number, and the template that the campaign sends."""
    with httpx.Client(base_url=url) as client:
        client.post("/_standin/reset").raise_for_status()
        made = client.post("/_standin/accounts", json={"throughput": throughput, "messaging_limit": None})
        account: dict[str, Any] = made.raise_for_status().json()
        body = {"type": "BODY", "text": SALE.body}
        wish = {"name": SALE.name, "components": [body], "waba_id": account["waba_id"]}
        client.post("/_standin/templates", json=wish).raise_for_status()
        return account


def gateway_to(url: str, account: dict[str, Any], client: httpx.AsyncClient, effects: Any) -> CloudGateway:
    line = CloudLine(
        base_url=f"{url}/v23.0", phone_number_id=account["phone_number_id"], token=lambda: account["token"]
    )
    return CloudGateway(
        client, line, files=MemoryFiles(), uploaded=MemoryUploads(), effects=effects, clock=SystemClock()
    )


async def desk(
    database: Database, account: dict[str, Any], *, people: int, ceiling: float
) -> tuple[CampaignId, AccountId]:
    at = datetime.now(UTC)
    async with database.write() as unit:
        space = await unit.operators.create_workspace(
            name="Bakery", country="TR", zone="Europe/Istanbul", language="en", at=at
        )
        await rich(unit, space)
        member = await unit.operators.create_member(
            workspace_id=space, telegram_id=1001, name="Ayşe", role=Role.OWNER, at=at
        )
        await unit.operators.accept_terms(member, version=TERMS_VERSION, at=at)
        id = await a_cloud_account(
            unit, space, remote=account["phone_number_id"], waba_id=account["waba_id"], ceiling=ceiling
        )
        await unit.cloud.save_templates(account["waba_id"], [SALE], at=at)
        campaign_id = await started_campaign(unit, space, member, people=people, pacing=AT_ONCE)
        campaign = await unit.campaigns.any(campaign_id)
        await unit.campaigns.save(replace(campaign, template=CHOSEN), expected=campaign.version)
        await unit.commit()
    return campaign_id, id


async def pour(url: str, *, people: int, throughput: float | None) -> float:
    account = await asyncio.to_thread(prepare, url, throughput)
    with tempfile.TemporaryDirectory() as folder:
        async with open_store(Path(folder)) as database:
            spent = await send_all(database, url, account, people=people, throughput=throughput)
    await asyncio.to_thread(nobody_twice, url, people)
    return people / spent.seconds


class Spent(NamedTuple):
    """`processor`: seconds of processor time."""

    seconds: float
    processor: float


async def send_all(
    database: Database,
    url: str,
    account: dict[str, Any],
    *,
    people: int,
    throughput: float | None,
    processor: Callable[[], float] = time.process_time,
) -> Spent:
    """A campaign in this desk, until it is completed; making it is not counted."""
    async with build_cloud_client(connections=800) as client:
        campaign, id = await desk(database, account, people=people, ceiling=throughput or UNLIMITED)
        pace = CloudPace()
        effects = CloudEffects(
            store=database, announcer=Silent(), watcher=Hints(), clock=SystemClock(), pace=pace
        )
        gateway: MessageGateway = gateway_to(url, account, client, effects)
        slices = AccountSlices(
            store=database, gateway_for=lambda _: gateway, announcer=Silent(), watcher=Hints(),
            clock=SystemClock(), rng=Random(7), caps=Caps(), owner="bench", desk="bench", pace=pace,
        )  # fmt: skip
        busy, started = processor(), time.perf_counter()
        while await _running(database, campaign):
            await slices.run(id)
        return Spent(time.perf_counter() - started, processor() - busy)


async def _running(database: Database, id: CampaignId) -> bool:
    async with database.read() as unit:
        return (await unit.campaigns.any(id)).state is CampaignState.RUNNING


def nobody_twice(url: str, people: int) -> None:
    with httpx.Client(base_url=url) as client:
        totals = client.get("/_standin/received").json()
    assert (totals["people"], totals["twice"]) == (people, 0), totals


async def bare(url: str, *, people: int) -> float:
    """The same messages by the same client, with nothing kept."""
    account = await asyncio.to_thread(prepare, url, None)
    async with build_cloud_client(connections=800) as client:
        gateway = gateway_to(url, account, client, HeardEffects())
        pending: Iterator[int] = iter(range(people))

        async def worker() -> None:
            for n in pending:
                assert isinstance(await gateway.send(_message(n)), Accepted)

        started = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE_BARE):
                group.create_task(worker())
        return people / (time.perf_counter() - started)


def _message(n: int) -> OutgoingMessage:
    content = FilledTemplate(
        name=SALE.name, language=SALE.language, body=(("1", f"Person {n}"), ("2", "Bonn"))
    )
    return TemplateMessage(key=AttemptKey(f"bare-{n}"), to=number_of(n), text="", template=content)


async def measure(url: str, people: int) -> dict[str, float]:
    at_limit = await pour(url, people=people, throughput=LIMIT)
    unlimited = await pour(url, people=people, throughput=None)
    alone = await bare(url, people=people)
    return {
        "cloud_pour_per_s_at_limit": at_limit,
        "cloud_pour_per_s": unlimited,
        "cloud_bare_per_s": alone,
        "cloud_pour_ratio": unlimited / alone,
        "cloud_pour_peak_mb": peak_mb(),
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--people", type=int, default=20_000)
    people = parser.parse_args().people
    with standin() as url:
        print(json.dumps(uvloop.run(measure(url, people))))


if __name__ == "__main__":
    main()
