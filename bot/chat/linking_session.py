"""What a linking asks its worker: to start its session, and for news of it; and for how long."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from domain.accounts.link_service import Wish
from domain.accounts.linking import Linking
from domain.accounts.web import (
    SessionState,
    WebSession,
    WebSessions,
    WorkerMissing,
    WorkerRefuses,
    WorkerTrouble,
)
from domain.delivery.ports import ChannelDown
from domain.kernel.clock import Clock

#: A look waits so long for something new.
LONG_POLL: Final = 20.0
#: Refusals of a worker that is busy, about to restart, or a step ahead of us, rather than a no.
FOR_NOW: Final = frozenset(
    {"busy", "stopping", "timeout", "page_failed", "internal", "not_ready", "not_linking", "no_session"}
)
#: So long what passes by itself is put up with before it is told, in seconds; what does not, not at all.
PATIENCE: Final[Mapping[str, float]] = {
    **dict.fromkeys(FOR_NOW | {"worker_down"}, 8.0), "too_many_sessions": 4.0
}  # fmt: skip
REST: Final = 0.5

Trouble = ChannelDown | WorkerMissing | WorkerRefuses


@dataclass(slots=True)
class Follow:
    """What is known of one linking between two looks; losing it loses nothing."""

    woken: asyncio.Event = field(default_factory=asyncio.Event)
    started: bool = False
    wish: Wish = field(default_factory=Wish)
    session: WebSession | None = None
    #: Of the linking, as it was when its session was last looked at; 0: look without waiting.
    version: int = 0
    #: What has been in the way, and since when in the loop's own time.
    trouble: tuple[str, float] | None = None
    #: Telegram lets nothing into the chat before that.
    closed_until: datetime | None = None
    asked_code: datetime | None = None

    @property
    def waits(self) -> bool:
        """Nothing that could be shown has come from WhatsApp."""
        return self.session is None or self.session.state in {SessionState.STARTING, SessionState.OFFLINE}


def is_installing(trouble: Trouble) -> bool:
    return isinstance(trouble, WorkerMissing) and trouble.trouble is WorkerTrouble.WORKER_INSTALLING


class LinkingSessions:
    """`hands`: a lock a session, so that it is not started while it is being taken back."""

    def __init__(self, web: WebSessions, clock: Clock, hands: Mapping[str, asyncio.Lock]) -> None:
        self.web, self.clock, self.hands = web, clock, hands

    async def look(self, linking: Linking, follow: Follow, *, until: datetime) -> WebSession | None:
        """The session: at once when it was just started or the linking is another than before, else when
        there is news of it. None when something else woke us. Raises what the worker raises."""
        changed, follow.version = follow.version != linking.version, linking.version
        if not follow.started:
            async with self.hands[linking.remote]:
                wish = follow.wish
                follow.session = await self.web.start(
                    linking.remote, number=wish.number, listen_since=wish.listen_since
                )
            follow.started, follow.trouble = True, None
            return follow.session
        if changed:
            follow.session = await self.web.look(linking.remote)
            return follow.session
        seen = await self._news(linking.remote, follow, min(filter(None, (until, follow.closed_until))))
        if isinstance(seen, Exception):
            raise seen
        if seen is not None:
            follow.session, follow.trouble = seen, None
        if follow.closed_until is not None and self.clock.now() >= follow.closed_until:
            follow.closed_until, follow.version = None, 0
        return seen

    async def newest_while(self, linking: Linking, seen: WebSession) -> int | None:
        """The cursor of the newest news there was while the session still was as `seen`; None where it is not
        so any more. Raises what the worker raises."""
        cursor = await self.web.newest(linking.remote)
        now = await self.web.look(linking.remote)
        same = (now.state, now.number, now.since) == (seen.state, seen.number, seen.since)
        return cursor if same else None

    async def _news(self, remote: str, follow: Follow, until: datetime) -> WebSession | Trouble | None:
        async with asyncio.TaskGroup() as group:
            look = group.create_task(self._asked(remote, follow))
            others = [
                group.create_task(self.clock.sleep_until(until)), group.create_task(follow.woken.wait())
            ]  # fmt: skip
            await asyncio.wait([look, *others], return_when=asyncio.FIRST_COMPLETED)
            for task in (look, *others):
                task.cancel()
        return None if look.cancelled() else look.result()

    async def _asked(self, remote: str, follow: Follow) -> WebSession | Trouble:
        try:
            rev = follow.session.rev if follow.session is not None else None
            return await self.web.look(remote, rev=rev, wait_seconds=LONG_POLL)
        except (ChannelDown, WorkerMissing, WorkerRefuses) as trouble:
            return trouble

    def given_up(self, follow: Follow, trouble: Trouble) -> str | None:
        """Why, once it has lasted too long: a worker that is away is waited for a little, what will not pass
        by itself is not. Either way the session is started anew next time."""
        follow.started = False
        if is_installing(trouble):
            return None
        if isinstance(trouble, WorkerMissing):
            return trouble.trouble.value
        reason = trouble.reason if isinstance(trouble, WorkerRefuses) else "worker_down"
        now = asyncio.get_running_loop().time()
        if follow.trouble is None or follow.trouble[0] != reason:
            follow.trouble = reason, now
        return reason if now - follow.trouble[1] >= PATIENCE.get(reason, 0.0) else None

    async def rest(self, follow: Follow) -> None:
        """A moment, or until something changed."""
        try:
            async with asyncio.timeout(REST):
                await follow.woken.wait()
        except TimeoutError:
            return
