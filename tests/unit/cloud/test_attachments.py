"""Where the token goes for a person's file, and what is made of answers that are not as they should be."""

import asyncio
from base64 import b64encode
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import httpx
import pytest

from domain.delivery.ports import (
    LARGEST_ATTACHMENT,
    Attachment,
    AttachmentGone,
    AttachmentTooLarge,
    ChannelDown,
)
from whatsapp.client import build_cloud_client
from whatsapp.cloud.attachments import CloudAttachments, is_theirs
from whatsapp.cloud.calls import CloudLine
from whatsapp.fetching import found_at

META = "https://graph.facebook.com/v23.0"
LOOKASIDE = "https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=17&hash=x"
BREAD = b"bread"
PICTURE = Attachment(ref="17", mime="image/jpeg")

Answer = Callable[[httpx.Request], httpx.Response]


class Whatsapp:
    """`told` of the file with the id 17; whoever asks where that says gets `file`."""

    def __init__(self, told: httpx.Response, file: httpx.Response | None = None) -> None:
        self.told, self.file = told, file or httpx.Response(200, content=BREAD)
        self.asked: list[httpx.Request] = []
        client = httpx.AsyncClient(transport=httpx.MockTransport(self.answer))
        line = CloudLine(base_url=META, phone_number_id="106540352242922", token=lambda: "EAAsecret")
        self.ways = CloudAttachments(client, line)

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        return self.told if request.url.path == "/v23.0/17" else self.file

    async def fetch(self) -> bytes:
        return b"".join([piece async for piece in self.ways.fetch(PICTURE)])


def told(**more: Any) -> httpx.Response:
    return httpx.Response(200, json={"url": LOOKASIDE, "mime_type": "image/jpeg", "id": "17", **more})


async def test_the_file_is_asked_for_by_its_id_and_fetched_with_the_token_from_where_whatsapp_says() -> None:
    there = Whatsapp(told(sha256=sha256(BREAD).hexdigest(), file_size=5))
    assert await there.fetch() == BREAD
    asked, fetched = there.asked
    assert asked.url.params["phone_number_id"] == "106540352242922"
    assert str(fetched.url) == LOOKASIDE
    assert [one.headers["authorization"] for one in there.asked] == ["Bearer EAAsecret"] * 2


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/a", "http://lookaside.fbsbx.com/a", "https://lookaside.fbsbx.com:444/a",
        "https://lookaside.fbsbx.com.example.org/a", "https://evilfbsbx.com/a", "https://fbsbx.com@example.org/a",
        "https://user:pass@lookaside.fbsbx.com/a", "https://example.org#.fbsbx.com", "file:///etc/passwd",
        "", "//", "https://[::1", "http://graph.facebook.com/v23.0/17", "http://169.254.169.254/latest/meta-data",
    ],
)  # fmt: skip
async def test_the_token_goes_nowhere_else_whatever_the_answer_says(url: str) -> None:
    there = Whatsapp(told(url=url))
    with pytest.raises(AttachmentGone):
        await there.fetch()
    assert len(there.asked) == 1


def test_the_api_itself_and_the_hosts_of_meta_are_theirs() -> None:
    assert is_theirs(LOOKASIDE, META)
    assert is_theirs("https://mmg.whatsapp.net/v/t62", META)
    assert is_theirs("http://127.0.0.1:9000/_media/1?mid=1", "http://127.0.0.1:9000/v23.0")
    assert not is_theirs("http://127.0.0.1:9001/_media/1", "http://127.0.0.1:9000/v23.0")


@pytest.mark.parametrize("digest", [sha256(b"other").hexdigest(), b64encode(b"x" * 32).decode()])
async def test_a_file_that_came_changed_is_asked_for_again_later(digest: str) -> None:
    with pytest.raises(ChannelDown):
        await Whatsapp(told(sha256=digest)).fetch()
    assert await Whatsapp(told(sha256=b64encode(sha256(BREAD).digest()).decode())).fetch() == BREAD


async def test_one_that_is_said_to_be_too_large_is_not_fetched() -> None:
    for size in (LARGEST_ATTACHMENT + 1, str(LARGEST_ATTACHMENT + 1)):
        there = Whatsapp(told(file_size=size))
        with pytest.raises(AttachmentTooLarge):
            await there.fetch()
        assert len(there.asked) == 1


GONE = {"error": {"message": "Unsupported get request", "type": "x", "code": 100, "error_subcode": 33}}
REFUSED = {"error": {"message": "Invalid OAuth access token", "type": "x", "code": 190}}


@pytest.mark.parametrize(
    ("first", "then", "wrong"),
    [
        (httpx.Response(400, json=GONE), None, AttachmentGone),
        (told(), httpx.Response(404, text="Not found"), AttachmentGone),
        (httpx.Response(401, json=REFUSED), None, ChannelDown),
        (httpx.Response(500, text="<html>"), None, ChannelDown),
        (told(), httpx.Response(503), ChannelDown),
        (told(), httpx.Response(302, headers={"location": "https://example.org"}), ChannelDown),
    ],
)
async def test_what_other_answers_mean(
    first: httpx.Response, then: httpx.Response | None, wrong: type[Exception]
) -> None:
    with pytest.raises(wrong):
        await Whatsapp(first, then).fetch()


@pytest.mark.parametrize(("says", "seconds"), [(b"Content-Length: 9\r\n\r\nbr", 5.0), (b"", 0.05)])
async def test_a_line_that_breaks_in_the_middle_or_is_silent_is_tried_again_later(
    says: bytes, seconds: float
) -> None:
    ended = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n" + says)
        if not says:
            await reader.read()
        writer.close()
        await writer.wait_closed()
        ended.set()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, build_cloud_client() as client:
        with pytest.raises(ChannelDown):
            async with found_at(client, f"http://127.0.0.1:{port}/a", {}, seconds=seconds) as found:
                _ = [piece async for piece in found.pieces()]
        await ended.wait()
