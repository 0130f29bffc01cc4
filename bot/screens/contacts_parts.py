"""What the contacts, lists and import screens share: short names, pages, questions, moments."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from zlib import crc32
from zoneinfo import ZoneInfo

from bot.chat.view import Button, View, button
from bot.screens.base import RULES, Args, Door, Go, Scene, screen
from bot.texts import isolated, isolated_words, on_day, plain, say
from domain.contacts.model import Contact
from domain.contacts.service import shortened, tidy
from domain.operators.activity import Topic
from domain.operators.chat import Prompt
from domain.operators.model import Right

A_PAGE: Final = 8
LONGEST_LABEL: Final = 60
NAME_SHOWN: Final = 60


def short(text: str, limit: int = NAME_SHOWN) -> str:
    """One harmless line of at most about `limit` characters, for texts."""
    return isolated(shortened(tidy(text), limit))


def label(text: str) -> str:
    """A button's label: never empty, never too long."""
    return isolated_words(shortened(tidy(text), LONGEST_LABEL)) or "—"


def tag_number(tag: str) -> int:
    """A tag as it travels in a button: it has no number of its own, and its name may not fit."""
    return crc32(tag.encode("utf-8", "surrogatepass"))


def back(lang: str, action: str, id: int = 0, x: int = 0) -> tuple[Button, ...]:
    return (button(plain("back", lang), action, id=id, x=x),)


def pages(lang: str, action: str, page: int, total: int, *, id: int = 0) -> tuple[tuple[Button, ...], ...]:
    """The row that turns pages, when there is more than one."""
    last = last_page(total)
    if last == 0:
        return ()
    row = []
    if page > 0:
        row.append(button(plain("page.before", lang), action, id=id, x=page - 1))
    row.append(button(plain("page.now", lang, page=page + 1, pages=last + 1), action, id=id, x=page))
    if page < last:
        row.append(button(plain("page.after", lang), action, id=id, x=page + 1))
    return (tuple(row),)


def last_page(total: int) -> int:
    return max(total - 1, 0) // A_PAGE


def page_of(args: Args, total: int) -> int:
    """The page asked for, or the last there is now."""
    return min(max(int(args.get("page", 0)), 0), last_page(total))


def moment(at: datetime, *, now: datetime, zone: str) -> str:
    """`14:05` today, `3 Dec 14:05` this year, `3 Dec 2029` before."""
    there, today = at.astimezone(ZoneInfo(zone)), now.astimezone(ZoneInfo(zone))
    if there.date() == today.date():
        return f"{there:%H:%M}"
    day = f"{there.day} {there:%b}"
    return f"{day} {there:%H:%M}" if there.year == today.year else f"{day} {there.year}"


def dated(at: datetime, *, zone: str, lang: str) -> str:
    """`3 Dec 2029 14:05`, whenever that was: for what has to be proved."""
    return f"{on_day(at, zone, lang)} {at.astimezone(ZoneInfo(zone)):%H:%M}"


def ask(
    scene: Scene,
    kind: str,
    *,
    leave: str,
    id: int = 0,
    args: Mapping[str, Any] | None = None,
    values: Mapping[str, Any] | None = None,
    came: Any = None,
) -> Go:
    """Open the question `ask.<kind>`: the next text goes to the text answer `kind`; Back goes to `leave`.
    `came`: where the operator came from, to be remembered meanwhile."""
    shown = {"kind": kind, "leave": leave, "id": id, "values": dict(values or {})}
    return Go(
        screen="contacts.ask",
        args=shown if came is None else {**shown, "from": came},
        prompt=Prompt(chat_id=scene.chat_id, kind=kind, args={"id": id, **(args or {})}),
    )


@screen("contacts.ask", needs=Right.READ)
async def asked(scene: Scene, args: Args) -> View:
    """Shown to whoever may answer."""
    scene.must(RULES[Door.TEXT, args["kind"]])
    lang = scene.workspace.language
    values = {key: short(value) if isinstance(value, str) else value for key, value in args["values"].items()}
    text = say(f"ask.{args['kind']}", lang, **values)
    return View(text=text, rows=(back(lang, args["leave"], id=args["id"]),))


async def note_contact(
    scene: Scene, what: str, contact: Contact, *, before: Args | None = None, after: Args | None = None
) -> None:
    """In the activity log, by their name; never by their number."""
    about = contact.name or plain("log.somebody", scene.language)
    await scene.log(Topic.CONTACTS, what, about=about, before=before, after=after, contact_id=contact.id)


async def panel_args(scene: Scene, *screens: str) -> Args:
    """What the chat looks at now, if it is one of those screens; what was said above it is left out."""
    panel = await scene.unit.chat.panel(scene.chat_id)
    if panel is None or panel.screen not in screens:
        return {}
    return {key: value for key, value in panel.args.items() if key != "note"}


def said(args: Args, sentence: str) -> dict[str, Any]:
    """`args` with a sentence shown above the screen, for answers to texts."""
    return {**args, "note": sentence}


def lines(*parts: Sequence[str] | str) -> str:
    """Sentences under each other; empty ones left out."""
    flat = [part for group in parts for part in ([group] if isinstance(group, str) else group)]
    return "\n".join(part for part in flat if part)
