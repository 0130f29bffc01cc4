"""What a person is sent: a campaign's text or template with their own values."""

from collections.abc import Mapping
from typing import Final

from domain.campaigns import template as texts
from domain.campaigns.footer import with_footer
from domain.campaigns.model import Campaign
from domain.delivery.content import OutgoingMessage
from domain.delivery.ports import Rejected
from domain.delivery.recipients import Claim
from domain.delivery.template_values import (
    TemplateMessage,
    ValuesMissing,
    ValueTooLong,
    filled_with,
    preview_with,
    values_for,
)
from domain.delivery.templates import MessageTemplate
from domain.kernel.ids import AttemptKey

VALUE_MISSING: Final = Rejected("value_missing", can_retry=False)
TOO_LONG: Final = Rejected("too_long", can_retry=False)


def message_of(
    campaign: Campaign, claim: Claim, template: MessageTemplate | None = None, *, footer: str = ""
) -> OutgoingMessage | Rejected:
    """`template`: the campaign's, as WhatsApp has it. Rejected when this person's values do not fit it.
    `footer`: stands below a text (domain/campaigns/footer.py)."""
    fields = {**claim.fields, "name": claim.name, "number": claim.number}
    return filled(campaign, template, key=claim.key, to=claim.number, fields=fields, footer=footer)


def filled(
    campaign: Campaign,
    template: MessageTemplate | None,
    *,
    key: AttemptKey,
    to: str,
    fields: Mapping[str, str],
    footer: str = "",
) -> OutgoingMessage | Rejected:
    if campaign.template is None or template is None:
        text = with_footer(texts.fill(campaign.text, fields), footer)
        return OutgoingMessage(key=key, to=to, text=text, media=campaign.media)
    values = values_for(template, campaign.template.values, fields)
    try:
        content = filled_with(template, values)
    except ValuesMissing:
        return VALUE_MISSING
    except ValueTooLong:
        return TOO_LONG
    text = preview_with(template, values)
    return TemplateMessage(key=key, to=to, text=text, media=campaign.media, template=content)
