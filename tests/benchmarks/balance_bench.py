"""The Balance screen of a workspace whose points have moved 10,000 times: drawn whole, database included.

Measured for entries that are each a line of their own, and for entries of campaigns, which share lines; and
from the first page to the last.
"""

import asyncio
import json
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Final, cast

from sqlalchemy import insert

from bot.screens.balance import balance
from bot.screens.base import Args, Desk, Files, Scene
from bot.senders import Hints
from domain.accounts.ports import Linker
from domain.kernel.ids import WorkspaceId
from domain.operators.model import TERMS_VERSION
from domain.pacing.rules import Caps
from domain.wallet.model import EntryKind
from storage.database import Database
from storage.tables import ledger, wallets
from storage.unit import Unit
from tests.benchmarks.measure import percentile
from tests.fakes.clock import FakeClock
from tests.fakes.stores import NOW, a_campaign, a_member, open_store

MOVEMENTS: Final = 10_000
CAMPAIGNS: Final = 20
OWNER: Final = 1001
LOOKS: Final = 60


async def a_ledger(unit: Unit, *, campaigns: int) -> WorkspaceId:
    """`MOVEMENTS` entries; with campaigns their holds and spends, without them grants."""
    space = await unit.operators.create_workspace(
        name="Bakery", country="TR", zone="Europe/Istanbul", language="en", at=NOW
    )
    owner = await a_member(unit, space, telegram_id=OWNER)
    await unit.operators.accept_terms(owner, version=TERMS_VERSION, at=NOW)
    named = [(await a_campaign(unit, space, owner)).id for _ in range(campaigns)]
    rows = []
    for n in range(MOVEMENTS):
        campaign = named[n % campaigns] if campaigns else None
        kind = (EntryKind.HOLD if n < campaigns else EntryKind.SPEND) if campaigns else EntryKind.GRANT
        rows.append(
            {
                "workspace_id": space,
                "key": f"bench:{n}",
                "kind": kind,
                "points": 1,
                "held": 0,
                "owed": 0,
                "campaign_id": campaign,
                "at": NOW - timedelta(seconds=MOVEMENTS - n),
            }
        )
    db = unit.chat._db
    await db.execute(insert(ledger), rows)
    await db.execute(insert(wallets).values(workspace_id=space, balance=MOVEMENTS, held=0, owed=0))
    return space


async def scene_of(store: Database, unit: Unit, space: WorkspaceId) -> Scene:
    [member] = await unit.operators.members(space)
    desk = Desk(
        store=store, clock=FakeClock(NOW), rng=Random(1), caps=Caps(), watcher=Hints(),
        linker=cast(Linker, None), files=cast(Files, None), admin_ids=frozenset(),
        environment="development", desk_id="desk",
    )  # fmt: skip
    return Scene(
        desk=desk, unit=unit, chat_id=OWNER, telegram_id=OWNER, person="Ayşe", now=NOW, member=member,
        home=await unit.operators.workspace(space),
    )  # fmt: skip


async def look(store: Database, space: WorkspaceId, args: Args) -> tuple[float, str]:
    """Milliseconds from opening the unit to the drawn screen, and its text."""
    started = time.perf_counter()
    async with store.read() as unit:
        view = await balance(await scene_of(store, unit, space), args)
    return (time.perf_counter() - started) * 1000, view.text


async def looks(folder: Path, *, campaigns: int) -> list[float]:
    async with open_store(folder, name=f"{campaigns}.db") as store:
        async with store.write() as unit:
            space = await a_ledger(unit, campaigns=campaigns)
            await unit.commit()
        last = MOVEMENTS // 8 - 1 if not campaigns else 0
        return [(await look(store, space, {"page": n % 2 * last}))[0] for n in range(LOOKS)]


async def measure() -> dict[str, float]:
    with tempfile.TemporaryDirectory() as name:
        apart = await looks(Path(name), campaigns=0)
        shared = await looks(Path(name), campaigns=CAMPAIGNS)
    return {
        "balance_screen_10k_ms_p50": percentile(apart, 0.5),
        "balance_screen_10k_ms_p95": percentile(apart, 0.95),
        "balance_screen_10k_campaigns_ms_p95": percentile(shared, 0.95),
    }


if __name__ == "__main__":
    print(json.dumps(asyncio.run(measure())))
