"""Sessions of WhatsApp Web in memory, with the hands of whoever holds the phone.

web = FakeWebSessions()
await web.start("d-w1-1")
web.rotate("d-w1-1")                                  # another QR
web.scan("d-w1-1", "+905321234567", "Bakery")         # the phone scans it
web.enter_code("d-w1-1", "ABCD2345", "Bakery")        # or the code is typed on it
web.unlink("d-w1-1")                                  # it unlinks
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from domain.accounts.web import (
    SessionState,
    WebGroup,
    WebGroups,
    WebMember,
    WebSession,
    WorkerNode,
    WorkerRefuses,
)
from domain.delivery.ports import ChannelDown, News, NewsItem, NewsSource

MOST_CHECKED = 50
_LINKABLE = frozenset({SessionState.QR, SessionState.CODE})
_REPLACED = frozenset({SessionState.STOPPED, SessionState.LOGGED_OUT, SessionState.FAILED})


@dataclass
class _Kept:
    session: WebSession
    code: str | None = None
    code_for: str | None = None
    expected: str | None = None
    refresh_asked: int = 0
    groups: dict[str, WebGroup] = field(default_factory=dict)
    members: dict[str, Sequence[WebMember]] = field(default_factory=dict)
    read_at: datetime | None = None
    refreshing: bool = False
    events: list[NewsItem] = field(default_factory=list)


class FakeWebSessions:
    """Implements `domain.accounts.web.WebSessions`."""

    def __init__(self, *, limit: int = 10, node: str = "main") -> None:
        self.limit, self.node = limit, node
        self.kept: dict[str, _Kept] = {}
        #: Numbers that are (not) on WhatsApp; of any other WhatsApp does not say.
        self.registered: dict[str, bool] = {}
        self.checked: list[Sequence[str]] = []
        self.deleted: list[str] = []
        self.logged_out: list[str] = []
        self.refuses_codes = False
        #: Up to where news were acknowledged, by remote.
        self.acknowledged: dict[str, int] = {}
        #: What each was last started with: whose phone it has to be, since when to listen.
        self.wishes: dict[str, tuple[str | None, datetime | None]] = {}
        #: Further workers, as /status lists them.
        self.other_nodes: list[WorkerNode] = []
        #: What is raised instead of an answer, by anything that is asked of the worker.
        self.trouble: Exception | None = None
        #: The QR comes by itself as soon as a session has started.
        self.quick = True
        self._revs = 0
        self._codes = 0
        self.changed = asyncio.Event()

    # -- the port ----------------------------------------------------------------------------------

    def name_for(self, wanted: str) -> str:
        return wanted

    async def start(
        self, remote: str, *, number: str | None = None, listen_since: datetime | None = None
    ) -> WebSession:
        self._reach()
        self.wishes[remote] = number, listen_since
        if remote in self.kept and number is not None:
            self.kept[remote].expected = number
        kept = self.kept.get(remote)
        if kept is not None and kept.session.state not in _REPLACED:
            return kept.session
        if sum(k.session.state not in _REPLACED for k in self.kept.values()) >= self.limit:
            raise WorkerRefuses("too_many_sessions")
        if kept is None:
            session = self._session(remote, SessionState.STARTING)
            kept = self.kept[remote] = _Kept(session=session, expected=number)
        self._change(remote, state=SessionState.STARTING, reason=None, qr=None, other_number=None)
        if self.quick:
            self.rotate(remote)
        return kept.session

    async def look(self, remote: str, *, rev: int | None = None, wait_seconds: float = 0) -> WebSession:
        self._reach()
        loop = asyncio.get_running_loop()
        end = loop.time() + wait_seconds
        while rev is not None and self._of(remote).session.rev <= rev and (left := end - loop.time()) > 0:
            try:
                async with asyncio.timeout(left):
                    await self.changed.wait()
            except TimeoutError:
                break
            self._reach()
        return self._of(remote).session

    async def newest(self, remote: str) -> int:
        self._reach()
        return len(self._of(remote).events)

    async def pairing_code(self, remote: str, number: str) -> str:
        self._reach()
        kept = self._of(remote)
        if kept.session.state not in _LINKABLE:
            raise WorkerRefuses("not_linking")
        if self.refuses_codes:
            raise WorkerRefuses("refused")
        self._codes += 1
        kept.code, kept.code_for = f"ABCD{1000 + self._codes}", number
        self._change(remote, state=SessionState.CODE, qr=None)
        return kept.code

    async def logout(self, remote: str) -> None:
        self._reach()
        kept = self._of(remote)
        self.logged_out.append(remote)
        kept.code = None
        self._change(remote, state=SessionState.LOGGED_OUT, reason="asked", number=None, name=None, qr=None)

    async def delete(self, remote: str) -> None:
        self._reach()
        self.kept.pop(remote, None)
        self.deleted.append(remote)
        self._ring()

    async def check_numbers(self, remote: str, numbers: Sequence[str]) -> Mapping[str, bool | None]:
        self._reach()
        if len(numbers) > MOST_CHECKED:
            raise WorkerRefuses("bad_request")
        self._ready(remote)
        self.checked.append(tuple(numbers))
        return {number: self.registered.get(number) for number in numbers}

    async def groups(self, remote: str, *, refresh: bool = False) -> WebGroups:
        self._reach()
        kept = self._ready(remote)
        if refresh or kept.read_at is None:
            kept.refresh_asked += 1
            kept.read_at = datetime.now(UTC)
        return WebGroups(groups=list(kept.groups.values()), at=kept.read_at, refreshing=kept.refreshing)

    async def members(self, remote: str, group: str) -> Sequence[WebMember]:
        self._reach()
        kept = self._ready(remote)
        if group not in kept.groups:
            raise WorkerRefuses("no_group")
        if kept.groups[group].error is not None:
            raise WorkerRefuses("page_failed")
        return kept.members[group]

    async def nodes(self) -> Sequence[WorkerNode]:
        if self.trouble is not None:
            dead = WorkerNode(
                name=self.node, sessions=0, limit=0, ready=0, memory_bytes=0, trouble="worker_down"
            )
            return [dead, *self.other_nodes]
        sessions = [kept.session for kept in self.kept.values()]
        ready = sum(session.state is SessionState.READY for session in sessions)
        running = sum(session.state not in _REPLACED for session in sessions)
        node = WorkerNode(
            name=self.node, sessions=running, limit=self.limit, ready=ready, memory_bytes=412_000_000
        )
        return [node, *self.other_nodes]

    def news(self, remote: str) -> NewsSource:
        """As a worker keeps them, until they are acknowledged."""
        return _FakeNews(self, remote)

    # -- hands -------------------------------------------------------------------------------------

    def session(self, remote: str) -> WebSession:
        return self._of(remote).session

    @property
    def waiting(self) -> list[str]:
        """Sessions that wait for a phone, oldest first."""
        return [remote for remote, kept in self.kept.items() if kept.session.state in _LINKABLE]

    def rotate(self, remote: str) -> str:
        """A QR, or the next one; what it holds."""
        qr = f"2@{self._revs:04d},aGVsbG8gd29ybGQgb2YgcXIgY29kZXM=,d2hhdHNhcHAgd2ViIG5vaXNl,c2VjcmV0,1"
        self._change(remote, state=SessionState.QR, qr=qr)
        return qr

    def scan(self, remote: str, number: str, name: str | None = None, *, slowly: bool = False) -> None:
        """The phone with that number scans the QR; `slowly`: it is still syncing then."""
        assert self._of(remote).session.state is SessionState.QR, "no QR is shown"
        self._linked(remote, number, name, slowly=slowly)

    def enter_code(self, remote: str, code: str, name: str | None = None) -> None:
        """The code is typed on the phone that it was made for."""
        kept = self._of(remote)
        assert kept.code == code, f"the code is {kept.code}"
        assert kept.code_for is not None
        self._linked(remote, kept.code_for, name, slowly=False)

    def code_of(self, remote: str) -> str | None:
        return self._of(remote).code

    def _linked(self, remote: str, number: str, name: str | None, *, slowly: bool) -> None:
        kept = self._of(remote)
        kept.code = None
        if kept.expected not in {None, number}:
            self._change(
                remote, state=SessionState.LOGGED_OUT, reason="other_number", number=None, name=None, qr=None,
                other_number=number,
            )  # fmt: skip
        elif slowly:
            self._change(remote, state=SessionState.SYNCING, qr=None)
        else:
            self._change(remote, state=SessionState.READY, number=number, name=name, qr=None)

    def become(self, remote: str, state: SessionState, *, reason: str | None = None) -> None:
        """Whatever else may happen to a session."""
        self._change(remote, state=state, reason=reason, qr=None)

    def tell(self, remote: str, *news: News) -> None:
        """Something happens there by itself."""
        events = self._of(remote).events
        events += [NewsItem(len(events) + n, one) for n, one in enumerate(news, start=1)]
        self._ring()

    def unlink(self, remote: str) -> None:
        """On the phone, under Linked devices."""
        self._change(remote, state=SessionState.LOGGED_OUT, reason="LOGOUT", number=None, name=None, qr=None)

    def phone_offline(self, remote: str, *, offline: bool = True) -> None:
        self._change(remote, state=SessionState.OFFLINE if offline else SessionState.READY)

    def add_group(
        self, remote: str, id: str, name: str, members: Sequence[WebMember] = (), *, error: str | None = None
    ) -> None:
        size = None if error is not None else len(members)
        kept = self._of(remote)
        kept.groups[id] = WebGroup(id=id, name=name, size=size, error=error)
        kept.members[id] = tuple(members)

    def reading_groups(self, remote: str, *, on: bool) -> None:
        self._of(remote).refreshing = on

    @contextmanager
    def down(self, trouble: Exception | None = None) -> Iterator[None]:
        """The worker cannot be reached while the block runs."""
        self.trouble = trouble or ChannelDown("down")
        self._ring()
        try:
            yield
        finally:
            self.trouble = None
            self._ring()

    # -- inside ------------------------------------------------------------------------------------

    def _reach(self) -> None:
        if self.trouble is not None:
            raise self.trouble

    def _of(self, remote: str) -> _Kept:
        if remote not in self.kept:
            raise WorkerRefuses("no_session")
        return self.kept[remote]

    def _ready(self, remote: str) -> _Kept:
        kept = self._of(remote)
        if kept.session.state is not SessionState.READY:
            raise WorkerRefuses("not_ready")
        return kept

    def _session(self, remote: str, state: SessionState) -> WebSession:
        self._revs += 1
        return WebSession(remote=remote, rev=self._revs, state=state, since=datetime.now(UTC))

    def _change(self, remote: str, **changes: object) -> None:
        self._revs += 1
        kept = self._of(remote)
        kept.session = replace(
            kept.session,
            rev=self._revs,
            since=datetime.now(UTC),
            **changes,  # type: ignore[arg-type]
        )
        self._ring()

    def _ring(self) -> None:
        changed, self.changed = self.changed, asyncio.Event()
        changed.set()


class _FakeNews:
    def __init__(self, web: FakeWebSessions, remote: str) -> None:
        self.web, self.remote = web, remote

    async def after(self, cursor: int, *, wait_seconds: float) -> Sequence[NewsItem]:
        end = asyncio.get_running_loop().time() + wait_seconds
        while True:
            if self.web.trouble is not None or self.remote not in self.web.kept:
                raise ChannelDown("no news")
            self.web.acknowledged[self.remote] = max(cursor, self.web.acknowledged.get(self.remote, 0))
            found = [item for item in self.web.kept[self.remote].events if item.cursor > cursor]
            left = end - asyncio.get_running_loop().time()
            if found or left <= 0:
                return found
            with suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await self.web.changed.wait()
