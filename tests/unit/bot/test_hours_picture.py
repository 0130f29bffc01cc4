"""The picture of active hours: whatever the hours, it is drawn, and only with letters that its font has."""

import io
from datetime import UTC, datetime

import pytest
from PIL import Image

from bot.files import hours_picture
from bot.files.hours_picture import NOW, OPEN, draw_hours
from bot.files.pictures import Canvas, drawable
from domain.hours.holidays import read_holiday
from domain.hours.model import Hours
from domain.hours.presets import PRESETS, read_spans

#: A Thursday, 11:20 in Istanbul.
AT = datetime(2026, 11, 26, 8, 20, tzinfo=UTC)
FULL = tuple(read_spans("0:30-2, 3-5, 6-9, 10-13, 14-18, 20-23:45") for _ in range(7))
FEASTS = tuple(read_holiday(f"{day}.12 9-13") for day in range(1, 32))


def hours(week: tuple[tuple[object, ...], ...]) -> Hours:
    return Hours(week=week, zones=("America/Argentina/ComodRivadavia",), holidays=FEASTS)  # type: ignore[arg-type]


@pytest.mark.parametrize("week", [FULL, ((),) * 7, PRESETS["always"], PRESETS["office"]])
def test_any_hours_are_drawn_in_letters_that_are_there(
    monkeypatch: pytest.MonkeyPatch, week: tuple[tuple[object, ...], ...]
) -> None:
    said: list[str] = []

    class Listening(Canvas):
        def text(self, x, y, text, *rest, **more):  # type: ignore[no-untyped-def]
            said.append(text)
            super().text(x, y, text, *rest, **more)

    monkeypatch.setattr(hours_picture, "Canvas", Listening)
    png = draw_hours(hours(week), number="+905321112233", now=AT, language="en")
    assert Image.open(io.BytesIO(png)).size == (1080, 1350)
    assert all(drawable(text) for text in said)
    assert "Today" in said


def test_now_is_marked_on_todays_rail_and_the_open_time_is_filled() -> None:
    office = Hours(week=PRESETS["office"], zones=("Europe/Istanbul",))
    image = Image.open(io.BytesIO(draw_hours(office, number="+90", now=AT, language="en"))).convert("RGB")
    rail = [image.getpixel((x, 380)) for x in range(250, 996)]
    share = [n / len(rail) for n, colour in enumerate(rail) if colour == OPEN]
    assert (min(share), max(share)) == pytest.approx((9 / 24, 18 / 24), abs=0.02)
    marked = [n / len(rail) for n, colour in enumerate(rail) if colour == NOW]
    assert abs(sum(marked) / len(marked) - (11 + 20 / 60) / 24) < 0.01
