"""The ledger: keyed, append-only, its sums beside it; plans; what the operator sees of both."""

import asyncio
from collections import defaultdict
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, func, select, update
from sqlalchemy.exc import IntegrityError

from domain.kernel.ids import WorkspaceId
from domain.wallet.model import EntryKind, LedgerConflict, NoPlanToTake, NotEnoughPoints, Wallet
from storage.database import Database
from storage.tables import ledger_lines, wallets
from storage.unit import Unit
from tests.contract.stores.purse import (
    Purse,
    R,
    a_purse,
    all_become,
    become,
    committed_sums,
    sums,
    until_somebody_waits,
)
from tests.fakes.stores import NOW

DAY = timedelta(days=1)


@pytest.fixture
async def purse(store: Database) -> Purse:
    async with store.write() as unit:
        made = await a_purse(unit)
        await unit.commit()
    return made


async def test_a_workspace_begins_with_nothing(store: Database, purse: Purse) -> None:
    async with store.read() as unit:
        assert await unit.wallet.wallet(purse.space) == Wallet(workspace_id=purse.space)
        assert await unit.wallet.movements(purse.space) == ([], 0)


async def test_what_is_posted_is_there_for_others_with_its_sums(
    store: Database, other_process: Database, purse: Purse
) -> None:
    async with store.write() as unit:
        assert await unit.wallet.post(purse.entry(500, note="welcome", member_id=purse.owner))
        assert await unit.wallet.post(purse.entry(-200, key="slip", kind=EntryKind.TAKEN))
        await unit.commit()
    async with other_process.read() as unit:
        assert await sums(unit, purse) == (300, 0, 0)
        entries = [entry async for entry in unit.wallet.stream_entries(purse.space)]
    assert entries[0] == purse.entry(500, note="welcome", member_id=purse.owner)
    assert entries[1].points == -200


async def test_a_unit_that_is_not_committed_leaves_neither_entry_nor_sum(
    store: Database, purse: Purse
) -> None:
    async with store.write() as unit:
        await unit.wallet.post(purse.entry(500))
        await unit.wallet.change_plan(purse.space, 15, key="plan", at=NOW)
    async with store.read() as unit:
        assert await unit.wallet.wallet(purse.space) == Wallet(workspace_id=purse.space)
    assert await committed_sums(store, purse) == (0, 0, 0)


async def test_the_same_entry_again_is_already_done_even_later(store: Database, purse: Purse) -> None:
    for later in range(3):
        async with store.write() as unit:
            entry = replace(purse.entry(500), at=NOW + later * DAY)
            assert await unit.wallet.post(entry) is (later == 0)
            await unit.commit()
    assert await committed_sums(store, purse) == (500, 0, 0)


@pytest.mark.parametrize(
    "other",
    [{"points": 501}, {"kind": EntryKind.PURCHASE}, {"note": "again"}, {"owed": 1}, {"held": 1}],
    ids=lambda other: next(iter(other)),
)
async def test_the_same_key_for_something_else_is_refused(
    store: Database, purse: Purse, other: dict[str, Any]
) -> None:
    async with store.write() as unit:
        await unit.wallet.post(purse.entry(500))
        with pytest.raises(LedgerConflict):
            await unit.wallet.post(replace(purse.entry(500), **other))
        assert await sums(unit, purse) == (500, 0, 0)


async def test_a_key_of_another_workspace_is_taken_too(store: Database, purse: Purse) -> None:
    async with store.write() as unit:
        other = await a_purse(unit, n=8)
        await unit.wallet.post(purse.entry(500))
        with pytest.raises(LedgerConflict):
            await unit.wallet.post(other.entry(500))
        assert await sums(unit, other) == (0, 0, 0)


async def test_no_more_is_taken_than_is_available(store: Database, purse: Purse) -> None:
    async with store.write() as unit:
        await unit.wallet.post(purse.entry(10))
        await purse.held(unit, 4)
        with pytest.raises(NotEnoughPoints) as refused:
            await unit.wallet.post(purse.entry(-7, key="slip", kind=EntryKind.TAKEN))
        assert (refused.value.needs, refused.value.available) == (7, 6)
        assert await unit.wallet.post(purse.entry(-6, key="slip", kind=EntryKind.TAKEN))
        assert await sums(unit, purse) == (4, 4, 0)


async def test_a_replay_of_what_was_taken_needs_no_points(store: Database, purse: Purse) -> None:
    taken = purse.entry(-10, key="slip", kind=EntryKind.TAKEN)
    async with store.write() as unit:
        await unit.wallet.post(purse.entry(10))
        assert await unit.wallet.post(taken)
        assert not await unit.wallet.post(taken)
        assert await sums(unit, purse) == (0, 0, 0)


async def test_the_database_itself_refuses_a_wallet_below_zero(store: Database, purse: Purse) -> None:
    async with store.write() as unit:
        await unit.wallet.post(purse.entry(10))
        await unit.commit()
    for fault in ({"held": 11}, {"held": -1}, {"owed": -1}, {"balance": -1}):
        async with store.connection() as connection:
            with pytest.raises(IntegrityError):
                await connection.execute(update(wallets).values(fault))


async def test_of_two_who_take_at_once_only_one_gets_what_there_is(
    store: Database, other_process: Database, purse: Purse, kind: str
) -> None:
    async def take(database: Database, key: str) -> bool:
        async with database.write() as unit:
            try:
                await unit.wallet.post(purse.entry(-7, key=key, kind=EntryKind.TAKEN))
            except NotEnoughPoints:
                return False
            await unit.commit()
            return True

    async with store.write() as unit:
        await unit.wallet.post(purse.entry(10))
        await unit.commit()
    async with asyncio.TaskGroup() as group, store.write() as unit:
        await unit.wallet.post(purse.entry(-7, key="a", kind=EntryKind.TAKEN))
        second = group.create_task(take(other_process, "b"))
        await until_somebody_waits(store, kind)
        await unit.commit()
    assert not second.result()
    assert await committed_sums(store, purse) == (3, 0, 0)


async def test_of_two_who_bring_the_same_entry_at_once_one_is_late(
    store: Database, other_process: Database, purse: Purse, kind: str
) -> None:
    async def bring(database: Database) -> bool:
        async with database.write() as unit:
            done = await unit.wallet.post(purse.entry(10))
            await unit.commit()
            return done

    async with asyncio.TaskGroup() as group, store.write() as unit:
        assert await unit.wallet.post(purse.entry(10))
        second = group.create_task(bring(other_process))
        await until_somebody_waits(store, kind)
        await unit.commit()
    assert not second.result()
    assert await committed_sums(store, purse) == (10, 0, 0)


# -- plans ------------------------------------------------------------------------------------------------


async def test_days_make_a_plan_longer_once(store: Database, purse: Purse) -> None:
    async with store.write() as unit:
        first = await unit.wallet.change_plan(purse.space, 15, key="a", at=NOW, note="trial")
        assert first is not None and (first.ends_at, first.days, first.note) == (NOW + 15 * DAY, 15, "trial")
        assert await unit.wallet.change_plan(purse.space, 15, key="a", at=NOW + DAY) is None
        with pytest.raises(LedgerConflict):
            await unit.wallet.change_plan(purse.space, 30, key="a", at=NOW)
        more = await unit.wallet.change_plan(purse.space, 30, key="b", at=NOW + DAY, member_id=purse.owner)
        assert more is not None and more.ends_at == NOW + 45 * DAY
        await unit.commit()
    async with store.read() as unit:
        wallet = await unit.wallet.wallet(purse.space)
        assert wallet.plan_until == NOW + 45 * DAY
        assert await unit.wallet.last_plan_change(purse.space) == more


async def test_a_plan_that_has_ended_begins_again_now(store: Database, purse: Purse) -> None:
    async with store.write() as unit:
        await unit.wallet.change_plan(purse.space, 1, key="a", at=NOW)
        again = await unit.wallet.change_plan(purse.space, 15, key="b", at=NOW + 5 * DAY)
        assert again is not None and again.ends_at == NOW + 20 * DAY


async def test_days_are_taken_from_a_running_plan_only(store: Database, purse: Purse) -> None:
    async with store.write() as unit:
        with pytest.raises(NoPlanToTake):
            await unit.wallet.change_plan(purse.space, -1, key="a", at=NOW)
        await unit.wallet.change_plan(purse.space, 10, key="b", at=NOW)
        taken = await unit.wallet.change_plan(purse.space, -99, key="c", at=NOW + DAY)
        assert taken is not None and taken.ends_at == NOW + DAY
        assert not (await unit.wallet.wallet(purse.space)).has_plan(NOW + DAY)


async def test_plans_that_end_are_found_soonest_first(store: Database, purse: Purse) -> None:
    async with store.write() as unit:
        spaces = [purse.space] + [(await a_purse(unit, n=n)).space for n in range(3)]
        for space, days in zip(spaces, (9, 3, 1), strict=False):
            await unit.wallet.change_plan(space, days, key=f"{space}", at=NOW)
        assert await endings(unit, NOW + 9 * DAY) == [spaces[2], spaces[1]]
        assert await endings(unit, NOW + 9 * DAY + timedelta(seconds=1)) == [
            spaces[2],
            spaces[1],
            purse.space,
        ]


async def endings(unit: Unit, before: datetime) -> list[WorkspaceId]:
    return [wallet.workspace_id for wallet in await unit.wallet.plans_ending(before=before)]


# -- movements ----------------------------------------------------------------------------------------------


async def test_entries_of_one_campaign_and_kind_are_one_line(store: Database, purse: Purse) -> None:
    async with store.write() as unit:
        await unit.wallet.post(purse.entry(100, note="welcome"))
        await unit.wallet.post(purse.entry(50, key="more"))
        campaign = await purse.held(unit, 10, price=2)
        await become(unit, campaign, R.SENT, 4)
        await unit.wallet.settle([campaign], at=NOW + DAY)
        await become(unit, campaign, R.SENT, 2)
        await unit.wallet.settle([campaign], at=NOW + 2 * DAY)
        lines, total = await unit.wallet.movements(purse.space)
        assert total == 4
        assert [(m.kind, m.points, m.held, m.count) for m in lines] == [
            (EntryKind.SPEND, -12, -12, 6), (EntryKind.HOLD, 0, 20, 1),
            (EntryKind.GRANT, 50, 0, 1), (EntryKind.GRANT, 100, 0, 1),
        ]  # fmt: skip
        assert [m.campaign for m in lines] == ["March", "March", None, None]
        assert (lines[0].at, lines[0].campaign_id, lines[3].note) == (NOW + 2 * DAY, campaign, "welcome")


async def test_movements_are_paged_newest_first(store: Database, purse: Purse) -> None:
    async with store.write() as unit:
        for n in range(1, 21):
            await unit.wallet.post(purse.entry(n, key=f"{n}"))
        pages = [await unit.wallet.movements(purse.space, offset=at) for at in (0, 8, 16)]
        assert await unit.wallet.movements(purse.space, offset=80) == pages[-1], "beyond: the last page"
        assert {total for _, total in pages} == {20}
        assert [m.points for lines, _ in pages for m in lines] == list(range(20, 0, -1))


async def test_a_trial_of_nothing_is_no_movement(store: Database, purse: Purse) -> None:
    """The entry stands, to say that there was none; the screen and its pages do not count it."""
    async with store.write() as unit:
        await unit.wallet.post(replace(purse.entry(0, key="none"), kind=EntryKind.TRIAL))
        assert await unit.wallet.movements(purse.space) == ([], 0)
        await unit.wallet.post(replace(purse.entry(7, key="some"), kind=EntryKind.TRIAL))
        [line], total = await unit.wallet.movements(purse.space)
        assert (line.kind, line.points, total) == (EntryKind.TRIAL, 7, 1)
        entries = [entry async for entry in unit.wallet.stream_entries(purse.space)]
        assert [entry.points for entry in entries] == [0, 7]


async def test_nobody_sees_the_movements_of_another_workspace(store: Database, purse: Purse) -> None:
    async with store.write() as unit:
        other = await a_purse(unit, n=8)
        await unit.wallet.post(other.entry(5, key="theirs"))
        campaign = await other.held(unit, 5)
        await all_become(unit, campaign, R.READ)
        await unit.wallet.settle(None, at=NOW)
        assert await unit.wallet.movements(purse.space) == ([], 0)
        assert await sums(unit, purse) == (0, 0, 0)
        assert await sums(unit, other) == (0, 0, 0)


async def test_movements_are_those_of_the_ledger_however_far_they_were_summed(
    store: Database, purse: Purse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also with entries of a sender of the version before, which sums none."""
    monkeypatch.setattr("storage.ledger.ROLL_FROM", 1)
    async with store.write() as unit:
        await unit.wallet.post(purse.entry(100))
        first, second = await purse.held(unit, 10), await purse.held(unit, 5, price=3, first=10)
        for after, campaign, state in (
            (1, first, R.SENT), (1, second, R.FAILED),
            (10**9, first, R.FAILED), (1, second, R.READ),
            (10**9, second, R.SENT),
        ):  # fmt: skip
            monkeypatch.setattr("storage.ledger.ROLL_AFTER", after)
            await become(unit, campaign, state, 3)
            await unit.wallet.settle([campaign], at=NOW)
            assert await movements(unit, purse) == await by_the_ledger(unit, purse)
        assert await unit.wallet._db.scalar(select(func.count()).select_from(ledger_lines))
        await unit.operators.wipe(purse.space)
        assert not await unit.wallet._db.scalar(select(func.count()).select_from(ledger_lines))


@pytest.mark.parametrize(
    ("after", "own", "summed"), [(1, 1, True), (14, 4, True), (15, 4, False), (1, 5, False)]
)
async def test_a_wallet_is_summed_when_it_and_the_desk_have_enough_new_entries(
    store: Database, purse: Purse, monkeypatch: pytest.MonkeyPatch, after: int, own: int, summed: bool
) -> None:
    """Four of its own, and ten of another workspace."""
    monkeypatch.setattr("storage.ledger.ROLL_AFTER", after)
    monkeypatch.setattr("storage.ledger.ROLL_FROM", own)
    async with store.write() as unit:
        other = await a_purse(unit, n=8)
        await unit.wallet.post(purse.entry(100))
        for n in range(10):
            await unit.wallet.post(other.entry(1, key=f"{n}"))
        await purse.held(unit, 10)
        campaign = await purse.held(unit, 5, first=10)
        assert not await unit.wallet._db.scalar(select(func.count()).select_from(ledger_lines))
        await become(unit, campaign, R.SENT, 1)
        await unit.wallet.settle([campaign], at=NOW)
        assert bool(await unit.wallet._db.scalar(select(func.count()).select_from(ledger_lines))) is summed


async def test_what_comes_after_others_were_wiped_is_among_the_movements(
    store: Database, purse: Purse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite gives the ids of the newest entries once more when those are gone."""
    monkeypatch.setattr("storage.ledger.ROLL_AFTER", 1)
    monkeypatch.setattr("storage.ledger.ROLL_FROM", 1)
    async with store.write() as unit:
        other = await a_purse(unit, n=8)
        for one in (purse, other):
            await unit.wallet.post(one.entry(100, key=f"gift of {one.space}"))
        ours, theirs = await purse.held(unit, 10), await other.held(unit, 20)
        await become(unit, ours, R.SENT, 2)
        await all_become(unit, theirs, R.SENT)
        await unit.wallet.settle([ours, theirs], at=NOW)
        await unit.operators.wipe(other.space)
        monkeypatch.setattr("storage.ledger.ROLL_AFTER", 10**9)
        await become(unit, ours, R.FAILED, 3)
        await unit.wallet.settle([ours], at=NOW)
        assert await unit.wallet._db.scalar(select(func.count()).select_from(ledger_lines))
        assert await movements(unit, purse) == await by_the_ledger(unit, purse)


async def test_many_workspaces_are_settled_in_as_many_statements_as_one(
    store: Database, purse: Purse
) -> None:
    async with store.write() as unit:
        purses = [purse, *[await a_purse(unit, n=n) for n in (8, 9, 10)]]
        ran: list[str] = []
        database = unit.wallet._db.sync_connection
        event.listen(database, "before_cursor_execute", lambda *given: ran.append(given[2]))
        counted = []
        for n, some in enumerate((purses[:1], purses)):
            held = []
            for one in some:
                await unit.wallet.post(one.entry(100, key=f"{n} of {one.space}"))
                held.append(await one.held(unit, 2, first=10 * n))
            for campaign in held:
                await all_become(unit, campaign, R.SENT)
            ran.clear()
            assert await unit.wallet.settle(held, at=NOW) == 2 * len(some)
            counted.append(len(ran))
    assert counted[0] == counted[1]


async def movements(unit: Unit, purse: Purse) -> set[tuple[object, ...]]:
    lines, total = await unit.wallet.movements(purse.space, limit=100)
    assert total == len(lines)
    return {(one.campaign_id, one.kind, one.points, one.held, one.count) for one in lines}


async def by_the_ledger(unit: Unit, purse: Purse) -> set[tuple[object, ...]]:
    sums: dict[tuple[object, EntryKind], list[int]] = defaultdict(lambda: [0, 0, 0])
    async for entry in unit.wallet.stream_entries(purse.space):
        for n, more in enumerate((entry.points, entry.held, 1)):
            sums[entry.campaign_id, entry.kind][n] += more
    return {(*key, *numbers) for key, numbers in sums.items()}
