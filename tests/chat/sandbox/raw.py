"""The Bot API by hand: no library between the test and the wire."""

import json
from types import TracebackType
from typing import Any, Self

import httpx

from bot.sandbox.app import build_sandbox
from bot.sandbox.state import Sandbox
from tests.fakes.sandbox import RunningSandbox


class Refused(Exception):
    """An answer with ok: false."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        super().__init__(f"{status} {body['description']}")
        self.status = status
        self.body = body
        self.description: str = body["description"]


class RawBot:
    """Calls methods by name; lists and objects go as JSON, as Telegram wants them."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http

    @classmethod
    def over_http(cls, running: RunningSandbox, *, token: str | None = None) -> Self:
        """Against a running server."""
        url = f"{running.bot_url}{token or running.token}/"
        return cls(httpx.AsyncClient(base_url=url, timeout=30, trust_env=False))

    @classmethod
    def inside(cls, sandbox: Sandbox) -> Self:
        """Against the application, without a socket: quick, for tables of cases."""
        transport = httpx.ASGITransport(build_sandbox(sandbox=sandbox), raise_app_exceptions=True)
        url = f"http://testserver/bot{sandbox.config.token}/"
        return cls(httpx.AsyncClient(base_url=url, transport=transport))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.http.aclose()

    async def call(self, method: str, files: dict[str, tuple[str, bytes]] | None = None, **args: Any) -> Any:
        """The result of a call. Raises `Refused`."""
        response = await self.post(method, files=files, **args)
        body = response.json()
        if not body["ok"]:
            assert response.status_code == body["error_code"]
            raise Refused(response.status_code, body)
        assert response.status_code == 200
        return body["result"]

    async def post(
        self, method: str, files: dict[str, tuple[str, bytes]] | None = None, **args: Any
    ) -> httpx.Response:
        """The same, whatever the answer."""
        data = {k: v if isinstance(v, str) else json.dumps(v) for k, v in args.items()}
        return await self.http.post(method, data=data, files=files)

    async def updates(self, offset: int = 0, **args: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = await self.call("getUpdates", offset=offset, **args)
        return found
