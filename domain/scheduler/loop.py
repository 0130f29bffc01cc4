"""All waiting is here; all thinking is in `tick`, which never sleeps."""

from collections.abc import Awaitable, Callable
from datetime import datetime

from domain.kernel.clock import Clock

Tick = Callable[[datetime], Awaitable[datetime | None]]


async def run(tick: Tick, clock: Clock) -> None:
    """Drive `tick` until it has nothing more to wake for."""
    while (wake_at := await tick(clock.now())) is not None:
        await clock.sleep_until(wake_at)
