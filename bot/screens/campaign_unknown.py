"""Those of whom nobody knows whether the message arrived: shown, and resolved by a person's word only."""

from dataclasses import replace
from typing import Final

from bot.chat.view import Button, View, button
from bot.screens import campaign_words as words
from bot.screens.base import SCREENS, Args, Go, Scene, action, screen
from bot.screens.contacts_parts import A_PAGE, back, page_of, pages
from bot.screens.draft_again import open_again
from bot.screens.draft_audience import named_after
from bot.screens.draft_review import tell
from bot.screens.draft_steps import load, note
from bot.screens.terms import terms_before_sending
from bot.texts import Html, plain, say
from domain.campaigns import service
from domain.campaigns.model import AudienceKind, Campaign
from domain.delivery.recipients import RecipientState
from domain.operators.model import Right

#: Which of the two ways out is asked about, by the number its button carries.
COUNT, AGAIN = 0, 1
KEYS: Final = {COUNT: "count", AGAIN: "again"}


async def _unknown(scene: Scene, campaign: Campaign) -> int:
    return (await scene.unit.delivery.tally(campaign.id)).unknown


@screen("unknown", needs=Right.READ)
async def unknown_screen(scene: Scene, args: Args) -> View:
    """What happened, the two ways out, and, on demand, who."""
    campaign = await load(scene, int(args["id"]))
    total, lang = await _unknown(scene, campaign), scene.workspace.language
    if total == 0:
        return await SCREENS["campaign"](scene, {"id": campaign.id})
    text = say("unknown", lang, people=words.people(total), name=words.one_line(campaign.name))
    if campaign.price:
        text = Html(f"{text}\n{say('unknown.held', lang)}")
    rows: list[tuple[Button, ...]] = []
    if "page" in args:
        page = page_of(args, total)
        text = Html(f"{text}\n\n{await _who(scene, campaign, page)}")
        rows += pages(lang, "cp.unknowns", page, total, id=campaign.id)
    else:
        rows.append((button(plain("unknown.show", lang), "cp.unknowns", campaign.id),))
    rows.append(
        (
            button(plain("unknown.count", lang), "cp.unkask", campaign.id, x=COUNT),
            button(plain("unknown.again", lang), "cp.unkask", campaign.id, x=AGAIN),
        )
    )
    rows.append(back(lang, "cp.open", id=campaign.id))
    return View(text=text, rows=tuple(rows))


async def _who(scene: Scene, campaign: Campaign, page: int) -> Html:
    lang = scene.workspace.language
    shown = await scene.unit.delivery.recipients(
        campaign.id, states=[RecipientState.UNKNOWN], offset=page * A_PAGE, limit=A_PAGE
    )
    lines = [
        say(
            "unknown.line", lang, number=words.number_shown(row.number, lang), name=words.one_line(row.name),
            reason=words.reason(row.reason, lang),
        )
        for row in shown
    ]  # fmt: skip
    return Html("\n".join(lines))


@action("cp.unknown", needs=Right.READ)
async def open_unknown(scene: Scene) -> Go:
    campaign = await load(scene, scene.press.id)
    return Go(screen="unknown", args={"id": campaign.id})


@action("cp.unknowns", needs=Right.READ)
async def show_unknown(scene: Scene) -> Go:
    campaign = await load(scene, scene.press.id)
    return Go(screen="unknown", args={"id": campaign.id, "page": scene.press.x})


@screen("unknown.ask", needs=Right.WORK)
async def ask_screen(scene: Scene, args: Args) -> View:
    campaign = await load(scene, int(args["id"]))
    total, lang = await _unknown(scene, campaign), scene.workspace.language
    if total == 0:
        return await SCREENS["campaign"](scene, {"id": campaign.id})
    key = KEYS[int(args["way"])]
    if key == "again" and campaign.is_over:
        key = "later"
    text = say(f"unknown.{key}.ask", lang, people=words.people(total))
    do = "cp.unkcount" if int(args["way"]) == COUNT else "cp.unkagain"
    rows = (
        (button(plain("unknown.keep", lang), "cp.unknown", campaign.id),),
        (button(plain(f"unknown.{key}.do", lang, count=total), do, campaign.id, campaign.version),),
        back(lang, "cp.unknown", id=campaign.id),
    )
    return View(text=text, rows=rows)


@action("cp.unkask", needs=Right.WORK)
async def ask(scene: Scene) -> Go:
    campaign = await load(scene, scene.press.id)
    way = AGAIN if scene.press.x == AGAIN else COUNT
    return Go(screen="unknown.ask", args={"id": campaign.id, "way": way})


async def _once(scene: Scene, campaign: Campaign) -> Campaign:
    """Saved as it is, which counts its version on: of a double tap the second is a Conflict."""
    return await scene.unit.campaigns.save(replace(campaign, changed_at=scene.now), expected=scene.press.rev)


@action("cp.unkcount", needs=Right.WORK)
async def count_as_sent(scene: Scene) -> Go:
    campaign = await _once(scene, await load(scene, scene.press.id))
    counted = await service.count_unknown_as_sent(scene.campaigns, campaign, at=scene.now)
    await note(scene, "campaign.counted", campaign, after={"people": counted})
    tell(scene, [campaign])
    toast = plain("unknown.counted", scene.workspace.language, people=words.people(counted))
    return Go(screen="campaign", args={"id": campaign.id}, toast=toast)


@action("cp.unkagain", needs=Right.WORK)
async def send_again(scene: Scene) -> Go:
    """By an operator's explicit word only. After the end it takes a campaign of its own."""
    campaign = await _once(scene, await load(scene, scene.press.id))
    lang = scene.workspace.language
    if campaign.is_over:
        draft = await service.follow_up(
            scene.campaigns, campaign, AudienceKind.UNKNOWN_OF, scene.me.id,
            name=named_after(campaign, "retry", scene), at=scene.now,
        )  # fmt: skip
        await note(scene, "campaign.again", campaign)
        return await open_again(scene, campaign, draft)
    terms_before_sending(scene)
    people = await scene.unit.delivery.send_unknown_again(campaign.id, at=scene.now)
    await note(scene, "campaign.again", campaign, after={"people": people})
    tell(scene, [campaign])
    toast = plain("unknown.resent", lang, people=words.people(people))
    return Go(screen="campaign", args={"id": campaign.id}, toast=toast)
