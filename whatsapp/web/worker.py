"""One worker, asked over HTTP: where it listens, what its answers and its silence mean."""

import asyncio
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, Protocol

import httpx

from domain.accounts.web import WorkerMissing, WorkerRefuses, WorkerTrouble
from domain.delivery.ports import ChannelDown
from whatsapp.client import never_left

#: For whatever is answered from memory, in seconds.
PROMPTLY: Final = 15.0
#: On top of what the worker was asked to wait, in seconds.
SLACK: Final = 10.0
#: What the worker waits at most in one request, in seconds.
LONGEST_WAIT: Final = 60


class NotThere(ChannelDown):
    """Nobody listens: certainly nothing has reached the worker."""


class Doubtful(ChannelDown):
    """The line broke, or no answer came in time: perhaps it has. `reason` is a stable code."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Place(Protocol):
    """Where a worker listens. It may move whenever it is started."""

    async def address(self) -> tuple[str, str]:
        """Its URL and its token; it is started if need be. Raises WorkerMissing."""
        ...

    async def glance(self) -> tuple[str, str] | None:
        """The same without starting anything: None where it is not needed yet. Raises WorkerMissing."""
        ...


@dataclass(frozen=True, slots=True)
class FixedPlace:
    """A worker that somebody else keeps running."""

    url: str
    token: str

    async def address(self) -> tuple[str, str]:
        return self.url, self.token

    async def glance(self) -> tuple[str, str] | None:
        return self.url, self.token


class Nowhere:
    """The place of a worker that the settings do not name."""

    async def address(self) -> tuple[str, str]:
        raise WorkerMissing(WorkerTrouble.WORKER_UNKNOWN)

    async def glance(self) -> tuple[str, str] | None:
        raise WorkerMissing(WorkerTrouble.WORKER_UNKNOWN)


class Worker:
    """`name` is the first half of the `remote` of every account it keeps."""

    def __init__(self, name: str, client: httpx.AsyncClient, place: Place) -> None:
        self.name, self.client, self.place = name, client, place

    async def call(
        self,
        method: str,
        path: str,
        *,
        seconds: float = PROMPTLY,
        at: tuple[str, str] | None = None,
        headers: dict[str, str] | None = None,
        **content: Any,
    ) -> httpx.Response:
        """One request, answered within `seconds`. Raises NotThere, Doubtful, or WorkerMissing."""
        url, token = at or await self.place.address()
        bearer = {"Authorization": f"Bearer {token}", **(headers or {})}
        if not {"json", "files", "data", "content"} & content.keys():
            # Or aiohttp gives an empty body a type of its own, which the worker does not take.
            bearer["Content-Type"] = "application/json"
        try:
            async with asyncio.timeout(seconds):
                return await self.client.request(
                    method, f"{url.rstrip('/')}/v1/{path}", headers=bearer, timeout=seconds, **content
                )
        except TimeoutError as error:
            raise Doubtful("silence") from error
        except (httpx.HTTPError, OSError, RuntimeError) as error:
            if never_left(error):
                raise NotThere(f"no worker listens ({self.name})") from error
            raise Doubtful("connection_lost") from error

    async def ask(self, method: str, path: str, **how: Any) -> Any:
        """The body of the answer, None where it has none. Raises WorkerRefuses, WorkerMissing for a token
        that is not the worker's, or ChannelDown."""
        answer = await self.call(method, path, **how)
        if answer.status_code == HTTPStatus.NO_CONTENT:
            return None
        if answer.is_success:
            try:
                return answer.json()
            except ValueError as error:
                raise Doubtful("bad_answer") from error
        code = error_of(answer)
        if answer.status_code == HTTPStatus.UNAUTHORIZED:
            raise WorkerMissing(WorkerTrouble.WORKER_UNAUTHORIZED)
        if code is None or code == "stopping":
            raise Doubtful(f"http_{answer.status_code}")
        raise WorkerRefuses(code)


def error_of(answer: httpx.Response) -> str | None:
    """The stable code of a refusal; None for an answer that is not the worker's."""
    try:
        code = answer.json()["error"]
    except (ValueError, KeyError, TypeError):
        return None
    return code if isinstance(code, str) else None
