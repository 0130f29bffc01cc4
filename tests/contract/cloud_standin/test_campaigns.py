"""Whole campaigns over the stand-in, through the real gateway: nobody twice, and the rate held."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.clock import SystemClock
from domain.accounts.model import AccountState
from domain.campaigns.model import CampaignState, CampaignStep
from domain.delivery.recipients import RecipientState as R
from domain.delivery.template_values import CampaignTemplate, FromColumn
from domain.delivery.templates import Slot, TemplateStatus
from domain.kernel.clock import Clock
from domain.kernel.ids import CampaignId
from tests.contract.cloud_standin.stage import Stage, stage
from tests.fakes.stores import number_of
from tests.unit.cloud.cast import MemoryFiles, MemoryUploads
from tests.unit.scheduler.cloud_world import CloudWorld, cloud_world
from whatsapp.client import build_cloud_client
from whatsapp.cloud.calls import CloudLine
from whatsapp.cloud.gateway import CloudGateway
from whatsapp.cloud.graph import CloudGraph
from whatsapp.cloud.standin.world import WorldClock


@asynccontextmanager
async def campaign_over(
    folder: Path, *, people: int, ceiling: float, clock: Clock | None = None, seconds: float = 20.0
) -> AsyncIterator[tuple[CloudWorld, Stage, CampaignId]]:
    """A campaign of the template `welcome` from the stand-in's number. With a `clock` that goes, the stand-in
    holds the number to its `ceiling`; else time stands still there, and only we do."""
    world_clock = None if clock is None else WorldClock()
    async with (
        cloud_world(folder) as on,
        stage(clock=world_clock, silence_seconds=60) as there,
        build_cloud_client(connections=200) as client,
    ):
        if clock is not None:
            on = replace(on, clock=clock)  # type: ignore[arg-type]
        account = there.account
        if clock is not None:
            await there.control("POST", f"numbers/{account['phone_number_id']}", {"throughput": ceiling})
        line = CloudLine(
            base_url=f"{there.standin.url}/v23.0", phone_number_id=account["phone_number_id"],
            token=lambda: str(account["token"]),
        )  # fmt: skip
        templates = (await CloudGraph(client, line).templates(account["waba_id"])).templates
        welcome = next(one for one in templates if one.name == "welcome")
        chosen = CampaignTemplate(
            id=welcome.id, name=welcome.name, language=welcome.language,
            values={Slot(f"body.{name}"): FromColumn(column="name") for name in ("first_name", "code")},
        )  # fmt: skip
        async with on.store.write() as unit:
            known = await unit.accounts.account(on.account)
            await unit.accounts.relink(
                known.id, remote=line.phone_number_id, name="Bakery", at=known.state_at
            )
            cloud = await unit.cloud.account(on.account)
            assert cloud is not None
            await unit.cloud.save(replace(cloud, waba_id=account["waba_id"], ceiling=ceiling))
            await unit.cloud.save_templates(account["waba_id"], templates, at=known.state_at)
            await unit.commit()
        on.phones = CloudGateway(  # type: ignore[assignment]
            client, line, files=MemoryFiles(), uploaded=MemoryUploads(), effects=on.effects, clock=on.clock,
            seconds=seconds,
        )  # fmt: skip
        yield on, there, await on.sending(people, template=chosen)


async def totals(there: Stage) -> dict[str, Any]:
    said = await there.received()
    return {name: said[name] for name in ("people", "accepted", "twice", "trackers_repeated")}


async def test_two_thousand_people_get_it_once_each_and_no_faster_than_the_number_may(
    tmp_path: Path,
) -> None:
    clock = SystemClock()
    async with campaign_over(tmp_path, people=2_000, ceiling=500, clock=clock) as (on, there, id):
        begun = clock.now()
        while (await on.campaign(id)).state is CampaignState.RUNNING:
            await on.run()
        seconds = (clock.now() - begun).total_seconds()
        said = await totals(there)
        assert said == {"people": 2_000, "accepted": 2_000, "twice": 0, "trackers_repeated": 0}
        assert (await there.received())["refused"] == {}
        assert (await on.tally(id)).sent == 2_000
        # But for the tenth of a second's worth that may leave at once.
        assert seconds >= (2_000 - 50) / 500


async def test_whatever_the_far_side_does_nobody_gets_it_twice_and_nobody_is_lost(tmp_path: Path) -> None:
    async with campaign_over(tmp_path, people=600, ceiling=1_000, seconds=1.0) as (on, there, id):
        for fault in (
            {"kind": "error", "status": 503, "share": 0.05},
            {"kind": "silence_after", "share": 0.02},
            {"kind": "drop_before", "share": 0.01},
            {"kind": "drop_after", "share": 0.01},
            {"kind": "code", "code": 130429, "share": 0.02},
        ):
            await there.control("POST", "faults", fault)
        for _ in range(60):
            await on.run()
            if not (await on.tally(id)).left:
                break
            if (await on.campaign(id)).state is CampaignState.PAUSED:
                await mended(on, id)  # three troubles in a row: an operator has looked, and goes on
            on.clock.advance(seconds=31)
        tally, said = await on.tally(id), await totals(there)
        assert said["twice"] == said["trackers_repeated"] == 0
        assert tally.left == 0 and tally.sent + tally.unknown + tally.failed == 600
        assert said["people"] >= tally.sent
        # Whoever is not known to have got it may have; nobody else got it.
        assert said["people"] <= tally.sent + tally.unknown


@pytest.mark.parametrize("what", ["token", "template"])
async def test_stopped_in_the_middle_it_goes_on_with_everybody_who_is_left(tmp_path: Path, what: str) -> None:
    async with campaign_over(tmp_path, people=300, ceiling=80) as (on, there, id):
        code = 190 if what == "token" else 132015
        await there.control("POST", "faults", {"kind": "code", "code": code, "skip": 40})
        await on.run()
        campaign, tally = await on.campaign(id), await on.tally(id)
        assert campaign.state is CampaignState.PAUSED
        assert tally.in_flight == tally.failed == tally.unknown == 0
        assert 40 == tally.sent == 300 - tally.waiting
        await there.control("DELETE", "faults")
        await mended(on, id)
        await on.run()
        assert (await on.campaign(id)).state is CampaignState.COMPLETED
        said = await totals(there)
        assert (said["people"], said["twice"]) == (300, 0)
        async with on.store.read() as unit:
            rows = await unit.delivery.recipients(id, states=[R.SENT], limit=400)
        assert {row.number for row in rows} == {number_of(n) for n in range(300)}


async def mended(on: CloudWorld, id: CampaignId) -> None:
    """The number is connected again, the template approved, and an operator goes on."""
    async with on.store.write() as unit:
        await unit.accounts.set_state(on.account, AccountState.CONNECTED, reason=None, at=on.clock.now())
        cloud = await unit.cloud.account(on.account)
        assert cloud is not None
        for template in await unit.cloud.templates(cloud.waba_id):
            approved = replace(template, status=TemplateStatus.APPROVED)
            await unit.cloud.save_template(cloud.waba_id, approved)
        campaign = await unit.campaigns.any(id)
        resumed = campaign.take(CampaignStep.RESUME, at=on.clock.now())
        await unit.campaigns.save(resumed, expected=campaign.version)
        await unit.commit()
