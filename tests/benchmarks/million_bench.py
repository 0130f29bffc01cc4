"""A workspace with a million contacts: how long each screen takes to be drawn, database included.

First the whole chat is walked on a small desk (tests/architecture/test_every_way.py), which finds every
screen and what it can be opened with; then that desk grows (tests/benchmarks/million.py), and each is drawn
again. The slowest are drawn once more and more often, so that the slowest of all is not merely the one that
something else on the machine disturbed; the ten slowest of those are printed to stderr.

    python -m tests.benchmarks.million_bench
"""

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from bot.screens.base import SCREENS, Go
from domain.kernel.errors import DomainError
from domain.pacing.rules import Caps
from storage.database import Database
from storage.unit import Unit
from tests.architecture.bakery import PARTNER, THEIR_CHAT, bakery
from tests.architecture.test_every_way import ANOTHER_GROUP, FOR_STRANGERS, Walk
from tests.benchmarks import million
from tests.benchmarks.measure import percentile
from tests.fakes.stores import open_store

#: Of each screen so many ways of opening it are kept.
WAYS: Final = 12
LOOKS: Final = 5
LOOKS_AT_THE_SLOWEST: Final = 25
SLOWEST: Final = 10
CAPS: Final = Caps(a_campaign=million.RECIPIENTS, a_day=million.RECIPIENTS)
#: Words that find many, some, few and nobody; and parts of numbers.
WORDS: Final = (
    "a",
    "ze",
    "yıldız",
    "zeynep taş",
    "Zeynep Zengin 99",
    "qzx",
    "q",
    "+9054",
    "0012345",
    "99999999",
)
Args = Mapping[str, Any]


@dataclass
class Places(Walk):
    """Walks, and remembers where it has been."""

    store: Database
    chat: int = THEIR_CHAT
    group: int | None = None
    found: dict[str, dict[str, Args]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        Walk.__init__(self, self.store, self.chat, group=self.group)

    async def look(self, unit: Unit, go: Go) -> None:
        args = {key: value for key, value in go.args.items() if key != "note"}
        ways = self.found.setdefault(go.screen, {})
        if len(ways) < WAYS:
            ways[json.dumps(args, sort_keys=True, default=str)] = args
        await super().look(unit, go)


async def every_place(folder: Path) -> dict[str, list[Args]]:
    """Every screen with what it is opened with, in the bakery."""
    async with open_store(folder) as store:
        async with store.write() as unit:
            await bakery(unit)
            await unit.commit()
        walk, partner = Places(store), Places(store, PARTNER)
        grouped = Places(store, group=ANOTHER_GROUP)
        await walk.all_of_it()
        await partner.accept_new_terms()
        await grouped.switch_topics()
    found: dict[str, list[Args]] = {}
    for one in (walk, partner, grouped):
        for screen, ways in one.found.items():
            found.setdefault(screen, []).extend(ways.values())
    assert set(SCREENS) - set(found) == FOR_STRANGERS
    return {screen: [*ways, *_further(screen, ways)] for screen, ways in found.items()}


def _further(screen: str, ways: list[Args]) -> Iterator[Args]:
    """Where only many people lead: later pages, words that are typed, a rule that was kept."""
    if screen == "rule.does":
        yield {"id": 1}
    if screen in {"contacts.search", "inbox.found"}:
        yield from ({"text": words, "page": page} for words in WORDS for page in (0, 5))
    yield from ({**args, "page": 10**6} for args in ways[:2] if "page" in args)


@dataclass(frozen=True, slots=True)
class Drawn:
    screen: str
    args: Args
    seconds: float


class Desk(Walk):
    """Draws what is asked for, as the panels do: one snapshot, who looks, the screen."""

    async def draw(self, screen: str, args: Args) -> float | None:
        """Seconds; None where there is nothing to be seen."""
        started = time.perf_counter()
        async with self.store.read() as unit:
            scene = await self.scene(unit)
            try:
                await SCREENS[screen](replace(scene, desk=replace(scene.desk, caps=CAPS)), args)
            except DomainError:
                return None
        return time.perf_counter() - started

    async def median(self, screen: str, args: Args, *, of: int = LOOKS) -> Drawn | None:
        looks = [await self.draw(screen, args)]
        while looks[0] is not None and len(looks) <= of:
            looks.append(await self.draw(screen, args))
        times = [look for look in looks[1:] if look is not None]
        return Drawn(screen, args, percentile(times, 0.5)) if times else None


async def draw_all(store: Database, places: Mapping[str, list[Args]]) -> list[Drawn]:
    desk, drawn = Desk(store), list[Drawn]()
    for screen, ways in places.items():
        drawn += [one for args in ways if (one := await desk.median(screen, args)) is not None]
    missing = set(places) - {one.screen for one in drawn}
    assert not missing, f"never drawn: {missing}"
    ranked = _slowest_first(drawn)
    again = [
        await desk.median(one.screen, one.args, of=LOOKS_AT_THE_SLOWEST) for one in ranked[: 2 * SLOWEST]
    ]
    return _slowest_first([one for one in (*again, *ranked[2 * SLOWEST :]) if one is not None])


def _slowest_first(drawn: list[Drawn]) -> list[Drawn]:
    return sorted(drawn, key=lambda one: -one.seconds)


def say(drawn: list[Drawn]) -> None:
    for one in drawn[:SLOWEST]:
        print(
            f"    {one.screen:20} {one.seconds * 1000:8.1f} ms  {str(dict(one.args))[:90]}", file=sys.stderr
        )


def _report(folder: Path) -> dict[str, float]:
    """In a process of its own, so that its peak is its own."""
    command = [sys.executable, "-m", "tests.benchmarks.large_report", str(folder)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


async def measure(folder: Path) -> dict[str, float]:
    places = await every_place(folder)
    began = time.perf_counter()
    async with open_store(folder) as store, store.connection() as db:
        await million.fill(db)
    filled = time.perf_counter() - began
    async with open_store(folder) as store:
        drawn = await draw_all(store, places)
    say(drawn)
    report = await asyncio.to_thread(_report, folder)
    return {
        **report,
        "screens_1m_ms_max": drawn[0].seconds * 1000,
        "screens_1m_drawn": float(len(drawn)),
        "fill_1m_seconds": filled,
    }


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        print(json.dumps(asyncio.run(measure(Path(name)))))
