"""What the phones and accounts look like now: records in, state out. No time, no chance, no disk."""

from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, assert_never

from domain.delivery.content import MediaKind
from domain.delivery.model import Progress
from domain.delivery.ports import (
    Accepted,
    AccountNews,
    Attachment,
    Fault,
    News,
    NewsItem,
    ReceiptNews,
    Rejected,
    ReplyNews,
)
from domain.kernel.ids import AttemptKey
from whatsapp.simulated.records import (
    AccountTurned,
    Advanced,
    Linked,
    MediaNote,
    Record,
    Refused,
    Skipped,
    Switched,
    Took,
    Wrote,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One message taken for one phone, as it is counted by tests. `media` is the file's SHA-256."""

    key: str
    account: str
    number: str
    text: str
    media: str | None
    at: datetime


@dataclass(slots=True, kw_only=True)
class Bubble:
    """A message on a phone: an incoming one (`key` set) or one its owner wrote."""

    id: int
    account: str
    number: str
    text: str
    at: datetime
    key: str | None = None
    media: MediaNote | None = None
    reaches: bool = True
    progress: Progress = Progress.SENT
    delivered_at: datetime | None = None
    read_at: datetime | None = None
    answered: bool = False


@dataclass(slots=True)
class Phone:
    """One person's phone. `parked` holds keys of messages that came while it was offline."""

    number: str
    offline: bool = False
    blocked: bool = False
    bubbles: list[Bubble] = field(default_factory=list)
    parked: list[str] = field(default_factory=list)
    unread: int = 0
    changed: int = 0


@dataclass(slots=True)
class Account:
    """A linked number. `news` holds what is not yet acknowledged; `cursor` is the last one given out."""

    id: str
    number: str
    state: str = "connected"
    cursor: int = 0
    news: deque[NewsItem] = field(default_factory=deque)


#: What came, in the words that the chat has sentences for (`reply.*`).
_CAME: Final = {MediaKind.PHOTO.value: "image"}


def _attachment(file: MediaNote) -> Attachment:
    return Attachment(ref=file.sha256, mime=file.mime, filename=file.filename, size=file.size)


class PhoneBook:
    def __init__(self) -> None:
        self.accounts: dict[str, Account] = {}
        self.links: dict[str, str] = {}
        self.phones: dict[str, Phone] = {}  # the one that changed last stands last
        self.answers: dict[str, Accepted | Rejected] = {}
        self.messages: dict[str, Bubble] = {}
        self.received: list[Received] = []
        self.changes = 0
        self.bubbles = 0

    def phone(self, number: str) -> Phone:
        """The phone of that number; every number has one, seen or not."""
        found = self.phones.get(number)
        if found is None:
            found = self.phones[number] = Phone(number)
        return found

    def deliveries(self) -> Counter[tuple[str, str, str | None]]:
        """How often each (number, text, file) was taken: over 1 means somebody was messaged twice."""
        return Counter((one.number, one.text, one.media) for one in self.received)

    def changed_since(self, seq: int) -> Iterator[Phone]:
        """Phones that changed after `seq`, the latest first."""
        for number in reversed(self.phones):
            phone = self.phones[number]
            if phone.changed <= seq:
                return
            yield phone

    def acknowledge(self, account: Account, cursor: int) -> None:
        while account.news and account.news[0].cursor <= cursor:
            account.news.popleft()

    def apply(self, record: Record) -> None:
        match record:
            case Took():
                self._took(record)
            case Advanced():
                self._advanced(record)
            case Refused():
                self.answers[record.key] = Rejected(record.reason, record.can_retry, Fault(record.fault))
            case Wrote():
                self._wrote(record)
            case Switched():
                phone = self.phone(record.number)
                phone.offline, phone.blocked = record.offline, record.blocked
                self._touch(phone)
            case Linked():
                self.accounts[record.account] = Account(record.account, record.number)
                if record.link_key is not None:
                    self.links[record.link_key] = record.account
                self._tell(record.account, record.cursor, AccountNews(state="connected", at=record.at))
            case AccountTurned():
                self.accounts[record.account].state = record.state
                self._tell(record.account, record.cursor, AccountNews(state=record.state, at=record.at))
            case Skipped():
                self.accounts[record.account].cursor = record.cursor
                self.accounts[record.account].news.clear()
            case _:
                assert_never(record)

    def _took(self, record: Took) -> None:
        media = record.media.sha256 if record.media else None
        self.answers[record.key] = Accepted(record.provider_id)
        self.received.append(
            Received(
                key=record.key,
                account=record.account,
                number=record.number,
                text=record.text,
                media=media,
                at=record.at,
            )
        )
        phone = self.phone(record.number)
        bubble = self._bubble(phone, account=record.account, text=record.text, at=record.at)
        bubble.key, bubble.media, bubble.reaches = record.key, record.media, record.reaches
        self.messages[record.key] = bubble
        self._receipt(record.account, record.cursor, record.key, Progress.SENT, record.at)

    def _advanced(self, record: Advanced) -> None:
        bubble = self.messages[record.key]
        phone = self.phone(bubble.number)
        bubble.progress = Progress(record.progress)
        if bubble.progress is Progress.DELIVERED:
            bubble.delivered_at = record.at
            phone.unread += 1
        else:
            bubble.read_at = record.at
            phone.unread -= 1
        self._touch(phone)
        self._receipt(bubble.account, record.cursor, record.key, bubble.progress, record.at)

    def _wrote(self, record: Wrote) -> None:
        phone = self.phone(record.number)
        bubble = self._bubble(phone, account=record.account, text=record.text, at=record.at)
        bubble.media = record.media
        if record.answers is not None:
            self.messages[record.answers].answered = True
        file = record.media
        news = ReplyNews(
            event=record.event,
            sender=record.number,
            text=record.text,
            at=record.at,
            media=_CAME.get(file.kind, file.kind) if file else None,
            attachment=_attachment(file) if file else None,
        )
        self._tell(record.account, record.cursor, news)

    def _bubble(self, phone: Phone, *, account: str, text: str, at: datetime) -> Bubble:
        self.bubbles += 1
        bubble = Bubble(id=self.bubbles, account=account, number=phone.number, text=text, at=at)
        phone.bubbles.append(bubble)
        self._touch(phone)
        return bubble

    def _touch(self, phone: Phone) -> None:
        self.changes += 1
        phone.changed = self.changes
        self.phones[phone.number] = self.phones.pop(phone.number)

    def _receipt(self, account: str, cursor: int, key: str, progress: Progress, at: datetime) -> None:
        self._tell(account, cursor, ReceiptNews(key=AttemptKey(key), progress=progress, at=at))

    def _tell(self, account: str, cursor: int, news: News) -> None:
        whose = self.accounts[account]
        whose.cursor = cursor
        whose.news.append(NewsItem(cursor, news))
