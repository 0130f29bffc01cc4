"""One campaign in any state, and what can be done with it."""

from dataclasses import replace

from bot.chat.view import LONGEST_CAPTION, Button, Rows, View, button
from bot.screens import campaign_words as words
from bot.screens.base import Args, Go, Scene, action, screen
from bot.screens.campaign_card import (
    Card,
    card_of,
    card_text,
    head_line,
    live_rows,
    steady_lines,
    wait_lines,
)
from bot.screens.campaign_hours import held_by_hours, until_words
from bot.screens.contacts_parts import back
from bot.screens.draft_account import after_audience
from bot.screens.draft_again import open_again
from bot.screens.draft_audience import audience_words, named_after
from bot.screens.draft_review import run, tell
from bot.screens.draft_steps import go_to, load, load_as_drawn, next_missing, note, note_step
from bot.screens.draft_template import TemplateGone, chosen_template, message_shown, number_of
from bot.screens.official_review import window_of_scheduled
from bot.screens.plan_words import balance_button, stopped_sentence
from bot.screens.start_cost import cost_lines, cost_of
from bot.screens.start_promise import Promise, broken, promised
from bot.screens.start_review import FIRST, PLAIN
from bot.screens.terms import terms_before_sending
from bot.texts import Html, plain, say
from domain.campaigns import official, service
from domain.campaigns.model import AudienceKind, Campaign, CampaignState, CampaignStep, PauseReason
from domain.delivery.recipients import Tally
from domain.delivery.template_values import ValuesMissing
from domain.kernel.errors import DomainError
from domain.operators.chat import Notice
from domain.operators.model import Right
from domain.scheduler.licence import why_not


class TemplateEdited(DomainError):
    """`name` of a template whose blanks or top are not those that were filled."""

    code = "cloud_template.edited"


S, T = CampaignState, CampaignStep


@screen("campaign", needs=Right.READ)
async def campaign_screen(scene: Scene, args: Args) -> View:
    campaign = await load(scene, int(args["id"]))
    lang = scene.workspace.language
    if campaign.state is S.DRAFT:
        return View(text=await _draft_text(scene, campaign), rows=_draft_rows(campaign, lang))
    if campaign.state is S.SCHEDULED:
        return await _scheduled(scene, campaign)
    card = await card_of(scene.unit, campaign, caps=scene.desk.caps, now=scene.now)
    if args.get("brief") and campaign.state is S.RUNNING and await _is_live_here(scene, campaign):
        return View(text=await _brief_text(scene, card), rows=_brief_rows(card, lang))
    return View(text=await _started_text(scene, card), rows=_started_rows(card, lang))


async def _is_live_here(scene: Scene, campaign: Campaign) -> bool:
    live = await scene.unit.chat.progress_messages(campaign.id)
    return any(message.chat_id == scene.chat_id for message in live)


async def _brief_text(scene: Scene, card: Card) -> Html:
    """What is not in the live message, which stands right below: the same twice would be in the way."""
    lang = scene.workspace.language
    waits = wait_lines(card, words.zone_of(scene.workspace), scene.now, lang)
    lines = [head_line(card, lang), *waits, Html(""), await _about(scene, card)]
    lines += [Html(""), say("campaign.live", lang)]
    if card.tally.unknown:
        lines.append(say("campaign.unknown", lang, people=card.tally.unknown))
    return Html("\n".join(lines))


def _brief_rows(card: Card, lang: str) -> Rows:
    show = button(plain("campaign.show", lang), "cp.open", card.campaign.id)
    return (*_unknown_row(card.campaign, card.tally, lang), (show,), back(lang, "campaigns"))


def _unknown_row(campaign: Campaign, tally: Tally, lang: str) -> Rows:
    if not tally.unknown:
        return ()
    return ((button(plain("unknown.button", lang, count=tally.unknown), "cp.unknown", campaign.id),),)


async def _draft_text(scene: Scene, campaign: Campaign) -> Html:
    lang = scene.workspace.language
    message = await message_shown(scene, campaign, 300)
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
        count = await service.count_people(scene.campaigns, campaign, campaign.audience, at=scene.now)
        included, excluded = count.included, sum(count.excluded.values())
    at = "—"
    if campaign.scheduled_at is not None:
        at = words.moment(campaign.scheduled_at, words.zone_of(scene.workspace), scene.now, lang)
    text = say(
        "campaign.scheduled.text", lang, name=words.one_line(campaign.name), at=at,
        audience=await audience_words(scene, campaign), people=words.people(included), excluded=excluded,
        speed=words.speed(campaign.pacing, lang), text=await message_shown(scene, campaign, 300),
    )  # fmt: skip
    over = included > cap
    if over:
        text = Html(f"{text}\n{say('review.over.scheduled', lang, people=words.people(included), cap=cap)}")
    stopped = await why_not(scene.unit, scene.workspace.id, scene.now)
    window, cost = await window_of_scheduled(scene, campaign, included), await cost_of(scene, campaign)
    aside = cost_lines(
        cost, people=included, cap=cap, scheduled=True, lang=lang, reached=window.reached
    )  # fmt: skip
    if stopped is not None:
        aside.append(stopped_sentence(scene, stopped))
    text = Html("\n".join([text, *window.lines, *aside]))
    can_start = window.can_start and stopped is None
    rows = _scheduled_rows(campaign, lang, cap, over=over, stopped=stopped, can_start=can_start)
    return View(text=text, rows=rows)


def _scheduled_rows(
    campaign: Campaign, lang: str, cap: int, *, over: bool, stopped: PauseReason | None, can_start: bool
) -> Rows:
    steps = campaign.open_steps() - (set() if can_start else {T.START})
    now = plain("campaign.start_first", lang, cap=cap) if over else plain("campaign.start_now", lang)
    promise = Promise(way=FIRST if over else PLAIN, price=campaign.price, cap=cap)
    buttons = (
        (T.START, button(now, "cp.startnow", campaign.id, campaign.version, promise.x)),
        (
            T.UNSCHEDULE,
            button(plain("campaign.unschedule", lang), "cp.unsched", campaign.id, campaign.version),
        ),
        (T.CANCEL, button(plain("campaign.cancel", lang), "cp.cancel", campaign.id, campaign.version)),
    )
    get_one = ((balance_button(lang),),) if stopped is PauseReason.PLAN_ENDED else ()
    return (*get_one, *((b,) for step, b in buttons if step in steps), back(lang, "campaigns"))


async def _about(scene: Scene, card: Card) -> Html:
    lang, campaign = scene.workspace.language, card.campaign
    return say(
        "campaign.about", lang, audience=await audience_words(scene, campaign),
        number=card.account.number if card.account else "—", speed=words.speed(campaign.pacing, lang),
    )  # fmt: skip


async def _started_text(scene: Scene, card: Card) -> Html:
    lang, zone, campaign = scene.workspace.language, words.zone_of(scene.workspace), card.campaign
    about = await _about(scene, card)
    lines = [card_text(card, zone=zone, now=scene.now, language=lang), Html(""), about]
    if card.tally.unknown:
        lines.append(say("campaign.unknown", lang, people=card.tally.unknown))
    lines += _not_retried(campaign, card.tally, lang)
    return Html("\n".join(lines))


def _not_retried(campaign: Campaign, tally: Tally, lang: str) -> list[Html]:
    """Those who did not get it and whom a retry leaves out: it would not reach them, or another one has."""
    found = (
        ("campaign.off", tally.off),
        ("campaign.closed", tally.closed),
        ("campaign.followed", tally.followed_up),
    )
    return [say(key, lang, people=words.people(n)) for key, n in found if n and campaign.is_over]


def _started_rows(card: Card, lang: str) -> Rows:
    campaign, tally = card.campaign, card.tally
    rows = list(live_rows(card, lang))
    rows += _unknown_row(campaign, tally, lang)
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
    """To those who did not get it, where there are some that were not sent to again since, and Repeat."""
    row = []
    if tally.to_retry:
        key = "campaign.rest" if tally.cancelled else "campaign.retry"
        label = plain(key, lang, count=tally.to_retry)
        row.append(button(label, "cp.retry", campaign.id, campaign.version))
    row.append(button(plain("campaign.repeat", lang), "cp.repeat", campaign.id, campaign.version))
    return [tuple(row)]


@action("cp.open", needs=Right.READ)
async def open_campaign(scene: Scene) -> Go:
    """What has not begun yet is shown in brief once it has: then its live message is there too."""
    campaign = await load(scene, scene.press.id)
    brief = {"brief": 1} if campaign.started_at is None else {}
    return Go(screen="campaign", args={"id": campaign.id, **brief})


@action("cp.goon", needs=Right.WORK)
async def go_on_with_draft(scene: Scene) -> Go:
    """Where the draft was left: at what is missing, or at the review."""
    campaign = await load(scene, scene.press.id)
    if campaign.state is not S.DRAFT:
        return Go(screen="campaign", args={"id": campaign.id})
    if (step := next_missing(campaign)) == "message":
        return await after_audience(scene, campaign)
    return go_to(scene, step, campaign.id)


@action("cp.pause", needs=Right.WORK)
async def pause(scene: Scene) -> Go:
    campaign = await load_as_drawn(scene)
    paused = await service.pause(scene.campaigns, campaign, expected=scene.press.rev, at=scene.now)
    await note_step(scene, "campaign.paused", campaign, paused)
    in_flight = (await scene.unit.delivery.tally(campaign.id)).in_flight
    tell(scene, [paused])
    lang = scene.workspace.language
    toast = plain("campaign.pausing", lang, count=in_flight) if in_flight else plain("campaign.paused", lang)
    return Go(screen="campaign", args={"id": campaign.id}, toast=toast)


@action("cp.resume", needs=Right.WORK)
async def resume(scene: Scene) -> Go:
    campaign = await load_as_drawn(scene)
    terms_before_sending(scene)
    await _template_goes(scene, campaign)
    running = await service.resume(scene.campaigns, campaign, expected=scene.press.rev, at=scene.now)
    await note_step(scene, "campaign.resumed", campaign, running)
    tell(scene, [running])
    lang, held = scene.workspace.language, await held_by_hours(scene.unit, running, now=scene.now)
    toast = plain("campaign.resumed", lang)
    if held.until is not None:
        when = until_words(held, held.until, scene.workspace.zone, scene.now, lang)
        toast = plain("campaign.resumed.waits", lang, when=when)
    return Go(screen="campaign", args={"id": campaign.id}, toast=toast)


async def _template_goes(scene: Scene, campaign: Campaign) -> None:
    """Raises why what was chosen cannot be sent any more, if so: rather now than once for each person."""
    if campaign.template is None or await number_of(scene, campaign) is None:
        return
    template = await chosen_template(scene, campaign)
    if template is None:
        raise TemplateGone(name=campaign.template.name)
    try:
        official.check_can_go_on(campaign, template)
    except (ValuesMissing, official.HeaderWanted, official.NoHeaderWanted):
        raise TemplateEdited(name=template.name) from None


@action("cp.startnow", needs=Right.WORK)
async def start_now(scene: Scene) -> Go:
    """A scheduled one, at once. It starts with whom the list has now."""
    campaign = await load_as_drawn(scene)
    promise = promised(scene.press.x)
    if (anew := broken(scene, campaign, promise)) is not None:
        return anew
    return await run(scene, campaign, way=FIRST if promise.way == FIRST else PLAIN)


@action("cp.unsched", needs=Right.WORK)
async def unschedule(scene: Scene) -> Go:
    campaign = await load_as_drawn(scene)
    draft = await service.unschedule(scene.campaigns, campaign, expected=scene.press.rev, at=scene.now)
    await note_step(scene, "campaign.unscheduled", campaign, draft)
    tell(scene, [draft])
    return go_to(scene, "review", draft.id, toast=plain("campaign.unscheduled", scene.workspace.language))


@screen("campaign.cancel", needs=Right.WORK)
async def cancel_screen(scene: Scene, args: Args) -> View:
    """Asks once more, the safe choice first; what cannot be cancelled any more is shown as it is."""
    campaign = await load(scene, int(args["id"]))
    if T.CANCEL not in campaign.open_steps() or campaign.state is S.DRAFT:
        return await campaign_screen(scene, {"id": campaign.id})
    lang = scene.workspace.language
    left = (await scene.unit.delivery.tally(campaign.id)).waiting
    if campaign.state is S.SCHEDULED and campaign.audience is not None:
        count = await service.count_people(scene.campaigns, campaign, campaign.audience, at=scene.now)
        left = min(count.included, scene.desk.caps.a_campaign)
    key = "campaign.cancel.scheduled" if campaign.state is S.SCHEDULED else "campaign.cancel.ask"
    text = say(key, lang, name=words.one_line(campaign.name), people=words.people(left))
    rows = (
        (button(plain("campaign.cancel.keep", lang), "cp.open", campaign.id),),
        (button(plain("campaign.cancel.do", lang), "cp.cancelx", campaign.id, campaign.version),),
        back(lang, "cp.open", id=campaign.id),
    )
    return View(text=text, rows=rows)


@action("cp.cancel", needs=Right.WORK)
async def ask_cancel(scene: Scene) -> Go:
    campaign = await load(scene, scene.press.id)
    return Go(screen="campaign.cancel", args={"id": campaign.id})


@action("cp.cancelx", needs=Right.WORK)
async def cancel(scene: Scene) -> Go:
    campaign = await load_as_drawn(scene)
    cancelled, people = await service.cancel(
        scene.campaigns, campaign, expected=scene.press.rev, at=scene.now
    )
    await note_step(scene, "campaign.cancelled", campaign, cancelled, left_out=people)
    tell(scene, [cancelled])
    toast = plain("campaign.cancelled", scene.workspace.language, people=words.people(people))
    return Go(screen="campaign", args={"id": campaign.id}, toast=toast)


@action("cp.report", needs=Right.WORK)
async def report(scene: Scene) -> Go:
    """Queue it; taps within the same two seconds are one double tap, and ask for one report."""
    campaign = await load(scene, scene.press.id)
    lang = scene.workspace.language
    key = f"report:{campaign.id}:{int(scene.now.timestamp()) // 2}"
    notice = Notice(chat_id=scene.chat_id, key=key, kind="report", payload={"campaign_id": campaign.id})
    if await scene.unit.chat.queue_notice(notice, at=scene.now):
        await note(scene, "campaign.report", campaign)
    return Go(screen="campaign", args={"id": campaign.id}, toast=plain("campaign.report.coming", lang))


@action("cp.retry", needs=Right.WORK)
async def retry_failed(scene: Scene) -> Go:
    """Or, after a cancel, the rest."""
    campaign = await load(scene, scene.press.id)
    if (stale := await _claimed_once(scene, campaign)) is not None:
        return stale
    draft = await service.follow_up(
        scene.campaigns, campaign, AudienceKind.FAILED_OF, scene.me.id,
        name=named_after(campaign, "rest" if campaign.state is S.CANCELLED else "retry", scene), at=scene.now,
    )  # fmt: skip
    await note(scene, "campaign.retried", campaign)
    return await open_again(scene, campaign, draft)


@action("cp.repeat", needs=Right.WORK)
async def repeat(scene: Scene) -> Go:
    campaign = await load(scene, scene.press.id)
    if (stale := await _claimed_once(scene, campaign)) is not None:
        return stale
    draft = await service.repeat(
        scene.campaigns, campaign, scene.me.id, name=named_after(campaign, "again", scene), at=scene.now
    )
    await note(scene, "campaign.repeated", campaign)
    return await open_again(scene, campaign, draft)


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
    if campaign.is_over and tally.undelivered:
        people = words.people(tally.undelivered)
        lines.append(say("report.still", language, people=people))
    if tally.unknown:
        lines.append(say("campaign.unknown", language, people=tally.unknown))
    lines += _not_retried(campaign, tally, language)
    text = Html("\n".join(lines))
    return text if words.units(text) <= LONGEST_CAPTION else lines[0]


def report_rows(campaign: Campaign, tally: Tally, language: str) -> Rows:
    """Under the report: what can follow it, or the way back to a campaign that still runs."""
    rows: list[tuple[Button, ...]] = [*_unknown_row(campaign, tally, language)]
    if campaign.is_over:
        rows += _again_rows(campaign, tally, language)
    else:
        rows.append((button(plain("notice.open", language), "cp.open", campaign.id),))
    return tuple(rows)
