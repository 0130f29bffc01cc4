"""Turns at driving accounts, as jobs of Procrastinate: a job an account, whose lock is the account."""

import asyncio
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import procrastinate
import structlog
from procrastinate import JobContext, exceptions, jobs
from sqlalchemy import URL

from domain.accounts.model import Account, Channel
from domain.kernel.ids import AccountId
from domain.scheduler.turns import Turn

log = structlog.get_logger(__name__)

#: Its tables stand apart from ours (migration 0015).
SCHEMA: Final = "procrastinate"
URGENT, USUAL = 10, 0
#: Nobody waits longer than this for what nobody has told of.
FARTHEST: Final = timedelta(seconds=30)
#: A turn that is free is seen within this, where no notification comes. Seconds.
POLL: Final = 0.5
#: How often a process says that it lives; after how long a silence others take its turns. In seconds.
HEARTBEAT, SILENT = 4.0, 12.0
#: After a failure of the database. Seconds.
REST: Final = 2.0

_KNOWN: Final = "SELECT lock FROM procrastinate_jobs WHERE status IN ('todo', 'doing') AND lock IS NOT NULL"
#: Only the database's own clock counts, which all look at: a process whose clock is ahead by hours would put
#: its account's next turn off by as much (found by tests/crash/rounds.py).
_FROM_NOW: Final = "SELECT now() + make_interval(secs => %(seconds)s) AS at"
#: Being driven, as far as is written down, by a process that says it lives.
_DOING: Final = """
SELECT id, lock, queue_name FROM procrastinate_jobs WHERE status = 'doing' AND worker_id = ANY(%(ours)s)
"""
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
        self._job = self._app.task(name="drive", pass_context=True)(self._drive)
        #: Jobs under way here, and the names that this process has had for the queue.
        self._running: set[int | None] = set()
        self._ours: set[int] = set()

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
        self, id: AccountId, queue: str, *, priority: int = USUAL, wait: timedelta = timedelta(0)
    ) -> None:
        lock = str(id)
        options: dict[str, Any] = {"lock": lock, "queueing_lock": lock, "queue": queue, "priority": priority}
        later = self._job.configure(schedule_at=await self._from_now(wait), **options)
        await later.defer_async(account_id=int(id), queue=queue)

    async def _from_now(self, wait: timedelta) -> datetime | None:
        if wait <= timedelta(0):
            return None
        row = await self._connector.execute_query_one_async(_FROM_NOW, seconds=wait.total_seconds())
        at: datetime = row["at"]
        return at

    async def _drive(self, context: JobContext, account_id: int, queue: str) -> None:
        """One job. The next turn is written down before this one ends, and waits for that by its lock."""
        job = context.job
        self._running.add(job.id)
        if job.worker_id is not None:
            self._ours.add(job.worker_id)
        try:
            again = None if self._turn is None else await self._turn(AccountId(account_id))
            if again is not None:
                await self._offer_again(AccountId(account_id), queue, again)
        finally:
            self._running.discard(job.id)

    async def _offer_again(self, id: AccountId, queue: str, again: datetime) -> None:
        try:
            await self._defer(id, queue, wait=min(again - datetime.now(UTC), FARTHEST))
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
        """Give others the turns of processes that have not said for a while that they live; and those of our
        own whose end could not be written down, while the database was away."""
        over = frozenset[int]()
        this = asyncio.current_task()
        # A cancellation that comes together with an answer of the database is lost (bot/tasks.py).
        while this is None or not this.cancelling():
            await asyncio.sleep(HEARTBEAT)
            try:
                manager = self._app.job_manager
                for job in await manager.get_stalled_jobs(seconds_since_heartbeat=SILENT):
                    log.warning("taken over from a process that is silent", account=job.lock)
                    await self._anew(job.id, job.lock, job.queue)
                over = await self._end_what_is_over(over)
            except Exception as error:
                log.error("nothing is taken over now", error=type(error).__name__)

    async def _end_what_is_over(self, seen: frozenset[int]) -> frozenset[int]:
        """Those that were over when they were looked at last, and still are not said to be. Returns those
        that are over now."""
        doing = await self._connector.execute_query_all_async(_DOING, ours=list(self._ours))
        over = [row for row in doing if row["id"] not in self._running]
        for row in over:
            if row["id"] in seen:
                log.warning("a turn that is over had not ended", account=row["lock"])
                await self._anew(row["id"], row["lock"], row["queue_name"])
        return frozenset(row["id"] for row in over)

    async def _anew(self, id: int | None, lock: str | None, queue: str) -> None:
        """As another job: should the process that had this one come back, it ends its own, and not that of
        whoever has the account's turn by then."""
        if id is None or lock is None:
            return
        try:
            await self._app.job_manager.finish_job_by_id_async(id, status=jobs.Status.FAILED, delete_job=True)
            await self._defer(AccountId(int(lock)), queue)
        except exceptions.AlreadyEnqueued:
            return
