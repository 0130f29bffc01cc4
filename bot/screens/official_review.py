"""What the official channel adds to a draft's review: its template, its values, its window, its limit."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bot.screens import campaign_words as words
from bot.screens.base import Scene
from bot.screens.cloud_parts import slot_words
from bot.screens.draft_template import chosen_template, number_of
from bot.texts import Html, plain, refusal, say
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
    `within` just now."""

    blocked: Html | None = None
    lacking: Sequence[tuple[int, str]] = ()
    free_text: bool = False
    within: int = 0
    takes_media: bool = True


async def official_of(scene: Scene, campaign: Campaign, *, everybody: int) -> Official:
    """Nothing for other channels."""
    if await number_of(scene, campaign) is None:
        return Official()
    lang = scene.language
    if campaign.template is None:
        return Official(
            blocked=_refused_file(campaign, lang), free_text=bool(campaign.text or campaign.media),
            within=await _within(scene, campaign),
        )  # fmt: skip
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


async def _within(scene: Scene, campaign: Campaign) -> int:
    if campaign.audience is None or campaign.account_id is None:
        return 0
    return await scene.unit.campaigns.count_who_wrote(
        campaign.workspace_id, campaign.audience, campaign.account_id, since=scene.now - DAY
    )


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
