"""A line to a Graph API that says what a test tells it to: in memory, or over a real socket."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import httpx

from domain.delivery.channel import ChannelEffects, MediaStream, UploadedMedia
from tests.unit.cloud.cast import (
    NUMBER_ID,
    TOKEN,
    HeardEffects,
    MemoryFiles,
    MemoryUploads,
    StillClock,
)
from whatsapp.client import build_cloud_client
from whatsapp.cloud.calls import CloudLine
from whatsapp.cloud.gateway import CloudGateway

ACCEPTED = {
    "messaging_product": "whatsapp",
    "contacts": [{"input": "+5511987654321", "wa_id": "551187654321", "user_id": "BR.1502576394655843"}],
    "messages": [{"id": "wamid.HBgLMTY0NjcwNDM1OTUVAgARGBI1RjQyNUE3NEYxMzAzMzQ5MkEA"}],
}


def error(code: int, details: str = "", **more: Any) -> dict[str, Any]:
    """As Meta publishes its errors."""
    return {
        "error": {
            "message": f"(#{code}) said by a test",
            "type": "OAuthException",
            "code": code,
            "error_data": {"messaging_product": "whatsapp", "details": details},
            "fbtrace_id": "Az8or2yhqkZfEZ-_4Qn_Bam",
            **more,
        }
    }


class Facebook:
    """Answers from a list, the last one again and again; remembers what it was asked."""

    def __init__(self, *answers: tuple[int, object] | Exception) -> None:
        self.answers = list(answers) or [(200, ACCEPTED)]
        self.asked: list[httpx.Request] = []

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        self.asked.append(request)
        await asyncio.sleep(0)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        status, body = answer
        if isinstance(body, bytes):
            return httpx.Response(status, content=body)
        return httpx.Response(status, json=body)

    @property
    def paths(self) -> list[str]:
        return [request.url.path.removeprefix("/v23.0/") for request in self.asked]

    def body(self, n: int = -1) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self.asked[n].content)
        return told


def line(base_url: str = "https://graph.example/v23.0", token: str = TOKEN) -> CloudLine:
    return CloudLine(base_url=base_url, phone_number_id=NUMBER_ID, token=lambda: token)


def gateway(
    client: httpx.AsyncClient,
    to: CloudLine | None = None,
    *,
    files: MediaStream | None = None,
    uploads: UploadedMedia | None = None,
    effects: ChannelEffects | None = None,
    clock: StillClock | None = None,
    seconds: float = 2.0,
) -> CloudGateway:
    return CloudGateway(
        client,
        to or line(),
        files=files or MemoryFiles(),
        uploaded=uploads or MemoryUploads(),
        effects=effects or HeardEffects(),
        clock=clock or StillClock(),
        seconds=seconds,
    )


@asynccontextmanager
async def calling(facebook: Facebook) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.MockTransport(facebook)) as client:
        yield client


Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def socket(handler: Handler) -> AsyncIterator[tuple[httpx.AsyncClient, CloudLine]]:
    """A real socket with a hand-written server behind it, and the product's own client before it."""

    serving = set[asyncio.Task[None] | None]()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving.add(asyncio.current_task())
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                await handler(reader, writer)
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        async with build_cloud_client() as client:
            yield client, line(f"http://127.0.0.1:{port}/v23.0")
        # A client that is closed lets go of its lines, though not at once.
        if ended := [task for task in serving if task is not None]:
            await asyncio.wait(ended)
    finally:
        server.close()
        await server.wait_closed()


async def read_request(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    """Head and body of one request, by its declared length or its chunks."""
    head = await reader.readuntil(b"\r\n\r\n")
    for field in head.split(b"\r\n"):
        name, _, value = field.partition(b":")
        if name.lower() == b"content-length":
            return head, await reader.readexactly(int(value))
    return head, b""


def http_answer(status: int, body: object) -> bytes:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    head = f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {len(raw)}\r\n\r\n"
    return head.encode() + raw
