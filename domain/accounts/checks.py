"""Asking WhatsApp which numbers it knows, before they are written to: a little at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from random import Random
from typing import Final, Protocol

from domain.accounts.model import Account, Channel
from domain.kernel.ids import AccountId, CampaignId, CheckId, WorkspaceId

#: Numbers of one request, and of one account in any 24 hours: to ask for thousands looks like spam.
A_REQUEST: Final = 50
A_DAY: Final = 200
DAY: Final = timedelta(hours=24)
#: Results older than that count as not checked; where WhatsApp did not say, it may be asked again sooner.
FRESH: Final = timedelta(days=30)
UNSAID_FRESH: Final = timedelta(days=1)
#: Between two requests.
GAP: Final = (timedelta(seconds=20), timedelta(seconds=40))
#: After one that came to nothing.
AGAIN: Final = timedelta(minutes=5)
#: While the number is not connected: how soon it is looked at again.
LOOK_AGAIN: Final = timedelta(seconds=30)


class CheckState(StrEnum):
    """running -> done | stopped (by an operator, or because the campaign went on without) | failed (the
    number is gone)."""

    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckJob:
    """The people of one campaign being checked. `reason` is why it waits until `next_at` ("day_limit",
    "away", "trouble"), None while it simply goes on."""

    id: CheckId
    workspace_id: WorkspaceId
    account_id: AccountId
    campaign_id: CampaignId
    chat_id: int
    state: CheckState
    done: int
    total: int
    reason: str | None
    next_at: datetime
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckTally:
    """Those of an audience who agreed, by what is known of their numbers. `unsaid`: WhatsApp was asked and
    did not say."""

    on: int = 0
    off: int = 0
    unsaid: int = 0
    unchecked: int = 0

    @property
    def checked(self) -> int:
        return self.on + self.off + self.unsaid

    @property
    def total(self) -> int:
        return self.checked + self.unchecked


class CheckStore(Protocol):
    async def create(
        self,
        *,
        workspace_id: WorkspaceId,
        account_id: AccountId,
        campaign_id: CampaignId,
        chat_id: int,
        total: int,
        at: datetime,
    ) -> CheckId:
        """Raises Conflict while one of that campaign is running."""
        ...

    async def latest(self, campaign_id: CampaignId) -> CheckJob | None: ...

    async def running(self) -> Sequence[CheckJob]: ...

    async def update(self, job: CheckJob, *, expected: int) -> CheckJob:
        """Write all fields if the stored version is still `expected`. Raises Conflict."""
        ...

    async def save(
        self, workspace_id: WorkspaceId, results: Mapping[str, bool | None], *, at: datetime
    ) -> None:
        """What is known of these numbers from now on."""
        ...

    async def note_ask(self, account_id: AccountId, numbers: int, *, at: datetime) -> None:
        """Before WhatsApp is asked, so that a day's limit holds whatever is killed."""
        ...

    async def asks(self, account_id: AccountId, *, since: datetime) -> Sequence[tuple[datetime, int]]:
        """When the account asked, and for how many; oldest first."""
        ...


def room(asks: Sequence[tuple[datetime, int]]) -> int:
    """How many numbers may still be asked for, after those of the last 24 hours."""
    return max(0, A_DAY - sum(numbers for _, numbers in asks))


def reopens_at(asks: Sequence[tuple[datetime, int]], *, now: datetime) -> datetime:
    """When there is room again: a day after the oldest ask."""
    return min((at for at, _ in asks), default=now - DAY) + DAY


def next_ask_at(*, now: datetime, rng: Random) -> datetime:
    shortest, longest = GAP
    return now + shortest + (longest - shortest) * rng.random()


def known_off_since(account: Account | None, *, at: datetime) -> datetime | None:
    """From an account of WhatsApp Web, whoever was found not to be on WhatsApp since then is left out."""
    return at - FRESH if account is not None and account.channel is Channel.WEB else None
