"""Telegram counts text in UTF-16 code units: letters beyond the basic plane (most emoji) count twice."""


def utf16_len(text: str) -> int:
    """Length in UTF-16 code units."""
    if text.isascii():
        return len(text)
    return len(text) + sum(1 for letter in text if ord(letter) > 0xFFFF)


def utf16_split(text: str, limit: int) -> list[str]:
    """Cut into parts of at most `limit` units each, never through a letter."""
    parts: list[str] = []
    start = units = 0
    for index, letter in enumerate(text):
        size = 2 if ord(letter) > 0xFFFF else 1
        if units + size > limit:
            parts.append(text[start:index])
            start, units = index, 0
        units += size
    parts.append(text[start:])
    return parts


def utf16_positions(text: str) -> list[int]:
    """For every UTF-16 offset from 0 to the length, the index in `text` it belongs to."""
    positions: list[int] = []
    for index, letter in enumerate(text):
        positions.append(index)
        if ord(letter) > 0xFFFF:
            positions.append(index)
    positions.append(len(text))
    return positions
