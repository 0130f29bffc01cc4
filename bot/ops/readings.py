"""What is read when somebody asks: how the process stands, and what waits in its database."""

import asyncio
from collections import Counter as Counted
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from bot.chat.live_states import AWAY
from domain.accounts.web import SessionState
from domain.kernel.clock import Clock
from domain.kernel.unit import Store
from domain.operators.chat import Backlog
from domain.reports.overview import Overview
from domain.scheduler.unit import Unit

log = structlog.get_logger(__name__)

#: What the database told is told again for so long, whoever asks how often.
FRESH: Final = timedelta(seconds=5)
#: And it is given so many seconds.
PATIENCE: Final = 5.0
_NOTHING: Final = Backlog(updates=0, oldest_update=None, notices=0, oldest_notice=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Polls:
    """`last`: when Telegram answered last."""

    answered: int
    failed: int
    last: datetime | None


@dataclass(frozen=True, kw_only=True)
class Process:
    """What it can say of itself at any moment. `driven`: accounts it sends from just now. Only the one of the
    chat has `lanes` (at work, waiting), `polls`, and `sessions`: a word for each number of WhatsApp Web."""

    driven: Callable[[], int]
    lanes: Callable[[], tuple[int, int]] | None = None
    polls: Callable[[], Polls] | None = None
    sessions: Callable[[], Collection[str]] | None = None


class Readings(Collector):
    def __init__(self, process: Process, store: Store[Unit], clock: Clock) -> None:
        self._process, self._store, self._clock = process, store, clock
        self._began = clock.now()
        self._at: datetime | None = None
        self._turn = asyncio.Lock()
        #: None: the database does not answer.
        self._told: tuple[Overview, Backlog] | None = None

    async def refresh(self) -> None:
        """Ask the database, unless that was done just now. Raises nothing."""
        async with self._turn:
            now = self._clock.now()
            if self._at is not None and timedelta(0) <= now - self._at < FRESH:
                return
            try:
                async with asyncio.timeout(PATIENCE), self._store.read() as unit:
                    backlog = await unit.chat.backlog() if self._process.lanes is not None else _NOTHING
                    self._told = await unit.overview.of_desk(now=now), backlog
            except Exception as error:
                self._told = None
                log.warning("the database is not read for /metrics", error=type(error).__name__)
            self._at = now

    def collect(self) -> Iterator[Metric]:
        yield _gauge("masssender_accounts_driven", "Numbers this process sends from.", self._process.driven())
        yield from self._of_the_chat()
        told = self._told
        up = 0 if told is None else 1
        yield _gauge("masssender_database_up", "Whether the database answered just now.", up)
        if told is not None:
            yield from self._of_the_desk(*told)

    def _of_the_chat(self) -> Iterator[Metric]:
        process = self._process
        if process.lanes is not None:
            busy, waiting = process.lanes()
            yield _gauge("masssender_lanes_busy", "Lanes of the chat that are at work.", busy)
            yield _gauge("masssender_lanes_waiting", "Updates that wait in lanes.", waiting)
        if process.polls is not None:
            polls = process.polls()
            counts = CounterMetricFamily(
                "masssender_telegram_polls", "Times Telegram was asked for updates.", labels=["result"]
            )
            counts.add_metric(["answered"], polls.answered)
            counts.add_metric(["failed"], polls.failed)
            yield counts
            age = self._age(polls.last or self._began)
            yield _gauge("masssender_telegram_last_poll_age_seconds", "Since Telegram answered last.", age)
        if process.sessions is not None:
            by_state = Counted(process.sessions())
            sessions = GaugeMetricFamily(
                "masssender_web_sessions", "Linked numbers of WhatsApp Web.", labels=["state"]
            )
            for state in (*SessionState, AWAY):
                sessions.add_metric([state], by_state[state])
            yield sessions

    def _of_the_desk(self, desk: Overview, backlog: Backlog) -> Iterator[Metric]:
        ages = GaugeMetricFamily(
            "masssender_queue_age_seconds", "How long the oldest that is due has waited.", labels=["kind"]
        )
        ages.add_metric(["recipient"], self._age(desk.oldest_recipient))
        ages.add_metric(["direct"], self._age(desk.oldest_direct))
        unknown = GaugeMetricFamily(
            "masssender_claims_unknown", "Messages of which nobody knows whether they left.", labels=["kind"]
        )
        unknown.add_metric(["recipient"], desk.unknown_recipients)
        unknown.add_metric(["direct"], desk.unknown_directs)
        accounts = GaugeMetricFamily(
            "masssender_accounts", "WhatsApp numbers of the desk.", labels=["channel", "state"]
        )
        for (channel, state), count in sorted(desk.accounts.items()):
            accounts.add_metric([channel, state], count)
        campaigns = GaugeMetricFamily("masssender_campaigns", "Campaigns of the desk.", labels=["state"])
        for step, count in sorted(desk.campaigns.items()):
            campaigns.add_metric([step], count)
        yield from (unknown, accounts, campaigns)
        if self._process.lanes is not None:
            ages.add_metric(["update"], self._age(backlog.oldest_update))
            ages.add_metric(["notice"], self._age(backlog.oldest_notice))
        yield ages

    def _age(self, since: datetime | None) -> float:
        """In seconds; 0 where nothing waits."""
        return 0.0 if since is None else max(0.0, (self._clock.now() - since).total_seconds())


def _gauge(name: str, help: str, value: float) -> Metric:
    return GaugeMetricFamily(name, help, value=value)
