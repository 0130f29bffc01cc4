"""What a running or paused campaign's card says beside the rest when it leaves over the official channel."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.screens.campaign_words import one_line
from bot.screens.official_words import template_news
from bot.texts import Html, plain, say
from domain.campaigns import official
from domain.campaigns.model import Campaign, PauseReason
from domain.delivery.cloud_accounts import CloudAccount
from domain.delivery.template_values import ValuesMissing
from domain.delivery.templates import MessageTemplate, TemplateStatus
from domain.kernel.errors import DomainError
from domain.pacing.channel_limits import PeopleLimit
from domain.pacing.rules import DAY, Pacing, expected_finish
from domain.scheduler.unit import Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How its number and its template stand at WhatsApp now. `template` None: it is gone, or has none."""

    cloud: CloudAccount
    template: MessageTemplate | None = None


async def standing_of(unit: Unit, campaign: Campaign) -> Standing | None:
    """None for a campaign over another channel."""
    cloud = await unit.cloud.account(campaign.account_id) if campaign.account_id is not None else None
    if cloud is None:
        return None
    if campaign.template is None:
        return Standing(cloud=cloud)
    template = await unit.cloud.template(cloud.waba_id, campaign.template.id)
    return Standing(cloud=cloud, template=template)


def why_paused(campaign: Campaign, standing: Standing, *, connected: bool, language: str) -> list[Html]:
    """What has to be done so that it can go on; nothing for other reasons."""
    if campaign.pause_reason is PauseReason.TOKEN:
        return [say("card.why.over" if connected else "card.why.token", language)]
    if campaign.pause_reason is PauseReason.TEMPLATE and campaign.template is not None:
        what, do = _template_words(campaign, standing.template, language)
        name = one_line(campaign.template.name)
        return [say("card.why.template", language, name=name, what=what, do=do)]
    return []


def _template_words(campaign: Campaign, template: MessageTemplate | None, language: str) -> tuple[str, str]:
    """What is the matter with it now, and what to do."""
    if template is None:
        return plain("template.news.gone", language), plain("card.why.template.choose", language)
    try:
        official.check_can_go_on(campaign, template)
    except (ValuesMissing, official.HeaderWanted, official.NoHeaderWanted):
        return plain("template.news.edited", language), plain("card.why.template.values", language)
    except DomainError:
        waits = template.status in {TemplateStatus.PAUSED, TemplateStatus.PENDING, TemplateStatus.IN_APPEAL}
        do = plain(f"card.why.template.{'wait' if waits else 'choose'}", language)
        return template_news(template, template, language), do
    return plain("template.news.approved", language), plain("card.why.template.resume", language)


async def official_pace(
    unit: Unit, standing: Standing, campaign: Campaign, people: int, *, now: datetime
) -> tuple[datetime | None, datetime | None]:
    """When about the last of so many is reached, and when there is room again for new people; None where
    there is nothing to wait for."""
    cloud = standing.cloud
    pacing = Pacing.at(min(campaign.pacing.rate, cloud.ceiling))
    if cloud.people is None or cloud.people.people is None or campaign.template is None:
        return now + pacing.average * people, None
    usage = await unit.cloud.people_counted(cloud.account_id, since=now - DAY)
    reopens = cloud.people.reopens_at(usage, now=now)
    finish = finish_within(cloud.people, usage, people, pacing, a_day=cloud.people.people, now=now)
    return finish, reopens if reopens > now else None


def finish_within(
    limit: PeopleLimit,
    usage: Sequence[tuple[datetime, int]],
    people: int,
    pacing: Pacing,
    *,
    a_day: int,
    now: datetime,
) -> datetime:
    """When about the last of so many new people is reached, with `a_day` of them in any 24 hours."""
    room = limit.room(usage, now=now) or 0
    # As it will stand once what there is room for is used up.
    then = limit.reopens_at([*usage, (now, room)], now=now)
    return expected_finish(people, pacing, room_now=room, a_day=a_day, now=now, reopens=then)
