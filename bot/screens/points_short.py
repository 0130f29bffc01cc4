"""Too few points at the start: buy some, or send to as many as there are points for."""

from dataclasses import replace

from bot.chat.view import Button, View, button
from bot.screens import campaign_words as words
from bot.screens.base import SCREENS, Args, Go, Scene, action, screen
from bot.screens.contacts_parts import back
from bot.screens.draft_review import run, shown
from bot.screens.draft_steps import load, load_as_drawn
from bot.screens.plan_words import points
from bot.screens.start_promise import Promise, broken, promised
from bot.screens.start_review import Review, review_of
from bot.texts import Html, plain, say
from domain.campaigns.model import Campaign, CampaignState
from domain.operators.model import Right


@screen("points.short", needs=Right.WORK)
async def points_short_screen(scene: Scene, args: Args) -> View:
    """As it stands now: once there are enough points (or something else is wrong), where it was started."""
    campaign = await load(scene, int(args["id"]))
    draft = campaign.state is CampaignState.DRAFT
    if not draft and campaign.state is not CampaignState.SCHEDULED:
        return await SCREENS["campaign"](scene, {"id": campaign.id})
    review, way = await review_of(scene, campaign), int(args["way"])
    people = review.people(way)
    enough = review.cost.affords(people)
    if review.blocked is not None or enough >= people:
        return await (shown(scene, review) if draft else SCREENS["campaign"](scene, {"id": campaign.id}))
    lang = scene.workspace.language
    rows: list[tuple[Button, ...]] = [(button(plain("points.short.buy", lang), "bl.buy"),)]
    if enough:
        rows.append((_send_to(review, way, enough, lang),))
    rows.append(back(lang, "dr.review" if draft else "cp.open", id=campaign.id))
    return View(text=_text(scene, campaign, review, people, enough), rows=tuple(rows))


def _text(scene: Scene, campaign: Campaign, review: Review, people: int, enough: int) -> Html:
    lang, cost = scene.workspace.language, review.cost
    lines = [
        say(
            "points.short", lang, name=words.one_line(campaign.name), needs=points(cost.needs(people)),
            available=cost.available,
        )
    ]  # fmt: skip
    if cost.held:
        lines.append(say("points.short.held", lang, held=cost.held))
    owns = scene.may(Right.OWN)
    if enough:
        advice = say("points.short.own", lang) if owns else say("points.short.work", lang)
    else:
        advice = say("points.short.own.none", lang) if owns else say("points.short.work.none", lang)
    return Html("\n".join([*lines, Html(""), advice]))


def _send_to(review: Review, way: int, people: int, lang: str) -> Button:
    parts = -(-people // review.cap)
    text = plain("points.short.send", lang, people=people)
    if parts > 1:
        text = plain("points.short.split", lang, people=people, parts=parts)
    campaign = review.campaign
    promise = Promise(way=way, price=review.cost.price, cap=review.cap, people=people)
    return button(text, "ps.send", campaign.id, campaign.version, promise.x)


@action("ps.send", needs=Right.WORK)
async def send_to_fewer(scene: Scene) -> Go:
    """To that many at most, whatever has come in meanwhile; with fewer points by now it is asked again."""
    campaign = await load_as_drawn(scene)
    promise = promised(scene.press.x)
    if promise.people == 0:
        return Go(screen="points.short", args={"id": campaign.id, "way": promise.way})
    if (anew := broken(scene, campaign, promise)) is not None:
        return anew
    go = await run(scene, campaign, way=promise.way, most=promise.people)
    if go.screen != "points.short":
        return go
    return replace(go, toast=plain("points.short.changed", scene.workspace.language))
