"""Pictures made on the spot."""

import io
from functools import cache

from PIL import Image


@cache
def png(size: tuple[int, int] = (640, 480), colour: str = "teal") -> bytes:
    """A plain PNG."""
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "PNG")
    return out.getvalue()
