"""The pour says how late it let messages go, and how long they waited for their number's turn."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from domain.accounts.model import Channel
from domain.scheduler.cloud_pace import CloudPace
from tests.fakes.clock import FakeClock
from tests.fakes.stores import NOW
from tests.unit.scheduler.cloud_world import cloud_world

LATE = timedelta(milliseconds=30)


@dataclass
class Told:
    lates: list[tuple[timedelta, int]] = field(default_factory=list)
    waits: list[timedelta] = field(default_factory=list)

    def left(self, channel: Channel, late: timedelta, *, messages: int = 1) -> None:
        assert channel is Channel.CLOUD
        self.lates.append((late, messages))

    def waited(self, channel: Channel, span: timedelta) -> None:
        assert channel is Channel.CLOUD
        self.waits.append(span)


class LateClock(FakeClock):
    """Whoever sleeps wakes that much too late, as on a busy machine."""

    async def sleep_until(self, moment: datetime) -> None:
        await super().sleep_until(moment + LATE)


async def test_on_time_nobody_is_late_and_all_who_leave_have_waited(tmp_path: Path) -> None:
    async with cloud_world(tmp_path) as on:
        told = Told()
        on.pace = CloudPace(told)
        await on.change(ceiling=80.0)
        await on.sending(240)
        await on.run()
        assert len(on.phones.sent) == len(told.waits) == 240
        assert {late for late, _ in told.lates} == {timedelta(0)}
        assert max(told.waits) > timedelta(milliseconds=10)
        assert all(wait >= timedelta(0) for wait in told.waits)


async def test_who_wakes_too_late_lets_them_go_too_late(tmp_path: Path) -> None:
    async with cloud_world(tmp_path) as on:
        told = Told()
        on.pace, on.clock = CloudPace(told), LateClock(NOW)
        await on.change(ceiling=80.0)
        await on.sending(240)
        await on.run()
        assert len(on.phones.sent) == 240
        assert {late for late, _ in told.lates} == {LATE}
        # The first had no moment to be late for.
        assert 0 < sum(messages for _, messages in told.lates) < 240
