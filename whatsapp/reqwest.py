"""httpx over reqwest: what the official channel's calls travel on.

A message costs the event loop a third of what it costs over aiohttp; the rest of the work is done beside it
(docs/decisions/0040).
"""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Final

import certifi
import httpx
from pyreqwest import exceptions as theirs
from pyreqwest.client import Client, ClientBuilder
from pyreqwest.request import RequestBuilder, StreamRequest
from pyreqwest.response import Response

from whatsapp.client import NeverLeft

#: What reqwest says of an attempt that never had a connection. It has one class for that and for a connection
#: that was lost later. Should it ever say it otherwise, such an attempt is taken for one that may have left.
_NO_CONNECTION: Final = "client error (Connect)"
#: Where the address and headers of a request are kept for others like it.
_HEAD: Final = "reqwest_head"


class ReqwestTransport(httpx.AsyncBaseTransport):
    """So many `connections` at most; `wait`: for one that is free, and then for it to be made. The whole of a
    request, its answer's body too, takes at most what the request has for a "read" timeout. Idle connections
    are let go after `idle`. No redirect is followed, nothing is unpacked, no cookie kept. Of the headers of
    an answer its length alone is given.

    Raises NeverLeft where certainly nothing was written, and other errors of httpx where something may have
    been. A request that was written is not sent again by itself.
    """

    def __init__(self, *, connections: int, wait: timedelta, idle: timedelta) -> None:
        # Beside those that the operating system trusts, which it may keep anywhere or have none of.
        roots = Path(certifi.where()).read_bytes()
        self._client: Client = (
            ClientBuilder().no_proxy().http1_only().follow_redirects(False).gzip(False).brotli(False)
            .zstd(False).deflate(False).add_root_certificate_pem(roots).max_connections(connections)
            .connect_timeout(wait).pool_timeout(wait).pool_idle_timeout(idle).build()
        )  # fmt: skip

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Raises httpx.RequestError."""
        sent = _built(self._client, request)
        try:
            response = await sent.__aenter__()
        except theirs.PyreqwestError as error:
            raise _named(error) from error
        size = response.get_header("content-length")
        head = None if size is None else {"content-length": size}
        return httpx.Response(response.status, headers=head, stream=_Body(sent, response))

    async def aclose(self) -> None:
        await self._client.close()


class _Body(httpx.AsyncByteStream):
    def __init__(self, sent: StreamRequest, response: Response) -> None:
        self._sent, self._reader = sent, response.body_reader

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            while (piece := await self._reader.read()) is not None:
                yield bytes(piece)
        except theirs.PyreqwestError as error:
            raise _named(error) from error

    async def aclose(self) -> None:
        await self._sent.__aexit__(None, None, None)


def _built(client: Client, request: httpx.Request) -> StreamRequest:
    try:
        builder = _with_head(client, request)
    except ValueError as error:  # BuilderError is one too
        raise NeverLeft("an address or a header that no request can have") from error
    try:
        content = request.content
    except httpx.RequestNotRead:
        stream = request.stream
        assert isinstance(stream, httpx.AsyncByteStream)  # noqa: S101
        return builder.body_stream(stream).build_streamed()
    return builder.body_bytes(content).build_streamed()


def _with_head(client: Client, request: httpx.Request) -> RequestBuilder:
    head = request.extensions.get(_HEAD)
    if head is None:
        # Without a limit of its own a request that nobody waits for any more would keep its connection.
        limit = timedelta(seconds=request.extensions["timeout"]["read"])
        head = request.method, str(request.url), request.headers.multi_items(), limit
        request.extensions[_HEAD] = head
    method, url, fields, limit = head
    return client.request(method, url).headers(fields).timeout(limit)


def _named(error: theirs.PyreqwestError) -> httpx.RequestError:
    """As httpx names it. Their text has the address in it, which is left out."""
    if isinstance(error, theirs.PoolTimeoutError | theirs.BuilderError) or _has_no_connection(error):
        return NeverLeft("no connection was made")
    if isinstance(error, theirs.RequestTimeoutError):
        return httpx.ReadTimeout("no answer in time")
    if isinstance(error, theirs.DecodeError):
        return httpx.RemoteProtocolError("an answer that is none")
    return httpx.ReadError("the connection was lost")


def _has_no_connection(error: theirs.PyreqwestError) -> bool:
    causes = error.details.get("causes") if isinstance(error, theirs.DetailedPyreqwestError) else None
    return any(cause["message"] == _NO_CONNECTION for cause in causes or ())
