"""Campaigns over the official channel: which template they send, what fills it, what stands at its top."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final

from domain.accounts.model import Account
from domain.campaigns import service
from domain.campaigns.model import Campaign
from domain.campaigns.pace import pace_on
from domain.campaigns.service import Campaigns
from domain.campaigns.template import field_key
from domain.delivery.content import Media, MediaKind
from domain.delivery.media_limits import RULES as MEDIA_RULES
from domain.delivery.media_limits import check_media, mime_of
from domain.delivery.template_values import (
    Always,
    CampaignTemplate,
    Filling,
    FromColumn,
    ValuesMissing,
    ValueTooLong,
    cleaned,
    guess,
)
from domain.delivery.templates import HeaderKind, MessageTemplate, Slot
from domain.kernel.errors import DomainError, NotFound

#: What a header takes.
HEADERS: Final[Mapping[HeaderKind, MediaKind]] = {
    HeaderKind.IMAGE: MediaKind.PHOTO,
    HeaderKind.VIDEO: MediaKind.VIDEO,
    HeaderKind.DOCUMENT: MediaKind.DOCUMENT,
}


class HeaderWanted(DomainError):
    """Another kind of file stands at the top of the template: `kind`."""

    code = "cloud_template.header_wanted"


class NoHeaderWanted(DomainError):
    """The template called `name` takes no file."""

    code = "cloud_template.no_header"


class ValueEmpty(DomainError):
    code = "cloud_template.value_empty"


class RateRefused(DomainError):
    """`highest`: how many messages a second the number may send."""

    code = "pacing.rate_refused"


async def choose(
    on: Campaigns, campaign: Campaign, template: MessageTemplate, *, expected: int, at: datetime
) -> Campaign:
    """Send that. What was put into places that it has too stays; others are guessed. Raises TemplateNotReady
    or TemplateNotCarried."""
    template.check_ready()
    kept = campaign.template.values if campaign.template is not None else {}
    if campaign.template is None or campaign.template.id != template.id:
        kept = {}
    values = {**guess(template, await service.known_fields(on, campaign)), **kept}
    chosen = CampaignTemplate(
        id=template.id, name=template.name, language=template.language,
        values={slot: filling for slot, filling in values.items() if slot in template.slots},
    )  # fmt: skip
    media = campaign.media if campaign.template is not None and fits(template, campaign.media) else None
    return await service.edit(on, campaign, expected=expected, at=at, template=chosen, text="", media=media)


async def put(
    on: Campaigns,
    campaign: Campaign,
    template: MessageTemplate,
    slot: Slot,
    filling: Filling,
    *,
    expected: int,
    at: datetime,
) -> Campaign:
    """What goes into one place. Raises ValueEmpty or ValueTooLong for a text that WhatsApp would refuse."""
    if campaign.template is None or slot not in template.slots:
        raise NotFound()
    text = filling.text if isinstance(filling, Always) else filling.fallback
    if isinstance(filling, Always) and not cleaned(text):
        raise ValueEmpty()
    if len(cleaned(text)) > (limit := template.limit_of(slot)):
        raise ValueTooLong(place=slot, length=len(cleaned(text)), limit=limit)
    chosen = replace(campaign.template, values={**campaign.template.values, slot: filling})
    return await service.edit(on, campaign, expected=expected, at=at, template=chosen)


async def lacking(
    on: Campaigns, campaign: Campaign, template: MessageTemplate, *, everybody: int
) -> Mapping[Slot, int]:
    """For each place, how many of those who could be sent to have no value for it (zero left out); all of
    them, `everybody`, where nothing was chosen."""
    if campaign.template is None or campaign.audience is None:
        return {}
    columns = {field_key(name): name for name in await service.known_fields(on, campaign)}
    values = campaign.template.values
    wanted: dict[Slot, str] = {}
    for slot in template.slots:
        filling = values.get(slot)
        if isinstance(filling, FromColumn) and not cleaned(filling.fallback):
            wanted[slot] = columns.get(field_key(filling.column), filling.column)
    asked = [column for column in dict.fromkeys(wanted.values()) if column != "number"]
    missing = await on.campaigns.missing_fields(campaign.workspace_id, campaign.audience, asked)
    lacks = {slot: missing.get(column, 0) for slot, column in wanted.items()}
    lacks |= {slot: everybody for slot in template.slots if slot not in values}
    return {slot: lacks[slot] for slot in template.slots if lacks.get(slot)}


def check_can_go_on(campaign: Campaign, template: MessageTemplate) -> None:
    """Of one that was paused: whether what was chosen then still fills the template as it is now. Raises
    TemplateNotReady, TemplateNotCarried, HeaderWanted, NoHeaderWanted or ValuesMissing."""
    template.check_ready()
    if not fits(template, campaign.media):
        if not template.wants_media:
            raise NoHeaderWanted(name=template.name)
        raise HeaderWanted(kind=HEADERS[template.header].value)
    values = campaign.template.values if campaign.template is not None else {}
    if missing := [slot for slot in template.slots if slot not in values]:
        raise ValuesMissing(places=missing)


def fits(template: MessageTemplate, media: Media | None) -> bool:
    """Whether that stands at the template's top; of one that takes nothing, nothing does."""
    return (None if media is None else media.kind) is HEADERS.get(template.header)


def header_of(template: MessageTemplate, media: Media) -> Media:
    """The file as it stands at the top: a picture or video that was sent as a file is one. Raises
    NoHeaderWanted, HeaderWanted, and what WhatsApp would refuse about the file."""
    wanted = HEADERS.get(template.header)
    if wanted is None:
        raise NoHeaderWanted(name=template.name)
    if media.kind is MediaKind.DOCUMENT and mime_of(media.mime) in MEDIA_RULES[wanted].kinds:
        media = replace(media, kind=wanted)
    if media.kind is not wanted:
        raise HeaderWanted(kind=wanted.value)
    check_media(media)
    return media


def without_template(campaign: Campaign) -> Campaign:
    """What stands at its top goes with it."""
    return campaign if campaign.template is None else replace(campaign, template=None, media=None)


async def move(
    on: Campaigns, campaign: Campaign, to: Account, *, with_template: bool, expected: int, at: datetime
) -> Campaign:
    """Send from another number. A template goes along to numbers of the business that has it, and no
    further: there the message is chosen anew."""
    kept = campaign if with_template else without_template(campaign)
    return await service.edit(
        on, campaign, expected=expected, at=at, account_id=to.id, template=kept.template, media=kept.media,
        pacing=pace_on(to.channel, campaign.pacing),
    )  # fmt: skip
