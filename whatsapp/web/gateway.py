"""One account of WhatsApp Web, as a way out for messages."""

import asyncio
import json
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any, Final

import httpx

from domain.accounts.web import SessionState, WorkerMissing, WorkerRefuses, WorkerTrouble
from domain.delivery.content import OutgoingMessage
from domain.delivery.faults import NOT_ON_WHATSAPP, TOO_LONG
from domain.delivery.ports import (
    ChannelDown,
    Fault,
    MediaAway,
    MediaMissing,
    MediaStore,
    Rejected,
    SendOutcome,
    Unknown,
)
from domain.delivery.recipients import LEASE
from whatsapp.client import KEPT_AT_HAND, MAX_MEDIA, LastFile
from whatsapp.web.journal import WebJournal
from whatsapp.web.session import Session
from whatsapp.web.upload import spooled_form
from whatsapp.web.wire import LONGEST_TEXT, NO_ACK, is_number, message_to_json, outcome_from_json
from whatsapp.web.worker import SLACK, Doubtful, NotThere, error_of

CHANNEL_DOWN: Final = Rejected("channel_down", True, Fault.ACCOUNT)
CHANNEL_REFUSED: Final = Rejected("channel_refused", False, Fault.ACCOUNT)
UNLINKED: Final = Rejected("unlinked", False, Fault.RESTRICTION)
RESTRICTED: Final = Rejected("restricted", False, Fault.RESTRICTION)
MEDIA_AWAY: Final = Rejected("media_upload_failed", True, Fault.ACCOUNT)
MEDIA_REFUSED: Final = Rejected("media_refused", False, Fault.PERSON)

_Content = Callable[[], Mapping[str, Any]]
_FOR_GOOD: Final = {SessionState.LOGGED_OUT: UNLINKED, SessionState.RESTRICTED: RESTRICTED}
#: Between two looks or tries, in seconds; the last one holds from then on.
_PAUSES: Final = (0.2, 0.5, 1.0, 2.0)
#: So often the same message is put to a worker that took it, perhaps, and gave no clear answer.
_MOST_TRIES: Final = 5
_LONGEST_LOOK: Final = 10.0
#: Whatever it waits for, a send has ended before its claim does, in seconds.
LONGEST_SEND: Final = LEASE.total_seconds() - 30.0
#: A file has to be uploaded first: its acknowledgement is waited for this many times as long.
_FILES_TAKE: Final = 5


@dataclass(frozen=True, slots=True)
class _Answer:
    """What one try taught. `again`: another try may teach more. `reached`: perhaps the worker took it.
    `sure`: the worker's journal says so, whatever happened in tries before."""

    outcome: SendOutcome
    again: bool = False
    reached: bool = False
    sure: bool = False


class WebGateway:
    """Implements `MessageGateway` for one session of a worker.

    `ack_seconds`: how long WhatsApp's server is waited for; `slack`: how long the worker's answer may take
    on top of that. `patience`: how long (in seconds) a send bears with a session or worker that is starting,
    syncing or offline, before the account gets the blame. The message is claimed already then, and goes out
    under the same key: the worker sends a key once, however often it is put to it. `longest`: after so long
    it is given up, not knowing what became of it.
    """

    def __init__(
        self,
        session: Session,
        media: MediaStore,
        *,
        ack_seconds: float = 30.0,
        slack: float = SLACK,
        patience: float = 20.0,
        longest: float = LONGEST_SEND,
    ) -> None:
        self._session = session
        self._media, self._file = media, LastFile(media)
        self._ack, self._slack, self._patience, self._longest = ack_seconds, slack, patience, longest
        self._journal = WebJournal(session)
        self._journal_name: str | None = None

    async def send(self, message: OutgoingMessage) -> SendOutcome:
        """See `MessageGateway.send`."""
        if not is_number(message.to):
            return NOT_ON_WHATSAPP
        if len(message.text) > LONGEST_TEXT:
            return TOO_LONG
        async with AsyncExitStack() as held:
            try:
                content = await self._content(message, held)
            except MediaMissing:
                content = None
            except MediaAway:
                return MEDIA_AWAY
            if content is None:
                return MEDIA_REFUSED
            try:
                async with asyncio.timeout(self._longest):
                    return await self._send(message, content)
            except TimeoutError:
                return Unknown(NO_ACK)
            except Exception:
                return Unknown("gateway_error")

    async def _content(self, message: OutgoingMessage, held: AsyncExitStack) -> _Content | None:
        """How each try's request carries it; None where its file cannot be sent."""
        body, media = message_to_json(message), message.media
        if media is None:
            return lambda: {"json": body}
        if KEPT_AT_HAND < media.size <= MAX_MEDIA:
            form = spooled_form(self._media, media.key, media.mime, json.dumps(body))
            return (await held.enter_async_context(form)).content
        file = await self._file.get(media)
        if not file:
            return None
        # The words about it go first, so that the worker knows what comes.
        return lambda: {"data": {"message": json.dumps(body)}, "files": {"file": ("file", file, media.mime)}}

    async def _send(self, message: OutgoingMessage, content: _Content) -> SendOutcome:
        until, reached = asyncio.get_running_loop().time() + self._patience, 0
        while True:
            answer = await self._try(message, content)
            reached += answer.reached
            # Once it may have been taken, no refusal at the door is certain any more.
            unsure = reached and not (answer.reached or answer.sure)
            outcome = Unknown("connection_lost") if unsure else answer.outcome
            if not answer.again or reached >= _MOST_TRIES:
                return outcome
            if reached:
                await asyncio.sleep(_PAUSES[min(reached, len(_PAUSES)) - 1])
            if not await self._ready(until) or (reached and not await self._same_journal()):
                return outcome

    async def _try(self, message: OutgoingMessage, content: _Content) -> _Answer:
        try:
            # Known before the first message: see _same_journal.
            if self._journal_name is None:
                self._journal_name = await self._journal.its_name()
        except (WorkerMissing, WorkerRefuses, ChannelDown) as trouble:
            return _never_asked(trouble)
        try:
            return await self._wait_on(message, _read(await self._post(message, content)))
        except (NotThere, WorkerMissing) as trouble:
            return _never_asked(trouble)
        except Doubtful as doubt:
            return _Answer(Unknown(doubt.reason), again=doubt.reason != "silence", reached=True)

    async def _post(self, message: OutgoingMessage, content: _Content) -> httpx.Response:
        carried = dict(content())
        headers = {"Idempotency-Key": message.key, **carried.pop("headers", {})}
        return await self._session.worker.call(
            "POST",
            self._session.path("messages"),
            params={"wait": round(self._ack)},
            headers=headers,
            seconds=self._ack + self._slack,
            **carried,
        )

    async def _wait_on(self, message: OutgoingMessage, answer: _Answer) -> _Answer:
        """A file that is still being uploaded is waited for; nothing is sent by asking."""
        tries = _FILES_TAKE - 1 if message.media is not None else 0
        while tries > 0 and answer.outcome == Unknown(NO_ACK):
            tries -= 1
            asked = await self._session.worker.call(
                "GET", self._session.path_of(message.key), params={"wait": round(self._ack)},
                seconds=self._ack + self._slack,
            )  # fmt: skip
            answer = _read(asked)
        return answer

    async def _ready(self, until: float) -> bool:
        """Wait until the session can send, or until another try gives a clear answer; False when `until` (by
        the loop's clock) came first."""
        loop = asyncio.get_running_loop()
        rev: int | None = None
        while (left := until - loop.time()) > 0:
            try:
                session = await self._session.look(rev=rev, wait_seconds=min(left, _LONGEST_LOOK))
                if not session.state.passes:
                    return True
                rev = session.rev
                if session.state.rests:
                    await self._session.start()
            except (ChannelDown, WorkerMissing):
                pass
            except WorkerRefuses as refusal:
                # Another try would say so at once. What else it refuses (too many sessions, say) may pass.
                if refusal.reason == "no_session":
                    return True
            await asyncio.sleep(min(_PAUSES[0], max(0.0, until - loop.time())))
        return False

    async def _same_journal(self) -> bool:
        """Whether the worker that is back remembers what it was given. One that lost its journal would send
        again what it has sent."""
        before, self._journal_name = self._journal_name, None
        try:
            self._journal_name = await self._journal.its_name()
        except (WorkerMissing, WorkerRefuses, ChannelDown):
            return False
        return before is not None and before == self._journal_name


def _never_asked(trouble: Exception) -> _Answer:
    """The message itself never left."""
    match trouble:
        case WorkerRefuses(reason="no_session"):
            return _Answer(UNLINKED)
        case WorkerMissing(trouble=WorkerTrouble.WORKER_UNAUTHORIZED):
            return _Answer(CHANNEL_REFUSED)
        case WorkerMissing(trouble=why):
            return _Answer(CHANNEL_DOWN, again=why is WorkerTrouble.WORKER_DOWN)
        case _:
            return _Answer(CHANNEL_DOWN, again=True)


def _read(answer: httpx.Response) -> _Answer:
    """A refusal is certain; a 5xx, a proxy's page or half an answer teaches nothing."""
    if answer.is_success:
        try:
            return _Answer(outcome_from_json(answer.json()), sure=True)
        except (ValueError, KeyError, TypeError):
            return _Answer(Unknown("bad_answer"), again=True, reached=True)
    match error_of(answer):
        case "not_ready":
            return _not_ready(answer)
        case "no_session":
            return _Answer(UNLINKED)
        case "too_large":
            return _Answer(MEDIA_REFUSED)
        case "busy":
            return _Answer(CHANNEL_DOWN)
    if 400 <= answer.status_code < 500:
        return _Answer(CHANNEL_REFUSED)
    return _Answer(Unknown("gateway_error"), again=True, reached=True)


def _not_ready(answer: httpx.Response) -> _Answer:
    try:
        state = SessionState(answer.json()["state"])
    except (ValueError, KeyError, TypeError):
        return _Answer(CHANNEL_DOWN)
    if state in _FOR_GOOD:
        return _Answer(_FOR_GOOD[state])
    return _Answer(CHANNEL_DOWN, again=state.passes)
