"""One number of the official Cloud API, as a way out for messages."""

import asyncio
import logging
from collections import OrderedDict
from typing import Final

import httpx

from domain.delivery.channel import (
    AcceptedAs,
    ChannelEffects,
    ChannelEvent,
    Effect,
    MediaStream,
    UploadedMedia,
)
from domain.delivery.content import OutgoingMessage
from domain.delivery.ports import Fault, Rejected, SendOutcome, Unknown
from domain.delivery.template_values import TemplateMessage
from domain.kernel.ids import AttemptKey
from whatsapp.cloud.calls import Answer, CallFailed, Calls, CloudLine
from whatsapp.cloud.errors import (
    BAD_ANSWER,
    ROWS,
    Ruling,
    read_error,
    rule,
    rule_without_code,
)
from whatsapp.cloud.limits import REASONS as REFUSED_BY_US
from whatsapp.cloud.limits import refusal
from whatsapp.cloud.media import UPLOAD_FAILED, Clock, MediaDesk
from whatsapp.cloud.payloads import message_to_json

log = logging.getLogger(__name__)

CHANNEL_DOWN: Final = Rejected("channel_down", True, Fault.ACCOUNT)
NOT_SENDABLE: Final = Rejected("request_refused", False, Fault.PERSON)

#: Every reason that this channel can give.
REASONS: Final = (
    REFUSED_BY_US
    | {row.reason for row in ROWS}
    | {CHANNEL_DOWN.reason, NOT_SENDABLE.reason, UPLOAD_FAILED.reason, "channel_refused"}
    | {"silence", "connection_lost", "interrupted", "gateway_error"}
    | {"unknown_code", "server_unclear", "server_error", "bad_answer"}
)

#: Codes that may mean "I do not know this file any more" when a message names one.
_FILE_GONE: Final = frozenset({100, 131006, 131008, 131009, 131052, 131053})
#: So many answers are remembered by key, so that a key put again in this process is not sent again.
_REMEMBERED: Final = 10_000


class CloudGateway:
    """Implements `MessageGateway` for one number. `seconds` for the whole of one send.

    The Cloud API itself does not know our keys before the fact: it sends what it is given as often as it is
    given it. What was sent under a key in this process is remembered here; across processes the claim of the
    attempt keeps it from being put twice, and the status webhooks bring the key back.
    """

    def __init__(
        self,
        client: httpx.AsyncClient,
        line: CloudLine,
        *,
        files: MediaStream,
        uploaded: UploadedMedia,
        effects: ChannelEffects,
        clock: Clock,
        seconds: float = 20.0,
    ) -> None:
        self._remote = line.phone_number_id
        self._calls = Calls(client, line, seconds=seconds)
        self._media = MediaDesk(self._calls, line.phone_number_id, files, uploaded, clock)
        self._effects = effects
        self._answers: OrderedDict[AttemptKey, asyncio.Future[SendOutcome]] = OrderedDict()

    async def send(self, message: OutgoingMessage) -> SendOutcome:
        """See `MessageGateway.send`."""
        known = self._answers.get(message.key)
        if known is not None:
            return await asyncio.shield(known)
        answer: asyncio.Future[SendOutcome] = asyncio.get_running_loop().create_future()
        self._answers[message.key] = answer
        try:
            outcome = await self._once(message)
        except BaseException:
            answer.set_result(Unknown("interrupted"))
            raise
        answer.set_result(outcome)
        while len(self._answers) > _REMEMBERED and next(iter(self._answers.values())).done():
            self._answers.popitem(last=False)
        return outcome

    async def _once(self, message: OutgoingMessage) -> SendOutcome:
        refused = refusal(message)
        if refused is not None:
            return refused
        try:
            ruling = await self._try(message)
        except Exception as error:
            log.exception("a message to the Cloud API ended in an error of ours (%s)", type(error).__name__)
            return Unknown("gateway_error")
        return ruling.outcome

    async def _try(self, message: OutgoingMessage) -> Ruling:
        media_id = await self._media_id(message)
        if isinstance(media_id, Ruling):
            return media_id
        ruling = await self._post(message, media_id)
        gone = ruling.code in _FILE_GONE and isinstance(ruling.outcome, Rejected)
        if media_id is None or message.media is None or not gone:
            return ruling
        # It certainly did not go out. WhatsApp may have thrown the file away: once more with a fresh one.
        await self._media.forget(message.media, media_id)
        fresh = await self._media_id(message)
        if isinstance(fresh, Ruling):
            return fresh
        return ruling if fresh == media_id else await self._post(message, fresh)

    async def _media_id(self, message: OutgoingMessage) -> str | Ruling | None:
        if message.media is None:
            return None
        try:
            media_id = await self._media.id_of(message.media)
        except Exception as error:
            log.warning("a file could not be uploaded (%s)", type(error).__name__)
            return Ruling(UPLOAD_FAILED)
        if isinstance(media_id, Ruling):
            await self._tell(message, media_id)
        return media_id

    async def _post(self, message: OutgoingMessage, media_id: str | None) -> Ruling:
        try:
            answer = await self._calls.post_json(
                f"{self._remote}/messages", message_to_json(message, media_id)
            )
        except CallFailed as failed:
            return Ruling(CHANNEL_DOWN if failed.never_sent else Unknown(failed.reason))
        except TypeError:
            # Half a character (a lone surrogate) is no text that could be sent.
            return Ruling(NOT_SENDABLE)
        ruling = _read(answer)
        await self._tell(message, ruling)
        return ruling

    async def _tell(self, message: OutgoingMessage, ruling: Ruling) -> None:
        if ruling.effect is Effect.NONE:
            return
        outcome = ruling.outcome
        event = ChannelEvent(
            effect=ruling.effect,
            remote=self._remote,
            code=ruling.code,
            reason=outcome.reason if isinstance(outcome, Rejected) else "unknown_code",
            key=message.key,
            to=message.to,
            template=message.template.name if isinstance(message, TemplateMessage) else None,
        )
        try:
            await self._effects.happened(event)
        except Exception as error:
            # The outcome is known all the same, and must not be lost for it.
            log.exception("an effect of code %d was not taken (%s)", ruling.code, type(error).__name__)


def _read(answer: Answer) -> Ruling:
    error = read_error(answer.body)
    if error is not None:
        return rule(error, answer.status)
    if answer.status >= 300:
        return rule_without_code(answer.status)
    accepted = _accepted(answer.body)
    return Ruling(BAD_ANSWER if accepted is None else accepted)


def _accepted(body: object) -> AcceptedAs | None:
    if not isinstance(body, dict):
        return None
    message, contact = _first(body.get("messages")), _first(body.get("contacts"))
    wamid = _text(message.get("id"))
    if wamid is None:
        return None
    return AcceptedAs(
        wamid,
        wa_id=_text(contact.get("wa_id")),
        user_id=_text(contact.get("user_id")),
        held=message.get("message_status") in {"held_for_quality_assessment", "paused"},
    )


def _first(items: object) -> dict[str, object]:
    first = items[0] if isinstance(items, list) and items else None
    return first if isinstance(first, dict) else {}


def _text(value: object) -> str | None:
    return value[:512] if isinstance(value, str) and value else None
