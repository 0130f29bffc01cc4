"""What MassSender does by itself, for the activity log: a line a thing, in the same transaction."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Final, assert_never

from bot.texts import plain
from domain.campaigns.model import Campaign, CampaignState, PauseReason
from domain.delivery.cloud_accounts import CloudAccount
from domain.kernel.ids import WorkspaceId
from domain.operators.activity import Activity, Topic
from domain.scheduler.events import (
    AccountChanged,
    AccountInTrouble,
    CampaignCompleted,
    CampaignPaused,
    CampaignStarted,
    CloudNumberChanged,
    DeskCameBack,
    DirectAnswered,
    Event,
    NewsOutOfReach,
    PlanEnding,
    ReplyReceived,
    ScheduledStartFailed,
    SendingStopped,
    StartedTooLate,
    TemplateChanged,
    WebhookMissing,
)
from domain.scheduler.unit import Unit

#: So many lines of money are looked through for one that says that the plan has ended.
LOOKED_BACK: Final = 50


async def log_event(unit: Unit, event: Event, *, at: datetime) -> None:
    match event:
        case PlanEnding(days=0) | SendingStopped(reason=PauseReason.PLAN_ENDED):
            await _plan_ended(unit, event.workspace_id, at=at)
        case _:
            pass
    for line in lines_of(event, at=at):
        await unit.activity.add(line)


async def _plan_ended(unit: Unit, workspace_id: WorkspaceId, *, at: datetime) -> None:
    """Once for each end, however often it is looked at."""
    until = (await unit.wallet.wallet(workspace_id)).plan_until
    ends = f"{until:%Y-%m-%d %H:%M} UTC" if until is not None else ""
    known, _ = await unit.activity.list(workspace_id, topic=Topic.MONEY, limit=LOOKED_BACK)
    if not any(line.what == "plan.ended" and line.after.get("ends") == ends for line in known):
        await unit.activity.add(_line(workspace_id, Topic.MONEY, "plan.ended", at, after={"ends": ends}))


def lines_of(event: Event, *, at: datetime) -> Iterator[Activity]:
    """Nothing for what changes nothing that others would ask about: a reply, a test's answer, a reminder."""
    match event:
        case CampaignPaused(campaign=campaign, reason=why):
            yield _paused(campaign, why.value, at)
        case CampaignCompleted(campaign=campaign):
            yield _step("campaign.completed", campaign, CampaignState.RUNNING, at)
        case CampaignStarted(campaign=campaign):
            yield _step("campaign.started", campaign, CampaignState.SCHEDULED, at)
        case StartedTooLate(campaign=campaign):
            yield _step("campaign.too_late", campaign, CampaignState.SCHEDULED, at)
        case ScheduledStartFailed(campaign=campaign, code=code):
            yield _step("campaign.not_started", campaign, CampaignState.SCHEDULED, at, refusal=code)
        case ReplyReceived(reply=reply, conversation=talk, stopped=stopped):
            if stopped:
                about = reply.name or plain("log.somebody")
                line = _line(reply.workspace_id, Topic.CONTACTS, "contact.said_stop", at, about=about)
                yield replace(line, contact_id=reply.contact_id, conversation_id=talk.id)
        case AccountChanged(account=account, paused=paused):
            what = f"account.{account.state.value}"
            yield _line(account.workspace_id, Topic.WHATSAPP, what, at, about=account.number)
            yield from (_paused(campaign, str(campaign.pause_reason), at) for campaign in paused)
        case SendingStopped(reason=why, paused=paused):
            yield from (_paused(campaign, why.value, at) for campaign in paused)
        case CloudNumberChanged(account=account, before=before, after=after):
            was, now = _rating(before), _rating(after)
            yield _line(
                account.workspace_id, Topic.WHATSAPP, "account.rated", at, about=account.number, before=was,
                after=now,
            )  # fmt: skip
        case TemplateChanged(paused=paused):
            yield from (_paused(campaign, str(campaign.pause_reason), at) for campaign in paused)
        case DeskCameBack(workspace_id=id, made_at=made_at, paused=paused, drafts=drafts):
            copied = {"copied": f"{made_at:%Y-%m-%d %H:%M} UTC"}
            yield _line(id, Topic.SETTINGS, "desk.restored", at, after=copied)
            yield from (_paused(campaign, str(campaign.pause_reason), at) for campaign in paused)
            yield from (_step("campaign.unscheduled", one, CampaignState.SCHEDULED, at) for one in drafts)
        case AccountInTrouble() | NewsOutOfReach() | DirectAnswered() | PlanEnding() | WebhookMissing():
            return
        case _:
            assert_never(event)


def _rating(cloud: CloudAccount) -> dict[str, str]:
    people = cloud.people.people if cloud.people is not None else None
    limit = plain("cloud.limit.none" if cloud.people is not None else "cloud.limit.untold")
    return {"quality": cloud.quality.value, "people_a_day": limit if people is None else f"{people:,}"}


def _paused(campaign: Campaign, why: str, at: datetime) -> Activity:
    return _step("campaign.paused", campaign, CampaignState.RUNNING, at, reason=why)


def _step(what: str, campaign: Campaign, was: CampaignState, at: datetime, **more: str) -> Activity:
    return _line(
        campaign.workspace_id, Topic.CAMPAIGNS, what, at, about=campaign.name,
        before={"state": was.value}, after={"state": campaign.state.value, **more},
    )  # fmt: skip


def _line(
    workspace_id: WorkspaceId,
    topic: Topic,
    what: str,
    at: datetime,
    *,
    about: str = "",
    before: dict[str, str] | None = None,
    after: dict[str, str] | None = None,
) -> Activity:
    return Activity(
        workspace_id=workspace_id, at=at, telegram_id=None, who=plain("log.masssender"), topic=topic,
        what=what, screen="", about=about, before=before or {}, after=after or {},
    )  # fmt: skip
