"""What happens by the clock. Timers are APScheduler's; what they set off is decided by the domain."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.backups import Nightly
from bot.chat.lanes import Lanes
from bot.chat.panels import Panels
from bot.chat.poller import Poller
from bot.cloud_inbox import WebhookWorker
from domain.kernel.clock import Clock
from domain.kernel.unit import Store
from domain.scheduler.doubts import ClearDoubts
from domain.scheduler.plans import Plans
from domain.scheduler.timers import Timers
from domain.scheduler.unit import Unit

#: Worked updates are kept this long, longer than Telegram keeps them, so that a repeat is known.
KEEP_UPDATES: Final = timedelta(days=3)


def clockwork_of(
    *, store: Store[Unit], clock: Clock, timers: Timers, plans: Plans, lanes: Lanes, poller: Poller,
    panels: Panels, doubts: ClearDoubts, webhooks: WebhookWorker, nightly: Nightly | None,
    tidy: Callable[[], Awaitable[None]],
) -> AsyncIOScheduler:  # fmt: skip
    """All that is done at intervals; not yet started."""

    def at_now(do: Callable[[datetime], Awaitable[object]]) -> Callable[[], Awaitable[None]]:
        async def job() -> None:
            await do(clock.now())

        return job

    async def forget() -> None:
        async with store.write() as unit:
            await unit.chat.forget_updates(before=clock.now() - KEEP_UPDATES)
            await unit.commit()

    async def work_left_over() -> None:
        if lanes.busy == 0:
            await poller.deliver_left_over()

    clockwork = AsyncIOScheduler(timezone="UTC")
    once = {"max_instances": 1, "coalesce": True, "misfire_grace_time": None}
    clockwork.add_job(at_now(timers.tick), "interval", seconds=2, **once)
    clockwork.add_job(at_now(timers.end_leases), "interval", seconds=30, **once)
    # At the start too: what a killed process left in doubt is known as soon as its worker is asked.
    clockwork.add_job(at_now(doubts.tick), "interval", seconds=5, next_run_time=datetime.now(UTC), **once)
    clockwork.add_job(panels.show_left_over, "interval", seconds=20, **once)
    clockwork.add_job(work_left_over, "interval", seconds=30, **once)
    for rarely in (forget, tidy, webhooks.prune):
        clockwork.add_job(rarely, "interval", hours=6, **once)
    # At the start too: what ended while the bot was down is told now. Sending does not wait for this.
    clockwork.add_job(at_now(plans.tick), "interval", hours=6, next_run_time=datetime.now(UTC), **once)
    if nightly is not None:
        clockwork.add_job(at_now(nightly.tick), "interval", minutes=5, **once)
    return clockwork
