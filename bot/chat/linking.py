"""Follows every number that is being linked: starts its session, shows QR or code in the chat and replaces it
in place, and ends it: linked, or after three minutes, or refused.

All that matters stands in the table, so that a restart goes on with the same message; whatever was begun at
the worker and not finished is taken back by bot/chat/leftovers.py.
"""

import asyncio
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from typing import Final
from zoneinfo import ZoneInfo

import structlog
from telegram import Bot
from telegram.error import BadRequest, Forbidden, RetryAfter, TelegramError

from bot.chat.leftovers import Leftovers
from bot.chat.linked import Finish
from bot.chat.linking_line import LinkingLine, spaced
from bot.chat.linking_session import FOR_NOW, Follow, LinkingSessions, is_installing
from bot.chat.panels import Panels
from bot.chat.progress import span_of
from bot.chat.view import button
from bot.files.qr import draw_qr
from bot.tasks import Bell, TaskOwner
from bot.texts import plain, say
from domain.accounts import link_service
from domain.accounts.linking import (
    OFFERED_FOR,
    OTHER_NUMBER,
    Linking,
    LinkingPhase,
    LinkingState,
    LinkingWait,
    LinkMode,
)
from domain.accounts.web import SessionState, WebSession, WebSessions, WorkerMissing, WorkerRefuses
from domain.delivery.ports import ChannelDown
from domain.kernel.clock import Clock
from domain.kernel.errors import Conflict, NotFound
from domain.kernel.ids import LinkingId
from domain.kernel.unit import Store
from domain.operators.model import Workspace
from domain.scheduler.events import Announcer, Watcher
from domain.scheduler.unit import Unit

log = structlog.get_logger(__name__)

LOOK_AGAIN: Final = 2.0
#: A code that the phone did not take is not asked for again sooner.
CODE_AGAIN: Final = timedelta(seconds=45)
S = SessionState


class Linkings:
    def __init__(
        self, *, bot: Bot, store: Store[Unit], clock: Clock, web: WebSessions, tasks: TaskOwner,
        panels: Panels, leftovers: Leftovers, announcer: Announcer, watcher: Watcher, default_zone: str,
    ) -> None:  # fmt: skip
        self.line = LinkingLine(bot)
        self.sessions = LinkingSessions(web, clock, leftovers.hands)
        self.store, self.clock, self.web, self.tasks, self.panels = store, clock, web, tasks, panels
        self.announcer, self.watcher = announcer, watcher
        self.default_zone = default_zone
        self._followed: dict[LinkingId, Follow] = {}
        self._bell = Bell()

    def poke(self) -> None:
        """Something may have been begun, changed or cancelled."""
        for follow in self._followed.values():
            follow.woken.set()
        self._bell.ring()

    async def run(self) -> None:
        while True:
            try:
                async with self.store.read() as unit:
                    unfinished = await unit.linkings.unfinished()
                for linking in unfinished:
                    if linking.id not in self._followed:
                        self._followed[linking.id] = Follow()
                        self.tasks.start(f"linking-{linking.id}", self._follow(linking.id))
            except Exception as error:
                log.error("linkings not looked at", exc_info=error)
            await self._bell.wait(LOOK_AGAIN)

    async def _follow(self, id: LinkingId) -> None:
        follow = self._followed[id]
        try:
            while await self._step(id, follow):
                pass
        except (Conflict, NotFound):
            log.info("linking left", id=id)
            self._bell.ring()  # taken up again if it is still unfinished
        except Exception as error:
            log.error("linking", id=id, exc_info=error)
            await asyncio.sleep(LOOK_AGAIN)
        finally:
            del self._followed[id]

    async def _step(self, id: LinkingId, follow: Follow) -> bool:
        """One look at it. False when nothing is left to be done."""
        follow.woken.clear()
        async with self.store.read() as unit:
            linking = await unit.linkings.any(id)
            space = await unit.operators.workspace(linking.workspace_id)
            if not follow.started:
                follow.wish = await link_service.wish_of(unit.accounts, linking)
        if not linking.is_open:
            return not await self._take_away(linking)
        other_mode = linking.message_id is not None and not linking.shown.startswith(linking.mode)
        if other_mode and await self._take_away(linking):
            linking = replace(linking, message_id=None, shown="")
        if self.clock.now() >= linking.deadline:
            await self._close(linking, LinkingState.ENDED, linking.reason)
            return True
        silent_at = linking.silent_at or linking.deadline
        is_late = self.clock.now() >= silent_at
        if is_late and follow.waits and linking.reason is None:
            await self._waits(linking, LinkingWait.SILENT)
            return True
        try:
            until = linking.deadline if is_late else silent_at
            session = await self.sessions.look(linking, follow, until=until)
            if linking.reason == LinkingWait.INSTALLING:
                await self._waits(linking, None)
            elif session is not None:
                await self._seen(linking, session, space, follow)
        except (ChannelDown, WorkerMissing, WorkerRefuses) as trouble:
            if is_installing(trouble):
                await self._waits(linking, LinkingWait.INSTALLING)
            if (reason := self.sessions.given_up(follow, trouble)) is not None:
                await self._close(linking, LinkingState.FAILED, reason)
            else:
                await self.sessions.rest(follow)
        except TelegramError as error:
            await self._not_shown(linking, follow, error)
        return True

    # -- what is seen, and shown -------------------------------------------------------------------------

    async def _seen(self, linking: Linking, session: WebSession, space: Workspace, follow: Follow) -> None:
        match session.state:
            case S.READY if session.number:
                if (cursor := await self.sessions.newest_while(linking, session)) is not None:
                    await self._linked(linking, session, cursor)
            case S.QR | S.CODE if follow.closed_until is not None:
                return
            case S.QR if linking.mode is LinkMode.QR:
                await self._show_qr(linking, session.qr or "", space)
            case S.QR | S.CODE if linking.mode is LinkMode.CODE:
                await self._show_code(linking, space, follow, known=session.state is S.CODE)
            case S.CODE:  # a code was made before, and now a QR is wanted
                await self.web.logout(linking.remote)
                follow.started = False
            case S.SYNCING:
                await self._phase(linking, LinkingPhase.SYNCING)
            case S.LOGGED_OUT if session.reason == OTHER_NUMBER:
                other = session.other_number
                await self._close(linking, LinkingState.REFUSED, OTHER_NUMBER, other=other)
            case S.LOGGED_OUT | S.STOPPED:
                follow.started = False
                await self.sessions.rest(follow)
            case S.RESTRICTED:
                await self._close(linking, LinkingState.FAILED, "restricted")
            case S.FAILED:
                await self._close(linking, LinkingState.FAILED, session.reason or "failed")
            case S.STARTING | S.OFFLINE | S.READY:
                return

    async def _show_qr(self, linking: Linking, content: str, space: Workspace) -> None:
        shown = f"{linking.mode}:{sha256(content.encode()).hexdigest()[:16]}"
        if not content or (linking.message_id is not None and linking.shown == shown):
            return
        picture = await asyncio.to_thread(draw_qr, content)
        caption = say("linking.qr", space.language, ends=_ends(linking, space))
        cancel = button(plain("link.stop", space.language), "link.stop", id=linking.id)
        message_id = await self.line.put_qr(linking.chat_id, linking.message_id, picture, caption, cancel)
        await self._stands(linking, message_id, shown)

    async def _show_code(self, linking: Linking, space: Workspace, follow: Follow, *, known: bool) -> None:
        """Asked for once, and again when WhatsApp Web does not know of it any more."""
        now = self.clock.now()
        stands = linking.message_id is not None and (known or follow.asked_code is not None)
        if stands and (known or (follow.asked_code and now < follow.asked_code + CODE_AGAIN)):
            return
        try:
            code = await self.web.pairing_code(linking.remote, linking.number or "")
        except WorkerRefuses as refusal:
            if refusal.reason in FOR_NOW:
                raise
            await self._close(linking, LinkingState.FAILED, "code_refused")
            return
        follow.asked_code = now
        text = say(
            "linking.code", space.language, code=spaced(code), number=linking.number or "",
            ends=_ends(linking, space),
        )  # fmt: skip
        cancel = button(plain("link.stop", space.language), "link.stop", id=linking.id)
        message_id = await self.line.put_code(
            linking.chat_id, linking.message_id, code, text, cancel, space.language
        )
        await self._stands(linking, message_id, f"{linking.mode}:")

    async def _stands(self, linking: Linking, message_id: int, shown: str) -> None:
        async with self.store.write() as unit:
            await unit.linkings.set_message(linking.id, message_id, shown=shown)
            await unit.commit()
        await self._phase(linking, LinkingPhase.SHOWN)

    async def _phase(self, linking: Linking, phase: LinkingPhase) -> None:
        if linking.phase is phase:
            return
        async with self.store.write() as unit:
            await unit.linkings.update(replace(linking, phase=phase, reason=None), expected=linking.version)
            await unit.commit()
        await self.panels.refresh_all("linking", int(linking.id))
        if phase is LinkingPhase.SYNCING:
            await self._take_away(replace(linking, phase=phase))

    async def _waits(self, linking: Linking, wait: LinkingWait | None) -> None:
        """Says what it waits for. Once all is installed, its time begins."""
        if linking.reason == wait:
            return
        ends = linking.ends_at if wait is not None else self.clock.now() + OFFERED_FOR
        async with self.store.write() as unit:
            changed = replace(linking, reason=wait, ends_at=ends)
            await unit.linkings.update(changed, expected=linking.version)
            await unit.commit()
        await self.panels.refresh_all("linking", int(linking.id))

    async def _not_shown(self, linking: Linking, follow: Follow, error: TelegramError) -> None:
        """A flood is waited out, and then what is the QR by then is shown; a chat that is gone links
        nothing."""
        log.info("linking not shown", chat=linking.chat_id, error=type(error).__name__)
        if isinstance(error, Forbidden | BadRequest):
            await self._close(linking, LinkingState.CANCELLED)
            return
        wait = span_of(error) if isinstance(error, RetryAfter) else timedelta(seconds=1)
        follow.closed_until = self.clock.now() + wait

    async def _take_away(self, linking: Linking) -> bool:
        """QR or code out of the chat: it is worth nothing any more. False: it is tried again."""
        if linking.message_id is None:
            return True
        if not await self.line.take_away(linking.chat_id, linking.message_id):
            await asyncio.sleep(LOOK_AGAIN)
            return False
        async with self.store.write() as unit:
            await unit.linkings.set_message(linking.id, None, shown="")
            await unit.commit()
        return True

    # -- its end -----------------------------------------------------------------------------------------

    async def _linked(self, linking: Linking, session: WebSession, cursor: int) -> None:
        async with self.store.write() as unit:
            await self._finish(unit).linked(linking, session, cursor)
            await unit.commit()
        async with self.store.read() as unit:
            accounts = await unit.accounts.of_workspace(linking.workspace_id)
        for account in accounts:
            if account.remote == linking.remote:
                self.watcher.account_has_work(account.id)
        await self._ended(linking)

    async def _close(
        self, linking: Linking, state: LinkingState, reason: str | None = None, *, other: str | None = None
    ) -> None:
        async with self.store.write() as unit:
            await self._finish(unit).close(linking, state, reason, other=other)
            await unit.commit()
        await self._ended(linking)

    def _finish(self, unit: Unit) -> Finish:
        return Finish(
            unit=unit, announcer=self.announcer, default_zone=self.default_zone, at=self.clock.now()
        )

    async def _ended(self, linking: Linking) -> None:
        await self.panels.refresh_all("linking", int(linking.id))
        self.panels.soon(linking.chat_id)
        self.panels.in_step(linking.workspace_id)


def _ends(linking: Linking, space: Workspace) -> str:
    return f"{linking.ends_at.astimezone(ZoneInfo(space.zone)):%H:%M:%S}"
