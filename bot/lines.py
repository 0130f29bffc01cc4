"""How each account stands with its far side, asked before something is claimed for it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from domain.accounts.model import Account, Channel
from domain.accounts.web import WebSessions, WorkerMissing, WorkerRefuses
from domain.delivery.ports import AttemptJournal, ChannelDown
from domain.kernel.clock import Clock
from domain.kernel.ids import AccountId
from domain.scheduler.lines import OPEN, Line

#: A worker that does not answer is waited for so long. Then messages are put to it all the same: what comes
#: of them pauses the campaign, and that is how operators hear of it.
PATIENCE: Final = timedelta(minutes=10)


class Lines:
    """`of` is the `LineOf` of the slices. `has_heard`: whether an account's news has been read in this
    process (bot/senders.py)."""

    def __init__(
        self,
        web: WebSessions,
        journal_for: Callable[[Account], AttemptJournal],
        has_heard: Callable[[Account], bool],
        clock: Clock,
    ) -> None:
        self.web, self.journal_for, self.has_heard, self.clock = web, journal_for, has_heard, clock
        #: Since when the worker of an account does not answer.
        self._away: dict[AccountId, datetime] = {}

    async def of(self, account: Account) -> Line:
        if account.channel is not Channel.WEB or not account.is_connected:
            return Line(is_heard=self.has_heard(account))
        try:
            session = await self.web.look(account.remote)
            if session.state.rests:
                session = await self.web.start(account.remote)
            journal = await self.journal_for(account).name()
        except WorkerRefuses:
            return OPEN  # what is wrong, the message's own answer says
        except (ChannelDown, WorkerMissing) as trouble:
            return self._without_worker(account, trouble)
        self._away.pop(account.id, None)
        return Line(is_heard=self.has_heard(account), is_ready=not session.state.passes, journal=journal)

    def _without_worker(self, account: Account, trouble: ChannelDown | WorkerMissing) -> Line:
        if isinstance(trouble, WorkerMissing) and not trouble.passes:
            return OPEN
        since = self._away.setdefault(account.id, self.clock.now())
        if self.clock.now() - since >= PATIENCE:
            return OPEN
        return Line(is_heard=self.has_heard(account), is_ready=False)
