"""WhatsApp numbers that campaigns leave from."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

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


class AccountRestricted(DomainError):
    """WhatsApp lets this `number` send nothing for a while: it is waited out, and linking it again makes it
    worse."""

    code = "account.restricted"


class NoAccount(DomainError):
    code = "account.none"


#: WhatsApp's clock and this machine's may differ by so much.
CLOCKS_APART: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One WhatsApp number. `remote` is what the channel's far side calls it.

    `next_send_at` is the pacing promise: kept with the account, so that a restart cannot send sooner. News up
    to `news_cursor` have been read; what those up to `linked_cursor` say of the account itself was before it
    was linked as it is now. `created_at`: when it was linked here for the first time.
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
    created_at: datetime
    next_send_at: datetime | None
    news_cursor: int
    linked_cursor: int = 0

    @property
    def is_connected(self) -> bool:
        return self.state is AccountState.CONNECTED

    def is_from_before(self, written_at: datetime) -> bool:
        """Whether somebody wrote that before the number was here. WhatsApp tells whole seconds, by a clock of
        its own."""
        return written_at < self.created_at - CLOCKS_APART

    def require_connected(self) -> None:
        """Raises AccountRestricted or AccountNotConnected."""
        if self.state is AccountState.RESTRICTED and self.channel is not Channel.CLOUD:
            raise AccountRestricted(number=self.number)
        if not self.is_connected:
            raise AccountNotConnected(number=self.number, state=self.state.value)


#: Nobody may go below these, whatever is typed: sending faster is what gets numbers restricted.
MINIMUM_GAP: dict[Channel, timedelta] = {
    Channel.WEB: timedelta(seconds=2),
    Channel.CLOUD: timedelta(0),
    Channel.SIMULATED: timedelta(0),
}
