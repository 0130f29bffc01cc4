"""A new rule, or an old one that waits for something else: the kind, and the words."""

from dataclasses import replace

from bot.chat.view import View, button
from bot.screens.base import Args, Go, Scene, action, screen, text_answer
from bot.screens.contacts_parts import ask, back, lines
from bot.screens.rules import add, held, one_of, rules_of, save
from bot.screens.rules_words import KINDS
from bot.texts import plain, say
from domain.automation.model import WITH_WORDS, Rule, RuleId, When, check_number
from domain.kernel.errors import NotFound
from domain.operators.chat import Prompt
from domain.operators.model import Right


def kind_of(number: int) -> When:
    """Raises NotFound."""
    if not 0 <= number < len(KINDS):
        raise NotFound()
    return KINDS[number]


def blank(when: When, words: str = "") -> Rule:
    """As it begins: off, so that nobody is answered by half a rule."""
    return Rule(id=RuleId(0), position=0, when=when, words=words, is_on=False)


@action("rl.new", needs=Right.WORK)
async def new_rule(scene: Scene) -> Go:
    """Refused before anything is typed where there is no room for one more."""
    check_number([*(one.rule for one in await rules_of(scene)), blank(When.ANY)])
    return Go(screen="rule.kind")


@action("rl.when", needs=Right.WORK)
async def another_kind(scene: Scene) -> Go:
    one_of(await rules_of(scene), scene.press.id)
    return Go(screen="rule.kind", args={"id": scene.press.id})


@screen("rule.kind", needs=Right.WORK)
async def kind_screen(scene: Scene, args: Args) -> View:
    """Without `id` of a new one."""
    lang, id = scene.workspace.language, int(args.get("id", 0))
    if id:
        one_of(await rules_of(scene), id)
    told = [say(f"rule.kind.{kind.value}", lang) for kind in KINDS]
    rows = tuple(
        (button(plain(f"rule.kind.button.{kind.value}", lang), "rl.kind", id, x=n),)
        for n, kind in enumerate(KINDS)
    )
    leave = back(lang, "rl.edit", id) if id else back(lang, "rules")
    return View(text=lines(say("rule.kinds", lang), " ", told), rows=(*rows, leave))


@action("rl.kind", needs=Right.WORK)
async def choose_kind(scene: Scene) -> Go:
    kind, id = kind_of(scene.press.x), scene.press.id
    if id:
        one_of(await rules_of(scene), id)
    if kind in WITH_WORDS:
        if kind is When.REGEX and not id:
            check_number([*(one.rule for one in await rules_of(scene)), blank(kind)])
        return _ask_words(scene, id, kind)
    if not id:
        return Go(screen="rule.does", args={"id": await add(scene, blank(kind))})
    _, one = one_of(await held(scene), id)
    await save(scene, one, replace(one.rule, when=kind, words=""), expected=one.version)
    return Go(screen="rule.edit", args={"id": id})


@action("rl.words", needs=Right.WORK)
async def other_words(scene: Scene) -> Go:
    """A button of before may be of a rule that waits for no words any more."""
    _, one = one_of(await rules_of(scene), scene.press.id)
    if one.rule.when not in WITH_WORDS:
        return Go(screen="rule.edit", args={"id": one.rule.id})
    return _ask_words(scene, one.rule.id, one.rule.when)


def _ask_words(scene: Scene, id: int, kind: When) -> Go:
    return ask(scene, f"rules.{kind.value}", leave="rl.when" if id else "rl.new", id=id)


async def _take(scene: Scene, prompt: Prompt, kind: When, words: str) -> Go:
    id = int(prompt.args["id"])
    if not id:
        made = await add(scene, blank(kind, words))
        return Go(screen="rule.does", args={"id": made})
    kept = await held(scene)
    _, one = one_of(kept, id)
    changed = replace(one.rule, when=kind, words=words)
    check_number([changed if other.rule.id == id else other.rule for other in kept])
    await save(scene, one, changed, expected=one.version)
    return Go(screen="rule.edit", args={"id": id})


@text_answer("rules.contains", needs=Right.WORK)
async def take_part(scene: Scene, prompt: Prompt, text: str) -> Go:
    return await _take(scene, prompt, When.CONTAINS, " ".join(text.split()))


@text_answer("rules.equals", needs=Right.WORK)
async def take_whole(scene: Scene, prompt: Prompt, text: str) -> Go:
    return await _take(scene, prompt, When.EQUALS, " ".join(text.split()))


@text_answer("rules.regex", needs=Right.WORK)
async def take_pattern(scene: Scene, prompt: Prompt, text: str) -> Go:
    """A pattern that is refused is refused with its place, and asked for again."""
    return await _take(scene, prompt, When.REGEX, text.strip())


@screen("rule.does", needs=Right.WORK)
async def does_screen(scene: Scene, args: Args) -> View:
    """What a new rule is to do, first of all."""
    lang = scene.workspace.language
    place, one = one_of(await rules_of(scene), args["id"])
    id = one.rule.id
    rows = (
        (
            button(plain("rule.to.text", lang), "rl.text", id),
            button(plain("rule.to.file", lang), "rl.file", id),
        ),
        (button(plain("rule.to.tag", lang), "rl.tag", id),),
        (button(plain("rule.to.hand", lang), "rl.hand", id, one.version),),
        (button(plain("rule.to.stop", lang), "rl.stop", id, one.version),),
    )
    return View(text=say("rule.does", lang, place=place + 1), rows=(*rows, back(lang, "rl.open", id)))
