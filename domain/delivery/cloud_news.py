"""What webhooks of the official channel tell, as values."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.delivery.channel import Effect
from domain.delivery.model import Progress
from domain.delivery.ports import Attachment, ReceiptNews, ReplyNews
from domain.kernel.ids import AttemptKey
from domain.pacing.channel_limits import PeopleLimit, Quality


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who, as WhatsApp names them. `wa_id`: digits, absent where the person hides their number; `user_id`:
    the business-scoped id that stands in then. At least one of the two is there."""

    wa_id: str | None = None
    user_id: str | None = None
    parent_user_id: str | None = None
    name: str = ""
    username: str = ""

    @property
    def address(self) -> str:
        """What an answer can be sent to: `+` and digits, or the business-scoped id."""
        return f"+{self.wa_id}" if self.wa_id else str(self.user_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusNews:
    """A message we sent has got this far. `key`: the attempt's, as it was sent along; None for what others
    sent from the number. `reason`, `effect` and `code` say why it failed."""

    phone_number_id: str
    message_id: str
    key: AttemptKey | None
    progress: Progress
    at: datetime
    person: Person | None = None
    reason: str | None = None
    effect: Effect = Effect.NONE
    code: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundMessage:
    """Somebody wrote. `kind`: WhatsApp's word ("text", "image", "button", ...). `text`: their words, a
    caption, what stood on a button, or the sign of a reaction (empty: taken back). `payload`: what a button
    carries unseen. `answers`: the message answered or reacted to. `media_id`: of what can be
    fetched; `mime` and `filename` are the sender's word for it."""

    phone_number_id: str
    message_id: str
    person: Person
    kind: str
    text: str
    at: datetime
    media: str | None = None
    media_id: str | None = None
    mime: str = ""
    filename: str = ""
    payload: str | None = None
    answers: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PreferenceNews:
    """Somebody stopped marketing messages from us at WhatsApp, or took that back. `wants`: False for stop."""

    phone_number_id: str
    person: Person
    wants: bool
    word: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonChanged:
    """Somebody has another number or id now; `before` is who they were."""

    phone_number_id: str
    before: Person
    after: Person
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberNews:
    """A number's limits or standing changed. `number` as shown by WhatsApp; `event` in its words."""

    waba_id: str
    number: str
    event: str
    at: datetime | None
    limit: PeopleLimit | None = None
    quality: Quality | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateNews:
    """A template was approved, paused, rated or moved: `status`, `quality` or `category` is what is new; none
    of them when its text was edited."""

    waba_id: str
    template_id: str
    name: str
    language: str
    at: datetime | None
    status: str | None = None
    quality: Quality | None = None
    category: str | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountUpdate:
    """The business account was restricted, banned, deleted, reinstated ... `stops_sending`: nothing of ours
    leaves from now on. `details`: WhatsApp's words for what and until when."""

    waba_id: str
    event: str
    at: datetime | None
    stops_sending: bool = False
    details: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelTrouble:
    """An error about a number rather than about one message."""

    phone_number_id: str
    reason: str
    effect: Effect
    code: int


CloudNews = (
    StatusNews
    | InboundMessage
    | PreferenceNews
    | PersonChanged
    | NumberNews
    | TemplateNews
    | AccountUpdate
    | ChannelTrouble
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAside:
    """A piece that could not be understood, by where it stood; what it said is not repeated."""

    where: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """All of one webhook, in its order; of statuses no order may be expected."""

    news: tuple[CloudNews, ...]
    aside: tuple[SetAside, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A webhook that was read. `vouched`: whether it is signed by whoever may speak of that number."""

    batch: Batch
    vouched: Callable[[str], bool]


class WebhookReader(Protocol):
    def read(self, raw: bytes) -> Opened:
        """Of what the inbox was given. Raises ValueError for what cannot be read at all."""
        ...


def receipt_of(news: StatusNews) -> ReceiptNews | None:
    """As delivery takes it; None for a message that carries no key of ours."""
    if news.key is None:
        return None
    reason = news.reason if news.progress is Progress.FAILED else None
    wa_id = None if news.person is None else news.person.wa_id
    return ReceiptNews(key=news.key, progress=news.progress, at=news.at, reason=reason, wa_id=wa_id)


def reply_of(news: InboundMessage, *, sender: str | None) -> ReplyNews:
    """As delivery takes it. `sender`: the number as contacts have it, which is not always the `wa_id` with a
    plus; None: the business-scoped id of somebody whose number is hidden stands for it."""
    file = None
    if news.media_id is not None:
        file = Attachment(ref=news.media_id, mime=news.mime, filename=news.filename)
    return ReplyNews(
        event=news.message_id,
        sender=sender or news.person.address,
        text=news.text,
        at=news.at,
        media=news.media,
        attachment=file,
        name=news.person.name,
    )
