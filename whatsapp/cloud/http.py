"""Where WhatsApp delivers: stored first, answered then, worked later by whoever empties the inbox."""

import asyncio
import logging
from datetime import datetime
from typing import Final, Protocol

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from domain.delivery.channel import WebhookInbox
from whatsapp.cloud.signed import WebhookKeys, vouched_for, with_signature
from whatsapp.cloud.webhooks import (
    LONGEST_BODY,
    Refused,
    answer_challenge,
    check_signature,
    parse,
    too_large,
)

log = logging.getLogger(__name__)

#: A body has to be here within so many seconds.
READ_SECONDS: Final = 10.0
#: Bodies being read or stored at once. Where there are more, the one that is read for longest gives way: only
#: who means ill is slow. Where all are being stored, more are told to come again, which WhatsApp does.
MOST_AT_ONCE: Final = 256


class Clock(Protocol):
    def now(self) -> datetime: ...


class WebhookDoor:
    """GET proves the address, POST brings news. `read_seconds` for a whole body."""

    def __init__(
        self,
        keys: WebhookKeys,
        inbox: WebhookInbox,
        clock: Clock,
        *,
        read_seconds: float = READ_SECONDS,
        at_once: int = MOST_AT_ONCE,
    ) -> None:
        self._keys, self._inbox, self._clock = keys, inbox, clock
        self._read_seconds, self._at_once = read_seconds, at_once
        self._inside = 0
        #: Those inside who were told to give way, and have not run since.
        self._leaving = 0
        #: Limits of the bodies being read, the longest at it first.
        self._reading: dict[asyncio.Timeout, None] = {}

    def routes(self, path: str) -> list[Route]:
        return [
            Route(path, self.verify, methods=["GET"]),
            Route(path, self.receive, methods=["POST"]),
        ]

    async def verify(self, request: Request) -> Response:
        try:
            challenge = answer_challenge(request.query_params, self._keys.verify_tokens())
        except Refused as refused:
            return _refusal(refused)
        return _plain(challenge, 200)

    async def receive(self, request: Request) -> Response:
        if self._inside - self._leaving >= self._at_once and not self._made_room():
            return _plain("Too many at once. Come again.", 503, {"Retry-After": "1"})
        self._inside += 1
        try:
            raw, signature = await self._body(request), request.headers.get("x-hub-signature-256", "")
            check_signature(raw, signature, self._keys.app_secrets())
            vouched = vouched_for(raw, signature, parse(raw), self._keys)
            await self._inbox.store(with_signature(raw, signature, vouched), self._clock.now())
        except Refused as refused:
            return _refusal(refused)
        except ClientDisconnect:
            return _plain("Gone before the end.", 400)
        except Exception as error:
            # Not answered with 200: WhatsApp keeps it and comes again.
            log.exception("a webhook could not be stored (%s)", type(error).__name__)
            return _plain("It could not be stored. Come again.", 503, {"Retry-After": "5"})
        finally:
            self._inside -= 1
        return _plain("", 200)

    def _made_room(self) -> bool:
        """Whether somebody had to give way."""
        longest = next((one for one in self._reading if not one.expired()), None)
        if longest is None:
            return False
        del self._reading[longest]
        self._leaving += 1
        longest.reschedule(asyncio.get_running_loop().time())
        return True

    async def _body(self, request: Request) -> bytes:
        declared = request.headers.get("content-length", "")
        if declared.isascii() and declared.isdigit() and int(declared[:20]) > LONGEST_BODY:
            raise too_large()
        pieces, size = [], 0
        try:
            async with asyncio.timeout(self._read_seconds) as limit:
                self._reading[limit] = None
                try:
                    async for piece in request.stream():
                        size += len(piece)
                        if size > LONGEST_BODY:
                            raise too_large()
                        pieces.append(piece)
                finally:
                    if limit in self._reading:
                        del self._reading[limit]
                    else:
                        self._leaving -= 1
        except TimeoutError as error:
            raise Refused(
                408, "too_slow", f"The body was not here in time, {self._read_seconds:g} seconds at most."
            ) from error
        return b"".join(pieces)


def webhook_app(door: WebhookDoor, path: str = "/webhooks/whatsapp") -> Starlette:
    return Starlette(routes=door.routes(path))


def _refusal(refused: Refused) -> Response:
    log.warning("a webhook was refused: %s", refused.code)
    # What is left of a body that is too long or too slow is not read: the line ends with the answer.
    headers = {"Connection": "close"} if refused.status in {408, 413} else None
    return _plain(refused.sentence, refused.status, headers)


def _plain(text: str, status: int, headers: dict[str, str] | None = None) -> Response:
    return PlainTextResponse(text, status, headers={"X-Content-Type-Options": "nosniff", **(headers or {})})
