"""The client without what httpx does around a request: what becomes of a connection and of a body."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from whatsapp.client import build_client

WHOLE = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nSet-Cookie: a=b\r\n\r\nhello"
BROKEN = b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello"
MOVED = b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n"


@asynccontextmanager
async def serving(*answers: bytes, hold: bool = False) -> AsyncIterator[tuple[str, list[bytes]]]:
    """Gives one answer after the other; what does not end it breaks off, or holds."""
    heads: list[bytes] = []
    left = iter(answers)
    held = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                heads.append(head)
                answer = next(left)
                writer.write(answer)
                await writer.drain()
                if answer is BROKEN:
                    await (held.wait() if hold else asyncio.sleep(0))
                    break
        except asyncio.IncompleteReadError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", heads
        held.set()


async def test_answers_come_whole_without_cookies_and_redirects_are_answers() -> None:
    async with build_client() as client, serving(WHOLE, MOVED, WHOLE) as (url, heads):
        answer = await client.get(url)
        assert (answer.text, str(answer.request.url)) == ("hello", url)
        answer.raise_for_status()
        assert (await client.get(url)).status_code == 302
        async with client.stream("GET", url) as streamed:
            assert [piece async for piece in streamed.aiter_bytes()] == [b"hello"]
    assert len(heads) == 3
    assert not any(b"cookie" in head.lower() for head in heads)


async def test_a_body_that_breaks_off_is_an_error_and_the_next_request_goes_through() -> None:
    async with build_client() as client, serving(BROKEN, WHOLE) as (url, _heads):
        with pytest.raises(httpx.HTTPError):
            await client.get(url)
        assert (await client.get(url)).text == "hello"


async def test_whoever_stops_waiting_for_a_body_leaves_no_connection_behind() -> None:
    async with build_client(connections=1) as client, serving(BROKEN, WHOLE, hold=True) as (url, heads):
        async with asyncio.timeout(10):
            waiting = asyncio.get_running_loop().create_task(client.get(url))
            while not heads:
                await asyncio.sleep(0)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
            assert (await client.get(url)).text == "hello"


async def test_a_closed_client_sends_nothing() -> None:
    client = build_client()
    await client.aclose()
    with pytest.raises(RuntimeError):
        await client.get("http://127.0.0.1:9/")
