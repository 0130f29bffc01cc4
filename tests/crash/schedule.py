"""What is done to whom in one round: drawn from the round's seed, and from nothing else."""

from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import Final

from tests.crash.wire import Cut


class Database(StrEnum):
    SQLITE = "sqlite"
    POSTGRES = "postgres"


class Kind(StrEnum):
    """Killed with -9; asked to stop; stopped still for a while; cut off; disk full; clock changed; the
    database server killed."""

    KILL = "kill"
    TERM = "term"
    FREEZE = "freeze"
    CUT = "cut"
    DISK = "disk"
    CLOCK = "clock"
    SERVER = "server"


#: A process that stands still for longer than 12 s is taken over by others.
TAKEN_OVER: Final = 12.0
LONG_FREEZE: Final = 13.5

#: Lines that can be cut, by what is at their far end. `telegram` and `phones` are one process.
WIRES: Final = ("telegram", "phones", "whatsapp", "webhooks")
#: Far sides that can stand still. Killed, Telegram's stand-in would forget updates, as Telegram never does.
FAR_SIDES: Final = ("telegram", "whatsapp")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """`after`: once the stand-ins have seen this part of the round's messages. `seconds`: until it is made
    good. `jump`: so many seconds the clock is put forward (or back)."""

    after: float
    kind: Kind
    whom: str
    seconds: float = 0.0
    how: Cut | None = None
    jump: int = 0

    def __str__(self) -> str:
        more = f" {self.how}" if self.how else f" by {self.jump:+} s" if self.jump else ""
        return f"{self.kind} {self.whom}{more} at {self.after:.0%} for {self.seconds:.1f} s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """`paced`: messages leave one by one, with pauses, instead of as fast as they can. `over_cap`: so many
    people more than the account may be sent to in a day. `stops`: so many of either workspace say stop."""

    seed: int
    faults: tuple[Fault, ...]
    paced: bool
    people: int
    official: int
    taps: int
    stops: int
    over_cap: int


def round_of(seed: int, database: Database, *, cap: int) -> Round:
    draw = Random(f"round {seed} on {database}")
    paced = draw.random() < 0.4
    over_cap = draw.choice((0, 0, 0, 0, 20)) if not paced else 0
    people = cap + over_cap if over_cap else draw.randint(10, 20) if paced else draw.randint(cap // 2, cap)
    faults = [_fault(draw, database) for _ in range(draw.choice((1, 2, 2, 3)))]
    return Round(
        seed=seed, faults=tuple(sorted(faults, key=lambda fault: fault.after)), paced=paced, people=people,
        official=draw.randint(30, 80), taps=draw.randint(3, 8), stops=draw.randint(1, 3),
        over_cap=over_cap,
    )  # fmt: skip


def _fault(draw: Random, database: Database) -> Fault:
    ours = ["bot"] if database is Database.SQLITE else ["bot", "sender-1", "sender-2"]
    wires = list(WIRES) if database is Database.SQLITE else [*WIRES, "database", "database"]
    kinds = [Kind.KILL] * 4 + [Kind.TERM] * 2 + [Kind.FREEZE] * 3 + [Kind.CUT] * 4 + [Kind.DISK] * 2
    kinds += [Kind.CLOCK] * 3 + ([Kind.SERVER] if database is Database.POSTGRES else [])
    after, kind, short = draw.uniform(0, 0.7), draw.choice(kinds), draw.uniform(0.3, 2.5)
    match kind:
        case Kind.KILL | Kind.TERM:
            return Fault(after=after, kind=kind, whom=draw.choice(ours), seconds=draw.uniform(0, 1))
        case Kind.FREEZE:
            whom = draw.choice([*ours, *ours, *FAR_SIDES])
            long = whom in ours and database is Database.POSTGRES and draw.random() < 0.25
            return Fault(after=after, kind=kind, whom=whom, seconds=LONG_FREEZE if long else short)
        case Kind.CUT:
            return Fault(
                after=after, kind=kind, whom=draw.choice(wires), seconds=short, how=draw.choice(list(Cut))
            )
        case Kind.CLOCK:
            far = draw.choice((30, 300, 3600, 7200)) * draw.choice((-1, 1))
            return Fault(after=after, kind=kind, whom=draw.choice(ours), seconds=short, jump=far)
        case Kind.DISK | Kind.SERVER:
            return Fault(after=after, kind=kind, whom="database", seconds=short)
