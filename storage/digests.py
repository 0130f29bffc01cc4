"""What a table holds, as one number: the same for the same rows, on any database and in any order."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from hashlib import blake2b
from typing import Any, Final

_SIZE: Final = 32
#: Most values, and quickly: not what is derived from these.
_AS_THEY_ARE: Final = frozenset({str, int, bool})


@dataclass(slots=True)
class Digest:
    """The sum of its rows' hashes, and how many there were. Rows that change places are the same rows; one
    more, one less or one other is found."""

    rows: int = 0
    sum: int = 0

    def add(self, row: Sequence[Any]) -> None:
        """Values as the column types give them back: what the program sees is what is compared."""
        told = json.dumps([canonical(value) for value in row], ensure_ascii=True, sort_keys=True)
        hashed = int.from_bytes(blake2b(told.encode(), digest_size=_SIZE).digest(), "big")
        self.rows, self.sum = self.rows + 1, (self.sum + hashed) % (1 << (8 * _SIZE))


def canonical(value: Any) -> Any:
    """As JSON that is the same for equal values, and another for values of another kind."""
    if value is None or type(value) in _AS_THEY_ARE:
        return value
    match value:
        case Enum():
            return {"word": value.value}
        case datetime():
            return {"moment": value.astimezone(UTC).isoformat(timespec="microseconds")}
        case date():
            return {"day": value.isoformat()}
        case bytes():
            return {"bytes": value.hex()}
        case float():
            return {"real": repr(value + 0.0)}
        case dict():
            return {"map": [[str(key), _in_json(value[key])] for key in sorted(value)]}
        case list() | tuple():
            return {"list": [_in_json(one) for one in value]}
        case _:
            raise TypeError(f"a {type(value).__name__} cannot be compared")


def _in_json(value: Any) -> Any:
    """A number is there what it is worth: PostgreSQL gives 1e17 back in full."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        digits = format(Decimal(repr(value)), "f")
        digits = digits.rstrip("0").rstrip(".") if "." in digits else digits
        return {"number": "0" if digits == "-0" else digits}
    return canonical(value)
