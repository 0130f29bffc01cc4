"""/metrics, /healthz and /readyz: what they say, where they are, and where they are not."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text
from structlog.testing import capture_logs

from bot.ops.health import (
    Check,
    database_answers,
    looked_over,
    poller_is_alive,
    schema_is_current,
    workers_are_reached,
)
from bot.ops.inside import Inside
from bot.ops.meters import Meters
from bot.ops.readings import Polls, Process, Readings
from domain.accounts.model import AccountState, Channel
from domain.accounts.web import WorkerMissing, WorkerTrouble
from storage.schema import schema_of
from tests.fakes.clock import FakeClock
from tests.fakes.stores import NOW, open_store
from tests.fakes.web_sessions import FakeWebSessions
from tests.unit.scheduler.world import world


async def well() -> None:
    return None


async def ill() -> str:
    return "The disk is full."


@asynccontextmanager
async def door(folder: Path, checks: Mapping[str, Check]) -> AsyncIterator[tuple[Meters, httpx.AsyncClient]]:
    async with open_store(folder) as store:
        meters, clock = Meters(), FakeClock(NOW)
        readings = Readings(Process(driven=lambda: 0), store, clock)
        async with Inside(meters, readings, checks).served(("127.0.0.1", 0)) as server:
            assert server is not None
            async with asyncio.timeout(20):
                await server.listening.wait()
            url = f"http://127.0.0.1:{server.port}"
            async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
                yield meters, client


async def test_a_scrape_reads_as_prometheus_does_and_knows_process_and_build(tmp_path: Path) -> None:
    async with door(tmp_path, {}) as (meters, client):
        meters.telegram_waited(0.3, in_group=True)
        meters.telegram_flooded()
        meters.webhook_answered(401)
        answer = await client.get("/metrics")
    assert answer.status_code == 200 and answer.headers["content-type"].startswith("text/plain")
    samples = {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }
    assert samples["masssender_webhook_answers_total", ("status", "401")] == 1
    assert samples["masssender_telegram_floods_total",] == 1
    assert samples["masssender_telegram_limiter_wait_seconds_sum", ("chat", "group")] == pytest.approx(0.3)
    assert samples["process_resident_memory_bytes",] > 10_000_000
    assert samples["process_cpu_seconds_total",] > 0
    builds = [key for key in samples if key[0] == "masssender_build_info"]
    assert "0.1.0" in str(builds)


async def test_who_is_alive_says_so_whatever_else_is_wrong(tmp_path: Path) -> None:
    async with door(tmp_path, {"disk": ill}) as (_, client):
        answer = await client.get("/healthz")
        assert (answer.status_code, answer.json()) == (200, {"alive": True})


async def test_readiness_names_the_check_that_fails_and_why(tmp_path: Path) -> None:
    async with door(tmp_path, {"disk": ill, "telegram": well}) as (_, client):
        answer = await client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {
        "ready": False,
        "checks": {"disk": {"ok": False, "why": "The disk is full."}, "telegram": {"ok": True}},
    }
    async with door(tmp_path, {"telegram": well}) as (_, client):
        answer = await client.get("/readyz")
    assert (answer.status_code, answer.json()["ready"]) == (200, True)


async def test_a_check_that_hangs_or_breaks_is_one_that_fails_and_tells_no_secret() -> None:
    async def hangs() -> None:
        await asyncio.Event().wait()

    async def breaks() -> None:
        raise ValueError("postgresql://user:password@host")

    told = await looked_over({"hangs": hangs, "breaks": breaks, "well": well}, patience=0.01)
    assert [one["ok"] for one in told["checks"].values()] == [False, False, True]
    assert "No answer" in told["checks"]["hangs"]["why"]
    assert "password" not in json.dumps(told) and "ValueError" in told["checks"]["breaks"]["why"]


async def test_an_address_that_is_taken_is_told_and_keeps_nobody_up(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        readings = Readings(Process(driven=lambda: 0), store, FakeClock(NOW))
        with socket.create_server(("127.0.0.1", 0)) as taken, capture_logs() as logs:
            address = ("127.0.0.1", int(taken.getsockname()[1]))
            async with Inside(Meters(), readings, {}).served(address) as server, asyncio.timeout(20):
                while not logs:
                    await asyncio.sleep(0)
            assert server is not None and not server.listening.is_set()
    assert (logs[0]["event"], logs[0]["purpose"]) == ("cannot listen", "metrics")


async def test_without_an_address_nothing_is_served(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        inside = Inside(Meters(), Readings(Process(driven=lambda: 0), store, FakeClock(NOW)), {})
        async with inside.served(None) as server:
            assert server is None


# -- the checks themselves ------------------------------------------------------------------------------


async def test_a_database_that_answers_is_well_and_one_that_does_not_is_not(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        checks = {"database": database_answers(store)}
        assert (await looked_over(checks))["ready"]
        async with store.connection() as connection:
            await connection.execute(text("ALTER TABLE campaigns RENAME TO gone"))
            await connection.commit()
        assert not (await looked_over(checks))["ready"]


@pytest.mark.parametrize(("revision", "state"), [(None, "current"), ("0001", "older"), ("9999", "newer")])
async def test_a_schema_that_is_behind_is_not_ready_and_one_that_is_ahead_is_worked_with(
    tmp_path: Path, revision: str | None, state: str
) -> None:
    async with open_store(tmp_path) as store:
        if revision is not None:
            async with store.connection() as connection:
                await connection.execute(text(f"UPDATE alembic_version SET version_num = '{revision}'"))  # noqa: S608
                await connection.commit()
        assert await schema_of(store) == state
        why = await schema_is_current(lambda: schema_of(store))()
    assert (why is None) == (state != "older")


@pytest.mark.parametrize(
    ("ago", "is_well"), [(None, False), (timedelta(seconds=60), True), (timedelta(seconds=91), False)]
)
async def test_telegram_that_has_been_silent_for_long_is_not_ready(
    ago: timedelta | None, is_well: bool
) -> None:
    polls = Polls(answered=1, failed=0, last=None if ago is None else NOW - ago)
    assert (await poller_is_alive(lambda: polls, FakeClock(NOW))() is None) == is_well


async def test_a_worker_is_needed_only_where_a_number_lives_on_it(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        web = FakeWebSessions()
        check = workers_are_reached(on.store, web)
        with web.down(WorkerMissing(WorkerTrouble.NODE_MISSING)):
            assert await check() is None
            async with on.store.write() as unit:
                await unit.accounts.create(
                    workspace_id=on.space, channel=Channel.WEB, number="+905321110000", name="Bakery",
                    remote="main/s-1", state=AccountState.CONNECTED, at=NOW,
                )  # fmt: skip
                await unit.commit()
            lost = await check()
            assert lost is not None and "main (" in lost and "5321110000" not in lost
        assert await check() is None
