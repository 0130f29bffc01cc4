"""A traceback that can be shown to anybody: where it happened, and of what kind it is.

What an exception says of itself often holds what it was given: a number that a table has already, a name that
is no key, a text that cannot be parsed. So only what is known to be harmless is repeated. Lines of source are
left out: file, line and function lead there.
"""

import traceback
from collections.abc import Iterator
from typing import Final

from bot.log_scrub import Scrubber

_MOST_FRAMES: Final = 30
_MOST_TOGETHER: Final = 5
#: Their exceptions say what went wrong in words of their own; what they quote is left out.
_IN_OWN_WORDS: Final = frozenset({"bot", "domain", "httpcore", "httpx", "storage", "telegram", "whatsapp"})


def trace(error: BaseException, scrub: Scrubber) -> str:
    return "\n".join(_lines(error, scrub, set()))


def _lines(error: BaseException, scrub: Scrubber, seen: set[int]) -> Iterator[str]:
    seen.add(id(error))
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None and id(before) not in seen:
        yield from _lines(before, scrub, seen)
        yield "which led to:"
    yield "Traceback (most recent call last):"
    frames = list(traceback.walk_tb(error.__traceback__))
    for frame, line in frames[-_MOST_FRAMES:]:
        code = frame.f_code
        yield f"  {code.co_filename}:{line} in {code.co_name}"
    yield f"{type(error).__module__}.{type(error).__qualname__}{_said(error, scrub)}".removeprefix(
        "builtins."
    )
    if isinstance(error, BaseExceptionGroup):
        for one in error.exceptions[:_MOST_TOGETHER]:
            yield from (f"  | {line}" for line in _lines(one, scrub, seen))


def _said(error: BaseException, scrub: Scrubber) -> str:
    """What may be repeated of it, after a colon."""
    words = _of_the_database(error) or _of_the_system(error) or _of_the_interpreter(error)
    if not words and type(error).__module__.partition(".")[0] in _IN_OWN_WORDS:
        words = scrub.foreign(str(error))
    return f": {scrub.text(words)}" if words else ""


def _of_the_database(error: BaseException) -> str:
    """Of SQLAlchemy's and of drivers': the code, and the constraint that stood in the way. Never the
    statement, its parameters, or the row that PostgreSQL tells in its detail."""
    orig = getattr(error, "orig", None) or error
    state, name = getattr(orig, "sqlstate", None), getattr(orig, "sqlite_errorname", None)
    if not isinstance(state, str) and not isinstance(name, str):
        return ""
    constraint = getattr(getattr(orig, "diag", None), "constraint_name", None)
    parts = [type(orig).__name__, state or name, constraint]
    return " ".join(part for part in parts if isinstance(part, str))


def _of_the_system(error: BaseException) -> str:
    """Not the file's name: it may be one that a person gave."""
    if not isinstance(error, OSError) or not isinstance(error.errno, int):
        return ""
    return f"[Errno {error.errno}] {error.strerror}" if isinstance(error.strerror, str) else ""


def _of_the_interpreter(error: BaseException) -> str:
    """The name in the code that is not there."""
    if not isinstance(error, AttributeError | NameError | ImportError):
        return ""
    name = error.name
    return name if isinstance(name, str) and name.replace(".", "_").isidentifier() else ""
