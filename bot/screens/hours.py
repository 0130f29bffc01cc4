"""Active hours of a number: how they stand, and every way to change them. See decision 0025."""

from bot.chat.threads import in_thread
from bot.chat.view import Button, View, button
from bot.screens.base import Args, Go, Scene, action, command, screen
from bot.screens.contacts_parts import back, label
from bot.screens.hours_words import day_words, stands, week_text, weekday
from bot.screens.link import mine
from bot.texts import plain, say
from domain.accounts.model import Account
from domain.hours.model import Hours
from domain.hours.presets import PRESETS
from domain.operators.chat import Notice
from domain.operators.model import Right

#: Those that are hours at all; "always" is to have none.
WEEKS = tuple(name for name in PRESETS if name != "always")


async def _go(scene: Scene, id: int) -> Go:
    """To the hours of that number; without one to those of the only one there is, or to a choice."""
    accounts = await scene.unit.accounts.of_workspace(scene.workspace.id)
    if not id and len(accounts) == 1:
        id = accounts[0].id
    return Go(screen="hours", args={"id": id}) if id else Go(screen="hours.numbers")


@command("hours", needs=Right.READ)
async def hours_command(scene: Scene) -> Go:
    return await _go(scene, 0)


@action("hours", needs=Right.READ)
async def go_hours(scene: Scene) -> Go:
    if scene.press.id:
        await mine(scene)
    return await _go(scene, scene.press.id)


@screen("hours.numbers", needs=Right.READ)
async def numbers_screen(scene: Scene, args: Args) -> View:
    lang = scene.workspace.language
    accounts = await scene.unit.accounts.of_workspace(scene.workspace.id)
    if not accounts:
        link = (button(plain("home.whatsapp", lang), "link"),)
        return View(text=say(scene.worded("hours.no_number"), lang), rows=(link, back(lang, "home")))
    hours = await scene.unit.hours.of_many([account.id for account in accounts])
    rows = [
        (button(label(f"{account.number} · {_short(hours.get(account.id), scene)}"), "hours", account.id),)
        for account in accounts
    ]
    return View(text=say("hours.numbers", lang), rows=(*rows, back(lang, "home")))


def _short(hours: Hours | None, scene: Scene) -> str:
    """On the workspace's clock: the numbers of a list may have several."""
    lang, zone = scene.workspace.language, scene.workspace.zone
    return plain("hours.always", lang) if hours is None else stands(hours, scene.now, lang, zone=zone)


@screen("hours", needs=Right.READ)
async def hours_screen(scene: Scene, args: Args) -> View:
    lang, account = scene.workspace.language, await mine(scene, int(args["id"]))
    hours = await scene.unit.hours.of(account.id)
    if hours is None:
        text = say(scene.worded("hours.none"), lang, number=account.number, zone=scene.workspace.zone)
        return View(text=text, rows=(*_presets(account, lang), await _back(scene)))
    text = say(
        scene.worded("hours.shown"), lang, number=account.number, stands=stands(hours, scene.now, lang),
        week=week_text(hours, scene.now, lang), zone=hours.zones[0],
        clock=f"{scene.now.astimezone(hours.clock):%H:%M}",
    )  # fmt: skip
    days = [
        button(f"{weekday(day, lang)} · {day_words(spans, lang)}", "hr.day", account.id, x=day)
        for day, spans in enumerate(hours.week)
    ]
    rows: list[tuple[Button, ...]] = [tuple(days[n : n + 2]) for n in range(0, 6, 2)]
    rows += [(days[6], button(plain("hours.holidays", lang), "hr.holidays", account.id))]
    rows += [
        (
            button(plain("hours.presets", lang), "hr.weeks", account.id),
            button(plain("hours.zone", lang), "hr.zone", account.id),
        ),
        (
            button(plain("hours.picture", lang), "hr.picture", account.id),
            button(plain("hours.off", lang), "hr.off", account.id),
        ),
    ]
    return View(text=text, rows=(*rows, await _back(scene)))


async def _back(scene: Scene) -> tuple[Button, ...]:
    """To the choice of numbers where there is one."""
    lang = scene.workspace.language
    several = len(await scene.unit.accounts.of_workspace(scene.workspace.id)) > 1
    return back(lang, "hours") if several else back(lang, "home")


def _presets(account: Account, lang: str) -> tuple[tuple[Button, ...], ...]:
    return tuple(
        (button(plain(f"hours.week.{name}", lang), "hr.week", account.id, x=n),)
        for n, name in enumerate(WEEKS)
    )


@action("hr.weeks", needs=Right.WORK)
async def go_weeks(scene: Scene) -> Go:
    account = await mine(scene)
    return Go(screen="hours.weeks", args={"id": account.id})


@screen("hours.weeks", needs=Right.WORK)
async def weeks_screen(scene: Scene, args: Args) -> View:
    lang, account = scene.workspace.language, await mine(scene, int(args["id"]))
    return View(
        text=say("hours.weeks", lang), rows=(*_presets(account, lang), back(lang, "hours", account.id))
    )


@action("hr.picture", needs=Right.READ)
async def picture(scene: Scene) -> Go:
    """It follows by itself: drawing takes a moment."""
    account = await mine(scene)
    lang = scene.workspace.language
    payload = in_thread({"workspace_id": scene.workspace.id, "account_id": account.id})
    key = f"hours:{account.id}:{scene.chat_id}:{int(scene.now.timestamp()) // 2}"
    notice = Notice(chat_id=scene.chat_id, key=key, kind="hours_picture", payload=payload)
    await scene.unit.chat.queue_notice(notice, at=scene.now)
    return Go(screen="hours", args={"id": account.id}, toast=plain("hours.picture.coming", lang))
