"""What the screens of the official channel share: its accounts, its templates and their places in words."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from bot.chat.view import Button, button
from bot.screens.base import Scene
from bot.screens.campaign_words import one_line
from bot.screens.contacts_parts import tag_number
from bot.screens.link import mine
from bot.texts import Html, has, plain, say
from domain.accounts.model import Account
from domain.delivery.cloud_accounts import CloudAccount
from domain.delivery.templates import MessageTemplate, Slot, TemplateStatus
from domain.kernel.errors import NotFound
from domain.pacing.channel_limits import Quality

ICONS: Final = {
    TemplateStatus.APPROVED: "✅",
    TemplateStatus.PENDING: "⏳",
    TemplateStatus.IN_APPEAL: "⏳",
    TemplateStatus.PAUSED: "⏸",
}
REFUSED: Final = "🚫"


async def official(scene: Scene, id: int | None = None) -> tuple[Account, CloudAccount]:
    """The account of a button, or of that id, and what WhatsApp says of it; of this workspace only."""
    account = await mine(scene, id)
    cloud = await scene.unit.cloud.account(account.id)
    if cloud is None:
        raise NotFound()
    return account, cloud


async def official_before(scene: Scene, id: int) -> tuple[Account, CloudAccount]:
    """The same while no transaction is open."""
    async with scene.desk.store.read() as unit:
        return await official(replace(scene, unit=unit), id)


async def templates_of(scene: Scene, cloud: CloudAccount) -> Sequence[MessageTemplate]:
    return await scene.unit.cloud.templates(cloud.waba_id) if cloud.waba_id else ()


def template_number(template: MessageTemplate) -> int:
    """As it travels in a button: WhatsApp's own number may be too long."""
    return tag_number(template.id)


async def template_of(scene: Scene, cloud: CloudAccount, number: int) -> MessageTemplate:
    """Raises NotFound."""
    for one in await templates_of(scene, cloud):
        if template_number(one) == number:
            return one
    raise NotFound()


def icon_of(template: MessageTemplate) -> str:
    if template.status is TemplateStatus.APPROVED and (template.quality is Quality.RED or template.foreign):
        return REFUSED
    return ICONS.get(template.status, REFUSED)


def health_button(account: Account, lang: str) -> Button:
    return button(plain("cloud.health.button", lang, number=account.number), "cloud", id=account.id)


def header_line(template: MessageTemplate, lang: str) -> Html:
    key = f"template.header.{template.header}"
    return say(key, lang) if has(key) else Html("")


def slot_words(template: MessageTemplate, slot: Slot, lang: str) -> str:
    """`{{1}}`, `header {{1}}`, `button “Track”`."""
    place, _, which = slot.partition(".")
    if place == "button":
        return plain("slot.button", lang, text=one_line(template.buttons[int(which)].text, 30))
    return plain(f"slot.{place}", lang, blank=f"{{{{{which}}}}}")
