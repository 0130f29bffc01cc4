"""Changing active hours: each change is asked about, with what it does to campaigns, before it is saved."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from bot.chat.view import Button, View, button
from bot.screens.base import Args, Go, Scene, action, screen, text_answer
from bot.screens.contacts_parts import ask, back, label, said, tag_number
from bot.screens.hours import WEEKS
from bot.screens.hours_save import asked_about, to_save
from bot.screens.hours_words import day_words, holiday_words, weekday
from bot.screens.link import mine
from bot.texts import plain, say
from domain.accounts.model import Account
from domain.hours.holidays import read_holiday, still_to_come, with_holiday, without
from domain.hours.model import Holiday, Hours, Spans
from domain.hours.ports import KeptHours
from domain.hours.presets import PRESETS, read_spans
from domain.kernel.errors import NotFound
from domain.operators.chat import Prompt
from domain.operators.model import Right
from domain.operators.profile import zone_of

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


async def _typed_about(scene: Scene, prompt: Prompt) -> tuple[Account, Hours, datetime | None]:
    """What a typed answer changes: the hours that are just being asked about, or else those that are kept."""
    account = await mine(scene, prompt.args["id"])
    if (pending := await asked_about(scene, account)) is not None:
        return account, *pending
    _, kept = await _kept(scene, account.id)
    return account, kept.hours, kept.changed_at


async def _changed(scene: Scene, account: Account, hours: Hours, was: datetime | None, asked: Prompt) -> Go:
    if hours == await scene.unit.hours.of(account.id):
        note = say("hours.same", scene.workspace.language)
        return Go(screen="hours", args=said({"id": account.id}, note))
    return to_save(account, hours, was, asked)


def _about(scene: Scene, account: Account, kind: str, **args: Any) -> Prompt:
    return Prompt(chat_id=scene.chat_id, kind=kind, args={"id": account.id, **args})


def _about_days(scene: Scene, account: Account, days: Iterable[int]) -> Prompt:
    return _about(scene, account, "hours.day", days=list(days))


# -- a whole week, and none at all ----------------------------------------------------------------------


@action("hr.week", needs=Right.WORK)
async def choose_week(scene: Scene) -> Go:
    """Holidays and the clock stay."""
    account = await mine(scene)
    if scene.press.x >= len(WEEKS):
        raise NotFound()
    week = PRESETS[WEEKS[scene.press.x]]
    kept = await scene.unit.hours.kept(account.id)
    asked = _about_days(scene, account, (day for day in range(7) if week[day]))
    if kept is None:
        return to_save(account, Hours(week=week, zones=(scene.workspace.zone,)), None, asked)
    return await _changed(scene, account, replace(kept.hours, week=week), kept.changed_at, asked)


@action("hr.off", needs=Right.WORK)
async def choose_always(scene: Scene) -> Go:
    account, kept = await _kept(scene)
    return to_save(account, None, kept.changed_at, _about_days(scene, account, range(7)))


# -- a day ----------------------------------------------------------------------------------------------


def _day(x: int) -> int:
    if not 0 <= x < 7:
        raise NotFound()
    return x


def _at_day(scene: Scene, account: Account, day: int) -> Go:
    prompt = _about_days(scene, account, (day,))
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


def _with_days(hours: Hours, days: Sequence[int], spans: Spans) -> Hours:
    return replace(hours, week=tuple(spans if n in days else was for n, was in enumerate(hours.week)))


def _days_asked(prompt: Prompt) -> Sequence[int]:
    """A question that is open since before several days could be asked about holds its one `day`."""
    return prompt.args["days"] if "days" in prompt.args else (int(prompt.args["day"]),)


@text_answer("hours.day", needs=Right.WORK)
async def day_typed(scene: Scene, prompt: Prompt, text: str) -> Go:
    """Of the days that were asked about: one, or those that a ready-made week or a copy fills."""
    account, hours, was = await _typed_about(scene, prompt)
    changed = _with_days(hours, _days_asked(prompt), read_spans(text))
    return await _changed(scene, account, changed, was, prompt)


async def _set_days(scene: Scene, days: Sequence[int], like: int | None) -> Go:
    """As that day is, or shut."""
    account, kept = await _kept(scene)
    changed = _with_days(kept.hours, days, () if like is None else kept.hours.week[like])
    return await _changed(scene, account, changed, kept.changed_at, _about_days(scene, account, days))


@action("hr.shut", needs=Right.WORK)
async def shut_day(scene: Scene) -> Go:
    return await _set_days(scene, (_day(scene.press.x),), like=None)


@action("hr.copy", needs=Right.WORK)
async def copy_day(scene: Scene) -> Go:
    day, to = _day(scene.press.x // 2), scene.press.x % 2
    return await _set_days(scene, WORKDAYS if to == TO_WORKDAYS else range(7), like=day)


# -- holidays -------------------------------------------------------------------------------------------


@action("hr.holidays", needs=Right.WORK)
async def go_holidays(scene: Scene) -> Go:
    account, _ = await _kept(scene)
    asked = _about(scene, account, "hours.holiday")
    return Go(screen="hours.holidays", args={"id": account.id}, prompt=asked)


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
    account, hours, was = await _typed_about(scene, prompt)
    day = still_to_come(read_holiday(text), scene.now.astimezone(hours.clock).date())
    return await _changed(scene, account, with_holiday(hours, day), was, prompt)


@action("hr.unholiday", needs=Right.WORK)
async def take_holiday(scene: Scene) -> Go:
    account, kept = await _kept(scene)
    found = [one for one in kept.hours.holidays if number_of(one) == scene.press.x]
    if not found:
        raise NotFound()
    left = replace(kept.hours, holidays=without(kept.hours.holidays, found[0]))
    return await _changed(scene, account, left, kept.changed_at, _about(scene, account, "hours.holiday"))


# -- the clock ------------------------------------------------------------------------------------------


@action("hr.zone", needs=Right.WORK)
async def ask_zone(scene: Scene) -> Go:
    account, kept = await _kept(scene)
    values = {"zone": kept.hours.zones[0], "number": account.number}
    return ask(scene, "hours.zone", leave="hours", id=account.id, values=values)


@text_answer("hours.zone", needs=Right.WORK)
async def zone_typed(scene: Scene, prompt: Prompt, text: str) -> Go:
    account, hours, was = await _typed_about(scene, prompt)
    moved = replace(hours, zones=(zone_of(text, now=scene.now),))
    return await _changed(scene, account, moved, was, prompt)
