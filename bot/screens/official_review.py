"""What the official channel adds to a draft's review: its template, its values, its window, its limit."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from bot.screens import campaign_words as words
from bot.screens.base import Scene
from bot.screens.cloud_parts import slot_words
from bot.screens.draft_template import chosen_template, number_of
from bot.screens.hours_words import when_words
from bot.texts import Html, plain, refusal, say
from domain.accounts.model import Account
from domain.campaigns import official
from domain.campaigns.model import Campaign
from domain.delivery.media_limits import check_media
from domain.delivery.templates import MessageTemplate
from domain.kernel.errors import DomainError
from domain.pacing.rules import DAY

MOST_PLACES: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Official:
    """`blocked`: why it cannot start. `lacking`: of places that have no value for somebody the position, and
    what the button that leads there says. `free_text`: it goes to those within their window only, who are
    `within` as far as is known; `begins` is when they have to be, where that is not now."""

    blocked: Html | None = None
    lacking: Sequence[tuple[int, str]] = ()
    free_text: bool = False
    within: int = 0
    begins: datetime | None = None
    takes_media: bool = True

    @property
    def reaches_nobody(self) -> bool:
        return self.free_text and self.within == 0


async def official_of(scene: Scene, campaign: Campaign, *, everybody: int) -> Official:
    """Nothing for other channels."""
    number = await number_of(scene, campaign)
    if number is None:
        return Official()
    lang = scene.language
    if campaign.template is None:
        return await _free_text(scene, campaign, number[0])
    template = await chosen_template(scene, campaign)
    if template is None:
        gone = say("review.template.gone", lang, name=words.one_line(campaign.template.name))
        return Official(blocked=gone, takes_media=False)
    try:
        template.check_ready()
    except DomainError as error:
        return Official(blocked=Html(f"\n⚠️ {refusal(error, lang)}"), takes_media=template.wants_media)
    if not official.fits(template, campaign.media):
        return Official(blocked=_header(template, lang), takes_media=True)
    return await _values(scene, campaign, template, everybody)


async def _free_text(scene: Scene, campaign: Campaign, account: Account) -> Official:
    """One that starts now and would reach nobody does not start. Until one that is scheduled does, somebody
    may write."""
    if not (campaign.text or campaign.media) or campaign.audience is None:
        return Official(blocked=_refused_file(campaign, scene.language))
    begins = await _begins(scene, campaign, account)
    within = await scene.unit.campaigns.count_who_wrote(
        campaign.workspace_id, campaign.audience, account.id, since=begins - DAY
    )
    blocked = _refused_file(campaign, scene.language)
    found = Official(
        blocked=blocked, free_text=True, within=within, begins=begins if begins > scene.now else None
    )
    if blocked is not None or within or campaign.scheduled_at is not None:
        return found
    key = "review.window.nobody" if found.begins is None else "review.window.nobody.later"
    return replace(found, blocked=_window(scene, key, account, found))


async def _begins(scene: Scene, campaign: Campaign, account: Account) -> datetime:
    """By each person's own clock none can be told for all."""
    start = max(scene.now, campaign.scheduled_at or scene.now)
    hours = await scene.unit.hours.of(account.id)
    if hours is None or not campaign.heeds_hours or campaign.by_their_clock:
        return start
    return hours.next_open(start) or start


def _window(scene: Scene, key: str, account: Account, found: Official, others: int = 0) -> Html:
    lang = scene.language
    people = words.people(found.within) if found.within else plain("window.nobody", lang)
    when = when_words(found.begins or scene.now, scene.workspace.zone, scene.now, lang)
    return say(key, lang, number=account.number, people=people, when=when, others=words.people(others))


def can_line(found: Official, people: int, lang: str) -> Html:
    """How many can get it: of a text those within their window, and nobody else."""
    if not found.free_text:
        mark = "✅" if people and not found.lacking else "⚠️"
        return say("review.can", lang, mark=mark, people=words.people(people))
    key = "review.can.now" if found.begins is None else "review.can.later"
    shown = words.people(found.within) if found.within else plain("window.nobody", lang)
    return say(key, lang, mark="✅" if found.within else "⚠️", people=shown)


def window_lines(scene: Scene, found: Official, account: Account, everybody: int) -> list[Html]:
    """Whom a text reaches, and what to do about the others; nothing where that is why it cannot start."""
    if not found.free_text or found.blocked is not None:
        return []
    if found.begins is not None or not found.within:
        return [_window(scene, "review.window.later", account, found)]
    others = everybody - found.within
    key = "review.window" if others > 0 else "review.window.all"
    return [_window(scene, key, account, found, others)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Of a text, until it starts by itself: what is said of it, how many it reaches as far as is known (None:
    it is no such text), and whether it would reach anybody now."""

    lines: Sequence[Html] = ()
    reached: int | None = None
    can_start: bool = True


async def window_of_scheduled(scene: Scene, campaign: Campaign, everybody: int) -> Window:
    number = await number_of(scene, campaign)
    if number is None or campaign.template is not None:
        return Window()
    found = await _free_text(scene, campaign, number[0])
    now = await _free_text(scene, replace(campaign, scheduled_at=None), number[0])
    lines = window_lines(scene, found, number[0], everybody)
    return Window(lines=lines, reached=found.within, can_start=not now.reaches_nobody)


def _refused_file(campaign: Campaign, lang: str) -> Html | None:
    """A file chosen while another number was, that this channel does not take."""
    if campaign.media is None:
        return None
    try:
        check_media(campaign.media, caption=campaign.text)
    except DomainError as error:
        return Html(f"\n⚠️ {refusal(error, lang)}")
    return None


def _header(template: MessageTemplate, lang: str) -> Html:
    kind = official.HEADERS.get(template.header)
    if kind is None:
        return Html(f"\n⚠️ {refusal(official.NoHeaderWanted(name=template.name), lang)}")
    return say("review.header", lang, kind=plain(f"media.kind.{kind}", lang))


async def _values(scene: Scene, campaign: Campaign, template: MessageTemplate, everybody: int) -> Official:
    """Caught here, so that nobody is refused while it is sent."""
    lang = scene.language
    lacks = await official.lacking(scene.campaigns, campaign, template, everybody=everybody)
    if not lacks:
        return Official(takes_media=template.wants_media)
    parts = [
        plain("review.values.one", lang, people=words.people(people), place=slot_words(template, slot, lang))
        for slot, people in lacks.items()
    ]
    values = campaign.template.values if campaign.template is not None else {}
    buttons = []
    for slot in lacks:
        key = "review.fallback" if slot in values else "review.fill"
        at = template.slots.index(slot)
        buttons.append((at, plain(key, lang, place=slot_words(template, slot, lang))))
    return Official(
        blocked=say("review.values", lang, parts=", ".join(parts[:MOST_PLACES])),
        lacking=buttons[:MOST_PLACES],
        takes_media=template.wants_media,
    )
