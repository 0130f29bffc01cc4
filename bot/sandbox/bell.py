"""Waiting for something to change, without polling."""

import asyncio


class Bell:
    """Rung when something changed; everyone who waits at that moment wakes up.

    Look at the state first and wait after it without an `await` between: then no ring is missed.
    """

    def __init__(self) -> None:
        self._waiting: set[asyncio.Future[None]] = set()

    def ring(self) -> None:
        """Wake everyone who waits now."""
        for sleeper in self._waiting:
            if not sleeper.done():
                sleeper.set_result(None)
        self._waiting.clear()

    async def wait(self, seconds: float) -> bool:
        """Wait for the next ring, at most `seconds`. True when it rang."""
        sleeper = asyncio.get_running_loop().create_future()
        self._waiting.add(sleeper)
        try:
            await asyncio.wait_for(sleeper, timeout=max(seconds, 0.0))
        except TimeoutError:
            return False
        finally:
            self._waiting.discard(sleeper)
        return True
