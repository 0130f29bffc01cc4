"""What the database undid because two stood in each other's way is begun anew."""

from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from domain.campaigns.model import CampaignState
from domain.delivery.store import DirectState
from domain.kernel.errors import Interrupted, StoreAway
from domain.scheduler.events import Event
from domain.scheduler.unit import Unit
from tests.fakes.stores import NOW, a_campaign, a_list
from tests.unit.scheduler.world import Heard, world


@dataclass
class Stumbles(Heard):
    """The first to announce anything is interrupted; or finds the store `away`, so many times."""

    has_stumbled: bool = False
    away: int = 0

    async def announce(self, unit: Unit, event: Event) -> None:
        if self.away:
            self.away -= 1
            raise StoreAway("disk full")
        if not self.has_stumbled:
            self.has_stumbled = True
            raise Interrupted
        await super().announce(unit, event)


async def test_what_was_sent_is_recorded_at_the_second_try(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        on.heard = Stumbles()
        id = await on.running(1)
        await on.slices().run(on.account)
        async with on.store.read() as unit:
            campaign, tally = await unit.campaigns.any(id), await unit.delivery.tally(id)
    assert on.heard.has_stumbled
    assert campaign.state is CampaignState.COMPLETED
    assert (tally.sent, len(on.phones.sent), len(on.heard.events)) == (1, 1, 1)


async def test_what_was_sent_while_the_store_is_away_is_recorded_when_it_is_back(tmp_path: Path) -> None:
    """Left as it was claimed, it would hold up its campaign until the lease ends."""
    async with world(tmp_path) as on:
        on.heard = Stumbles(away=20)
        id = await on.running(1)
        await on.slices().run(on.account)
        async with on.store.read() as unit:
            tally = await unit.delivery.tally(id)
        assert (tally.sent, tally.in_flight, len(on.phones.sent)) == (1, 0, 1)
        on.heard = Stumbles(away=20)
        test = await on.test_send("+447700900123")
        await on.slices().run(on.account)
        assert (await on.direct(test)).state is DirectState.SENT
        assert len(on.phones.sent) == 2


async def test_a_scheduled_start_is_made_by_the_next_tick(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        on.heard = Stumbles()
        async with on.store.write() as unit:
            everybody = await a_list(unit, on.space, 2)
            draft = await a_campaign(unit, on.space, on.ayse, on.account, everybody)
            due = replace(draft, state=CampaignState.SCHEDULED, scheduled_at=NOW)
            await unit.campaigns.save(due, expected=draft.version)
            await unit.commit()
        states = []
        for n in range(2):
            await on.timers.tick(NOW + timedelta(seconds=2 * n))
            async with on.store.read() as unit:
                states.append((await unit.campaigns.any(draft.id)).state)
    assert states == [CampaignState.SCHEDULED, CampaignState.RUNNING]
