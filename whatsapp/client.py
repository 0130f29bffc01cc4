"""What channels over HTTP share: the client, what its errors mean, and the file sent again and again."""

import errno
import socket
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from ipaddress import ip_address
from ssl import SSLContext
from typing import Any
from urllib.parse import urlsplit

import httpx

from domain.delivery.content import Media
from domain.delivery.ports import MediaMissing, MediaStore

#: What channels take as one file, in bytes.
MAX_MEDIA = 64 * 1024 * 1024
#: A file up to here is held whole.
KEPT_AT_HAND = 16 * 1024 * 1024

#: Idle connections are let go before the other side does it (uvicorn after 5 s), so that none is reused while
#: it is closing.
KEPT_SECONDS = 3.0


def build_client(*, connections: int = 100) -> httpx.AsyncClient:
    """httpx over aiohttp (measured two to three times faster than httpx's own transport)."""

    def made() -> httpx.AsyncBaseTransport:
        from httpx_aiohttp import AiohttpTransport

        limits = httpx.Limits(max_connections=connections, keepalive_expiry=KEPT_SECONDS)
        return AiohttpTransport(limits=limits, trust_env=False, verify=_trusted())

    return _Straight(transport=_WhenNeeded(made), trust_env=False)


class _Straight(httpx.AsyncClient):
    """Without what httpx does around each request: cookies, redirects, authentication, a line in its log.
    Nobody here has a use for them, and they were a fifth of the time of a message. What is said of them to
    one request is not heard; a request made by hand has the limits of time that it was made with."""

    async def send(self, request: httpx.Request, *, stream: bool = False, **_: Any) -> httpx.Response:
        if self.is_closed:
            raise RuntimeError("the client is closed")
        response = await self._transport.handle_async_request(request)
        response.request = request
        if not stream:
            try:
                await response.aread()
            finally:
                await response.aclose()
        return response


@cache
def _trusted() -> SSLContext:
    """Whose certificates hold: the same for all clients, as reading them takes 15 ms and 1 MB each time."""
    return httpx.create_ssl_context(trust_env=False)


def build_cloud_client(*, connections: int = 100, wait: float = 5.0) -> httpx.AsyncClient:
    """For the official channel (whatsapp/reqwest.py), by way of `transport_of`. `wait`: in seconds, for a
    connection that is free, and then for it to be made."""

    def made() -> httpx.AsyncBaseTransport:
        from whatsapp.reqwest import ReqwestTransport

        return ReqwestTransport(
            connections=connections, wait=timedelta(seconds=wait), idle=timedelta(seconds=KEPT_SECONDS)
        )

    return httpx.AsyncClient(transport=_WhenNeeded(made), trust_env=False)


class _WhenNeeded(httpx.AsyncBaseTransport):
    """Made with the first request: what nobody travels on is never loaded."""

    def __init__(self, make: Callable[[], httpx.AsyncBaseTransport]) -> None:
        self._make = make
        self._made: httpx.AsyncBaseTransport | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self._made is None:
            self._made = self._make()
        return await self._made.handle_async_request(request)

    async def aclose(self) -> None:
        if self._made is not None:
            await self._made.aclose()


class NeverLeft(httpx.ConnectError):
    """A request of which certainly nothing was written."""


def transport_of(client: httpx.AsyncClient) -> httpx.AsyncBaseTransport:
    """The connections of a client, without what it does around each request (defaults merged, cookies,
    redirects, a log line): half of the time of a message over the official channel, and none of it is wanted
    there (measured: 490 microseconds through the client, 255 past it)."""
    return client._transport


def never_left(error: BaseException) -> bool:
    """Whether the request certainly never reached the other side: nobody was listening.

    The class httpx gives the error cannot tell: httpx-aiohttp calls a connection lost after writing
    `ConnectTimeout` too. What says it for certain is the operating system's refusal underneath.
    """
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, socket.gaierror):
            return True
        if isinstance(cause, OSError) and cause.errno == errno.ECONNREFUSED:
            return True
        cause = cause.__cause__
    return False


def is_on_this_machine(url: str) -> bool:
    """Whether nothing leaves it for that address."""
    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


class LastFile:
    """A campaign sends one file many times: the last one is kept at hand while it is not large."""

    def __init__(self, media: MediaStore) -> None:
        self._media = media
        self._kept: tuple[str, bytes] | None = None

    async def get(self, media: Media) -> bytes | None:
        """The whole file; None for one that is missing or too large for a channel. Raises `MediaAway`."""
        if media.size > MAX_MEDIA:
            return None
        if self._kept is not None and self._kept[0] == media.key:
            return self._kept[1]
        try:
            file = await self._media.get(media.key)
        except MediaMissing:
            return None
        self._kept = (media.key, file) if len(file) <= KEPT_AT_HAND else None
        return file
