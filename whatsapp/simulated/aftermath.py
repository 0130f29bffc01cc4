"""What follows a message that was taken: delivered, perhaps read, perhaps answered, each in its time."""

import heapq
from collections.abc import Callable
from datetime import datetime, timedelta
from enum import IntEnum

from domain.delivery.model import Progress
from whatsapp.simulated.behaviour import Behaviour, Chance
from whatsapp.simulated.phonebook import Bubble, Phone, PhoneBook
from whatsapp.simulated.records import Advanced, MediaNote, Record, Wrote

_BACK_ONLINE = timedelta(milliseconds=300)


class Step(IntEnum):
    DELIVER = 1
    READ = 2
    REPLY = 3


class Aftermath:
    """The calendar of the phones. Its plans depend on the seed, the message's key and the time of what
    came before alone, so that after a restart `resume` makes the very same plans again."""

    def __init__(
        self, book: PhoneBook, behaviour: Behaviour, chance: Chance, record: Callable[[Record], None]
    ) -> None:
        self._book = book
        self._behaviour = behaviour
        self._chance = chance
        self._record = record
        self._due: list[tuple[datetime, int, Step, str]] = []
        self._planned = 0

    @property
    def next_due(self) -> datetime | None:
        return self._due[0][0] if self._due else None

    def resume(self) -> None:
        """Plans for every message in the book, as after opening it."""
        for bubble in self._book.messages.values():
            self.follow(bubble)

    def follow(self, bubble: Bubble) -> None:
        """Puts the next thing that will happen to this message on the calendar, if anything will."""
        rules, chance, key = self._behaviour, self._chance, bubble.key
        if key is None or not bubble.reaches:
            return
        if bubble.delivered_at is None:
            self._plan(bubble.at + chance.delay(rules.delivered_after, "delivered", key), Step.DELIVER, key)
        elif bubble.read_at is None:
            if chance.happens(rules.read_rate, "read", key):
                due = bubble.delivered_at + chance.delay(rules.read_after, "reading", key)
                self._plan(due, Step.READ, key)
        elif not bubble.answered and chance.happens(rules.reply_rate, "reply", key):
            self._plan(bubble.read_at + chance.delay(rules.reply_after, "replying", key), Step.REPLY, key)

    def catch_up(self, now: datetime) -> None:
        """Lets happen what is due by `now`, in order, each at its own time. Offline phones wait."""
        while self._due and self._due[0][0] <= now:
            due, _, step, key = heapq.heappop(self._due)
            bubble = self._book.messages[key]
            phone = self._book.phone(bubble.number)
            if phone.offline:
                phone.parked.append(key)
            elif step is Step.DELIVER:
                self.advance(bubble, Progress.DELIVERED, due)
            elif step is Step.READ:
                self.advance(bubble, Progress.READ, due)
            elif not bubble.answered:
                text = self._chance.pick(self._behaviour.replies, "words", key)
                self.write(phone, bubble.account, text, due, answers=key)

    def unpark(self, phone: Phone, now: datetime) -> None:
        """The phone is back online: what waited for it happens a moment from now."""
        if phone.offline:
            return
        parked, phone.parked = phone.parked, []
        for key in parked:
            bubble = self._book.messages[key]
            if bubble.delivered_at is None:
                step = Step.DELIVER
            else:
                step = Step.READ if bubble.read_at is None else Step.REPLY
            self._plan(now + _BACK_ONLINE, step, key)

    def advance(self, bubble: Bubble, progress: Progress, at: datetime) -> None:
        """Delivered or read at `at`; what is known already stays as it is."""
        if bubble.key is None or bubble.progress >= progress:
            return
        cursor = self._book.accounts[bubble.account].cursor + 1
        self._record(Advanced(key=bubble.key, progress=progress, cursor=cursor, at=at))
        self.follow(bubble)

    def write(
        self,
        phone: Phone,
        account: str,
        text: str,
        at: datetime,
        *,
        answers: str | None,
        media: MediaNote | None = None,
    ) -> None:
        """The owner of the phone writes to the account."""
        self._record(
            Wrote(
                event=f"{account}.reply.{self._book.bubbles + 1}",
                number=phone.number,
                account=account,
                text=text,
                answers=answers,
                cursor=self._book.accounts[account].cursor + 1,
                at=at,
                media=media,
            )
        )

    def _plan(self, due: datetime, step: Step, key: str) -> None:
        self._planned += 1
        heapq.heappush(self._due, (due, self._planned, step, key))
