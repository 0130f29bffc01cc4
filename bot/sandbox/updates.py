"""The updates that wait for the bot. They outlive the bot: only a later offset takes them away."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any

from bot.sandbox.bell import Bell
from bot.sandbox.errors import ApiError
from bot.sandbox.strictness import UPDATE_SECONDS, UPDATES_KEPT

MAX_TIMEOUT_SECONDS = 50
MAX_BATCH = 100
# Telegram leaves these out unless a bot asks for them by name.
_ON_REQUEST_ONLY = {"chat_member", "message_reaction", "message_reaction_count"}


class UpdateQueue:
    """At most 100,000 updates of at most 24 hours, handed out by long poll until confirmed."""

    def __init__(self, *, first_id: int, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._next_id = first_id
        self._waiting: deque[tuple[float, dict[str, Any]]] = deque(maxlen=UPDATES_KEPT)
        self._bell = Bell()
        self._turn = 0
        self._closed = False
        self._allowed: frozenset[str] | None = None

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def allowed(self) -> list[str] | None:
        """The kinds asked for, None for Telegram's default."""
        return sorted(self._allowed) if self._allowed is not None else None

    def push(self, kind: str, payload: dict[str, Any]) -> int | None:
        """Queue one update; its id, or None when the bot did not ask for this kind."""
        wanted = kind in self._allowed if self._allowed is not None else kind not in _ON_REQUEST_ONLY
        if not wanted:
            return None
        update_id = self._next_id
        self._next_id += 1
        self._waiting.append((self._clock(), {"update_id": update_id, kind: payload}))
        self._bell.ring()
        return update_id

    async def poll(
        self, *, offset: int, limit: int, timeout: float, allowed: list[str] | None
    ) -> list[dict[str, Any]]:
        """getUpdates: confirm below `offset`, then answer as soon as there is something.

        A negative offset keeps only that many of the newest. A second poll ends the first with 409.
        """
        self._turn += 1
        turn = self._turn
        self._bell.ring()
        if allowed is not None:
            self._allowed = frozenset(allowed) if allowed else None
        self._confirm(offset)
        loop = asyncio.get_running_loop()
        deadline = loop.time() + min(max(timeout, 0), MAX_TIMEOUT_SECONDS)
        while True:
            if turn != self._turn:
                raise ApiError(
                    409,
                    "Conflict: terminated by other getUpdates request; "
                    "make sure that only one bot instance is running",
                )
            batch = self._batch(offset, limit)
            left = deadline - loop.time()
            if batch or left <= 0 or self._closed:
                return batch
            await self._bell.wait(left)

    def drop_all(self) -> None:
        """deleteWebhook with drop_pending_updates."""
        self._waiting.clear()

    def close(self) -> None:
        """Let every waiting poll go home empty: the sandbox is stopping."""
        self._closed = True
        self._bell.ring()

    def _confirm(self, offset: int) -> None:
        oldest = self._clock() - UPDATE_SECONDS
        while self._waiting and (self._waiting[0][0] < oldest or self._first_id() < offset):
            self._waiting.popleft()
        if offset < 0:
            while len(self._waiting) > -offset:
                self._waiting.popleft()

    def _first_id(self) -> int:
        return int(self._waiting[0][1]["update_id"])

    def _batch(self, offset: int, limit: int) -> list[dict[str, Any]]:
        size = min(max(limit, 1), MAX_BATCH)
        batch: list[dict[str, Any]] = []
        for _, update in self._waiting:
            if update["update_id"] >= offset:
                batch.append(update)
                if len(batch) >= size:
                    break
        return batch
