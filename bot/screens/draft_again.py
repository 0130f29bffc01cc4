"""A draft that follows an earlier campaign: a repeat, a retry, another try for those that are unknown."""

from bot.screens import campaign_words as words
from bot.screens.base import Go, Scene
from bot.screens.draft_steps import go_to, next_missing
from bot.texts import plain, say
from domain.campaigns.model import Campaign


async def open_again(scene: Scene, earlier: Campaign, draft: Campaign) -> Go:
    """Said above it when it leaves from another number than the earlier one did, because that is gone."""
    lang = scene.workspace.language
    toast = plain("campaign.again", lang)
    if draft.account_id is None or draft.account_id == earlier.account_id:
        return go_to(scene, next_missing(draft), draft.id, toast=toast)
    was = await scene.unit.accounts.ever(earlier.account_id) if earlier.account_id is not None else None
    now = await scene.unit.accounts.account(draft.account_id)
    key = "campaign.again.number" if draft.template == earlier.template else "campaign.again.anew"
    sentence = say(
        key, lang, was=was.number if was is not None else "—", number=now.number,
        speed=words.speed(draft.pacing, lang),
    )  # fmt: skip
    return go_to(scene, next_missing(draft), draft.id, toast=toast, note=str(sentence))
