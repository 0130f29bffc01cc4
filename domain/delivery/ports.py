"""What delivery asks of a WhatsApp channel."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from domain.delivery.content import Media, OutgoingMessage
from domain.delivery.model import Progress
from domain.kernel.ids import AttemptKey


class Fault(StrEnum):
    """Whose fault a refusal is. Three ACCOUNT faults in a row pause the campaign; RESTRICTION pauses
    every campaign of the account at once; PERSON pauses nothing."""

    PERSON = "person"
    ACCOUNT = "account"
    RESTRICTION = "restriction"


@dataclass(frozen=True, slots=True)
class Accepted:
    """WhatsApp's side has it. `provider_id` is WhatsApp's own name for the message."""

    provider_id: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """It certainly did not go out. `reason` is a stable code (see `bot/texts`, `reason.*`)."""

    reason: str
    can_retry: bool
    fault: Fault = Fault.PERSON


@dataclass(frozen=True, slots=True)
class Unknown:
    """The line went dead after we spoke: maybe sent, maybe not. Never resent by itself."""

    reason: str = "silence"


SendOutcome = Accepted | Rejected | Unknown


class MessageGateway(Protocol):
    """One WhatsApp account's way out."""

    async def send(self, message: OutgoingMessage) -> SendOutcome:
        """Send once. The same `message.key` never reaches a person twice and gets the same answer.

        Never raises for what the network or WhatsApp does: that is an outcome.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptNews:
    """An attempt is known to have got this far. `at` aware UTC."""

    key: AttemptKey
    progress: Progress
    at: datetime
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyNews:
    """A person wrote to the account. `event` is the channel's own unique name for the message."""

    event: str
    sender: str
    text: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountNews:
    """The account itself changed: "connected", "unlinked" or "restricted"."""

    state: str
    at: datetime


News = ReceiptNews | ReplyNews | AccountNews


@dataclass(frozen=True, slots=True)
class NewsItem:
    """`cursor` grows with every item of one account."""

    cursor: int
    news: News


class NewsSource(Protocol):
    """Durable, numbered events of one account, kept by the far side until acknowledged."""

    async def after(self, cursor: int, *, wait_seconds: float) -> Sequence[NewsItem]:
        """Items after `cursor`, in order; waits up to `wait_seconds` for the first (long poll).

        Asking after a cursor acknowledges everything up to it. Raises `ChannelDown` when unreachable.
        """
        ...


class ChannelDown(Exception):
    """The channel's far side cannot be reached now. Trying later is right."""


class MediaStore(Protocol):
    """Files, named by what is in them: the same bytes always get the same key."""

    async def put(self, content: AsyncIterator[bytes]) -> tuple[str, int]:
        """Store the stream; returns its key (sha256 hex) and size in bytes."""
        ...

    async def get(self, key: str) -> bytes:
        """The whole file. Raises `MediaMissing`."""
        ...


class MediaMissing(Exception):
    """No file under that key."""


__all__ = [
    "Accepted", "AccountNews", "ChannelDown", "Fault", "Media", "MediaMissing", "MediaStore",
    "MessageGateway", "News", "NewsItem", "NewsSource", "OutgoingMessage", "ReceiptNews", "Rejected",
    "ReplyNews", "SendOutcome", "Unknown",
]  # fmt: skip
