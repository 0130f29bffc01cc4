"""New campaign: whether it heeds active hours, and on whose clock."""

from bot.chat.view import Rows, button
from bot.screens.base import Go, Scene, action
from bot.screens.draft_steps import go_to, is_so, load, note
from bot.texts import plain
from domain.campaigns import service
from domain.campaigns.model import Campaign
from domain.operators.model import Right


def hours_rows(campaign: Campaign, lang: str, *, has_hours: bool) -> Rows:
    """What can be chosen where its number has hours. A button carries what it would make of it."""
    if not has_hours:
        return ()
    on, own = campaign.heeds_hours, campaign.by_their_clock
    heed = button(
        plain("draft.hours.on" if on else "draft.hours.off", lang), "dr.hours", campaign.id,
        campaign.version, int(not on),
    )  # fmt: skip
    if not on:
        return ((heed,),)
    clock = button(
        plain("draft.clock.own" if own else "draft.clock.number", lang), "dr.clock", campaign.id,
        campaign.version, int(not own),
    )  # fmt: skip
    return ((heed, clock),)


async def _choose(scene: Scene, what: str, field: str) -> Go:
    campaign, wanted = await load(scene, scene.press.id), bool(scene.press.x)
    if is_so(campaign, scene.press.rev, **{field: wanted}):
        return go_to(scene, "review", campaign.id)
    saved = await service.edit(
        scene.campaigns, campaign, expected=scene.press.rev, at=scene.now, **{field: wanted}
    )
    await note(scene, what, saved, before={field: not wanted}, after={field: wanted})
    return go_to(scene, "review", campaign.id)


@action("dr.hours", needs=Right.WORK)
async def heed(scene: Scene) -> Go:
    return await _choose(scene, "campaign.hours", "heeds_hours")


@action("dr.clock", needs=Right.WORK)
async def whose_clock(scene: Scene) -> Go:
    return await _choose(scene, "campaign.clock", "by_their_clock")
