"""What every way to people's files promises, held against each that we have."""

from pathlib import Path

import pytest

from domain.delivery.ports import (
    LARGEST_ATTACHMENT,
    Attachment,
    AttachmentGone,
    Attachments,
    AttachmentTooLarge,
)
from tests.contract.senders import Opened, in_process, over_cloud, over_http, over_web
from tests.web_worker import HAS_NODE

CHANNELS: dict[str, Opened] = {"in-process": in_process, "over http": over_http, "over cloud": over_cloud}
if HAS_NODE:
    CHANNELS["over web"] = over_web

PICTURE = b"\x89PNG a picture of bread\x00\xff" * 5000


@pytest.fixture(params=CHANNELS)
def opened(request: pytest.FixtureRequest) -> Opened:
    return CHANNELS[request.param]


async def fetched(ways: Attachments, attachment: Attachment | None) -> bytes:
    assert attachment is not None
    return b"".join([piece async for piece in ways.fetch(attachment)])


async def test_a_reply_tells_of_its_file_and_the_file_comes_byte_for_byte_as_often_as_it_is_asked_for(
    opened: Opened, tmp_path: Path
) -> None:
    async with opened(tmp_path) as person:
        picture = await person.sends(PICTURE, "image/png", text="Our bread")
        assert (picture.media, picture.text) == ("image", "Our bread")
        assert picture.attachment is not None and picture.attachment.mime == "image/png"
        for _ in range(2):
            assert await fetched(person.attachments, picture.attachment) == PICTURE
        order = await person.sends(b"%PDF", "application/pdf", filename="order.pdf")
        assert order.media == "document"
        assert order.attachment is not None and order.attachment.filename == "order.pdf"
        assert await fetched(person.attachments, order.attachment) == b"%PDF"
        voice = await person.sends(b"Ogg", "audio/ogg", voice=True)
        assert voice.media == "voice"
        assert await fetched(person.attachments, voice.attachment) == b"Ogg"


async def test_what_whatsapp_has_no_more_is_gone_and_so_is_what_never_was(
    opened: Opened, tmp_path: Path
) -> None:
    async with opened(tmp_path) as person:
        news = await person.sends(None, "image/jpeg")
        with pytest.raises(AttachmentGone):
            await fetched(person.attachments, news.attachment)
        for never in ("0" * 64, "../../etc/passwd", "?a=b#c", "a b\r\nX: y"):
            with pytest.raises(AttachmentGone):
                await fetched(person.attachments, Attachment(ref=never))


async def test_what_is_larger_than_telegram_takes_is_refused(opened: Opened, tmp_path: Path) -> None:
    async with opened(tmp_path) as person:
        news = await person.sends(LARGEST_ATTACHMENT + 1, "application/pdf", filename="all.pdf")
        with pytest.raises(AttachmentTooLarge):
            await fetched(person.attachments, news.attachment)
