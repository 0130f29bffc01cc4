"""Where a plan's end comes from, on both databases."""

from datetime import timedelta

from storage.database import Database
from tests.contract.stores.purse import a_purse
from tests.fakes.stores import NOW

DAY = timedelta(days=1)


async def test_the_last_change_is_the_one_that_the_end_comes_from(store: Database) -> None:
    async with store.write() as unit:
        purse, other = await a_purse(unit), await a_purse(unit, 8)
        assert await unit.wallet.last_plan_change(purse.space) is None
        await unit.wallet.change_plan(purse.space, 15, key="first", at=NOW)
        bought = await unit.wallet.change_plan(
            purse.space, 30, key="second", at=NOW + DAY, member_id=purse.owner, note="30 days"
        )
        await unit.wallet.change_plan(other.space, 1, key="theirs", at=NOW + 2 * DAY)
        # Told again it is already done, and no change.
        assert await unit.wallet.change_plan(purse.space, 30, key="second", at=NOW + 3 * DAY) is None
        await unit.commit()
    async with store.read() as unit:
        last = await unit.wallet.last_plan_change(purse.space)
        assert last == bought
        assert last is not None
        assert last.ends_at == NOW + 45 * DAY == (await unit.wallet.wallet(purse.space)).plan_until
