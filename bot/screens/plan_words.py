"""How points, plans and a stop to sending are put for people."""

from datetime import datetime

from bot.chat.view import Button, button
from bot.screens import campaign_words as words
from bot.screens.base import Scene
from bot.texts import Html, count, plain, say
from domain.campaigns.model import PauseReason
from domain.operators.model import Right


def points(number: int) -> str:
    return count(number, "point", "points")


def balance_button(lang: str, space: int = 0) -> Button:
    """`space`: whose, where the button stands outside the panel (bot/chat/whereabouts.py)."""
    return button(plain("plan.balance", lang), "balance", id=space)


def day(at: datetime, scene: Scene) -> str:
    """`3 Dec`, with the year where it is another one."""
    zone = words.zone_of(scene.workspace)
    local = at.astimezone(zone)
    year = "" if local.year == scene.now.astimezone(zone).year else f" {local.year}"
    return f"{words.day(at, zone, scene.workspace.language)}{year}"


async def status_line(scene: Scene) -> Html:
    """`Points 4,210 · Plan until 3 Dec`; what stops all sending is said in place of the plan."""
    lang, wallet = scene.workspace.language, await scene.unit.wallet.wallet(scene.workspace.id)
    until = wallet.plan_until
    if scene.workspace.suspended_at is not None:
        why = scene.workspace.suspended_why
        plan = say("plan.suspended.why", lang, why=why) if why else say("plan.suspended", lang)
    elif until is None:
        plan = say("plan.none", lang)
    elif wallet.has_plan(scene.now):
        plan = say("plan.until", lang, day=day(until, scene))
    else:
        plan = say("plan.over", lang, day=day(until, scene))
    shown = scene.desk.tariff.points_per_recipient or wallet.balance
    parts = [say("plan.points", lang, points=wallet.available), plan] if shown else [plan]
    return Html(" · ".join(parts))


def stopped_sentence(scene: Scene, why: PauseReason) -> Html:
    """What stands against a start, and what to do about it, for whoever looks."""
    lang = scene.workspace.language
    if why is PauseReason.SUSPENDED:
        return say("review.suspended", lang)
    owns = scene.may(Right.OWN)
    return say("review.plan_ended.own", lang) if owns else say("review.plan_ended.work", lang)
