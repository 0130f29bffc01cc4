"""All campaigns: drafts, scheduled, running, paused, ended."""

from collections.abc import Mapping
from typing import Final

from bot.chat.view import Button, View, button
from bot.screens import campaign_words as words
from bot.screens.base import Args, Go, Scene, action, command, screen
from bot.screens.campaign_card import icon_of
from bot.screens.campaign_hours import held_by_hours
from bot.screens.contacts_parts import A_PAGE, back, label, pages
from bot.screens.hours_words import at_words
from bot.texts import count, plain, say
from domain.campaigns.model import Campaign, CampaignState
from domain.kernel.ids import MemberId
from domain.operators.model import Right

S = CampaignState

#: What the filter buttons show, by the number they carry.
FILTERS: Final[dict[int, tuple[str, tuple[CampaignState, ...]]]] = {
    0: ("filter.all", ()),
    1: ("filter.drafts", (S.DRAFT,)),
    2: ("filter.scheduled", (S.SCHEDULED,)),
    3: ("filter.running", (S.RUNNING, S.PAUSED)),
    4: ("filter.ended", (S.COMPLETED, S.CANCELLED)),
}


@screen("campaigns", needs=Right.READ)
async def campaigns_screen(scene: Scene, args: Args) -> View:
    lang = scene.workspace.language
    chosen = int(args.get("filter", 0)) if int(args.get("filter", 0)) in FILTERS else 0
    _, states = FILTERS[chosen]
    page = max(0, int(args.get("page", 0)))
    shown, total = await scene.unit.campaigns.of_workspace(
        scene.workspace.id, states=states, offset=page * A_PAGE, limit=A_PAGE
    )
    if not shown and page > 0:  # the last page emptied meanwhile
        page = max(0, total - 1) // A_PAGE
        shown, total = await scene.unit.campaigns.of_workspace(
            scene.workspace.id, states=states, offset=page * A_PAGE, limit=A_PAGE
        )
    none = scene.worded("campaigns.none") if chosen == 0 else "campaigns.none.such"
    key = "campaigns" if total else none
    members = await scene.unit.operators.members(scene.workspace.id)
    whose = {member.id: member.name for member in members} if len(members) > 1 else {}
    rows: list[tuple[Button, ...]] = [(await _line(scene, campaign, whose),) for campaign in shown]
    rows += pages(lang, "campaigns", page, total, id=chosen)
    rows += _filters(chosen, lang)
    rows.append((button(plain("home.new", lang), "dr.new"),))
    rows.append(back(lang, "home"))
    return View(text=say(key, lang, campaigns=count(total, "campaign", "campaigns")), rows=tuple(rows))


async def _line(scene: Scene, campaign: Campaign, whose: Mapping[MemberId, str]) -> Button:
    """Of a draft it is said whose it is, where there are several who make them; of one that waits for its
    hours, until when."""
    lang, zone = scene.workspace.language, words.zone_of(scene.workspace)
    held = await held_by_hours(scene.unit, campaign, now=scene.now)
    if held.until is not None:
        until = at_words(held.until, zone.key, scene.now, lang)
        values = {"icon": icon_of(campaign, waits=True), "name": label(campaign.name)[:24], "at": until}
        return button(label(plain("campaigns.line.waits", lang, **values)), "cp.open", campaign.id)
    at = campaign.scheduled_at if campaign.state is S.SCHEDULED else None
    at = at or campaign.finished_at or campaign.started_at or campaign.created_at
    icon, shown = icon_of(campaign, waits=held.waits), words.moment(at, zone, scene.now, lang)
    who = whose.get(campaign.created_by) if campaign.state is S.DRAFT else None
    if who:
        name = label(campaign.name)[:24]
        text = plain(
            "campaigns.line.whose", lang, icon=icon, name=name, who=words.one_line(who, 12), at=shown
        )
    else:
        text = plain("campaigns.line", lang, icon=icon, name=label(campaign.name)[:36], at=shown)
    return button(label(text), "cp.open", campaign.id)


def _filters(chosen: int, lang: str) -> list[tuple[Button, ...]]:
    buttons = [
        button(("✓ " if number == chosen else "") + plain(key, lang), "campaigns", id=number)
        for number, (key, _) in FILTERS.items()
    ]
    return [tuple(buttons[:3]), tuple(buttons[3:])]


@action("campaigns", needs=Right.READ)
async def open_campaigns(scene: Scene) -> Go:
    """`id` is the filter, `x` the page."""
    return Go(screen="campaigns", args={"filter": scene.press.id, "page": scene.press.x})


@command("campaigns", needs=Right.READ)
async def campaigns_command(scene: Scene) -> Go:
    return Go(screen="campaigns")
