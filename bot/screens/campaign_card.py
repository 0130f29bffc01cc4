"""One campaign's numbers as a card: the same on its screen and in the pinned live message."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final
from zoneinfo import ZoneInfo

from bot.chat.view import Button, Rows, button
from bot.screens import campaign_words as words
from bot.screens.campaign_hours import Held, held_by_hours, waits_lines
from bot.screens.official_card import Standing, standing_of, why_paused
from bot.screens.plan_days import Pace, always, pace_of
from bot.screens.plan_words import balance_button, points
from bot.texts import Html, plain, say
from domain.accounts.model import Account, AccountState
from domain.campaigns.days import days_plan
from domain.campaigns.model import Campaign, CampaignState, CampaignStep, PauseReason
from domain.delivery.recipients import Tally, in_trouble
from domain.pacing.rules import DAY, Caps, Pacing, reopens_at, room
from domain.scheduler.licence import why_not
from domain.scheduler.unit import Unit

#: The rate shown is that of the last minutes, not of a whole campaign with its pauses.
RATE_SPAN: Final = timedelta(minutes=3)

Usage = Sequence[tuple[datetime, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """Everything the card shows. `rate` in messages a minute; None where there is nothing to say.
    `reopens` is set when today's cap is used up. `stopped` says why a paused campaign could not go on.
    `standing`: of one over the official channel. `held`: what active hours do to one that runs.
    `trouble`: the reason code behind failures in a row."""

    campaign: Campaign
    tally: Tally
    account: Account | None = None
    rate: int | None = None
    finish: datetime | None = None
    reopens: datetime | None = None
    stopped: PauseReason | None = None
    standing: Standing | None = None
    trouble: str | None = None
    held: Held | None = None

    @property
    def waits(self) -> bool:
        """For hours to open; then it goes on by itself."""
        return self.held is not None and self.held.waits

    @property
    def is_restricted(self) -> bool:
        """WhatsApp lets its number send nothing: resuming would only make it worse."""
        return self.account is not None and self.account.state is AccountState.RESTRICTED

    @property
    def is_final(self) -> bool:
        """Nothing more will happen to it by itself, save late receipts."""
        return self.campaign.is_over and self.tally.in_flight == 0


async def card_of(unit: Unit, campaign: Campaign, *, caps: Caps, now: datetime) -> Card:
    """Read what the card of `campaign` shows."""
    tally = await unit.delivery.tally(campaign.id)
    account = await unit.accounts.known(campaign.account_id) if campaign.account_id is not None else None
    standing = await standing_of(unit, campaign)
    if campaign.state is CampaignState.PAUSED:
        stopped = await why_not(unit, campaign.workspace_id, now)
        return Card(
            campaign=campaign, tally=tally, account=account, stopped=stopped, standing=standing,
            trouble=await trouble_of(unit, campaign),
        )  # fmt: skip
    if account is None:  # a draft without one, or the number was removed since
        return Card(campaign=campaign, tally=tally)
    if campaign.state is not CampaignState.RUNNING or not tally.left:
        return Card(campaign=campaign, tally=tally, account=account)
    usage = await unit.accounts.usage(account.id, since=now - DAY)
    sharing = max(1, len(await unit.campaigns.running_of(account.id)))
    # Before the first answer nothing is known of the rate: the account's other sends are not this campaign's.
    rate = rate_of(usage, since=campaign.started_at, now=now) // sharing if tally.handled else 0
    if standing is None:
        rate = min(rate, planned_rate(campaign.pacing, sharing))
    pace = await pace_of(unit, campaign, account, caps, now=now)
    held = await held_by_hours(unit, campaign, now=now)
    zone = (await unit.operators.workspace(campaign.workspace_id)).zone
    at = reopens_at(pace.a_day, pace.usage, now=now)
    return Card(
        campaign=campaign, tally=tally, account=account, rate=rate or None,
        finish=_finish(tally.left * sharing, pace, rate * sharing, held, now, zone),
        reopens=at if at > now else None, standing=standing, held=held,
    )  # fmt: skip


def rate_of(usage: Usage, *, since: datetime | None, now: datetime) -> int:
    """Messages a minute over the last few minutes."""
    start = max(since or now - RATE_SPAN, now - RATE_SPAN)
    claims = sum(number for minute, number in usage if minute + timedelta(minutes=1) > start)
    span = max((now - start).total_seconds(), 10.0)
    return round(claims * 60 / span)


def planned_rate(pacing: Pacing, sharing: int) -> int:
    """Messages a minute that the pauses leave room for: what was measured over a few seconds may say more."""
    if pacing.is_batched:
        return sys.maxsize
    return round(timedelta(minutes=1) / pacing.average / sharing)


def _finish(people: int, pace: Pace, rate: int, held: Held, now: datetime, zone: str) -> datetime | None:
    """By the measured rate where there is no pause between messages and nothing to wait for; else by plan. By
    each person's own clock no time is told."""
    if held.is_by_clocks:
        return None
    fits = people <= room(pace.a_day, pace.usage, now=now) and held.until is None
    if pace.pacing.is_batched and fits:
        return now + timedelta(minutes=people / rate) if rate else None
    hours = held.hours or always(zone)
    plan = days_plan(
        {hours: people}, pacing=pace.pacing, a_day=pace.a_day, usage=pace.usage, start=now, zone=zone
    )
    return plan.ends if not plan.unreached else None


async def trouble_of(unit: Unit, campaign: Campaign) -> str | None:
    """What paused a campaign that met failures in a row, as far as those show it who wait for another try."""
    if campaign.pause_reason is not PauseReason.FAILURES:
        return None
    return next(iter(in_trouble(await unit.delivery.waiting_again(campaign.id))), None)


def paused_because(why: PauseReason, trouble: str | None, language: str) -> str:
    """`three times in a row: WhatsApp had a short trouble`; `trouble` is a reason code."""
    if trouble is None:
        return plain(f"pause.{why.value}", language)
    return plain(f"pause.{why.value}.because", language, why=words.reason(trouble, language))


def state_words(
    campaign: Campaign, tally: Tally, language: str, *, trouble: str | None = None, waits: bool = False
) -> Html:
    """`running`, `waiting for its hours`, `pausing, 2 on their way`, `paused: the number was unlinked`."""
    state = campaign.state
    if waits:
        return say("state.waiting", language)
    if state is CampaignState.PAUSED and tally.in_flight:
        return say("state.pausing", language, count=tally.in_flight)
    if state is CampaignState.PAUSED and campaign.pause_reason is not None:
        why = paused_because(campaign.pause_reason, trouble, language)
        return say("state.paused.because", language, why=why)
    if state is CampaignState.CANCELLED and tally.in_flight:
        return say("state.cancelling", language, count=tally.in_flight)
    never_meant = campaign.started_at is None and campaign.scheduled_at is None and not tally.included
    if state is CampaignState.CANCELLED and never_meant:
        return say("state.discarded", language)
    return say(f"state.{state.value}", language)


ICONS: Final = {
    CampaignState.DRAFT: "📝",
    CampaignState.SCHEDULED: "🕘",
    CampaignState.RUNNING: "▶️",
    CampaignState.PAUSED: "⏸",
    CampaignState.COMPLETED: "✅",
    CampaignState.CANCELLED: "✖️",
}


def icon_of(campaign: Campaign, *, waits: bool) -> str:
    return ICONS[CampaignState.SCHEDULED if waits else campaign.state]


def head_line(card: Card, language: str) -> Html:
    """`▶️ Spring: running`."""
    campaign = card.campaign
    state = state_words(campaign, card.tally, language, trouble=card.trouble, waits=card.waits)
    icon = icon_of(campaign, waits=card.waits)
    return say("card.head", language, icon=icon, name=words.one_line(campaign.name), state=state)


def wait_lines(card: Card, zone: ZoneInfo, now: datetime, language: str) -> list[Html]:
    if card.held is None:
        return []
    begun = card.tally.handled > 0
    return waits_lines(card.held, has_begun=begun, zone=zone.key, now=now, language=language)


def steady_lines(card: Card, language: str) -> list[Html]:
    """What does not change with the clock alone."""
    campaign, tally = card.campaign, card.tally
    # Those that a cancel left out were not handled: a cancelled campaign's bar stops where it stopped.
    tried = tally.handled - tally.cancelled
    counts = say(
        "card.counts", language, bar=words.bar(tried, tally.included), handled=tried,
        included=tally.included, sent=tally.sent, delivered=tally.delivered, read=tally.read,
        replied=tally.replied, failed=tally.failed, unknown=tally.unknown, left=tally.left,
    )  # fmt: skip
    lines = [head_line(card, language), counts]
    aside = [
        plain(f"card.{name}", language, count=count)
        for name, count in (
            ("skipped", tally.skipped),
            ("cancelled", tally.cancelled),
            ("excluded", sum(tally.excluded.values())),
        )
        if count
    ]
    if aside:
        lines.append(say("card.aside", language, parts="\n".join(aside)))
    lines += cost_words(campaign, tally, language)
    if card.reopens is not None:
        lines.append(say("card.cap", language))
    if card.held is not None and card.held.is_for_ever:
        lines.append(say("card.hours.never", language))
    return lines


def cost_words(campaign: Campaign, tally: Tally, language: str) -> list[Html]:
    """`Cost so far 120 points, 30 held`; nothing where sending was free. What is not known keeps its points
    held, also after the end."""
    if campaign.price == 0:
        return []
    over = campaign.is_over and not tally.left
    spent, held = points(tally.sent * campaign.price), (tally.left + tally.unknown) * campaign.price
    if held:
        key = "card.cost.over.held" if over else "card.cost.held"
        return [say(key, language, spent=spent, held=held)]
    return [say("card.cost.over" if over else "card.cost", language, spent=spent)]


def what_to_do(card: Card, language: str) -> list[Html]:
    """For a paused campaign that nobody could resume, or that is here because nobody could and now can."""
    if card.campaign.state is not CampaignState.PAUSED:
        return []
    if card.stopped is not None:
        return [say(f"card.why.{card.stopped.value}", language)]
    if card.standing is None and card.account is not None and card.is_restricted:
        return [say("card.why.restricted", language, number=card.account.number)]
    if card.campaign.pause_reason in {PauseReason.PLAN_ENDED, PauseReason.SUSPENDED}:
        return [say("card.why.over", language)]
    if card.campaign.pause_reason is PauseReason.FAILURES:
        return [say("card.why.failures", language)]
    if card.campaign.pause_reason is PauseReason.RESTORED:
        return [say("card.why.restored", language)]
    if card.standing is not None:
        connected = card.account is not None and card.account.is_connected
        why = why_paused(card.campaign, card.standing, connected=connected, language=language)
        if not why and card.account is not None and card.is_restricted:
            return [say("card.why.restricted.official", language, number=card.account.number)]
        return why
    return []


def card_text(card: Card, *, zone: ZoneInfo, now: datetime, language: str) -> Html:
    """The whole card, with what to do and what the clock changes: rate, finish, updated at."""
    lines = [*steady_lines(card, language), *what_to_do(card, language)]
    lines += wait_lines(card, zone, now, language)
    if card.reopens is not None:
        lines.append(say("card.reopens", language, at=words.moment(card.reopens, zone, now, language)))
    if card.rate:
        lines.append(say("card.rate", language, rate=card.rate))
    if card.finish is not None:
        lines.append(say("card.finish", language, at=words.moment(card.finish, zone, now, language)))
    if card.held is not None and card.held.is_by_clocks and card.held.until is None:
        lines.append(say("card.finish.clocks", language))
    lines.append(say("card.updated", language, at=now.astimezone(zone).strftime("%H:%M:%S")))
    return Html("\n".join(lines))


def digest(card: Card, language: str) -> str:
    """Changes when something but the clock changed: `<state>:<everything>`, at most 40 characters.

    The part before the colon changes with the campaign's state, and when what was on its way at a pause
    has landed: changes that are shown at once.
    """
    settling = "~" if card.tally.in_flight and card.campaign.state is not CampaignState.RUNNING else ""
    until = card.held.until if card.held is not None else None
    text = "\n".join([*steady_lines(card, language), *what_to_do(card, language), str(until)])
    seen = sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return f"{card.campaign.version}{settling}:{seen}"


#: The steps that a started campaign offers, in the order drawn, with the action each button presses.
STEP_ACTIONS: Final = (
    (CampaignStep.RESUME, "cp.resume"),
    (CampaignStep.PAUSE, "cp.pause"),
    (CampaignStep.CANCEL, "cp.cancel"),
)


def live_rows(card: Card, language: str) -> Rows:
    """Pause or resume, cancel, report: only what would not be refused. Without a plan, where to get one."""
    campaign, held = card.campaign, card.stopped is not None or card.is_restricted
    open_steps = campaign.open_steps() - ({CampaignStep.RESUME} if held else set())
    steps: list[Button] = [
        button(plain(f"campaign.{step.value}", language), name, campaign.id, campaign.version)
        for step, name in STEP_ACTIONS
        if step in open_steps
    ]
    if card.stopped is PauseReason.PLAN_ENDED:
        steps = [balance_button(language, campaign.workspace_id), *steps]
    return (*((tuple(steps),) if steps else ()), (report_button(campaign, language),))


def report_button(campaign: Campaign, language: str) -> Button:
    return button(plain("campaign.report", language), "cp.report", campaign.id, campaign.version)
