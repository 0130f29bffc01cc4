"""HTTP as it can come over a line: in pieces, in heaps, in chunks, broken; and the process that serves it."""

import asyncio
import json
import signal
import subprocess
import sys

import pytest

from tests.contract.cloud_standin.stage import ADA, Stage, stage
from whatsapp.cloud.standin.wire import Chunks


def request(scene: Stage, body: bytes | None = None, *extra: str, length: bool = True) -> bytes:
    if body is None:
        template = {"name": "spring2", "language": {"code": "en"}}
        said = {"messaging_product": "whatsapp", "to": ADA, "type": "template", "template": template}
        body = json.dumps(said).encode()
    lines = [
        f"POST /v23.0/{scene.account['phone_number_id']}/messages HTTP/1.1",
        "Host: x",
        f"Authorization: Bearer {scene.account['token']}",
        *([f"Content-Length: {len(body)}"] if length else []),
        *extra,
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


async def line_to(scene: Stage) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    await scene.control("POST", "templates", {"name": "spring2"})
    return await asyncio.open_connection("127.0.0.1", scene.standin.port)


async def answer_from(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    length = next(line.split(":")[1] for line in head.split("\r\n") if line.startswith("Content-Length"))
    return int(head.split(" ")[1]), await reader.readexactly(int(length))


async def test_a_request_in_single_bytes_is_a_request() -> None:
    async with stage() as scene:
        reader, writer = await line_to(scene)
        for byte in request(scene):
            writer.write(bytes([byte]))
            await writer.drain()
        assert (await answer_from(reader))[0] == 200
        writer.close()


async def test_requests_in_a_heap_are_answered_in_order() -> None:
    async with stage() as scene:
        reader, writer = await line_to(scene)
        writer.write(request(scene) + request(scene, b"{}") + request(scene) + request(scene)[:50])
        assert [(await answer_from(reader))[0] for _ in range(3)] == [200, 400, 200]
        writer.write(request(scene)[50:])
        assert (await answer_from(reader))[0] == 200
        writer.close()


async def test_a_held_answer_holds_those_behind_it() -> None:
    async with stage() as scene:
        reader, writer = await line_to(scene)
        latency = {"kind": "latency", "seconds": 0.05, "times": 1}
        await scene.control("POST", "faults", latency)
        writer.write(request(scene) + request(scene, b"{}"))
        assert [(await answer_from(reader))[0] for _ in range(2)] == [200, 400]
        writer.close()


async def test_silence_ends_with_a_cut_line() -> None:
    async with stage(silence_seconds=0.05) as scene:
        for kind in ("silence_after", "drop_after", "silence_before", "drop_before"):
            reader, writer = await line_to(scene)
            await scene.control("POST", "faults", {"kind": kind, "times": 1})
            writer.write(request(scene))
            with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
                await answer_from(reader)
            writer.close()
        assert (await scene.received())["accepted"] == 2


async def test_a_reset_lets_those_go_who_wait_in_silence() -> None:
    async with stage() as scene:
        reader, writer = await line_to(scene)
        await scene.control("POST", "faults", {"kind": "silence_after"})
        writer.write(request(scene))
        while (await scene.received())["accepted"] == 0:
            await asyncio.sleep(0)
        await scene.control("POST", "reset")
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await answer_from(reader)
        writer.close()


async def test_a_body_in_chunks_is_read() -> None:
    async with stage() as scene:
        reader, writer = await line_to(scene)
        whole = request(scene)
        body = whole[whole.index(b"\r\n\r\n") + 4 :]
        chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (body[:9], body[9:])) + b"0\r\n\r\n"
        head = request(scene, b"", "Transfer-Encoding: chunked", length=False)
        for piece in (head, chunks[:20], chunks[20:]):
            writer.write(piece)
            await writer.drain()
        assert (await answer_from(reader))[0] == 200
        writer.write((head + chunks) * 400)
        assert {(await answer_from(reader))[0] for _ in range(400)} == {200, 400}  # the pair rate says no
        writer.write(head + b"x\r\n")
        assert (await answer_from(reader))[0] == 400
        assert await reader.read() == b""
        writer.close()


def test_chunks_may_have_extensions_and_trailers() -> None:
    data = b"3;a=b\r\nabc\r\n2\r\nde\r\n0\r\nx: y\r\n\r\nrest"
    for cut in range(len(data) - 4):
        chunks = Chunks(5)
        assert chunks.feed(data[:cut]) is None
        assert chunks.feed(data[cut:]) == b"rest"
        assert chunks.body == b"abcde"
    for nonsense in (b"ff\r\n", b"x\r\n", b"-1\r\n", b"1" * 5000):
        with pytest.raises(ValueError, match=r"too long|invalid literal|no line end"):
            Chunks(5).feed(nonsense)


async def test_a_client_that_asks_first_is_told_to_continue() -> None:
    async with stage() as scene:
        reader, writer = await line_to(scene)
        whole = request(scene, None, "Expect: 100-continue")
        cut = whole.index(b"\r\n\r\n") + 4
        writer.write(whole[:cut])
        assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        writer.write(whole[cut:])
        assert (await answer_from(reader))[0] == 200
        writer.close()


async def test_a_client_that_says_close_is_closed() -> None:
    async with stage() as scene:
        reader, writer = await line_to(scene)
        writer.write(request(scene, None, "Connection: close"))
        assert (await answer_from(reader))[0] == 200
        assert await reader.read() == b""
        writer.close()


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"no HTTP at all\r\n\r\n", 400),
        (b"POST /x HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST /x HTTP/1.1\r\nContent-Length: 999999999\r\n\r\n", 413),
        (b"GET /" + b"x" * 40_000, 431),
    ],
)
async def test_what_is_no_request_gets_an_answer_and_the_door(raw: bytes, status: int) -> None:
    async with stage() as scene:
        reader, writer = await line_to(scene)
        writer.write(raw)
        assert (await answer_from(reader))[0] == status
        assert await reader.read() == b""
        writer.close()


def test_the_process_says_where_it_listens_and_stops_when_told() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "whatsapp.cloud.standin"], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    with process.stdout:
        said = json.loads(process.stdout.readline())
        assert said["ready"]
        assert said["url"] == f"http://127.0.0.1:{said['port']}"
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
