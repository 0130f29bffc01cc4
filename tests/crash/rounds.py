"""`python -m tests.crash.rounds --rounds 200 --seed 1 --db postgres`: the fault campaign (make crash-test).

Round n has the seed SEED + n. Twenty rounds live in one desk, one after the other, as a desk would; then
another begins. A round that breaks an invariant ends the run: its desk's logs and database are kept, and what
replays it is printed.
"""

import argparse
import asyncio
import shutil
import sys
import tempfile
import time
import traceback
from collections import Counter, defaultdict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import httpx

from tests.crash import load as loads
from tests.crash.faulty_desk import CAP, FaultyDesk
from tests.crash.invariants import Found, in_logs, look
from tests.crash.opening import faulty_desk
from tests.crash.schedule import Database, Fault, Kind, Round, round_of

ROUNDS_A_DESK: Final = 20
#: So long nothing more may come, in seconds, before the next fault strikes all the same.
STILL: Final = 2.5
#: After so long it is said what is not done yet. Seconds.
SLOW: Final = 15.0
#: So long everything has to be done once all is well again, in seconds.
PATIENCE: Final = 150.0
KEPT: Final = Path("build/crash")


class Broken(Exception):
    """An invariant, in words."""


@dataclass(kw_only=True)
class Report:
    rounds: int = 0
    messages: int = 0
    unknown: int = 0
    faults: Counter[Kind] = field(default_factory=Counter)
    seconds: float = 0.0

    def add(self, round: Round, found: Found) -> None:
        self.rounds += 1
        self.messages += found.messages
        self.unknown += found.unknown
        self.faults.update(fault.kind for fault in round.faults)

    def __str__(self) -> str:
        faults = ", ".join(f"{kind} {count}" for kind, count in sorted(self.faults.items()))
        return (
            f"{self.rounds} rounds, {self.seconds:.0f} s, {self.messages} messages, {self.unknown} unknown; "
            f"{faults}: 0 sent twice, 0 without consent, 0 lost, 0 points wrong, 0 updates lost"
        )


@dataclass(kw_only=True)
class Progress:
    """What the far sides have seen of a round, looked at all the time; they may stand still."""

    desk: FaultyDesk
    load: loads.Load
    share: float = 0.0
    _moved: float = field(default_factory=time.monotonic)

    async def watch(self) -> None:
        while True:
            with suppress(TimeoutError, httpx.HTTPError):
                async with asyncio.timeout(0.5):
                    taken, accepted = await self.desk.counts()
                    seen = taken - self.load.taken_before + accepted - self.load.accepted_before
                    if seen / self.load.messages != self.share:
                        self.share, self._moved = seen / self.load.messages, time.monotonic()
            await asyncio.sleep(0.04)

    async def reaches(self, share: float) -> None:
        """Or nothing moves any more."""
        self._moved = time.monotonic()
        while self.share < share and time.monotonic() - self._moved < STILL:
            await asyncio.sleep(0.01)


async def run_round(desk: FaultyDesk, round: Round) -> Found:
    """Raises Broken."""
    load = await loads.surely(lambda: loads.begin(desk, round))
    await loads.surely(lambda: loads.tell(desk, load))
    progress = Progress(desk=desk, load=load)
    async with asyncio.TaskGroup() as group:
        watching = [group.create_task(one) for one in (progress.watch(), loads.watch_stops(desk, load))]
        doing = [group.create_task(one) for one in (loads.tap(desk, load), loads.say_stop(desk, load))]
        doing += await _strike(desk, round, progress, group)
        await asyncio.wait(doing)
        await desk.heal()
        found = await _the_end(desk, load, round)
        for one in watching:
            one.cancel()
    return found


async def _strike(
    desk: FaultyDesk, round: Round, progress: Progress, group: asyncio.TaskGroup
) -> Sequence[asyncio.Task[None]]:
    """Each at its time; those that meet the same one after the other."""
    busy: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def strike(fault: Fault) -> None:
        async with busy[fault.whom]:
            await desk.strike(fault)

    tasks = []
    for fault in round.faults:
        await progress.reaches(fault.after)
        tasks.append(group.create_task(strike(fault)))
    return tasks


async def _the_end(desk: FaultyDesk, load: loads.Load, round: Round) -> Found:
    began, told = time.monotonic(), False
    while True:
        await loads.surely(lambda: loads.keep_going(desk, load))
        left = await loads.surely(lambda: loads.left(desk, load))
        if not left:
            break
        if not told and time.monotonic() > began + SLOW:
            told = True
            print(f"seed {round.seed}: {SLOW:.0f} s after all is well: {'; '.join(left)}", flush=True)
        if time.monotonic() > began + PATIENCE:
            raise Broken(f"not done after {PATIENCE:.0f} s: {'; '.join(left)}")
        await asyncio.sleep(0.2)
    await loads.surely(lambda: loads.cancel_the_rest(desk, load))
    found = await look(desk, load)
    wrong = [*found.wrong, *desk.ended_badly]
    if wrong:
        raise Broken("; ".join(wrong[:20]))
    return found


async def run(database: Database, *, rounds: int, seed: int, folder: Path) -> Report:
    """Raises Broken, having said what replays it."""
    report, began = Report(), time.monotonic()
    for first in range(0, rounds, ROUNDS_A_DESK):
        place = folder / f"{database}-{seed + first}"
        async with faulty_desk(place, database) as desk:
            for n in range(first, min(first + ROUNDS_A_DESK, rounds)):
                await _one(desk, round_of(seed + n, database, cap=CAP), report, seed + first)
            await _orderly_end(desk, seed + first)
        shutil.rmtree(place)
    report.seconds = time.monotonic() - began
    return report


async def _one(desk: FaultyDesk, round: Round, report: Report, first: int) -> None:
    began = time.monotonic()
    words = ", ".join(str(fault) for fault in round.faults)
    try:
        found = await run_round(desk, round)
    except Exception as error:
        print(f"seed {round.seed}: {words}", flush=True)
        _keep(desk, error, round.seed, first)
        raise
    report.add(round, found)
    print(
        f"seed {round.seed}: {found.messages} messages, {found.unknown} unknown, "
        f"{time.monotonic() - began:.1f} s: {words}",
        flush=True,
    )


async def _orderly_end(desk: FaultyDesk, first: int) -> None:
    """Whoever is asked to stop does, and nothing stands in a log that must not."""
    for process in desk.ours.values():
        if (code := await process.stop()) != 0:
            desk.ended_badly.append(f"{process.log.stem} ended with {code}")
    if wrong := [*in_logs(desk), *desk.ended_badly]:
        error = Broken("; ".join(wrong))
        _keep(desk, error, first, first)
        raise error


def _keep(desk: FaultyDesk, error: Exception, seed: int, first: int) -> None:
    kept = KEPT / f"{desk.kind}-{seed}"
    shutil.rmtree(kept, ignore_errors=True)
    shutil.copytree(desk.folder, kept)
    shutil.copytree(desk.disk.folder, kept / "disk", ignore=_no_sockets)
    print(f"\nBROKEN: {error}\nLogs and database: {kept}", file=sys.stderr)
    replay = f"make crash-test DB={desk.kind}"
    print(f"Replay: {replay} ROUNDS=1 SEED={seed}", file=sys.stderr)
    if seed != first:
        print(f"With the rounds before it: {replay} ROUNDS={seed - first + 1} SEED={first}", file=sys.stderr)


def _no_sockets(folder: str, names: list[str]) -> list[str]:
    return [name for name in names if (Path(folder) / name).is_socket() or name == "filler"]


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests.crash.rounds", description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--db", choices=[*Database, "both"], default="both")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="masssender-crash-", ignore_cleanup_errors=True) as folder:
        for database in Database if asked.db == "both" else [Database(asked.db)]:
            print(f"{asked.rounds} rounds on {database}, from seed {asked.seed}", flush=True)
            work = run(database, rounds=asked.rounds, seed=asked.seed, folder=Path(folder))
            try:
                print(asyncio.run(work), flush=True)
            except (Broken, ExceptionGroup):
                traceback.print_exc()
                return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
