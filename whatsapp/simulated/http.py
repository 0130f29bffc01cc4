"""The simulated world over HTTP: what the gateway speaks, what tests script, what the phones page shows."""

import asyncio
from collections.abc import Sequence
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from domain.delivery.faults import NOT_ON_WHATSAPP, TOO_LONG
from domain.delivery.ports import Accepted, Rejected, SendOutcome, Unknown
from whatsapp.simulated import pages
from whatsapp.simulated.asked import (
    MAX_WAIT,
    json_body,
    text_of,
    whole_number,
    world_of,
)
from whatsapp.simulated.journal import JournalBroken
from whatsapp.simulated.loopback import LoopbackOnly
from whatsapp.simulated.records import MediaNote
from whatsapp.simulated.uploads import BadFile, is_form, message_and_file
from whatsapp.simulated.wire import news_to_json, outcome_to_json
from whatsapp.simulated.world import (
    DROPPED,
    MEDIA_REFUSED,
    BadRequest,
    Parcel,
    SimulatedWorld,
    UnknownAccount,
    is_number,
    not_a_number,
)

MAX_TEXT = 65_536


def phones_app(
    world: SimulatedWorld, *, hosts: frozenset[str] = frozenset(), others: Sequence[str] = ()
) -> Starlette:
    """Everything under `/phones`. `hosts`: names it may be called by besides this machine's own; `others`:
    where phones of other channels are asked about in the same way."""
    app = Starlette(
        routes=[
            Route("/accounts", link, methods=["POST"]),
            Route("/accounts/{account}/state", turn, methods=["POST"]),
            Route("/accounts/{account}/messages", send, methods=["POST"]),
            Route("/accounts/{account}/news", news, methods=["GET"]),
            Route("/accounts/{account}/attachments/{name}", pages.media, methods=["GET"]),
            Route("/api/faults", faults, methods=["POST", "DELETE"]),
            *pages.routes,
        ],
        middleware=[Middleware(LoopbackOnly, extra=hosts)],
        exception_handlers={
            BadRequest: _bad_request,
            UnknownAccount: _unknown_account,
            HTTPException: _http_refusal,
            JournalBroken: _journal_broken,
        },
    )
    app.state.world, app.state.others = world, others
    return app


async def send(request: Request) -> Response:
    """One message, as JSON `{key, to, text}`, or multipart with that as `message` and a `file`."""
    world = world_of(request)
    if is_form(request):
        parcel = await _parcel_with_file(request, world)
    else:
        parcel = _parcel(await json_body(request))
    if isinstance(parcel, Rejected):
        outcome: SendOutcome = parcel
    else:
        outcome = await world.send(request.path_params["account"], parcel)
    match outcome:
        case Accepted():
            return JSONResponse(outcome_to_json(outcome))
        case Rejected():
            return JSONResponse(outcome_to_json(outcome), status_code=422)
        case Unknown():
            return NoAnswer(0.0 if outcome == DROPPED else world.behaviour.silence_seconds)


async def link(request: Request) -> Response:
    """Links a simulated number: `{number?, key?}` -> `{account, number, state}`."""
    body = await json_body(request)
    account = await world_of(request).link(
        number=text_of(body, "number", 20, optional=True), link_key=text_of(body, "key", 100, optional=True)
    )
    return JSONResponse({"account": account.id, "number": account.number, "state": account.state}, 201)


async def turn(request: Request) -> Response:
    body = await json_body(request)
    state = text_of(body, "state", 20) or ""
    account = await world_of(request).turn(request.path_params["account"], state)
    return JSONResponse({"account": account.id, "number": account.number, "state": account.state})


async def news(request: Request) -> Response:
    """`?after=cursor&wait=seconds` -> `{items: [...]}`; asking acknowledges everything up to `after`."""
    after = whole_number(request, "after", 0, 2**53)
    wait = whole_number(request, "wait", 0, MAX_WAIT)
    items = await world_of(request).news(request.path_params["account"], after, wait_seconds=wait)
    return JSONResponse({"items": [news_to_json(item) for item in items]})


async def faults(request: Request) -> Response:
    """POST `{number|null, fault, times}` scripts what the next sends meet; DELETE forgets the script."""
    world = world_of(request)
    if request.method == "DELETE":
        world.clear_script()
        return JSONResponse({"ok": True})
    body = await json_body(request)
    number, times = text_of(body, "number", 20, optional=True), body.get("times", 1)
    if not isinstance(times, int) or not 1 <= times <= 10_000:
        raise BadRequest("times is a whole number from 1 to 10000")
    if number is not None:
        _must_have_a_phone(world, number)
    try:
        world.script(number, text_of(body, "fault", 40) or "", times=times)
    except ValueError as error:
        raise BadRequest(str(error)) from error
    return JSONResponse({"ok": True})


def _must_have_a_phone(world: SimulatedWorld, number: str) -> None:
    """Trouble for somebody who is not written to would never be seen."""
    if not is_number(number):
        raise BadRequest(not_a_number(number))
    if number not in world.caught_up().phones:
        raise BadRequest(
            f"no simulated phone with the number {number} has got a message yet. Take a number from a "
            "simulated phone on this page, or leave it empty: then it hits whoever is written to next"
        )


class NoAnswer(Response):
    """Keeps the caller waiting, then drops the line half-way, so that it learns nothing."""

    def __init__(self, seconds: float) -> None:
        super().__init__(status_code=502)
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if await _gone_within(receive, self._seconds):
            return
        # A promised length that never comes: the server closes the connection when we return.
        await send({"type": "http.response.start", "status": 502, "headers": [(b"content-length", b"2")]})


async def _gone_within(receive: Receive, seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            while (await receive())["type"] != "http.disconnect":
                pass
    except TimeoutError:
        return False
    return True


def _parcel(body: dict[str, Any], media: MediaNote | None = None) -> Parcel | Rejected:
    text = body.get("text", "")
    if not isinstance(text, str):
        raise BadRequest("text must be text")
    if len(text) > MAX_TEXT:
        return TOO_LONG
    key, to = text_of(body, "key", 200), text_of(body, "to", 32)
    if not key or not to:
        raise BadRequest("key and to are needed")
    if not is_number(to):
        return NOT_ON_WHATSAPP
    if not text and media is None:
        raise BadRequest("a message needs text or a file")
    return Parcel(key=key, to=to, text=text, media=media)


async def _parcel_with_file(request: Request, world: SimulatedWorld) -> Parcel | Rejected:
    try:
        body, note = await message_and_file(request, world)
    except BadFile:
        return MEDIA_REFUSED
    return _parcel(body, note)


async def _bad_request(request: Request, error: Exception) -> Response:
    return JSONResponse({"error": str(error)}, status_code=400)


async def _unknown_account(request: Request, error: Exception) -> Response:
    return JSONResponse({"error": "no such account here"}, status_code=404)


async def _http_refusal(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    return JSONResponse({"error": error.detail}, status_code=error.status_code, headers=error.headers)


async def _journal_broken(request: Request, error: Exception) -> Response:
    return JSONResponse({"error": str(error)}, status_code=500)
