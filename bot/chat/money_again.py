"""Updates that move money are worked until they succeed.

Any other update that fails is set aside, and the operator can ask again. Nobody can pay again, or should:
such an update stays in the inbox, so that a restart works it too, and in between it is tried again here.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import structlog

from bot.tasks import TaskOwner
from domain.operators.chat import InboxUpdate, Json

log = structlog.get_logger(__name__)

#: Seconds before the second try; every further wait is twice as long, up to the longest.
FIRST_WAIT: Final = 0.5
LONGEST_WAIT: Final = 60.0
#: So many failures in a row are no passing trouble: payer and admins are told.
TOLD_AFTER: Final = 3


def money_in(row: InboxUpdate) -> Json | None:
    """What Telegram tells of Stars that came or went back; None when the update is about something else."""
    message = row.payload.get("message") or {}
    money: Json | None = message.get("successful_payment") or message.get("refunded_payment")
    return money


class MoneyAgain:
    """`put` hands an update to its lane."""

    def __init__(self, put: Callable[[InboxUpdate], Awaitable[None]], tasks: TaskOwner) -> None:
        self.put, self.tasks = put, tasks
        self._tries: dict[int, int] = {}
        self._waiting: set[int] = set()

    def failed(self, row: InboxUpdate) -> int:
        """It will be tried again, soon. Returns how often it has failed since the start of the bot."""
        tries = self._tries[row.seq] = self._tries.get(row.seq, 0) + 1
        if row.seq not in self._waiting:
            self._waiting.add(row.seq)
            wait = min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(tries - 1, 10))
            self.tasks.start(f"money-again-{row.seq}", self._again(row, wait))
        return tries

    def worked(self, seq: int) -> None:
        self._tries.pop(seq, None)

    async def _again(self, row: InboxUpdate, wait: float) -> None:
        try:
            await asyncio.sleep(wait)
        finally:
            self._waiting.discard(row.seq)
        await self.put(row)
