"""English: campaigns."""

from typing import Final

TEXTS: Final[dict[str, str]] = {}
