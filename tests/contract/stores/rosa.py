"""Rosa, who has several numbers, and campaigns to her."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from domain.campaigns.model import Audience, AudienceKind, Campaign, CampaignState
from domain.contacts.model import ConsentEvent, ConsentSource
from domain.contacts.ports import ImportedRow
from domain.delivery.channel import AcceptedAs
from domain.delivery.cloud_accounts import Named
from domain.delivery.ports import SendOutcome
from domain.delivery.recipients import Claim, RecipientState, learn
from domain.kernel.ids import AccountId, CampaignId, ListId
from domain.scheduler.unit import Unit
from tests.contract.conftest import Bakery
from tests.fakes.stores import AGREED, NOW, a_campaign, a_running_campaign

#: Rosa in Mexico, as WhatsApp calls her and as others write her down; and somebody else.
ROSA, ROSA_521, ROSA_044 = "+525512345678", "+5215512345678", "+520445512345678"
BRUNO = "+5511987654321"


async def started(
    unit: Unit, bakery: Bakery, account: AccountId, audience: Audience, **said: Any
) -> Campaign:
    """Running since now, to people that are yet to be frozen."""
    made = await a_campaign(unit, bakery.space, bakery.ayse, account)
    running = replace(made, state=CampaignState.RUNNING, started_at=NOW, audience=audience, **said)
    return await unit.campaigns.save(running, expected=made.version)


async def frozen(unit: Unit, *parts: Campaign) -> None:
    audience = parts[0].audience
    assert audience is not None
    cap = 1_000_000 if len(parts) == 1 else 1
    await unit.campaigns.freeze([part.id for part in parts], audience, cap=cap, at=NOW)


async def the_list(unit: Unit, bakery: Bakery, *numbers: str) -> Audience:
    people = await unit.contacts.create_list(bakery.space, "some", at=NOW)
    rows = [ImportedRow(number=number, name="Rosa", attributes={}) for number in numbers]
    await unit.contacts.save_rows(bakery.space, people, rows, at=NOW)
    await unit.contacts.record_list_consent(people, AGREED)
    return Audience(kind=AudienceKind.LIST, ref=str(people))


async def a_campaign_to(unit: Unit, bakery: Bakery, account: AccountId, *numbers: str) -> CampaignId:
    """Running, to these, who all agreed."""
    people = await the_list(unit, bakery, *numbers)
    return await a_running_campaign(unit, bakery.space, bakery.ayse, account, ListId(int(people.ref)))


async def take(
    unit: Unit, campaign: CampaignId, account: AccountId, *, limit: int = 100, now: datetime = NOW
) -> tuple[Sequence[Claim], int]:
    return await unit.delivery.claim(
        campaign, account, desk="d", owner="o", now=now, lease_until=now + timedelta(minutes=5), limit=limit
    )


async def answered(unit: Unit, account: AccountId, claim: Claim, outcome: SendOutcome) -> None:
    """As the recorder does: what became of it, and what WhatsApp called them."""
    await unit.delivery.record([learn(claim, outcome, now=NOW)], now=NOW)
    if isinstance(outcome, AcceptedAs):
        named = Named(number=claim.number, wa_id=outcome.wa_id, user_id=outcome.user_id)
        await unit.cloud.name_people(account, [named])


async def ends(unit: Unit, campaign: CampaignId) -> dict[str, tuple[RecipientState, str | None]]:
    return {row.number: (row.state, row.reason) for row in await unit.delivery.recipients(campaign)}


async def says(unit: Unit, bakery: Bakery, number: str, *, granted: bool, at: datetime) -> None:
    person = await unit.contacts.by_number(bakery.space, number)
    assert person is not None
    source = ConsentSource.START_REPLY if granted else ConsentSource.STOP_REPLY
    event = ConsentEvent(granted=granted, source=source, evidence=f"message {at}", at=at)
    await unit.contacts.record_consent(person.id, event)
