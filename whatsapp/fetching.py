"""What people sent along, fetched piece by piece: limits on time and size that hold for every channel."""

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import Final

import httpx
import orjson

from domain.delivery.ports import LARGEST_ATTACHMENT, AttachmentTooLarge, ChannelDown
from whatsapp.client import transport_of

#: For all of a fetch; the slowest line we bear with has 20 MB through by then.
FETCH_SECONDS: Final = 90.0
_CONNECT_SECONDS: Final = 5.0
_LONGEST_REFUSAL: Final = 64 * 1024


class Found:
    """The answer to a request for content; its body is read once, by `pieces` or by `refusal`."""

    def __init__(self, response: httpx.Response, end: float) -> None:
        self.status = response.status_code
        self._response, self._end = response, end

    async def pieces(self) -> AsyncIterator[bytes]:
        """The content. Raises AttachmentTooLarge, before anything is read where the length is told, or
        ChannelDown for a line that breaks or is too slow."""
        told = self._response.headers.get("content-length", "")
        if told.isascii() and told.isdigit() and int(told[:20]) > LARGEST_ATTACHMENT:
            raise AttachmentTooLarge
        size = 0
        async for piece in self._raw():
            size += len(piece)
            if size > LARGEST_ATTACHMENT:
                raise AttachmentTooLarge
            yield piece

    async def refusal(self) -> object:
        """The JSON that a refusal has for a body; None for what is none. Raises ChannelDown."""
        body = b""
        async for piece in self._raw():
            body += piece
            if len(body) > _LONGEST_REFUSAL:
                return None
        try:
            return orjson.loads(body)
        except ValueError:
            return None

    async def _raw(self) -> AsyncIterator[bytes]:
        stream = self._response.stream
        assert isinstance(stream, httpx.AsyncByteStream)  # noqa: S101
        pieces = aiter(stream)
        while True:
            with _line():
                async with asyncio.timeout_at(self._end):
                    piece = await anext(pieces, None)
            if piece is None:
                return
            yield piece


@asynccontextmanager
async def found_at(
    client: httpx.AsyncClient, url: str, headers: Mapping[str, str], *, seconds: float = FETCH_SECONDS
) -> AsyncIterator[Found]:
    """The answer to a GET of `url`, all of it within `seconds`. No redirect is followed, and nothing is
    unpacked: a small answer cannot become a large one. Raises ChannelDown."""
    end = asyncio.get_running_loop().time() + seconds
    soon = min(_CONNECT_SECONDS, seconds)
    limits = {"connect": soon, "read": seconds, "write": seconds, "pool": soon}
    with _line():
        request = httpx.Request(
            "GET", url, headers={**headers, "Accept-Encoding": "identity"}, extensions={"timeout": limits}
        )
        # Past the client, which would write the address into the log.
        async with asyncio.timeout_at(end):
            response = await transport_of(client).handle_async_request(request)
    try:
        yield Found(response, end)
    finally:
        await response.aclose()


@contextmanager
def _line() -> Iterator[None]:
    """Whatever the line does is ChannelDown."""
    try:
        yield
    except _faults() as error:
        raise ChannelDown(f"the content did not come ({type(error).__name__})") from error


def _faults() -> tuple[type[Exception], ...]:
    """What a line does. aiohttp's own come in the middle of an answer, where anybody travels on it."""
    faults = (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError)
    if "aiohttp" not in sys.modules:
        return faults
    from aiohttp import ClientError

    return (*faults, ClientError)
