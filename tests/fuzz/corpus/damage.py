"""What happens to bytes on their way, or by intent."""

import random

_TELLING = (
    b"\0",
    b"\xff",
    b"\x80",
    b"\x7f",
    b"<",
    b">",
    b"&",
    b'"',
    b"PK\x03\x04",
    b"\xff\xff\xff\xff",
    b"]]>",
    b"\r",
)


def damaged(content: bytes, chance: random.Random) -> bytes:
    """Cut off, with bits flipped, with a part gone, doubled, zeroed, or with bytes put in between."""
    way = chance.choice((_cut, _flip, _flip, _without, _doubled, _zeroed, _put_in))
    return way(content, chance) if content else content


def _part(content: bytes, chance: random.Random) -> tuple[int, int]:
    start = chance.randrange(len(content))
    return start, min(len(content), start + 1 + int(len(content) * chance.random() ** 3))


def _cut(content: bytes, chance: random.Random) -> bytes:
    return content[: chance.randrange(len(content))]


def _flip(content: bytes, chance: random.Random) -> bytes:
    bent = bytearray(content)
    for _ in range(chance.choice((1, 2, 8, 64, 400))):
        bent[chance.randrange(len(bent))] ^= 1 << chance.randrange(8)
    return bytes(bent)


def _without(content: bytes, chance: random.Random) -> bytes:
    start, end = _part(content, chance)
    return content[:start] + content[end:]


def _doubled(content: bytes, chance: random.Random) -> bytes:
    start, end = _part(content, chance)
    return content[:end] + content[start:]


def _zeroed(content: bytes, chance: random.Random) -> bytes:
    start, end = _part(content, chance)
    return content[:start] + bytes(end - start) + content[end:]


def _put_in(content: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(content))
    return content[:at] + chance.choice(_TELLING) * chance.choice((1, 3, 50)) + content[at:]
