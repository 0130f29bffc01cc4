"""What a change of active hours would do, asked about before it is saved; what is typed there changes it."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from bot.chat.view import View, button
from bot.screens.base import Args, Go, Scene, action, screen
from bot.screens.contacts_parts import back, panel_args, said
from bot.screens.hours_words import days_words, moved_line, overnight_lines, stands, week_text
from bot.screens.link import mine
from bot.texts import Html, plain, say
from domain.accounts.model import Account
from domain.hours.codec import from_plain, to_plain
from domain.hours.model import Hours, Span
from domain.kernel.errors import Conflict, NotFound
from domain.operators.activity import Topic
from domain.operators.chat import Prompt
from domain.operators.model import Right
from domain.scheduler.hours_change import change_hours, moved_by

#: Campaigns that a change moves, shown before it is saved.
MOST_MOVED: Final = 6


def to_save(account: Account, hours: Hours | None, was: datetime | None, asked: Prompt) -> Go:
    """Where it is said what the change does; nothing is written yet. `was`: the state that the hours are to
    replace. `asked`: the question that typed words answer there."""
    args = {
        "id": account.id, "hours": None if hours is None else to_plain(hours),
        "from": None if was is None else was.isoformat(), "asked": asked.kind.removeprefix("hours."),
        "days": asked.args.get("days", []),
    }  # fmt: skip
    return Go(screen="hours.save", args=args, prompt=asked)


def _pending(args: Args) -> tuple[Hours | None, datetime | None]:
    """What would be saved, and the state that it is to replace. Raises NotFound."""
    if "hours" not in args:
        raise NotFound()
    plain_hours, was = args["hours"], args["from"]
    return (
        None if plain_hours is None else from_plain(plain_hours),
        None if was is None else datetime.fromisoformat(was),
    )


async def asked_about(scene: Scene, account: Account) -> tuple[Hours, datetime | None] | None:
    """What stands in the chat to be saved, and the state that it is to replace."""
    args = await panel_args(scene, "hours.save")
    if int(args.get("id", 0)) != account.id:
        return None
    hours, was = _pending(args)
    return None if hours is None else (hours, was)


@screen("hours.save", needs=Right.WORK)
async def save_screen(scene: Scene, args: Args) -> View:
    lang, account = scene.workspace.language, await mine(scene, int(args["id"]))
    hours, _ = _pending(args)
    before = await scene.unit.hours.of(account.id)
    lines = [say("hours.save", lang, number=account.number)]
    if hours is None:
        lines.append(say("hours.save.always", lang))
    else:
        lines.append(
            say(
                "hours.save.week", lang, week=week_text(hours, scene.now, lang), zone=hours.zones[0],
                stands=stands(hours, scene.now, lang),
            )
        )  # fmt: skip
        lines += overnight_lines(set(_ranges(hours)) - set(_ranges(before)), lang)
        if hours.next_open(scene.now) is None:
            lines.append(say("hours.save.never", lang))
    lines.append(await _what_moves(scene, account, before, hours))
    if (asked := args.get("asked")) is not None:
        lines.append(say(f"hours.else.{asked}", lang, days=days_words(args["days"], lang)))
    rows = (
        (button(plain("hours.keep", lang), "hours", account.id),),
        (button(plain("hours.do", lang), "hr.save", account.id),),
        back(lang, "hours", account.id),
    )
    return View(text=Html("\n\n".join(lines)), rows=rows)


def _ranges(hours: Hours | None) -> Iterator[Span]:
    if hours is not None:
        for spans in (*hours.week, *(holiday.spans for holiday in hours.holidays)):
            yield from spans


async def _what_moves(scene: Scene, account: Account, before: Hours | None, after: Hours | None) -> Html:
    lang = scene.workspace.language
    moved = await moved_by(scene.unit, account, before, after, now=scene.now)
    if not moved:
        return say("hours.moved.none", lang)
    hours, zone = after or before, scene.workspace.zone
    lines = [moved_line(one, hours, zone, scene.now, lang) for one in moved[:MOST_MOVED]]
    if len(moved) > MOST_MOVED:
        lines.append(say("hours.moved.more", lang, count=len(moved) - MOST_MOVED))
    return Html("\n".join(lines))


@action("hr.save", needs=Right.WORK)
async def save(scene: Scene) -> Go:
    """As they stand in the chat, if the number's hours are still those that were changed."""
    account, lang = await mine(scene), scene.workspace.language
    args = await panel_args(scene, "hours.save")
    if int(args.get("id", 0)) != account.id:
        raise Conflict(what="hours")
    hours, expected = _pending(args)
    before = await scene.unit.hours.of(account.id)
    await change_hours(scene.unit, account, hours, expected=expected, at=scene.now)
    was, now = (_noted(one, scene) for one in (before, hours))
    await scene.log(Topic.WHATSAPP, "hours.changed", about=account.number, before=was, after=now)
    scene.desk.watcher.account_has_work(account.id)
    for campaign in await scene.unit.campaigns.running_of(account.id):
        scene.desk.watcher.campaign_changed(campaign.id, at_once=True)
    return Go(screen="hours", args=said({"id": account.id}, say("settings.saved", lang)))


def _noted(hours: Hours | None, scene: Scene) -> dict[str, Any]:
    lang = scene.workspace.language
    if hours is None:
        return {"hours": plain("hours.always", lang)}
    shown = week_text(hours, scene.now, lang, holidays=60).replace("\n", "; ")
    return {"hours": shown, "zone": hours.zones[0]}
