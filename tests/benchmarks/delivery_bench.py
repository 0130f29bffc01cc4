"""claim - send - learn: messages a second against simulated phones in-process, SQLite synchronous FULL."""

import asyncio
import json
import tempfile
import time
from pathlib import Path
from random import Random

from bot.clock import SystemClock
from bot.senders import Hints
from domain.accounts.model import Account
from domain.campaigns.model import CampaignState
from domain.delivery.ports import MessageGateway
from domain.kernel.ids import CampaignId
from domain.pacing.rules import Caps
from domain.scheduler.events import Event
from domain.scheduler.slices import AccountSlices
from domain.scheduler.unit import Unit
from storage.database import Database
from tests.benchmarks.measure import peak_mb
from tests.desk_data import campaign_to_everybody
from tests.fakes.stores import open_store
from whatsapp.simulated.behaviour import Behaviour
from whatsapp.simulated.gateway import InProcessGateway
from whatsapp.simulated.world import SimulatedWorld

PEOPLE = 10_000


class Silent:
    """Tells nobody."""

    async def announce(self, unit: Unit, event: Event) -> None:
        return None


async def measure() -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        async with open_store(Path(folder)) as database:
            return await _drive(database)


async def _drive(database: Database) -> dict[str, float]:
    world = SimulatedWorld(folder=None, seed=7, clock=SystemClock(), behaviour=Behaviour.instant())
    remote = await world.link()
    campaign, account = await campaign_to_everybody(
        database, people=PEOPLE, remote=remote.id, number=remote.number
    )

    def gateway_for(_: Account) -> MessageGateway:
        return InProcessGateway(world, remote.id)

    slices = AccountSlices(
        store=database, gateway_for=gateway_for, announcer=Silent(), watcher=Hints(), clock=SystemClock(),
        rng=Random(7), caps=Caps(a_campaign=PEOPLE, a_day=PEOPLE), owner="bench", desk="bench",
    )  # fmt: skip
    started = time.perf_counter()
    while await _running(database, campaign):
        await slices.run(account)
    seconds = time.perf_counter() - started
    assert len(world.received) == PEOPLE
    world.close()
    return {"claim_send_learn_per_s": PEOPLE / seconds, "claim_send_learn_peak_mb": peak_mb()}


async def _running(database: Database, campaign: CampaignId) -> bool:
    async with database.read() as unit:
        return (await unit.campaigns.any(campaign)).state is CampaignState.RUNNING


if __name__ == "__main__":
    print(json.dumps(asyncio.run(measure())))
