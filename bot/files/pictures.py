"""The picture on top of a report: how far the campaign got, and its sends over time."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Final

from bot.texts import plain
from domain.reports.model import Funnel, Rest

# Pillow is loaded for the first picture: most hours nobody asks for one.
if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

WIDTH, HEIGHT = 1080, 1350
MARGIN: Final = 72
SCALE: Final = 2  # drawn twice as large and shrunk, so that round corners are smooth

PAPER: Final = (246, 248, 250)
CARD: Final = (255, 255, 255)
INK: Final = (23, 33, 43)
SOFT: Final = (112, 124, 135)
RAIL: Final = (234, 239, 243)
STEPS: Final = {
    "included": (148, 163, 178),
    "sent": (51, 144, 236),
    "delivered": (38, 166, 154),
    "read": (102, 187, 106),
    "replied": (255, 167, 38),
}
REST: Final = {
    "failed": (229, 83, 83),
    "unknown": (214, 158, 46),
    "left": SOFT,
    "skipped": SOFT,
    "cancelled": SOFT,
}
#: Shown where there are some; the others also where there is nobody.
SELDOM: Final = ("skipped", "cancelled")
Colour = tuple[int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """What is drawn. `sends` is (start of a span in local time, messages), oldest first."""

    title: str
    funnel: Funnel
    rest: Rest
    #: Left out before the start: not among the people of the funnel and the rest.
    excluded: int
    sends: Sequence[tuple[datetime, int]]
    language: str
    #: When the campaign began, for the corner; nothing is drawn where it is empty.
    began: str = ""
    #: The state of one that has not gone through: cancelled, paused, running.
    state: str = ""


def draw_report(picture: Picture) -> bytes:
    """PNG bytes, 1080 x 1350. Slow: call it in a thread."""
    canvas = Canvas()
    top = _heading(canvas, picture)
    top = _funnel(canvas, picture, top)
    top = _aside(canvas, picture, top)
    _over_time(canvas, picture, top)
    return canvas.png()


@cache
def font(size: int) -> "FreeTypeFont":
    """Pillow's own font, which is everywhere that Pillow is."""
    from PIL import ImageFont

    loaded = ImageFont.load_default(size * SCALE)
    if not isinstance(loaded, ImageFont.FreeTypeFont):
        raise RuntimeError("Pillow was built without FreeType")
    return loaded


@cache
def covers(char: str) -> bool:
    """Whether the font has that character, rather than a box in its place."""
    face = font(40)
    return char.isspace() or bytes(face.getmask(char)) != bytes(face.getmask("\uffff"))


def drawable(text: str) -> bool:
    return all(covers(char) for char in text)


class Canvas:
    """Draws in units of the final picture."""

    def __init__(self) -> None:
        from PIL import Image, ImageDraw

        self.image = Image.new("RGB", (WIDTH * SCALE, HEIGHT * SCALE), PAPER)
        self.pen = ImageDraw.Draw(self.image)

    def text(
        self,
        x: float,
        y: float,
        text: str,
        size: int,
        colour: Colour,
        *,
        anchor: str = "ls",
        bold: bool = False,
    ) -> None:
        """`y` is the baseline. The font has one weight; bold is a stroke around it."""
        stroke = max(1, round(size * SCALE / 38)) if bold else 0
        self.pen.text(
            (x * SCALE, y * SCALE), text, font=font(size), fill=colour, anchor=anchor, stroke_width=stroke,
            stroke_fill=colour,
        )  # fmt: skip

    def width(self, text: str, size: int) -> float:
        return font(size).getlength(text) / SCALE

    def box(self, x: float, y: float, width: float, height: float, colour: Colour, radius: float) -> None:
        if width <= 0 or height <= 0:
            return
        corner = min(radius, width / 2, height / 2) * SCALE
        frame = (x * SCALE, y * SCALE, (x + width) * SCALE - 1, (y + height) * SCALE - 1)
        self.pen.rounded_rectangle(frame, corner, fill=colour)

    def png(self) -> bytes:
        from PIL.Image import Resampling

        out = io.BytesIO()
        small = self.image.resize((WIDTH, HEIGHT), Resampling.LANCZOS)
        small.save(out, "PNG", optimize=True)
        self.image.close()
        small.close()
        return out.getvalue()


def _heading(canvas: Canvas, picture: Picture) -> float:
    """The name where the font can write it; else the caption has it."""
    title = " ".join(picture.title.split())
    if not title or not drawable(title):
        title = plain("report.funnel", picture.language)
    size = 60
    room = WIDTH - 2 * MARGIN - 20 - (canvas.width(picture.began, 30) + 40 if picture.began else 0)
    while canvas.width(title, size) > room and size > 40:
        size -= 4
    while canvas.width(title, size) > room and len(title) > 1:
        title = title[:-2].rstrip() + "…" if title.endswith("…") else title[:-1].rstrip() + "…"
    canvas.text(MARGIN + 20, 128, title, size, INK, bold=True)
    canvas.text(WIDTH - MARGIN - 20, 126, picture.began, 30, SOFT, anchor="rs")
    canvas.text(WIDTH - MARGIN - 20, 162, picture.state, 30, INK, anchor="rs", bold=True)
    return 176


def _funnel(canvas: Canvas, picture: Picture, top: float) -> float:
    """A bar a step, as long as its share of those included."""
    funnel, inner = picture.funnel, 44.0
    row, height = 118.0, 5 * 118 + 2 * 44 - 26
    canvas.box(MARGIN - 24, top, WIDTH - 2 * MARGIN + 48, height, CARD, 36)
    left, right = MARGIN + inner - 24, WIDTH - MARGIN - inner + 24
    y = top + inner
    for name, colour in STEPS.items():
        number = getattr(funnel, name)
        share = funnel.share(number)
        canvas.text(left, y + 32, plain(f"report.{name}", picture.language), 34, INK)
        canvas.text(right, y + 32, f"{number:,}", 42, INK, anchor="rs", bold=True)
        if name != "included":
            shift = canvas.width(f"{number:,}", 42) + 22
            canvas.text(right - shift, y + 32, _percent(share), 30, SOFT, anchor="rs")
        canvas.box(left, y + 52, right - left, 26, RAIL, 13)
        if number:
            canvas.box(left, y + 52, max((right - left) * min(share, 1.0), 26), 26, colour, 13)
        y += row
    return top + height


def _percent(share: float) -> str:
    """Rounded, but 100% only for all and 0% only for none."""
    percent = round(share * 100)
    if 0 < share < 0.01:
        return "<1%"
    return "99%" if percent == 100 and share < 1 else f"{percent}%"


def _aside(canvas: Canvas, picture: Picture, top: float) -> float:
    """Small numbers side by side: with the sent they are all the people. Those left out, told apart."""
    gap, height, boxes = 20.0, 132.0, asides(picture.rest)
    width = (WIDTH - 2 * MARGIN + 48 - (len(boxes) - 1) * gap) / len(boxes)
    x, y = MARGIN - 24.0, top + 24
    for name, number in boxes:
        colour = REST[name]
        canvas.box(x, y, width, height, CARD, 28)
        size = 44
        while canvas.width(f"{number:,}", size) > width - 24 and size > 20:
            size -= 4
        canvas.text(
            x + width / 2, y + 64, f"{number:,}", size, colour if number else SOFT, anchor="ms", bold=True
        )
        canvas.text(x + width / 2, y + 106, plain(f"report.{name}", picture.language), 27, SOFT, anchor="ms")
        x += width + gap
    if not picture.excluded:
        return y + height
    left_out = plain("report.excluded", picture.language, count=f"{picture.excluded:,}")
    canvas.text(WIDTH / 2, y + height + 40, left_out, 27, SOFT, anchor="ms")
    return y + height + 40


def asides(rest: Rest) -> list[tuple[str, int]]:
    """Those who were not sent to, as they are shown."""
    found = [(name, getattr(rest, name)) for name in REST]
    return [(name, number) for name, number in found if number or name not in SELDOM]


def _over_time(canvas: Canvas, picture: Picture, top: float) -> None:
    y, height = top + 24, HEIGHT - top - 24 - 48
    canvas.box(MARGIN - 24, y, WIDTH - 2 * MARGIN + 48, height, CARD, 36)
    left, right = MARGIN + 20.0, WIDTH - MARGIN - 20.0
    key = "report.over_time" if picture.sends else "report.over_time.none"
    canvas.text(left, y + 62, plain(key, picture.language), 34, INK)
    if not picture.sends:
        return
    _bars(canvas, picture.sends, left, right, y + 100, y + height - 74)
    first, last = _ends(picture.sends, picture.language)
    canvas.text(left, y + height - 32, first, 26, SOFT)
    if len(picture.sends) > 1:
        canvas.text(right, y + height - 32, last, 26, SOFT, anchor="rs")


def _bars(
    canvas: Canvas, sends: Sequence[tuple[datetime, int]], left: float, right: float, top: float, floor: float
) -> None:
    """One a span, as tall as its share of the fullest."""
    most = max(count for _, count in sends)
    step = min((right - left) / len(sends), 90.0)
    width = step * 0.72
    canvas.box(left, floor, right - left, 3, RAIL, 1)
    for n, (_, count) in enumerate(sends):
        tall = (floor - top) * count / most if most else 0.0
        if count:
            tall = max(tall, 6.0)
        canvas.box(left + n * step, floor - tall, width, tall, STEPS["sent"], 8)


def _ends(sends: Sequence[tuple[datetime, int]], language: str) -> tuple[str, str]:
    """When the first span begins and the last one does; with days where they differ."""
    first, last = sends[0][0], sends[-1][0]
    if first.date() == last.date():
        form = "%H:%M" if last - first >= timedelta(minutes=2) else "%H:%M:%S"
        return first.strftime(form), last.strftime(form)
    months = plain("months", language).split()
    return tuple(f"{at.day} {months[at.month - 1]} {at:%H:%M}" for at in (first, last))  # type: ignore[return-value]
