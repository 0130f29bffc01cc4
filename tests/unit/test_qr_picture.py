"""The QR in the chat is read by a phone, small, blurred and at a slant as it may be."""

import io

import pytest
import zxingcpp
from PIL import Image

from bot.chat.linking_line import spaced
from bot.files.qr import QUIET, draw_qr

#: As long as what WhatsApp Web shows, and the longest that may be expected of it.
CONTENTS = [
    "2@" + "Ab3+/" * n + "==," + "x" * 43 + "=," + "y" * 43 + "=," + "z" * 43 + "=,1" for n in (20, 90)
]


def read(picture: Image.Image) -> str | None:
    found = zxingcpp.read_barcode(picture)
    return None if found is None else str(found.text)


@pytest.mark.parametrize("content", CONTENTS, ids=["usual", "long"])
def test_it_can_be_read_as_telegram_shows_it(content: str) -> None:
    picture = Image.open(io.BytesIO(draw_qr(content)))
    assert read(picture) == content
    assert picture.width == picture.height and 560 <= picture.width <= 900
    squeezed = io.BytesIO()
    picture.resize((480, 480)).rotate(4, fillcolor=255).convert("RGB").save(squeezed, "JPEG", quality=50)
    assert read(Image.open(squeezed)) == content


def test_it_is_black_on_white_with_the_quiet_zone_that_readers_want() -> None:
    picture = Image.open(io.BytesIO(draw_qr(CONTENTS[0])))
    assert {value for _, value in picture.convert("L").getcolors() or []} == {0, 255}
    dark = picture.point(lambda value: 255 - value).getbbox()
    assert dark is not None
    edge, far = dark[0], picture.width - dark[0]
    assert edge % QUIET == 0 and dark == (edge, edge, far, far)


def test_a_code_is_shown_as_on_the_phone() -> None:
    assert spaced("ABCDEFGH") == "ABCD-EFGH"
