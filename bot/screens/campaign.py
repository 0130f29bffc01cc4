"""One campaign in any state, and what can be done with it."""

from dataclasses import replace

from bot.chat.view import LONGEST_CAPTION, Button, Rows, View, button
from bot.screens import campaign_words as words
from bot.screens.base import Args, Go, Scene, action, screen
from bot.screens.campaign_card import Card, card_of, card_text, live_rows, steady_lines
from bot.screens.contacts_parts import back
from bot.screens.draft_audience import audience_words
from bot.screens.draft_review import FIRST, PLAIN, run, tell
from bot.screens.draft_steps import go_to, load, load_as_drawn, next_missing
from bot.texts import Html, plain, say
from domain.campaigns import service
from domain.campaigns.model import AudienceKind, Campaign, CampaignState, CampaignStep
from domain.delivery.recipients import Tally
from domain.operators.chat import Notice

S, T = CampaignState, CampaignStep


@screen("campaign")
async def campaign_screen(scene: Scene, args: Args) -> View:
    campaign = await load(scene, int(args["id"]))
    lang = scene.workspace.language
    if campaign.state is S.DRAFT:
        return View(text=await _draft_text(scene, campaign), rows=_draft_rows(campaign, lang))
    if campaign.state is S.SCHEDULED:
        return await _scheduled(scene, campaign)
    card = await card_of(scene.unit, campaign, caps=scene.desk.caps, now=scene.now)
    return View(text=await _started_text(scene, card), rows=_started_rows(card, lang))


async def _draft_text(scene: Scene, campaign: Campaign) -> Html:
    lang = scene.workspace.language
    message = words.quoted(campaign.text or "—", 300)
    audience = await audience_words(scene, campaign)
    return say("campaign.draft", lang, name=words.one_line(campaign.name), audience=audience, text=message)


def _draft_rows(campaign: Campaign, lang: str) -> Rows:
    return (
        (button(plain("campaign.go_on", lang), "cp.goon", campaign.id),),
        (button(plain("draft.discard", lang), "dr.discard", campaign.id),),
        back(lang, "campaigns"),
    )


async def _scheduled(scene: Scene, campaign: Campaign) -> View:
    """Steps as `open_steps` allows; over the cap only the first would start, and the button says so."""
    lang, cap = scene.workspace.language, scene.desk.caps.a_campaign
    included, excluded = 0, 0
    if campaign.audience is not None:
        count = await scene.unit.campaigns.count_audience(scene.workspace.id, campaign.audience, cap=None)
        included, excluded = count.included, sum(count.excluded.values())
    at = "—"
    if campaign.scheduled_at is not None:
        at = words.moment(campaign.scheduled_at, words.zone_of(scene.workspace), scene.now, lang)
    text = say(
        "campaign.scheduled.text", lang, name=words.one_line(campaign.name), at=at,
        audience=await audience_words(scene, campaign), people=words.people(included), excluded=excluded,
        speed=words.speed(campaign.pacing, lang), text=words.quoted(campaign.text or "—", 300),
    )  # fmt: skip
    over = included > cap
    if over:
        text = Html(f"{text}\n{say('review.over.scheduled', lang, people=words.people(included), cap=cap)}")
    return View(text=text, rows=_scheduled_rows(campaign, lang, cap if over else None))


def _scheduled_rows(campaign: Campaign, lang: str, first: int | None) -> Rows:
    steps = campaign.open_steps()
    now = plain("campaign.start_first", lang, cap=first) if first else plain("campaign.start_now", lang)
    x = FIRST if first else PLAIN
    buttons = (
        (T.START, button(now, "cp.startnow", campaign.id, campaign.version, x)),
        (
            T.UNSCHEDULE,
            button(plain("campaign.unschedule", lang), "cp.unsched", campaign.id, campaign.version),
        ),
        (T.CANCEL, button(plain("campaign.cancel", lang), "cp.cancel", campaign.id, campaign.version)),
    )
    return (*((b,) for step, b in buttons if step in steps), back(lang, "campaigns"))


async def _started_text(scene: Scene, card: Card) -> Html:
    lang, zone, campaign = scene.workspace.language, words.zone_of(scene.workspace), card.campaign
    number = card.account.number if card.account else "—"
    about = say(
        "campaign.about", lang, audience=await audience_words(scene, campaign), number=number,
        speed=words.speed(campaign.pacing, lang),
    )  # fmt: skip
    lines = [card_text(card, zone=zone, now=scene.now, language=lang), Html(""), about]
    if card.tally.unknown:
        lines.append(say("campaign.unknown", lang, people=card.tally.unknown))
    return Html("\n".join(lines))


def _started_rows(card: Card, lang: str) -> Rows:
    campaign, tally = card.campaign, card.tally
    rows = list(live_rows(campaign, lang))
    if tally.unknown:
        rows.append((button(plain("unknown.button", lang, count=tally.unknown), "cp.unknown", campaign.id),))
    if campaign.is_over:
        rows += _again_rows(campaign, tally, lang)
    rows.append(
        (
            button(plain("campaign.refresh", lang), "cp.open", campaign.id),
            *back(lang, "campaigns"),
        )
    )
    return tuple(rows)


def _again_rows(campaign: Campaign, tally: Tally, lang: str) -> list[tuple[Button, ...]]:
    """Retry failed, where somebody did and was not sent to again since, and Repeat."""
    row = []
    if tally.to_retry:
        label = plain("campaign.retry", lang, count=tally.to_retry)
        row.append(button(label, "cp.retry", campaign.id, campaign.version))
    row.append(button(plain("campaign.repeat", lang), "cp.repeat", campaign.id, campaign.version))
    return [tuple(row)]


@action("cp.open")
async def open_campaign(scene: Scene) -> Go:
    campaign = await load(scene, scene.press.id)
    return Go(screen="campaign", args={"id": campaign.id})


@action("cp.goon")
async def go_on_with_draft(scene: Scene) -> Go:
    """Where the draft was left: at what is missing, or at the review."""
    campaign = await load(scene, scene.press.id)
    if campaign.state is not S.DRAFT:
        return Go(screen="campaign", args={"id": campaign.id})
    return go_to(scene, next_missing(campaign), campaign.id)


@action("cp.pause")
async def pause(scene: Scene) -> Go:
    campaign = await load_as_drawn(scene)
    paused = await service.pause(scene.campaigns, campaign, expected=scene.press.rev, at=scene.now)
    in_flight = (await scene.unit.delivery.tally(campaign.id)).in_flight
    tell(scene, [paused])
    lang = scene.workspace.language
    toast = plain("campaign.pausing", lang, count=in_flight) if in_flight else plain("campaign.paused", lang)
    return Go(screen="campaign", args={"id": campaign.id}, toast=toast)


@action("cp.resume")
async def resume(scene: Scene) -> Go:
    campaign = await load_as_drawn(scene)
    running = await service.resume(scene.campaigns, campaign, expected=scene.press.rev, at=scene.now)
    tell(scene, [running])
    toast = plain("campaign.resumed", scene.workspace.language)
    return Go(screen="campaign", args={"id": campaign.id}, toast=toast)


@action("cp.startnow")
async def start_now(scene: Scene) -> Go:
    """A scheduled one, at once. It starts with whom the list has now."""
    campaign = await load_as_drawn(scene)
    return await run(scene, campaign, first_only=scene.press.x == FIRST, split=False)


@action("cp.unsched")
async def unschedule(scene: Scene) -> Go:
    campaign = await load_as_drawn(scene)
    draft = await service.unschedule(scene.campaigns, campaign, expected=scene.press.rev, at=scene.now)
    tell(scene, [draft])
    return go_to(scene, "review", draft.id, toast=plain("campaign.unscheduled", scene.workspace.language))


@screen("campaign.cancel")
async def cancel_screen(scene: Scene, args: Args) -> View:
    """Asks once more, the safe choice first; what cannot be cancelled any more is shown as it is."""
    campaign = await load(scene, int(args["id"]))
    if T.CANCEL not in campaign.open_steps() or campaign.state is S.DRAFT:
        return await campaign_screen(scene, {"id": campaign.id})
    lang = scene.workspace.language
    left = (await scene.unit.delivery.tally(campaign.id)).waiting
    if campaign.state is S.SCHEDULED and campaign.audience is not None:
        count = await scene.unit.campaigns.count_audience(scene.workspace.id, campaign.audience, cap=None)
        left = min(count.included, scene.desk.caps.a_campaign)
    text = say("campaign.cancel.ask", lang, name=words.one_line(campaign.name), people=words.people(left))
    rows = (
        (button(plain("campaign.cancel.keep", lang), "cp.open", campaign.id),),
        (button(plain("campaign.cancel.do", lang), "cp.cancelx", campaign.id, campaign.version),),
        back(lang, "cp.open", id=campaign.id),
    )
    return View(text=text, rows=rows)


@action("cp.cancel")
async def ask_cancel(scene: Scene) -> Go:
    campaign = await load(scene, scene.press.id)
    return Go(screen="campaign.cancel", args={"id": campaign.id})


@action("cp.cancelx")
async def cancel(scene: Scene) -> Go:
    campaign = await load_as_drawn(scene)
    cancelled, people = await service.cancel(
        scene.campaigns, campaign, expected=scene.press.rev, at=scene.now
    )
    tell(scene, [cancelled])
    toast = plain("campaign.cancelled", scene.workspace.language, people=words.people(people))
    return Go(screen="campaign", args={"id": campaign.id}, toast=toast)


@action("cp.report")
async def report(scene: Scene) -> Go:
    """Queue it; taps within the same two seconds are one double tap, and ask for one report."""
    campaign = await load(scene, scene.press.id)
    lang = scene.workspace.language
    key = f"report:{campaign.id}:{int(scene.now.timestamp()) // 2}"
    notice = Notice(chat_id=scene.chat_id, key=key, kind="report", payload={"campaign_id": campaign.id})
    await scene.unit.chat.queue_notice(notice, at=scene.now)
    return Go(screen="campaign", args={"id": campaign.id}, toast=plain("campaign.report.coming", lang))


@action("cp.retry")
async def retry_failed(scene: Scene) -> Go:
    return await _follow_up(scene, AudienceKind.FAILED_OF)


@action("cp.repeat")
async def repeat(scene: Scene) -> Go:
    campaign = await load(scene, scene.press.id)
    if (stale := await _claimed_once(scene, campaign)) is not None:
        return stale
    draft = await service.repeat(scene.campaigns, campaign, scene.me.id, at=scene.now)
    toast = plain("campaign.again", scene.workspace.language)
    return go_to(scene, next_missing(draft), draft.id, toast=toast)


async def _follow_up(scene: Scene, kind: AudienceKind) -> Go:
    campaign = await load(scene, scene.press.id)
    if (stale := await _claimed_once(scene, campaign)) is not None:
        return stale
    draft = await service.follow_up(scene.campaigns, campaign, kind, scene.me.id, at=scene.now)
    toast = plain("campaign.again", scene.workspace.language)
    return go_to(scene, next_missing(draft), draft.id, toast=toast)


async def _claimed_once(scene: Scene, campaign: Campaign) -> Go | None:
    """Make one tap of a double tap the only one: an ended campaign is saved as it is, which counts its
    version on. A button of an old report leads to the campaign, where the buttons are fresh."""
    if campaign.version != scene.press.rev or not campaign.is_over:
        toast = plain("stale.rev", scene.workspace.language)
        return Go(screen="campaign", args={"id": campaign.id}, toast=toast)
    await scene.unit.campaigns.save(replace(campaign, changed_at=scene.now), expected=scene.press.rev)
    return None


def report_caption(campaign: Campaign, tally: Tally, language: str) -> Html:
    """Under the report's picture; the name stands here, whatever script it is in."""
    card = Card(campaign=campaign, tally=tally)
    lines = [*steady_lines(card, language)]
    if tally.unknown:
        lines.append(say("campaign.unknown", language, people=tally.unknown))
    text = Html("\n".join(lines))
    return text if words.units(text) <= LONGEST_CAPTION else lines[0]


def report_rows(campaign: Campaign, tally: Tally, language: str) -> Rows:
    """Under the report: what can follow it, or the way back to a campaign that still runs."""
    rows: list[tuple[Button, ...]] = []
    if tally.unknown:
        rows.append(
            (button(plain("unknown.button", language, count=tally.unknown), "cp.unknown", campaign.id),)
        )
    if campaign.is_over:
        rows += _again_rows(campaign, tally, language)
    else:
        rows.append((button(plain("notice.open", language), "cp.open", campaign.id),))
    return tuple(rows)
