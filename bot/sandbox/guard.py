"""Keeps web pages of others out: the sandbox answers on loopback, without a password."""

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send


class LoopbackGuard:
    """Refuses a Host that is not ours (DNS rebinding) and an Origin that is not the Host (other sites)."""

    def __init__(self, app: ASGIApp, hosts: frozenset[str]) -> None:
        self._app = app
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (reason := self._refusal(Headers(scope=scope))):
            await JSONResponse({"error": reason}, status_code=403)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _refusal(self, headers: Headers) -> str | None:
        host = headers.get("host", "")
        try:
            name = urlsplit(f"//{host}").hostname
            origin = urlsplit(headers["origin"]).netloc if "origin" in headers else host
        except ValueError:
            name, origin = None, ""
        if name not in self._hosts:
            return "the sandbox is reached by 127.0.0.1 or localhost only"
        if origin.lower() != host.lower():
            return "the sandbox does not serve pages of other sites"
        return None
