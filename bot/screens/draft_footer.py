"""The line below a campaign's text that says how to stop: turned on and off where it is previewed."""

from bot.chat.view import Rows, button
from bot.screens.base import Args, Go, Scene, action
from bot.screens.draft_steps import args_of, load, note, packed, unpacked
from bot.texts import plain
from domain.campaigns import service
from domain.campaigns.footer import may_have_footer
from domain.campaigns.model import Campaign
from domain.operators.model import Right


async def footer_row(scene: Scene, campaign: Campaign, args: Args, at: int) -> Rows:
    """Where the channel has such a line."""
    account = campaign.account_id and await scene.unit.accounts.known(campaign.account_id)
    if not account or not may_have_footer(campaign, account.channel):
        return ()
    key = "draft.footer.on" if campaign.footer else "draft.footer.off"
    label = plain(key, scene.workspace.language)
    return ((button(label, "dr.footer", campaign.id, campaign.version, packed(at, args)),),)


@action("dr.footer", needs=Right.WORK)
async def turn_footer(scene: Scene) -> Go:
    at, edit = unpacked(scene.press.x)
    campaign = await load(scene, scene.press.id)
    saved = await service.set_footer(
        scene.campaigns, campaign, not campaign.footer, expected=scene.press.rev, at=scene.now
    )
    was, now = {"footer": campaign.footer}, {"footer": saved.footer}
    await note(scene, "campaign.footer", saved, before=was, after=now)
    lang = scene.workspace.language
    says_it = saved.footer and not await service.footer_for(scene.campaigns, saved)
    toast = plain("draft.footer.said", lang) if says_it else None
    return Go(screen="preview", args=args_of(saved.id, edit=edit, n=at), toast=toast)
