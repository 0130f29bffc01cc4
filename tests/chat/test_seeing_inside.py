"""What a running desk tells whoever looks after its machine."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import httpx
from prometheus_client.parser import text_string_to_metric_families

from bot.app import App
from domain.campaigns.model import CampaignState
from domain.pacing.rules import Pacing
from tests.chat.shop import enter, number_of, open_shop
from tests.chat.stage import AYSE, eventually, stage

#: Longer than sending one message takes on a machine that is busy: there is something left to wait for.
PAUSE = Pacing(shortest=timedelta(seconds=2), longest=timedelta(seconds=2))


@asynccontextmanager
async def looked_into(app: App) -> AsyncIterator[httpx.AsyncClient]:
    async with app.inside.served(("127.0.0.1", 0)) as server:
        assert server is not None
        await server.listening.wait()
        url = f"http://127.0.0.1:{server.port}"
        async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
            yield client


async def scraped(client: httpx.AsyncClient) -> dict[str, float]:
    """Samples as `name{label=value}`."""
    answer = await client.get("/metrics")
    assert answer.status_code == 200
    return {
        f"{one.name}{{{','.join(f'{k}={v}' for k, v in sorted(one.labels.items()))}}}": one.value
        for family in text_string_to_metric_families(answer.text)
        for one in family.samples
    }


async def test_a_campaign_is_seen_from_inside_and_nobody_in_it(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running() as app, looked_into(app) as client:
        shop = await open_shop(on)
        await enter(on.ayse)
        id = await shop.start(pacing=PAUSE)
        await shop.until(id, CampaignState.COMPLETED)
        seen = await scraped(client)
        assert seen["masssender_sends_total{channel=simulated}"] == 3
        assert seen["masssender_outcomes_total{channel=simulated,kind=accepted}"] == 3
        assert seen["masssender_sends_total{channel=web}"] == 0
        # The first was planned for no moment; the other two for the end of a pause.
        assert seen["masssender_send_lateness_seconds_count{channel=simulated}"] == 2
        assert seen["masssender_pacing_wait_seconds_count{channel=simulated}"] >= 2
        assert seen["masssender_telegram_polls_total{result=answered}"] >= 1
        assert seen["masssender_telegram_last_poll_age_seconds{}"] < 90
        assert seen["masssender_telegram_limiter_wait_seconds_count{chat=private}"] >= 1
        assert seen["masssender_accounts{channel=simulated,state=connected}"] == 1
        lines = (await client.get("/metrics")).text.splitlines()
        # A figure may have any digits in it.
        named = "\n".join(line if line.startswith("#") else line.rpartition(" ")[0] for line in lines)
        for private in (number_of(0), shop.number, "Person", "Bakery", "Spring", str(AYSE), on.sandbox.token):
            assert private not in named


async def test_a_desk_at_work_is_ready_and_one_without_its_telegram_is_not(tmp_path: Path) -> None:
    async with stage(tmp_path) as on, on.running() as app, looked_into(app) as client:

        async def is_ready() -> bool:
            return (await client.get("/readyz")).status_code == 200

        await eventually(is_ready, "the desk is ready")
        assert set((await client.get("/readyz")).json()["checks"]) == {
            "database", "schema", "telegram", "worker",
        }  # fmt: skip
        last = app.poller.last_good_poll
        assert last is not None
        app.poller.last_good_poll = last.replace(year=2020)
        answer = await client.get("/readyz")
        assert answer.status_code == 503
        failed = [name for name, one in answer.json()["checks"].items() if not one["ok"]]
        assert failed == ["telegram"]
