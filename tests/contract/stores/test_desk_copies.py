"""A database that is a copy knows it, and what it was about to send is in doubt."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text

from domain.delivery.model import Progress
from domain.delivery.ports import Accepted, ReceiptNews
from domain.delivery.recipients import RecipientState
from domain.delivery.store import DirectPurpose, DirectState
from domain.kernel.ids import CampaignId, ListId
from domain.scheduler.unit import Unit
from storage.database import Database
from storage.desk_copies import FAR
from storage.marks import as_copy
from storage.tables import attempts, chat_inbox
from tests.contract.conftest import Bakery
from tests.contract.stores.test_claims import record, take
from tests.fakes.stores import NOW, a_running_campaign

LATER = NOW + timedelta(hours=8)
R = RecipientState


@pytest.fixture
async def campaign(store: Database, bakery: Bakery, ten_who_agreed: ListId) -> CampaignId:
    async with store.write() as unit:
        id = await a_running_campaign(unit, bakery.space, bakery.ayse, bakery.account, ten_who_agreed)
        await unit.commit()
    return id


async def states(unit: Unit, campaign: CampaignId) -> dict[R, int]:
    return dict((await unit.delivery.tally(campaign)).by_state)


async def test_a_desk_of_its_own_is_no_copy(store: Database) -> None:
    async with store.read() as unit:
        assert await unit.copies.made_at() is None


async def test_whoever_waits_or_is_claimed_is_unknown_and_who_has_got_it_keeps_it(
    store: Database, bakery: Bakery, campaign: CampaignId
) -> None:
    async with store.write() as unit:
        claims = await take(unit, bakery, campaign, limit=4)
        await record(unit, claims[:2], Accepted("p"))
        assert await unit.copies.doubt_everything(at=LATER) == {campaign: 8}
        assert await states(unit, campaign) == {R.SENT: 2, R.UNKNOWN: 8}
        again, _ = await unit.delivery.claim(
            campaign, bakery.account, desk="desk", owner="me", now=LATER, lease_until=LATER, limit=9
        )
        assert again == []


async def test_what_the_desk_that_went_on_has_sent_is_heard_under_its_keys(
    store: Database, bakery: Bakery, campaign: CampaignId
) -> None:
    async with store.write() as unit:
        desk = await unit.operators.desk_id()
        await unit.copies.doubt_everything(at=LATER)
        doubts = await unit.delivery.doubts(bakery.account, since=NOW, limit=99)
        assert len(doubts) == 10 and all(doubt.is_open for doubt in doubts)
        assert {doubt.key for doubt in doubts} == {f"{desk}-{doubt.recipient_id}-1" for doubt in doubts}
        read = ReceiptNews(key=doubts[0].key, progress=Progress.READ, at=LATER)
        await unit.delivery.receipts(bakery.account, [read])
        assert await states(unit, campaign) == {R.READ: 1, R.UNKNOWN: 9}


async def test_a_single_message_that_has_not_left_does_not_leave(store: Database, bakery: Bakery) -> None:
    async with store.write() as unit:
        id = await unit.delivery.queue_direct(
            workspace_id=bakery.space, account_id=bakery.account, member_id=bakery.ayse, chat_id=1001,
            purpose=DirectPurpose.TEST, number="+905321111111", text="Hello", media=None, desk="desk",
            campaign_id=None, at=NOW,
        )  # fmt: skip
        await unit.copies.doubt_everything(at=LATER)
        assert (await unit.delivery.direct(id)).state is DirectState.UNKNOWN
        taken = await unit.delivery.claim_direct(bakery.account, owner="me", lease_until=LATER, now=LATER)
        assert taken is None


async def test_a_tap_from_before_takes_no_effect_again_and_a_payment_is_not_lost(store: Database) -> None:
    tap = {"update_id": 1, "callback_query": {"data": "v1|cp.start|1|0|0"}}
    paid = {"update_id": 2, "message": {"successful_payment": {"currency": "XTR"}}}
    back = {"update_id": 3, "message": {"refunded_payment": {"currency": "XTR"}}}
    said = {"update_id": 4, "message": {"text": "/start"}}
    async with store.write() as unit:
        await unit.chat.add_updates(
            7, [(1, 1001, tap), (2, 1001, paid), (3, 1001, back), (4, 1001, said)], at=NOW
        )
        await unit.copies.doubt_everything(at=LATER)
        assert [row.update_id for row in await unit.chat.waiting_updates(7)] == [2, 3]
        await unit.commit()
    async with store.connection() as connection:
        found = await connection.execute(
            select(chat_inbox.c.update_id).where(chat_inbox.c.error == "restored")
        )
        assert sorted(found.scalars()) == [1, 4]


async def test_no_id_is_given_that_the_desk_that_went_on_may_have_given(
    store: Database, bakery: Bakery, campaign: CampaignId
) -> None:
    async with store.write() as unit:
        await unit.copies.doubt_everything(at=LATER)
        draft = await unit.campaigns.create(
            workspace_id=bakery.space,
            created_by=bakery.ayse,
            name="Next",
            account_id=bakery.account,
            at=LATER,
        )
        assert draft > FAR
        # A table that had no row yet when the copy was made may have had many since.
        rows = await unit.chat.add_updates(7, [(9, 1001, {"update_id": 9})], at=LATER)
        assert rows[0].seq > FAR


async def test_tries_that_were_claimed_are_asked_about_however_old_the_copy_is(
    store: Database, bakery: Bakery, campaign: CampaignId
) -> None:
    late = NOW + timedelta(days=20)
    async with store.write() as unit:
        [claim] = await take(unit, bakery, campaign, limit=1, journal="j-1")
        await unit.copies.doubt_everything(at=late)
        doubts = await unit.delivery.doubts(bakery.account, since=late - timedelta(days=3), limit=99)
        assert claim.key in {doubt.key for doubt in doubts}
        await unit.commit()
    async with store.connection() as connection:
        a = attempts.c
        found = await connection.execute(select(a.progress).where(a.key == claim.key))
        assert found.scalar_one() == Progress.UNKNOWN.value


async def test_what_is_marked_is_a_copy_until_it_is_settled(
    store: Database, bakery: Bakery, campaign: CampaignId, kind: str
) -> None:
    """On PostgreSQL: what was written at the table is that of another one, as after reading in a dump."""
    async with store.write() as unit:
        await unit.copies.settled()
        await take(unit, bakery, campaign, limit=1)
        await unit.commit()
    async with store.read() as unit:
        assert await unit.copies.made_at() is None
    mark = (
        f"PRAGMA user_version = {as_copy(NOW)}" if kind == "sqlite" else "COMMENT ON TABLE desk IS 'desk 1'"
    )
    async with store.connection() as connection:
        await connection.execute(text(mark))
        await connection.commit()
    async with store.write() as unit:
        assert await unit.copies.made_at() == NOW
        await unit.copies.settled()  # left without commit: undone
    async with store.write() as unit:
        assert await unit.copies.made_at() == NOW
        await unit.copies.settled()
        await unit.commit()
    async with store.read() as unit:
        assert await unit.copies.made_at() is None
