"""Reading what the control API is asked: every mistake is a sentence."""

from typing import Any

Json = dict[str, Any]


class BadWish(ValueError):
    """What was asked of the control API makes no sense; the sentence says why."""


def known_only(wish: Json, *names: str) -> None:
    """Raises `BadWish` for a field nobody knows: a mistyped one would be ignored quietly."""
    if unknown := set(wish) - set(names):
        raise BadWish(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(sorted(names))}")


def one_of(value: Any, allowed: frozenset[str], name: str) -> str:
    if not isinstance(value, str) or value not in allowed:
        raise BadWish(f"{name} is one of {', '.join(sorted(allowed))}")
    return value


def rate(value: Any) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 1:
        raise BadWish("throughput is messages a second, 1 or more, or null for no limit")
    return float(value)


def limit(value: Any) -> int | None:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
        raise BadWish("messaging_limit is people in 24 hours, 1 or more, or null for no limit")
    return value
