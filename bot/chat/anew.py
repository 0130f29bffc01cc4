"""A unit of work that the store undid whole because somebody stood in its way."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog

from domain.kernel.errors import Interrupted

log = structlog.get_logger(__name__)
T = TypeVar("T")


async def or_anew(unit: Callable[[], Awaitable[T]]) -> T:
    """Once more what was undone: nothing is sent in a unit, so nobody is told twice. Raises Interrupted when
    somebody stands in its way again."""
    try:
        return await unit()
    except Interrupted:
        log.info("interrupted; begun anew")
        return await unit()
