"""New campaign, steps 5 and 6: how fast, and when."""

from datetime import timedelta
from typing import Final

from bot.chat.view import Button, View, button
from bot.screens import campaign_words as words
from bot.screens.base import Args, Go, Scene, action, text_answer
from bot.screens.draft_parsing import parse_speed, parse_when
from bot.screens.draft_steps import (
    back_row,
    draft_screen,
    editing,
    go_on,
    go_to,
    load,
    next_button,
    packed,
    unpacked,
)
from bot.texts import plain, say
from domain.accounts.model import MINIMUM_GAP
from domain.campaigns import service
from domain.campaigns.model import Campaign
from domain.kernel.errors import NotFound
from domain.operators.chat import Prompt
from domain.pacing.rules import GENTLE, NORMAL, Pacing

FASTEST: Final = Pacing(shortest=timedelta(0), longest=timedelta(0))

#: Choices of the speed screen, by the number their button carries.
CHOICES: Final = {0: (GENTLE, "speed.gentle"), 1: (NORMAL, "speed.normal"), 2: (FASTEST, "speed.fastest")}


async def _lowest(scene: Scene, campaign: Campaign) -> timedelta:
    if campaign.account_id is None:
        return NORMAL.shortest
    account = await scene.unit.accounts.known(campaign.account_id)
    return NORMAL.shortest if account is None else MINIMUM_GAP[account.channel]


@draft_screen("speed")
async def speed_screen(scene: Scene, args: Args, campaign: Campaign) -> View:
    lang = scene.workspace.language
    key = "draft.speed.ask" if args.get("ask") else "draft.speed"
    text = say(key, lang, now=words.speed(campaign.pacing, lang))
    lowest = await _lowest(scene, campaign)
    buttons = [
        _choice(number, key, campaign, args, lang, chosen=pacing == campaign.pacing)
        for number, (pacing, key) in CHOICES.items()
        if pacing.shortest >= lowest
    ]
    custom = button(plain("speed.custom", lang), "dr.pacex", campaign.id, x=packed(0, args))
    rows: list[tuple[Button, ...]] = [(b,) for b in [*buttons, custom]]
    rows += [(next_button("speed", args, lang),), back_row("speed", args, lang)]
    return View(text=text, rows=tuple(rows))


def _choice(number: int, key: str, campaign: Campaign, args: Args, lang: str, *, chosen: bool) -> Button:
    label = ("✓ " if chosen else "") + plain(key, lang)
    return button(label, "dr.pace", campaign.id, campaign.version, packed(number, args))


@action("dr.pace")
async def choose_speed(scene: Scene) -> Go:
    number, edit = unpacked(scene.press.x)
    campaign = await load(scene, scene.press.id)
    if number not in CHOICES:
        raise NotFound()
    pacing, _ = CHOICES[number]
    saved = await service.set_pacing(
        scene.campaigns, campaign, pacing, expected=scene.press.rev, at=scene.now
    )
    return go_on(scene, saved, "speed", edit=edit)


@action("dr.pacex")
async def ask_speed(scene: Scene) -> Go:
    _, edit = unpacked(scene.press.x)
    campaign = await load(scene, scene.press.id)
    campaign.require_draft()
    return go_to(scene, "speed", campaign.id, edit=edit, ask=1)


@text_answer("campaign.speed")
async def receive_speed(scene: Scene, prompt: Prompt, text: str) -> Go:
    campaign = await load(scene, prompt.args["id"])
    pacing = parse_speed(text)
    saved = await service.set_pacing(
        scene.campaigns, campaign, pacing, expected=campaign.version, at=scene.now
    )
    return go_on(scene, saved, "speed", edit=editing(prompt.args))


@draft_screen("when")
async def when_screen(scene: Scene, args: Args, campaign: Campaign) -> View:
    lang, zone = scene.workspace.language, words.zone_of(scene.workspace)
    chosen = plain("when.now.words", lang)
    if campaign.scheduled_at is not None:
        chosen = words.moment(campaign.scheduled_at, zone, scene.now, lang)
    key = "draft.when.ask" if args.get("ask") else "draft.when"
    clock = words.moment(scene.now, zone, scene.now, lang)
    text = say(key, lang, chosen=chosen, zone=scene.workspace.zone, clock=clock)
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


@action("dr.now")
async def start_now(scene: Scene) -> Go:
    _, edit = unpacked(scene.press.x)
    campaign = await load(scene, scene.press.id)
    saved = await service.edit(
        scene.campaigns, campaign, expected=scene.press.rev, at=scene.now, scheduled_at=None
    )
    return go_on(scene, saved, "when", edit=edit)


@action("dr.at")
async def ask_when(scene: Scene) -> Go:
    _, edit = unpacked(scene.press.x)
    campaign = await load(scene, scene.press.id)
    campaign.require_draft()
    return go_to(scene, "when", campaign.id, edit=edit, ask=1)


@text_answer("campaign.when")
async def receive_when(scene: Scene, prompt: Prompt, text: str) -> Go:
    campaign = await load(scene, prompt.args["id"])
    at = parse_when(text, zone=words.zone_of(scene.workspace), now=scene.now)
    saved = await service.edit(
        scene.campaigns, campaign, expected=campaign.version, at=scene.now, scheduled_at=at
    )
    return go_on(scene, saved, "when", edit=editing(prompt.args))
