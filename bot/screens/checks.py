"""Which numbers of a campaign are on WhatsApp: asked for before it starts, a little at a time."""

from dataclasses import replace

from bot.chat.view import Button, View, button
from bot.screens import campaign_words as words
from bot.screens.base import Args, Go, Scene, action, screen
from bot.screens.contacts_parts import back
from bot.screens.draft_steps import load
from bot.texts import Html, plain, say
from domain.accounts.checks import A_DAY, DAY, CheckJob, CheckState, CheckTally, reopens_at, room
from domain.accounts.model import Channel
from domain.campaigns.model import Campaign
from domain.kernel.errors import DomainError
from domain.operators.activity import Topic
from domain.operators.model import Right


class NothingToCheck(DomainError):
    """All numbers are known, or they leave from a channel that is not asked."""

    code = "checks.nothing"


async def tally_of(scene: Scene, campaign: Campaign, *, agreed: int | None = None) -> CheckTally | None:
    """What is known of a campaign's numbers; None where it leaves from another channel than WhatsApp Web.
    `agreed`: how many of its audience consented, if that is known."""
    if campaign.audience is None or campaign.account_id is None:
        return None
    account = await scene.unit.accounts.known(campaign.account_id)
    if account is None or account.channel is not Channel.WEB:
        return None
    return await scene.unit.campaigns.check_tally(
        scene.workspace.id, campaign.audience, at=scene.now, agreed=agreed
    )


def review_line(found: CheckTally, lang: str) -> Html:
    """For the review: what is known, or that it would be well to know."""
    if found.checked == 0:
        return say("review.checks.none", lang)
    return say(
        "review.checks", lang, checked=found.checked, total=found.total, on=found.on, off=found.off,
        unsaid=found.unsaid,
    )  # fmt: skip


def review_button(found: CheckTally, campaign: Campaign, job: CheckJob | None, lang: str) -> Button | None:
    if job is not None and job.state is CheckState.RUNNING:
        return button(plain("checks.under_way", lang, done=job.done, total=job.total), "nc.open", campaign.id)
    return button(plain("checks.start", lang), "nc.start", campaign.id) if found.unchecked else None


@action("nc.open", needs=Right.WORK)
async def open_checks(scene: Scene) -> Go:
    campaign = await load(scene, scene.press.id)
    return Go(screen="checks", args={"id": campaign.id})


@action("nc.start", needs=Right.WORK)
async def start(scene: Scene) -> Go:
    """One that is under way goes on."""
    campaign = await load(scene, scene.press.id)
    campaign.require_draft()
    job = await scene.unit.checks.latest(campaign.id)
    if job is None or job.state is not CheckState.RUNNING:
        found = await tally_of(scene, campaign)
        if found is None or campaign.account_id is None or not found.unchecked:
            raise NothingToCheck()
        await scene.unit.checks.create(
            workspace_id=scene.workspace.id, account_id=campaign.account_id, campaign_id=campaign.id,
            chat_id=scene.chat_id, total=found.unchecked, at=scene.now,
        )  # fmt: skip
        after = {"people": found.unchecked}
        await scene.log(Topic.CAMPAIGNS, "campaign.checked", about=campaign.name, after=after)
    return Go(screen="checks", args={"id": campaign.id})


@action("nc.stop", needs=Right.WORK)
async def stop(scene: Scene) -> Go:
    """What is known stays known."""
    campaign = await load(scene, scene.press.id)
    job = await scene.unit.checks.latest(campaign.id)
    if job is not None and job.state is CheckState.RUNNING:
        stopped = replace(job, state=CheckState.STOPPED, reason=None)
        await scene.unit.checks.update(stopped, expected=job.version)
    return Go(screen="checks", args={"id": campaign.id})


@screen("checks", needs=Right.WORK)
async def checks_screen(scene: Scene, args: Args) -> View:
    lang = scene.workspace.language
    campaign = await load(scene, int(args["id"]))
    found = await tally_of(scene, campaign) or CheckTally()
    job = await scene.unit.checks.latest(campaign.id)
    running = job is not None and job.state is CheckState.RUNNING
    parts = [say("checks", lang, name=words.one_line(campaign.name), people=words.people(found.total))]
    if found.checked:
        parts.append(say("checks.found", lang, on=found.on, off=found.off, unsaid=found.unsaid))
    if job is not None and running:
        parts.append(_under_way(scene, job))
    elif found.unchecked:
        parts.append(await _left(scene, campaign, found))
    else:
        parts.append(say("checks.all", lang))
    rows: list[tuple[Button, ...]] = []
    if running:
        rows.append((button(plain("checks.stop", lang), "nc.stop", campaign.id),))
    elif found.unchecked:
        rows.append((button(plain("checks.start", lang), "nc.start", campaign.id),))
    return View(text=Html("\n\n".join(parts)), rows=(*rows, back(lang, "dr.review", campaign.id)))


def _under_way(scene: Scene, job: CheckJob) -> Html:
    lang, zone = scene.workspace.language, words.zone_of(scene.workspace)
    at = words.moment(job.next_at, zone, scene.now, lang)
    if job.reason is not None:
        return say(f"checks.waits.{job.reason}", lang, at=at, limit=A_DAY, left=max(job.total - job.done, 0))
    return say("checks.running", lang, bar=words.bar(job.done, job.total), done=job.done, total=job.total)


async def _left(scene: Scene, campaign: Campaign, found: CheckTally) -> Html:
    """How many are not known, and how many of them can be asked for today."""
    lang = scene.workspace.language
    if campaign.account_id is None:
        return Html("")
    asks = await scene.unit.checks.asks(campaign.account_id, since=scene.now - DAY)
    if (today := room(asks)) >= found.unchecked:
        return say("checks.left", lang, left=found.unchecked)
    at = words.moment(reopens_at(asks, now=scene.now), words.zone_of(scene.workspace), scene.now, lang)
    key = "checks.left.some" if today else "checks.left.later"
    return say(key, lang, left=found.unchecked, today=today, limit=A_DAY, at=at)
