"""What a running or paused campaign's card says beside the rest when it leaves over the official channel."""

from dataclasses import dataclass

from bot.screens.campaign_words import one_line
from bot.screens.official_words import template_news
from bot.texts import Html, plain, say
from domain.campaigns import official
from domain.campaigns.model import Campaign, PauseReason
from domain.delivery.cloud_accounts import CloudAccount
from domain.delivery.template_values import ValuesMissing
from domain.delivery.templates import MessageTemplate, TemplateStatus
from domain.kernel.errors import DomainError
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
