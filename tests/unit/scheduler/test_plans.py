"""What a plan's end and a suspension do to what is being sent, and what people are told before and after."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.senders import Hints
from domain.campaigns.model import CampaignState, PauseReason
from domain.delivery.store import DirectState
from domain.operators.model import WorkspaceSuspended
from domain.scheduler.events import DirectAnswered, SendingStopped
from domain.scheduler.licence import stop_workspace, why_not
from domain.wallet.model import PlanEnded
from tests.fakes.stores import NOW, an_account
from tests.unit.scheduler.plan_world import (
    campaign,
    drive,
    one_by_one,
    plan,
    plan_of,
    resume,
    states,
    suspend,
    wallet,
)
from tests.unit.scheduler.world import world

# -- at the slice ------------------------------------------------------------------------------------------


async def test_a_plan_that_ends_in_the_middle_lets_what_is_on_its_way_finish_and_claims_no_more(
    tmp_path: Path,
) -> None:
    async with world(tmp_path) as on:
        ends = await plan_of(on, 1)
        id = await one_by_one(on, 3)
        before = await wallet(on)

        async def the_plan_ends() -> None:
            on.clock.advance(days=1)

        on.phones.meanwhile = the_plan_ends  # type: ignore[method-assign]
        await on.slices().run(on.account)
        assert on.clock.now() >= ends
        assert sorted(await states(on, id)) == ["sent", "waiting", "waiting"]
        assert await on.slices().run(on.account) is None
        assert await on.slices().run(on.account) is None
        paused = await campaign(on, id)
        assert (paused.state, paused.pause_reason) == (CampaignState.PAUSED, PauseReason.PLAN_ENDED)
        assert len(on.phones.sent) == 1
        stopped = SendingStopped(workspace_id=on.space, reason=PauseReason.PLAN_ENDED, paused=(paused,))
        assert on.heard.events == [stopped]
        after = await wallet(on)
        assert (before.balance - after.balance, after.held) == (1, 2)


async def test_with_a_new_plan_it_goes_on_and_nobody_gets_it_twice(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        await plan_of(on, 1)
        id = await one_by_one(on, 4)
        await drive(on, 2)
        on.clock.advance(days=1)
        await drive(on, 2)
        with pytest.raises(PlanEnded):
            await resume(on, id)
        await plan(on, 15)
        assert (await campaign(on, id)).state is CampaignState.PAUSED  # it waits for a person's word
        await resume(on, id)
        await drive(on)
        assert (await campaign(on, id)).state is CampaignState.COMPLETED
        reached = [message.to for message in on.phones.sent]
        assert len(reached) == len(set(reached)) == 4
        assert (await wallet(on)).held == 0


async def test_a_suspended_workspace_sends_nothing_until_it_is_lifted_and_resumed(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        id = await one_by_one(on, 3)
        await drive(on, 1)
        await suspend(on, "complaints")
        await drive(on, 3)
        paused = await campaign(on, id)
        assert (paused.state, paused.pause_reason) == (CampaignState.PAUSED, PauseReason.SUSPENDED)
        assert len(on.phones.sent) == 1
        with pytest.raises(WorkspaceSuspended):
            await resume(on, id)
        await suspend(on, None)
        await drive(on, 2)
        assert len(on.phones.sent) == 1
        await resume(on, id)
        await drive(on)
        assert len({message.to for message in on.phones.sent}) == len(on.phones.sent) == 3


async def test_a_test_send_of_a_suspended_workspace_fails_and_does_not_come_later(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        waiting = await on.test_send("+905321112233")
        await suspend(on, "complaints")
        await drive(on, 2)
        failed = await on.direct(waiting)
        assert (failed.state, failed.reason) == (DirectState.FAILED, "suspended")
        assert on.heard.events == [DirectAnswered(direct=failed)]
        await suspend(on, None)
        await drive(on, 2)
        assert on.phones.sent == []


async def test_a_test_send_needs_no_plan(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        await plan_of(on, 0)
        test = await on.test_send("+905321112233")
        id = await one_by_one(on, 2)
        await drive(on, 3)
        assert (await on.direct(test)).state is DirectState.SENT
        assert [message.to for message in on.phones.sent] == ["+905321112233"]
        assert (await campaign(on, id)).state is CampaignState.PAUSED


async def test_the_first_slice_after_the_end_pauses_the_campaigns_of_every_number(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        async with on.store.write() as unit:
            other = await an_account(unit, on.space, number="+447700900002", remote="sim-2")
            await unit.commit()
        ids = [await one_by_one(on, 2), await one_by_one(on, 2, other)]
        await plan_of(on, 0)
        await on.slices().run(other)
        reasons = [(await campaign(on, id)).pause_reason for id in ids]
        assert reasons == [PauseReason.PLAN_ENDED, PauseReason.PLAN_ENDED]
        [stopped] = on.heard.events
        assert isinstance(stopped, SendingStopped)
        assert sorted(one.id for one in stopped.paused) == sorted(ids)


async def test_more_campaigns_than_are_read_at_a_time_are_all_stopped(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        ids = [await one_by_one(on, 1) for _ in range(3)]
        async with on.store.write() as unit:
            for id in ids:
                known = await unit.campaigns.any(id)
                for _ in range(20):
                    copy = await unit.campaigns.create(
                        workspace_id=on.space, created_by=on.ayse, name="x", account_id=on.account, at=NOW
                    )
                    made = await unit.campaigns.any(copy)
                    await unit.campaigns.save(replace(made, state=known.state), expected=made.version)
            why = PauseReason.SUSPENDED
            paused = await stop_workspace(unit, on.heard, Hints(), on.space, why, NOW)
            left, running = await unit.campaigns.of_workspace(on.space, states=[CampaignState.RUNNING])
        assert (len(paused), list(left), running) == (63, [], 0)


async def test_a_suspension_comes_before_a_plan_that_has_ended(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        await plan_of(on, 1)
        await suspend(on, "complaints")
        async with on.store.read() as unit:
            assert await why_not(unit, on.space, NOW) is PauseReason.SUSPENDED
        await suspend(on, None)
        async with on.store.read() as unit:
            assert await why_not(unit, on.space, NOW) is None
            assert await why_not(unit, on.space, NOW + timedelta(days=1)) is PauseReason.PLAN_ENDED
