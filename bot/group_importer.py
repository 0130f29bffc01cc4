"""Works on groups that are to become contacts: reads their list, counts who is in those chosen, stores them.

Everything stands in the table, one group at a time, so that a kill repeats at most one group; and storing the
same people twice changes nothing.
"""

from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

import structlog

from bot.chat.telling import Told, looks_at, note_for, tell
from bot.chat.view import button
from bot.jobs import Jobs
from bot.screens.groups import why
from bot.tasks import TaskOwner
from bot.texts import Html, plain, say
from domain.accounts.model import Account
from domain.accounts.web import WebSessions, WorkerMissing, WorkerRefuses
from domain.contacts.groups import (
    Group,
    GroupCount,
    GroupImport,
    GroupImportState,
    list_name,
    rows_of,
)
from domain.delivery.ports import ChannelDown
from domain.kernel.clock import Clock
from domain.kernel.errors import Conflict, NotFound
from domain.kernel.ids import GroupImportId, ListId
from domain.kernel.unit import Store
from domain.operators.activity import Topic
from domain.operators.model import Right
from domain.scheduler.unit import Unit

log = structlog.get_logger(__name__)

S = GroupImportState
SCREEN: Final = "groups"
#: The table is looked at this often, in seconds; and the worker while it is still reading.
LOOK: Final = 2.0
#: A worker or number that is away is waited for so long; then the operator is told.
PATIENCE: Final = timedelta(minutes=2)
AGAIN: Final = timedelta(seconds=5)
#: Refusals that are about one group, not about the number.
OF_A_GROUP: Final = frozenset({"no_group", "page_failed", "timeout", "refused", "internal"})

Refresh = Callable[[str, int], Coroutine[Any, Any, None]]


@dataclass(kw_only=True)
class GroupImporter:
    store: Store[Unit]
    web: WebSessions
    clock: Clock
    tasks: TaskOwner
    refresh: Refresh
    #: Since when a job could not get on; not before then is it tried again.
    _stuck: dict[GroupImportId, datetime] = field(default_factory=dict)
    _not_before: dict[GroupImportId, datetime] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.jobs = Jobs("groups", self.tasks, self._due, self._work, look=LOOK)

    def poke(self) -> None:
        """There may be something to do."""
        self.jobs.poke()

    async def run(self) -> None:
        await self.jobs.run()

    async def _due(self) -> Mapping[GroupImportId, GroupImport]:
        async with self.store.read() as unit:
            jobs = await unit.groups.unfinished()
        now = self.clock.now()
        return {job.id: job for job in jobs if self._not_before.get(job.id, now) <= now}

    async def _work(self, job: GroupImport) -> None:
        try:
            await self._step(job)
            self._stuck.pop(job.id, None)
            self._not_before.pop(job.id, None)
            await self.refresh(SCREEN, int(job.id))
        except (Conflict, NotFound):
            log.info("group import left", id=job.id)  # chosen, cancelled or gone meanwhile
        except (ChannelDown, WorkerMissing, WorkerRefuses) as error:
            await self._away(job, error)
        except Exception as error:
            log.error("group import", id=job.id, exc_info=error)
            await self._away(job, error)

    async def _away(self, job: GroupImport, error: Exception) -> None:
        """Tried again soon; for a while. A number that cannot be asked at all ends it at once."""
        log.info("groups not read", id=job.id, error=type(error).__name__)
        now = self.clock.now()
        since = self._stuck.setdefault(job.id, now)
        self._not_before[job.id] = now + AGAIN
        over = isinstance(error, WorkerMissing) or now - since >= PATIENCE
        if not over or job.state is S.CHOOSING:
            return
        reason = error.trouble.value if isinstance(error, WorkerMissing) else "away"
        with suppress(Conflict):
            await self._end(job, S.FAILED, reason)
        await self.refresh(SCREEN, int(job.id))

    async def _step(self, job: GroupImport) -> None:
        async with self.store.read() as unit:
            account = await unit.accounts.known(job.account_id)
        if account is None or not account.is_connected:
            await self._end(job, S.FAILED, "account")
        elif job.state in {S.READING, S.CHOOSING}:
            await self._read(job, account.remote)
        elif job.left:
            await self._next(job, account, job.left[0])
        else:
            await self._all_looked_at(job)

    async def _read(self, job: GroupImport, remote: str) -> None:
        """The list as the worker has it; it may still be at it."""
        found = await self.web.groups(remote, refresh=job.state is S.READING and not job.refreshing)
        groups = [Group(id=g.id, name=g.name, size=g.size, error=g.error) for g in found.groups]
        there = {group.id for group in groups if group.error is None}
        ready = found.at is not None and (groups or not found.refreshing)
        changed = replace(
            job, groups=groups, read_at=found.at, refreshing=found.refreshing,
            state=S.CHOOSING if ready else S.READING, chosen=[id for id in job.chosen if id in there],
        )  # fmt: skip
        if not ready or changed.refreshing:
            self._not_before[job.id] = self.clock.now() + timedelta(seconds=LOOK)
        if changed != job:
            await self._save(changed, tell=ready and job.state is S.READING)

    async def _next(self, job: GroupImport, account: Account, group: Group) -> None:
        """One group: counted, or counted and stored; without the number itself, which is in it too."""
        try:
            everybody = await self.web.members(account.remote, group.id)
        except WorkerRefuses as refusal:
            if refusal.reason not in OF_A_GROUP:
                raise
            failed = GroupCount(id=group.id, name=group.name, error=refusal.reason)
            await self._save(replace(job, counts=[*job.counts, failed]))
            return
        members = [member for member in everybody if member.number != account.number]
        known = {member.number: member.name for member in members if member.number}
        async with self.store.write() as unit:
            already, stopped = await unit.groups.known(job.workspace_id, list(known))
            count = GroupCount(
                id=group.id, name=group.name, members=len(members), known=len(known),
                hidden=sum(member.number is None for member in members), already=already, stopped=stopped,
            )  # fmt: skip
            if job.state is S.STORING and known:
                list_id = await self._store(unit, job, group, known)
                count = replace(count, list_id=int(list_id))
            await unit.groups.update(replace(job, counts=[*job.counts, count]), expected=job.version)
            await unit.commit()

    async def _store(
        self, unit: Unit, job: GroupImport, group: Group, known: Mapping[str, str | None]
    ) -> ListId:
        """On the list of that group, made the first time."""
        now, space = self.clock.now(), job.workspace_id
        list_id = await unit.groups.list_of(space, group.id)
        if list_id is None:
            taken = set((await unit.contacts.list_names(space)).values())
            list_id = await unit.contacts.create_list(space, list_name(group.name, taken), at=now)
            await unit.groups.keep_list(space, group.id, list_id)
        await unit.contacts.save_rows(space, list_id, rows_of(known), at=now)
        return list_id

    async def _all_looked_at(self, job: GroupImport) -> None:
        if job.state is S.COUNTING:
            await self._save(replace(job, state=S.CONFIRMING), tell=True)
        else:
            await self._end(job, S.DONE)

    # -- keeping, and telling ----------------------------------------------------------------------------

    async def _save(self, job: GroupImport, *, tell: bool = False) -> None:
        async with self.store.write() as unit:
            saved = await unit.groups.update(job, expected=job.version)
            if tell:
                await self._tell(unit, saved)
            await unit.commit()

    async def _end(self, job: GroupImport, state: GroupImportState, reason: str | None = None) -> None:
        async with self.store.write() as unit:
            ended = await unit.groups.update(
                replace(job, state=state, reason=reason, refreshing=False), expected=job.version
            )
            await self._tell(unit, ended)
            if state is S.DONE:
                await self._note(unit, ended)
            await unit.commit()

    async def _tell(self, unit: Unit, job: GroupImport) -> None:
        """Whoever asked for it, unless they look at it."""
        if await looks_at(unit, job.chat_id, {SCREEN}, int(job.id)):
            return
        space = await unit.operators.workspace(job.workspace_id)
        lang = space.language
        text: Html = say("notice.groups", lang)
        if job.state is S.DONE:
            known, hidden = (sum(getattr(c, name) for c in job.counts) for name in ("known", "hidden"))
            text = say("notice.groups.done", lang, known=known, hidden=hidden)
        elif job.state is S.FAILED:
            text = say("notice.groups.failed", lang, why=why(job, lang))
        rows = ((button(plain("notice.open", lang), "gi.open", id=job.id),),)
        key = f"groups:{job.id}:{job.version}"
        told = Told(chat_id=job.chat_id, space=space, may=Right.WORK, key=key, text=text, rows=rows)
        await tell(unit, told, at=self.clock.now())

    async def _note(self, unit: Unit, job: GroupImport) -> None:
        account = await unit.accounts.known(job.account_id)
        after = {"groups": len(job.counts), "people": sum(count.known for count in job.counts)}
        await note_for(
            unit, job.telegram_id, job.workspace_id, Topic.CONTACTS, "groups.imported", screen=SCREEN,
            about=account.number if account is not None else "", after=after, at=self.clock.now(),
        )  # fmt: skip
