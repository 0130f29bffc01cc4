"""What delivery asks of a WhatsApp channel."""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol

from domain.delivery.content import Media, OutgoingMessage
from domain.delivery.model import Progress
from domain.kernel.ids import AttemptKey


class Fault(StrEnum):
    """Whose fault a refusal is. Three ACCOUNT faults in a row pause the campaign (not those of two
    people over and over); RESTRICTION pauses every campaign of the account at once; PERSON pauses nothing."""

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


#: What of a person's message is fetched at most, in bytes: what Telegram takes with room to spare.
LARGEST_ATTACHMENT: Final = 20 * 1024 * 1024

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
    """An attempt is known to have got this far. `at` aware UTC. `wa_id`: what the official channel calls
    whoever it was sent to, digits without a plus, where it says so."""

    key: AttemptKey
    progress: Progress
    at: datetime
    reason: str | None = None
    wa_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """Where the content of a person's message is fetched from: `ref` is the channel's own name for it. `size`
    in bytes, where it is told. `mime` and `filename` are the sender's word, and may be empty."""

    ref: str
    mime: str = ""
    filename: str = ""
    size: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyNews:
    """A person wrote to the account. `event` is the channel's own unique name for the message.

    `media`: what came with it, such as "image", "voice" or "location"; then `text` may be empty.
    `attachment`: of what can be fetched. `name`: as they call themselves, where the channel tells it.
    """

    event: str
    sender: str
    text: str
    at: datetime
    media: str | None = None
    attachment: Attachment | None = None
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountNews:
    """The account itself changed: "connected", "unlinked" or "restricted".

    Any other word ("offline") is a trouble that the far side gets over by itself: it changes nothing about
    the account, whose sends wait or are refused meanwhile. "failed" is one that it has not got over for a
    while. `reason` is a stable code.
    """

    state: str
    at: datetime
    reason: str | None = None


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Recalled:
    """What the far side's journal says became of an attempt.

    `outcome` as `send` would answer: Unknown where the journal does not know either. `progress` with
    Accepted: how far it got. `settled`: asking again later teaches nothing more. `never_sent`: the journal
    holds nothing of this key, and has closed it for good; which one that is says `journal`.
    """

    outcome: SendOutcome
    at: datetime
    progress: Progress | None = None
    settled: bool = True
    never_sent: bool = False
    journal: str | None = None


class AttemptJournal(Protocol):
    """The durable memory that an account's far side keeps of what it was given to send."""

    async def name(self) -> str | None:
        """Its own name, for good: one that was lost and made anew has another. None where there is no journal
        for this account. Raises ChannelDown."""
        ...

    async def close(self, key: AttemptKey) -> Recalled | None:
        """What became of it. A key that was never used is closed: whatever still comes under it is refused.
        None where there is no journal for this account. Raises ChannelDown."""
        ...


class Attachments(Protocol):
    """What people sent along with their messages to one account."""

    def fetch(self, attachment: Attachment) -> AsyncIterator[bytes]:
        """Its content, in pieces. Raises AttachmentGone, AttachmentTooLarge, or ChannelDown when trying later
        is right."""
        ...


class AttachmentGone(Exception):
    """The channel has it no more, or never says what it was."""


class AttachmentTooLarge(Exception):
    """More than LARGEST_ATTACHMENT."""


class MediaStore(Protocol):
    """Files, named by what is in them: the same bytes always get the same key."""

    async def put(self, content: AsyncIterator[bytes]) -> tuple[str, int]:
        """Store the stream; returns its key (sha256 hex) and size in bytes. Raises `MediaAway`."""
        ...

    async def get(self, key: str) -> bytes:
        """The whole file: for what is small. Raises `MediaMissing` or `MediaAway`."""
        ...

    def stream(self, key: str) -> AsyncIterator[bytes]:
        """The file in pieces, none of them over a few megabytes. Raises `MediaMissing` or `MediaAway`."""
        ...

    async def drop(self, key: str) -> None:
        """Delete the file; one that is not there is gone already. Raises `MediaAway`."""
        ...


#: Of these keys, those that something refers to.
InUse = Callable[[Sequence[str]], Awaitable[Collection[str]]]


class MediaKeeper(MediaStore, Protocol):
    """A store whose files are looked after."""

    async def tidy(self, desk: str, in_use: InUse, *, unused_for: timedelta) -> int | None:
        """Delete the files that nothing has referred to for so long; to be called now and then, because from
        call to call is as exactly as it knows. Returns how many were deleted. None, and nothing is deleted,
        where other desks keep theirs in the same place. Raises `MediaAway`."""
        ...


class MediaMissing(Exception):
    """No file under that key."""


class MediaAway(ChannelDown):
    """The place where files are kept does not answer, or refuses us; whether it has the file nobody knows.

    `why`: `no_answer`, `refused` (key and secret, or what they may do) or `no_bucket`.
    """

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


__all__ = [
    "LARGEST_ATTACHMENT", "Accepted", "AccountNews", "Attachment", "AttachmentGone", "AttachmentTooLarge",
    "Attachments", "AttemptJournal", "ChannelDown", "Fault", "InUse", "Media", "MediaAway", "MediaKeeper",
    "MediaMissing", "MediaStore", "MessageGateway", "News", "NewsItem", "NewsSource", "OutgoingMessage",
    "Recalled", "ReceiptNews", "Rejected", "ReplyNews", "SendOutcome", "Unknown",
]  # fmt: skip
