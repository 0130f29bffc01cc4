"""What a button carries: `v1|action|id36|rev36|x36`, at most 64 bytes."""

from dataclasses import dataclass
from typing import Final

VERSION: Final = "v1"
LONGEST: Final = 64
DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"
#: No id, revision or page of ours is larger; anything longer is not ours. Eight times the largest still fits
#: into a database's 64 bits, so that a forged page number is just an empty page.
LONGEST_NUMBER: Final = 11


class NotOurs(ValueError):
    """Not callback data that this version draws."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Press:
    """A pressed button: what to do, to which thing, as seen at which revision; `x` is a page or choice."""

    action: str
    id: int = 0
    rev: int = 0
    x: int = 0


def base36(number: int) -> str:
    if number < 0:
        raise ValueError("only natural numbers travel in buttons")
    out = ""
    while True:
        number, rest = divmod(number, 36)
        out = DIGITS[rest] + out
        if number == 0:
            return out


def encode(press: Press) -> str:
    data = "|".join([VERSION, press.action, base36(press.id), base36(press.rev), base36(press.x)])
    if len(data.encode()) > LONGEST:
        raise ValueError(f"{data} is too long for a button")
    return data


def decode(data: str) -> Press:
    """Raises NotOurs for anything that `encode` would not have made."""
    parts = data.split("|")
    if len(parts) != 5 or parts[0] != VERSION or not parts[1]:
        raise NotOurs(data[:LONGEST])
    return Press(action=parts[1], id=number36(parts[2]), rev=number36(parts[3]), x=number36(parts[4]))


def number36(text: str) -> int:
    """What `base36` made, and nothing else. Raises NotOurs."""
    if not 0 < len(text) <= LONGEST_NUMBER or any(char not in DIGITS for char in text):
        raise NotOurs(text[:LONGEST])
    return int(text, 36)
