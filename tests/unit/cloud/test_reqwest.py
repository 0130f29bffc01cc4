"""The way of the official channel's calls: what certainly never left is told from all else."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.unit.cloud.facebook import http_answer, read_request
from whatsapp.client import NeverLeft
from whatsapp.reqwest import ReqwestTransport

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def far_side(handler: Handler, context: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """Its address. Ends when nobody is connected any more."""
    ended: list[asyncio.Task[None] | None] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ended.append(asyncio.current_task())
        try:
            await handler(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "localhost", 0, ssl=context)
    try:
        yield f"{'http' if context is None else 'https'}://localhost:{server.sockets[0].getsockname()[1]}/"
        await asyncio.gather(*filter(None, ended))
    finally:
        server.close()


@asynccontextmanager
async def transport() -> AsyncIterator[ReqwestTransport]:
    way = ReqwestTransport(connections=5, wait=timedelta(seconds=5), idle=timedelta(seconds=3))
    try:
        yield way
    finally:
        await way.aclose()


def request(url: str, *, seconds: float = 5.0) -> httpx.Request:
    return httpx.Request("POST", url, content=b"{}", extensions={"timeout": {"read": seconds}})


async def test_a_far_side_that_cannot_show_who_it_is_is_told_nothing(tmp_path: Path) -> None:
    heard: list[bytes] = []

    async def listens(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.read(100))

    async with far_side(listens, its_own_certificate(tmp_path)) as url, transport() as way:
        with pytest.raises(NeverLeft):
            await way.handle_async_request(request(url))
    assert not any(heard)


async def test_nobody_is_followed_elsewhere() -> None:
    async def sends_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(b"HTTP/1.1 307 X\r\nLocation: http://localhost:9/\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()

    async with far_side(sends_on) as url, transport() as way:
        answer = await way.handle_async_request(request(url))
        await answer.aclose()
    assert answer.status_code == 307


@pytest.mark.parametrize("says", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"])
async def test_a_call_that_is_given_up_keeps_no_connection(says: bytes) -> None:
    async def stops(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(says)
        assert await reader.read() == b""  # until the other side hangs up

    async with transport() as way, far_side(stops) as url:
        with pytest.raises((TimeoutError, httpx.ReadTimeout)):
            async with asyncio.timeout(0.1):
                answer = await way.handle_async_request(request(url, seconds=0.3))
                async for _ in answer.stream:  # type: ignore[union-attr]
                    pass


async def test_who_hangs_up_on_a_second_call_is_not_called_a_third_time() -> None:
    calls: list[bytes] = []

    async def hangs_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        calls.append((await read_request(reader))[1])
        writer.write(http_answer(200, {}))
        calls.append((await read_request(reader))[1])
        writer.transport.abort()

    async with far_side(hangs_up) as url, transport() as way:
        answer = await way.handle_async_request(request(url))
        assert [piece async for piece in answer.stream] == [b"{}"]  # type: ignore[union-attr]
        await answer.aclose()
        with pytest.raises(httpx.ReadError):
            await way.handle_async_request(request(url))
    assert calls == [b"{}", b"{}"]


def its_own_certificate(folder: Path) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = folder / "own.pem"
    form = serialization.PrivateFormat.PKCS8
    secret = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
    file.write_bytes(secret + certificate.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context
