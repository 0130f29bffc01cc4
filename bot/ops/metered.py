"""What is put around others so that they are counted."""

from collections.abc import Callable
from time import perf_counter
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from bot.ops.moments import Moments
from bot.ops.tallies import SendTallies
from domain.accounts.model import Account
from domain.delivery.content import OutgoingMessage
from domain.delivery.ports import MessageGateway, SendOutcome


class MeteredGateway:
    """Implements `domain.delivery.ports.MessageGateway`: another one, counted."""

    __slots__ = ("_account", "_inner", "_moments", "_tally")

    def __init__(
        self, inner: MessageGateway, account: Account, tallies: SendTallies, moments: Moments
    ) -> None:
        self._inner, self._account, self._moments = inner, account, moments
        self._tally = tallies.by_channel[account.channel]

    async def send(self, message: OutgoingMessage) -> SendOutcome:
        """See the port. One that raises, or is given up in the middle, has told nothing."""
        tally, began = self._tally, perf_counter()
        tally.asked += 1
        self._moments.leaves(self._account)
        try:
            outcome = await self._inner.send(message)
        except BaseException:
            tally.unknown += 1
            raise
        tally.answered(outcome, perf_counter() - began)
        return outcome


def metered(
    gateway_for: Callable[[Account], MessageGateway], tallies: SendTallies, moments: Moments
) -> Callable[[Account], MessageGateway]:
    def metered_for(account: Account) -> MessageGateway:
        return MeteredGateway(gateway_for(account), account, tallies, moments)

    return metered_for


def answers_counted(app: ASGIApp, answered: Callable[[int], None]) -> ASGIApp:
    """`answered` is told the status of each answer of `app`."""

    async def counted(scope: Scope, receive: Receive, send: Send) -> None:
        async def note(message: Any) -> None:
            if message["type"] == "http.response.start":
                answered(int(message["status"]))
            await send(message)

        await app(scope, receive, note)

    return counted
