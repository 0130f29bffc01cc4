"""Whether what was planned for a moment leaves then: who drives an account knows the moment, its gateway when
the message leaves."""

from datetime import datetime, timedelta

from domain.accounts.model import Account, Channel
from domain.kernel.clock import Clock
from domain.kernel.ids import AccountId
from domain.scheduler.punctuality import Punctuality


class Moments:
    """Of all accounts that this process drives."""

    def __init__(self, told: Punctuality, clock: Clock) -> None:
        self._told, self._clock = told, clock
        self._planned: dict[AccountId, datetime] = {}
        #: Those from which something has left since they last rested.
        self._left: dict[AccountId, Channel] = {}

    def planned(self, id: AccountId, at: datetime | None) -> None:
        """What leaves next was planned for `at`, and waited for ever since; None: for no moment."""
        if at is None:
            self._planned.pop(id, None)
        else:
            self._planned[id] = at

    def leaves(self, account: Account) -> None:
        """A message of its leaves now. Only the first since `planned` counts; one that somebody asked for
        meanwhile and that leaves sooner does not."""
        planned = self._planned.pop(account.id, None)
        self._left[account.id] = account.channel
        if planned is not None and (late := self._clock.now() - planned) >= timedelta(0):
            self._told.left(account.channel, late)

    def rests(self, id: AccountId, span: timedelta) -> None:
        """Nothing leaves for so long, which pacing asks for where something has just left."""
        channel = self._left.pop(id, None)
        if channel is not None and channel is not Channel.CLOUD and span > timedelta(0):
            self._told.waited(channel, span)

    def forget(self, id: AccountId) -> None:
        self._planned.pop(id, None)
        self._left.pop(id, None)
