"""A tool of this machine: pages of other sites may not reach it, under any name."""

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class LoopbackOnly:
    """Refuses a foreign Host (a name pointed at us) and a foreign Origin (another site's page)."""

    def __init__(self, app: ASGIApp, extra: frozenset[str] = frozenset()) -> None:
        self._app = app
        self._names = LOOPBACK | extra

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not self._is_ours(Headers(scope=scope)):
            answer = JSONResponse({"error": "only for this machine"}, status_code=403)
            await answer(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _is_ours(self, headers: Headers) -> bool:
        host = headers.get("host", "")
        try:
            if urlsplit(f"//{host}").hostname not in self._names:
                return False
            origin = headers.get("origin")
            return origin is None or urlsplit(origin).netloc == host
        except ValueError:
            return False
