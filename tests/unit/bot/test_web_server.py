"""The bot's own web server: there when it is needed, gone with the program, and no trouble to anybody."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from structlog.testing import capture_logs

from bot.web_server import WebServer


async def hello(_: Request) -> Response:
    return PlainTextResponse("hello")


APP = Starlette(routes=[Route("/hello", hello)])


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
    assert logs[0]["event"] == "webhooks cannot be listened for"
