"""Who is written down as sent has paid by that; the ledger says so once the unit is committed."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from unittest.mock import AsyncMock

import pytest

from domain.delivery.ports import Accepted, Rejected
from domain.delivery.recipients import Claim, RecipientState, learn
from domain.kernel.ids import CampaignId
from domain.wallet.model import EntryKind
from storage.database import Database
from storage.settling import SqlSettling
from storage.unit import Unit
from tests.contract.stores.purse import Purse, a_purse, become, committed_sums, sums, until_somebody_waits
from tests.fakes.stores import NOW

R = RecipientState
LATER = NOW + timedelta(hours=1)
GOT = Accepted("wamid.1")
REFUSED = Rejected("not_on_whatsapp", can_retry=False)


async def claimed(unit: Unit, purse: Purse, campaign: CampaignId, limit: int = 100) -> Sequence[Claim]:
    claims, _ = await unit.delivery.claim(
        campaign, purse.account, desk="desk", owner="o", now=LATER, lease_until=LATER + timedelta(minutes=5),
        limit=limit,
    )  # fmt: skip
    return claims


async def sent(unit: Unit, claims: Sequence[Claim]) -> None:
    await unit.delivery.record([learn(claim, GOT, now=LATER) for claim in claims], now=LATER)


async def kinds(unit: Unit, purse: Purse) -> list[EntryKind]:
    """Without the gift and the hold."""
    return [entry.kind async for entry in unit.wallet.stream_entries(purse.space)][2:]


async def test_what_was_recorded_is_paid_for_when_it_is_committed(store: Database, purse: Purse) -> None:
    async with store.write() as unit:
        campaign = await purse.held(unit, 4, price=5)
        await sent(unit, await claimed(unit, purse, campaign, limit=3))
        await unit.commit()
    assert await committed_sums(store, purse) == (85, 5, 0)
    async with store.write() as unit:
        assert await kinds(unit, purse) == [EntryKind.SPEND] * 3
        assert await unit.wallet.settle(None, at=LATER) == 0


async def test_settling_in_the_same_unit_enters_it_once(store: Database, purse: Purse) -> None:
    async with store.write() as unit:
        campaign = await purse.held(unit, 4)
        claims = await claimed(unit, purse, campaign)
        await sent(unit, claims[:2])
        await unit.delivery.record([learn(claims[2], REFUSED, now=LATER)], now=LATER)
        assert await unit.wallet.settle([campaign], at=LATER) == 3
        assert await sums(unit, purse) == (98, 1, 0)
        await unit.commit()
    assert await committed_sums(store, purse) == (98, 1, 0)


async def test_the_same_answer_again_costs_nothing_more(store: Database, purse: Purse) -> None:
    async with store.write() as unit:
        campaign = await purse.held(unit, 2)
        claims = await claimed(unit, purse, campaign)
        for _ in range(2):
            await sent(unit, claims)
        await unit.commit()
    assert await committed_sums(store, purse) == (98, 0, 0)


async def test_a_unit_that_is_left_leaves_nothing_for_the_next(store: Database, purse: Purse) -> None:
    async with store.write() as unit:
        campaign = await purse.held(unit, 2)
        await unit.commit()
    async with store.write() as unit:
        await sent(unit, await claimed(unit, purse, campaign))
    async with store.write() as unit:
        await unit.commit()
    assert await committed_sums(store, purse) == (100, 2, 0)
    async with store.write() as unit:
        assert await kinds(unit, purse) == []


async def test_whose_points_were_given_back_pays_late_and_who_costs_nothing_is_only_sent(
    store: Database, purse: Purse
) -> None:
    async with store.write() as unit:
        dear = await purse.held(unit, 2)
        claims = list(await claimed(unit, purse, dear))
        await become(unit, dear, R.CANCELLED, 1)
        assert await unit.wallet.settle([dear], at=LATER) == 1
        free = await purse.campaign(unit, 3, price=0, first=50)
        claims += await claimed(unit, purse, free)
        await sent(unit, claims)
        await unit.wallet.settle(None, at=LATER)
        await unit.commit()
    assert await committed_sums(store, purse) == (98, 0, 0)
    async with store.write() as unit:
        assert sorted(await kinds(unit, purse)) == [EntryKind.LATE, EntryKind.RELEASE, EntryKind.SPEND]
        assert (await unit.delivery.tally(dear)).by_state == {R.SENT: 2}
        assert (await unit.delivery.tally(free)).by_state == {R.SENT: 3}


async def test_what_could_not_be_entered_is_not_committed_without_it(
    store: Database, purse: Purse, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with store.write() as unit:
        campaign = await purse.held(unit, 2)
        await sent(unit, await claimed(unit, purse, campaign))
        with monkeypatch.context() as patch:
            patch.setattr(SqlSettling, "_write_settled", AsyncMock(side_effect=RuntimeError))
            with pytest.raises(RuntimeError):
                await unit.commit()
        await unit.commit()
    assert await committed_sums(store, purse) == (98, 0, 0)


async def test_people_of_two_workspaces_are_entered_together(store: Database, purse: Purse) -> None:
    async with store.write() as unit:
        other = await a_purse(unit, 8)
        await unit.wallet.post(other.entry(100, key="another gift"))
        campaigns = {one.space: await one.held(unit, 3) for one in (purse, other)}
        for one in (other, purse):
            await sent(unit, await claimed(unit, one, campaigns[one.space]))
        await unit.commit()
    assert [await committed_sums(store, one) for one in (purse, other)] == [(97, 0, 0)] * 2


async def test_who_records_and_who_settles_what_was_forgotten_never_wait_in_a_ring(
    store: Database, other_process: Database, purse: Purse
) -> None:
    async with store.write() as unit:
        campaign = await purse.held(unit, 4)
        claims = await claimed(unit, purse, campaign, limit=2)
        await become(unit, campaign, R.FAILED, 1)
        await unit.commit()

    async def record() -> None:
        async with other_process.write() as theirs:
            await sent(theirs, claims[1:])
            await theirs.wallet.settle([campaign], at=LATER)
            await theirs.commit()

    async with asyncio.timeout(20), asyncio.TaskGroup() as group, store.write() as unit:
        assert len(await unit.wallet._some_unsettled([campaign])) == 1
        group.create_task(record())
        await until_somebody_waits(store, store.url.get_backend_name())
        await unit.wallet.settle([campaign], at=LATER)
        await unit.commit()
    assert await committed_sums(store, purse) == (99, 2, 0)
