"""What operators do with campaigns, over a real store: blanks, numbers that were removed, splits."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from domain.campaigns import service
from domain.campaigns.model import CampaignState, Incomplete, OverTheCap
from domain.campaigns.start import MOST_PARTS, Start
from domain.pacing.rules import NORMAL, Caps
from domain.scheduler.timers import desk_of
from tests.fakes.stores import NOW, a_campaign, a_list
from tests.unit.scheduler.world import world


async def test_a_blank_typed_in_capitals_is_missed_by_those_alone_who_lack_it(tmp_path: Path) -> None:
    async with world(tmp_path) as on, on.store.write() as unit:
        everybody = await a_list(unit, on.space, 3)
        text = "Hi {Name} ({NUMBER}) in { City }, {Colour}"
        draft = await a_campaign(unit, on.space, on.ayse, on.account, everybody, text=text)
        assert await service.lacking(desk_of(unit), draft) == {"Colour": 3}


async def test_what_left_from_a_number_that_was_removed_can_still_be_changed_and_is_not_started(
    tmp_path: Path,
) -> None:
    async with world(tmp_path) as on, on.store.write() as unit:
        everybody = await a_list(unit, on.space, 3)
        draft = await a_campaign(unit, on.space, on.ayse, on.account, everybody)
        await unit.accounts.remove(on.account)
        draft = await service.set_pacing(desk_of(unit), draft, NORMAL, expected=draft.version, at=NOW)
        with pytest.raises(Incomplete) as refused:
            await Start(caps=Caps()).run(desk_of(unit), draft, expected=draft.version, at=NOW)
        assert refused.value.data == {"missing": "account"}
        scheduled = replace(draft, state=CampaignState.SCHEDULED, scheduled_at=NOW + timedelta(hours=1))
        await unit.campaigns.save(scheduled, expected=draft.version)
        await unit.commit()


async def test_a_split_has_as_many_parts_as_are_needed_up_to_a_limit(tmp_path: Path) -> None:
    async with world(tmp_path) as on, on.store.write() as unit:
        everybody = await a_list(unit, on.space, MOST_PARTS + 1)
        draft = await a_campaign(unit, on.space, on.ayse, on.account, everybody)
        desk = desk_of(unit)
        with pytest.raises(OverTheCap):
            await Start(caps=Caps(a_campaign=1)).run(desk, draft, expected=draft.version, at=NOW, split=True)
        parts = await Start(caps=Caps(a_campaign=2)).run(
            desk, draft, expected=draft.version, at=NOW, split=True
        )
        assert len(parts) == -(-(MOST_PARTS + 1) // 2)
