"""Points for recipients: set aside at the start, spent, given back, paid late, owed."""

import asyncio
import itertools

import pytest
from sqlalchemy import select, text, update

from domain.delivery.recipients import Settled
from domain.delivery.settling import OPEN, kind_of, settled_after
from domain.kernel.errors import Conflict, NotFound
from domain.kernel.ids import CampaignId
from domain.wallet.model import EntryKind, LedgerConflict, NotEnoughPoints
from storage.database import Database
from storage.settling import SqlSettling
from storage.tables import recipients
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

GOT = (R.SENT, R.DELIVERED, R.READ)
DID_NOT = (R.FAILED, R.SKIPPED, R.CANCELLED)


async def test_a_start_sets_points_aside_for_everybody_who_waits(store: Database, purse: Purse) -> None:
    async with store.write() as unit:
        campaign = await purse.campaign(unit, 10, price=3)
        await become(unit, campaign, R.EXCLUDED, 2)
        assert await unit.wallet.hold(campaign, price=3, at=NOW) == 24
        assert await sums(unit, purse) == (100, 24, 0)
        wallet = await unit.wallet.wallet(purse.space)
        assert wallet.available == 76


async def test_a_hold_again_is_already_done_however_far_the_campaign_is(
    store: Database, purse: Purse
) -> None:
    async with store.write() as unit:
        campaign = await purse.held(unit, 10)
        await become(unit, campaign, R.SENT, 3)
        await unit.wallet.settle([campaign], at=NOW)
        assert await unit.wallet.hold(campaign, price=1, at=NOW) == 10
        assert await sums(unit, purse) == (97, 7, 0)


async def test_a_hold_at_another_price_is_refused(store: Database, purse: Purse) -> None:
    async with store.write() as unit:
        campaign = await purse.campaign(unit, 10)
        with pytest.raises(Conflict):
            await unit.wallet.hold(campaign, price=2, at=NOW)
        await unit.wallet.hold(campaign, price=1, at=NOW)
        late = await purse.campaign(unit, 1, first=50)
        r = recipients.c
        await unit.wallet._db.execute(
            update(recipients).where(r.campaign_id == late).values(campaign_id=campaign, settled="held")
        )
        with pytest.raises(LedgerConflict):
            await unit.wallet.hold(campaign, price=1, at=NOW)


async def test_a_hold_for_no_campaign_is_refused(store: Database) -> None:
    async with store.write() as unit:
        with pytest.raises(NotFound):
            await unit.wallet.hold(CampaignId(404), price=1, at=NOW)


async def test_too_few_points_hold_nothing(store: Database, purse: Purse) -> None:
    async with store.write() as unit:
        campaign = await purse.campaign(unit, 11, price=10)
        with pytest.raises(NotEnoughPoints) as refused:
            await unit.wallet.hold(campaign, price=10, at=NOW)
        assert refused.value.data == {"needs": 110, "available": 100}
        assert await sums(unit, purse) == (100, 0, 0)
        await all_become(unit, campaign, R.SENT)
        assert await unit.wallet.settle(None, at=NOW) == 0


async def test_what_costs_nothing_is_never_settled(store: Database, purse: Purse) -> None:
    async with store.write() as unit:
        campaign = await purse.campaign(unit, 10, price=0)
        assert await unit.wallet.hold(campaign, price=0, at=NOW) == 0
        await all_become(unit, campaign, R.READ)
        assert await unit.wallet.settle([campaign], at=NOW) == 0
        assert await sums(unit, purse) == (100, 0, 0)


@pytest.mark.parametrize("state", [state for state in R if state is not R.EXCLUDED])
async def test_each_state_settles_once(store: Database, purse: Purse, state: R) -> None:
    async with store.write() as unit:
        campaign = await purse.held(unit, 4, price=5)
        await become(unit, campaign, state, 1)
        settled = [await unit.wallet.settle([campaign], at=NOW) for _ in range(2)]
        if state in OPEN:
            assert settled == [0, 0] and await sums(unit, purse) == (100, 20, 0)
        elif state in GOT:
            assert settled == [1, 0] and await sums(unit, purse) == (95, 15, 0)
        else:
            assert settled == [1, 0] and await sums(unit, purse) == (100, 15, 0)


async def test_a_success_that_turns_out_to_have_failed_gives_back(store: Database, purse: Purse) -> None:
    async with store.write() as unit:
        campaign = await purse.held(unit, 4)
        for state in (R.SENT, R.FAILED):
            await all_become(unit, campaign, state)
            assert await unit.wallet.settle(None, at=NOW) == 4
        assert await sums(unit, purse) == (100, 0, 0)


@pytest.mark.parametrize("state", DID_NOT)
async def test_one_that_arrived_after_all_is_paid_late(store: Database, purse: Purse, state: R) -> None:
    async with store.write() as unit:
        campaign = await purse.held(unit, 4, price=2)
        for one in (state, R.DELIVERED, R.READ):
            await all_become(unit, campaign, one)
            await unit.wallet.settle([campaign], at=NOW)
        assert await sums(unit, purse) == (92, 0, 0)


async def test_each_change_of_mind_has_an_entry_of_its_own(store: Database, purse: Purse) -> None:
    async with store.write() as unit:
        campaign = await purse.held(unit, 1)
        for state in (R.FAILED, R.SENT, R.FAILED, R.SENT):
            await become(unit, campaign, state)
            await unit.wallet.settle([campaign], at=NOW)
        kinds = [e.kind async for e in unit.wallet.stream_entries(purse.space)]
        assert kinds[1:] == [
            EntryKind.HOLD, EntryKind.RELEASE, EntryKind.LATE, EntryKind.BACK, EntryKind.LATE,
        ]  # fmt: skip
        assert await sums(unit, purse) == (99, 0, 0)


async def test_what_cannot_be_paid_is_owed_and_the_next_points_pay_it(store: Database, purse: Purse) -> None:
    async with store.write() as unit:
        campaign = await purse.held(unit, 4, price=10)
        await all_become(unit, campaign, R.FAILED)
        await unit.wallet.settle([campaign], at=NOW)
        await unit.wallet.post(purse.entry(-75, key="slip", kind=EntryKind.TAKEN))
        await all_become(unit, campaign, R.READ)
        assert await unit.wallet.settle([campaign], at=NOW) == 4
        assert await sums(unit, purse) == (0, 0, 15)
        late = [e async for e in unit.wallet.stream_entries(purse.space) if e.kind is EntryKind.LATE]
        assert [(e.points, e.owed) for e in late] == [(-10, 0), (-10, 0), (-5, 5), (0, 10)]
        await unit.wallet.post(purse.entry(5, key="a"))
        assert await sums(unit, purse) == (0, 0, 10)
        await unit.wallet.post(purse.entry(50, key="b"))
        assert await sums(unit, purse) == (40, 0, 0)


async def test_points_that_come_back_pay_what_is_owed_too(store: Database, purse: Purse) -> None:
    async with store.write() as unit:
        lost, other = await purse.held(unit, 5, price=10), await purse.held(unit, 5, price=10, first=20)
        await all_become(unit, lost, R.FAILED)
        await unit.wallet.settle([lost], at=NOW)
        await unit.wallet.post(purse.entry(-50, key="slip", kind=EntryKind.TAKEN))
        await all_become(unit, lost, R.SENT)
        await unit.wallet.settle([lost], at=NOW)
        assert await sums(unit, purse) == (50, 50, 50)
        await become(unit, other, R.CANCELLED, 3)
        await unit.wallet.settle([other], at=NOW)
        assert await sums(unit, purse) == (20, 20, 20)


async def test_points_given_back_by_one_pay_for_another_in_the_same_breath(
    store: Database, purse: Purse
) -> None:
    async with store.write() as unit:
        early, campaign = await purse.held(unit, 5, price=10), await purse.held(unit, 5, price=10, first=20)
        await all_become(unit, early, R.FAILED)
        await unit.wallet.settle(None, at=NOW)
        await unit.wallet.post(purse.entry(-50, key="slip", kind=EntryKind.TAKEN))
        await all_become(unit, early, R.SENT)
        await all_become(unit, campaign, R.FAILED)
        assert await unit.wallet.settle(None, at=NOW) == 10
        assert await sums(unit, purse) == (0, 0, 0)


async def test_only_the_campaigns_asked_for_are_settled(store: Database, purse: Purse) -> None:
    async with store.write() as unit:
        one, other = await purse.held(unit, 3), await purse.held(unit, 4, first=10)
        for campaign in (one, other):
            await all_become(unit, campaign, R.SENT)
        assert await unit.wallet.settle([], at=NOW) == 0
        assert await unit.wallet.settle([one], at=NOW) == 3
        assert await unit.wallet.settle(None, at=NOW) == 4


async def test_several_workspaces_are_settled_at_once_each_for_itself(store: Database, purse: Purse) -> None:
    async with store.write() as unit:
        other = await a_purse(unit, n=8)
        await unit.wallet.post(other.entry(20, key="theirs"))
        for whose, people in ((purse, 3), (other, 4)):
            campaign = await whose.held(unit, people, price=5, first=50)
            await all_become(unit, campaign, R.READ)
        assert await unit.wallet.settle(None, at=NOW) == 7
        assert (await sums(unit, purse), await sums(unit, other)) == ((85, 0, 0), (0, 0, 0))


async def test_a_big_campaign_is_settled_in_pieces(
    store: Database, purse: Purse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.settling._AT_A_TIME", 3)
    async with store.write() as unit:
        campaign = await purse.held(unit, 10)
        await all_become(unit, campaign, R.SENT)
        assert await unit.wallet.settle([campaign], at=NOW) == 10
        assert await sums(unit, purse) == (90, 0, 0)


async def test_two_who_settle_at_once_settle_it_once(
    store: Database, other_process: Database, purse: Purse, kind: str
) -> None:
    async def settle(database: Database) -> int:
        async with database.write() as unit:
            count = await unit.wallet.settle([campaign], at=NOW)
            await unit.commit()
            return count

    async with store.write() as unit:
        campaign = await purse.held(unit, 20)
        await all_become(unit, campaign, R.SENT)
        await unit.commit()
    async with asyncio.TaskGroup() as group, store.write() as unit:
        assert await unit.wallet.settle([campaign], at=NOW) == 20
        second = group.create_task(settle(other_process))
        await until_somebody_waits(store, kind)
        await unit.commit()
    assert second.result() == 0
    assert await committed_sums(store, purse) == (80, 0, 0)


async def test_of_two_starts_at_once_only_one_gets_the_points(
    store: Database, other_process: Database, purse: Purse, kind: str
) -> None:
    async def start(database: Database, campaign: CampaignId) -> bool:
        async with database.write() as unit:
            try:
                await unit.wallet.hold(campaign, price=10, at=NOW)
            except NotEnoughPoints:
                return False
            await unit.commit()
            return True

    async with store.write() as unit:
        first, other = [await purse.campaign(unit, 6, price=10, first=first) for first in (0, 10)]
        await unit.commit()
    async with asyncio.TaskGroup() as group, store.write() as unit:
        await unit.wallet.hold(first, price=10, at=NOW)
        second = group.create_task(start(other_process, other))
        await until_somebody_waits(store, kind)
        await unit.commit()
    assert not second.result()
    assert await committed_sums(store, purse) == (100, 60, 0)


async def test_what_is_unsettled_is_what_the_rules_say(store: Database, purse: Purse) -> None:
    """The index's own words, against the rules, for everything a recipient with points can be."""
    r, cases = recipients.c, [*itertools.product(set(R) - {R.EXCLUDED}, Settled)]
    async with store.write() as unit:
        campaign, db = await purse.campaign(unit, len(cases)), unit.wallet._db
        ids = list(await db.scalars(select(r.id).order_by(r.id)))
        for id, (state, settled) in zip(ids, cases, strict=True):
            values = {"state": state, "settled": settled, "due_at": NOW}
            await db.execute(update(recipients).where(r.id == id).values(values))
        found = set(await db.scalars(SqlSettling(db, [])._unsettled([campaign])))
    assert {case for id, case in zip(ids, cases, strict=True) if id in found} == {
        (state, settled) for state, settled in cases if settled_after(settled, state) is not settled
    }


def test_every_way_to_settle_has_a_word() -> None:
    words = [kind_of(settled, n) for settled in (Settled.SPENT, Settled.BACK) for n in (1, 2, 3)]
    assert words == [
        EntryKind.SPEND, EntryKind.LATE, EntryKind.LATE, EntryKind.RELEASE, EntryKind.BACK, EntryKind.BACK,
    ]  # fmt: skip


@pytest.mark.parametrize("which", ["one", "all"])
async def test_the_unsettled_are_found_by_their_index_alone(
    store: Database, purse: Purse, kind: str, which: str
) -> None:
    async with store.write() as unit:
        campaign = await purse.campaign(unit, 2000, price=0)
        await unit.commit()
    async with store.connection() as connection:
        await connection.execute(text("ANALYZE"))
        asked = SqlSettling(connection, [])._unsettled([campaign] if which == "one" else None)
        explain = "EXPLAIN QUERY PLAN " if kind == "sqlite" else "EXPLAIN "
        words = asked.compile(connection.engine, compile_kwargs={"literal_binds": True})
        plan = " ".join(str(row) for row in await connection.execute(text(explain + str(words))))
    assert "ix_recipients_unsettled" in plan
