"""What people are told of their plan, and of a stop to all sending. Of a plan those are told who can do
something about it or work with it, and who only reads sees it on Home; of a suspension everybody."""

from datetime import datetime
from typing import Final

from bot.chat.view import Rows, rows_as_json
from bot.screens import campaign_words as words
from bot.screens.plan_words import balance_button
from bot.texts import Html, say
from domain.campaigns.model import Campaign, PauseReason
from domain.operators.chat import Notice
from domain.operators.model import Member, Right, Workspace
from domain.scheduler.events import PlanEnding, SendingStopped
from domain.scheduler.unit import Unit

#: What to do about it: for an owner, a manager and a viewer; None is not told at all.
Advice = tuple[str, str, str | None]
ENDING: Final = ("notice.plan.ending.own", "notice.plan.ending.work", None)
ENDED: Final = ("notice.plan.ended.own", "notice.plan.ended.work", None)
SUSPENDED: Final = ("notice.suspended.work", "notice.suspended.work", "notice.suspended.read")

#: A notice's key, its text and the advice that goes with it.
Told = tuple[str, Html, Advice]


async def plan_ending(unit: Unit, event: PlanEnding, *, at: datetime) -> None:
    """Once for each reminder (and the end) of each plan end, however often it is announced."""
    space = await unit.operators.workspace(event.workspace_id)
    if event.days == 0:
        await _tell(unit, space, *_ended(space, event.until, ()), at=at)
        return
    lang = space.language
    when = words.moment(event.until, words.zone_of(space), at, lang)
    text = say("notice.plan.ending", lang, workspace=space.name, at=when)
    key = f"plan:{space.id}:{_stamp(event.until)}:{event.days}"
    await _tell(unit, space, key, text, ENDING, at=at)


async def sending_stopped(unit: Unit, event: SendingStopped, *, at: datetime) -> None:
    """Of each end of a plan (or suspension) once, and again only for what was paused later: after a clock
    that was set back, say, when campaigns had been resumed."""
    space = await unit.operators.workspace(event.workspace_id)
    if event.reason is PauseReason.SUSPENDED:
        told = _suspended(space, event.paused)
    else:
        told = _ended(space, (await unit.wallet.wallet(space.id)).plan_until, event.paused)
    again = ",".join(f"{campaign.id}.{campaign.version}" for campaign in event.paused)
    await _tell(unit, space, *told, again=again, at=at)


def _ended(space: Workspace, until: datetime | None, paused: tuple[Campaign, ...]) -> Told:
    text = say("notice.plan.ended", space.language, workspace=space.name, paused=_names(space, paused))
    return f"plan:{space.id}:{_stamp(until)}:ended", text, ENDED


def _suspended(space: Workspace, paused: tuple[Campaign, ...]) -> Told:
    lang, why = space.language, Html("")
    if space.suspended_why:
        why = say("notice.suspended.why", lang, why=space.suspended_why)
    text = say("notice.suspended", lang, workspace=space.name, why=why, paused=_names(space, paused))
    return f"suspended:{space.id}:{_stamp(space.suspended_at)}", text, SUSPENDED


def _names(space: Workspace, paused: tuple[Campaign, ...]) -> Html:
    names = [campaign.name for campaign in paused]
    return say("notice.stopped.paused", space.language, names=names) if names else Html("")


async def _tell(
    unit: Unit, space: Workspace, key: str, text: Html, advice: Advice, *, at: datetime, again: str = ""
) -> None:
    """In the chat of each member whom it concerns. What was told under `key` is told once more under `again`,
    if that is news."""
    for member in await unit.operators.members(space.id):
        to_do = _to_do(advice, member)
        if to_do is None or not member.has_accepted_terms:
            continue
        rows: Rows = ()
        if advice is not SUSPENDED and Right.OWN in member.role.rights:
            rows = ((balance_button(space.language, member.workspace_id),),)
        payload = {"text": f"{text}\n\n{say(to_do, space.language)}", "rows": rows_as_json(rows)}
        for name in (key, f"{key}:{again}") if again else (key,):
            notice = Notice(
                chat_id=member.telegram_id, key=f"{name}:{member.telegram_id}", kind="text", payload=payload
            )
            if await unit.chat.queue_notice(notice, at=at):
                break


def _to_do(advice: Advice, member: Member) -> str | None:
    own, work, read = advice
    if Right.OWN in member.role.rights:
        return own
    return work if Right.WORK in member.role.rights else read


def _stamp(moment: datetime | None) -> int:
    return int(moment.timestamp()) if moment is not None else 0
