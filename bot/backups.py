"""Copies of the desk: one each night, kept for some days, and word to the admins when there is none."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import structlog
from telegram import Bot
from telegram.error import TelegramError

from bot.chat.announcer import ChatAnnouncer
from bot.parts import Parts
from bot.texts import Html, say
from domain.kernel.clock import Clock
from domain.kernel.unit import Store
from domain.operators.chat import Notice
from domain.operators.copies import CopyKeeper, CopyTrouble, NotMade
from domain.scheduler.coming_back import ComeBack
from domain.scheduler.unit import Unit

log = structlog.get_logger(__name__)

#: After one that failed, the next is tried that much later.
TRY_AGAIN: Final = timedelta(hours=1)


def why_not(trouble: NotMade) -> Html:
    """What is wrong, and what to do."""
    return say(f"backup.{trouble.why.value}", folder=trouble.folder, detail=trouble.detail)


def last_due(now: datetime, hour: int, zone: ZoneInfo) -> datetime:
    """The last moment at which that hour began there."""
    there = now.astimezone(zone)
    today = there.replace(hour=hour, minute=0, second=0, microsecond=0)
    return today if today <= there else today - timedelta(days=1)


@dataclass(kw_only=True)
class Nightly:
    """`tick` at intervals: a machine that was off at night makes its copy when it is on. `hour` None: none
    are made by themselves."""

    keeper: CopyKeeper
    hour: int | None
    zone: ZoneInfo
    store: Store[Unit]
    bot: Bot
    clock: Clock
    admin_ids: Iterable[int]
    _rests_until: datetime | None = None
    _told: set[str] = field(default_factory=set)

    async def tick(self, now: datetime) -> None:
        if self.hour is None or (self._rests_until is not None and now < self._rests_until):
            return
        due = last_due(now, self.hour, self.zone)
        try:
            newest = await self.keeper.newest()
        except OSError as error:
            log.warning("copies not looked at", error=error.strerror)
            newest = None  # making one says what is wrong
        if newest is not None and newest >= due:
            return
        made = await self.keeper.make()
        if isinstance(made, NotMade):
            self._rests_until = now + TRY_AGAIN
            log.error("no copy of the desk", why=made.why.value, detail=made.detail)
            await self._tell(made, due)
            return
        self._rests_until = None
        log.info("desk copied", path=str(made.path), megabytes=made.size // 1024**2, removed=made.removed)

    async def _tell(self, trouble: NotMade, due: datetime) -> None:
        """Each admin once a night and trouble: through the store, or past it where that is what is full."""
        key = f"backup:{due:%Y-%m-%d}:{trouble.why.value}"
        if key in self._told or trouble.why is CopyTrouble.UNDER_WAY:
            return
        text = say("notice.backup", why=why_not(trouble))
        try:
            async with self.store.write() as unit:
                for chat_id in sorted(frozenset(self.admin_ids) | await unit.operators.admins()):
                    notice = Notice(
                        chat_id=chat_id, key=key, kind="text", payload={"text": str(text), "rows": []}
                    )
                    await unit.chat.queue_notice(notice, at=self.clock.now())
                await unit.commit()
        except Exception as error:
            log.warning("the store takes nothing; told past it", error=type(error).__name__)
            await self._tell_past_the_store(text)
        self._told.add(key)

    async def _tell_past_the_store(self, text: Html) -> None:
        async with self.store.read() as unit:
            admins = frozenset(self.admin_ids) | await unit.operators.admins()
        for chat_id in sorted(admins):
            try:
                await self.bot.send_message(chat_id, text)
            except TelegramError as silence:
                log.warning("an admin could not be told", error=type(silence).__name__)


def nightly_of(parts: Parts, bot: Bot) -> Nightly | None:
    """None where the database looks after its own copies."""
    settings = parts.settings
    if parts.copies is None:
        return None
    return Nightly(
        keeper=parts.copies, hour=settings.backup_hour, zone=ZoneInfo(settings.default_zone),
        store=parts.store, bot=bot, clock=parts.clock, admin_ids=settings.admin_ids,
    )  # fmt: skip


async def take_over_copy(parts: Parts) -> None:
    """Before anything is sent or worked: see domain/scheduler/coming_back.py."""
    announcer = ChatAnnouncer(parts.clock)
    made_at = await ComeBack(store=parts.store, announcer=announcer, clock=parts.clock).run()
    if made_at is not None:
        log.warning("this desk is a copy; nothing is sent before a person has looked", of=made_at.isoformat())
