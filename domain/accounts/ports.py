"""What accounts need kept, and asked of a channel."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from domain.accounts.model import Account, AccountState, Channel
from domain.kernel.ids import AccountId, WorkspaceId


class AccountStore(Protocol):
    async def create(
        self,
        *,
        workspace_id: WorkspaceId,
        channel: Channel,
        number: str,
        name: str,
        remote: str,
        state: AccountState,
        at: datetime,
        linked_cursor: int = 0,
    ) -> AccountId:
        """The first account of a workspace becomes its default."""
        ...

    async def account(self, id: AccountId) -> Account:
        """Raises NotFound."""
        ...

    async def known(self, id: AccountId) -> Account | None:
        """None for one that was removed: campaigns that left from it outlive it."""
        ...

    async def ever(self, id: AccountId) -> Account | None:
        """Also one that was removed; None where it was wiped with its workspace."""
        ...

    async def of_workspace(self, workspace_id: WorkspaceId) -> Sequence[Account]: ...

    async def all(self) -> Sequence[Account]: ...

    async def by_remote(self, channel: Channel, remote: str) -> Account | None: ...

    async def set_state(
        self, id: AccountId, state: AccountState, *, reason: str | None, at: datetime
    ) -> None: ...

    async def relink(
        self, id: AccountId, *, remote: str, name: str, at: datetime, linked_cursor: int = 0
    ) -> None:
        """Connected again, by that remote id; under another one than before its news are read from their
        beginning. Raises Conflict when another account holds it."""
        ...

    async def set_default(self, id: AccountId) -> None: ...

    async def remove(self, id: AccountId) -> None: ...

    async def set_next_send_at(self, id: AccountId, at: datetime) -> None: ...

    async def set_news_cursor(self, id: AccountId, cursor: int) -> None: ...

    async def count_usage(self, id: AccountId, number: int, *, at: datetime) -> None:
        """Add `number` claims to the account's tally (kept per minute)."""
        ...

    async def usage(self, id: AccountId, *, since: datetime) -> Sequence[tuple[datetime, int]]:
        """(minute, claims) from the minute of `since` on, the future included, oldest first."""
        ...


class Linker(Protocol):
    """Links a simulated number (other channels come with their own conversations)."""

    async def link(self, name: str) -> tuple[str, str]:
        """Returns (remote id, E.164 number). Raises ChannelDown."""
        ...

    async def link_again(self, remote: str) -> None:
        """Bring a number back that was unlinked or restricted. Raises ChannelDown."""
        ...
