"""What is told of a plan: reminders before its end, the end, and a suspension."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.chat.announcer import ChatAnnouncer
from bot.senders import Hints
from domain.campaigns.model import CampaignState, PauseReason
from domain.kernel.errors import Conflict
from domain.operators.model import TERMS_VERSION, Role
from domain.scheduler.events import PlanEnding, SendingStopped
from domain.scheduler.licence import stop_workspace
from domain.scheduler.plans import Plans, reminder_due
from tests.fakes.stores import NOW
from tests.unit.scheduler.plan_world import (
    ONE_MINUTE,
    RICH,
    campaign,
    one_by_one,
    plan,
    plan_of,
    resume,
    suspend,
)
from tests.unit.scheduler.world import World, world


@pytest.mark.parametrize(
    ("left", "bought_before_the_end", "due"),
    [
        (timedelta(days=4), timedelta(days=15), None),
        (timedelta(days=3), timedelta(days=15), 3),
        (timedelta(days=1, seconds=1), timedelta(days=15), 3),
        (timedelta(days=1), timedelta(days=15), 1),
        (timedelta(seconds=1), timedelta(days=15), 1),
        (timedelta(0), timedelta(days=15), None),
        (timedelta(days=-9), timedelta(days=15), None),
        (timedelta(days=2), timedelta(days=2), None),
        (timedelta(days=1), timedelta(days=2), 1),
        (timedelta(days=3), timedelta(days=3), None),
        (timedelta(hours=6), timedelta(days=1), None),
    ],
)
def test_only_the_nearest_reminder_that_was_ever_ahead_is_given(
    left: timedelta, bought_before_the_end: timedelta, due: int | None
) -> None:
    since = NOW - bought_before_the_end
    assert reminder_due(NOW, since=since, now=NOW - left) == due


@dataclass(kw_only=True)
class Told:
    """The desk's own announcer, and what waits to be sent to each chat."""

    on: World
    seen: set[int] = field(default_factory=set)

    async def tick(self) -> None:
        announcer = ChatAnnouncer(self.on.clock)
        plans = Plans(store=self.on.store, announcer=announcer, watcher=Hints())
        await plans.tick(self.on.clock.now())

    async def slice(self) -> None:
        announcer = ChatAnnouncer(self.on.clock)
        await replace(self.on.slices(), announcer=announcer).run(self.on.account)

    async def news(self, chat: int = 1001) -> Sequence[str]:
        """Texts for that chat that were not asked for before."""
        async with self.on.store.read() as unit:
            due = await unit.chat.due_notices(now=NOW + timedelta(days=9999), limit=100)
        fresh = [one for one in due if one.notice.chat_id == chat and one.id not in self.seen]
        self.seen.update(one.id for one in fresh)
        return [str(one.notice.payload["text"]) for one in fresh]


@asynccontextmanager
async def told(folder: Path, *, role: Role = Role.OWNER) -> AsyncIterator[Told]:
    async with world(folder) as on:
        async with on.store.write() as unit:
            await unit.operators.set_role(on.ayse, role)
            await unit.operators.accept_terms(on.ayse, version=TERMS_VERSION, at=NOW)
            await unit.commit()
        yield Told(on=on)


async def test_there_is_a_reminder_three_days_and_one_day_before_and_a_word_at_the_end(
    tmp_path: Path,
) -> None:
    async with told(tmp_path) as desk:
        ends = await plan_of(desk.on, 15)
        heard = []
        while desk.on.clock.now() < ends + timedelta(days=2):
            await desk.tick()
            heard += [(desk.on.clock.now(), text) for text in await desk.news()]
            desk.on.clock.advance(hours=6)
        assert [at - ends for at, _ in heard] == [timedelta(days=-3), timedelta(days=-1), timedelta(0)]
        assert ["ends on 17 Mar 12:00" in heard[0][1], "ends on 17 Mar 12:00" in heard[1][1]] == [True, True]
        assert "Make it longer" in heard[0][1]
        assert "has ended" in heard[2][1]
        assert "Buy a plan" in heard[2][1]


async def test_a_manager_is_told_to_ask_the_owner_and_a_viewer_is_not_told(tmp_path: Path) -> None:
    async with told(tmp_path, role=Role.MANAGER) as desk:
        async with desk.on.store.write() as unit:
            viewer = await unit.operators.create_member(
                workspace_id=desk.on.space, telegram_id=1007, name="Can", role=Role.VIEWER, at=NOW
            )
            await unit.operators.accept_terms(viewer, version=TERMS_VERSION, at=NOW)
            await unit.commit()
        ends = await plan_of(desk.on, 15)
        await desk.on.clock.sleep_until(ends - timedelta(days=2))
        await desk.tick()
        [text] = await desk.news()
        assert "Ask the owner to make it longer" in text
        await desk.on.clock.sleep_until(ends)
        await desk.tick()
        [text] = await desk.news()
        assert "Ask the owner to buy a plan" in text
        assert await desk.news(1007) == []


async def test_a_plan_of_two_days_is_reminded_of_once(tmp_path: Path) -> None:
    async with told(tmp_path) as desk:
        ends = await plan_of(desk.on, 2)
        await desk.tick()
        assert await desk.news() == []
        await desk.on.clock.sleep_until(ends - timedelta(hours=20))
        await desk.tick()
        await desk.tick()
        assert len(await desk.news()) == 1


async def test_a_plan_made_longer_is_reminded_of_anew(tmp_path: Path) -> None:
    async with told(tmp_path) as desk:
        ends = await plan_of(desk.on, 15)
        await desk.on.clock.sleep_until(ends - timedelta(days=2))
        await desk.tick()
        assert len(await desk.news()) == 1
        ends = await plan(desk.on, 15)
        await desk.tick()
        assert await desk.news() == []
        await desk.on.clock.sleep_until(ends - timedelta(days=2))
        await desk.tick()
        assert len(await desk.news()) == 1


async def test_a_clock_that_jumps_over_both_reminders_and_the_end_tells_the_end_alone(tmp_path: Path) -> None:
    async with told(tmp_path) as desk:
        ends = await plan_of(desk.on, 15)
        await one_by_one(desk.on, 2)
        await desk.tick()
        await desk.on.clock.sleep_until(ends + timedelta(days=40))
        await desk.tick()
        await desk.tick()
        await desk.slice()
        [text] = await desk.news()
        assert "has ended. Paused: March" in text


async def test_a_clock_that_jumps_over_the_first_reminder_gives_the_second(tmp_path: Path) -> None:
    async with told(tmp_path) as desk:
        ends = await plan_of(desk.on, 15)
        await desk.on.clock.sleep_until(ends - timedelta(hours=3))
        await desk.tick()
        assert len(await desk.news()) == 1
        await desk.tick()
        assert await desk.news() == []


async def test_a_clock_set_back_after_the_end_resumes_nothing_by_itself_and_repeats_nothing(
    tmp_path: Path,
) -> None:
    async with told(tmp_path) as desk:
        on = desk.on
        ends = await plan_of(on, 15)
        id = await one_by_one(on, 3)
        await on.clock.sleep_until(ends + ONE_MINUTE)
        await desk.slice()
        await desk.tick()
        assert len(await desk.news()) == 1
        on.clock.advance(days=-5)
        await desk.tick()
        await desk.slice()
        paused = await campaign(on, id)
        assert (paused.state, paused.pause_reason) == (CampaignState.PAUSED, PauseReason.PLAN_ENDED)
        assert (await desk.news(), on.phones.sent) == ([], [])
        await resume(on, id)
        await desk.slice()
        assert len(on.phones.sent) == 1
        # The same end comes a second time: what it pauses now is news, the end itself is not.
        await on.clock.sleep_until(ends + ONE_MINUTE)
        await desk.slice()
        [text] = await desk.news()
        assert "Paused: March" in text
        await desk.tick()
        await desk.slice()
        assert await desk.news() == []


async def test_a_clock_set_back_before_a_reminder_does_not_repeat_it(tmp_path: Path) -> None:
    async with told(tmp_path) as desk:
        ends = await plan_of(desk.on, 15)
        await desk.on.clock.sleep_until(ends - timedelta(days=3))
        await desk.tick()
        assert len(await desk.news()) == 1
        desk.on.clock.advance(days=-9)
        await desk.tick()
        await desk.on.clock.sleep_until(ends - timedelta(days=3))
        await desk.tick()
        assert await desk.news() == []


async def test_who_never_had_a_plan_is_not_told_that_one_has_ended(tmp_path: Path) -> None:
    async with told(tmp_path) as desk:
        async with desk.on.store.write() as unit:
            fresh = await unit.operators.create_workspace(
                name="Florist", country="TR", zone="Europe/Istanbul", language="en", at=NOW
            )
            flo = await unit.operators.create_member(
                workspace_id=fresh, telegram_id=1005, name="Flo", role=Role.OWNER, at=NOW
            )
            await unit.operators.accept_terms(flo, version=TERMS_VERSION, at=NOW)
            await unit.commit()
        await desk.on.clock.sleep_until(NOW + timedelta(days=RICH + 1))
        await desk.tick()
        assert await desk.news(1005) == []
        assert len(await desk.news()) == 1


async def test_a_suspension_is_told_with_its_reason_and_what_was_paused(tmp_path: Path) -> None:
    async with told(tmp_path, role=Role.MANAGER) as desk:
        await one_by_one(desk.on, 2)
        await suspend(desk.on, "complaints of <strangers>")
        await desk.slice()
        await desk.slice()
        [text] = await desk.news()
        assert "suspended sending for <b>Bakery</b>: complaints of &lt;strangers&gt;. Paused: March." in text


async def test_a_suspension_is_told_also_where_nothing_was_running(tmp_path: Path) -> None:
    async with told(tmp_path) as desk:
        await suspend(desk.on, "complaints")
        async with desk.on.store.write() as unit:
            announcer = ChatAnnouncer(desk.on.clock)
            why = PauseReason.SUSPENDED
            assert await stop_workspace(unit, announcer, Hints(), desk.on.space, why, NOW) == ()
            await unit.commit()
        await desk.slice()
        [text] = await desk.news()
        assert "suspended sending for <b>Bakery</b>: complaints." in text
        assert "Paused" not in text


async def test_an_operator_who_is_first_does_not_keep_the_plan_from_ending(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        id = await one_by_one(on, 1)
        await plan_of(on, 0)
        conflicts = 2

        class Busy:
            async def announce(self, unit: object, event: object) -> None:
                nonlocal conflicts
                if isinstance(event, SendingStopped) and conflicts:
                    conflicts -= 1
                    raise Conflict(what="campaign")

        await Plans(store=on.store, announcer=Busy(), watcher=Hints()).tick(on.clock.now())
        assert conflicts == 0
        assert (await campaign(on, id)).state is CampaignState.PAUSED


async def test_the_reminder_is_an_event_with_the_days_that_are_left(tmp_path: Path) -> None:
    async with world(tmp_path) as on:
        ends = await plan_of(on, 15)
        plans = Plans(store=on.store, announcer=on.heard, watcher=Hints())
        await plans.tick(ends - timedelta(days=2))
        await plans.tick(ends - timedelta(hours=2))
        await plans.tick(ends)
        assert on.heard.events == [
            PlanEnding(workspace_id=on.space, until=ends, days=days) for days in (3, 1, 0)
        ]
