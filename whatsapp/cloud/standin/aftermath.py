"""What follows an accepted message: sent, delivered, read, failed, perhaps a reply; each in its time."""

import heapq
from collections.abc import Callable
from enum import IntEnum
from random import Random

from whatsapp.cloud.standin.behaviour import Behaviour, drawn
from whatsapp.cloud.standin.estate import Line


class Step(IntEnum):
    SENT = 1
    DELIVERED = 2
    READ = 3
    FAILED = 4
    REPLY = 5


class Taken:
    """A message on its way. `category`: marketing, utility, authentication or service."""

    __slots__ = ("billable", "category", "failure", "id", "line", "priced", "tracker", "wa_id")

    def __init__(
        self, line: Line, wa_id: str, message_id: str, tracker: str | None, category: str, billable: bool
    ) -> None:
        self.line = line
        self.wa_id = wa_id
        self.id = message_id
        self.tracker = tracker
        self.category = category
        self.billable = billable
        self.failure: tuple[int, str | None] | None = None
        self.priced = False


class Aftermath:
    """The calendar. Draws come from one seeded source, so the same sends give the same course.

    `emit` is called for each step when its time has come, `wake` with the moment of a new earliest step.
    """

    def __init__(
        self, seed: int, emit: Callable[[Taken, Step, float], None], wake: Callable[[float], None]
    ) -> None:
        self._rng = Random(seed)
        self._emit = emit
        self._wake = wake
        self._due: list[tuple[float, int, Step, Taken]] = []
        self._planned = 0

    @property
    def next_due(self) -> float | None:
        """When something happens next, a Unix time."""
        return self._due[0][0] if self._due else None

    def pending(self, by: float) -> bool:
        """Whether something is planned for `by` or earlier."""
        return bool(self._due) and self._due[0][0] <= by

    def __len__(self) -> int:
        return len(self._due)

    def follow(self, taken: Taken, now: float, rules: Behaviour, *, arrives: bool) -> None:
        """Plans the course of a message. One with a `failure` fails; one that does not arrive stays sent."""
        rng = self._rng
        at = now + drawn(rng, rules.sent_after)
        if taken.failure is not None:
            self._plan(at, Step.FAILED, taken)
            return
        self._plan(at, Step.SENT, taken)
        if not arrives or rng.random() >= rules.delivered_share:
            return
        at += drawn(rng, rules.delivered_after)
        reads = rules.read_share > 0 and rng.random() < rules.read_share
        if not (reads and rules.skip_delivered_share and rng.random() < rules.skip_delivered_share):
            self._plan(at, Step.DELIVERED, taken)
        if not reads:
            return
        at += drawn(rng, rules.read_after)
        self._plan(at, Step.READ, taken)
        if rules.reply_share and rng.random() < rules.reply_share:
            self._plan(at + drawn(rng, rules.reply_after), Step.REPLY, taken)

    def fails(self, rules: Behaviour) -> bool:
        """Whether the next message turns out undeliverable, by `failed_share`."""
        return rules.failed_share > 0 and self._rng.random() < rules.failed_share

    def words(self, rules: Behaviour) -> str:
        """What somebody replies."""
        return self._rng.choice(rules.replies or ("OK",))

    def catch_up(self, now: float, most: int) -> bool:
        """Lets what is due by `now` happen, in order, `most` steps; True if some had to be left."""
        due = self._due
        for _ in range(most):
            if not due or due[0][0] > now:
                return False
            at, _, step, taken = heapq.heappop(due)
            self._emit(taken, step, at)
        return bool(due) and due[0][0] <= now

    def clear(self) -> None:
        self._due.clear()

    def _plan(self, at: float, step: Step, taken: Taken) -> None:
        self._planned += 1
        earliest = self._due[0][0] if self._due else None
        heapq.heappush(self._due, (at, self._planned, step, taken))
        if earliest is None or at < earliest:
            self._wake(at)
