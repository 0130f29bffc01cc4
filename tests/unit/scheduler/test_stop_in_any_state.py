"""A stop holds for whoever is claimed later, in whatever state a campaign was when it came."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from domain.campaigns import service
from domain.campaigns.model import AudienceKind, Campaign, CampaignState
from domain.campaigns.start import Start
from domain.delivery.ports import Unknown
from domain.delivery.recipients import RecipientState
from domain.pacing.rules import Caps
from domain.scheduler.timers import desk_of
from tests.fakes.stores import NOW, a_campaign, a_list, number_of
from tests.unit.scheduler.test_stop_and_start import says
from tests.unit.scheduler.world import World, world

LEYLA = number_of(1)
CAPS = Caps(a_campaign=2, a_day=100)


async def drafted(on: World) -> Campaign:
    """To three people, one of whom is Leyla."""
    async with on.store.write() as unit:
        everybody = await a_list(unit, on.space, 3)
        made = await a_campaign(unit, on.space, on.ayse, on.account, everybody)
        await unit.commit()
    return made


async def started(on: World, made: Campaign) -> None:
    """In parts, because there are more than a campaign takes."""
    async with on.store.write() as unit:
        at = on.clock.now()
        fresh = await unit.campaigns.any(made.id)
        await Start(caps=CAPS).run(desk_of(unit), fresh, expected=fresh.version, at=at, split=True)
        await unit.commit()


async def everything_is_sent(on: World) -> None:
    for _ in range(8):
        await on.slices(CAPS).run(on.account)


def reached(on: World) -> list[str]:
    return sorted(one.to for one in on.phones.sent if one.text.startswith("Hello"))


@pytest.mark.parametrize("state", ["draft", "scheduled", "running", "paused"])
async def test_who_said_stop_gets_nothing_and_the_campaign_says_why(tmp_path: Path, state: str) -> None:
    async with world(tmp_path) as on:
        made = await drafted(on)
        if state in {"running", "paused"}:
            await started(on, made)
        async with on.store.write() as unit:
            now = await unit.campaigns.any(made.id)
            desk, at = desk_of(unit), on.clock.now()
            if state == "scheduled":
                when = NOW + timedelta(hours=1)
                await service.schedule(desk, now, when, price=0, expected=now.version, at=at)
            elif state == "paused":
                await service.pause(desk, now, expected=now.version, at=at)
            await unit.commit()
        await says(on, LEYLA, "STOP")
        if state == "draft":
            await started(on, made)
        elif state == "scheduled":
            on.clock.advance(hours=2)
            await on.timers.tick(on.clock.now())
        elif state == "paused":
            async with on.store.write() as unit:
                now = await unit.campaigns.any(made.id)
                await service.resume(desk_of(unit), now, expected=now.version, at=on.clock.now())
                await unit.commit()
        await everything_is_sent(on)
        assert reached(on) == [number_of(0), number_of(2)]
        async with on.store.read() as unit:
            found, _ = await unit.campaigns.of_workspace(on.space, states=[], limit=10)
            rows = [row for one in found for row in await unit.delivery.recipients(one.id)]
        (hers,) = [row for row in rows if row.number == LEYLA]
        before = state in {"draft", "scheduled"}
        assert hers.state is (RecipientState.EXCLUDED if before else RecipientState.SKIPPED)
        assert hers.reason == "stopped"


async def test_nor_does_a_campaign_that_follows_up(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        made = await drafted(on)
        async with on.store.write() as unit:
            await Start(caps=Caps()).run(desk_of(unit), made, expected=made.version, at=NOW)
            await unit.commit()
        on.phones.answers = [Unknown()] * 3
        await everything_is_sent(on)
        on.phones.sent.clear()
        async with on.store.write() as unit:
            over = await unit.campaigns.any(made.id)
            over = await unit.campaigns.save(
                replace(over, state=CampaignState.COMPLETED, finished_at=NOW), expected=over.version
            )
            await unit.commit()
        await says(on, LEYLA, "STOP")
        async with on.store.write() as unit:
            again = await service.follow_up(
                desk_of(unit), over, AudienceKind.UNKNOWN_OF, on.ayse, name="Again", at=NOW
            )
            at = on.clock.now()
            await Start(caps=Caps()).run(desk_of(unit), again, expected=again.version, at=at)
            await unit.commit()
        await everything_is_sent(on)
        assert reached(on) == [number_of(0), number_of(2)]
