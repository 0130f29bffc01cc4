"""A process that dies while it sends."""

from collections.abc import Awaitable


class Killed(BaseException):
    """The process is gone: nothing after this line ran."""


async def died(work: Awaitable[object]) -> bool:
    """Whether the process was killed meanwhile."""
    try:
        await work
    except Killed:
        return True
    except BaseExceptionGroup as group:
        assert group.subgroup(Killed) is not None
        return True
    return False
