"""One contact in one campaign: what becomes of them after each outcome. Pure rules."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol, assert_never

from domain.delivery.faults import WAITS, patience
from domain.delivery.model import Progress
from domain.delivery.ports import Accepted, Fault, Rejected, SendOutcome, Unknown
from domain.kernel.ids import AttemptKey, CampaignId, ContactId, RecipientId

#: Waits before the second, third and fourth try; after that it has failed.
RETRY_AFTER: Final = (timedelta(seconds=30), timedelta(seconds=60), timedelta(seconds=120))

#: Why somebody is not written to yet: what they wrote, or may have written, is not taken in. Nothing failed.
NEWS_WAITING: Final = "news_waiting"

#: Waits until they are tried again. Half a day later, what a campaign says may be wrong: then it has failed.
NEWS_AFTER: Final = (
    timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=10),
    timedelta(hours=1), timedelta(hours=4), timedelta(hours=6),
)  # fmt: skip

#: So many failures in a row that are the account's fault pause the campaign.
FAULTS_THAT_PAUSE: Final = 3

#: A claim not answered for this long belongs to nobody any more: its result is not known.
LEASE: Final = timedelta(minutes=5)

#: Why somebody is left out, or failed: nobody has this number on WhatsApp. Another try would end the same.
NOT_ON_WHATSAPP: Final = "not_on_whatsapp"

#: Why a text over the official channel failed: they had not written within a day. They need a template.
WINDOW_CLOSED: Final = "window_closed"

#: Why somebody is skipped: their clocks have no hour in common at which it is open.
NEVER_OPEN: Final = "never_open"

#: Why somebody is not there for another follow-up: a later campaign has taken them over.
SENT_AGAIN: Final = "sent_again"

#: Whoever failed so is not tried again with the same message.
NO_RETRY: Final = frozenset({NOT_ON_WHATSAPP, WINDOW_CLOSED})

#: Whoever has not got it, and is not followed up either.
NOT_FOLLOWED_UP: Final = NO_RETRY | {SENT_AGAIN}


class RecipientState(StrEnum):
    """excluded, at the freeze; waiting -> claimed -> sent -> delivered -> read | failed | unknown;
    skipped when consent was withdrawn before the claim; cancelled with their campaign."""

    EXCLUDED = "excluded"
    WAITING = "waiting"
    CLAIMED = "claimed"
    UNKNOWN = "unknown"
    SENT = "sent"
    FAILED = "failed"
    DELIVERED = "delivered"
    READ = "read"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"


class Settled(StrEnum):
    """What became of the points for a recipient."""

    HELD = "held"
    SPENT = "spent"
    BACK = "back"


R = RecipientState

STATE_AT: Final[Mapping[Progress, RecipientState]] = {
    Progress.CLAIMED: R.CLAIMED,
    Progress.UNKNOWN: R.UNKNOWN,
    Progress.SENT: R.SENT,
    Progress.FAILED: R.FAILED,
    Progress.DELIVERED: R.DELIVERED,
    Progress.READ: R.READ,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A recipient taken for sending, durably, before the network is touched.

    `n` counts this person's attempts from 1. `fields` fill the template.
    """

    key: AttemptKey
    recipient_id: RecipientId
    campaign_id: CampaignId
    contact_id: ContactId
    number: str
    name: str
    fields: Mapping[str, str] = field(default_factory=dict)
    n: int = 1


class Tried(Protocol):
    """What has to be known of an attempt to learn from its outcome; a Claim is one."""

    @property
    def key(self) -> AttemptKey: ...

    @property
    def recipient_id(self) -> RecipientId: ...

    @property
    def n(self) -> int: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """What an attempt's outcome makes of its recipient. `due_at` only with WAITING."""

    key: AttemptKey
    recipient_id: RecipientId
    progress: Progress
    state: RecipientState
    reason: str | None = None
    provider_id: str | None = None
    due_at: datetime | None = None


def learn(claim: Tried, outcome: SendOutcome, *, now: datetime) -> Learned:
    """Decide what follows from `outcome`."""

    def learned(
        progress: Progress,
        state: RecipientState,
        reason: str | None = None,
        *,
        provider_id: str | None = None,
        due_at: datetime | None = None,
    ) -> Learned:
        return Learned(
            key=claim.key, recipient_id=claim.recipient_id, progress=progress, state=state, reason=reason,
            provider_id=provider_id, due_at=due_at,
        )  # fmt: skip

    match outcome:
        case Accepted(provider_id):
            return learned(Progress.SENT, R.SENT, provider_id=provider_id)
        case Unknown(reason):
            return learned(Progress.UNKNOWN, R.UNKNOWN, reason)
        case Rejected(reason, can_retry, _):
            if (wait := patience(outcome)) is not None:
                return learned(Progress.FAILED, R.WAITING, reason, due_at=now + wait)
            waits = NEWS_AFTER if reason == NEWS_WAITING else RETRY_AFTER
            if can_retry and claim.n <= len(waits):
                return learned(Progress.FAILED, R.WAITING, reason, due_at=now + waits[claim.n - 1])
            return learned(Progress.FAILED, R.FAILED, reason)
        case _:
            assert_never(outcome)


def in_trouble(met: Mapping[str, int]) -> Mapping[str, int]:
    """Of those who wait for another try, by what they met: who only waits for something to end is none."""
    return {why: people for why, people in met.items() if why not in WAITS and why != NEWS_WAITING}


def faults_after(faults: int, outcome: SendOutcome, *, most: int | None = None) -> int:
    """Failures in a row that are the account's or channel's fault.

    A silence counts (the line is dead), a success ends the row, a person's own failure leaves it be, and so
    does what is waited out. `most`, for a person's later try: as many as are in trouble. The last two
    people of a campaign, each refused twice, are not four failures.
    """
    more = faults + 1 if most is None else max(faults, min(faults + 1, most))
    match outcome:
        case Accepted():
            return 0
        case Unknown():
            return more
        case Rejected(_, _, fault):
            waited_out = fault is Fault.PERSON or patience(outcome) is not None
            return faults if waited_out else more
        case _:
            assert_never(outcome)


def is_restriction(outcome: SendOutcome) -> bool:
    return isinstance(outcome, Rejected) and outcome.fault is Fault.RESTRICTION


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """A campaign counted by recipient state. Read off the recipients, never kept beside them.

    `followed_up`: of the failed and the cancelled, those that a later campaign has taken over; `off`, those
    who are not on WhatsApp, and `closed`, those whom only a template reaches: another try would not reach
    them either.
    """

    by_state: Mapping[RecipientState, int]
    excluded: Mapping[str, int] = field(default_factory=dict)
    replied: int = 0
    followed_up: int = 0
    off: int = 0
    closed: int = 0

    def _sum(self, *states: RecipientState) -> int:
        return sum(self.by_state.get(state, 0) for state in states)

    @property
    def included(self) -> int:
        return sum(count for state, count in self.by_state.items() if state is not R.EXCLUDED)

    @property
    def sent(self) -> int:
        """Known to have reached WhatsApp: delivered and read are sent too."""
        return self._sum(R.SENT, R.DELIVERED, R.READ)

    @property
    def delivered(self) -> int:
        return self._sum(R.DELIVERED, R.READ)

    @property
    def undelivered(self) -> int:
        """With WhatsApp, which has not told yet whether they got it."""
        return self._sum(R.SENT)

    @property
    def read(self) -> int:
        return self._sum(R.READ)

    @property
    def failed(self) -> int:
        return self._sum(R.FAILED)

    @property
    def to_retry(self) -> int:
        """Failed or cancelled, within reach, and in no later campaign since."""
        return self.failed + self.cancelled - self.followed_up - self.off - self.closed

    @property
    def unknown(self) -> int:
        return self._sum(R.UNKNOWN)

    @property
    def skipped(self) -> int:
        return self._sum(R.SKIPPED)

    @property
    def cancelled(self) -> int:
        return self._sum(R.CANCELLED)

    @property
    def in_flight(self) -> int:
        return self._sum(R.CLAIMED)

    @property
    def waiting(self) -> int:
        return self._sum(R.WAITING)

    @property
    def left(self) -> int:
        return self._sum(R.WAITING, R.CLAIMED)

    @property
    def handled(self) -> int:
        return self.included - self.left
