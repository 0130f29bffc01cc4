"""Reading what is asked of the phones, with a limit on everything."""

import json
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request

from whatsapp.simulated.world import BadRequest, SimulatedWorld
from whatsapp.texts import storable

MAX_JSON = 512 * 1024
MAX_WAIT = 60


def world_of(request: Request) -> SimulatedWorld:
    world: SimulatedWorld = request.app.state.world
    return world


async def json_body(request: Request) -> dict[str, Any]:
    """The JSON object sent. Raises `BadRequest`, or 413 for one over 512 KB."""
    refuse_over(request, MAX_JSON)
    try:
        body = json.loads(await request.body() or b"{}")
    except ValueError as error:
        raise BadRequest("the body is not JSON") from error
    if not isinstance(body, dict):
        raise BadRequest("the body must be a JSON object")
    return body


def refuse_over(request: Request, limit: int) -> None:
    """By the length announced (the server holds the sender to it); a body without one is refused."""
    length = request.headers.get("content-length")
    if length is None or not length.isdigit():
        raise HTTPException(411, "say the length of the body")
    if int(length) > limit:
        raise HTTPException(413, f"at most {limit} bytes")


def text_of(body: dict[str, Any], name: str, limit: int, *, optional: bool = False) -> str | None:
    value = body.get(name)
    if value is None and optional:
        return None
    if not isinstance(value, str) or not value or len(value) > limit:
        raise BadRequest(f"{name} must be text of 1 to {limit} characters")
    return storable(value)


def whole_number(request: Request, name: str, default: int, most: int) -> int:
    """A query parameter from 0 to `most`. Raises `BadRequest`."""
    text = request.query_params.get(name, str(default))
    if not (text.isascii() and text.isdigit()) or int(text[:20]) > most:
        raise BadRequest(f"{name} must be a whole number from 0 to {most}")
    return int(text)
