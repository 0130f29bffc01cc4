"""What is not known to have arrived is found: of this account, since then, the newest first."""

from datetime import timedelta

import pytest

from domain.delivery.model import Progress
from domain.delivery.ports import Accepted, ReceiptNews, Rejected, Unknown
from domain.delivery.store import DirectPurpose
from domain.kernel.ids import CampaignId, ListId
from storage.database import Database
from tests.contract.conftest import Bakery
from tests.contract.stores.test_claims import LEASE, record, take
from tests.fakes.stores import NOW, a_running_campaign, an_account

SINCE = NOW - timedelta(days=1)
LATER = NOW + timedelta(minutes=10)


@pytest.fixture
async def campaign(store: Database, bakery: Bakery, ten_who_agreed: ListId) -> CampaignId:
    async with store.write() as unit:
        id = await a_running_campaign(unit, bakery.space, bakery.ayse, bakery.account, ten_who_agreed)
        await unit.commit()
    return id


async def test_only_what_is_unknown_is_in_doubt(
    store: Database, bakery: Bakery, campaign: CampaignId
) -> None:
    async with store.write() as unit:
        claims = await take(unit, bakery, campaign, limit=5, journal="j-1")
        await record(unit, claims[:1], Accepted("p"))
        await record(unit, claims[1:2], Rejected("busy", True))
        await record(unit, claims[2:4], Unknown())
        found = await unit.delivery.doubts(bakery.account, since=SINCE, limit=9)
        assert {doubt.key for doubt in found} == {claim.key for claim in claims[2:4]}
        one = next(doubt for doubt in found if doubt.key == claims[2].key)
        assert (one.recipient_id, one.campaign_id, one.n) == (claims[2].recipient_id, campaign, 1)
        assert (one.tried_at, one.is_open, one.journal) == (NOW, True, "j-1")
        read = ReceiptNews(key=claims[2].key, progress=Progress.READ, at=NOW)
        await unit.delivery.receipts(bakery.account, [read])
        found = await unit.delivery.doubts(bakery.account, since=SINCE, limit=9)
        assert [doubt.key for doubt in found] == [claims[3].key]


async def test_what_has_been_decided_since_is_not_open(
    store: Database, bakery: Bakery, campaign: CampaignId
) -> None:
    async with store.write() as unit:
        claims = await take(unit, bakery, campaign, limit=2)
        await record(unit, claims, Unknown())
        await unit.delivery.send_unknown_again(campaign, at=NOW)
        found = await unit.delivery.doubts(bakery.account, since=SINCE, limit=9)
        assert [doubt.is_open for doubt in found] == [False, False]
        again = await take(unit, bakery, campaign, limit=1)
        await record(unit, again, Unknown())
        found = await unit.delivery.doubts(bakery.account, since=SINCE, limit=9)
        assert {doubt.n: doubt.is_open for doubt in found if doubt.recipient_id == again[0].recipient_id} == {
            1: False,
            2: True,
        }


async def test_they_are_of_one_account_since_a_moment_and_the_newest_first(
    store: Database, bakery: Bakery, campaign: CampaignId
) -> None:
    async with store.write() as unit:
        early = await take(unit, bakery, campaign, limit=1)
        late = await take(unit, bakery, campaign, limit=1, now=LATER)
        await record(unit, [*early, *late], Unknown())
        other = await an_account(unit, bakery.space, number="+447700900008", remote="sim-8")
        find = unit.delivery.doubts
        assert [doubt.key for doubt in await find(bakery.account, since=SINCE, limit=9)] == [
            late[0].key,
            early[0].key,
        ]
        assert [doubt.key for doubt in await find(bakery.account, since=SINCE, limit=1)] == [late[0].key]
        assert [doubt.key for doubt in await find(bakery.account, since=LATER, limit=9)] == [late[0].key]
        assert await find(other, since=SINCE, limit=9) == []


async def test_single_messages_can_be_in_doubt_too(store: Database, bakery: Bakery) -> None:
    async with store.write() as unit:
        await unit.delivery.queue_direct(
            workspace_id=bakery.space, account_id=bakery.account, member_id=bakery.ayse, chat_id=5,
            purpose=DirectPurpose.TEST, number="+905", text="Hi", media=None, desk="desk", campaign_id=None,
            at=NOW,
        )  # fmt: skip
        direct = await unit.delivery.claim_direct(
            bakery.account, owner="dead", lease_until=LEASE, journal="j-2"
        )
        assert direct is not None
        assert await unit.delivery.doubts(bakery.account, since=SINCE, limit=9) == []
        await unit.delivery.abandon(owner_not="me")
        [doubt] = await unit.delivery.doubts(bakery.account, since=SINCE, limit=9)
        assert (doubt.key, doubt.recipient_id, doubt.tried_at) == (direct.key, None, NOW)
        assert doubt.journal == "j-2"
