"""What tests of points begin with."""

import pytest

from storage.database import Database
from tests.contract.stores.purse import Purse, a_purse


@pytest.fixture
async def purse(store: Database) -> Purse:
    """A hundred points."""
    async with store.write() as unit:
        made = await a_purse(unit)
        await unit.wallet.post(made.entry(100))
        await unit.commit()
    return made
