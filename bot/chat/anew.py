"""Begins anew what the store undid whole because two stood in each other's way."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog

from domain.kernel.errors import Interrupted

log = structlog.get_logger(__name__)
T = TypeVar("T")


async def or_anew(unit: Callable[[], Awaitable[T]], *, seq: int | None = None) -> T:
    """`unit` is one unit of work: nothing is sent in it, so nobody is told twice. Raises Interrupted when it
    happens again. `seq`: of the update that it works."""
    try:
        return await unit()
    except Interrupted:
        log.info("interrupted; begun anew", seq=seq)
        return await unit()
