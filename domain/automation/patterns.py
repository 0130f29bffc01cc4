"""Operators' regexes, on an engine that never goes back: trying one takes time in proportion to its size and
to the text's, whatever either holds. Both have limits here, so that a message is answered in milliseconds.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

import re2

from domain.kernel.errors import DomainError

LONGEST_PATTERN: Final = 200
#: In instructions of the compiled pattern. Ordinary ones have 10 to 100; `x{1000}` has thousands.
LARGEST_PROGRAM: Final = 500
#: Bytes the engine may use for one pattern; it takes a slower way rather than more.
_MEMORY: Final = 1 << 17

_UNSUPPORTED: Final = frozenset({"invalid perl operator", "bad repetition operator"})
_AT_THE_END: Final = frozenset({"missing )", "trailing \\"})


class PatternTooLong(DomainError):
    """`length` and `limit`, in characters."""

    code = "rule.pattern_too_long"


class PatternTooBig(DomainError):
    """It is short to write, but too much to try on every message: `\\w{500}`, say."""

    code = "rule.pattern_too_big"


class PatternBroken(DomainError):
    """`at`: the place, counted from 1; `near`: what stands there (empty at the end)."""

    code = "rule.pattern_broken"


class PatternUnsupported(DomainError):
    """Looking around, going back to a group, and other things of which no engine can bound the time. `at` and
    `near` as in PatternBroken."""

    code = "rule.pattern_unsupported"


class Pattern:
    """A compiled one. `size` in instructions; `groups`: what an answer may put in, `0` being all of it."""

    __slots__ = ("_regexp", "groups", "size")

    def __init__(self, source: str) -> None:
        """Raises PatternTooLong, PatternTooBig, PatternBroken, PatternUnsupported."""
        if len(source) > LONGEST_PATTERN:
            raise PatternTooLong(length=len(source), limit=LONGEST_PATTERN)
        try:
            self._regexp: Any = re2.compile(_whole(source), _options())
        except re2.error as error:
            raise _refusal(_said(error), source) from None
        self.size: int = self._regexp.programsize
        if self.size > LARGEST_PROGRAM:
            raise PatternTooBig()
        names = [str(name) for name in self._regexp.groupindex]
        self.groups: tuple[str, ...] = (*map(str, range(self._regexp.groups + 1)), *names)

    def find(self, text: str) -> Mapping[str, str] | None:
        """What the groups caught, by number and by name (empty for one that took no part), or None."""
        found = self._regexp.search(_whole(text))
        if found is None:
            return None
        numbered = {str(n): found[n] or "" for n in range(self._regexp.groups + 1)}
        return numbered | {name: found[n] or "" for name, n in self._regexp.groupindex.items()}


@lru_cache(maxsize=1_024)
def pattern(source: str) -> Pattern:
    """Compiled once a process, as long as there is room. Raises as `Pattern` does."""
    return Pattern(source)


def _options() -> Any:
    options = re2.Options()
    options.max_mem = _MEMORY
    options.case_sensitive = False
    options.log_errors = False
    return options


def _whole(text: str) -> str:
    """Halves of characters, which a text from outside may hold, have no UTF-8."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _said(error: Exception) -> str:
    said = error.args[0]
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)


def _refusal(said: str, source: str) -> DomainError:
    """What the engine says is `kind: fragment`."""
    kind, _, near = said.partition(": ")
    if kind.startswith("pattern too large") or kind == "invalid repetition size":
        return PatternTooBig()
    at = len(source) if kind in _AT_THE_END else source.find(near)
    if kind == "unexpected )":
        at = _first_unexpected(source)
    at = max(at, 0)
    goes_back = kind == "invalid escape sequence" and near[1:2].isdecimal()
    refused = PatternUnsupported if kind in _UNSUPPORTED or goes_back else PatternBroken
    return refused(at=at + 1, near=source[at : at + 10])


def _first_unexpected(source: str) -> int:
    """The engine names the whole pattern: the first bracket at which it has seen enough."""
    for at, char in enumerate(source):
        if char == ")":
            try:
                re2.compile(_whole(source[: at + 1]), _options())
            except re2.error as error:
                if _said(error).startswith("unexpected )"):
                    return at
    return 0
