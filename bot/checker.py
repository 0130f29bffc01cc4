"""Asks WhatsApp which numbers of a campaign it knows: fifty at a time, with rests, within a day's limit.

What is asked is written down before, and what is known after; a kill in between asks for at most fifty
numbers twice. A campaign that goes on without waiting ends its check.
"""

from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from random import Random
from typing import Any, Final

import structlog

from bot.chat.telling import Told, looks_at, tell
from bot.chat.view import button
from bot.jobs import Jobs
from bot.screens.campaign_words import one_line
from bot.tasks import TaskOwner
from bot.texts import plain, say
from domain.accounts.checks import (
    A_REQUEST,
    AGAIN,
    DAY,
    LOOK_AGAIN,
    CheckJob,
    CheckState,
    next_ask_at,
    reopens_at,
    room,
)
from domain.accounts.model import Account
from domain.accounts.web import SessionState, WebSessions, WorkerMissing, WorkerRefuses
from domain.campaigns.model import Audience, CampaignState
from domain.delivery.ports import ChannelDown
from domain.kernel.clock import Clock
from domain.kernel.errors import Conflict
from domain.kernel.ids import CheckId
from domain.kernel.unit import Store
from domain.operators.model import Right
from domain.scheduler.unit import Unit

log = structlog.get_logger(__name__)

#: The table is looked at this often, in seconds.
LOOK: Final = 2.0
#: A campaign in another state has started, or never will.
WAITING: Final = frozenset({CampaignState.DRAFT, CampaignState.SCHEDULED})

#: Whoever looks at one of these sees it go on.
LOOKING: Final = ("checks", "review")
#: Draws the screen of a campaign's checks again, where it is looked at.
Refresh = Callable[[str, int], Coroutine[Any, Any, None]]


@dataclass(kw_only=True)
class NumberChecker:
    store: Store[Unit]
    web: WebSessions
    clock: Clock
    rng: Random
    tasks: TaskOwner
    refresh: Refresh

    def __post_init__(self) -> None:
        self.jobs = Jobs("check", self.tasks, self._due, self._work, look=LOOK)

    def poke(self) -> None:
        """There may be something to check."""
        self.jobs.poke()

    async def run(self) -> None:
        await self.jobs.run()

    async def _due(self) -> Mapping[CheckId, CheckJob]:
        async with self.store.read() as unit:
            running = await unit.checks.running()
        return {job.id: job for job in running if job.next_at <= self.clock.now()}

    async def _work(self, job: CheckJob) -> None:
        try:
            await self._step(job)
            for screen in LOOKING:
                await self.refresh(screen, int(job.campaign_id))
        except Conflict:
            log.info("check left", id=job.id)  # stopped meanwhile
        except Exception as error:
            log.error("check", id=job.id, exc_info=error)
            with suppress(Conflict):
                await self._later(job, "trouble", self.clock.now() + AGAIN)

    async def _step(self, job: CheckJob) -> None:
        """One request, or the reason why there is none now."""
        now = self.clock.now()
        async with self.store.read() as unit:
            account = await unit.accounts.known(job.account_id)
            campaign = await unit.campaigns.any(job.campaign_id)
            audience = campaign.audience
            asks = await unit.checks.asks(job.account_id, since=now - DAY)
            numbers = await self._numbers(unit, job, audience, now)
        if campaign.state not in WAITING or audience is None:
            await self._end(job, CheckState.STOPPED)
        elif account is None:
            await self._end(job, CheckState.FAILED)
        elif not numbers:
            await self._end(job, CheckState.DONE)
        elif room(asks) == 0:
            await self._later(job, "day_limit", reopens_at(asks, now=now))
        elif not await self._is_ready(account):
            await self._later(job, "away", now + LOOK_AGAIN)
        else:
            await self._ask(job, account, numbers[: room(asks)])

    async def _numbers(
        self, unit: Unit, job: CheckJob, audience: Audience | None, now: datetime
    ) -> list[str]:
        if audience is None:
            return []
        of = unit.campaigns
        return list(await of.unchecked(job.workspace_id, audience, at=now, limit=A_REQUEST))

    async def _is_ready(self, account: Account) -> bool:
        """Looked at before: a request that never reaches WhatsApp must not use up the day."""
        if not account.is_connected:
            return False
        try:
            return (await self.web.look(account.remote)).state is SessionState.READY
        except (ChannelDown, WorkerMissing, WorkerRefuses):
            return False

    async def _ask(self, job: CheckJob, account: Account, numbers: list[str]) -> None:
        async with self.store.write() as unit:
            await unit.checks.note_ask(account.id, len(numbers), at=self.clock.now())
            await unit.commit()
        try:
            results = await self.web.check_numbers(account.remote, numbers)
        except (ChannelDown, WorkerMissing, WorkerRefuses) as error:
            log.info("numbers not checked", error=type(error).__name__)
            await self._later(job, "trouble", self.clock.now() + AGAIN)
            return
        now = self.clock.now()
        answers = {number: results.get(number) for number in numbers}
        async with self.store.write() as unit:
            await unit.checks.save(job.workspace_id, answers, at=now)
            done = job.done + len(numbers)
            more = replace(
                job, done=done, total=max(job.total, done), reason=None,
                next_at=next_ask_at(now=now, rng=self.rng) if done < job.total else now,
            )  # fmt: skip
            await unit.checks.update(more, expected=job.version)
            await unit.commit()

    async def _later(self, job: CheckJob, reason: str, when: datetime) -> None:
        async with self.store.write() as unit:
            await unit.checks.update(replace(job, reason=reason, next_at=when), expected=job.version)
            await unit.commit()

    async def _end(self, job: CheckJob, state: CheckState) -> None:
        """Whoever asked for it and does not look at it is told what came of it."""
        async with self.store.write() as unit:
            ended = await unit.checks.update(replace(job, state=state, reason=None), expected=job.version)
            if state is not CheckState.STOPPED:
                await self._tell(unit, ended)
            await unit.commit()

    async def _tell(self, unit: Unit, job: CheckJob) -> None:
        campaign = await unit.campaigns.any(job.campaign_id)
        looking = await looks_at(unit, job.chat_id, LOOKING, int(job.campaign_id))
        if looking or campaign.audience is None:
            return
        space = await unit.operators.workspace(job.workspace_id)
        found = await unit.campaigns.check_tally(space.id, campaign.audience, at=self.clock.now())
        key = "notice.checks.done" if job.state is CheckState.DONE else "notice.checks.failed"
        text = say(
            key, space.language, name=one_line(campaign.name), on=found.on, off=found.off,
            unsaid=found.unsaid,
        )  # fmt: skip
        rows = ((button(plain("notice.open", space.language), "nc.open", id=campaign.id),),)
        told = Told(
            chat_id=job.chat_id, space=space, may=Right.WORK, key=f"checks:{job.id}", text=text, rows=rows
        )
        await tell(unit, told, at=self.clock.now())
