"""Claim, record, abandon: what keeps anybody from being sent to twice."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from domain.campaigns.model import CampaignState
from domain.delivery.ports import Accepted, Rejected, SendOutcome, Unknown
from domain.delivery.recipients import Claim, RecipientState, learn
from domain.delivery.store import RecipientRow
from domain.kernel.ids import AccountId, CampaignId, ListId
from domain.scheduler.unit import Unit
from storage.database import Database
from tests.contract.conftest import Bakery
from tests.fakes.stores import NOW, SAID_STOP, a_running_campaign, number_of

R = RecipientState
LEASE = NOW + timedelta(minutes=5)
OK = Accepted("wamid.1")


@pytest.fixture
async def campaign(store: Database, bakery: Bakery, ten_who_agreed: ListId) -> CampaignId:
    async with store.write() as unit:
        id = await a_running_campaign(unit, bakery.space, bakery.ayse, bakery.account, ten_who_agreed)
        await unit.commit()
    return id


async def take(
    unit: Unit, bakery: Bakery, campaign: CampaignId, *, limit: int = 100, owner: str = "o",
    now: datetime = NOW, lease: datetime = LEASE, journal: str | None = None,
) -> Sequence[Claim]:  # fmt: skip
    claims, _ = await unit.delivery.claim(
        campaign, bakery.account, desk="desk", owner=owner, now=now, lease_until=lease, limit=limit,
        journal=journal,
    )  # fmt: skip
    return claims


async def record(unit: Unit, claims: Sequence[Claim], outcome: SendOutcome, now: datetime = NOW) -> None:
    await unit.delivery.record([learn(claim, outcome, now=now) for claim in claims], now=now)


async def one(unit: Unit, campaign: CampaignId) -> RecipientRow:
    """The first recipient."""
    [row] = await unit.delivery.recipients(campaign, limit=1)
    return row


async def test_a_claim_is_durable_and_says_all_that_is_needed(
    store: Database, other_process: Database, bakery: Bakery, campaign: CampaignId
) -> None:
    async with store.write() as unit:
        claims = await take(unit, bakery, campaign, limit=3)
        await unit.commit()
    async with other_process.read() as unit:
        rows = await unit.delivery.recipients(campaign, states=[R.CLAIMED])
        assert (await unit.delivery.tally(campaign)).waiting == 7
    assert [claim.number for claim in claims] == [number_of(n) for n in range(3)]
    assert [claim.recipient_id for claim in claims] == [row.id for row in rows]
    assert claims[1].key == f"desk-{claims[1].recipient_id}-1" and claims[1].n == 1
    assert claims[1].name == "Person 1" and claims[1].fields == {"city": "Ankara", "no": "1"}


async def test_who_waits_for_another_try_is_counted_by_what_they_met(
    store: Database, bakery: Bakery, campaign: CampaignId
) -> None:
    async with store.write() as unit:
        claims = await take(unit, bakery, campaign, limit=6)
        await record(unit, claims[:1], OK)
        await record(unit, claims[1:2], Rejected("channel_down", can_retry=True))
        await record(unit, claims[2:4], Rejected("temporary", can_retry=True))
        await record(unit, claims[4:5], Rejected("not_on_whatsapp", can_retry=False))
        await record(unit, claims[5:6], Unknown())
        met = await unit.delivery.waiting_again(campaign)
    assert list(met.items()) == [("temporary", 2), ("channel_down", 1)]


async def test_a_claim_that_is_not_committed_is_given_back(
    store: Database, bakery: Bakery, campaign: CampaignId
) -> None:
    async with store.write() as unit:
        assert len(await take(unit, bakery, campaign)) == 10
    async with store.write() as unit:
        assert len(await take(unit, bakery, campaign)) == 10


async def test_two_owners_never_claim_the_same_person(
    store: Database, other_process: Database, bakery: Bakery, campaign: CampaignId
) -> None:
    async def work(database: Database, owner: str) -> list[str]:
        mine: list[str] = []
        while True:
            async with database.write() as unit:
                claims = await take(unit, bakery, campaign, limit=2, owner=owner)
                await unit.commit()
            if not claims:
                return mine
            mine.extend(claim.key for claim in claims)

    found = await asyncio.gather(work(store, "a"), work(other_process, "b"), work(store, "c"))
    everybody = Counter(key for keys in found for key in keys)
    assert len(everybody) == 10 and set(everybody.values()) == {1}


async def test_consent_is_asked_again_at_the_claim(
    store: Database, bakery: Bakery, campaign: CampaignId, ten_who_agreed: ListId
) -> None:
    async with store.write() as unit:
        for n in (0, 1, 5):
            person = await unit.contacts.by_number(bakery.space, number_of(n))
            assert person is not None
            await unit.contacts.record_consent(person.id, SAID_STOP)
        claims, skipped = await unit.delivery.claim(
            campaign, bakery.account, desk="d", owner="o", now=NOW, lease_until=LEASE, limit=4
        )
        assert [claim.number for claim in claims] == [number_of(n) for n in (2, 3, 4, 6)]
        assert skipped == 3
        rows = await unit.delivery.recipients(campaign, states=[R.SKIPPED])
        assert {(row.number, row.reason) for row in rows} == {(number_of(n), "stopped") for n in (0, 1, 5)}
        assert len(await take(unit, bakery, campaign)) == 3


@pytest.mark.parametrize("state", [state for state in CampaignState if state is not CampaignState.RUNNING])
async def test_only_a_running_campaign_is_claimed_from(
    store: Database, bakery: Bakery, campaign: CampaignId, state: CampaignState
) -> None:
    async with store.write() as unit:
        now = await unit.campaigns.any(campaign)
        await unit.campaigns.save(replace(now, state=state), expected=now.version)
        assert await take(unit, bakery, campaign) == []


async def test_a_retry_waits_until_it_is_due_and_is_a_new_attempt(
    store: Database, bakery: Bakery, campaign: CampaignId
) -> None:
    async with store.write() as unit:
        [first] = await take(unit, bakery, campaign, limit=1)
        await record(unit, [first], Rejected("busy", True))
        row = await one(unit, campaign)
        assert (row.state, row.reason, row.attempts) == (R.WAITING, "busy", 1)
        assert await unit.delivery.next_due(campaign) == NOW
        rest = await take(unit, bakery, campaign)
        assert len(rest) == 9
        due = NOW + timedelta(seconds=30)
        assert await unit.delivery.next_due(campaign) == due
        assert await take(unit, bakery, campaign, now=due - timedelta(microseconds=1)) == []
        [second] = await take(unit, bakery, campaign, now=due)
        assert (second.n, second.recipient_id) == (2, first.recipient_id)
        assert second.key == f"desk-{first.recipient_id}-2"
        assert await unit.delivery.next_due(campaign) is None


async def test_outcomes_are_recorded_with_reason_and_time(
    store: Database, other_process: Database, bakery: Bakery, campaign: CampaignId
) -> None:
    async with store.write() as unit:
        a, b, c = await take(unit, bakery, campaign, limit=3)
        await unit.delivery.record(
            [learn(c, Unknown(), now=NOW), learn(a, OK, now=NOW), learn(b, Rejected("no", False), now=NOW)],
            now=NOW,
        )
        await unit.commit()
    async with other_process.read() as unit:
        rows = await unit.delivery.recipients(campaign, limit=3)
        tally = await unit.delivery.tally(campaign)
    assert [(row.state, row.reason) for row in rows] == [
        (R.SENT, None), (R.FAILED, "no"), (R.UNKNOWN, "silence"),
    ]  # fmt: skip
    assert [row.sent_at for row in rows] == [NOW, None, None]
    assert (tally.sent, tally.failed, tally.unknown, tally.left) == (1, 1, 1, 7)


async def test_the_claims_of_dead_processes_become_unknown(
    store: Database, bakery: Bakery, campaign: CampaignId
) -> None:
    async with store.write() as unit:
        mine = await take(unit, bakery, campaign, limit=2, owner="me")
        await take(unit, bakery, campaign, limit=3, owner="dead")
        late = NOW + timedelta(minutes=9)
        await take(unit, bakery, campaign, limit=1, owner="me", lease=late)
        assert await unit.delivery.abandon() == 0
        assert await unit.delivery.abandon(owner_not="me", account_id=AccountId(10_000)) == 0
        assert await unit.delivery.abandon(owner_not="me", account_id=bakery.account) == 3
        assert await unit.delivery.abandon(owner_not="me") == 0
        rows = await unit.delivery.recipients(campaign, states=[R.UNKNOWN])
        assert [row.reason for row in rows] == ["interrupted"] * 3
        assert await unit.delivery.abandon(lease_before=LEASE) == 0
        assert await unit.delivery.abandon(lease_before=LEASE + timedelta(seconds=1)) == 2
        # What was given up is not sent again by itself, but an answer that comes late still counts.
        assert len(await take(unit, bakery, campaign)) == 4
        await record(unit, mine, OK)
        assert (await unit.delivery.tally(campaign)).sent == 2


async def test_a_late_answer_to_an_older_attempt_ends_the_retry_when_it_was_sent(
    store: Database, bakery: Bakery, campaign: CampaignId
) -> None:
    async with store.write() as unit:
        [first, second] = await take(unit, bakery, campaign, limit=2)
        await unit.delivery.abandon(owner_not="new life")
        assert await unit.delivery.send_unknown_again(campaign, at=NOW) == 2
        await record(unit, [first], OK)
        await record(unit, [second], Rejected("busy", False))
        rows = await unit.delivery.recipients(campaign, limit=2)
        assert [row.state for row in rows] == [R.SENT, R.WAITING]
        again = await take(unit, bakery, campaign)
        assert first.recipient_id not in {claim.recipient_id for claim in again}


async def test_an_older_attempts_failure_does_not_touch_the_newer_one(
    store: Database, bakery: Bakery, campaign: CampaignId
) -> None:
    async with store.write() as unit:
        [first] = await take(unit, bakery, campaign, limit=1)
        await unit.delivery.abandon(owner_not="new life")
        await unit.delivery.send_unknown_again(campaign, at=NOW - timedelta(seconds=1))
        [second] = await take(unit, bakery, campaign, limit=1)
        assert second.recipient_id == first.recipient_id and second.n == 2
        await record(unit, [first], Rejected("busy", True))
        assert (await one(unit, campaign)).state is R.CLAIMED
        await record(unit, [first], OK)
        await record(unit, [second], Unknown())
        assert (await one(unit, campaign)).state is R.SENT


async def test_cancelling_takes_only_those_who_wait(
    store: Database, bakery: Bakery, campaign: CampaignId
) -> None:
    async with store.write() as unit:
        claims = await take(unit, bakery, campaign, limit=4)
        assert await unit.delivery.cancel_waiting(campaign) == 6
        assert await unit.delivery.cancel_waiting(campaign) == 0
        await record(unit, claims, OK)
        tally = await unit.delivery.tally(campaign)
        assert (tally.cancelled, tally.sent, tally.left) == (6, 4, 0)
        assert await take(unit, bakery, campaign) == []


async def test_an_operator_may_count_the_unknown_as_sent(
    store: Database, bakery: Bakery, campaign: CampaignId
) -> None:
    async with store.write() as unit:
        await record(unit, await take(unit, bakery, campaign, limit=3), Unknown())
        assert await unit.delivery.count_unknown_as_sent(campaign, at=NOW) == 3
        assert await unit.delivery.send_unknown_again(campaign, at=NOW) == 0
        row = await one(unit, campaign)
        assert (row.state, row.reason, row.sent_at) == (R.SENT, "counted", NOW)


async def test_recipients_are_paged_streamed_and_counted_over_time(
    store: Database, other_process: Database, bakery: Bakery, campaign: CampaignId
) -> None:
    async with store.write() as unit:
        claims = await take(unit, bakery, campaign)
        for n, claim in enumerate(claims):
            await record(unit, [claim], OK, now=NOW + timedelta(seconds=0 if n < 7 else 90))
        await unit.commit()
    async with other_process.read() as unit:
        page = await unit.delivery.recipients(campaign, states=[R.SENT, R.READ], offset=8, limit=5)
        assert [row.number for row in page] == [number_of(8), number_of(9)]
        seen = [row async for row in unit.delivery.stream_recipients(campaign)]
        assert seen == await unit.delivery.recipients(campaign, limit=100)
        spans = await unit.delivery.sent_over_time(campaign, parts=3)
        assert [count for _, count in spans] == [7, 0, 3]
        assert spans[0][0] == NOW and NOW + timedelta(seconds=60) <= spans[2][0] <= NOW + timedelta(
            seconds=61
        )
        assert [count for _, count in await unit.delivery.sent_over_time(campaign, parts=1)] == [10]
        assert await unit.delivery.sent_over_time(CampaignId(404), parts=3) == []
