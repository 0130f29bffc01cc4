"""The simulated world: what is decided for each send, and what follows later on the phones."""

import asyncio
import contextlib
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from domain.delivery.faults import NOT_ON_WHATSAPP
from domain.delivery.model import Progress
from domain.delivery.ports import Accepted, Fault, NewsItem, Rejected, SendOutcome, Unknown
from domain.kernel.clock import Clock
from whatsapp.simulated.aftermath import Aftermath
from whatsapp.simulated.behaviour import Behaviour, Chance, FaultKind, Script
from whatsapp.simulated.journal import Journal, JournalBroken, Shelf
from whatsapp.simulated.phonebook import Account, Phone, PhoneBook, Received
from whatsapp.simulated.records import (
    AccountTurned,
    Linked,
    MediaNote,
    Record,
    Refused,
    Skipped,
    Switched,
    Took,
)

TEMPORARY = Rejected("temporary", True, Fault.ACCOUNT)
RESTRICTED = Rejected("restricted", False, Fault.RESTRICTION)
UNLINKED = Rejected("unlinked", False, Fault.RESTRICTION)
MEDIA_REFUSED = Rejected("media_refused", False, Fault.PERSON)
DROPPED = Unknown("dropped")
SILENCE = Unknown("silence")

ACCOUNT_STATES = frozenset({"connected", "unlinked", "restricted"})
_NUMBER = re.compile(r"\+[1-9]\d{6,14}", re.ASCII)
_NEWS_AT_ONCE = 1000
#: phonenumbers' own example.
EXAMPLE = "+447400123456"


class UnknownAccount(Exception):
    """No such account was ever linked here."""


class BadRequest(ValueError):
    """What was asked makes no sense; the sentence says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """A message on its way to a phone, its file already on the shelf."""

    key: str
    to: str
    text: str
    media: MediaNote | None = None


def is_number(text: str) -> bool:
    """Whether it looks like an E.164 number with its plus sign."""
    return _NUMBER.fullmatch(text) is not None


def not_a_number(text: str) -> str:
    return f"“{text}” is no number with its country code, like {EXAMPLE}"


class SimulatedWorld:
    """Accounts and phones. With a `folder`, nothing that was answered is lost by a kill.

    Nothing runs in the background: what has become due is worked out whenever somebody asks, so the same
    seed and clock give the same world.
    """

    def __init__(self, *, folder: Path | None, seed: int, clock: Clock, behaviour: Behaviour) -> None:
        self.behaviour = behaviour
        self.book = PhoneBook()
        self.shelf = Shelf(folder / "media" if folder else None)
        self._clock = clock
        self._chance = Chance(seed)
        self._script = Script()
        self._tries: Counter[str] = Counter()
        self._aftermath = Aftermath(self.book, behaviour, self._chance, self._record)
        self._changed = asyncio.Event()
        self._closing = False
        self._journal = Journal(folder / "journal.jsonl") if folder else None
        if self._journal is not None:
            try:
                for record in self._journal.replay():
                    self.book.apply(record)
            except JournalBroken:
                self._journal.close()
                raise
            self._aftermath.resume()

    def close(self) -> None:
        """Lets long polls go and closes the journal."""
        self._closing = True
        self._wake()
        if self._journal is not None:
            self._journal.close()

    # --- sending -------------------------------------------------------------------------------------

    async def send(self, account: str, parcel: Parcel) -> SendOutcome:
        """Answers once what it says is on disk. `Unknown` means: give the caller no answer at all.

        A key that was answered before gets the same answer and changes nothing. Cancelling the wait does
        not undo what was taken. Raises `JournalBroken`.
        """
        known = self.book.answers.get(parcel.key)
        if known is None:
            whole = self._chance.delay(self.behaviour.latency, "latency", parcel.key)
            before = whole * self._chance.draw("before", parcel.key) if whole else whole
            await self._pause(before)
            known = self.book.answers.get(parcel.key)  # a twin may have come first
            outcome = known or self._decide(account, parcel, self._clock.now())
            await self._pause(whole - before)
        else:
            outcome = known
        await self._durable()
        return outcome

    async def _pause(self, span: timedelta) -> None:
        if span:
            await self._clock.sleep_until(self._clock.now() + span)

    def _decide(self, account_id: str, parcel: Parcel, now: datetime) -> SendOutcome:
        account = self.book.accounts.get(account_id)
        if account is None:
            return UNLINKED
        if account.state != "connected":
            return self._refuse(parcel, RESTRICTED if account.state == "restricted" else UNLINKED)
        match self._fault(parcel):
            case None:
                return self._take(account, parcel, now)
            case FaultKind.SILENCE_AFTER_TAKING:
                self._take(account, parcel, now)
                return SILENCE
            case FaultKind.SILENCE_BEFORE_TAKING:
                return SILENCE
            case FaultKind.DISCONNECT:
                return DROPPED
            case FaultKind.RESTRICTION:
                self._turn(account, "restricted", now)
                return self._refuse(parcel, RESTRICTED)
            case FaultKind.TEMPORARY:
                return self._refuse(parcel, TEMPORARY)
            case FaultKind.NOT_ON_WHATSAPP:
                return self._refuse(parcel, NOT_ON_WHATSAPP)
            case FaultKind.MEDIA_REFUSED:
                return self._refuse(parcel, MEDIA_REFUSED)

    def _fault(self, parcel: Parcel) -> FaultKind | None:
        """What is scripted goes first; then who is not on WhatsApp at all; then bad luck."""
        scripted = self._script.take(parcel.to)
        if scripted is not None:
            return scripted
        if not self.is_on_whatsapp(parcel.to):
            return FaultKind.NOT_ON_WHATSAPP
        rates = (
            (self.behaviour.restriction_rate, FaultKind.RESTRICTION),
            (self.behaviour.temporary_rate, FaultKind.TEMPORARY),
            (self.behaviour.silence_rate, FaultKind.SILENCE_AFTER_TAKING),
        )
        if not any(rate for rate, _ in rates):
            return None
        nth = self._tries[parcel.to]
        self._tries[parcel.to] += 1
        for rate, fault in rates:
            if self._chance.happens(rate, fault, parcel.to, nth):
                return fault
        return None

    def _refuse(self, parcel: Parcel, answer: Rejected) -> Rejected:
        self._record(
            Refused(key=parcel.key, reason=answer.reason, can_retry=answer.can_retry, fault=answer.fault)
        )
        return answer

    def _take(self, account: Account, parcel: Parcel, now: datetime) -> Accepted:
        phone = self.book.phones.get(parcel.to)
        record = Took(
            key=parcel.key,
            account=account.id,
            number=parcel.to,
            text=parcel.text,
            media=parcel.media,
            provider_id=f"sim.{self.book.bubbles + 1}",
            reaches=phone is None or not phone.blocked,
            cursor=account.cursor + 1,
            at=now,
        )
        self._record(record)
        self._aftermath.follow(self.book.messages[parcel.key])
        self._aftermath.catch_up(now)
        return Accepted(record.provider_id)

    def is_on_whatsapp(self, number: str) -> bool:
        """The same for a number as long as the seed and the rate are. Not a number: no."""
        return is_number(number) and not self._chance.happens(self.behaviour.absent_rate, "absent", number)

    # --- accounts and their news ---------------------------------------------------------------------

    async def link(self, *, number: str | None = None, link_key: str | None = None) -> Account:
        """A new linked account (or the one this `link_key` already made). Raises `BadRequest`."""
        if link_key is not None and link_key in self.book.links:
            account = self.book.accounts[self.book.links[link_key]]
            if account.state != "connected":
                self._turn(account, "connected", self._clock.now())
        else:
            nth = len(self.book.accounts)
            now = self._clock.now()
            name = f"sim-{int(self._chance.draw('account', nth, now) * 2**48):012x}"
            # Beside the example that the chat shows: typed there, it is taken like any other number.
            number = number or f"+447400123{nth % 1000:03d}"
            if not is_number(number):
                raise BadRequest(not_a_number(number))
            self._record(Linked(account=name, number=number, link_key=link_key, cursor=1, at=now))
            account = self.book.accounts[name]
        await self._durable()
        return account

    async def turn(self, account: str, state: str) -> Account:
        """Make an account connected, unlinked or restricted. Raises `UnknownAccount`, `BadRequest`."""
        if state not in ACCOUNT_STATES:
            raise BadRequest(f"an account is one of {', '.join(sorted(ACCOUNT_STATES))}")
        found = self.account(account)
        self._turn(found, state, self._clock.now())
        await self._durable()
        return found

    def _turn(self, account: Account, state: str, now: datetime) -> None:
        if account.state != state:
            self._record(AccountTurned(account=account.id, state=state, cursor=account.cursor + 1, at=now))

    def account(self, name: str) -> Account:
        found = self.book.accounts.get(name)
        if found is None:
            raise UnknownAccount(name)
        return found

    async def news(self, account: str, cursor: int, *, wait_seconds: float = 0.0) -> Sequence[NewsItem]:
        """Up to 1,000 items after `cursor`; everything up to it is forgotten. Raises `UnknownAccount`."""
        whose = self.account(account)
        self._aftermath.catch_up(self._clock.now())
        if cursor > whose.cursor:
            self._record(Skipped(account=account, cursor=cursor))
        self.book.acknowledge(whose, cursor)
        await self._until(lambda: bool(whose.news), wait_seconds)
        await self._durable()
        return [item for item, _ in zip(whose.news, range(_NEWS_AT_ONCE), strict=False)]

    # --- phones --------------------------------------------------------------------------------------

    def script(self, number: str | None, fault: FaultKind | str, *, times: int = 1) -> None:
        """The next `times` sends to `number` (None: anyone) meet `fault`. Not kept over a restart."""
        self._script.add(number, FaultKind(fault), times=times)

    def clear_script(self) -> None:
        self._script.clear()

    async def switch(self, number: str, *, offline: bool | None = None, blocked: bool | None = None) -> Phone:
        """Offline: messages arrive once it is back. Blocked: what is sent from now on never arrives."""
        now = self._clock.now()
        self._aftermath.catch_up(now)
        if not is_number(number):
            raise BadRequest(not_a_number(number))
        was = self.book.phones.get(number, Phone(number))
        self._record(
            Switched(
                number=number,
                offline=was.offline if offline is None else offline,
                blocked=was.blocked if blocked is None else blocked,
            )
        )
        phone = self.book.phones[number]
        self._aftermath.unpark(phone, now)
        await self._durable()
        return phone

    async def reply(
        self, number: str, text: str, *, media: MediaNote | None = None, account: str | None = None
    ) -> None:
        """The owner of the phone answers whoever wrote last (which reads what came); or writes to `account`,
        also without ever having heard of it. Raises `BadRequest`, `UnknownAccount`."""
        if account is not None:
            self.account(account)
            if not is_number(number):
                raise BadRequest(not_a_number(number))
            self.book.phone(number)
        await self.read(number)
        phone = self._known(number)
        if account is None and not phone.bubbles:
            raise BadRequest("nobody has written to this phone yet")
        if phone.offline:
            raise BadRequest("this phone is offline")
        to = account or phone.bubbles[-1].account
        self._aftermath.write(phone, to, text, self._clock.now(), answers=None, media=media)
        await self._durable()

    async def read(self, number: str) -> None:
        """The owner opens the chat: everything delivered there is read now. Raises `BadRequest`."""
        now = self._clock.now()
        self._aftermath.catch_up(now)
        phone = self._known(number)
        if not phone.offline:
            for bubble in [one for one in phone.bubbles if one.progress is Progress.DELIVERED]:
                self._aftermath.advance(bubble, Progress.READ, now)
        await self._durable()

    def _known(self, number: str) -> Phone:
        phone = self.book.phones.get(number)
        if phone is None:
            raise BadRequest(f"no message ever came to {number!r}")
        return phone

    def caught_up(self) -> PhoneBook:
        """The book as of now."""
        self._aftermath.catch_up(self._clock.now())
        return self.book

    def deliveries(self) -> Counter[tuple[str, str, str | None]]:
        """How often each (number, text, file) was taken: over 1 means somebody was messaged twice."""
        return self.book.deliveries()

    @property
    def received(self) -> list[Received]:
        return self.book.received

    async def changes(self, after: int, *, wait_seconds: float) -> int:
        """Waits, at most so long, for a change after `after`; returns the last change's number."""
        await self._until(lambda: self.book.changes > after, wait_seconds)
        return self.book.changes

    # --- keeping and waiting -------------------------------------------------------------------------

    def _record(self, record: Record) -> None:
        if self._journal is not None:
            self._journal.append(record)
        self.book.apply(record)
        self._wake()

    async def _durable(self) -> None:
        if self._journal is not None:
            await self._journal.durable()

    def _wake(self) -> None:
        woken, self._changed = self._changed, asyncio.Event()
        woken.set()

    async def _until(self, true: Callable[[], bool], wait_seconds: float) -> None:
        """Waits for it, at most so long, letting what falls due meanwhile happen."""
        deadline = self._clock.now() + timedelta(seconds=wait_seconds)
        while not (true() or self._closing):
            now = self._clock.now()
            if now >= deadline:
                return
            due = min(deadline, self._aftermath.next_due or deadline)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout((due - now).total_seconds()):
                    await self._changed.wait()
            self._aftermath.catch_up(self._clock.now())
