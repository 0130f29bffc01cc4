"""Checks, each within a time of its own, side by side."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

import structlog

from bot.texts import plain

log = structlog.get_logger(__name__)

#: In seconds; a check that reads much has its own.
PATIENCE: Final = 10.0


class State(Enum):
    """IDLE: there is nothing to look at, and nothing is wrong with that."""

    GOOD = "✓"
    WRONG = "✗"
    IDLE = "–"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A line of the table: what was looked at, what was found, and what to do about it."""

    title: str
    state: State
    found: str
    do: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """`name`: its title's key is `doctor.<name>`. `look` says what it finds."""

    name: str
    look: Callable[[], Awaitable[Sequence[Finding]]]
    patience: float = PATIENCE

    @property
    def title(self) -> str:
        return plain(f"doctor.{self.name}")


def good(area: str, key: str, /, **values: object) -> Finding:
    return _finding(area, State.GOOD, key, values)


def idle(area: str, key: str, /, **values: object) -> Finding:
    return _finding(area, State.IDLE, key, values)


def wrong(area: str, key: str, /, **values: object) -> Finding:
    """What to do stands under the sentence's key with `.do` behind; see `advised` for what says it itself."""
    return _finding(area, State.WRONG, key, values, plain(f"doctor.{area}.{key}.do", **values))


def advised(area: str, key: str, do: str, /, **values: object) -> Finding:
    """Wrong, with what to do about it."""
    return _finding(area, State.WRONG, key, values, do)


def _finding(area: str, state: State, key: str, values: Mapping[str, object], do: str = "") -> Finding:
    title, found = plain(f"doctor.{area}"), plain(f"doctor.{area}.{key}", **values)
    return Finding(title=title, state=state, found=found, do=do)


async def look_at(checks: Sequence[Check]) -> Sequence[Finding]:
    """In their order, however long each took."""
    found = await asyncio.gather(*(_one(check) for check in checks))
    return [finding for findings in found for finding in findings]


async def _one(check: Check) -> Sequence[Finding]:
    try:
        async with asyncio.timeout(check.patience):
            return await check.look()
    except TimeoutError:
        seconds = f"{check.patience:g}"
        found, do = plain("doctor.late", seconds=seconds), plain("doctor.late.do")
    except Exception as error:
        # Its text may hold what is nobody's business.
        log.debug("a check failed", check=check.name, error=type(error).__name__)
        found, do = plain("doctor.failed", error=type(error).__name__), plain("doctor.failed.do")
    return [Finding(title=check.title, state=State.WRONG, found=found, do=do)]
