"""How the sessions of linked WhatsApp Web numbers are doing, for the screens that show it.

Only what is shown: whatever matters (unlinked, restricted) comes as news and is written down. So this may
live in memory, and losing it loses nothing.
"""

import asyncio
from collections.abc import Callable
from typing import Final

import structlog

from bot.tasks import TaskOwner
from domain.accounts.model import Channel
from domain.accounts.web import WebSessions, WorkerMissing, WorkerRefuses
from domain.delivery.ports import ChannelDown
from domain.kernel.ids import WorkspaceId
from domain.kernel.unit import Store
from domain.scheduler.unit import Unit

log = structlog.get_logger(__name__)

#: How often accounts are looked for, how long a look waits for news, and the rest after a silence. Seconds.
LOOK_AGAIN: Final = 2.0
LONG_POLL: Final = 25.0
REST: Final = 3.0
#: In place of a session's state, where its worker does not answer.
AWAY: Final = "away"


class LiveStates:
    """`words` by remote; `changed` is told whose screens show something else now."""

    def __init__(
        self, store: Store[Unit], web: WebSessions, tasks: TaskOwner, changed: Callable[[WorkspaceId], None]
    ) -> None:
        self.store, self.web, self.tasks, self.changed = store, web, tasks, changed
        self.words: dict[str, str] = {}
        self._wanted: dict[str, WorkspaceId] = {}
        self._followed: set[str] = set()

    async def run(self) -> None:
        while True:
            try:
                async with self.store.read() as unit:
                    accounts = await unit.accounts.all()
                self._wanted = {
                    a.remote: a.workspace_id for a in accounts if a.channel is Channel.WEB and a.is_connected
                }
                for remote in self._wanted.keys() - self._followed:
                    self._followed.add(remote)
                    self.tasks.start(f"live-{remote}", self._follow(remote))
            except Exception as error:
                log.error("live states", exc_info=error)
            await asyncio.sleep(LOOK_AGAIN)

    async def _follow(self, remote: str) -> None:
        """While it is the session of a connected account."""
        rev: int | None = None
        try:
            while remote in self._wanted:
                try:
                    session = await self.web.look(remote, rev=rev, wait_seconds=LONG_POLL)
                    rev = session.rev
                    self._is(remote, session.state.value)
                except (ChannelDown, WorkerMissing, WorkerRefuses):
                    rev = None
                    self._is(remote, AWAY)
                    await asyncio.sleep(REST)
        finally:
            self.words.pop(remote, None)
            self._followed.discard(remote)

    def _is(self, remote: str, word: str) -> None:
        if self.words.get(remote) != word and (workspace_id := self._wanted.get(remote)) is not None:
            self.words[remote] = word
            self.changed(workspace_id)
