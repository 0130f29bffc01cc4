"""The bot's own web server: there when it is needed, gone with the program, and no trouble to anybody."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp
from structlog.testing import capture_logs

from bot.web_lines import LONGEST_HEAD, Lines
from bot.web_server import WebServer
from tests.unit.cloud.cast import StillClock
from tests.unit.cloud.test_webhook_door import Inbox, Keys
from whatsapp.cloud.http import WebhookDoor, webhook_app


async def hello(_: Request) -> Response:
    return PlainTextResponse("hello")


APP = Starlette(routes=[Route("/hello", hello)])


def door(read_seconds: float = 5.0) -> WebhookDoor:
    return WebhookDoor(Keys(), Inbox(), StillClock(), read_seconds=read_seconds)


def needed(now: bool = True) -> asyncio.Event:
    event = asyncio.Event()
    if now:
        event.set()
    return event


@asynccontextmanager
async def running(server: WebServer) -> AsyncIterator[None]:
    async with asyncio.TaskGroup() as group:
        task = group.create_task(server.run())
        try:
            yield
        finally:
            task.cancel()


async def test_it_answers_once_it_is_needed_and_not_before() -> None:
    need = needed(now=False)
    server = WebServer(APP, host="127.0.0.1", port=0, needed=need)
    async with running(server):
        for _ in range(10):
            await asyncio.sleep(0)
        assert not server.listening.is_set()
        need.set()
        async with asyncio.timeout(10), httpx.AsyncClient(trust_env=False) as client:
            await server.listening.wait()
            answer = await client.get(f"http://127.0.0.1:{server.port}/hello")
    assert answer.text == "hello"
    assert "server" not in answer.headers


async def test_the_port_is_free_again_after_it_has_stopped() -> None:
    server = WebServer(APP, host="127.0.0.1", port=0, needed=needed())
    async with running(server):
        async with asyncio.timeout(10):
            await server.listening.wait()
    assert not server.listening.is_set()
    with socket.create_server(("127.0.0.1", server.port)):
        pass


@dataclass(kw_only=True)
class Client:
    """Speaks HTTP by hand, byte by byte where it likes."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def send(self, words: bytes) -> None:
        self.writer.write(words)

    async def answer(self) -> bytes:
        """One with a length; empty once the line is closed."""
        try:
            head = await self.reader.readuntil(b"\r\n\r\n")
        except (asyncio.IncompleteReadError, ConnectionError):
            return b""
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r")[0])
        return head + await self.reader.readexactly(length)

    async def is_closed(self) -> bool:
        """Waits for it."""
        try:
            return await self.reader.read(1) == b""
        except ConnectionError:
            return True

    async def drips_until_closed(self) -> None:
        async with asyncio.TaskGroup() as group:
            closed = group.create_task(self.is_closed())
            while not closed.done():
                self.send(b"x")
                await asyncio.wait({closed}, timeout=0.01)


@asynccontextmanager
async def served(app: ASGIApp = APP, **limits: Any) -> AsyncIterator[Callable[[], Awaitable[Client]]]:
    """Yields what opens one more line."""
    server = WebServer(app, host="127.0.0.1", port=0, needed=needed(), lines=Lines(**limits))
    clients: list[Client] = []

    async def client() -> Client:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        clients.append(Client(reader=reader, writer=writer))
        return clients[-1]

    async with running(server), asyncio.timeout(20):
        await server.listening.wait()
        yield client
        for one in clients:
            one.writer.close()


ASK = b"GET /hello HTTP/1.1\r\nHost: bot.example\r\n\r\n"
LONG = 3600.0


async def test_half_a_head_and_then_nothing_is_cut_off_and_holds_nobody_up() -> None:
    async with served(head_seconds=1) as line:
        slow, other = await line(), await line()
        slow.send(ASK[:20])
        other.send(ASK)
        assert b"200 OK" in await other.answer()
        assert await slow.is_closed()


async def test_who_says_nothing_at_all_is_cut_off() -> None:
    async with served(head_seconds=0.05) as line:
        assert await (await line()).is_closed()


@pytest.mark.parametrize("before", [b"", ASK])
async def test_a_head_that_comes_byte_by_byte_is_cut_off_also_after_a_good_one(before: bytes) -> None:
    async with served(head_seconds=0.5) as line:
        slow = await line()
        if before:
            slow.send(before)
            assert b"200 OK" in await slow.answer()
        slow.send(b"GET /hello HTTP/1.1\r\nX-Slow: ")
        await slow.drips_until_closed()


async def test_a_head_without_end_is_cut_off() -> None:
    async with served(head_seconds=LONG) as line:
        endless = await line()
        endless.send(b"GET /hello HTTP/1.1\r\n" + b"X-More: " + b"x" * LONGEST_HEAD)
        assert await endless.is_closed()


async def test_a_line_that_was_answered_is_kept_for_the_next_request() -> None:
    async with served(head_seconds=0.5) as line:
        kept = await line()
        kept.send(ASK)
        assert b"200 OK" in await kept.answer()
        # Longer than a head may take: between requests there is no hurry.
        await asyncio.sleep(0.6)
        kept.send(ASK)
        assert b"200 OK" in await kept.answer()


async def test_too_many_lines_cost_the_one_that_has_waited_longest() -> None:
    async with served(head_seconds=LONG, most=3) as line:
        first, *others = [await line() for _ in range(3)]
        newest = await line()
        assert await first.is_closed()
        for one in (newest, *others):
            one.send(ASK)
            assert b"200 OK" in await one.answer()


async def test_lines_over_which_something_is_worked_are_not_cut_for_new_ones() -> None:
    let_go, at_work = asyncio.Event(), asyncio.Semaphore(0)

    async def slowly(_: Request) -> Response:
        at_work.release()
        await let_go.wait()
        return PlainTextResponse("done")

    async with served(Starlette(routes=[Route("/hello", slowly)]), head_seconds=LONG, most=2) as line:
        busy = [await line() for _ in range(2)]
        for one in busy:
            one.send(ASK)
            await at_work.acquire()
        assert await (await line()).is_closed()
        let_go.set()
        assert [b"200 OK" in await one.answer() for one in busy] == [True, True]


async def test_a_body_that_drips_is_answered_and_the_line_closed() -> None:
    async with served(webhook_app(door(read_seconds=0.05)), head_seconds=LONG) as line:
        slow = await line()
        slow.send(b"POST /webhooks/whatsapp HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
        assert b"408 " in await slow.answer()
        assert await slow.is_closed()


async def test_a_body_that_nobody_reads_does_not_keep_a_line() -> None:
    async with served(head_seconds=0.5) as line:
        slow = await line()
        slow.send(b"POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n")
        assert b"404 " in await slow.answer()
        await slow.drips_until_closed()


async def test_a_large_body_is_no_head() -> None:
    async with served(webhook_app(door()), head_seconds=LONG) as line:
        body = b" " * (LONGEST_HEAD * 3)
        client = await line()
        client.send(b"POST /webhooks/whatsapp HTTP/1.1\r\nHost: x\r\n")
        client.send(b"Content-Length: %d\r\n\r\n" % len(body))
        for start in range(0, len(body), 1000):
            client.send(body[start : start + 1000])
            await client.writer.drain()
        assert b"401 " in await client.answer()
        client.send(ASK.replace(b"/hello", b"/webhooks/whatsapp"))
        assert b"400 " in await client.answer()


async def test_a_port_that_is_taken_is_tried_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        server = WebServer(APP, host="127.0.0.1", port=port, needed=needed(), again=0.01)
        with capture_logs() as logs:
            async with running(server), asyncio.timeout(10):
                while not logs:
                    await asyncio.sleep(0)
                taken.close()
                await server.listening.wait()
    assert (logs[0]["event"], logs[0]["purpose"]) == ("cannot listen", "webhooks")
