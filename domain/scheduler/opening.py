"""A workspace of one's own: with its first owner, and what it begins with."""

from dataclasses import dataclass
from datetime import datetime

from domain.kernel.ids import MemberId, WorkspaceId
from domain.kernel.unit import Store
from domain.operators.model import Role
from domain.scheduler.unit import Unit
from domain.wallet.model import Entry, EntryKind, Tariff


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenWorkspace:
    """`tariff` says what trial there is."""

    tariff: Tariff
    country: str
    zone: str
    language: str

    async def run(self, unit: Unit, *, name: str, telegram_id: int, person: str, at: datetime) -> MemberId:
        # Asked before: whoever leaves and registers again does not get another trial.
        had_one = await unit.operators.has_opened(telegram_id)
        id = await unit.operators.create_workspace(
            name=name, country=self.country, zone=self.zone, language=self.language, at=at
        )
        await give_trial(unit, id, Tariff() if had_one else self.tariff, at=at)
        return await unit.operators.create_member(
            workspace_id=id, telegram_id=telegram_id, name=person, role=Role.OWNER, at=at
        )


async def give_trial(unit: Unit, id: WorkspaceId, tariff: Tariff, *, at: datetime) -> None:
    """Points and days to try things with, once a workspace. The entry is written even for no points: it
    says that there was a trial, or that there is none."""
    key = f"trial:{id}"
    entry = Entry(workspace_id=id, key=key, kind=EntryKind.TRIAL, points=tariff.trial_points, at=at)
    await unit.wallet.post(entry)
    if tariff.trial_days:
        await unit.wallet.change_plan(id, tariff.trial_days, key=key, at=at)


async def give_missing_trials(store: Store[Unit], tariff: Tariff, *, at: datetime) -> int:
    """For workspaces from before there were points and plans: they begin with a trial like new ones, or
    an upgrade would stop their sending. Returns how many it was given to."""
    given = 0
    async with store.write() as unit:
        for workspace in await unit.operators.workspaces():
            _, movements = await unit.wallet.movements(workspace.id, limit=1)
            if movements or await unit.wallet.last_plan_change(workspace.id) is not None:
                continue
            # "No trial" is an entry too, which no movement shows.
            if not [entry async for entry in unit.wallet.stream_entries(workspace.id)]:
                await give_trial(unit, workspace.id, tariff, at=at)
                given += 1
        await unit.commit()
    return given
