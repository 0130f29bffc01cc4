"""A far side's journal in memory: what it was given under which key, and what it has closed."""

from dataclasses import dataclass, field
from datetime import datetime

from domain.delivery.model import Progress
from domain.delivery.ports import Accepted, ChannelDown, Fault, Recalled, Rejected, Unknown
from domain.kernel.ids import AttemptKey
from tests.fakes.stores import NOW


@dataclass
class FakeJournal:
    """Implements `AttemptJournal`. `called`: None where there is no such account."""

    called: str | None = "journal-1"
    kept: dict[str, Recalled] = field(default_factory=dict)
    closed: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    is_down: bool = False

    async def name(self) -> str | None:
        self._reach()
        return self.called

    async def close(self, key: AttemptKey) -> Recalled | None:
        self._reach()
        self.asked.append(key)
        if self.called is None:
            return None
        if key in self.kept:
            return self.kept[key]
        self.closed.add(key)
        refusal = Rejected("never_sent", True, Fault.ACCOUNT)
        return Recalled(outcome=refusal, at=NOW, never_sent=True, journal=self.called)

    def took(self, key: str, at: datetime, *, progress: Progress = Progress.SENT) -> None:
        self.kept[key] = Recalled(outcome=Accepted(key), at=at, progress=progress, journal=self.called)

    def refused(self, key: str, at: datetime, reason: str, *, can_retry: bool = False) -> None:
        self.kept[key] = Recalled(outcome=Rejected(reason, can_retry), at=at, journal=self.called)

    def doubts(self, key: str, at: datetime, *, settled: bool) -> None:
        self.kept[key] = Recalled(outcome=Unknown("no_ack"), at=at, settled=settled, journal=self.called)

    def _reach(self) -> None:
        if self.is_down:
            raise ChannelDown("down")
