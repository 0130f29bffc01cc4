"""1,000 paced accounts in one process: how late messages leave, and what driving them costs.

Each account sends with a pause of 2 to 5 seconds, over HTTP to a far side in another process.
SQLite, synchronous FULL. Lateness: from the moment planned for the message until it is handed to the gateway.
The first seconds, in which all accounts are due at once, are not counted.

    python -m tests.benchmarks.paced_bench --accounts 1000 --seconds 60
"""

import argparse
import asyncio
import json
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from random import Random
from typing import Final

from bot.clock import SystemClock
from bot.memory import keep_what_is_loaded
from bot.senders import Drivers, Hints, Senders
from bot.tasks import TaskOwner
from domain.accounts.model import Account
from domain.delivery.content import OutgoingMessage
from domain.delivery.ports import MessageGateway, SendOutcome
from domain.kernel.ids import AccountId
from domain.pacing.rules import NORMAL, Caps
from domain.scheduler.slices import AccountSlices
from storage.database import Database
from tests.benchmarks.delivery_bench import Silent
from tests.benchmarks.measure import peak_mb, percentile
from tests.benchmarks.phones import running_phones
from tests.desk_data import campaign_to_everybody
from tests.fakes.stores import open_store
from whatsapp.client import build_client
from whatsapp.simulated.gateway import SimulatedGateway

#: Until the accounts, all due at once at first, have drifted apart.
WARM_UP: Final = 15.0
#: The mean pause, in seconds.
PAUSE: Final = NORMAL.average.total_seconds()


@dataclass
class Watch:
    """What is planned for each account, and how late it left. `counts`: whether it is measured now."""

    planned: dict[AccountId, datetime] = field(default_factory=dict)
    late_ms: list[float] = field(default_factory=list)
    counts: bool = False

    def left(self, id: AccountId, at: datetime) -> None:
        planned = self.planned.pop(id, None)
        if planned is not None and self.counts:
            self.late_ms.append((at - planned).total_seconds() * 1000)


@dataclass(frozen=True)
class WatchedGateway:
    gateway: MessageGateway
    left: Callable[[], None]

    async def send(self, message: OutgoingMessage) -> SendOutcome:
        self.left()
        return await self.gateway.send(message)


class WatchedSlices(AccountSlices):
    """Notes when each account is to come back."""

    watch: Watch

    async def run(self, account_id: AccountId, halt: asyncio.Event | None = None) -> datetime | None:
        wake_at = await super().run(account_id, halt)
        if wake_at is not None:
            self.watch.planned[account_id] = wake_at
        return wake_at


async def measure(*, accounts: int, seconds: float) -> dict[str, float]:
    people = round((WARM_UP + seconds) / PAUSE) + 10
    with tempfile.TemporaryDirectory() as name:
        async with running_phones() as url, open_store(Path(name)) as database:
            for n in range(accounts):
                await campaign_to_everybody(
                    database, people=people, remote=f"sim-{n}", number=f"+9050{n:08d}",
                    telegram_id=10_000 + n, first=n * people, pacing=NORMAL,
                )  # fmt: skip
            return await drive(database, url, seconds=seconds)


async def drive(database: Database, phones: str, *, seconds: float) -> dict[str, float]:
    watch, clock = Watch(), SystemClock()
    async with build_client() as client, TaskOwner() as tasks:

        @cache  # made once for each account, as the bot does
        def gateway_of(id: AccountId, remote: str) -> MessageGateway:
            gateway = SimulatedGateway(client, phones, remote, media=None)  # type: ignore[arg-type]
            return WatchedGateway(gateway, lambda: watch.left(id, clock.now()))

        def gateway_for(account: Account) -> MessageGateway:
            return gateway_of(account.id, account.remote)

        slices = WatchedSlices(
            store=database, gateway_for=gateway_for, announcer=Silent(), watcher=Hints(), clock=clock,
            rng=Random(7), caps=Caps(a_campaign=100_000, a_day=100_000), owner="bench", desk="bench",
        )  # fmt: skip
        object.__setattr__(slices, "watch", watch)
        senders = Senders(Drivers(slices, clock), database, clock, tasks)
        tasks.start("senders", senders.run())
        await asyncio.sleep(WARM_UP)
        watch.counts = True
        busy, began = time.process_time(), time.perf_counter()
        await asyncio.sleep(seconds)
        watch.counts = False
        cores = (time.process_time() - busy) / (time.perf_counter() - began)
        await senders.drain(20)
    late = watch.late_ms
    return {
        "paced_sends_per_s": len(late) / seconds,
        "paced_lateness_p50_ms": percentile(late, 0.5),
        "paced_lateness_p99_ms": percentile(late, 0.99),
        "paced_cores": cores,
        "paced_peak_mb": peak_mb(),
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--accounts", type=int, default=1_000)
    parser.add_argument("--seconds", type=float, default=60)
    given = parser.parse_args()
    keep_what_is_loaded()  # as the bot does at its start
    print(json.dumps(asyncio.run(measure(accounts=given.accounts, seconds=given.seconds))))


if __name__ == "__main__":
    main()
