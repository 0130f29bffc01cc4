"""WhatsApp numbers that campaigns leave from."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from domain.kernel.errors import DomainError
from domain.kernel.ids import AccountId, WorkspaceId


class Channel(StrEnum):
    WEB = "web"
    CLOUD = "cloud"
    SIMULATED = "simulated"


class AccountState(StrEnum):
    LINKING = "linking"
    CONNECTED = "connected"
    UNLINKED = "unlinked"
    RESTRICTED = "restricted"


class AccountNotConnected(DomainError):
    code = "account.not_connected"


class NoAccount(DomainError):
    code = "account.none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One WhatsApp number. `remote` is what the channel's far side calls it.

    `next_send_at` is the pacing promise: kept with the account, so that a restart cannot send sooner.
    """

    id: AccountId
    workspace_id: WorkspaceId
    channel: Channel
    number: str
    name: str
    remote: str
    state: AccountState
    state_reason: str | None
    state_at: datetime
    is_default: bool
    next_send_at: datetime | None
    news_cursor: int

    @property
    def is_connected(self) -> bool:
        return self.state is AccountState.CONNECTED


#: Nobody may go below these, whatever is typed: sending faster is what gets numbers restricted.
MINIMUM_GAP: dict[Channel, timedelta] = {
    Channel.WEB: timedelta(seconds=2),
    Channel.CLOUD: timedelta(0),
    Channel.SIMULATED: timedelta(0),
}
