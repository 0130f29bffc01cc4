"""A desk in numbers: what waits and since when, what is unknown, and what each number has sent."""

from datetime import timedelta

from sqlalchemy import text

from domain.accounts.model import AccountState, Channel
from domain.campaigns.model import CampaignState, CampaignStep, PauseReason
from domain.delivery.ports import Unknown
from domain.delivery.store import DirectPurpose, DirectState
from domain.kernel.ids import DirectId, ListId
from domain.scheduler.unit import Unit
from storage.database import Database
from storage.overview import oldest_recipient
from storage.schema import schema_of
from tests.contract.conftest import Bakery
from tests.contract.stores.test_claims import record, take
from tests.fakes.stores import NOW, a_member, a_running_campaign, a_workspace, an_account

SOON = NOW + timedelta(minutes=2)


async def a_direct(unit: Unit, bakery: Bakery) -> DirectId:
    return await unit.delivery.queue_direct(
        workspace_id=bakery.space, account_id=bakery.account, member_id=bakery.ayse, chat_id=1,
        purpose=DirectPurpose.TEST, number="+905321119999", text="Hello", media=None, desk="d",
        campaign_id=None, at=NOW,
    )  # fmt: skip


async def test_an_empty_desk_waits_for_nothing(store: Database) -> None:
    async with store.read() as unit:
        found = await unit.overview.of_desk(now=NOW)
    assert (found.oldest_recipient, found.oldest_direct) == (None, None)
    assert (found.unknown_recipients, found.unknown_directs) == (0, 0)
    assert (found.accounts, found.campaigns) == ({}, {})


async def test_whoever_is_due_waits_since_then_while_their_campaign_runs(
    store: Database, bakery: Bakery, ten_who_agreed: ListId
) -> None:
    async with store.write() as unit:
        id = await a_running_campaign(unit, bakery.space, bakery.ayse, bakery.account, ten_who_agreed)
        assert (await unit.overview.of_desk(now=SOON)).oldest_recipient == NOW
        assert (await unit.overview.of_desk(now=NOW - timedelta(seconds=1))).oldest_recipient is None
        running = await unit.campaigns.any(id)
        paused = running.take(CampaignStep.PAUSE, at=SOON, reason=PauseReason.OPERATOR)
        await unit.campaigns.save(paused, expected=running.version)
        found = await unit.overview.of_desk(now=SOON)
    assert found.oldest_recipient is None
    assert found.campaigns == {CampaignState.PAUSED: 1}


async def test_a_single_message_waits_while_its_number_is_connected(store: Database, bakery: Bakery) -> None:
    async with store.write() as unit:
        id = await a_direct(unit, bakery)
        assert (await unit.overview.of_desk(now=SOON)).oldest_direct == NOW
        await unit.accounts.set_state(bakery.account, AccountState.UNLINKED, reason="unlinked", at=NOW)
        found = await unit.overview.of_desk(now=SOON)
        assert found.oldest_direct is None
        assert found.accounts == {(Channel.SIMULATED, AccountState.UNLINKED): 1}
        await unit.accounts.set_state(bakery.account, AccountState.CONNECTED, reason=None, at=NOW)
        await unit.delivery.claim_direct(bakery.account, owner="o", lease_until=SOON)
        await unit.delivery.record_direct(id, DirectState.UNKNOWN, reason="silence")
        found = await unit.overview.of_desk(now=SOON)
    assert (found.oldest_direct, found.unknown_directs) == (None, 1)


async def test_a_workspace_is_told_of_itself_alone(
    store: Database, bakery: Bakery, ten_who_agreed: ListId
) -> None:
    async with store.write() as unit:
        id = await a_running_campaign(unit, bakery.space, bakery.ayse, bakery.account, ten_who_agreed)
        claims = await take(unit, bakery, id, limit=4)
        await record(unit, claims[:3], Unknown())
        await unit.accounts.count_usage(bakery.account, 4, at=NOW)
        await unit.accounts.count_usage(bakery.account, 7, at=NOW - timedelta(days=2))
        other = await a_workspace(unit, name="Pier")
        await a_member(unit, other, telegram_id=1002)
        theirs = await an_account(unit, other, number="+447700900005", remote="sim-other")
        await unit.accounts.count_usage(theirs, 9, at=NOW)
        since = NOW - timedelta(days=1)
        ours = await unit.overview.of_workspace(bakery.space, since=since)
        other_ones = await unit.overview.of_workspace(other, since=since)
        assert (await unit.overview.of_desk(now=NOW)).unknown_recipients == 3
    assert (ours.recipients, ours.unknown, ours.sent) == (6, 3, {bakery.account: 4})
    assert (other_ones.recipients, other_ones.unknown, other_ones.sent) == (0, 0, {theirs: 9})


async def test_what_waits_longest_is_found_without_reading_all_who_wait(store: Database) -> None:
    """By SQLite's plan: over an index that holds only those who wait, in order."""
    async with store.read() as unit:
        if unit.overview._db.dialect.name == "sqlite":
            asked = oldest_recipient(NOW).compile(
                dialect=unit.overview._db.dialect, compile_kwargs={"literal_binds": True}
            )
            plan = (await unit.overview._db.execute(text(f"EXPLAIN QUERY PLAN {asked}"))).all()
            assert "ix_recipients_waiting" in str(plan) and "SCAN recipients" not in str(plan)


async def test_a_fresh_database_is_of_this_programs_shape(store: Database) -> None:
    assert await schema_of(store) == "current"
