"""Everything about a rule that can be changed: what it does, and under which terms."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from bot.chat.view import Button, View, button
from bot.screens.base import Args, Go, Scene, Upload, action, file_answer, screen, text_answer
from bot.screens.contacts_parts import ask, back, lines, said
from bot.screens.draft_message import MediaWanted, blanks
from bot.screens.rules import held, in_words, known_fields, one_of, rules_of, save
from bot.screens.rules_words import dates_words, read_dates, read_rest, rest_words
from bot.texts import plain, say
from domain.accounts.model import Channel
from domain.automation.model import WITH_WORDS, Rule, When
from domain.automation.patterns import pattern
from domain.contacts.service import clean_tag
from domain.delivery.content import Media, MediaKind
from domain.delivery.media_limits import check_media
from domain.operators.chat import Prompt
from domain.operators.model import Right

#: Minutes, as they travel in buttons.
RESTS: Final = (0, 10, 60, 12 * 60, 24 * 60, 7 * 24 * 60)
_SOUNDS: Final = frozenset({MediaKind.AUDIO, MediaKind.VOICE})


@action("rl.edit", needs=Right.WORK)
async def edit(scene: Scene) -> Go:
    one_of(await rules_of(scene), scene.press.id)
    return Go(screen="rule.edit", args={"id": scene.press.id})


@screen("rule.edit", needs=Right.WORK)
async def edit_screen(scene: Scene, args: Args) -> View:
    lang = scene.workspace.language
    _, one = one_of(await rules_of(scene), args["id"])
    rule, id, rev = one.rule, one.rule.id, one.version
    first = [button(plain("rule.edit.when", lang), "rl.when", id)]
    if rule.when in WITH_WORDS:
        first.append(button(plain("rule.edit.words", lang), "rl.words", id))
    answer = [
        button(plain("rule.edit.caption" if rule.media else "rule.edit.text", lang), "rl.text", id),
        button(plain("rule.edit.file", lang), "rl.file", id),
    ]
    rows: list[tuple[Button, ...]] = [tuple(first), tuple(answer)]
    if rule.answers:
        rows.append((button(plain("rule.edit.noanswer", lang), "rl.noanswer", id, rev),))
    tag = [button(plain("rule.edit.tag", lang), "rl.tag", id)]
    if rule.tag:
        tag.append(button(plain("rule.edit.notag", lang), "rl.notag", id, rev))
    rows.append(tuple(tag))
    rows += [
        (_tick(lang, "hand", id, rev, on=rule.hand_over), _tick(lang, "stop", id, rev, on=rule.opt_out)),
        (
            _tick(lang, "end", id, rev, on=rule.stop_here),
            _tick(lang, "hours", id, rev, on=rule.only_in_hours),
        ),
    ]
    rest = plain("rule.edit.rest", lang, rest=rest_words(rule.cooldown, lang))
    dates = plain("rule.edit.dates", lang, dates=dates_words(rule.valid_from, rule.valid_until, lang))
    rows += [(button(rest, "rl.rest", id),), (button(dates, "rl.dates", id),)]
    return View(text=in_words(rule, lang), rows=(*rows, back(lang, "rl.open", id)))


def _tick(lang: str, what: str, id: int, rev: int, *, on: bool) -> Button:
    mark = plain("rule.ticked" if on else "rule.unticked", lang)
    return button(plain(f"rule.tick.{what}", lang, mark=mark), f"rl.{what}", id, rev)


async def _press(scene: Scene, **changes: Any) -> Go:
    """A tap that changes the rule it was drawn for."""
    _, one = one_of(await held(scene), scene.press.id)
    await save(scene, one, replace(one.rule, **changes), expected=scene.press.rev)
    panel = await scene.unit.chat.panel(scene.chat_id)
    is_new = panel is not None and panel.screen == "rule.does"
    return Go(screen="rule" if is_new else "rule.edit", args={"id": one.rule.id})


async def _flip(scene: Scene, flag: str) -> Go:
    _, one = one_of(await rules_of(scene), scene.press.id)
    return await _press(scene, **{flag: not getattr(one.rule, flag)})


@action("rl.hand", needs=Right.WORK)
async def flip_hand(scene: Scene) -> Go:
    return await _flip(scene, "hand_over")


@action("rl.stop", needs=Right.WORK)
async def flip_opt_out(scene: Scene) -> Go:
    return await _flip(scene, "opt_out")


@action("rl.end", needs=Right.WORK)
async def flip_stop_here(scene: Scene) -> Go:
    return await _flip(scene, "stop_here")


@action("rl.hours", needs=Right.WORK)
async def flip_hours(scene: Scene) -> Go:
    return await _flip(scene, "only_in_hours")


@action("rl.noanswer", needs=Right.WORK)
async def drop_answer(scene: Scene) -> Go:
    return await _press(scene, text="", media=None)


@action("rl.notag", needs=Right.WORK)
async def drop_tag(scene: Scene) -> Go:
    return await _press(scene, tag="")


# -- what is typed or sent -----------------------------------------------------------------------------


async def _set(scene: Scene, prompt: Prompt, **changes: Any) -> Rule:
    """An answer to a question: it changes that alone, whatever else has been changed since it was asked."""
    _, one = one_of(await held(scene), prompt.args["id"])
    changed = replace(one.rule, **changes)
    await _must_fit(scene, changed)
    await save(scene, one, changed, expected=one.version)
    return changed


def _done(scene: Scene, rule: Rule) -> Go:
    """A rule that is off is shown with its switch."""
    sentence = say("settings.saved", scene.language)
    return Go(screen="rule.edit" if rule.is_on else "rule", args=said({"id": rule.id}, sentence))


async def _must_fit(scene: Scene, rule: Rule) -> None:
    """Raises what the official channel would refuse about a file, where answers may leave over it."""
    if rule.media is None:
        return
    accounts = await scene.unit.accounts.of_workspace(scene.workspace.id)
    if any(account.channel is Channel.CLOUD for account in accounts):
        check_media(rule.media, caption=rule.text)


def _asking(scene: Scene, name: str, id: int, **args: Any) -> Go:
    """A screen of its own, where something may be typed as well."""
    prompt = Prompt(chat_id=scene.chat_id, kind=f"rules.{name}", args={"id": id})
    return Go(screen=f"rule.{name}", args={"id": id, **args}, prompt=prompt)


def _leave(rule: Rule) -> str:
    """Back to where a rule is changed; to its card while it does nothing yet and is still being made."""
    return "rl.edit" if rule.does_something else "rl.open"


@action("rl.text", needs=Right.WORK)
async def ask_text(scene: Scene) -> Go:
    one_of(await rules_of(scene), scene.press.id)
    return _asking(scene, "text", scene.press.id)


@screen("rule.text", needs=Right.WORK)
async def text_screen(scene: Scene, args: Args) -> View:
    lang = scene.workspace.language
    _, one = one_of(await rules_of(scene), args["id"])
    usable = blanks([*await known_fields(scene), *_groups(one.rule)], lang)
    text = say("ask.rules.caption" if one.rule.media else "ask.rules.text", lang, blanks=usable)
    return View(text=text, rows=(back(lang, args.get("leave") or _leave(one.rule), one.rule.id),))


def _groups(rule: Rule) -> tuple[str, ...]:
    """What an answer may repeat of the message, after a pattern; all of it is seldom meant."""
    if rule.when is not When.REGEX:
        return ()
    return tuple(name for name in pattern(rule.words).groups if name != "0")


@text_answer("rules.text", needs=Right.WORK)
async def take_text(scene: Scene, prompt: Prompt, text: str) -> Go:
    return _done(scene, await _set(scene, prompt, text=text.strip()))


@action("rl.file", needs=Right.WORK)
async def ask_file(scene: Scene) -> Go:
    _, one = one_of(await rules_of(scene), scene.press.id)
    return ask(scene, "rules.file", leave=_leave(one.rule), id=scene.press.id)


async def check_upload(scene: Scene, prompt: Prompt, upload: Upload) -> None:
    """Said before anything is fetched."""
    async with scene.desk.store.read() as unit:
        reading = replace(scene, unit=unit)
        _, one = one_of(await rules_of(reading), prompt.args["id"])
        await _must_fit(reading, replace(one.rule, media=upload.stated))


@file_answer("rules.file", needs=Right.WORK, check=check_upload)
async def take_file(scene: Scene, prompt: Prompt, media: Media) -> Go:
    """A text that was there stays, as its caption; where there was none, one may follow."""
    rule = await _set(scene, prompt, media=media)
    if rule.text or media.kind in _SOUNDS:
        return _done(scene, rule)
    return _asking(scene, "text", rule.id, leave="rl.edit" if rule.is_on else "rl.open")


@file_answer("rules.text", needs=Right.WORK, check=check_upload)
async def take_early_file(scene: Scene, prompt: Prompt, media: Media) -> Go:
    """People send a picture where a text was asked for, as in any chat."""
    return await take_file(scene, prompt, media)


@text_answer("rules.file", needs=Right.WORK)
async def text_for_file(scene: Scene, prompt: Prompt, text: str) -> Go:
    raise MediaWanted()


@action("rl.tag", needs=Right.WORK)
async def ask_tag(scene: Scene) -> Go:
    _, one = one_of(await rules_of(scene), scene.press.id)
    return ask(scene, "rules.tag", leave=_leave(one.rule), id=scene.press.id)


@text_answer("rules.tag", needs=Right.WORK)
async def take_tag(scene: Scene, prompt: Prompt, text: str) -> Go:
    return _done(scene, await _set(scene, prompt, tag=clean_tag(text)))


# -- a rest, and dates -----------------------------------------------------------------------------------


@action("rl.rest", needs=Right.WORK)
async def ask_rest(scene: Scene) -> Go:
    one_of(await rules_of(scene), scene.press.id)
    return _asking(scene, "rest", scene.press.id)


@screen("rule.rest", needs=Right.WORK)
async def rest_screen(scene: Scene, args: Args) -> View:
    lang = scene.workspace.language
    _, one = one_of(await rules_of(scene), args["id"])
    id = one.rule.id
    choices = [
        button(rest_words(timedelta(minutes=minutes), lang), "rl.restx", id, one.version, n)
        for n, minutes in enumerate(RESTS)
    ]
    rows = tuple(tuple(choices[n : n + 3]) for n in range(0, len(choices), 3))
    text = say("ask.rules.rest", lang, rest=rest_words(one.rule.cooldown, lang))
    return View(text=text, rows=(*rows, back(lang, "rl.edit", id)))


@action("rl.restx", needs=Right.WORK)
async def choose_rest(scene: Scene) -> Go:
    minutes = RESTS[scene.press.x % len(RESTS)]
    return await _press(scene, cooldown=timedelta(minutes=minutes))


@text_answer("rules.rest", needs=Right.WORK)
async def take_rest(scene: Scene, prompt: Prompt, text: str) -> Go:
    return _done(scene, await _set(scene, prompt, cooldown=read_rest(text)))


@action("rl.dates", needs=Right.WORK)
async def ask_dates(scene: Scene) -> Go:
    one_of(await rules_of(scene), scene.press.id)
    return _asking(scene, "dates", scene.press.id)


@screen("rule.dates", needs=Right.WORK)
async def dates_screen(scene: Scene, args: Args) -> View:
    lang = scene.workspace.language
    _, one = one_of(await rules_of(scene), args["id"])
    rule, id = one.rule, one.rule.id
    rows: list[tuple[Button, ...]] = []
    if rule.valid_from or rule.valid_until:
        rows.append((button(plain("rule.dates.always", lang), "rl.always", id, one.version),))
    text = say("ask.rules.dates", lang, dates=dates_words(rule.valid_from, rule.valid_until, lang))
    return View(text=lines(text), rows=(*rows, back(lang, "rl.edit", id)))


@action("rl.always", needs=Right.WORK)
async def drop_dates(scene: Scene) -> Go:
    return await _press(scene, valid_from=None, valid_until=None)


@text_answer("rules.dates", needs=Right.WORK)
async def take_dates(scene: Scene, prompt: Prompt, text: str) -> Go:
    today = scene.now.astimezone(ZoneInfo(scene.workspace.zone)).date()
    first, last = read_dates(text, today=today)
    return _done(scene, await _set(scene, prompt, valid_from=first, valid_until=last))
