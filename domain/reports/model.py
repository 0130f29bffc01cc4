"""What a campaign's report says: how far it got, and one row a recipient."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Self
from zoneinfo import ZoneInfo

from domain.delivery.recipients import Tally
from domain.delivery.store import RecipientRow
from domain.kernel.formulas import would_run

#: What no sheet can hold.
UNPRINTABLE: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
LONGEST_CELL: Final = 32_000
#: So long after the end a report waits for word of deliveries. Phones that are off may be silent for days.
LONGEST_WAIT: Final = timedelta(minutes=1)
SHORTEST_LOOK: Final = timedelta(seconds=1)


def wait_for_word(tally: Tally, ended: datetime | None, *, now: datetime) -> timedelta:
    """How long to wait before looking again whether the report is worth making; nothing once it is.

    It is when everybody who was sent to is told delivered or failed, or a minute after the end. The waits
    grow, so that a large campaign is not counted anew each second.
    """
    since = now - ended if ended is not None else LONGEST_WAIT
    # Before the end only where the clock was set back, and then there is no telling for how long.
    if not tally.undelivered or not timedelta(0) <= since < LONGEST_WAIT:
        return timedelta(0)
    return min(max(SHORTEST_LOOK, since / 4), LONGEST_WAIT - since)


def harmless(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula: it gets a leading apostrophe."""
    clean = UNPRINTABLE.sub("", cell)[:LONGEST_CELL]
    return f"'{clean}" if would_run(clean) else clean


@dataclass(frozen=True, slots=True, kw_only=True)
class Funnel:
    """Each number contains those after it: who was read was delivered, and so on."""

    included: int
    sent: int
    delivered: int
    read: int
    replied: int

    @classmethod
    def of(cls, tally: Tally) -> Self:
        return cls(
            included=tally.included,
            sent=tally.sent,
            delivered=tally.delivered,
            read=tally.read,
            replied=tally.replied,
        )

    def share(self, number: int) -> float:
        """Of those included, 0 to 1."""
        return number / self.included if self.included else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    """Those included who were not sent to, by why: with the funnel's sent they are all who are included."""

    failed: int
    unknown: int
    left: int
    skipped: int
    cancelled: int

    @classmethod
    def of(cls, tally: Tally) -> Self:
        return cls(
            failed=tally.failed, unknown=tally.unknown, left=tally.left, skipped=tally.skipped,
            cancelled=tally.cancelled,
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One recipient's row, times in the workspace's zone and without one, as spreadsheets want them.

    `state` and `reason` are codes; their words belong to the catalogue.
    """

    number: str
    name: str
    state: str
    reason: str
    times: tuple[datetime | None, datetime | None, datetime | None, datetime | None]


def line_of(row: RecipientRow, zone: ZoneInfo) -> Line:
    """Sent, delivered, read, replied, in that order."""
    return Line(
        number=row.number, name=row.name, state=row.state.value, reason=row.reason or "",
        times=(
            local(row.sent_at, zone), local(row.delivered_at, zone),
            local(row.read_at, zone), local(row.replied_at, zone),
        ),
    )  # fmt: skip


def local(at: datetime | None, zone: ZoneInfo) -> datetime | None:
    """The wall clock of `zone`, whole seconds, without a zone of its own."""
    return None if at is None else at.astimezone(zone).replace(tzinfo=None, microsecond=0)
