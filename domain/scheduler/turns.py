"""Whose turn it is to drive an account, where several processes share one database."""

from collections.abc import Awaitable, Callable, Collection
from datetime import datetime
from typing import Protocol

from domain.accounts.model import Account
from domain.kernel.ids import AccountId
from domain.kernel.unit import Store
from domain.scheduler.unit import Unit


async def begin_turn(store: Store[Unit], id: AccountId, *, owner: str) -> None:
    """What others have claimed for the account is unknown from now on: whoever had the turn before has ended
    it, and with it all that was on its way, or does not say any more that it lives."""
    async with store.write() as unit:
        await unit.delivery.abandon(owner_not=owner, account_id=id)
        await unit.commit()


#: Drives an account for one turn. Returns when to come back; None when there is nothing to come back for.
Turn = Callable[[AccountId], Awaitable[datetime | None]]


class Turns(Protocol):
    """One process at a time has an account's turn. Should it stand still or be cut off, another takes over,
    and for a moment both may drive: what keeps anybody from being written to twice are claims, not turns."""

    async def known(self) -> Collection[AccountId]:
        """Those that somebody drives now, or that wait for it."""
        ...

    async def offer(self, account: Account, *, urgent: bool) -> None:
        """Somebody who reaches its channel is to drive it, now, `urgent` ones first. One that waits until
        later does so no more; one that is being driven stays as it is."""
        ...

    async def take(self, turn: Turn) -> None:
        """Take turns and drive, side by side, until cancelled; then those under way end first."""
        ...
