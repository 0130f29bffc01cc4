"""English: contacts."""

from typing import Final

TEXTS: Final[dict[str, str]] = {}
