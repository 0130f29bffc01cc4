"""Workspaces from before there were points begin with a trial like new ones."""

from pathlib import Path

from domain.scheduler.opening import OpenWorkspace, give_missing_trials
from domain.wallet.model import Tariff
from tests.fakes.stores import NOW, a_workspace, open_store

TRIAL = Tariff(trial_points=500, trial_days=15)


async def test_an_upgrade_does_not_stop_anybody_s_sending(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        async with store.write() as unit:
            old = await unit.operators.create_workspace(
                name="Old", country="TR", zone="UTC", language="en", at=NOW
            )
            rich = await a_workspace(unit, name="Rich")
            had = await unit.wallet.wallet(rich)
            await unit.commit()
        assert await give_missing_trials(store, TRIAL, at=NOW) == 1
        async with store.read() as unit:
            wallet = await unit.wallet.wallet(old)
            assert (wallet.balance, wallet.has_plan(NOW)) == (500, True)
            assert await unit.wallet.wallet(rich) == had


async def test_a_trial_is_given_once_even_if_another_is_set_later(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        async with store.write() as unit:
            old = await unit.operators.create_workspace(
                name="Old", country="TR", zone="UTC", language="en", at=NOW
            )
            await unit.commit()
        await give_missing_trials(store, TRIAL, at=NOW)
        assert await give_missing_trials(store, Tariff(trial_points=9_000, trial_days=1), at=NOW) == 0
        async with store.read() as unit:
            assert (await unit.wallet.wallet(old)).balance == 500


async def test_whoever_leaves_and_registers_again_gets_no_second_trial(tmp_path: Path) -> None:
    opening = OpenWorkspace(tariff=TRIAL, country="TR", zone="UTC", language="en")
    async with open_store(tmp_path) as store:
        async with store.write() as unit:
            first = await opening.run(unit, name="One", telegram_id=7, person="Can", at=NOW)
            [member] = await unit.operators.members_of(7)
            assert (await unit.wallet.wallet(member.workspace_id)).balance == 500
            await unit.operators.leave(first, at=NOW)
            await opening.run(unit, name="Two", telegram_id=7, person="Can", at=NOW)
            [again] = await unit.operators.members_of(7)
            await unit.commit()
        await give_missing_trials(store, TRIAL, at=NOW)
        async with store.read() as unit:
            wallet = await unit.wallet.wallet(again.workspace_id)
            assert (wallet.balance, wallet.plan_until) == (0, None)
