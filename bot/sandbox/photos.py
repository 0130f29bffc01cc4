"""Photos the way Telegram keeps them: JPEG, in several sizes."""

import io
from dataclasses import dataclass, field

from PIL import Image, ImageOps, UnidentifiedImageError

from bot.sandbox import strictness
from bot.sandbox.errors import bad_request

# The longer side of Telegram's sizes s, m, x and y, in pixels.
SIDES = (90, 320, 800, 1280)


@dataclass(kw_only=True, frozen=True, slots=True)
class PhotoSize:
    """One size of a photo, encoded."""

    width: int
    height: int
    data: bytes = field(repr=False)


def photo_sizes(data: bytes) -> list[PhotoSize]:
    """All sizes, smallest first, none larger than the picture. Slow: call it off the event loop.

    Raises `ApiError` 400 when it is no picture or its sides are out of bounds.
    """
    try:
        with Image.open(io.BytesIO(data)) as opened:
            strictness.check_photo_sides(*opened.size)
            upright = ImageOps.exif_transpose(opened)
            picture = _on_white(upright)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError):
        raise bad_request("IMAGE_PROCESS_FAILED") from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise bad_request("PHOTO_INVALID_DIMENSIONS") from None
    longer = max(picture.size)
    sides = [side for side in SIDES if side < longer] + ([longer] if longer <= SIDES[-1] else [])
    return [_encoded(picture, side / longer) for side in sides]


def _on_white(picture: Image.Image) -> Image.Image:
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    layer = picture.convert("RGBA")
    paper = Image.new("RGB", layer.size, "white")
    paper.paste(layer, mask=layer)
    return paper


def _encoded(picture: Image.Image, scale: float) -> PhotoSize:
    width, height = (max(1, round(side * scale)) for side in picture.size)
    smaller = picture if scale == 1 else picture.resize((width, height), Image.Resampling.BILINEAR)
    out = io.BytesIO()
    smaller.save(out, "JPEG", quality=87)
    return PhotoSize(width=width, height=height, data=out.getvalue())
