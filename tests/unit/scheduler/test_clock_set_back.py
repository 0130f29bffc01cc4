"""A clock that was ahead and is put right again does not keep an account from sending."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from domain.pacing.rules import GENTLE, NORMAL, Pacing
from tests.unit.scheduler.world import world

SLOW = Pacing(shortest=timedelta(minutes=6), longest=timedelta(minutes=6))


@pytest.mark.parametrize(
    "pacing", [NORMAL, Pacing(shortest=timedelta(minutes=3), longest=timedelta(minutes=3))]
)
async def test_it_waits_no_longer_than_a_pause(tmp_path: Path, pacing: Pacing) -> None:
    async with world(tmp_path) as on:
        id = await on.running(3)
        async with on.store.write() as unit:
            campaign = await unit.campaigns.any(id)
            await unit.campaigns.save(replace(campaign, pacing=pacing), expected=campaign.version)
            await unit.commit()
        on.clock.advance(minutes=5)
        await on.slices().run(on.account)
        on.clock.advance(minutes=-5)
        again = await on.slices().run(on.account)
        if len(on.phones.sent) == 1:
            assert again is not None
            assert again - on.clock.now() <= max(pacing.longest, GENTLE.longest)
            on.clock.advance(seconds=(again - on.clock.now()).total_seconds())
            await on.slices().run(on.account)
        assert len(on.phones.sent) == 2


async def test_a_pause_that_is_not_over_is_kept(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        id = await on.running(3)
        async with on.store.write() as unit:
            campaign = await unit.campaigns.any(id)
            await unit.campaigns.save(replace(campaign, pacing=NORMAL), expected=campaign.version)
            await unit.commit()
        await on.slices().run(on.account)
        on.clock.advance(seconds=1)
        again = await on.slices().run(on.account)
        assert len(on.phones.sent) == 1
        assert again is not None and timedelta(0) < again - on.clock.now() <= NORMAL.longest
