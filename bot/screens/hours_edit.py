"""Changing active hours: each change is shown with what it does to campaigns, and then saved or left."""

from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from bot.chat.view import Button, View, button
from bot.screens.base import Args, Go, Scene, action, screen, text_answer
from bot.screens.contacts_parts import ask, back, label, panel_args, said, tag_number
from bot.screens.hours import WEEKS
from bot.screens.hours_words import day_words, holiday_words, moved_line, stands, week_text, weekday
from bot.screens.link import mine
from bot.texts import Html, plain, say
from domain.accounts.model import Account
from domain.hours.codec import from_plain, to_plain
from domain.hours.holidays import read_holiday, with_holiday, without
from domain.hours.model import Holiday, Hours, Spans
from domain.hours.ports import KeptHours
from domain.hours.presets import PRESETS, read_spans
from domain.kernel.errors import Conflict, NotFound
from domain.operators.activity import Topic
from domain.operators.chat import Prompt
from domain.operators.model import Right
from domain.operators.profile import zone_of
from domain.scheduler.hours_change import change_hours, moved_by

#: Campaigns that a change moves, shown before it is saved.
MOST_MOVED: Final = 6
#: In a button of a day: to which others its hours are copied.
TO_WORKDAYS, TO_ALL = 0, 1
WORKDAYS: Final = range(5)


async def _kept(scene: Scene, id: int | None = None) -> tuple[Account, KeptHours]:
    """Of a number that has hours. Raises NotFound: somebody else has made it always open."""
    account = await mine(scene, id)
    kept = await scene.unit.hours.kept(account.id)
    if kept is None:
        raise NotFound()
    return account, kept


def _to_save(account: Account, hours: Hours | None, kept: KeptHours | None) -> Go:
    """Where it is said what the change does; nothing is written yet."""
    args = {
        "id": account.id, "hours": None if hours is None else to_plain(hours),
        "from": None if kept is None else kept.changed_at.isoformat(),
    }  # fmt: skip
    return Go(screen="hours.save", args=args)


def _changed(scene: Scene, account: Account, kept: KeptHours, hours: Hours) -> Go:
    if hours == kept.hours:
        note = say("hours.same", scene.workspace.language)
        return Go(screen="hours", args=said({"id": account.id}, note))
    return _to_save(account, hours, kept)


# -- a whole week, and none at all ----------------------------------------------------------------------


@action("hr.week", needs=Right.WORK)
async def choose_week(scene: Scene) -> Go:
    """Holidays and the clock stay."""
    account = await mine(scene)
    if scene.press.x >= len(WEEKS):
        raise NotFound()
    week = PRESETS[WEEKS[scene.press.x]]
    kept = await scene.unit.hours.kept(account.id)
    if kept is None:
        return _to_save(account, Hours(week=week, zones=(scene.workspace.zone,)), None)
    return _changed(scene, account, kept, replace(kept.hours, week=week))


@action("hr.off", needs=Right.WORK)
async def choose_always(scene: Scene) -> Go:
    account, kept = await _kept(scene)
    return _to_save(account, None, kept)


# -- a day ----------------------------------------------------------------------------------------------


def _day(x: int) -> int:
    if not 0 <= x < 7:
        raise NotFound()
    return x


def _at_day(scene: Scene, account: Account, day: int) -> Go:
    prompt = Prompt(chat_id=scene.chat_id, kind="hours.day", args={"id": account.id, "day": day})
    return Go(screen="hours.day", args={"id": account.id, "day": day}, prompt=prompt)


@action("hr.day", needs=Right.WORK)
async def go_day(scene: Scene) -> Go:
    account, _ = await _kept(scene)
    return _at_day(scene, account, _day(scene.press.x))


@screen("hours.day", needs=Right.WORK)
async def day_screen(scene: Scene, args: Args) -> View:
    lang, (account, kept) = scene.workspace.language, await _kept(scene, int(args["id"]))
    day = _day(int(args["day"]))
    spans, name = kept.hours.week[day], weekday(day, lang)
    rows: list[tuple[Button, ...]] = []
    if spans:
        rows.append((button(plain("hours.day.shut", lang, day=name), "hr.shut", account.id, x=day),))
    for to in (TO_WORKDAYS, TO_ALL):
        key = "hours.day.workdays" if to == TO_WORKDAYS else "hours.day.all"
        rows.append((button(plain(key, lang), "hr.copy", account.id, x=day * 2 + to),))
    text = say("hours.day", lang, day=name, now=day_words(spans, lang))
    return View(text=text, rows=(*rows, back(lang, "hours", account.id)))


def _with_day(hours: Hours, days: range | tuple[int, ...], spans: Spans) -> Hours:
    return replace(hours, week=tuple(spans if n in days else was for n, was in enumerate(hours.week)))


@text_answer("hours.day", needs=Right.WORK)
async def day_typed(scene: Scene, prompt: Prompt, text: str) -> Go:
    account, kept = await _kept(scene, prompt.args["id"])
    day = _day(prompt.args["day"])
    return _changed(scene, account, kept, _with_day(kept.hours, (day,), read_spans(text)))


@action("hr.shut", needs=Right.WORK)
async def shut_day(scene: Scene) -> Go:
    account, kept = await _kept(scene)
    return _changed(scene, account, kept, _with_day(kept.hours, (_day(scene.press.x),), ()))


@action("hr.copy", needs=Right.WORK)
async def copy_day(scene: Scene) -> Go:
    account, kept = await _kept(scene)
    day, to = _day(scene.press.x // 2), scene.press.x % 2
    days = WORKDAYS if to == TO_WORKDAYS else range(7)
    return _changed(scene, account, kept, _with_day(kept.hours, days, kept.hours.week[day]))


# -- holidays -------------------------------------------------------------------------------------------


@action("hr.holidays", needs=Right.WORK)
async def go_holidays(scene: Scene) -> Go:
    account, _ = await _kept(scene)
    prompt = Prompt(chat_id=scene.chat_id, kind="hours.holiday", args={"id": account.id})
    return Go(screen="hours.holidays", args={"id": account.id}, prompt=prompt)


@screen("hours.holidays", needs=Right.WORK)
async def holidays_screen(scene: Scene, args: Args) -> View:
    lang, (account, kept) = scene.workspace.language, await _kept(scene, int(args["id"]))
    rows = [
        (
            button(
                label(plain("hours.holiday.take", lang, day=holiday_words(one, lang))), "hr.unholiday",
                account.id, x=number_of(one),
            ),
        )
        for one in kept.hours.holidays
    ]  # fmt: skip
    key = "hours.holidays.some" if rows else "hours.holidays.none"
    text = say(key, lang, year=str(scene.now.astimezone(kept.hours.clock).year))
    return View(text=text, rows=(*rows, back(lang, "hours", account.id)))


def number_of(holiday: Holiday) -> int:
    """As it travels in a button."""
    return tag_number(f"{holiday.year}-{holiday.month}-{holiday.day}")


@text_answer("hours.holiday", needs=Right.WORK)
async def holiday_typed(scene: Scene, prompt: Prompt, text: str) -> Go:
    account, kept = await _kept(scene, prompt.args["id"])
    return _changed(scene, account, kept, with_holiday(kept.hours, read_holiday(text)))


@action("hr.unholiday", needs=Right.WORK)
async def take_holiday(scene: Scene) -> Go:
    account, kept = await _kept(scene)
    found = [one for one in kept.hours.holidays if number_of(one) == scene.press.x]
    if not found:
        raise NotFound()
    left = without(kept.hours.holidays, found[0])
    return _changed(scene, account, kept, replace(kept.hours, holidays=left))


# -- the clock ------------------------------------------------------------------------------------------


@action("hr.zone", needs=Right.WORK)
async def ask_zone(scene: Scene) -> Go:
    account, kept = await _kept(scene)
    values = {"zone": kept.hours.zones[0], "number": account.number}
    return ask(scene, "hours.zone", leave="hours", id=account.id, values=values)


@text_answer("hours.zone", needs=Right.WORK)
async def zone_typed(scene: Scene, prompt: Prompt, text: str) -> Go:
    account, kept = await _kept(scene, prompt.args["id"])
    zones = (zone_of(text, now=scene.now),)
    return _changed(scene, account, kept, replace(kept.hours, zones=zones))


# -- saving ---------------------------------------------------------------------------------------------


def _pending(args: Args) -> tuple[Hours | None, datetime | None]:
    """What would be saved, and the state that it is to replace. Raises NotFound."""
    if "hours" not in args:
        raise NotFound()
    plain_hours, was = args["hours"], args["from"]
    return (
        None if plain_hours is None else from_plain(plain_hours),
        None if was is None else datetime.fromisoformat(was),
    )


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
        if hours.next_open(scene.now) is None:
            lines.append(say("hours.save.never", lang))
    lines.append(await _what_moves(scene, account, before, hours))
    rows = (
        (button(plain("hours.keep", lang), "hours", account.id),),
        (button(plain("hours.do", lang), "hr.save", account.id),),
        back(lang, "hours", account.id),
    )
    return View(text=Html("\n\n".join(lines)), rows=rows)


async def _what_moves(scene: Scene, account: Account, before: Hours | None, after: Hours | None) -> Html:
    lang = scene.workspace.language
    moved = await moved_by(scene.unit, account, before, after, now=scene.now)
    if not moved:
        return say("hours.moved.none", lang)
    zone = (after or before or Hours(week=((),) * 7, zones=(scene.workspace.zone,))).zones[0]
    lines = [moved_line(one, zone, scene.now, lang) for one in moved[:MOST_MOVED]]
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
