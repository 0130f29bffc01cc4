"""A message with a file, as multipart: what is sent to a phone, and what its owner answers with."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import Request

from domain.delivery.content import MediaKind
from whatsapp.simulated.asked import MAX_JSON, refuse_over, text_of
from whatsapp.simulated.records import MediaNote
from whatsapp.simulated.world import BadRequest, SimulatedWorld

MAX_MEDIA = 64 * 1024 * 1024
_FORM_SLACK = 1024 * 1024


class BadFile(Exception):
    """Empty, too large, or of no kind that WhatsApp knows."""


def is_form(request: Request) -> bool:
    return request.headers.get("content-type", "").startswith("multipart/")


async def message_and_file(request: Request, world: SimulatedWorld) -> tuple[dict[str, Any], MediaNote]:
    """What `form_with_file` gives, its file on the shelf already."""
    async with form_with_file(request) as (body, file):
        sha256, size = await world.shelf.put(file.file)
        note = MediaNote(
            kind=str(body["kind"]),
            filename=(file.filename or "file")[:255],
            mime=(file.content_type or "application/octet-stream")[:100],
            size=size,
            sha256=sha256,
        )
        return body, note


@asynccontextmanager
async def form_with_file(request: Request) -> AsyncIterator[tuple[dict[str, Any], UploadFile]]:
    """The JSON of the part `message`, and the part `file`. `kind` in the JSON says what it is. Raises
    `BadRequest`, `BadFile`."""
    try:
        refuse_over(request, MAX_MEDIA + _FORM_SLACK)
        async with request.form(max_files=1, max_fields=1, max_part_size=MAX_JSON) as form:
            file, message = form.get("file"), form.get("message")
            if not isinstance(file, UploadFile) or not isinstance(message, str):
                raise BadRequest("a multipart message needs the parts message and file")
            body = _object(message)
            kind = text_of(body, "kind", 20)
            if kind not in set(MediaKind) or not file.size or file.size > MAX_MEDIA:
                raise BadFile
            yield body, file
    except MultiPartException as error:
        raise BadRequest(f"the form is broken: {error.message}") from error
    except HTTPException as error:
        if error.status_code == 413:
            raise BadFile from error
        raise


def _object(text: str) -> dict[str, Any]:
    try:
        body = json.loads(text)
    except ValueError as error:
        raise BadRequest("the message part is not JSON") from error
    if not isinstance(body, dict):
        raise BadRequest("the message part must be a JSON object")
    return body
