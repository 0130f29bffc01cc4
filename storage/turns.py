"""Turns at driving accounts, as jobs of Procrastinate: a job an account, whose lock is the account."""

import asyncio
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import procrastinate
import structlog
from procrastinate import exceptions, jobs
from sqlalchemy import URL

from domain.accounts.model import Account, Channel
from domain.kernel.ids import AccountId
from domain.scheduler.turns import Turn

log = structlog.get_logger(__name__)

#: Its tables stand apart from ours (migration 0015).
SCHEMA: Final = "procrastinate"
URGENT, USUAL = 10, 0
#: Nobody waits longer than this for what nobody has told of.
FARTHEST: Final = timedelta(seconds=60)
#: A turn that is free is seen within this, where no notification comes. Seconds.
POLL: Final = 0.5
#: How often a process says that it lives; after how long a silence others take its turns. In seconds.
HEARTBEAT, SILENT = 4.0, 12.0
#: After a failure of the database. Seconds.
REST: Final = 2.0

_KNOWN: Final = "SELECT lock FROM procrastinate_jobs WHERE status IN ('todo', 'doing') AND lock IS NOT NULL"
_FORWARD: Final = """
UPDATE procrastinate_jobs SET scheduled_at = NULL, priority = greatest(priority, %(priority)s)
WHERE queueing_lock = %(lock)s AND status = 'todo'
"""


class ProcrastinateTurns:
    """Implements `domain.scheduler.turns.Turns`. `at_once`: so many accounts are driven here side by side.
    `channels`: those that this process reaches."""

    def __init__(self, url: URL, *, at_once: int, channels: Collection[Channel]) -> None:
        address = url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._connector = procrastinate.PsycopgConnector(
            conninfo=address, kwargs={"options": f"-c search_path={SCHEMA}"}, min_size=1, max_size=4
        )
        self._app = procrastinate.App(connector=self._connector)
        self._at_once, self._queues = at_once, [str(channel) for channel in sorted(channels)]
        self._turn: Turn | None = None
        self._job = self._app.task(name="drive")(self._drive)

    async def __aenter__(self) -> "ProcrastinateTurns":
        await self._app.open_async()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._app.close_async()

    async def known(self) -> Collection[AccountId]:
        rows = await self._connector.execute_query_all_async(_KNOWN)
        return {AccountId(int(row["lock"])) for row in rows}

    async def offer(self, account: Account, *, urgent: bool) -> None:
        priority = URGENT if urgent else USUAL
        try:
            await self._defer(account.id, account.channel, priority=priority)
        except exceptions.AlreadyEnqueued:
            await self._connector.execute_query_async(_FORWARD, lock=str(account.id), priority=priority)

    async def _defer(
        self, id: AccountId, queue: str, *, priority: int = USUAL, at: datetime | None = None
    ) -> None:
        lock = str(id)
        options: dict[str, Any] = {"lock": lock, "queueing_lock": lock, "queue": queue, "priority": priority}
        later = self._job.configure(schedule_at=at, **options)
        await later.defer_async(account_id=int(id), queue=queue)

    async def _drive(self, account_id: int, queue: str) -> None:
        """One job. The next turn is written down before this one ends, and waits for that by its lock."""
        again = None if self._turn is None else await self._turn(AccountId(account_id))
        if again is None:
            return
        now = datetime.now(UTC)
        at = None if again <= now else min(again, now + FARTHEST)
        try:
            await self._defer(AccountId(account_id), queue, at=at)
        except exceptions.AlreadyEnqueued:
            return

    async def take(self, turn: Turn) -> None:
        self._turn = turn
        async with asyncio.TaskGroup() as group:
            group.create_task(self._rescue())
            while True:
                try:
                    await self._app.run_worker_async(
                        queues=self._queues, concurrency=self._at_once, install_signal_handlers=False,
                        fetch_job_polling_interval=POLL, delete_jobs="always",
                        update_heartbeat_interval=HEARTBEAT, stalled_worker_timeout=SILENT,
                    )  # fmt: skip
                except Exception as error:
                    # One that is to end, and fails in ending, says nothing of being cancelled.
                    if (this := asyncio.current_task()) is not None and this.cancelling():
                        raise asyncio.CancelledError from error
                    log.error("turns cannot be taken", error=type(error).__name__)
                await asyncio.sleep(REST)

    async def _rescue(self) -> None:
        """Give back the turns of processes that have not said for a while that they live."""
        while True:
            await asyncio.sleep(HEARTBEAT)
            try:
                manager = self._app.job_manager
                for job in await manager.get_stalled_jobs(seconds_since_heartbeat=SILENT):
                    log.warning("taken over from a process that is silent", account=job.lock)
                    try:
                        await manager.retry_job(job, retry_at=datetime.now(UTC))
                    except exceptions.UniqueViolation:
                        # Its next turn is offered already, and waited for this one to end.
                        await manager.finish_job(job, status=jobs.Status.FAILED, delete_job=True)
            except Exception as error:
                log.error("nothing is taken over now", error=type(error).__name__)
