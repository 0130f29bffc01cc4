"""How numbers, templates and business accounts stand at WhatsApp: what is kept of it, and whom it stops."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from domain.accounts.model import Account
from domain.campaigns import service
from domain.campaigns.model import Campaign, PauseReason
from domain.delivery.cloud_accounts import CloudAccount
from domain.delivery.cloud_news import NumberNews, TemplateNews
from domain.delivery.templates import MessageTemplate, TemplateCategory, TemplateStatus
from domain.kernel.errors import DomainError
from domain.scheduler.events import Announcer, CloudNumberChanged, TemplateChanged
from domain.scheduler.unit import Unit

_NOT_DIGITS: Final = re.compile(r"[^0-9]")

#: WhatsApp tells within seconds that a message was sent; after so long it does not tell at all.
TELLS_WITHIN: Final = timedelta(minutes=15)


async def number_is_now(
    unit: Unit, announcer: Announcer, account: Account, before: CloudAccount, after: CloudAccount
) -> None:
    """Kept; told where it is something that operators feel."""
    await unit.cloud.save(after)
    if (before.quality, before.people) != (after.quality, after.people):
        await announcer.announce(unit, CloudNumberChanged(account=account, before=before, after=after))


def is_silent(
    heard_at: datetime | None, usage: Sequence[tuple[datetime, int]], *, since: datetime, now: datetime
) -> bool:
    """Whether messages went out and nothing came back about them. `usage`: (minute, messages), oldest first;
    `heard_at` is to the minute. `since`: when the number was connected; what was heard of it before it was
    removed and added again is forgotten, so that what it sent before says nothing."""
    begun = since.replace(second=0, microsecond=0)
    after = None if heard_at is None else heard_at + timedelta(minutes=2)
    return any(
        number and begun <= minute <= now - TELLS_WITHIN and (after is None or minute > after)
        for minute, number in usage
    )


async def take_number(unit: Unit, announcer: Announcer, account: Account, news: NumberNews) -> bool:
    """Whether WhatsApp should be asked what else is new: these webhooks name less than there is."""
    digits = _NOT_DIGITS.sub("", news.number)
    if digits and f"+{digits}" != account.number:
        return False
    known = await unit.cloud.account(account.id, lock=True)
    if known is None:
        return False
    people, quality = news.limit or known.people, news.quality or known.quality
    await number_is_now(unit, announcer, account, known, replace(known, people=people, quality=quality))
    return True


async def take_template(
    unit: Unit, announcer: Announcer, accounts: Sequence[Account], news: TemplateNews, *, at: datetime
) -> bool:
    """Whether the templates should be fetched: one is new to us, its text was edited, or it stands otherwise:
    news come in any order, and what is fetched is how it stands now."""
    before = await unit.cloud.template(news.waba_id, news.template_id)
    if before is None:
        return True
    after = replace(
        before,
        status=before.status if news.status is None else _status(news.status),
        category=before.category if news.category is None else _category(news.category),
        quality=before.quality if news.quality is None else news.quality,
    )
    await unit.cloud.save_template(news.waba_id, after)
    await template_is_now(unit, announcer, accounts, before, after, at=at)
    return after != before or (news.status is None and news.quality is None and news.category is None)


def _status(word: str) -> TemplateStatus:
    known = word in TemplateStatus._value2member_map_
    return TemplateStatus(word) if known else TemplateStatus.UNKNOWN


def _category(word: str) -> TemplateCategory:
    known = word in TemplateCategory._value2member_map_
    return TemplateCategory(word) if known else TemplateCategory.UNKNOWN


async def templates_are_now(
    unit: Unit,
    announcer: Announcer,
    accounts: Sequence[Account],
    waba_id: str,
    templates: Sequence[MessageTemplate],
    *,
    at: datetime,
) -> None:
    """All of a business account's, as fetched; `accounts` are its numbers."""
    known = {one.id: one for one in await unit.cloud.templates(waba_id)}
    await unit.cloud.save_templates(waba_id, templates, at=at)
    fresh = {one.id: one for one in templates}
    for id, before in known.items():
        await template_is_now(unit, announcer, accounts, before, fresh.get(id), at=at)


async def template_is_now(
    unit: Unit,
    announcer: Announcer,
    accounts: Sequence[Account],
    before: MessageTemplate,
    after: MessageTemplate | None,
    *,
    at: datetime,
) -> None:
    """Campaigns that cannot be sent with it any more pause at once; whoever uses it is told what changed."""
    if after is not None and _standing(before) == _standing(after):
        return
    for account in accounts:
        users = [one for one in await unit.campaigns.unfinished_of(account.id) if _uses(one, before)]
        if not users:
            continue
        paused: Sequence[Campaign] = ()
        if not _goes_on(before, after):
            paused = await service.pause_all_of(
                unit.campaigns, account.id, PauseReason.TEMPLATE, at=at, template=before.id
            )
        told = TemplateChanged(account=account, before=before, after=after, paused=tuple(paused))
        await announcer.announce(unit, told)


def _standing(template: MessageTemplate) -> object:
    """What campaigns depend on."""
    return template.status, template.quality, template.slots, template.header


def _uses(campaign: Campaign, template: MessageTemplate) -> bool:
    return campaign.template is not None and campaign.template.id == template.id


def _goes_on(before: MessageTemplate, after: MessageTemplate | None) -> bool:
    """Whether what was made for `before` can still be sent."""
    if after is None or (before.slots, before.header) != (after.slots, after.header):
        return False
    try:
        after.check_ready()
    except DomainError:
        return False
    return True
