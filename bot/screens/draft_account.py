"""Which number a draft leaves from: asked before the message where several can send, for what may be written
depends on it; and changed from the review."""

from collections.abc import Sequence

from bot.chat.view import Button, View, button
from bot.screens.base import Args, Go, Scene, action
from bot.screens.contacts_parts import label, panel_args
from bot.screens.draft_steps import back_row, draft_screen, editing, go_on, go_to, is_so, load, note
from bot.screens.draft_words import dropped
from bot.texts import Html, plain, say
from domain.accounts.model import Account, Channel
from domain.campaigns import official
from domain.campaigns.model import Campaign, CampaignState
from domain.kernel.errors import NotFound
from domain.kernel.ids import AccountId
from domain.operators.model import Right


async def _usable(scene: Scene) -> Sequence[Account]:
    accounts = await scene.unit.accounts.of_workspace(scene.workspace.id)
    return [account for account in accounts if account.is_connected]


async def after_audience(scene: Scene, campaign: Campaign, *, edit: bool = False) -> Go:
    """On from the people that were chosen."""
    if not edit and len(await _usable(scene)) > 1:
        return Go(screen="draft.number", args={"id": campaign.id})
    return go_on(scene, campaign, "audience", edit=edit)


async def back_from_message(scene: Scene, args: Args) -> tuple[Button, ...]:
    if editing(args) or len(await _usable(scene)) < 2:
        return back_row("message", args, scene.language)
    return (button(plain("back", scene.language), "dr.number", int(args["id"])),)


@action("dr.number", needs=Right.WORK)
async def open_number(scene: Scene) -> Go:
    campaign = await load(scene, scene.press.id)
    if campaign.state is not CampaignState.DRAFT:
        return Go(screen="campaign", args={"id": campaign.id})
    return await after_audience(scene, campaign)


@draft_screen("draft.number")
async def number_screen(scene: Scene, args: Args, campaign: Campaign) -> View:
    lang, accounts = scene.workspace.language, await _usable(scene)
    rows: list[tuple[Button, ...]] = []
    for account in accounts:
        mark = "✓ " if account.id == campaign.account_id else ""
        channel = plain(f"channel.{account.channel}", lang)
        text = plain("draft.account.one", lang, mark=mark, number=account.number, state=channel)
        rows.append((button(label(text), "dr.from", campaign.id, campaign.version, account.id),))
    rows.append((button(plain("back", lang), "dr.audience", campaign.id),))
    text = say("draft.number", lang)
    if any(account.channel is Channel.CLOUD for account in accounts):
        text = Html(f"{text}\n\n{say('draft.number.official', lang)}")
    return View(text=text, rows=tuple(rows))


@draft_screen("draft.account")
async def account_screen(scene: Scene, args: Args, campaign: Campaign) -> View:
    lang = scene.workspace.language
    rows: list[tuple[Button, ...]] = []
    for account in await scene.unit.accounts.of_workspace(scene.workspace.id):
        mark = "✓ " if account.id == campaign.account_id else ""
        state = plain(f"account.state.{account.state.value}", lang)
        text = plain("draft.account.one", lang, mark=mark, number=account.number, state=state)
        rows.append((button(label(text), "dr.use", campaign.id, campaign.version, account.id),))
    rows.append((button(plain("back", lang), "dr.review", campaign.id),))
    return View(text=say("draft.account", lang), rows=tuple(rows))


@action("dr.account", needs=Right.WORK)
async def open_account(scene: Scene) -> Go:
    return Go(screen="draft.account", args={"id": scene.press.id})


async def _of_here(scene: Scene, id: int) -> Account:
    accounts = await scene.unit.accounts.of_workspace(scene.workspace.id)
    chosen = next((account for account in accounts if account.id == AccountId(id)), None)
    if chosen is None:
        raise NotFound()
    return chosen


async def _has_template(scene: Scene, campaign: Campaign, account: Account) -> bool:
    """Whether that number's business has the campaign's template too."""
    cloud = await scene.unit.cloud.account(account.id) if account.channel is Channel.CLOUD else None
    if cloud is None or campaign.template is None or not cloud.waba_id:
        return False
    return await scene.unit.cloud.template(cloud.waba_id, campaign.template.id) is not None


@action("dr.use", needs=Right.WORK)
async def use_account(scene: Scene) -> Go:
    return await _use(scene, then="review")


@action("dr.from", needs=Right.WORK)
async def use_from_the_start(scene: Scene) -> Go:
    return await _use(scene, then="message")


async def _use(scene: Scene, *, then: str) -> Go:
    """Send from that number. What it would cost the message is asked first."""
    campaign = await load(scene, scene.press.id)
    chosen = await _of_here(scene, scene.press.x)
    if is_so(campaign, scene.press.rev, account_id=chosen.id):
        return go_to(scene, then, campaign.id)
    if campaign.template is not None and not await _has_template(scene, campaign, chosen):
        return Go(screen="draft.move", args={"id": campaign.id, "to": chosen.id, "then": then})
    return await _moved(scene, campaign, chosen, then)


@draft_screen("draft.move")
async def move_screen(scene: Scene, args: Args, campaign: Campaign) -> View:
    """The safe choice first: what was chosen and filled would be gone."""
    lang, chosen = scene.workspace.language, await _of_here(scene, int(args["to"]))
    was = await scene.unit.accounts.ever(campaign.account_id) if campaign.account_id is not None else None
    stays = was.number if was is not None else plain("review.no_account", lang)
    gone = dropped(campaign, official.without_template(campaign), lang)
    text = say("draft.move", lang, number=chosen.number, was=stays, gone=gone)
    sure, then = plain("draft.move.do", lang, number=chosen.number), str(args.get("then", "review"))
    before = "dr.account" if then == "review" else "dr.number"
    rows = (
        (button(label(plain("draft.move.keep", lang, number=stays)), f"dr.{then}", campaign.id),),
        (button(label(sure), "dr.move", campaign.id, campaign.version, chosen.id),),
        (button(plain("back", lang), before, campaign.id),),
    )
    return View(text=text, rows=rows)


@action("dr.move", needs=Right.WORK)
async def move(scene: Scene) -> Go:
    campaign = await load(scene, scene.press.id)
    then = (await panel_args(scene, "draft.move")).get("then", "review")
    return await _moved(scene, campaign, await _of_here(scene, scene.press.x), then)


async def _moved(scene: Scene, campaign: Campaign, chosen: Account, then: str) -> Go:
    """As fast as its channel goes by itself, where it cannot go as was chosen."""
    saved = await official.move(
        scene.campaigns, campaign, chosen, expected=scene.press.rev, at=scene.now,
        with_template=await _has_template(scene, campaign, chosen),
    )  # fmt: skip
    was = await scene.unit.accounts.ever(campaign.account_id) if campaign.account_id is not None else None
    before = {"number": was.number if was is not None else None}
    await note(scene, "campaign.account", saved, before=before, after={"number": chosen.number})
    return go_to(scene, then, campaign.id)
