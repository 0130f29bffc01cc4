"""The Balance screen's own questions, in a workspace with 10,000 movements: sums, and a page of lines."""

import asyncio
import json
import tempfile
import time
from pathlib import Path

from sqlalchemy import update

from domain.delivery.recipients import RecipientState
from domain.kernel.ids import WorkspaceId
from domain.wallet.model import Entry, EntryKind
from storage.database import Database
from storage.tables import recipients
from tests.benchmarks.measure import percentile
from tests.fakes.stores import (
    NOW,
    a_list,
    a_member,
    a_running_campaign,
    a_workspace,
    an_account,
    open_store,
)

MOVEMENTS = 10_000
LOOKS = 30


async def measure() -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        async with open_store(Path(folder)) as database:
            space = await _fill(database)
            looks = [await _look(database, space, offset=8 * n) for n in range(LOOKS)]
    return {
        "balance_10k_median_ms": percentile(looks, 0.5) * 1000,
        "balance_10k_worst_ms": max(looks) * 1000,
    }


async def _fill(database: Database) -> WorkspaceId:
    """Half of them for recipients of campaigns, half of them lines of their own."""
    async with database.write() as unit:
        space = await a_workspace(unit)
        member, account = await a_member(unit, space), await an_account(unit, space)
        everybody = await a_list(unit, space, MOVEMENTS // 20)
        for _ in range(10):
            await a_running_campaign(unit, space, member, account, everybody)
        await unit.wallet._db.execute(update(recipients).values(state=RecipientState.READ))
        assert await unit.wallet.settle(None, at=NOW) == MOVEMENTS // 2
        for n in range(MOVEMENTS // 2):
            await unit.wallet.post(
                Entry(workspace_id=space, key=f"{n}", kind=EntryKind.GRANT, points=1, note="a gift", at=NOW)
            )
        await unit.commit()
    return space


async def _look(database: Database, space: WorkspaceId, *, offset: int) -> float:
    started = time.perf_counter()
    async with database.read() as unit:
        await unit.wallet.wallet(space)
        lines, total = await unit.wallet.movements(space, offset=offset)
    seconds = time.perf_counter() - started
    assert len(lines) == 8 and total > MOVEMENTS // 2
    return seconds


if __name__ == "__main__":
    print(json.dumps(asyncio.run(measure())))
