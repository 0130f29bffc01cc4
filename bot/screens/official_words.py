"""How what WhatsApp says of templates is put for people."""

from bot.texts import plain
from domain.delivery.templates import MessageTemplate, TemplateStatus
from domain.pacing.channel_limits import Quality


def template_news(before: MessageTemplate, after: MessageTemplate | None, lang: str) -> str:
    """What became of it, in words that go on from its name."""
    if after is None:
        return plain("template.news.gone", lang)
    if after.status is not TemplateStatus.APPROVED:
        return plain("template.news.status", lang, status=plain(f"template.status.{after.status}", lang))
    if after.quality is Quality.RED:
        return plain("template.news.red", lang)
    if after.slots != before.slots or after.header is not before.header or after.body != before.body:
        return plain("template.news.edited", lang)
    if after.quality is not before.quality and after.quality is Quality.YELLOW:
        return plain("template.news.yellow", lang)
    return plain("template.news.approved", lang)
