"""How an account stands with its far side, just before something is claimed for it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from domain.accounts.model import Account


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """`is_heard`: what people wrote while we were away has been read; until then nothing leaves, for a STOP
    may be among it. `is_ready`: False while every message would be refused for a reason that passes by
    itself; then campaigns wait, without anybody being claimed. `journal`: the name of the one that keeps what
    it is given, where that is known.
    """

    is_heard: bool = True
    is_ready: bool = True
    journal: str | None = None


OPEN: Final = Line()

#: Asked outside of any transaction: it may take a network call.
LineOf = Callable[[Account], Awaitable[Line]]


async def always_open(_: Account) -> Line:
    """Of channels that are not asked."""
    return OPEN
