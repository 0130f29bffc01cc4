"""One way to the Graph API: token in a header, limits on time and size, errors told apart."""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

import httpx
import orjson

from whatsapp.client import NeverLeft, transport_of

#: Longest answer that is read, in bytes. An answer to a message has about 300.
LONGEST_ANSWER: Final = 64 * 1024
LONGEST_LIST: Final = 8 * 1024 * 1024


class CallFailed(Exception):
    """No answer. `never_sent`: the request certainly never reached the other side. `reason`: "silence" or
    "connection_lost"."""

    def __init__(self, reason: str, *, never_sent: bool) -> None:
        super().__init__(reason)
        self.reason, self.never_sent = reason, never_sent


@dataclass(frozen=True, slots=True)
class Answer:
    """`body` is the parsed JSON; None for what is not JSON, or too long."""

    status: int
    body: object


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudLine:
    """One number of the Cloud API. `base_url` with its version, such as https://graph.facebook.com/v23.0;
    `token` is asked each time, so that a rotated one counts at once."""

    base_url: str
    phone_number_id: str
    token: Callable[[], str] = field(repr=False)

    def url(self, path: str) -> str:
        return f"{self.base_url.rstrip('/')}/{path}"


class _Like(httpx.Request):
    """The same request with other content: address and headers are worked out once, not for every message."""

    def __init__(self, like: httpx.Request, content: bytes) -> None:
        self.method, self.url, self.headers = like.method, like.url, like.headers
        self.extensions, self.stream = like.extensions, httpx.ByteStream(content)
        self._content = content


class Calls:
    """Calls over one client (`build_cloud_client`, which keeps to the limit of time that a request has), for
    one token. `seconds` for the whole of a call."""

    def __init__(self, client: httpx.AsyncClient, line: CloudLine, *, seconds: float = 20.0) -> None:
        self._transport, self._line, self._seconds = transport_of(client), line, seconds
        #: The last request by where it went and with which token.
        self._likes: dict[tuple[str, str], httpx.Request] = {}

    async def post_json(self, path: str, body: object) -> Answer:
        """Raises CallFailed; TypeError (before anything is sent) for what is no JSON."""
        content, token = orjson.dumps(body), self._line.token()
        like = self._likes.get((path, token))
        if like is None:
            headers = {"Content-Type": "application/json"}
            like = self._request("POST", path, token, self._seconds, headers=headers, content=b"")
            del like.headers["Content-Length"]
            self._likes = {(path, token): like}
        return await self._send(_Like(like, content), LONGEST_ANSWER)

    async def post_stream(
        self, path: str, pieces: AsyncIterator[bytes], headers: Mapping[str, str], *, seconds: float
    ) -> Answer:
        token = self._line.token()
        request = self._request("POST", path, token, seconds, headers=headers, content=pieces)
        return await self._send(request, LONGEST_ANSWER)

    async def get(self, path: str, params: Mapping[str, str], *, longest: int = LONGEST_LIST) -> Answer:
        request = self._request("GET", path, self._line.token(), self._seconds, params=params)
        return await self._send(request, longest)

    def _request(
        self,
        method: str,
        path: str,
        token: str,
        limit: float,
        *,
        content: bytes | AsyncIterator[bytes] | None = None,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
    ) -> httpx.Request:
        ours = {
            "Authorization": f"Bearer {token}",
            # Nothing is unpacked: a small answer cannot become a large one.
            "Accept-Encoding": "identity",
        }
        try:
            return httpx.Request(
                method,
                self._line.url(path),
                content=content,
                params=params,
                headers={**(headers or {}), **ours},
                extensions={"timeout": {"read": limit}},
            )
        except (ValueError, httpx.InvalidURL) as error:
            # A token or an address that no request can carry.
            raise CallFailed("connection_lost", never_sent=True) from error

    async def _send(self, request: httpx.Request, longest: int) -> Answer:
        try:
            return await self._answer(request, longest)
        except httpx.TimeoutException as error:
            raise CallFailed("silence", never_sent=False) from error
        except NeverLeft as error:
            raise CallFailed("connection_lost", never_sent=True) from error
        except (httpx.HTTPError, OSError) as error:
            raise CallFailed("connection_lost", never_sent=False) from error

    async def _answer(self, request: httpx.Request, longest: int) -> Answer:
        response = await self._transport.handle_async_request(request)
        stream = response.stream
        assert isinstance(stream, httpx.AsyncByteStream)  # noqa: S101
        try:
            pieces, size = [], 0
            async for piece in stream:
                size += len(piece)
                if size > longest:
                    return Answer(response.status_code, None)
                pieces.append(piece)
        finally:
            await stream.aclose()
        return Answer(response.status_code, _json(b"".join(pieces)))


def _json(raw: bytes) -> object:
    try:
        return orjson.loads(raw)
    except ValueError:
        return None
