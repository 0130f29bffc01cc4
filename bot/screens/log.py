"""The activity log: who did what and when, newest first, by person and by topic, and as a file."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from bot.chat.threads import in_thread
from bot.chat.view import Button, Rows, View, button
from bot.screens import campaign_words as words
from bot.screens.base import Args, Go, Scene, action, screen
from bot.screens.contacts_parts import A_PAGE, back, label, last_page, page_of, pages, short
from bot.texts import Html, has, plain, say
from domain.kernel.ids import WorkspaceId
from domain.operators.activity import Activity, Topic
from domain.operators.chat import Notice
from domain.operators.model import Right

#: In a button a topic is a number: 0 is all of them.
TOPICS: Final = tuple(Topic)
LONGEST_ABOUT: Final = 60
LONGEST_CHANGES: Final = 160
#: A moment as it is noted.
STAMP: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")


# -- a line in words ---------------------------------------------------------------------------------


def what_words(line: Activity, lang: str, limit: int = LONGEST_ABOUT) -> str:
    """`paused Spring sale`; a word that this version does not know is shown as it is."""
    key = f"activity.{line.what}"
    return plain(key, lang, about=short(line.about, limit)) if has(key) else line.what


def place_words(screen_name: str, lang: str) -> str:
    """Where it was done, by what that screen is called in the chat; a command as it was typed."""
    if screen_name.startswith("/"):
        return screen_name
    parts = screen_name.split(".")
    for end in range(len(parts), 0, -1):
        if has(key := f"place.{'.'.join(parts[:end])}"):
            return plain(key, lang)
    return plain("place.chat", lang)


def value_words(values: Mapping[str, Any], lang: str, *, zone: str) -> str:
    """`state: running, speed: 2-5 s`, for a file's cell."""
    return ", ".join(f"{_field(name, lang)}: {_value(value, lang, zone)}" for name, value in values.items())


def changes(line: Activity, lang: str, *, zone: str) -> str:
    """`state: running → paused`; what has no before stands alone, what stayed is left out."""
    parts = []
    for name in dict.fromkeys([*line.before, *line.after]):
        sides = [_value(side[name], lang, zone) for side in (line.before, line.after) if name in side]
        if len(sides) == 2 and sides[0] == sides[1]:
            continue
        if name not in line.after:
            sides.append("—")
        parts.append(f"{_field(name, lang)}: {' → '.join(sides)}")
    return short(", ".join(parts), LONGEST_CHANGES)


def _field(name: str, lang: str) -> str:
    key = f"field.{name}"
    return plain(key, lang) if has(key) else name.replace("_", " ")


def _value(value: object, lang: str, zone: str) -> str:
    match value:
        case bool():
            return plain("log.yes" if value else "log.no", lang)
        case None | "":
            return "—"
        case int():
            return f"{value:,}"
        case list() | tuple():
            return ", ".join(_value(one, lang, zone) for one in value)
        case str() if STAMP.match(value):
            return f"{datetime.fromisoformat(value).astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}"
        case _:
            return str(value).replace("_", " ")


def line_words(line: Activity, *, now: datetime, zone: str, lang: str) -> Html:
    when = words.moment(line.at, ZoneInfo(zone), now, lang)
    changed = changes(line, lang, zone=zone)
    return say(
        "log.line", lang, when=when, who=short(line.who, 40), what=what_words(line, lang),
        changes=say("log.changes", lang, changes=changed) if changed else Html(""),
        place=say("log.place", lang, place=place_words(line.screen, lang)) if line.screen else Html(""),
    )  # fmt: skip


async def page_of_log(
    scene: Scene, workspace_id: WorkspaceId | None, args: Args, *, zone: str
) -> tuple[list[Html], int, int]:
    """The lines of the page asked for (or the last there is), which page it is, and how many lines in all."""
    who, topic = int(args.get("who", 0)), _topic(int(args.get("topic", 0)))
    wanted = max(int(args.get("page", 0)), 0)
    found, total = await scene.unit.activity.list(
        workspace_id, telegram_id=who or None, topic=topic, offset=wanted * A_PAGE, limit=A_PAGE
    )
    page = page_of(args, total)
    shown = [line_words(line, now=scene.now, zone=zone, lang=scene.language) for line in found]
    return shown, page, total


def _topic(number: int) -> Topic | None:
    return TOPICS[number - 1] if 0 < number <= len(TOPICS) else None


# -- the screens -------------------------------------------------------------------------------------


@action("log", needs=Right.OWN)
async def go_log(scene: Scene) -> Go:
    """A button carries the person (their Telegram id), the topic's number and the page."""
    press = scene.press
    return Go(screen="log", args={"who": press.id, "topic": press.rev, "page": press.x})


@screen("log", needs=Right.OWN)
async def log_screen(scene: Scene, args: Args) -> View:
    lang, space = scene.language, scene.workspace
    shown, page, total = await page_of_log(scene, space.id, args, zone=space.zone)
    body = Html("\n\n".join(shown)) if shown else say("log.none", lang)
    text = say("log", lang, lines=body, zone=space.zone)
    who, topic = int(args.get("who", 0)), int(args.get("topic", 0))
    names = dict(await scene.unit.activity.people(space.id))
    by = names.get(who, plain("log.stranger", lang)) if who else plain("log.everybody", lang)
    known = _topic(topic)
    of = plain(f"topic.{known.value}" if known else "topic.all", lang)
    filters = (
        button(label(plain("log.by", lang, who=short(by, 30))), "log.people", id=who, rev=topic),
        button(plain("log.of", lang, topic=of), "log.topics", id=who, rev=topic),
    )
    export = (button(plain("log.export", lang), "log.export"),)
    turn = _turned(pages(lang, "log", page, total), who, topic)
    return View(text=text, rows=(filters, *turn, export, back(lang, "settings")))


def _turned(rows: Rows, who: int, topic: int) -> Rows:
    """The row that turns pages, within what is filtered."""
    return tuple(tuple(button(b.label, "log", who, topic, b.press.x) for b in row) for row in rows)


@action("log.people", needs=Right.OWN)
async def ask_person(scene: Scene) -> Go:
    press = scene.press
    return Go(screen="log.people", args={"who": press.id, "topic": press.rev, "page": press.x})


@screen("log.people", needs=Right.OWN)
async def people_screen(scene: Scene, args: Args) -> View:
    """Everybody who stands in the log, those who have left included."""
    lang, who, topic = scene.language, int(args.get("who", 0)), int(args.get("topic", 0))
    people = await scene.unit.activity.people(scene.workspace.id)
    page = min(max(int(args.get("page", 0)), 0), last_page(len(people)))
    rows: list[tuple[Button, ...]] = [(_pick(plain("log.everybody", lang), 0, topic, chosen=who == 0),)]
    for telegram_id, name in people[page * A_PAGE : (page + 1) * A_PAGE]:
        rows.append((_pick(short(name, 40), telegram_id, topic, chosen=telegram_id == who),))
    turn = tuple(
        tuple(button(b.label, "log.people", who, topic, b.press.x) for b in row)
        for row in pages(lang, "log.people", page, len(people))
    )
    return View(text=say("log.people", lang), rows=(*rows, *turn, _to_log(lang, who, topic)))


@action("log.topics", needs=Right.OWN)
async def ask_topic(scene: Scene) -> Go:
    return Go(screen="log.topics", args={"who": scene.press.id, "topic": scene.press.rev})


@screen("log.topics", needs=Right.OWN)
async def topics_screen(scene: Scene, args: Args) -> View:
    lang, who, topic = scene.language, int(args.get("who", 0)), int(args.get("topic", 0))
    rows: list[tuple[Button, ...]] = [(_pick(plain("topic.all", lang), who, 0, chosen=topic == 0),)]
    for number, one in enumerate(TOPICS, 1):
        rows.append((_pick(plain(f"topic.{one.value}", lang), who, number, chosen=number == topic),))
    return View(text=say("log.topics", lang), rows=(*rows, _to_log(lang, who, topic)))


def _pick(text: str, who: int, topic: int, *, chosen: bool) -> Button:
    return button(label(f"✓ {text}" if chosen else text), "log", who, topic)


def _to_log(lang: str, who: int, topic: int) -> tuple[Button, ...]:
    return (button(plain("back", lang), "log", who, topic),)


@action("log.export", needs=Right.OWN)
async def export(scene: Scene) -> Go:
    """All of it, made and sent by the notices; that somebody asked stands in the log too."""
    before = await scene.unit.chat.panel(scene.chat_id)
    args = {k: v for k, v in before.args.items() if k != "note"} if before is not None else {}
    await scene.log(Topic.TEAM, "log.exported")
    key = f"activity_export/{scene.chat_id}/{int(scene.now.timestamp()) // 2}"
    notice = Notice(
        chat_id=scene.chat_id, key=key, kind="activity_export",
        payload=in_thread({"workspace_id": int(scene.workspace.id)}),
    )  # fmt: skip
    await scene.unit.chat.queue_notice(notice, at=scene.now)
    return Go(screen="log", args=args, toast=plain("log.export.coming", scene.language))
