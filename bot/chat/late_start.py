"""What is told of a campaign that was to begin by itself: on time, late, or not without being asked."""

from datetime import timedelta
from typing import Final

from bot.chat.view import Rows, button
from bot.screens.start_promise import Promise
from bot.screens.start_review import FIRST
from bot.texts import Html, count, plain, say
from domain.campaigns.model import Campaign
from domain.scheduler.events import StartedTooLate

_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)


def span(time: timedelta) -> str:
    """`40 minutes`, `3 hours`, `2 days`, rounded."""
    if time < _HOUR:
        return count(max(1, round(time / timedelta(minutes=1))), "minute", "minutes")
    if time < 2 * _DAY:
        return count(round(time / _HOUR), "hour", "hours")
    return count(round(time / _DAY), "day", "days")


def started(campaign: Campaign, late_by: timedelta, lang: str) -> Html:
    if not late_by:
        return say("notice.campaign.started", lang, name=campaign.name)
    return say("notice.campaign.started.late", lang, name=campaign.name, late=span(late_by))


def too_late(event: StartedTooLate, lang: str) -> tuple[Html, Rows]:
    """With a way to start it as it would have started."""
    campaign = event.campaign
    text = say("notice.campaign.too_late", lang, name=campaign.name, late=span(event.late_by))
    promise = Promise(way=FIRST, price=event.price, cap=event.cap)
    start = button(
        plain("notice.campaign.start_now", lang), "dr.start", campaign.id, campaign.version, promise.x
    )
    return text, ((start,), (button(plain("notice.open", lang), "cp.open", id=campaign.id),))
