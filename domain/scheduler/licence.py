"""Whether a workspace may send, asked wherever something is about to leave: nothing depends on a timer."""

from datetime import datetime
from typing import Final

from domain.campaigns.licence import may_send
from domain.campaigns.model import Campaign, CampaignState, CampaignStep, PauseReason
from domain.kernel.ids import WorkspaceId
from domain.operators.model import WorkspaceSuspended
from domain.scheduler.events import Announcer, SendingStopped, Watcher
from domain.scheduler.unit import Unit
from domain.wallet.model import PlanEnded

#: Read so many at a time.
AT_A_TIME: Final = 50


async def why_not(unit: Unit, workspace_id: WorkspaceId, now: datetime) -> PauseReason | None:
    """What stands against starting, resuming or going on: SUSPENDED, PLAN_ENDED, or nothing.

    A suspension comes first: a plan would not lift it.
    """
    try:
        await may_send(unit, workspace_id, now)
    except WorkspaceSuspended:
        return PauseReason.SUSPENDED
    except PlanEnded:
        return PauseReason.PLAN_ENDED
    return None


async def stop_workspace(
    unit: Unit,
    announcer: Announcer,
    watcher: Watcher,
    workspace_id: WorkspaceId,
    reason: PauseReason,
    now: datetime,
) -> tuple[Campaign, ...]:
    """Pause every running campaign of a workspace, whichever number it sends from, and tell, of a plan's end
    only if there were any. What is on its way finishes. Raises Conflict when an operator changed one of them
    just now."""
    paused: list[Campaign] = []
    # In the order of ids everywhere, so that two who pause the same campaigns never wait for each other.
    for campaign in sorted(await _running(unit, workspace_id), key=lambda one: one.id):
        step = campaign.take(CampaignStep.PAUSE, at=now, reason=reason)
        paused.append(await unit.campaigns.save(step, expected=campaign.version))
    if paused or reason is PauseReason.SUSPENDED:
        stopped = SendingStopped(workspace_id=workspace_id, reason=reason, paused=tuple(paused))
        await announcer.announce(unit, stopped)
    for campaign in paused:
        watcher.campaign_changed(campaign.id, at_once=True)
    return tuple(paused)


async def _running(unit: Unit, workspace_id: WorkspaceId) -> list[Campaign]:
    found: list[Campaign] = []
    while True:
        page, total = await unit.campaigns.of_workspace(
            workspace_id, states=[CampaignState.RUNNING], offset=len(found), limit=AT_A_TIME
        )
        found.extend(page)
        if not page or len(found) >= total:
            return found
