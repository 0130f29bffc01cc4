"""A real store in a fresh folder, quickly; and the people and things that tests begin from."""

import shutil
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from domain.accounts.model import AccountState, Channel
from domain.campaigns.model import Audience, AudienceKind, Campaign, CampaignState
from domain.contacts.model import ConsentEvent, ConsentSource
from domain.contacts.ports import ImportedRow
from domain.kernel.ids import AccountId, CampaignId, ListId, MemberId, WorkspaceId
from domain.operators.model import Role
from domain.pacing.rules import Pacing
from domain.scheduler.unit import Unit
from domain.wallet.model import Entry, EntryKind
from storage.database import Database
from storage.migrate import migrate

NOW: Final = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
AT_ONCE: Final = Pacing(shortest=timedelta(0), longest=timedelta(0))

_template: list[Path] = []
_folders: list[tempfile.TemporaryDirectory[str]] = []


async def migrated_file() -> Path:
    """An empty database of today's shape, made once a run and copied from then on."""
    if not _template:
        folder = tempfile.TemporaryDirectory(prefix="masssender-template-")
        _folders.append(folder)
        path = Path(folder.name) / "template.db"
        await migrate(sqlite_url(path))
        _template.append(path)
    return _template[0]


def sqlite_url(path: Path) -> str:
    return f"sqlite+aiosqlite:///{path}"


@asynccontextmanager
async def open_store(folder: Path, *, name: str = "masssender.db") -> AsyncIterator[Database]:
    """A migrated SQLite store in `folder`. What is there already stays: opening again is a restart."""
    path = folder / name
    if not path.exists():
        shutil.copyfile(await migrated_file(), path)
    async with Database.open(sqlite_url(path)) as database:
        yield database


async def a_workspace(unit: Unit, *, name: str = "Bakery") -> WorkspaceId:
    id = await unit.operators.create_workspace(
        name=name, country="TR", zone="Europe/Istanbul", language="en", at=NOW
    )
    await rich(unit, id)
    return id


async def rich(unit: Unit, workspace: WorkspaceId) -> None:
    """Points and a plan enough for any test, so that only those about money need think of it."""
    key = f"rich:{workspace}"
    await unit.wallet.post(
        Entry(workspace_id=workspace, key=key, kind=EntryKind.GRANT, points=1_000_000, at=NOW)
    )
    await unit.wallet.change_plan(workspace, 3650, key=key, at=NOW)


async def a_member(
    unit: Unit, workspace: WorkspaceId, *, telegram_id: int = 1001, name: str = "Ayşe"
) -> MemberId:
    return await unit.operators.create_member(
        workspace_id=workspace, telegram_id=telegram_id, name=name, role=Role.OWNER, at=NOW
    )


async def an_account(
    unit: Unit, workspace: WorkspaceId, *, number: str = "+447700900001", remote: str = "sim-1"
) -> AccountId:
    """A connected simulated number."""
    return await unit.accounts.create(
        workspace_id=workspace, channel=Channel.SIMULATED, number=number, name="Shop", remote=remote,
        state=AccountState.CONNECTED, at=NOW,
    )  # fmt: skip


def number_of(n: int) -> str:
    """The n-th person's number; a later person's number is the larger text too."""
    return f"+9053{n:08d}"


def contacts(n: int, *, first: int = 0) -> Sequence[ImportedRow]:
    """`n` rows as an import would store them."""
    return [
        ImportedRow(number=number_of(k), name=f"Person {k}", attributes={"city": "Ankara", "no": str(k)})
        for k in range(first, first + n)
    ]


AGREED: Final = ConsentEvent(
    granted=True, source=ConsentSource.SIGNED_UP, evidence="a form at the door", at=NOW
)
SAID_STOP: Final = ConsentEvent(granted=False, source=ConsentSource.STOP_REPLY, evidence="message 1", at=NOW)
CAME_BACK: Final = ConsentEvent(granted=True, source=ConsentSource.START_REPLY, evidence="message 2", at=NOW)


async def a_list(
    unit: Unit, workspace: WorkspaceId, people: int, *, first: int = 0, agreed: bool = True, name: str = "all"
) -> ListId:
    """A list of `people`, all of whom agreed unless told otherwise."""
    list_id = await unit.contacts.create_list(workspace, name, at=NOW)
    await unit.contacts.save_rows(workspace, list_id, contacts(people, first=first), at=NOW)
    if agreed:
        await unit.contacts.record_list_consent(list_id, AGREED)
    return list_id


async def a_campaign(
    unit: Unit,
    workspace: WorkspaceId,
    member: MemberId,
    account: AccountId | None = None,
    list_id: ListId | None = None,
    *,
    text: str = "Hello {name}",
    state: CampaignState = CampaignState.DRAFT,
    price: int = 0,
) -> Campaign:
    """A campaign in that state, to that list. Its recipients are not frozen: see `a_running_campaign`."""
    id = await unit.campaigns.create(
        workspace_id=workspace, created_by=member, name="March", account_id=account, at=NOW
    )
    draft = await unit.campaigns.any(id)
    audience = None if list_id is None else Audience(kind=AudienceKind.LIST, ref=str(list_id))
    changed = replace(draft, text=text, audience=audience, pacing=AT_ONCE, state=state, price=price)
    return await unit.campaigns.save(changed, expected=draft.version)


async def a_running_campaign(
    unit: Unit,
    workspace: WorkspaceId,
    member: MemberId,
    account: AccountId,
    list_id: ListId,
    *,
    price: int = 1,
) -> CampaignId:
    """Started: everybody on the list who agreed waits to be sent to, their points set aside."""
    campaign = await a_campaign(
        unit, workspace, member, account, list_id, state=CampaignState.RUNNING, price=price
    )
    assert campaign.audience is not None
    await unit.campaigns.freeze([campaign.id], campaign.audience, cap=1_000_000, at=NOW)
    await unit.wallet.hold(campaign.id, price=price, at=NOW)
    return campaign.id
