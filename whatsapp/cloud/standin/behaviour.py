"""How people and their phones behave: shares are parts of one, spans are seconds from and to."""

from dataclasses import dataclass, field, fields, replace
from random import Random
from typing import Any, Self

from whatsapp.cloud.standin.errors import LATE_BY_DEFAULT

#: A delay drawn evenly between two ends, in seconds.
Span = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """What follows a message that was accepted."""

    sent_after: Span = (0.0, 0.0)
    delivered_share: float = 1.0
    delivered_after: Span = (0.0, 0.0)
    """Counted from `sent`."""
    read_share: float = 0.0
    read_after: Span = (0.0, 0.0)
    """Counted from `delivered`."""
    skip_delivered_share: float = 0.0
    """Of those who read: read at once, with no `delivered` before it, as WhatsApp does."""
    failed_share: float = 0.0
    """Undeliverable after all: `failed` with 131026 instead of `delivered`."""
    reply_share: float = 0.0
    """Of those who read."""
    reply_after: Span = (0.0, 0.0)
    replies: tuple[str, ...] = ("Thank you!", "How much is it?", "STOP")
    hide_numbers: bool = False
    """Everybody has a username: webhooks carry the business-scoped user id alone."""
    normalise: bool = True
    """wa_ids of Brazil, Mexico and Argentina differ from the numbers dialled."""
    us_marketing: bool = False
    """Whether marketing templates reach +1 numbers (refused by Meta since 2025-04-01)."""
    late_errors: frozenset[int] = field(default=LATE_BY_DEFAULT)
    """Codes told by a `failed` webhook after a 200; all others are answered at once. Empty: all at once."""

    def changed(self, wish: dict[str, Any]) -> Self:
        """With the fields of a control request. Raises ValueError with a sentence."""
        known = {one.name for one in fields(self)}
        if unknown := set(wish) - known:
            raise ValueError(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(sorted(known))}")
        return replace(self, **{name: _value(name, value) for name, value in wish.items()})

    def as_json(self) -> dict[str, Any]:
        said = {one.name: getattr(self, one.name) for one in fields(self)}
        return {**said, "late_errors": sorted(self.late_errors)}


def _value(name: str, value: Any) -> Any:
    if name.endswith("_after"):
        return span_of(value)
    if name.endswith("_share"):
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
            raise ValueError(f"{name} is a number from 0 to 1")
        return float(value)
    if name == "late_errors":
        return frozenset(int(code) for code in value)
    if name == "replies":
        return tuple(str(text) for text in value)
    return bool(value)


def span_of(value: Any) -> Span:
    """`[from, to]` or one number, in seconds. Raises ValueError."""
    ends = (value, value) if isinstance(value, int | float) else value
    if not isinstance(ends, list | tuple) or len(ends) != 2:
        raise ValueError("a span is a number of seconds, or [from, to]")
    low, high = float(ends[0]), float(ends[1])
    if not 0 <= low <= high:
        raise ValueError("a span runs forward, from 0 on")
    return low, high


def drawn(rng: Random, span: Span) -> float:
    """A delay of this span in seconds."""
    low, high = span
    return low if low == high else low + (high - low) * rng.random()
