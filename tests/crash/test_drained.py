"""A sender on PostgreSQL is asked to stop (SIGTERM) in the middle of its work: it ends in order.

As `docker stop`, a rolling update or a machine that is shut down does it. What people got is counted by the
simulated phones, in another process.
"""

import time
from pathlib import Path
from typing import Final

import pytest
from sqlalchemy import func, select

from bot.sender_app import DRAIN_SECONDS
from domain.delivery.model import Progress
from storage.tables import attempts
from tests.crash.test_two_senders import NUMBERS, SharedDesk, shared_desk

#: For each number: more than is claimed at once, so that it is stopped in the middle.
PEOPLE: Final = 400
#: To close connections and end the interpreter, beside what is on its way. Seconds.
CLOSING: Final = 10.0


async def claims_of(desk: SharedDesk, owner: str) -> tuple[int, int]:
    """How many attempts that process has made, and of how many it is not known what became of them."""
    a = attempts.c
    open = a.progress.in_([Progress.CLAIMED, Progress.UNKNOWN])
    async with desk.database.connection() as connection:
        row = (
            await connection.execute(select(func.count(), func.count().filter(open)).where(a.owner == owner))
        ).one()
    return int(row[0]), int(row[1])


@pytest.mark.crash
async def test_a_sender_that_is_told_to_stop_ends_in_order_and_another_goes_on(tmp_path: Path) -> None:
    async with shared_desk(tmp_path) as desk:
        leaving, other = desk.process("sender", "leaving"), desk.process("sender", "other")
        await leaving.start()
        await desk.until_at_work(leaving)
        await desk.begin(PEOPLE)
        await desk.until_both_send(leaving)
        [owner] = await desk.owners()
        await other.start()

        began = time.monotonic()
        assert await leaving.stop() == 0
        took = time.monotonic() - began
        claimed, open = await claims_of(desk, owner)
        got = (await desk.received())["numbers"]
        assert 0 < claimed < NUMBERS * PEOPLE, "it was stopped in the middle"
        assert open == 0, "all that was on its way is written down when it has ended"

        tallies = await desk.the_end()
        again, _ = await claims_of(desk, owner)
        numbers = (await desk.received())["numbers"]
        assert await other.stop() == 0

    assert took < DRAIN_SECONDS + CLOSING
    assert again == claimed, "it claims nothing more"
    assert sum(tally.unknown for tally in tallies) == 0
    assert [number for number, times in numbers.items() if times > 1] == []
    assert len(numbers) == sum(tally.included - tally.failed for tally in tallies)
    print(f"\na sender that was stopped: {took:.1f} s, {claimed} of its own; {len(got)} had got it by then")
