"""The words that stop messages, and those that bring somebody back: a list a language, and the shop's own."""

import re
from collections.abc import Sequence
from html import escape
from typing import Final

from bot.chat.view import Button, View, button
from bot.screens.base import Args, Go, Scene, action, screen, text_answer
from bot.screens.contacts_parts import ask, back, label, said, short, tag_number
from bot.texts import Html, plain, say
from domain.contacts.stop_words import LANGUAGES, OWN, Heard, Vocabulary
from domain.kernel.errors import NotFound
from domain.operators.activity import Topic
from domain.operators.chat import Prompt
from domain.operators.model import Right

LISTS: Final = (*LANGUAGES, OWN)
KINDS: Final = (Heard.STOP, Heard.START)
A_ROW: Final = 2
#: What stands between two words that are typed at once.
_BETWEEN: Final = re.compile(r"[,;،\n]")


def number_of(kind: Heard, language: str) -> int:
    """A list as it travels in a button."""
    return tag_number(f"{kind} {language}")


_LIST_OF: Final = {number_of(kind, language): (kind, language) for kind in KINDS for language in LISTS}


def list_of(number: int) -> tuple[Heard, str]:
    """Raises NotFound."""
    if number not in _LIST_OF:
        raise NotFound()
    return _LIST_OF[number]


def name_of(language: str, lang: str) -> str:
    return plain(f"words.in.{language}", lang)


@action("words", needs=Right.READ)
async def go_words(scene: Scene) -> Go:
    return Go(screen="words", args={"kind": scene.press.x})


@screen("words", needs=Right.READ)
async def words_screen(scene: Scene, args: Args) -> View:
    lang = scene.workspace.language
    kind = KINDS[int(args.get("kind", 0)) % len(KINDS)]
    vocabulary = await scene.unit.words.of(scene.workspace.id)
    lists = [_open(vocabulary, kind, language, lang) for language in LISTS]
    rows: list[tuple[Button, ...]] = [tuple(lists[n : n + A_ROW]) for n in range(0, len(lists), A_ROW)]
    other = KINDS.index(kind) ^ 1
    rows.append((button(plain(f"words.to.{KINDS[other].value}", lang), "words", x=other),))
    return View(text=say(f"words.{kind.value}", lang), rows=(*rows, back(lang, "settings")))


def _open(vocabulary: Vocabulary, kind: Heard, language: str, lang: str) -> Button:
    shown = plain(
        "words.label", lang, name=name_of(language, lang), size=len(vocabulary.listed(kind, language)),
        mark="✏️" if language != OWN and vocabulary.is_edited(kind, language) else "",
    )  # fmt: skip
    return button(label(shown), "words.list", id=number_of(kind, language))


@action("words.list", needs=Right.READ)
async def go_list(scene: Scene) -> Go:
    list_of(scene.press.id)
    return Go(screen="words.list", args={"list": scene.press.id})


@screen("words.list", needs=Right.READ)
async def list_screen(scene: Scene, args: Args) -> View:
    lang, number = scene.workspace.language, int(args["list"])
    kind, language = list_of(number)
    vocabulary = await scene.unit.words.of(scene.workspace.id)
    listed = vocabulary.listed(kind, language)
    text = say(
        f"words.list.{kind.value}", lang, name=name_of(language, lang),
        words=Html(" · ".join(escape(short(word)) for word in listed)) or plain("words.list.none", lang),
    )  # fmt: skip
    edit: list[Button] = [button(plain("words.add", lang), "words.add", id=number)]
    if listed:
        edit.append(button(plain("words.take", lang), "words.take", id=number))
    rows: list[tuple[Button, ...]] = [tuple(edit)]
    if vocabulary.is_edited(kind, language) and language != OWN:
        rows.append((button(plain("words.reset", lang), "words.reset", id=number),))
    return View(text=text, rows=(*rows, back(lang, "words", x=KINDS.index(kind))))


# -- editing -----------------------------------------------------------------------------------------


def _ask(scene: Scene, what: str) -> Go:
    _, language = list_of(scene.press.id)
    values = {"name": name_of(language, scene.workspace.language)}
    return ask(scene, f"words.{what}", leave="words.list", id=scene.press.id, values=values)


@action("words.add", needs=Right.WORK)
async def ask_add(scene: Scene) -> Go:
    return _ask(scene, "add")


@action("words.take", needs=Right.WORK)
async def ask_take(scene: Scene) -> Go:
    return _ask(scene, "take")


def typed(text: str) -> Sequence[str]:
    return [word for part in _BETWEEN.split(text) if (word := " ".join(part.split()))]


@text_answer("words.add", needs=Right.WORK)
async def add(scene: Scene, prompt: Prompt, text: str) -> Go:
    """All of them, or none where one is refused."""
    kind, language = list_of(prompt.args["id"])
    before = await _held(scene)
    after = before
    for word in typed(text):
        after = after.with_word(kind, language, word)
    return await _save(scene, prompt.args["id"], before, after, "added")


@text_answer("words.take", needs=Right.WORK)
async def take(scene: Scene, prompt: Prompt, text: str) -> Go:
    kind, language = list_of(prompt.args["id"])
    before = await _held(scene)
    after = before
    for word in typed(text):
        after = after.without_word(kind, language, word)
    return await _save(scene, prompt.args["id"], before, after, "taken")


@action("words.reset", needs=Right.WORK)
async def reset(scene: Scene) -> Go:
    kind, language = list_of(scene.press.id)
    before = await _held(scene)
    return await _save(scene, scene.press.id, before, before.as_it_was(kind, language), "reset")


async def _held(scene: Scene) -> Vocabulary:
    """As it stands while nobody else can change another of its lists."""
    await scene.unit.operators.members(scene.workspace.id, lock=True)
    return await scene.unit.words.of(scene.workspace.id)


async def _save(scene: Scene, number: int, before: Vocabulary, after: Vocabulary, done: str) -> Go:
    lang = scene.workspace.language
    kind, language = list_of(number)
    if after == before:
        return Go(screen="words.list", args=said({"list": number}, say(f"words.{done}.not", lang)))
    await scene.unit.words.save(scene.workspace.id, after)
    was, now = before.listed(kind, language), after.listed(kind, language)
    changed = {
        "added": [word for word in now if word not in was],
        "taken": [word for word in was if word not in now],
    }
    await scene.log(
        Topic.SETTINGS, f"words.{done}", about=name_of(language, lang),
        after={name: ", ".join(some) for name, some in changed.items() if some},
    )  # fmt: skip
    return Go(screen="words.list", args=said({"list": number}, say("settings.saved", lang)))
