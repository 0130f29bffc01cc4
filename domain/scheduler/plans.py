"""What the clock does to plans: reminders before the end, and the end.

Sending stops at the end by itself (`licence.why_not` is asked at each slice); this tells people, also those
with nothing running. What is told carries the plan's end in its key, so that looking again, a restart or a
clock that jumps repeats nothing; a plan made longer has a new end, and is told of anew.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from domain.campaigns.model import PauseReason
from domain.kernel.errors import Conflict, Interrupted
from domain.kernel.ids import WorkspaceId
from domain.kernel.unit import Store
from domain.scheduler.events import Announcer, PlanEnding, Watcher
from domain.scheduler.licence import stop_workspace
from domain.scheduler.unit import Unit

#: How many days before the end people are reminded, the nearest first.
REMINDERS: Final = (1, 3)

#: How many times in a row an operator may be first before the next look takes care of it.
CONFLICTS_BORNE: Final = 5


def reminder_due(until: datetime, *, since: datetime | None, now: datetime) -> int | None:
    """Which reminder (days before the end) is to be given at `now`; None when none is.

    Only the nearest one that is due: the others are old news. `since` is when the plan got this end: what
    was bought with less time left than a reminder's needs no reminder.
    """
    if now >= until:
        return None
    for days in REMINDERS:
        begins = until - timedelta(days=days)
        if now >= begins:
            return days if since is None or since < begins else None
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plans:
    store: Store[Unit]
    announcer: Announcer
    watcher: Watcher

    async def tick(self, now: datetime) -> None:
        """Look at every plan that has ended or is about to; each workspace in a transaction of its own."""
        async with self.store.read() as unit:
            soon = now + timedelta(days=max(REMINDERS), microseconds=1)
            ending = [wallet.workspace_id for wallet in await unit.wallet.plans_ending(before=soon)]
        for workspace_id in ending:
            for _ in range(CONFLICTS_BORNE):
                try:
                    await self._look(workspace_id, now)
                    break
                except (Conflict, Interrupted):
                    continue

    async def _look(self, workspace_id: WorkspaceId, now: datetime) -> None:
        """As the plan stands inside the transaction: it may just have been bought anew."""
        async with self.store.write() as unit:
            wallet = await unit.wallet.wallet(workspace_id)
            if wallet.plan_until is None:
                return
            if not wallet.has_plan(now):
                why = PauseReason.PLAN_ENDED
                paused = await stop_workspace(unit, self.announcer, self.watcher, workspace_id, why, now)
                days = None if paused else 0
            else:
                change = await unit.wallet.last_plan_change(workspace_id)
                since = change.at if change is not None else None
                days = reminder_due(wallet.plan_until, since=since, now=now)
            if days is not None:
                told = PlanEnding(workspace_id=workspace_id, until=wallet.plan_until, days=days)
                await self.announcer.announce(unit, told)
            await unit.commit()
