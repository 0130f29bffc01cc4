"""The arguments of a Bot API call: query string, form, multipart or JSON, all the same to a method."""

import json
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from starlette.datastructures import Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.types import Receive, Scope

from bot.sandbox import strictness
from bot.sandbox.errors import bad_request

# Telegram's front server refuses the request as a whole; fields beside the file are small.
BODY_BYTES = strictness.UPLOAD_BYTES + 1024 * 1024
FIELD_BYTES = 1024 * 1024
DRAINED_BYTES = 4 * BODY_BYTES


class ClientGone(Exception):
    """The client hung up before its request was complete."""


@dataclass(kw_only=True, frozen=True, slots=True)
class Upload:
    """A file that came inside the request."""

    name: str
    mime: str
    data: bytes = field(repr=False)


@dataclass(kw_only=True, slots=True)
class Arguments:
    """What a method was called with. Every reader refuses a value of the wrong shape with a 400."""

    fields: dict[str, Any] = field(default_factory=dict)
    files: dict[str, Upload] = field(default_factory=dict)
    """In order; a second part of the same name is called `name[1]`, a third `name[2]`."""

    def has(self, name: str) -> bool:
        return self.fields.get(name) not in (None, "") or name in self.files

    def text(self, name: str, default: str = "") -> str:
        value = self.fields.get(name)
        if value is None:
            return default
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

    def integer(self, name: str, default: int | None = None) -> int:
        """A whole number; refused when absent without default."""
        value = self.fields.get(name)
        if value in (None, ""):
            if default is None:
                raise bad_request(f'parameter "{name}" is required')
            return default
        try:
            return int(str(value))
        except ValueError:
            raise bad_request(f'can\'t parse "{name}": an Integer is expected') from None

    def flag(self, name: str, default: bool = False) -> bool:
        value = self.fields.get(name)
        if value in (None, ""):
            return default
        return str(value).lower() in ("true", "1", "yes")

    def json(self, name: str) -> Any:
        """A JSON-serialised value; None when absent."""
        value = self.fields.get(name)
        if value in (None, ""):
            return None
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except ValueError:
            raise bad_request(f"can't parse {name.replace('_', ' ')} JSON object") from None

    def summary(self) -> dict[str, Any]:
        """For the journal: long texts cut, files by name and size."""
        short: dict[str, Any] = {}
        for name, value in self.fields.items():
            short[name] = value[:1000] if isinstance(value, str) else value
        for name, upload in self.files.items():
            short[name] = {"file_name": upload.name, "mime_type": upload.mime, "size": len(upload.data)}
        return short


async def read_arguments(scope: Scope, receive: Receive) -> Arguments:
    """Read the whole request. Raises `ApiError` 400 or 413, or `ClientGone`."""
    arguments = Arguments()
    if scope["query_string"]:
        arguments.fields.update(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
    headers = Headers(scope=scope)
    kind = headers.get("content-type", "").lower()
    if kind.startswith("multipart/form-data"):
        await _read_multipart(headers, receive, arguments)
        return arguments
    body = b"".join([chunk async for chunk in _body(receive)])
    if not body:
        return arguments
    if kind.startswith("application/json"):
        arguments.fields.update(_json_object(body))
    else:
        arguments.fields.update(_form(body))
    return arguments


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        parsed = json.loads(body)
    except ValueError:
        parsed = None
    if not isinstance(parsed, dict):
        raise bad_request("can't parse JSON object")
    return parsed


def _form(body: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(body.decode(), keep_blank_values=True, errors="strict")
    except ValueError:
        raise bad_request("strings must be encoded in UTF-8") from None


async def _read_multipart(headers: Headers, receive: Receive, arguments: Arguments) -> None:
    try:
        form = await MultiPartParser(headers, _body(receive), max_part_size=FIELD_BYTES).parse()
    except MultiPartException as error:
        raise bad_request(f"can't parse multipart request: {error.message}") from None
    try:
        for name, value in form.multi_items():
            if isinstance(value, UploadFile):
                part = name if name not in arguments.files else f"{name}[{len(arguments.files)}]"
                arguments.files[part] = Upload(
                    name=value.filename or name,
                    mime=value.content_type or "application/octet-stream",
                    data=await value.read(),
                )
            else:
                arguments.fields[name] = value
    finally:
        await form.close()


async def _body(receive: Receive) -> AsyncGenerator[bytes, None]:
    """The body by chunks; over the limit the rest is read and thrown away, so the client hears the 413."""
    size = 0
    while True:
        event = await receive()
        if event["type"] == "http.disconnect":
            raise ClientGone
        chunk: bytes = event.get("body", b"")
        size += len(chunk)
        if chunk and size <= BODY_BYTES:
            yield chunk
        if not event.get("more_body", False) or size > DRAINED_BYTES:
            break
    if size > BODY_BYTES:
        raise strictness.too_large()
