"""The Bot API over HTTP: token, arguments, faults, method, answer. Plain ASGI, for speed."""

import json
import logging
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from bot.sandbox.errors import ApiError
from bot.sandbox.faults import Fault
from bot.sandbox.journal import Call
from bot.sandbox.methods import METHODS
from bot.sandbox.methods.common import chat_id_of
from bot.sandbox.parsing import Arguments, ClientGone, read_arguments
from bot.sandbox.state import Sandbox

log = logging.getLogger(__name__)
_ENCODER = json.JSONEncoder(ensure_ascii=False, check_circular=False)

DROP = "sandbox.drop"
"""ASGI extension of our server: a function that cuts this connection."""


class BotApi:
    """Answers `/bot<token>/<method>` and `/file/bot<token>/<path>`; all else goes to `app`."""

    def __init__(self, app: ASGIApp, sandbox: Sandbox) -> None:
        self._app = app
        self._sandbox = sandbox

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"] if scope["type"] == "http" else ""
        if path.startswith("/bot"):
            await self._method(scope, receive, send, path.removeprefix("/bot"))
        elif path.startswith("/file/bot"):
            await self._file(send, path.removeprefix("/file/bot"))
        else:
            await self._app(scope, receive, send)

    async def _method(self, scope: Scope, receive: Receive, send: Send, path: str) -> None:
        try:
            name = self._enter(path)
            arguments = await read_arguments(scope, receive)
        except ApiError as error:
            await _answer(send, error.code, error.body())
            return
        except ClientGone:
            return
        call = self._sandbox.journal.open(name, arguments.summary(), at=self._sandbox.now())
        fault = self._sandbox.faults.take(name.lower(), chat_id_of(arguments))
        if fault is not None:
            call.fault = fault.kind
            if fault.kind == "drop_before":
                await self._cut(scope, receive)
                return
        status, body = await self._run(name, arguments, call, fault)
        if fault is not None and not await self._may_answer(fault, scope, receive):
            return
        call.ok = status == 200
        call.error = body.get("description")
        await _answer(send, status, body)

    def _enter(self, path: str) -> str:
        """The method's name, once the token is right."""
        token, _, name = path.partition("/")
        if not token.split(":", 1)[0].isdigit() or ":" not in token:
            raise ApiError(404, "Not Found")
        if token != self._sandbox.config.token:
            raise ApiError(401, "Unauthorized")
        if name.lower() not in METHODS:
            raise ApiError(404, "Not Found")
        return name

    async def _run(
        self, name: str, arguments: Arguments, call: Call, fault: Fault | None
    ) -> tuple[int, dict[str, Any]]:
        try:
            if fault is not None and fault.kind == "flood":
                wait = fault.retry_after
                raise ApiError(429, f"Too Many Requests: retry after {wait}", retry_after=wait)
            if fault is not None and fault.kind == "error":
                raise ApiError(fault.status, fault.description)
            self._sandbox.pace.check(name.lower(), chat_id_of(arguments), self._sandbox.now())
            return 200, {"ok": True, "result": await METHODS[name.lower()](self._sandbox, arguments)}
        except ApiError as error:
            return error.code, error.body()
        except Exception:
            log.exception("the sandbox failed in %s, call %d", name, call.seq)
            return 500, ApiError(500, "Internal Server Error").body()

    async def _may_answer(self, fault: Fault, scope: Scope, receive: Receive) -> bool:
        if fault.kind == "drop_after":
            await self._cut(scope, receive)
            return False
        if fault.kind == "silence":
            await self._keep_silent(scope, receive)
            return False
        if fault.kind == "delay" and not self._sandbox.closed:
            await self._sandbox.closing.wait(fault.seconds)
        return True

    async def _cut(self, scope: Scope, receive: Receive) -> None:
        scope["extensions"][DROP]()
        await _gone(receive)

    async def _keep_silent(self, scope: Scope, receive: Receive) -> None:
        """Hold the line until the client gives up, or the sandbox stops."""
        drop = scope["extensions"][DROP]
        if self._sandbox.closed:
            drop()
        self._sandbox.silenced.add(drop)
        try:
            await _gone(receive)
        finally:
            self._sandbox.silenced.discard(drop)

    async def _file(self, send: Send, path: str) -> None:
        token, _, file_path = path.partition("/")
        stored = self._sandbox.files.by_path(file_path)
        if token != self._sandbox.config.token:
            await _answer(send, 401, ApiError(401, "Unauthorized").body())
        elif stored is None:
            await _answer(send, 404, ApiError(404, "Not Found").body())
        else:
            await _send(send, 200, stored.data, b"application/octet-stream")


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _answer(send: Send, status: int, body: dict[str, Any]) -> None:
    await _send(send, status, _ENCODER.encode(body).encode(), b"application/json")


async def _send(send: Send, status: int, body: bytes, kind: bytes) -> None:
    headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
