"""For trying things out: a person who writes to a number, over exactly the way of that number's channel."""

from typing import Protocol

from domain.accounts.model import Account
from domain.kernel.errors import DomainError


class Simulator(Protocol):
    """People of one channel's stand-in."""

    async def write(self, account: Account, sender: str, text: str) -> None:
        """`sender` (E.164) writes to the account; what follows comes the way it always comes. Raises
        OnlyReal, NobodyListens, or ChannelDown where the stand-in does not answer."""
        ...


class OnlyReal(DomainError):
    """Behind this `number` is the real WhatsApp, where nobody can be made to write."""

    code = "simulate.real"


class NobodyListens(DomainError):
    """The stand-in of the official channel was told no address that it could bring webhooks to."""

    code = "simulate.deaf"
