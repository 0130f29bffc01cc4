"""The activity log: promises of ActivityStore."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from domain.kernel.ids import WorkspaceId
from domain.operators.activity import Activity, Topic
from storage.activity import SqlActivity
from storage.database import Database
from storage.unit import Unit
from tests.contract.conftest import Bakery
from tests.fakes.stores import NOW, a_workspace

AYSE, DENIZ = 1001, 1002


def a_line(space: WorkspaceId | None, n: int = 0, *, who: int | None = AYSE, **other: Any) -> Activity:
    line = Activity(
        workspace_id=space, at=NOW + timedelta(minutes=n), telegram_id=who, who="Ayşe",
        topic=Topic.CAMPAIGNS, what="campaign.paused", screen="campaign", about=f"Spring {n}",
    )  # fmt: skip
    return replace(line, **other)


async def everything(unit: Unit, space: WorkspaceId | None) -> list[Activity]:
    return [line async for line in unit.activity.stream(space)]


async def test_a_line_is_kept_as_told(store: Database, bakery: Bakery, other_process: Database) -> None:
    told = a_line(
        bakery.space, before={"state": "running", "speed": [2, 5]}, after={"state": "paused", "who": "ğ"}
    )
    ours = a_line(bakery.space, 1, who=None, what="campaign.completed")
    async with store.write() as unit:
        await unit.activity.add(told)
        await unit.activity.add(ours)
        await unit.commit()
    async with other_process.read() as unit:
        assert await everything(unit, bakery.space) == [told, ours]


async def test_the_newest_comes_first_page_by_page(store: Database, bakery: Bakery) -> None:
    lines = [a_line(bakery.space, n) for n in range(10)]
    async with store.write() as unit:
        for line in lines:
            await unit.activity.add(line)
        first, total = await unit.activity.list(bakery.space)
        second, again = await unit.activity.list(bakery.space, offset=8)
        beyond, _ = await unit.activity.list(bakery.space, offset=80)
    assert (total, again) == (10, 10)
    assert [*first, *second] == lines[::-1]
    assert len(first) == 8
    assert beyond == second, "the last page"


async def test_lines_of_the_same_moment_stand_in_the_order_they_were_told(
    store: Database, bakery: Bakery
) -> None:
    """A clock that stands still, or is set back, does not shuffle the log."""
    async with store.write() as unit:
        for n in (2, 0, 1):
            await unit.activity.add(a_line(bakery.space, n))
        assert [line.about for line in await everything(unit, bakery.space)] == [
            "Spring 2", "Spring 0", "Spring 1",
        ]  # fmt: skip
        shown, _ = await unit.activity.list(bakery.space)
        assert [line.about for line in shown] == ["Spring 1", "Spring 0", "Spring 2"]


async def test_it_is_filtered_by_person_and_by_topic(store: Database, bakery: Bakery) -> None:
    async with store.write() as unit:
        for line in (
            a_line(bakery.space, 0),
            a_line(bakery.space, 1, who=DENIZ),
            a_line(bakery.space, 2, topic=Topic.MONEY),
            a_line(bakery.space, 3, who=None, topic=Topic.MONEY),
        ):
            await unit.activity.add(line)

        async def seen(**by: Any) -> tuple[list[str], int]:
            found, total = await unit.activity.list(bakery.space, **by)
            return [line.about for line in found], total

        assert await seen(telegram_id=AYSE) == (["Spring 2", "Spring 0"], 2)
        assert await seen(topic=Topic.MONEY) == (["Spring 3", "Spring 2"], 2)
        assert await seen(telegram_id=AYSE, topic=Topic.MONEY) == (["Spring 2"], 1)
        assert await seen(telegram_id=DENIZ, topic=Topic.MONEY) == ([], 0)


async def test_each_workspace_and_the_desk_have_a_log_of_their_own(store: Database, bakery: Bakery) -> None:
    async with store.write() as unit:
        other = await a_workspace(unit, name="Florist")
        for space in (bakery.space, other, None):
            await unit.activity.add(a_line(space, about=str(space)))
        for space in (bakery.space, other, None):
            shown, total = await unit.activity.list(space)
            assert ([line.about for line in shown], total) == ([str(space)], 1)
            assert [line.about for line in await everything(unit, space)] == [str(space)]


async def test_the_people_in_it_are_named_as_they_were_called_last(store: Database, bakery: Bakery) -> None:
    async with store.write() as unit:
        other = await a_workspace(unit, name="Florist")
        await unit.activity.add(a_line(bakery.space, who=DENIZ, at=NOW))
        for name, who in (("Aysha", AYSE), ("Ayşe", AYSE), ("Deniz", DENIZ), ("MassSender", None)):
            await unit.activity.add(replace(a_line(bakery.space, who=who), who=name))
        await unit.activity.add(a_line(other, who=1003))
        assert await unit.activity.people(bakery.space) == [(AYSE, "Ayşe"), (DENIZ, "Deniz")]
        assert await unit.activity.people(None) == []


async def test_when_something_was_last_done_is_known_of_many_workspaces(
    store: Database, bakery: Bakery
) -> None:
    async with store.write() as unit:
        quiet = await a_workspace(unit, name="Florist")
        busy = await a_workspace(unit, name="Baths")
        for n in range(3):
            await unit.activity.add(a_line(bakery.space, n))
        await unit.activity.add(a_line(busy, 9))
        await unit.activity.add(a_line(None, 99))
        known = await unit.activity.latest([bakery.space, quiet])
        assert known == {bakery.space: NOW + timedelta(minutes=2)}
        assert await unit.activity.latest([]) == {}


async def test_what_was_undone_left_no_line(store: Database, bakery: Bakery) -> None:
    async with store.write() as unit:
        await unit.activity.add(a_line(bakery.space))
    async with store.read() as unit:
        assert await everything(unit, bakery.space) == []


def test_there_is_no_way_to_change_or_remove_a_line() -> None:
    ways = {name for name in vars(SqlActivity) if not name.startswith("_")}
    assert ways == {"add", "list", "people", "latest", "stream"}
