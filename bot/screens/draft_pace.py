"""New campaign, steps 5 and 6: how fast, and when."""

from dataclasses import replace
from datetime import timedelta
from math import inf
from typing import Final

from bot.chat.view import Button, View, button
from bot.screens import campaign_words as words
from bot.screens.base import Args, Go, Scene, action, text_answer
from bot.screens.draft_parsing import parse_speed, parse_when, when_examples
from bot.screens.draft_rate import pacing_of, parse_rate, rate_view
from bot.screens.draft_steps import (
    back_row,
    draft_screen,
    editing,
    go_on,
    go_to,
    is_so,
    load,
    next_button,
    note,
    packed,
    unpacked,
)
from bot.screens.draft_template import number_of
from bot.texts import Html, plain, say
from domain.accounts.model import MINIMUM_GAP, Channel
from domain.campaigns import service
from domain.campaigns.model import Campaign
from domain.kernel.errors import NotFound
from domain.operators.chat import Prompt
from domain.operators.model import Right
from domain.pacing.rules import GENTLE, NORMAL, Pacing

FASTEST: Final = Pacing(shortest=timedelta(0), longest=timedelta(0))

#: Choices of the speed screen, by the number their button carries.
CHOICES: Final = {0: (GENTLE, "speed.gentle"), 1: (NORMAL, "speed.normal"), 2: (FASTEST, "speed.fastest")}


async def _channel(scene: Scene, campaign: Campaign) -> Channel:
    """The most careful one where there is no number yet."""
    known = campaign.account_id is not None and await scene.unit.accounts.known(campaign.account_id)
    return known.channel if known else Channel.WEB


@draft_screen("speed")
async def speed_screen(scene: Scene, args: Args, campaign: Campaign) -> View:
    lang = scene.workspace.language
    if (number := await number_of(scene, campaign)) is not None:
        return rate_view(args, campaign, number[1], lang)
    key = "draft.speed.ask" if args.get("ask") else "draft.speed"
    text = say(key, lang, now=words.speed(campaign.pacing, lang))
    channel = await _channel(scene, campaign)
    if channel is Channel.WEB:
        text = Html(f"{text}\n\n{say('draft.speed.new', lang)}")
    buttons = [
        _choice(number, key, campaign, args, lang, chosen=pacing == campaign.pacing)
        for number, (pacing, key) in CHOICES.items()
        if pacing.shortest >= MINIMUM_GAP[channel]
    ]
    custom = button(plain("speed.custom", lang), "dr.pacex", campaign.id, x=packed(0, args))
    rows: list[tuple[Button, ...]] = [(b,) for b in [*buttons, custom]]
    rows += [(next_button("speed", args, lang),), back_row("speed", args, lang)]
    return View(text=text, rows=tuple(rows))


def _choice(number: int, key: str, campaign: Campaign, args: Args, lang: str, *, chosen: bool) -> Button:
    label = ("✓ " if chosen else "") + plain(key, lang)
    return button(label, "dr.pace", campaign.id, campaign.version, packed(number, args))


@action("dr.pace", needs=Right.WORK)
async def choose_speed(scene: Scene) -> Go:
    choice, edit = unpacked(scene.press.x)
    campaign = await load(scene, scene.press.id)
    official = await number_of(scene, campaign)
    pacing = CHOICES[choice][0] if choice in CHOICES else None
    if official is not None:
        pacing = pacing_of(choice, official[1])
    if pacing is None:
        raise NotFound()
    if is_so(campaign, scene.press.rev, pacing=pacing):
        return go_on(scene, campaign, "speed", edit=edit)
    saved = await service.set_pacing(
        scene.campaigns, campaign, pacing, expected=scene.press.rev, at=scene.now
    )
    await _note_speed(scene, campaign, saved)
    return go_on(scene, saved, "speed", edit=edit, toast=_faster(scene, campaign, saved))


async def _note_speed(scene: Scene, campaign: Campaign, saved: Campaign) -> None:
    lang = scene.workspace.language
    was, now = ({"speed": words.speed(c.pacing, lang)} for c in (campaign, saved))
    await note(scene, "campaign.speed", saved, before=was, after=now)


def _faster(scene: Scene, before: Campaign, after: Campaign) -> str | None:
    """What to think of when the speed is raised; None when it is not, and where WhatsApp itself says how fast
    a number may be."""
    if after.pacing.average >= before.pacing.average or 1 <= after.pacing.rate < inf:
        return None
    return plain("speed.faster", scene.workspace.language)


@action("dr.pacex", needs=Right.WORK)
async def ask_speed(scene: Scene) -> Go:
    _, edit = unpacked(scene.press.x)
    campaign = await load(scene, scene.press.id)
    campaign.require_draft()
    return go_to(scene, "speed", campaign.id, edit=edit, ask=1)


@text_answer("campaign.speed", needs=Right.WORK)
async def receive_speed(scene: Scene, prompt: Prompt, text: str) -> Go:
    campaign = await load(scene, prompt.args["id"])
    official = await number_of(scene, campaign)
    pacing = parse_speed(text) if official is None else parse_rate(text, official[1])
    saved = await service.set_pacing(
        scene.campaigns, campaign, pacing, expected=campaign.version, at=scene.now
    )
    await _note_speed(scene, campaign, saved)
    go = go_on(scene, saved, "speed", edit=editing(prompt.args))
    warning = _faster(scene, campaign, saved)
    return go if warning is None else replace(go, args={**go.args, "note": warning})


@draft_screen("when")
async def when_screen(scene: Scene, args: Args, campaign: Campaign) -> View:
    lang, zone = scene.workspace.language, words.zone_of(scene.workspace)
    chosen = plain("when.now.words", lang)
    if campaign.scheduled_at is not None:
        chosen = words.moment(campaign.scheduled_at, zone, scene.now, lang)
    key = "draft.when.ask" if args.get("ask") else "draft.when"
    clock = words.moment(scene.now, zone, scene.now, lang)
    examples = {f"like_{name}": text for name, text in when_examples(zone=zone, now=scene.now).items()}
    text = say(key, lang, chosen=chosen, zone=scene.workspace.zone, clock=clock, **examples)
    x = packed(0, args)
    rows = (
        (
            button(plain("when.now", lang), "dr.now", campaign.id, campaign.version, x),
            button(plain("when.at", lang), "dr.at", campaign.id, x=x),
        ),
        (next_button("when", args, lang),),
        back_row("when", args, lang),
    )
    return View(text=text, rows=rows)


@action("dr.now", needs=Right.WORK)
async def start_now(scene: Scene) -> Go:
    _, edit = unpacked(scene.press.x)
    campaign = await load(scene, scene.press.id)
    if is_so(campaign, scene.press.rev, scheduled_at=None):
        return go_on(scene, campaign, "when", edit=edit)
    saved = await service.edit(
        scene.campaigns, campaign, expected=scene.press.rev, at=scene.now, scheduled_at=None
    )
    await _note_when(scene, campaign, saved)
    return go_on(scene, saved, "when", edit=edit)


async def _note_when(scene: Scene, campaign: Campaign, saved: Campaign) -> None:
    was, now = ({"time": scheduled(scene, c)} for c in (campaign, saved))
    await note(scene, "campaign.when", saved, before=was, after=now)


def scheduled(scene: Scene, campaign: Campaign) -> str | None:
    """`2026-03-02 18:00` by the workspace's clocks: what stands in the log is not told from today."""
    at = campaign.scheduled_at
    return f"{at.astimezone(words.zone_of(scene.workspace)):%Y-%m-%d %H:%M}" if at is not None else None


@action("dr.at", needs=Right.WORK)
async def ask_when(scene: Scene) -> Go:
    _, edit = unpacked(scene.press.x)
    campaign = await load(scene, scene.press.id)
    campaign.require_draft()
    return go_to(scene, "when", campaign.id, edit=edit, ask=1)


@text_answer("campaign.when", needs=Right.WORK)
async def receive_when(scene: Scene, prompt: Prompt, text: str) -> Go:
    campaign = await load(scene, prompt.args["id"])
    at = parse_when(text, zone=words.zone_of(scene.workspace), now=scene.now)
    saved = await service.edit(
        scene.campaigns, campaign, expected=campaign.version, at=scene.now, scheduled_at=at
    )
    await _note_when(scene, campaign, saved)
    return go_on(scene, saved, "when", edit=editing(prompt.args))
