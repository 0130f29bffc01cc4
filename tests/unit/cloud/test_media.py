"""Files go up once, are sent by WhatsApp's name for them, and go up again when it has forgotten them."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from email.message import Message

import httpx
import orjson
import pytest

from domain.delivery.content import Media, MediaKind
from domain.delivery.media_limits import MEGABYTE
from domain.delivery.ports import Accepted, Fault, Rejected
from domain.delivery.recipients import LEASE
from tests.contract.lines import MemoryMedia
from tests.unit.cloud.cast import (
    NUMBER_ID,
    HeardEffects,
    MemoryFiles,
    MemoryUploads,
    StillClock,
    message,
    photo,
)
from tests.unit.cloud.facebook import (
    ACCEPTED,
    Facebook,
    calling,
    error,
    gateway,
    http_answer,
    line,
    read_request,
    socket,
)
from whatsapp.cloud.calls import Answer, Calls
from whatsapp.cloud.media import MediaDesk, StoredFiles

BREAD = b"\xff\xd8" + bytes(range(256)) * 30
PHOTO = photo(BREAD)
UPLOADED = (200, {"id": "1037543291543636"})
SENT = (200, ACCEPTED)
FAILED = Rejected("media_upload_failed", True, Fault.ACCOUNT)


def files() -> MemoryFiles:
    return MemoryFiles({"photo-1": BREAD})


def parts_of(content_type: str, body: bytes) -> list[Message]:
    whole = message_from_bytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body)
    payload = whole.get_payload()
    assert isinstance(payload, list)
    return [part for part in payload if isinstance(part, Message)]


async def test_a_picture_goes_up_once_and_is_sent_by_its_id_to_everybody() -> None:
    facebook = Facebook(UPLOADED, SENT)
    async with calling(facebook) as client:
        way = gateway(client, files=files())
        sends = [way.send(message(f"k{n}", media=PHOTO)) for n in range(50)]
        outcomes = await asyncio.gather(*sends)
    assert all(isinstance(one, Accepted) for one in outcomes)
    assert facebook.paths == [f"{NUMBER_ID}/media"] + [f"{NUMBER_ID}/messages"] * 50
    assert facebook.body()["image"] == {"id": "1037543291543636", "caption": "Hello"}


async def test_an_upload_is_the_form_that_meta_publishes() -> None:
    facebook = Facebook(UPLOADED, SENT)
    async with calling(facebook) as client:
        await gateway(client, files=files()).send(
            message(media=replace(PHOTO, filename='my "bread"\r\n.jpg'))
        )
    upload = facebook.asked[0]
    assert upload.headers["content-length"] == str(len(upload.content))
    product, kind, file = parts_of(upload.headers["content-type"], upload.content)
    assert (product["content-disposition"], product.get_payload()) == (
        'form-data; name="messaging_product"',
        "whatsapp",
    )
    assert kind.get_payload() == "image/jpeg"
    assert file["content-disposition"] == 'form-data; name="file"; filename="my _bread___.jpg"'
    assert file["content-type"] == "image/jpeg"
    assert file.get_payload(decode=True) == BREAD


async def test_a_restart_does_not_upload_again_until_whatsapp_would_have_forgotten() -> None:
    uploads, clock = MemoryUploads(), StillClock()
    facebook = Facebook(UPLOADED, SENT)
    async with calling(facebook) as client:
        for key, days in (("k1", 0), ("k2", 28), ("k3", 1)):
            clock.at += timedelta(days=days)
            if days == 1:
                facebook.answers = [UPLOADED, SENT]
            way = gateway(client, files=files(), uploads=uploads, clock=clock)
            assert isinstance(await way.send(message(key, media=PHOTO)), Accepted)
    assert [path.rpartition("/")[2] for path in facebook.paths] == [
        "media", "messages", "messages", "media", "messages",
    ]  # fmt: skip


async def test_a_file_that_whatsapp_has_forgotten_goes_up_again_in_the_same_send() -> None:
    facebook = Facebook(UPLOADED, (400, error(131053)), (200, {"id": "22"}), SENT)
    async with calling(facebook) as client:
        outcome = await gateway(client, files=files()).send(message(media=PHOTO))
    assert isinstance(outcome, Accepted)
    assert facebook.body()["image"]["id"] == "22"


async def test_many_who_hear_that_a_file_is_forgotten_put_it_up_once() -> None:
    """Two ask for it by the old name; the second hears of it only when the first has put it up anew."""
    both_asked, put_up = asyncio.Event(), asyncio.Event()

    async def facebook(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/media"):
            uploads.append(request)
            return httpx.Response(200, json={"id": f"{len(uploads)}"})
        sent = orjson.loads(await request.aread())
        old, key = sent["image"]["id"] == "1", sent["biz_opaque_callback_data"]
        if not old:
            put_up.set()
        if not old or key == "first":
            return httpx.Response(200, json=ACCEPTED)
        if key == "late":
            both_asked.set()
            await put_up.wait()
        await both_asked.wait()
        return httpx.Response(400, json=error(131053))

    uploads: list[httpx.Request] = []
    async with httpx.AsyncClient(transport=httpx.MockTransport(facebook)) as client:
        way = gateway(client, files=files())
        assert isinstance(await way.send(message("first", media=PHOTO)), Accepted)
        outcomes = await asyncio.gather(*(way.send(message(key, media=PHOTO)) for key in ("soon", "late")))
    assert all(isinstance(one, Accepted) for one in outcomes)
    assert len(uploads) == 2


async def test_a_file_that_is_refused_twice_is_refused() -> None:
    facebook = Facebook(UPLOADED, (400, error(131053)), (200, {"id": "22"}), (400, error(131053)))
    async with calling(facebook) as client:
        outcome = await gateway(client, files=files()).send(message(media=PHOTO))
    assert outcome == Rejected("media_refused", False, Fault.ACCOUNT)
    assert len(facebook.asked) == 4


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ((400, error(100, "Param file must be a file with one of the following types")), "media_refused"),
        ((413, b"too large"), "media_refused"),
        ((503, error(2)), "temporary"),
        ((500, error(131000)), "media_upload_failed"),
        ((500, error(1)), "media_upload_failed"),
        ((503, b""), "media_upload_failed"),
        ((200, {}), "media_upload_failed"),
        ((200, {"id": "a b/../c"}), "media_upload_failed"),
        ((401, error(190)), "token_refused"),
    ],
)
async def test_a_failed_upload_is_certain_because_the_message_never_left(
    answer: tuple[int, object], expected: str
) -> None:
    facebook, effects = Facebook(answer), HeardEffects()
    async with calling(facebook) as client:
        outcome = await gateway(client, files=files(), effects=effects).send(message(media=PHOTO))
    assert isinstance(outcome, Rejected)
    assert outcome.reason == expected
    assert len(facebook.asked) == 1
    assert [one.code for one in effects.heard] == ([190] if expected == "token_refused" else [])


async def test_a_line_cut_during_the_upload_is_tried_again_later() -> None:
    async def hangs_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")

    async with socket(hangs_up) as (client, to):
        assert await gateway(client, to, files=files()).send(message(media=PHOTO)) == FAILED


async def test_fifty_who_wait_for_an_upload_that_fails_do_not_try_fifty_times() -> None:
    facebook = Facebook((503, b""))
    async with calling(facebook) as client:
        way = gateway(client, files=files())
        outcomes = await asyncio.gather(*(way.send(message(f"k{n}", media=PHOTO)) for n in range(50)))
        assert set(outcomes) == {FAILED}
        assert len(facebook.asked) == 1
        facebook.answers = [UPLOADED, SENT]
        assert isinstance(await way.send(message("later", media=PHOTO)), Accepted)


@pytest.mark.parametrize("difference", [-1, 1, 5000])
async def test_a_file_that_is_not_as_long_as_its_record_says_is_not_sent(difference: int) -> None:
    taken: list[bytes] = []

    async def takes(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        taken.append((await read_request(reader))[1])
        writer.write(http_answer(200, {"id": "1"}))

    wrong = replace(PHOTO, size=PHOTO.size + difference)
    async with socket(takes) as (client, to):
        outcome = await gateway(client, to, files=files()).send(message(media=wrong))
    assert outcome == Rejected("media_refused", False, Fault.ACCOUNT)
    assert taken == []


async def test_two_tries_with_the_largest_file_are_over_well_before_the_claim_ends() -> None:
    given: list[float] = []

    class Slow(Calls):
        async def post_stream(
            self, path: str, pieces: AsyncIterator[bytes], headers: Mapping[str, str], *, seconds: float
        ) -> Answer:
            given.append(seconds)
            return Answer(200, {"id": "1"})

    async with calling(Facebook()) as client:
        desk = MediaDesk(Slow(client, line()), NUMBER_ID, MemoryFiles(), MemoryUploads(), StillClock())
        for size in (4_000_000, 100 * MEGABYTE):
            assert await desk.id_of(photo(key=f"{size}", size=size)) == "1"
    small, largest = given
    assert small == pytest.approx(40, abs=1)
    assert timedelta(seconds=2 * (largest + 20)) <= LEASE - timedelta(seconds=30)


async def test_a_file_that_is_gone_is_a_refusal() -> None:
    async with calling(Facebook(UPLOADED)) as client:
        outcome = await gateway(client, files=MemoryFiles()).send(message(media=PHOTO))
    assert outcome == Rejected("media_refused", False, Fault.ACCOUNT)


async def test_a_memory_of_uploads_that_is_broken_loses_nobody() -> None:
    facebook = Facebook(UPLOADED)
    async with calling(facebook) as client:
        outcome = await gateway(client, files=files(), uploads=MemoryUploads(broken=True)).send(
            message(media=PHOTO)
        )
    assert outcome == FAILED
    assert facebook.asked == []


async def test_the_same_bytes_as_another_kind_are_another_upload() -> None:
    facebook = Facebook(UPLOADED, SENT, (200, {"id": "22"}), SENT)
    document = replace(PHOTO, kind=MediaKind.DOCUMENT, mime="image/png")
    async with calling(facebook) as client:
        way = gateway(client, files=files())
        await way.send(message(media=PHOTO))
        await way.send(message("k2", media=document))
    assert facebook.body()["document"] == {"id": "22", "filename": "bread.jpg", "caption": "Hello"}


async def test_a_large_file_goes_through_a_real_socket_byte_for_byte() -> None:
    film = bytes(range(256)) * 4096 * 15
    got: list[tuple[bytes, bytes]] = []

    async def takes(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        got.append(await read_request(reader))
        writer.write(http_answer(200, {"id": "1"}))
        got.append(await read_request(reader))
        writer.write(http_answer(200, ACCEPTED))

    store = MemoryMedia()
    media = Media(
        kind=MediaKind.VIDEO, key=store.keep(film), filename="f.mp4", mime="video/mp4", size=len(film)
    )
    assert media.size == 15 * MEGABYTE
    async with socket(takes) as (client, to):
        way = gateway(client, to, files=StoredFiles(store), seconds=10)
        assert isinstance(await way.send(message(media=media)), Accepted)
    head, body = got[0]
    assert b"transfer-encoding" not in head.lower()
    start = body.index(b"video/mp4\r\n\r\n", body.index(b'name="file"')) + len(b"video/mp4\r\n\r\n")
    assert body[start : start + len(film)] == film
