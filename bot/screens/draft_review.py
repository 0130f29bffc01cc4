"""New campaign, the last step: everything at a glance, and Start."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from bot.chat.view import Button, Rows, View, button
from bot.screens import campaign_words as words
from bot.screens.base import Args, Go, Scene, action
from bot.screens.checks import review_button, review_line
from bot.screens.contacts_parts import label
from bot.screens.draft_audience import audience_words
from bot.screens.draft_hours import hours_rows
from bot.screens.draft_preview import fields_of, missing_line, read_by, reader_of
from bot.screens.draft_steps import draft_screen, go_to, load_as_drawn, note, note_step
from bot.screens.draft_template import message_shown
from bot.screens.draft_words import media_words
from bot.screens.hours_words import when_words, with_clock
from bot.screens.official_review import can_line, official_of, window_lines
from bot.screens.plan_days import outlook_lines
from bot.screens.plan_words import balance_button
from bot.screens.start_cost import cost_lines, price_of
from bot.screens.start_promise import Promise, broken, promised
from bot.screens.start_review import FIRST, PLAIN, SPLIT, Review, review_of
from bot.screens.terms import terms_before_sending
from bot.texts import Html, plain, say
from domain.campaigns import service
from domain.campaigns.licence import may_send
from domain.campaigns.model import AudienceKind, Campaign, CampaignState, PauseReason
from domain.campaigns.ports import MOST_REACHED, AudienceCount
from domain.campaigns.start import MOST_PARTS, Start
from domain.operators.chat import ProgressMessage
from domain.operators.model import Right

TEXT_SHOWN: Final = 300
MOST_REASONS: Final = 8


@draft_screen("review")
async def review_screen(scene: Scene, args: Args, campaign: Campaign) -> View:
    return await shown(scene, await review_of(scene, campaign))


async def shown(scene: Scene, review: Review) -> View:
    return View(text=await _text(scene, review), rows=_rows(scene, review))


async def _text(scene: Scene, review: Review) -> Html:
    lang, zone, campaign = scene.workspace.language, words.zone_of(scene.workspace), review.campaign
    when = plain("when.now.words", lang)
    if campaign.scheduled_at is not None:
        when = words.moment(campaign.scheduled_at, zone, scene.now, lang)
    lines = await _whom(scene, review)
    lines.append(await _message(scene, campaign))
    lines.append(
        say(
            "review.how", lang, media=media_words(campaign.media, lang),
            speed=words.speed(campaign.pacing, lang), when=when,
        )
    )  # fmt: skip
    if review.outlook is not None:
        lines += outlook_lines(review.outlook, scene.now, lang)
    lines += cost_lines(
        review.cost, people=review.count.included, cap=review.cap, lang=lang,
        scheduled=campaign.scheduled_at is not None, reached=review.reached,
    )  # fmt: skip
    if review.plan_ends is not None and review.stopped is None:
        lines.append(say("review.plan.later", lang, at=words.moment(review.plan_ends, zone, scene.now, lang)))
    if review.blocked is not None:
        lines.append(review.blocked)
    elif review.over:
        key = "review.over.scheduled" if campaign.scheduled_at else "review.over"
        lines.append(say(key, lang, people=words.people(review.count.included), cap=review.cap))
    if review.blocked is None:
        lines.append(say("review.reminder", lang))
    return Html("\n".join(lines))


async def _whom(scene: Scene, review: Review) -> list[Html]:
    """From where and to whom; who is left out, and what should be known of the others."""
    lang, campaign = scene.workspace.language, review.campaign
    lines = [
        say(
            "review", lang, name=words.one_line(campaign.name),
            account=review.account.number if review.account else plain("review.no_account", lang),
            audience=await audience_words(scene, campaign),
            can=can_line(review.official, review.count.included, lang),
        )
    ]  # fmt: skip
    if review.account is not None:
        lines += window_lines(scene, review.official, review.account, review.count.included)
    if review.just_reached:
        more = review.just_reached > MOST_REACHED
        key = "review.reached.more" if more else "review.reached"
        lines.append(say(key, lang, count=min(review.just_reached, MOST_REACHED)))
    if review.count.excluded:
        lines.append(excluded_line(review.count, lang))
    if review.checked is not None and review.checked.total:
        lines.append(review_line(review.checked, lang))
    lines += [line for line in [await missing_line(scene, campaign)] if line is not None]
    return lines


async def _message(scene: Scene, campaign: Campaign) -> Html:
    lang, reader = scene.workspace.language, await reader_of(scene, campaign)
    to = fields_of(reader) if reader is not None else None
    shown = await message_shown(scene, campaign, TEXT_SHOWN, to=to)
    return say("review.message", lang, read_by=read_by(reader, lang), text=shown)


def excluded_line(count: AudienceCount, lang: str) -> Html:
    """`54 will not: 31 have not agreed, 5 opted out`."""
    parts = [
        plain("review.excluded.one", lang, count=n, reason=words.reason(code, lang))
        for code, n in list(count.excluded.items())[:MOST_REASONS]
    ]
    return say("review.excluded", lang, count=sum(count.excluded.values()), parts=", ".join(parts))


def _rows(scene: Scene, review: Review) -> Rows:
    lang, campaign = scene.workspace.language, review.campaign

    def edit(key: str, step: str) -> Button:
        return button(plain(key, lang), f"dr.{step}", campaign.id, x=1)

    rows: list[tuple[Button, ...]] = list(_start_rows(review, lang))
    rows += [
        (button(label(text), "dr.fallback", campaign.id, x=at * 2 + 1),)
        for at, text in review.official.lacking
    ]
    if review.checked is not None:
        check = review_button(review.checked, campaign, review.checking, lang)
        # Before the first look it stands above Start.
        rows[:] = ([(check,)] if check and not review.checked.checked else []) + rows
        rows += [(check,)] if check and review.checked.checked else []
    audience = campaign.audience
    unasked = review.count.excluded.get("no_consent")
    if unasked and audience is not None and audience.kind is AudienceKind.LIST:
        rows.append((button(plain("ls.consent", lang), "ls.consent", id=int(audience.ref)),))
    media = (edit("review.edit.media", "media"),) if review.official.takes_media else ()
    rows.append((edit("review.edit.message", "message"), *media))
    rows.append((edit("review.edit.audience", "audience"), edit("review.edit.speed", "speed")))
    rows.append(
        (edit("review.edit.when", "when"), button(plain("review.edit.name", lang), "dr.name", campaign.id))
    )
    rows += hours_rows(campaign, lang, has_hours=review.has_hours)
    if review.accounts > 1 or (review.account is None and review.accounts):
        rows.append((button(plain("review.edit.account", lang), "dr.account", campaign.id),))
    if review.account is None or not review.account.is_connected:
        rows.append((button(plain("home.whatsapp", lang), "link"),))
    rows.append(
        (edit("review.preview", "preview"), button(plain("draft.discard", lang), "dr.discard", campaign.id))
    )
    rows.append((button(plain("back", lang), "dr.when", campaign.id),))
    return tuple(rows)


def _start_rows(review: Review, lang: str) -> Rows:
    """Start or Schedule; over the cap, how. Nothing that would be refused; without a plan, where to get
    one."""
    campaign = review.campaign
    if review.stopped is PauseReason.PLAN_ENDED:
        return ((balance_button(lang),),)
    if review.blocked is not None:
        return ()

    def go(key: str, name: str, x: int, **values: object) -> Button:
        promise = Promise(way=x, price=review.cost.price, cap=review.cap)
        return button(plain(key, lang, **values), name, campaign.id, campaign.version, promise.x)

    if campaign.scheduled_at is not None:
        return ((go("review.schedule", "dr.schedule", PLAIN),),)
    if not review.over:
        return ((go("review.start", "dr.start", PLAIN),),)
    first = go("review.first", "dr.start", FIRST, cap=review.cap)
    if review.parts > MOST_PARTS:
        return ((first,),)
    return ((first, go("review.split", "dr.start", SPLIT, parts=review.parts)),)


@action("dr.start", needs=Right.WORK)
async def start(scene: Scene) -> Go:
    campaign = await load_as_drawn(scene)
    promise = promised(scene.press.x)
    if (anew := broken(scene, campaign, promise)) is not None:
        return anew
    return await run(scene, campaign, way=promise.way)


async def run(scene: Scene, campaign: Campaign, *, way: int, most: int | None = None) -> Go:
    """Freeze and start; a live message for each part follows by itself. With too few points it is asked
    what to do; `most` is how many were agreed on there."""
    terms_before_sending(scene)
    review = await review_of(scene, replace(campaign, scheduled_at=None))
    if (held_up := _held_up(review, campaign, scene.language)) is not None:
        return held_up
    if _too_few_points(review, way, most):
        return Go(screen="points.short", args={"id": campaign.id, "way": way})
    started = await Start(caps=scene.desk.caps, price=price_of(scene, campaign)).run(
        scene.campaigns, campaign, expected=scene.press.rev, at=scene.now, first_only=way == FIRST,
        split=way == SPLIT, most=most,
    )  # fmt: skip
    for part in started:
        people = (await scene.unit.delivery.tally(part.id)).left
        await note_step(scene, "campaign.started", campaign, part, people=people)
        await scene.unit.chat.save_progress_message(
            ProgressMessage(
                campaign_id=part.id, chat_id=scene.chat_id, message_id=None, shown="", edited_at=None, edits=0
            )
        )
    tell(scene, started)
    toast = _started_words(review, scene.now, scene.workspace.language)
    return Go(screen="campaign", args={"id": campaign.id, "brief": 1}, toast=toast)


def _started_words(review: Review, now: datetime, lang: str) -> str:
    """That it goes now, or when it will."""
    outlook = review.outlook
    if outlook is None or not outlook.waits or outlook.plan.begins is None:
        return plain("campaign.started", lang)
    key = "campaign.started.waits" if outlook.is_shut else "campaign.started.cap"
    when = when_words(outlook.plan.begins, outlook.zone, now, lang)
    return plain(key, lang, when=with_clock(when, outlook.zone, outlook.hours, lang))


def _held_up(review: Review, campaign: Campaign, lang: str) -> Go | None:
    """Where it is said why, if the official channel would refuse it as it stands now. Of one that was
    scheduled its template is looked at while it runs."""
    is_draft, found = campaign.state is CampaignState.DRAFT, review.official
    if found.blocked is None or not (is_draft or found.free_text):
        return None
    toast = plain("start.window.nobody", lang) if found.reaches_nobody else None
    return Go(screen="review" if is_draft else "campaign", args={"id": campaign.id}, toast=toast)


def _too_few_points(review: Review, way: int, most: int | None) -> bool:
    """Asked before anything is written. Whatever else is wrong is left to the start to refuse."""
    if review.blocked is not None or (review.over and way == PLAIN and most is None):
        return False
    people = review.people(way) if most is None else min(most, review.people(way))
    return review.cost.affords(people) < people


def tell(scene: Scene, campaigns: Sequence[Campaign]) -> None:
    """Hint to the senders and the live messages that something changed."""
    for campaign in campaigns:
        if campaign.account_id is not None:
            scene.desk.watcher.account_has_work(campaign.account_id)
        scene.desk.watcher.campaign_changed(campaign.id, at_once=True)


@action("dr.schedule", needs=Right.WORK)
async def schedule(scene: Scene) -> Go:
    campaign = await load_as_drawn(scene)
    if campaign.scheduled_at is None:
        return go_to(scene, "when", campaign.id, edit=True)
    if (anew := broken(scene, campaign, promised(scene.press.x))) is not None:
        return anew
    terms_before_sending(scene)
    if (await official_of(scene, campaign, everybody=1)).blocked is not None:
        return go_to(scene, "review", campaign.id)
    await may_send(scene.unit, scene.workspace.id, scene.now)
    saved = await service.schedule(
        scene.campaigns, campaign, campaign.scheduled_at, price=price_of(scene, campaign),
        expected=scene.press.rev, at=scene.now,
    )  # fmt: skip
    await note_step(scene, "campaign.scheduled", campaign, saved)
    tell(scene, [saved])
    toast = plain("campaign.scheduled", scene.workspace.language)
    return Go(screen="campaign", args={"id": saved.id, "brief": 1}, toast=toast)


@draft_screen("draft.discard")
async def discard_screen(scene: Scene, args: Args, campaign: Campaign) -> View:
    lang = scene.workspace.language
    text = say("draft.discard.ask", lang, name=words.one_line(campaign.name))
    rows = (
        (button(plain("draft.discard.keep", lang), "dr.review", campaign.id),),
        (button(plain("draft.discard.do", lang), "dr.discardx", campaign.id, campaign.version),),
        (button(plain("back", lang), "dr.review", campaign.id),),
    )
    return View(text=text, rows=rows)


@action("dr.discard", needs=Right.WORK)
async def ask_discard(scene: Scene) -> Go:
    return Go(screen="draft.discard", args={"id": scene.press.id})


@action("dr.discardx", needs=Right.WORK)
async def discard(scene: Scene) -> Go:
    campaign = await load_as_drawn(scene)
    campaign.require_draft()
    await service.cancel(scene.campaigns, campaign, expected=scene.press.rev, at=scene.now)
    await note(scene, "campaign.discarded", campaign)
    toast = plain("draft.discarded", scene.workspace.language)
    return Go(screen="campaigns", toast=toast)
