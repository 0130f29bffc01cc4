"""The days a campaign will take: by its account's hours, or its people's, by the day's cap and the pace."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from bot.screens import campaign_words as words
from bot.screens.hours_words import date_words, weekday, when_words
from bot.texts import Html, plain, say
from domain.accounts.model import Account, Channel
from domain.campaigns.days import DaysPlan, PlannedDay, days_plan
from domain.campaigns.model import Campaign
from domain.campaigns.service import left_out_since
from domain.hours.clocks import on_the_clock_of
from domain.hours.model import Hours, zone_of
from domain.hours.presets import PRESETS
from domain.pacing.rules import DAY, Caps, Pacing
from domain.scheduler.timers import desk_of
from domain.scheduler.unit import Unit

#: Each person's own clock is looked at for so many. Of more the days are told by the account's clock.
MOST_CLOCKS: Final = 1_000
#: Days that are shown one by one.
DAYS_SHOWN: Final = 7
#: So late a beginning is told as one that waits.
WAITS: Final = timedelta(minutes=1)
_UNLIMITED: Final = 1 << 40

Usage = Sequence[tuple[datetime, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """`a_day` messages in any 24 hours, of which `usage` is gone: (minute, messages)."""

    pacing: Pacing
    a_day: int
    usage: Usage = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """`start` is when it is let go, and `zone` the workspace's, on whose clock its days are told. `unread`:
    they are too many for their own clocks to be looked at. `hours`: of its account, where it heeds any.
    `is_shut`: they let nobody through at `start`."""

    plan: DaysPlan
    start: datetime
    zone: str
    unread: bool = False
    hours: Hours | None = None
    is_shut: bool = False

    @property
    def waits(self) -> bool:
        return self.plan.begins is not None and self.plan.begins >= self.start + WAITS

    @property
    def is_told(self) -> bool:
        """Whether caps or hours make more of it than one day that begins at once."""
        return len(self.plan.days) > 1 or self.waits


async def pace_of(unit: Unit, campaign: Campaign, account: Account, caps: Caps, *, now: datetime) -> Pace:
    if account.channel is not Channel.CLOUD:
        usage = await unit.accounts.usage(account.id, since=now - DAY)
        return Pace(pacing=campaign.pacing, a_day=caps.a_day, usage=usage)
    cloud = await unit.cloud.account(account.id)
    if cloud is None:
        return Pace(pacing=campaign.pacing, a_day=_UNLIMITED)
    pacing = Pacing.at(min(campaign.pacing.rate, cloud.ceiling))
    limit = cloud.people.people if cloud.people is not None else None
    if limit is None or campaign.template is None:
        return Pace(pacing=pacing, a_day=_UNLIMITED)
    counted = await unit.cloud.people_counted(account.id, since=now - DAY)
    return Pace(pacing=pacing, a_day=limit, usage=counted)


async def outlook_of(
    unit: Unit, campaign: Campaign, account: Account, people: int, *, caps: Caps, start: datetime, zone: str
) -> Outlook:
    """For the first so many `people` of a draft, let go at `start`. `zone` is the workspace's."""
    pace = await pace_of(unit, campaign, account, caps, now=start)
    hours = await unit.hours.of(account.id) if campaign.heeds_hours else None
    unread = hours is not None and campaign.by_their_clock and people > MOST_CLOCKS
    groups: Mapping[Hours, int] = {hours or always(zone): people}
    if hours is not None and campaign.by_their_clock and not unread:
        groups = await _by_clock(unit, campaign, hours, people, at=start)
    plan = days_plan(groups, pacing=pace.pacing, a_day=pace.a_day, usage=pace.usage, start=start, zone=zone)
    is_shut = not any(group.is_open(start) for group in groups)
    return Outlook(plan=plan, start=start, zone=zone, unread=unread, hours=hours, is_shut=is_shut)


async def _by_clock(
    unit: Unit, campaign: Campaign, hours: Hours, people: int, *, at: datetime
) -> Mapping[Hours, int]:
    if campaign.audience is None:
        return {}
    off_since = await left_out_since(desk_of(unit), campaign, at=at)
    numbers = await unit.campaigns.first_numbers(
        campaign.workspace_id, campaign.audience, limit=people, off_since=off_since
    )
    return Counter(on_the_clock_of(number, hours) for number in numbers)


def always(zone: str) -> Hours:
    return Hours(week=PRESETS["always"], zones=(zone,))


def outlook_lines(outlook: Outlook, now: datetime, lang: str) -> list[Html]:
    """The plan of days, where there is one to be told; who is never reached; when about it is done."""
    plan, lines, zone = outlook.plan, list[Html](), zone_of(outlook.zone)
    if outlook.waits and plan.begins is not None:
        key = "review.begins" if outlook.start > now else "review.begins.now"
        key = key if outlook.is_shut else "review.begins.cap"
        lines.append(say(key, lang, when=when_words(plan.begins, outlook.zone, now, lang)))
    if outlook.is_told:
        days = [_day_line(day, outlook.zone, lang) for day in plan.days[:DAYS_SHOWN]]
        if len(plan.days) > DAYS_SHOWN:
            last = date_words(plan.days[-1].day, lang)
            days.append(plain("review.days.more", lang, count=len(plan.days) - DAYS_SHOWN, last=last))
        lines.append(say("review.days", lang, days="\n".join(days), zone=outlook.zone))
    if outlook.unread:
        lines.append(say("review.days.unread", lang, most=words.people(MOST_CLOCKS)))
    if plan.unreached and plan.days:
        lines.append(say("review.never", lang, people=words.people(plan.unreached)))
    if plan.ends is not None and (outlook.is_told or plan.begins != plan.ends):
        lines.append(say("review.finish", lang, at=words.moment(plan.ends, zone, now, lang)))
    return lines


def _day_line(day: PlannedDay, zone: str, lang: str) -> str:
    """`Fri 27 Nov  120 people, 09:00-13:40`; `at 09:00` what takes no minute."""
    begins, ends = (f"{at.astimezone(zone_of(zone)):%H:%M}" for at in (day.begins, day.ends))
    return plain(
        "review.days.one" if begins != ends else "review.days.minute", lang, begins=begins, ends=ends,
        day=f"{weekday(day.day.weekday(), lang)} {date_words(day.day, lang)}",
        people=words.people(day.people),
    )  # fmt: skip
