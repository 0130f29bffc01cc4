"""Ground truth: what was taken, counted exactly; details of the latest only, so that memory stays bounded."""

from collections import Counter, deque
from collections.abc import Iterable
from typing import Any, NamedTuple

from whatsapp.cloud.standin.estate import Line

#: Trackers (`biz_opaque_callback_data`) remembered to see one taken twice.
MAX_TRACKERS = 2_000_000


class Entry(NamedTuple):
    """One message that was taken. `content`: the type, or `template:name:language`."""

    seq: int
    at: float
    line: str
    wa_id: str
    id: str
    content: str
    tracker: str | None
    failed: int | None
    raw: bytes

    def as_json(self) -> dict[str, Any]:
        return {**self._asdict(), "raw": self.raw.decode("utf-8", "replace")}


class Ledger:
    """Totals since the start or the last `forget`."""

    def __init__(self, keep: int) -> None:
        self._keep = keep
        self.forget()

    def forget(self) -> None:
        """Counts from nothing again. The numbers' own counts are forgotten with it, by the caller."""
        self.accepted = 0
        self.received = 0
        self.requests = 0
        self.content: Counter[str] = Counter()
        self.files: Counter[str] = Counter()
        self.failed: Counter[int] = Counter()
        self.refused: Counter[int] = Counter()
        self.trackers: set[str] = set()
        self.trackers_repeated = 0
        self.latest: deque[Entry] = deque(maxlen=self._keep)

    def take(
        self,
        now: float,
        line: str,
        wa_id: str,
        message_id: str,
        content: str,
        tracker: str | None,
        failed: int | None,
        raw: bytes,
        *,
        arrives: bool = True,
    ) -> None:
        """Counts a message. `failed`: the code it fails with later; one to somebody who blocked us neither
        fails nor arrives."""
        self.accepted += 1
        self.content[content] += 1
        if failed is not None:
            self.failed[failed] += 1
        elif arrives:
            self.received += 1
        if tracker is not None:
            if tracker in self.trackers:
                self.trackers_repeated += 1
            elif len(self.trackers) < MAX_TRACKERS:
                self.trackers.add(tracker)
        self.latest.append(Entry(self.accepted, now, line, wa_id, message_id, content, tracker, failed, raw))

    def totals(self, lines: Iterable[Line]) -> dict[str, Any]:
        """The sums, and how many people got more than one message."""
        people = by_person(lines)
        return {
            "requests": self.requests,
            "accepted": self.accepted,
            "received": self.received,
            "people": sum(1 for received, _ in people.values() if received),
            "twice": sum(1 for received, _ in people.values() if received > 1),
            "accepted_twice": sum(1 for _, accepted in people.values() if accepted > 1),
            "trackers": len(self.trackers),
            "trackers_repeated": self.trackers_repeated,
            "content": dict(self.content),
            "files": dict(self.files),
            "failed": {str(code): count for code, count in self.failed.items()},
            "refused": {str(code): count for code, count in self.refused.items()},
        }


def by_person(lines: Iterable[Line]) -> dict[str, tuple[int, int]]:
    """wa_id -> (received, accepted), over all these numbers."""
    people: dict[str, tuple[int, int]] = {}
    for line in lines:
        for wa_id, pair in line.pairs.items():
            received, accepted = people.get(wa_id, (0, 0))
            people[wa_id] = (received + pair.received, accepted + pair.accepted)
    return people
