"""What the official channel tells, beyond an outcome, and what it needs kept."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol

from domain.delivery.ports import Accepted
from domain.kernel.ids import AttemptKey

#: WhatsApp keeps an uploaded file for 30 days; a day less, so that none expires on its way.
UPLOAD_LASTS: Final = timedelta(days=29)


class Effect(StrEnum):
    """What an answer of WhatsApp's asks for besides what becomes of the one message."""

    NONE = "none"
    #: The person said stop at WhatsApp: never again, until they themselves say otherwise.
    REVOKE_CONSENT = "revoke_consent"
    #: Nothing leaves from this number until somebody has seen to it.
    PAUSE_ACCOUNT = "pause_account"
    #: Too many a second: the number's bucket slows down.
    SLOW_DOWN = "slow_down"
    #: Too many to this one person: wait 4^X seconds for them, nobody else.
    PAIR_BACKOFF = "pair_backoff"
    #: The template will be refused for everybody: pause what uses it.
    TEMPLATE_FAULT = "template_fault"
    #: No more new people from this number for now.
    LIMIT_REACHED = "limit_reached"


@dataclass(frozen=True, slots=True)
class AcceptedAs(Accepted):
    """Accepted, and who the person is to WhatsApp. Replies and receipts come under these names, which are not
    always the number sent to (Brazil's ninth digit, Mexico's 521, Argentina's 549).

    `wa_id`: digits without a plus. `user_id`: the business-scoped id that stands in where the number is
    hidden. `held`: WhatsApp has it, and waits with it while it looks at how the template is received.
    """

    wa_id: str | None = None
    user_id: str | None = None
    held: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelEvent:
    """An answer that asks for more than an outcome. `remote` is what WhatsApp calls the account. `at`: when
    WhatsApp knew of it, where that is told and may be a while ago; None: just now."""

    effect: Effect
    remote: str
    code: int
    reason: str
    key: AttemptKey | None = None
    to: str | None = None
    template: str | None = None
    at: datetime | None = None


class ChannelEffects(Protocol):
    """Who is told of effects, as they happen."""

    async def happened(self, event: ChannelEvent) -> None:
        """Told before `send` returns its outcome: when the process is killed between, the effect stands and
        the attempt is unknown. The same event may be told again; telling it twice changes nothing more."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Uploaded:
    """A file as WhatsApp holds it. `id` is its own name for it."""

    id: str
    at: datetime

    def holds_at(self, now: datetime) -> bool:
        """A clock that was set back does not make a file older than it is: it is uploaded anew instead."""
        return self.at <= now < self.at + UPLOAD_LASTS


class UploadedMedia(Protocol):
    """Which files WhatsApp holds already, per account and media key. Losing it costs an upload, no more."""

    async def get(self, remote: str, key: str) -> Uploaded | None: ...

    async def put(self, remote: str, key: str, uploaded: Uploaded) -> None: ...

    async def forget(self, remote: str, key: str) -> None: ...


class MediaStream(Protocol):
    """A stored file, piece by piece, so that large ones are never held whole."""

    def pieces(self, key: str) -> AsyncIterator[bytes]:
        """Raises `MediaMissing`, at the latest with the first piece."""
        ...


class WebhookInbox(Protocol):
    """Where bodies of webhooks are kept until they are worked."""

    async def store(self, raw: bytes, at: datetime) -> None:
        """Durable when it returns: only then is WhatsApp told that we have it. WhatsApp repeats for up to
        seven days what it was not told; the same body may therefore come again."""
        ...
