"""What linking a number over WhatsApp Web asks of the worker that keeps its session."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from domain.kernel.errors import DomainError


class SessionState(StrEnum):
    """Where a session of WhatsApp Web stands. QR and CODE wait for the phone; only READY sends."""

    STOPPED = "stopped"
    STARTING = "starting"
    QR = "qr"
    CODE = "code"
    SYNCING = "syncing"
    READY = "ready"
    OFFLINE = "offline"
    LOGGED_OUT = "logged_out"
    RESTRICTED = "restricted"
    FAILED = "failed"

    @property
    def passes(self) -> bool:
        """It ends by itself, or by starting the session: whoever wants to send waits."""
        return self in _PASSING

    @property
    def rests(self) -> bool:
        """Nothing but starting the session ends it."""
        return self is SessionState.STOPPED


_PASSING = frozenset(
    {SessionState.STARTING, SessionState.SYNCING, SessionState.OFFLINE, SessionState.STOPPED,
     SessionState.FAILED}
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSession:
    """`remote` is the account's name at its worker. `rev` grows with every change, a new QR included.

    `number` is E.164, known once linked; `reason` a stable code; `qr` what the picture is to hold, in QR.
    `other_number`: whose phone was scanned instead of the one that the session is for; it is unlinked again.
    """

    remote: str
    rev: int
    state: SessionState
    since: datetime
    reason: str | None = None
    number: str | None = None
    name: str | None = None
    qr: str | None = None
    other_number: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WebGroup:
    """A group the number is in. `size` counts members, once known; `error` says that it could not be read."""

    id: str
    name: str
    size: int | None
    error: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WebGroups:
    """`at` aware UTC: when they were read, None before the first time; `refreshing`: more is coming."""

    groups: Sequence[WebGroup]
    at: datetime | None
    refreshing: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class WebMember:
    """Somebody in a group. Without a `number` WhatsApp hides it (@lid)."""

    number: str | None
    name: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerNode:
    """One worker as `/status` shows it. `trouble` is a sentence's code where it does not answer; without one,
    `limit` 0 says that nobody needs it yet, so that it is not started."""

    name: str
    sessions: int
    limit: int
    ready: int
    memory_bytes: int
    trouble: str | None = None


class WorkerRefuses(DomainError):
    """The worker answered with a refusal; `reason` is its code, such as "too_many_sessions"."""

    code = "worker.refuses"

    def __init__(self, reason: str) -> None:
        super().__init__(reason=reason)
        self.reason = reason


class WorkerTrouble(StrEnum):
    """Why a worker cannot be used. Each has its sentence: `refused.worker.<trouble>` in bot/texts."""

    NODE_MISSING = "node_missing"
    NODE_OLD = "node_old"
    CHROMIUM_MISSING = "chromium_missing"
    WORKER_NOT_FOUND = "worker_not_found"
    WORKER_NOT_INSTALLED = "worker_not_installed"
    WORKER_INSTALLING = "worker_installing"
    WORKER_DOWN = "worker_down"
    WORKER_UNAUTHORIZED = "worker_unauthorized"
    WORKER_UNKNOWN = "worker_unknown"


class WorkerMissing(DomainError):
    """The worker cannot be used until somebody does something on its machine; or, with WORKER_DOWN, it has
    been started and does not come up."""

    code = "worker.worker_down"

    def __init__(self, trouble: WorkerTrouble) -> None:
        super().__init__()
        self.trouble = trouble
        self.code = f"worker.{trouble}"

    @property
    def passes(self) -> bool:
        """Nobody has to do anything: it is being installed or started again."""
        return self.trouble in {WorkerTrouble.WORKER_DOWN, WorkerTrouble.WORKER_INSTALLING}


class WebSessions(Protocol):
    """The sessions of WhatsApp Web, on whichever worker they live.

    Every verb raises ChannelDown where the worker cannot be reached, WorkerMissing where it is known what is
    in its way, and WorkerRefuses where it refuses.
    """

    def name_for(self, wanted: str) -> str:
        """The `remote` of a new account: `wanted` on the worker that is to keep it, for good."""
        ...

    async def start(
        self, remote: str, *, number: str | None = None, listen_since: datetime | None = None
    ) -> WebSession:
        """Start it, or leave it running.

        `number`: whose phone it has to be, from now on; another one that is scanned is unlinked again. A
        session that has not listened before reads what people wrote since `listen_since`, before it can send.
        """
        ...

    async def look(self, remote: str, *, rev: int | None = None, wait_seconds: float = 0) -> WebSession:
        """As it is now; with `rev` waits until there is something newer, `wait_seconds` at most."""
        ...

    async def newest(self, remote: str) -> int:
        """The cursor of the newest of its news; nothing is taken in by asking."""
        ...

    async def pairing_code(self, remote: str, number: str) -> str:
        """Eight letters and digits, to be typed on the phone with that number."""
        ...

    async def logout(self, remote: str) -> None:
        """Unlink from the phone; the session can be linked again."""
        ...

    async def delete(self, remote: str) -> None:
        """Forget it; unlinked from the phone first where that can be done. One that is gone is no error."""
        ...

    async def check_numbers(self, remote: str, numbers: Sequence[str]) -> Mapping[str, bool | None]:
        """Whether these (50 at most) are on WhatsApp; None where WhatsApp did not say."""
        ...

    async def groups(self, remote: str, *, refresh: bool = False) -> WebGroups: ...

    async def members(self, remote: str, group: str) -> Sequence[WebMember]: ...

    async def nodes(self) -> Sequence[WorkerNode]:
        """Every worker; one that does not answer is listed with its trouble. Raises nothing."""
        ...
