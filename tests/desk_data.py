"""Data that suites begin from: a workspace with people in it and a campaign under way."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from domain.accounts.model import AccountState, Channel
from domain.campaigns import service
from domain.campaigns.model import Audience, AudienceKind
from domain.campaigns.start import Start
from domain.contacts.model import ConsentEvent, ConsentSource
from domain.contacts.ports import ImportedRow
from domain.kernel.ids import AccountId, CampaignId, MemberId, WorkspaceId
from domain.operators.model import TERMS_VERSION, Role
from domain.pacing.rules import Caps, Pacing
from domain.scheduler.timers import desk_of
from domain.scheduler.unit import Unit
from storage.database import Database
from tests.fakes.stores import rich

AT_ONCE = Pacing(shortest=timedelta(0), longest=timedelta(0))


def number_of(n: int) -> str:
    """The n-th person's number."""
    return f"+9053{n:08d}"


async def campaign_to_everybody(
    database: Database, *, people: int, remote: str, number: str, telegram_id: int = 1001, price: int = 1,
    first: int = 0, pacing: Pacing = AT_ONCE,
) -> tuple[CampaignId, AccountId]:  # fmt: skip
    """A workspace whose `people`, from the `first` on, all agreed, and a campaign to them, started."""
    at = datetime.now(UTC)
    async with database.write() as unit:
        space = await unit.operators.create_workspace(
            name="Bakery", country="TR", zone="Europe/Istanbul", language="en", at=at
        )
        await rich(unit, space)
        member = await unit.operators.create_member(
            workspace_id=space, telegram_id=telegram_id, name="Ayşe", role=Role.OWNER, at=at
        )
        await unit.operators.accept_terms(member, version=TERMS_VERSION, at=at)
        account = await unit.accounts.create(
            workspace_id=space, channel=Channel.SIMULATED, number=number, name="Simulated", remote=remote,
            state=AccountState.CONNECTED, at=at,
        )  # fmt: skip
        id = await started_campaign(
            unit, space, member, people=people, pacing=pacing, price=price, first=first
        )
        await unit.commit()
    return id, account


async def started_campaign(
    unit: Unit, space: WorkspaceId, member: MemberId, *, people: int, pacing: Pacing, price: int = 1,
    first: int = 0,
) -> CampaignId:  # fmt: skip
    """A campaign to `people` new contacts who all agreed, started, from the default account."""
    at = datetime.now(UTC)
    everybody = await unit.contacts.create_list(space, "everybody", at=at)
    whom = range(first, first + people)
    rows = [ImportedRow(number=number_of(n), name=f"Person {n}", attributes={}) for n in whom]
    await unit.contacts.save_rows(space, everybody, rows, at=at)
    signed_up = ConsentEvent(granted=True, source=ConsentSource.SIGNED_UP, evidence="test", at=at)
    assert await unit.contacts.record_list_consent(everybody, signed_up) == people
    on = desk_of(unit)
    audience = Audience(kind=AudienceKind.LIST, ref=str(everybody))
    draft = await service.create(on, space, member, name="Everybody", at=at, audience=audience)
    draft = await unit.campaigns.save(
        replace(draft, text="Hello {name}", pacing=pacing), expected=draft.version
    )
    caps = Caps(a_campaign=people, a_day=10 * people)
    await Start(caps=caps, price=price).run(on, draft, expected=draft.version, at=at)
    return draft.id
