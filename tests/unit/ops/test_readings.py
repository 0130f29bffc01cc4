"""What is read when somebody scrapes: the process as it stands, and what waits in its database."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry
from sqlalchemy import text

from bot.ops.readings import FRESH, Polls, Process, Readings
from domain.delivery.recipients import RecipientState
from storage.tables import recipients
from tests.fakes.clock import FakeClock
from tests.fakes.stores import NOW
from tests.unit.scheduler.world import World, world


def process(**more: Any) -> Process:
    return Process(driven=lambda: 3, **more)


@asynccontextmanager
async def desk(folder: Path, **more: Any) -> AsyncIterator[tuple[World, Readings, CollectorRegistry]]:
    async with world(folder) as on:
        readings, registry = Readings(process(**more), on.store, on.clock), CollectorRegistry()
        registry.register(readings)
        yield on, readings, registry


async def test_the_oldest_that_is_due_and_what_is_unknown_are_told(tmp_path: Path) -> None:
    async with desk(tmp_path) as (on, readings, registry):
        campaign = await on.running(4)
        await on.test_send("+905321119999")
        async with on.store.write() as unit:
            rows = recipients.c.campaign_id == campaign
            await unit.chat._db.execute(
                recipients.update()
                .where(rows, recipients.c.id == (await _first(unit)))
                .values(state=RecipientState.UNKNOWN)
            )
            await unit.commit()
        on.clock.advance(seconds=90)
        await readings.refresh()
        age = "masssender_queue_age_seconds"
        assert registry.get_sample_value(age, {"kind": "recipient"}) == 90
        assert registry.get_sample_value(age, {"kind": "direct"}) == 90
        assert registry.get_sample_value("masssender_claims_unknown", {"kind": "recipient"}) == 1
        assert registry.get_sample_value("masssender_claims_unknown", {"kind": "direct"}) == 0
        numbers = {"channel": "simulated", "state": "connected"}
        assert registry.get_sample_value("masssender_accounts", numbers) == 1
        assert registry.get_sample_value("masssender_campaigns", {"state": "running"}) == 1
        assert registry.get_sample_value("masssender_accounts_driven") == 3
        assert registry.get_sample_value("masssender_database_up") == 1


async def _first(unit: Any) -> int:
    return int(await unit.chat._db.scalar(text("SELECT min(id) FROM recipients")))


async def test_where_nobody_waits_nobody_is_old(tmp_path: Path) -> None:
    async with desk(tmp_path) as (on, readings, registry):
        on.clock.advance(hours=5)
        await readings.refresh()
        for kind in ("recipient", "direct"):
            assert registry.get_sample_value("masssender_queue_age_seconds", {"kind": kind}) == 0


async def test_the_database_is_asked_at_most_every_few_seconds(tmp_path: Path) -> None:
    async with desk(tmp_path) as (on, readings, registry):
        await readings.refresh()
        await on.running(1)
        await readings.refresh()
        running = {"state": "running"}
        assert registry.get_sample_value("masssender_campaigns", running) is None
        on.clock.advance(seconds=FRESH.total_seconds())
        await readings.refresh()
        assert registry.get_sample_value("masssender_campaigns", running) == 1


async def test_a_database_that_does_not_answer_is_said_and_costs_the_other_numbers_nothing(
    tmp_path: Path,
) -> None:
    polls = Polls(answered=7, failed=2, last=NOW - timedelta(seconds=30))
    async with desk(tmp_path, polls=lambda: polls) as (on, readings, registry):
        async with on.store.connection() as connection:
            await connection.execute(text("ALTER TABLE campaigns RENAME TO gone"))
            await connection.commit()
        await readings.refresh()
        assert registry.get_sample_value("masssender_database_up") == 0
        assert registry.get_sample_value("masssender_claims_unknown", {"kind": "recipient"}) is None
        assert registry.get_sample_value("masssender_telegram_polls_total", {"result": "answered"}) == 7
        assert registry.get_sample_value("masssender_telegram_polls_total", {"result": "failed"}) == 2
        assert registry.get_sample_value("masssender_telegram_last_poll_age_seconds") == 30


async def test_before_telegram_has_answered_its_silence_counts_from_the_start(tmp_path: Path) -> None:
    silence = Polls(answered=0, failed=4, last=None)
    async with desk(tmp_path, polls=lambda: silence) as (on, _, registry):
        on.clock.advance(seconds=200)
        assert registry.get_sample_value("masssender_telegram_last_poll_age_seconds") == 200


async def test_lanes_and_sessions_are_those_of_the_chats_process(tmp_path: Path) -> None:
    words = ["ready", "ready", "offline", "away"]
    async with desk(tmp_path, lanes=lambda: (2, 5), sessions=lambda: words) as (_, readings, registry):
        await readings.refresh()
        value = registry.get_sample_value
        assert (value("masssender_lanes_busy"), value("masssender_lanes_waiting")) == (2, 5)
        found = {
            state: value("masssender_web_sessions", {"state": state})
            for state in ("ready", "offline", "away", "qr")
        }
        assert found == {"ready": 2, "offline": 1, "away": 1, "qr": 0}
        assert value("masssender_queue_age_seconds", {"kind": "update"}) == 0


async def test_a_clock_that_was_set_back_makes_nothing_younger_than_now(tmp_path: Path) -> None:
    later = Polls(answered=1, failed=0, last=NOW + timedelta(hours=1))
    async with world(tmp_path) as on:
        readings, registry = (
            Readings(process(polls=lambda: later), on.store, FakeClock(NOW)),
            CollectorRegistry(),
        )
        registry.register(readings)
        assert registry.get_sample_value("masssender_telegram_last_poll_age_seconds") == 0
