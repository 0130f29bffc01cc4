"""One session of a worker: looked at and started, for whoever manages it and for whoever sends through it."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import quote

from domain.accounts.web import WebSession
from domain.delivery.ports import ChannelDown
from whatsapp.web.wire import session_from_json, start_to_json
from whatsapp.web.worker import LONGEST_WAIT, SLACK, Worker

T = TypeVar("T")


class Session:
    """`name` as its worker has it. Every verb raises what `Worker.ask` does."""

    def __init__(self, worker: Worker, name: str) -> None:
        self.worker, self.name = worker, name

    async def ask(self, method: str, below: str = "", **how: Any) -> Any:
        """As `Worker.ask`, of something of this session."""
        return await self.worker.ask(method, self.path(below), **how)

    def path(self, below: str = "") -> str:
        return f"sessions/{self.name}/{below}".rstrip("/")

    def path_of(self, key: str) -> str:
        """Of a message; a key may hold anything."""
        return self.path(f"messages/{quote(key, safe='')}")

    async def start(self, *, number: str | None = None, listen_since: datetime | None = None) -> WebSession:
        """See `WebSessions.start`."""
        return self._seen(await self.ask("PUT", json=start_to_json(number, listen_since)))

    async def look(self, *, rev: int | None = None, wait_seconds: float = 0) -> WebSession:
        """See `WebSessions.look`."""
        wait = min(round(wait_seconds), LONGEST_WAIT)
        params = {} if rev is None else {"rev": rev, "wait": wait}
        return self._seen(await self.ask("GET", params=params, seconds=wait + SLACK))

    def _seen(self, body: Any) -> WebSession:
        remote = f"{self.worker.name}/{self.name}"
        return shaped(lambda body: session_from_json(remote, body), body)


def shaped(read: Callable[[Any], T], body: Any) -> T:
    """What `read` makes of an answer. Raises ChannelDown for one that is not of its shape."""
    try:
        return read(body)
    except (ValueError, KeyError, TypeError) as error:
        raise ChannelDown("the worker's answer cannot be read") from error
