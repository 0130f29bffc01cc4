"""Time is an input."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """The only way to learn the time, or to wait for it. Always aware UTC."""

    def now(self) -> datetime: ...

    async def sleep_until(self, moment: datetime) -> None: ...
