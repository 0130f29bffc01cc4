"""Automation rules: the list in their order, one rule with what becomes of it, and whom it served."""

from dataclasses import replace
from typing import Final

from bot.chat.view import Button, View, button
from bot.screens.base import Args, Go, Scene, action, command, screen
from bot.screens.campaign_words import moment, zone_of
from bot.screens.contacts_parts import A_PAGE, back, label, lines, page_of, pages, short
from bot.screens.rules_words import does_lines, does_plain, terms_lines, when_plain, when_words
from bot.texts import Html, count, plain, say
from domain.automation.model import Rule, RuleId, check, check_number
from domain.automation.ports import KeptRule
from domain.campaigns import template
from domain.kernel.errors import Conflict, NotFound
from domain.operators.activity import Topic
from domain.operators.model import Right

#: So many columns are named where one is not known.
MOST_NAMED: Final = 20


async def rules_of(scene: Scene, *counted: int) -> list[KeptRule]:
    """In their order. Hits are counted of those alone: a rule may have very many."""
    ids = [RuleId(id) for id in counted]
    return list(await scene.unit.rules.kept(scene.workspace.id, counted=ids))


async def held(scene: Scene) -> list[KeptRule]:
    """The same while nobody else can change or add one."""
    await scene.unit.operators.members(scene.workspace.id, lock=True)
    return await rules_of(scene)


def one_of(kept: list[KeptRule], id: int) -> tuple[int, KeptRule]:
    """With its place, counted from 0. Raises NotFound."""
    for place, one in enumerate(kept):
        if one.rule.id == id:
            return place, one
    raise NotFound(what="rule")


async def known_fields(scene: Scene) -> list[str]:
    """What may stand in a blank of an answer, beside what a pattern catches."""
    names = ["name", "number"]
    more = await scene.unit.contacts.field_names(scene.workspace.id)
    return names + [name for name in more if template.field_key(name) not in names]


async def checked(scene: Scene, rule: Rule) -> None:
    """Raises what is wrong with it. One that is off may do nothing yet."""
    known = await known_fields(scene)
    try:
        check(rule if rule.is_on else replace(rule, hand_over=True), known)
    except template.UnknownField as error:
        raise template.UnknownField(field=error.data["field"], known=known[:MOST_NAMED]) from None


async def add(scene: Scene, rule: Rule) -> RuleId:
    """As the last. Raises TooManyRules, TooManyPatterns, and what is wrong with it."""
    before = [one.rule for one in await held(scene)]
    check_number([*before, rule])
    await checked(scene, rule)
    id = await scene.unit.rules.add(scene.workspace.id, rule, at=scene.now)
    await note(scene, "added", rule)
    return id


async def save(scene: Scene, before: KeptRule, rule: Rule, *, expected: int, what: str = "changed") -> None:
    """In place of what stood there. Raises Conflict, and what is wrong with it."""
    if expected != before.version:
        raise Conflict(what="rule")
    await checked(scene, rule)
    await scene.unit.rules.change(scene.workspace.id, rule, expected=expected, at=scene.now)
    await note(scene, what, rule)


async def note(scene: Scene, what: str, rule: Rule) -> None:
    await scene.log(Topic.SETTINGS, f"rule.{what}", about=when_plain(rule, scene.language))


# -- the list ------------------------------------------------------------------------------------------


@command("rules", needs=Right.READ)
async def rules_command(scene: Scene) -> Go:
    return Go(screen="rules")


@action("rules", needs=Right.READ)
async def go_rules(scene: Scene) -> Go:
    return Go(screen="rules", args={"page": scene.press.x})


@screen("rules", needs=Right.READ)
async def rules_screen(scene: Scene, args: Args) -> View:
    lang, kept = scene.workspace.language, await rules_of(scene)
    page = page_of(args, len(kept))
    first = page * A_PAGE
    kept = await rules_of(scene, *(one.rule.id for one in kept[first : first + A_PAGE]))
    rows: list[tuple[Button, ...]] = [
        (button(_label(place, one, lang), "rl.open", id=one.rule.id),)
        for place, one in enumerate(kept[first : first + A_PAGE], first + 1)
    ]
    rows.extend(pages(lang, "rules", page, len(kept)))
    more = [button(plain("rules.new", lang), "rl.new")]
    if kept:
        more.append(button(plain("rules.try", lang), "rl.try"))
    text = say("rules", lang) if kept else say(scene.worded("rules.none"), lang)
    return View(text=text, rows=(*rows, tuple(more), back(lang, "settings")))


def _label(place: int, one: KeptRule, lang: str) -> str:
    """`🟢 1. has “price” → answer · 42`."""
    shown = plain(
        "rules.label", lang, mark=plain("rule.on" if one.rule.is_on else "rule.off", lang), place=place,
        when=when_plain(one.rule, lang), does=does_plain(one.rule, lang), hits=one.hits,
    )  # fmt: skip
    return label(shown)


# -- one rule ------------------------------------------------------------------------------------------


@action("rl.open", needs=Right.READ)
async def open_rule(scene: Scene) -> Go:
    return Go(screen="rule", args={"id": scene.press.id})


@screen("rule", needs=Right.READ)
async def rule_screen(scene: Scene, args: Args) -> View:
    lang, kept = scene.workspace.language, await rules_of(scene, args["id"])
    place, one = one_of(kept, args["id"])
    rule, id = one.rule, one.rule.id
    text = lines(
        say("rule", lang, place=place + 1, rules=len(kept), state=_state(scene, rule)), " ",
        in_words(rule, lang), " ", _served(scene, one),
    )  # fmt: skip
    turn = button(plain("rule.turn_off", lang), "rl.off", id, one.version)
    if not rule.is_on:
        turn = button(plain("rule.turn_on", lang), "rl.on", id, one.version)
    rows: list[tuple[Button, ...]] = [
        (turn, button(plain("rules.try", lang), "rl.try", id)),
        (button(plain("rule.change", lang), "rl.edit", id),),
    ]
    around = []
    if place > 0:
        around.append(button(plain("rule.up", lang), "rl.up", id, one.version))
    if place < len(kept) - 1:
        around.append(button(plain("rule.down", lang), "rl.down", id, one.version))
    rows += [tuple(around)] if around else []
    if one.hits:
        rows.append((button(plain("rule.hits", lang, hits=one.hits), "rl.hits", id),))
    rows.append((button(plain("rule.delete", lang), "rl.delete", id),))
    return View(text=text, rows=(*rows, back(lang, "rules", x=place // A_PAGE)))


def _state(scene: Scene, rule: Rule) -> Html:
    return say("rule.is_on" if rule.is_on else scene.worded("rule.is_off"), scene.language)


def in_words(rule: Rule, lang: str) -> str:
    """`When a message contains “price”: …`, and under which terms."""
    when = say("rule.when", lang, when=when_words(rule, lang))
    return lines(when, does_lines(rule, lang), " ", terms_lines(rule, lang))


def _served(scene: Scene, one: KeptRule) -> str:
    lang = scene.workspace.language
    if one.last_hit is None:
        return say("rule.never", lang)
    when = moment(one.last_hit, zone_of(scene.workspace), scene.now, lang)
    return say("rule.served", lang, times=count(one.hits, "time", "times"), when=when)


async def _turn(scene: Scene, *, on: bool) -> Go:
    _, one = one_of(await held(scene), scene.press.id)
    what = "on" if on else "off"
    await save(scene, one, replace(one.rule, is_on=on), expected=scene.press.rev, what=what)
    return Go(screen="rule", args={"id": one.rule.id}, toast=plain(f"rule.turned_{what}", scene.language))


@action("rl.on", needs=Right.WORK)
async def turn_on(scene: Scene) -> Go:
    return await _turn(scene, on=True)


@action("rl.off", needs=Right.WORK)
async def turn_off(scene: Scene) -> Go:
    return await _turn(scene, on=False)


async def _move(scene: Scene, *, up: bool) -> Go:
    _, one = one_of(await held(scene), scene.press.id)
    space, id = scene.workspace.id, one.rule.id
    if await scene.unit.rules.move(space, id, up=up, expected=scene.press.rev, at=scene.now):
        await note(scene, "moved", one.rule)
    return Go(screen="rule", args={"id": id})


@action("rl.up", needs=Right.WORK)
async def move_up(scene: Scene) -> Go:
    return await _move(scene, up=True)


@action("rl.down", needs=Right.WORK)
async def move_down(scene: Scene) -> Go:
    return await _move(scene, up=False)


@action("rl.delete", needs=Right.WORK)
async def ask_delete(scene: Scene) -> Go:
    one_of(await rules_of(scene), scene.press.id)
    return Go(screen="rule.delete", args={"id": scene.press.id})


@screen("rule.delete", needs=Right.WORK)
async def delete_screen(scene: Scene, args: Args) -> View:
    lang = scene.workspace.language
    _, one = one_of(await rules_of(scene, args["id"]), args["id"])
    id = one.rule.id
    text = say("rule.delete.ask", lang, when=when_words(one.rule, lang), served=_served(scene, one))
    rows = (
        (button(plain("rule.delete.keep", lang), "rl.open", id),),
        (button(plain("rule.delete.do", lang), "rl.deletex", id, one.version),),
    )
    return View(text=text, rows=(*rows, back(lang, "rl.open", id)))


@action("rl.deletex", needs=Right.WORK)
async def delete(scene: Scene) -> Go:
    _, one = one_of(await held(scene), scene.press.id)
    await scene.unit.rules.remove(scene.workspace.id, one.rule.id, expected=scene.press.rev)
    await note(scene, "deleted", one.rule)
    return Go(screen="rules", toast=plain("rule.deleted", scene.language))


# -- whom it served ------------------------------------------------------------------------------------


@action("rl.hits", needs=Right.READ)
async def go_hits(scene: Scene) -> Go:
    one_of(await rules_of(scene), scene.press.id)
    return Go(screen="rule.hits", args={"id": scene.press.id, "page": scene.press.x})


@screen("rule.hits", needs=Right.READ)
async def hits_screen(scene: Scene, args: Args) -> View:
    lang, space = scene.workspace.language, scene.workspace
    _, one = one_of(await rules_of(scene, args["id"]), args["id"])
    page = page_of(args, one.hits)
    hits, total = await scene.unit.rules.hits(space.id, one.rule.id, offset=page * A_PAGE, limit=A_PAGE)
    rows = tuple(
        (
            button(
                label(f"{moment(hit.at, zone_of(space), scene.now, lang)} · {short(hit.name) or hit.number}"),
                "talk", hit.conversation_id,
            ),
        )
        for hit in hits
    )  # fmt: skip
    key = "rule.hits.list" if hits else "rule.never"
    text = lines(say("rule.when", lang, when=when_words(one.rule, lang)), " ", say(key, lang))
    turning = pages(lang, "rl.hits", page, total, id=one.rule.id)
    return View(text=text, rows=(*rows, *turning, back(lang, "rl.open", one.rule.id)))
