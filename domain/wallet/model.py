"""Points and plans: what a workspace owns, what is set aside, and until when it may send."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from domain.kernel.errors import Conflict, DomainError
from domain.kernel.ids import CampaignId, MemberId, RecipientId, WorkspaceId

#: Nobody needs more; a typed number beyond it is a slip of the finger.
MOST_POINTS: Final = 10_000_000
MOST_DAYS: Final = 3_660


class EntryKind(StrEnum):
    """Why a line stands in the ledger."""

    TRIAL = "trial"
    PURCHASE = "purchase"
    GRANT = "grant"
    TAKEN = "taken"
    HOLD = "hold"
    SPEND = "spend"
    RELEASE = "release"
    BACK = "back"
    LATE = "late"
    COLLECT = "collect"
    REFUND = "refund"
    UNREFUND = "unrefund"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the ledger, never changed. What it adds: `points` to the balance, `held` to what is set
    aside, `owed` to what a late success still has to cost.

    `key` makes it once: the same key with the same content is "already done", with another it is refused.
    """

    workspace_id: WorkspaceId
    key: str
    kind: EntryKind
    points: int = 0
    held: int = 0
    owed: int = 0
    campaign_id: CampaignId | None = None
    recipient_id: RecipientId | None = None
    member_id: MemberId | None = None
    note: str | None = None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Wallet:
    """The sums of a workspace's entries, and its plan. `available` is never below zero.

    `owed`: points of messages that turned out to have arrived after their point had been given back and
    spent elsewhere; the next points that come in pay them first.
    """

    workspace_id: WorkspaceId
    balance: int = 0
    held: int = 0
    owed: int = 0
    plan_until: datetime | None = None

    @property
    def available(self) -> int:
        return self.balance - self.held

    def has_plan(self, now: datetime) -> bool:
        return self.plan_until is not None and now < self.plan_until


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """What the operator sees: entries of one kind for one campaign as one line, everything else as it is.
    `count` entries; `at` is the newest's."""

    kind: EntryKind
    points: int
    held: int
    owed: int
    count: int
    campaign_id: CampaignId | None
    campaign: str | None
    note: str | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanChange:
    """Days added to a plan, or taken from it. `key` makes it once; `ends_at` is the end that came of it."""

    workspace_id: WorkspaceId
    key: str
    days: int
    ends_at: datetime
    member_id: MemberId | None = None
    note: str | None = None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """Points for Stars."""

    points: int
    stars: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Days for Stars."""

    days: int
    stars: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tariff:
    """What things cost on this desk, and what a new workspace begins with."""

    points_per_recipient: int = 1
    packs: tuple[Pack, ...] = ()
    plans: tuple[Plan, ...] = ()
    trial_points: int = 0
    trial_days: int = 0


class NotEnoughPoints(DomainError):
    """`needs` and `available`, in points."""

    code = "wallet.not_enough"

    def __init__(self, *, needs: int, available: int) -> None:
        super().__init__(needs=needs, available=available)
        self.needs, self.available = needs, available


class PlanEnded(DomainError):
    """Starting, resuming and answering by itself need a running plan."""

    code = "plan.ended"


class NoPlanToTake(DomainError):
    """Days can only be taken from a plan that runs."""

    code = "plan.none_to_take"


class LedgerConflict(Conflict):
    """The key is known with another content."""

    code = "wallet.conflict"


def plan_end_after(end: datetime | None, days: int, *, now: datetime) -> datetime:
    """Where a plan ends after `days` more (or fewer). A running plan is made longer, one that has ended
    begins again now. Raises NoPlanToTake."""
    running = end if end is not None and end > now else None
    if days >= 0:
        return (running or now) + timedelta(days=days)
    if running is None:
        raise NoPlanToTake()
    return max(now, running + timedelta(days=days))
