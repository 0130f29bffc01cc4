"""Numbers of the official channel, and templates, as tests begin from."""

from dataclasses import replace
from typing import Any, Final

from domain.accounts.model import AccountState, Channel
from domain.delivery.cloud_account import Throughput
from domain.delivery.cloud_accounts import CloudAccount, TokenState
from domain.delivery.template_values import Always, CampaignTemplate, FromColumn
from domain.delivery.templates import (
    Button,
    ButtonKind,
    HeaderKind,
    MessageTemplate,
    Slot,
    TemplateCategory,
    TemplateStatus,
)
from domain.kernel.ids import AccountId, WorkspaceId
from domain.pacing.bucket import HIGH_CEILING
from domain.pacing.channel_limits import PeopleLimit, Quality
from storage.unit import Unit
from tests.fakes.stores import NOW

WABA: Final = "102290129340398"
REMOTE: Final = "106540352242922"

SALE: Final = MessageTemplate(
    id="1", name="sale", language="en", status=TemplateStatus.APPROVED, category=TemplateCategory.MARKETING,
    body="Hi {{1}}, see you in {{2}}", quality=Quality.GREEN,
)  # fmt: skip
PICTURED: Final = MessageTemplate(
    id="2", name="menu", language="tr", status=TemplateStatus.PAUSED, category=TemplateCategory.UTILITY,
    body="Merhaba {{first_name}} 🍞", quality=Quality.YELLOW, header=HeaderKind.IMAGE, footer="Fırın",
    named=True, foreign=("carousel",),
    buttons=(
        Button(kind=ButtonKind.URL, text="Open", wants_value=True, url="https://example.com/{{1}}"),
        Button(kind=ButtonKind.COPY_CODE, text="Copy", wants_value=True),
    ),
)  # fmt: skip

CHOSEN: Final = CampaignTemplate(
    id="1", name="sale", language="en",
    values={
        Slot("body.1"): FromColumn(column="name", fallback="friend"), Slot("body.2"): Always(text="Bonn"),
    },
)  # fmt: skip


async def a_cloud_account(
    unit: Unit,
    workspace: WorkspaceId,
    *,
    number: str = "+447700900002",
    remote: str = REMOTE,
    **changes: Any,
) -> AccountId:
    """A connected number of the official channel, without limits unless told otherwise."""
    id = await unit.accounts.create(
        workspace_id=workspace, channel=Channel.CLOUD, number=number, name="Bakery", remote=remote,
        state=AccountState.CONNECTED, at=NOW,
    )  # fmt: skip
    await unit.cloud.save(replace(_ACCOUNT, account_id=id, phone_number_id=remote, **changes))
    return id


_ACCOUNT: Final = CloudAccount(
    account_id=AccountId(0), phone_number_id=REMOTE, waba_id=WABA, token=b"sealed", app_secret=b"sealed too",
    verified_name="Bakery", quality=Quality.GREEN, throughput=Throughput.HIGH,
    ceiling=HIGH_CEILING, people=PeopleLimit(people=None), status="connected", can_send="available",
    token_state=TokenState.GOOD, token_state_at=NOW, checked_at=NOW,
)  # fmt: skip
