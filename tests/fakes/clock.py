from datetime import datetime, timedelta


class FakeClock:
    """A clock you set. Sleeping jumps straight to the moment asked for."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def advance(self, **span: float) -> None:
        self._now += timedelta(**span)

    async def sleep_until(self, moment: datetime) -> None:
        self._now = max(self._now, moment)
