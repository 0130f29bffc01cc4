"""Everybody who has written: unread first, a page at a time, searched by name or number."""

from collections.abc import Sequence
from typing import Final

from bot.chat.view import Button, View, button
from bot.screens.base import Args, Go, Scene, action, command, screen, text_answer
from bot.screens.contacts_parts import A_PAGE, ask, back, label, page_of, pages, short
from bot.screens.talk_parts import name_of, our_numbers
from bot.texts import Html, count, has, plain, say
from domain.contacts import service
from domain.conversations.model import Conversation, ConversationState
from domain.operators.chat import Prompt
from domain.operators.model import Right

WHICH: Final = ("open", "all", "done")
_STATES: Final = {"open": ConversationState.OPEN, "all": None, "done": ConversationState.DONE}


@action("inbox", needs=Right.READ)
async def go_inbox(scene: Scene) -> Go:
    """`rev`: which of them; `x`: the page."""
    return Go(screen="inbox", args={"which": scene.press.rev % len(WHICH), "page": scene.press.x})


@command("inbox", needs=Right.READ)
async def inbox_command(scene: Scene) -> Go:
    return Go(screen="inbox")


@screen("inbox", needs=Right.READ)
async def inbox(scene: Scene, args: Args) -> View:
    lang, chosen = scene.workspace.language, int(args.get("which", 0)) % len(WHICH)
    which = WHICH[chosen]
    page = max(int(args.get("page", 0)), 0)
    talks, total = await _page(scene, which, page)
    page = page_of(args, total)
    unread = await scene.unit.conversations.unread(scene.workspace.id)
    fresh = say("inbox.unread", lang, people=count(unread, "person", "people")) if unread else Html("")
    how_many = count(total, "conversation", "conversations")
    key = f"inbox.{which}" if total else f"inbox.{which}.none"
    text = say(key, lang, total=how_many, unread=fresh)
    rows = await _talk_rows(scene, talks)
    turn = pages(lang, "inbox", page, total)
    rows += [tuple(_with_rev(one, chosen) for one in row) for row in turn]
    others = [
        button(plain(f"inbox.show.{name}", lang), "inbox", rev=n)
        for n, name in enumerate(WHICH)
        if n != chosen
    ]
    rows.append((button(plain("inbox.find", lang), "inbox.find"), *others))
    if scene.chat_id < 0:
        rows.append((button(plain("settings.topics", lang), "tp"),))
    return View(text=text, rows=(*rows, back(lang, "home")))


async def _page(scene: Scene, which: str, page: int) -> tuple[Sequence[Conversation], int]:
    return await scene.unit.conversations.page(
        scene.workspace.id, _STATES[which], offset=page * A_PAGE, limit=A_PAGE
    )


def _with_rev(one: Button, chosen: int) -> Button:
    return button(one.label, one.press.action, rev=chosen, x=one.press.x)


async def _talk_rows(scene: Scene, talks: Sequence[Conversation]) -> list[tuple[Button, ...]]:
    ours = await our_numbers(scene.unit, scene.workspace.id, talks)
    rows: list[tuple[Button, ...]] = []
    for talk in talks:
        words = short(talk.last_text, 30) or await _wordless(scene, talk)
        said = _label(talk, words, ours.get(talk.account_id, ""))
        rows.append((button(label(said), "talk", id=talk.id),))
    return rows


async def _wordless(scene: Scene, talk: Conversation) -> str:
    """What they sent without a word: `📄 menu.pdf`, `📷 Picture`."""
    lang = scene.workspace.language
    if talk.newest is None:
        return plain("inbox.sent.other", lang)
    reply = await scene.unit.tellings.reply(talk.newest)
    named = "" if reply.attachment is None else short(reply.attachment.filename, 30)
    if reply.media == "document" and named:
        return plain("inbox.sent.file", lang, name=named)
    key = f"inbox.sent.{reply.media}"
    return plain(key if has(key) else "inbox.sent.other", lang)


def _label(talk: Conversation, words: str, ours: str) -> str:
    """`words`: what they sent last. `ours`: which of our numbers they wrote to, where there are several."""
    marks = ("🙋" if talk.is_handed else "") + ("🔕" if talk.is_muted else "")
    unread = f"🔵 {talk.unread} · " if talk.unread else ""
    whose = f"{name_of(talk, 24)} → {ours}" if ours else name_of(talk, 24)
    return f"{marks}{unread}{whose} · {words}"


# -- search ------------------------------------------------------------------------------------------


@action("inbox.find", needs=Right.READ)
async def ask_find(scene: Scene) -> Go:
    return ask(scene, "inbox.find", leave="inbox")


@text_answer("inbox.find", needs=Right.READ)
async def find(scene: Scene, prompt: Prompt, text: str) -> Go:
    """Words that find nobody leave the question open for others."""
    words = service.search_words(text)
    some = await scene.unit.conversations.search(scene.workspace.id, words, offset=0, limit=1)
    return Go(screen="inbox.found", args={"text": words, "page": 0}, prompt=None if some else prompt)


@screen("inbox.found", needs=Right.READ)
async def found(scene: Scene, args: Args) -> View:
    lang, words, page = scene.workspace.language, str(args.get("text", "")), max(int(args.get("page", 0)), 0)
    some = await scene.unit.conversations.search(
        scene.workspace.id, words, offset=page * A_PAGE, limit=A_PAGE + 1
    )
    key = "inbox.found" if some else "inbox.found.none"
    turn: list[Button] = []
    if page:
        turn.append(button(plain("page.before", lang), "inbox.found", x=page - 1))
    if len(some) > A_PAGE:
        turn.append(button(plain("page.after", lang), "inbox.found", x=page + 1))
    rows = [*await _talk_rows(scene, some[:A_PAGE]), *((tuple(turn),) if turn else ())]
    return View(text=say(key, lang, text=short(words)), rows=(*rows, back(lang, "inbox")))


@action("inbox.found", needs=Right.READ)
async def turn_found(scene: Scene) -> Go:
    """The words do not fit in a button: the panel has them."""
    panel = await scene.unit.chat.panel(scene.chat_id)
    if panel is None or panel.screen != "inbox.found":
        return Go(screen="inbox")
    return Go(screen="inbox.found", args={"text": panel.args.get("text", ""), "page": scene.press.x})


async def inbox_button(scene: Scene) -> Button:
    unread = await scene.unit.conversations.unread(scene.workspace.id)
    key = "inbox.button.unread" if unread else "inbox.button"
    return button(plain(key, scene.language, unread=unread), "inbox")
