"""New campaign, the last step: everything at a glance, and Start."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.chat.view import Button, Rows, View, button
from bot.screens import campaign_words as words
from bot.screens.base import Args, Go, Scene, action
from bot.screens.contacts_parts import label
from bot.screens.draft_audience import audience_words
from bot.screens.draft_message import media_words
from bot.screens.draft_preview import missing_line
from bot.screens.draft_steps import draft_screen, go_to, load, load_as_drawn
from bot.texts import Html, plain, say
from domain.accounts.model import Account
from domain.campaigns import service
from domain.campaigns.model import AudienceKind, Campaign
from domain.campaigns.ports import AudienceCount
from domain.kernel.errors import NotFound
from domain.kernel.ids import AccountId
from domain.operators.chat import ProgressMessage
from domain.pacing.rules import DAY, expected_finish, reopens_at, room

TEXT_SHOWN: Final = 300
MOST_REASONS: Final = 8

#: What a Start button asks for when there are more people than a campaign takes.
PLAIN, FIRST, SPLIT = 0, 1, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """What stands between a draft and its start. `blocked` is the sentence that says what is missing."""

    campaign: Campaign
    count: AudienceCount
    account: Account | None
    accounts: int
    cap: int
    finish: datetime | None
    blocked: Html | None

    @property
    def over(self) -> bool:
        return self.count.included > self.cap

    @property
    def parts(self) -> int:
        return -(-self.count.included // self.cap)


async def review_of(scene: Scene, campaign: Campaign) -> Review:
    count, account = AudienceCount(included=0, excluded={}), None
    if campaign.audience is not None:
        count = await scene.unit.campaigns.count_audience(scene.workspace.id, campaign.audience, cap=None)
    if campaign.account_id is not None:
        account = await scene.unit.accounts.known(campaign.account_id)
    cap = scene.desk.caps.a_campaign
    accounts = await scene.unit.accounts.of_workspace(scene.workspace.id)
    return Review(
        campaign=campaign, count=count, account=account, accounts=len(accounts), cap=cap,
        finish=await _finish(scene, campaign, account, min(count.included, cap)),
        blocked=_blocked(campaign, count, account, scene.workspace.language),
    )  # fmt: skip


async def _finish(scene: Scene, campaign: Campaign, account: Account | None, people: int) -> datetime | None:
    if account is None or people == 0 or campaign.pacing.is_batched:
        return None
    now, a_day = scene.now, scene.desk.caps.a_day
    usage = await scene.unit.accounts.usage(account.id, since=now - DAY)
    start = max(now, campaign.scheduled_at or now)
    return expected_finish(
        people, campaign.pacing, room_now=room(a_day, usage, now=start), a_day=a_day, now=start,
        reopens=reopens_at(a_day, usage, now=start),
    )  # fmt: skip


def _blocked(campaign: Campaign, count: AudienceCount, account: Account | None, lang: str) -> Html | None:
    if campaign.missing is not None:
        return say(f"review.missing.{campaign.missing}", lang)
    if account is None:
        return say("review.missing.account", lang)
    if not account.is_connected:
        return say("review.account", lang, number=account.number)
    return say("review.nobody", lang) if count.included == 0 else None


@draft_screen("review")
async def review_screen(scene: Scene, args: Args, campaign: Campaign) -> View:
    review = await review_of(scene, campaign)
    return View(text=await _text(scene, review), rows=_rows(scene, review))


async def _text(scene: Scene, review: Review) -> Html:
    lang, zone, campaign = scene.workspace.language, words.zone_of(scene.workspace), review.campaign
    when = plain("when.now.words", lang)
    if campaign.scheduled_at is not None:
        when = words.moment(campaign.scheduled_at, zone, scene.now, lang)
    lines = [
        say(
            "review", lang, name=words.one_line(campaign.name),
            account=review.account.number if review.account else plain("review.no_account", lang),
            audience=await audience_words(scene, campaign), people=words.people(review.count.included),
            mark="✅" if review.count.included else "⚠️",
        )
    ]  # fmt: skip
    if review.count.excluded:
        lines.append(excluded_line(review.count, lang))
    lines += [line for line in [await missing_line(scene, campaign)] if line is not None]
    lines.append(say("review.message", lang, text=words.quoted(campaign.text or "—", TEXT_SHOWN)))
    lines.append(
        say(
            "review.how", lang, media=media_words(campaign.media, lang),
            speed=words.speed(campaign.pacing, lang), when=when,
        )
    )  # fmt: skip
    if review.finish is not None:
        lines.append(say("review.finish", lang, at=words.moment(review.finish, zone, scene.now, lang)))
    if review.blocked is not None:
        lines.append(review.blocked)
    elif review.over:
        key = "review.over.scheduled" if campaign.scheduled_at else "review.over"
        lines.append(say(key, lang, people=words.people(review.count.included), cap=review.cap))
    return Html("\n".join(lines))


def excluded_line(count: AudienceCount, lang: str) -> Html:
    """`54 will not: 31 have not agreed, 5 said stop`."""
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
    audience = campaign.audience
    unasked = review.count.excluded.get("no_consent")
    if unasked and audience is not None and audience.kind is AudienceKind.LIST:
        rows.append((button(plain("ls.consent", lang), "ls.consent", id=int(audience.ref)),))
    rows.append((edit("review.edit.message", "message"), edit("review.edit.media", "media")))
    rows.append((edit("review.edit.audience", "audience"), edit("review.edit.speed", "speed")))
    rows.append(
        (edit("review.edit.when", "when"), button(plain("review.edit.name", lang), "dr.name", campaign.id))
    )
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
    """Start or Schedule; over the cap, how. Nothing that would be refused."""
    campaign = review.campaign
    if review.blocked is not None:
        return ()

    def go(key: str, name: str, x: int, **values: object) -> Button:
        return button(plain(key, lang, **values), name, campaign.id, campaign.version, x)

    if campaign.scheduled_at is not None:
        return ((go("review.schedule", "dr.schedule", PLAIN),),)
    if not review.over:
        return ((go("review.start", "dr.start", PLAIN),),)
    first = go("review.first", "dr.start", FIRST, cap=review.cap)
    if review.parts > service.MOST_PARTS:
        return ((first,),)
    return ((first, go("review.split", "dr.start", SPLIT, parts=review.parts)),)


@action("dr.start")
async def start(scene: Scene) -> Go:
    campaign = await load_as_drawn(scene)
    return await run(scene, campaign, first_only=scene.press.x == FIRST, split=scene.press.x == SPLIT)


async def run(scene: Scene, campaign: Campaign, *, first_only: bool, split: bool) -> Go:
    """Freeze and start; a live message for each part follows by itself."""
    started = await service.Start(caps=scene.desk.caps).run(
        scene.campaigns, campaign, expected=scene.press.rev, at=scene.now, first_only=first_only, split=split
    )
    for part in started:
        await scene.unit.chat.save_progress_message(
            ProgressMessage(
                campaign_id=part.id, chat_id=scene.chat_id, message_id=None, shown="", edited_at=None, edits=0
            )
        )
    tell(scene, started)
    toast = plain("campaign.started", scene.workspace.language)
    return Go(screen="campaign", args={"id": campaign.id}, toast=toast)


def tell(scene: Scene, campaigns: Sequence[Campaign]) -> None:
    """Hint to the senders and the live messages that something changed."""
    for campaign in campaigns:
        if campaign.account_id is not None:
            scene.desk.watcher.account_has_work(campaign.account_id)
        scene.desk.watcher.campaign_changed(campaign.id, at_once=True)


@action("dr.schedule")
async def schedule(scene: Scene) -> Go:
    campaign = await load_as_drawn(scene)
    if campaign.scheduled_at is None:
        return go_to(scene, "when", campaign.id, edit=True)
    saved = await service.schedule(
        scene.campaigns, campaign, campaign.scheduled_at, expected=scene.press.rev, at=scene.now
    )
    tell(scene, [saved])
    toast = plain("campaign.scheduled", scene.workspace.language)
    return Go(screen="campaign", args={"id": saved.id}, toast=toast)


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


@action("dr.account")
async def open_account(scene: Scene) -> Go:
    return Go(screen="draft.account", args={"id": scene.press.id})


@action("dr.use")
async def use_account(scene: Scene) -> Go:
    """Send from that number; its channel may ask for a longer pause than was chosen."""
    campaign = await load(scene, scene.press.id)
    accounts = await scene.unit.accounts.of_workspace(scene.workspace.id)
    chosen = next((a for a in accounts if a.id == AccountId(scene.press.x)), None)
    if chosen is None:
        raise NotFound()
    saved = await service.edit(
        scene.campaigns, campaign, expected=scene.press.rev, at=scene.now, account_id=chosen.id
    )
    await service.set_pacing(scene.campaigns, saved, saved.pacing, expected=saved.version, at=scene.now)
    return go_to(scene, "review", campaign.id)


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


@action("dr.discard")
async def ask_discard(scene: Scene) -> Go:
    return Go(screen="draft.discard", args={"id": scene.press.id})


@action("dr.discardx")
async def discard(scene: Scene) -> Go:
    campaign = await load_as_drawn(scene)
    campaign.require_draft()
    await service.cancel(scene.campaigns, campaign, expected=scene.press.rev, at=scene.now)
    toast = plain("draft.discarded", scene.workspace.language)
    return Go(screen="campaigns", toast=toast)
