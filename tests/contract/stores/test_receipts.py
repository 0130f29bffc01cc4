"""News that arrives later, in any order and however often: receipts, replies, single messages."""

import itertools
from collections.abc import Sequence
from datetime import timedelta

import pytest

from domain.accounts.model import AccountState
from domain.delivery.content import Media, MediaKind
from domain.delivery.model import Progress
from domain.delivery.ports import ReceiptNews, Rejected, ReplyNews, Unknown
from domain.delivery.recipients import Claim, RecipientState
from domain.delivery.store import DirectPurpose, DirectState
from domain.kernel.errors import NotFound
from domain.kernel.ids import AccountId, AttemptKey, CampaignId, DirectId, ListId
from domain.scheduler.unit import Unit
from storage.database import Database
from tests.contract.conftest import Bakery
from tests.contract.stores.test_claims import LEASE, OK, one, record, take
from tests.fakes.stores import NOW, a_running_campaign, a_workspace, an_account, number_of

R, P = RecipientState, Progress
MINUTE = timedelta(minutes=1)


@pytest.fixture
async def campaign(store: Database, bakery: Bakery, ten_who_agreed: ListId) -> CampaignId:
    async with store.write() as unit:
        id = await a_running_campaign(unit, bakery.space, bakery.ayse, bakery.account, ten_who_agreed)
        await unit.commit()
    return id


def news(claim: Claim, progress: Progress, *, minutes: int = 0, reason: str | None = None) -> ReceiptNews:
    return ReceiptNews(key=claim.key, progress=progress, at=NOW + minutes * MINUTE, reason=reason)


async def test_receipts_in_any_order_settle_on_the_same_answer(
    store: Database, bakery: Bakery, campaign: CampaignId
) -> None:
    def story(claim: Claim) -> list[ReceiptNews]:
        return [
            news(claim, P.SENT, minutes=1),
            news(claim, P.FAILED, minutes=2, reason="odd"),
            news(claim, P.DELIVERED, minutes=3),
            news(claim, P.READ, minutes=4),
            news(claim, P.DELIVERED, minutes=3),
        ]

    ends: set[tuple[object, ...]] = set()
    for order in itertools.permutations(range(5)):
        async with store.write() as unit:
            claims = await take(unit, bakery, campaign, limit=2)
            one_by_one, at_once = story(claims[0]), story(claims[1])
            for n in order:
                assert await unit.delivery.receipts(bakery.account, [one_by_one[n]]) == [campaign]
            await unit.delivery.receipts(bakery.account, [at_once[n] for n in order])
            rows = await unit.delivery.recipients(campaign, limit=2)
            ends.update((row.state, row.reason, row.sent_at, row.delivered_at, row.read_at) for row in rows)
    assert ends == {(R.READ, None, NOW + MINUTE, NOW + 3 * MINUTE, NOW + 4 * MINUTE)}


async def test_a_try_is_found_by_its_key(store: Database, bakery: Bakery, campaign: CampaignId) -> None:
    async with store.write() as unit:
        [claim] = await take(unit, bakery, campaign, limit=1)
        assert await unit.delivery.tried(bakery.account, claim.key) == (campaign, claim.number)
        assert await unit.delivery.tried(bakery.account, AttemptKey("nobody's")) is None
        assert await unit.delivery.tried(AccountId(bakery.account + 1), claim.key) is None


async def test_a_late_failure_does_not_undo_a_delivery(
    store: Database, other_process: Database, bakery: Bakery, campaign: CampaignId
) -> None:
    async with store.write() as unit:
        [claim] = await take(unit, bakery, campaign, limit=1)
        await unit.delivery.receipts(bakery.account, [news(claim, P.DELIVERED)])
        await unit.delivery.receipts(bakery.account, [news(claim, P.FAILED, reason="late")])
        await record(unit, [claim], Rejected("busy", True))
        await unit.commit()
    async with other_process.read() as unit:
        row = await one(unit, campaign)
        assert (row.state, row.reason) == (R.DELIVERED, None)


async def test_whatsapp_may_fail_what_it_took(store: Database, bakery: Bakery, campaign: CampaignId) -> None:
    async with store.write() as unit:
        overtaken, told_later = await take(unit, bakery, campaign, limit=2)
        await unit.delivery.receipts(bakery.account, [news(overtaken, P.FAILED, reason="not_on_whatsapp")])
        await record(unit, [overtaken, told_later], OK)
        await unit.delivery.receipts(bakery.account, [news(told_later, P.FAILED, reason="not_on_whatsapp")])
        rows = await unit.delivery.recipients(campaign, limit=2)
        assert [(row.state, row.reason) for row in rows] == [(R.FAILED, "not_on_whatsapp")] * 2


async def test_a_receipt_resolves_what_was_unknown(
    store: Database, bakery: Bakery, campaign: CampaignId
) -> None:
    async with store.write() as unit:
        claims = await take(unit, bakery, campaign, limit=4)
        await record(unit, claims[:2], Unknown())
        await unit.delivery.abandon(owner_not="new life")
        await unit.delivery.receipts(
                bakery.account,
            [
                news(claims[0], P.SENT), news(claims[1], P.FAILED, reason="gone"),
                news(claims[2], P.READ), news(claims[3], P.UNKNOWN),
            ]
        )  # fmt: skip
        rows = await unit.delivery.recipients(campaign, limit=4)
        assert [row.state for row in rows] == [R.SENT, R.FAILED, R.READ, R.UNKNOWN]
        assert [row.reason for row in rows] == [None, "gone", None, "interrupted"]


async def test_counted_as_sent_is_corrected_by_what_really_happened(
    store: Database, bakery: Bakery, campaign: CampaignId
) -> None:
    async with store.write() as unit:
        claims = await take(unit, bakery, campaign, limit=2)
        await record(unit, claims, Unknown())
        await unit.delivery.count_unknown_as_sent(campaign, at=NOW)
        receipts = [news(claims[0], P.FAILED, reason="gone"), news(claims[1], P.DELIVERED)]
        await unit.delivery.receipts(bakery.account, receipts)
        rows = await unit.delivery.recipients(campaign, limit=2)
        assert [(row.state, row.reason) for row in rows] == [(R.FAILED, "gone"), (R.DELIVERED, None)]


async def _tried_twice(unit: Unit, bakery: Bakery, campaign: CampaignId) -> Sequence[Claim]:
    """Both attempts of the first person: the first became unknown and was sent again."""
    [first] = await take(unit, bakery, campaign, limit=1)
    await unit.delivery.abandon(owner_not="new life")
    await unit.delivery.send_unknown_again(campaign, at=NOW - MINUTE)
    [second] = await take(unit, bakery, campaign, limit=1)
    assert second.recipient_id == first.recipient_id
    return first, second


@pytest.mark.parametrize("older_first", [True, False])
async def test_an_older_attempt_that_got_there_counts_and_one_that_failed_does_not(
    store: Database, bakery: Bakery, campaign: CampaignId, older_first: bool
) -> None:
    async with store.write() as unit:
        first, second = await _tried_twice(unit, bakery, campaign)
        told = [news(first, P.SENT), news(second, P.FAILED, reason="busy")]
        for item in told if older_first else reversed(told):
            await unit.delivery.receipts(bakery.account, [item])
        assert (await one(unit, campaign)).state is R.SENT
    async with store.write() as unit:
        first, second = await _tried_twice(unit, bakery, campaign)
        await unit.delivery.receipts(bakery.account, [news(first, P.FAILED, reason="gone")])
        assert (await one(unit, campaign)).state is R.CLAIMED


async def test_news_that_somebody_has_it_ends_their_waiting_retry(
    store: Database, bakery: Bakery, campaign: CampaignId
) -> None:
    async with store.write() as unit:
        claims = await take(unit, bakery, campaign)
        await record(unit, claims, Rejected("busy", True))
        await unit.delivery.receipts(
            bakery.account, [news(claims[0], P.DELIVERED), news(claims[1], P.FAILED)]
        )
        again = await take(unit, bakery, campaign, now=NOW + MINUTE)
        assert len(again) == 9
        assert claims[0].recipient_id not in {claim.recipient_id for claim in again}


async def test_news_that_comes_from_another_number_is_ignored(
    store: Database, bakery: Bakery, campaign: CampaignId
) -> None:
    """Whoever has the keys of one account's far side says nothing about what another account sent."""
    async with store.write() as unit:
        [claim] = await take(unit, bakery, campaign, limit=1)
        other = await an_account(unit, bakery.space, number="+447700900008", remote="sim-8")
        id = await _queue(unit, bakery)
        direct = await unit.delivery.claim_direct(bakery.account, owner="o", lease_until=LEASE)
        assert direct is not None
        read = ReceiptNews(key=direct.key, progress=P.READ, at=NOW)
        assert await unit.delivery.receipts(other, [news(claim, P.READ), read]) == []
        assert (await one(unit, campaign)).state is R.CLAIMED
        assert (await unit.delivery.direct(id)).state is DirectState.CLAIMED


async def test_news_about_nobody_is_ignored(store: Database, bakery: Bakery, campaign: CampaignId) -> None:
    async with store.write() as unit:
        stray = ReceiptNews(key=AttemptKey("other-1-1"), progress=P.READ, at=NOW)
        assert await unit.delivery.receipts(bakery.account, [stray]) == []
        assert await unit.delivery.receipts(bakery.account, []) == []


def reply(event: str, n: int, *, text: str = "hi") -> ReplyNews:
    return ReplyNews(event=event, sender=number_of(n), text=text, at=NOW)


async def test_a_reply_is_told_once_and_marks_the_latest_campaign(
    store: Database, other_process: Database, bakery: Bakery, campaign: CampaignId, ten_who_agreed: ListId
) -> None:
    async with store.write() as unit:
        account = bakery.account
        later = await a_running_campaign(unit, bakery.space, bakery.ayse, account, ten_who_agreed)
        for each, limit in ((campaign, 10), (later, 1)):
            await take(unit, bakery, each, limit=limit)
        first = await unit.delivery.reply(account, reply("e1", 0, text="selam"))
        assert first is not None and (first.campaign_id, first.text) == (later, "selam")
        assert first.name == "Person 0" and first.workspace_id == bakery.space
        assert await unit.delivery.reply(account, reply("e1", 0)) is None
        second = await unit.delivery.reply(account, reply("e2", 5))
        assert second is not None and second.campaign_id == campaign
        stranger = await unit.delivery.reply(account, reply("e3", 77))
        assert stranger is not None and (stranger.contact_id, stranger.campaign_id) == (None, None)
        assert await unit.delivery.reply(AccountId(404), reply("e4", 0)) is None
        await unit.commit()
    async with other_process.read() as unit:
        for each, number in ((campaign, number_of(5)), (later, number_of(0))):
            assert (await unit.delivery.tally(each)).replied == 1
            rows = await unit.delivery.recipients(each, limit=100)
            assert [row.number for row in rows if row.replied_at == NOW] == [number]


async def test_another_workspaces_account_knows_nobody_of_ours(
    store: Database, bakery: Bakery, campaign: CampaignId
) -> None:
    async with store.write() as unit:
        await take(unit, bakery, campaign)
        other = await a_workspace(unit, name="Other")
        theirs = await an_account(unit, other, number="+447700900007", remote="sim-7")
        told = await unit.delivery.reply(theirs, reply("e1", 0))
        assert told is not None and (told.workspace_id, told.contact_id) == (other, None)
        assert (await unit.delivery.tally(campaign)).replied == 0


async def _queue(unit: Unit, bakery: Bakery, text: str = "Hi") -> DirectId:
    media = Media(kind=MediaKind.VOICE, key="k", filename="v.ogg", mime="audio/ogg", size=9)
    return await unit.delivery.queue_direct(
        workspace_id=bakery.space, account_id=bakery.account, member_id=bakery.ayse, chat_id=5,
        purpose=DirectPurpose.TEST, number="+905", text=text, media=media, desk="desk", campaign_id=None,
        at=NOW,
    )  # fmt: skip


async def test_a_single_message_is_claimed_once_in_order(
    store: Database, other_process: Database, bakery: Bakery
) -> None:
    async with store.write() as unit:
        first, second = await _queue(unit, bakery), await _queue(unit, bakery, "Ho")
        await unit.commit()
    async with other_process.write() as unit:
        claim = unit.delivery.claim_direct
        assert await unit.delivery.accounts_with_directs() == [bakery.account]
        one_ = await claim(bakery.account, owner="o", lease_until=LEASE)
        two = await claim(bakery.account, owner="o", lease_until=LEASE)
        assert one_ is not None and two is not None and (one_.id, two.id) == (first, second)
        assert await claim(bakery.account, owner="o", lease_until=LEASE) is None
        assert await unit.delivery.accounts_with_directs() == []
        assert one_.state is DirectState.CLAIMED and one_.key == f"desk-d{first}"
        assert one_.media is not None and one_.media.kind is MediaKind.VOICE
        assert await unit.delivery.direct(first) == one_
        assert await unit.delivery.direct_by_key(one_.key) == one_
        assert await unit.delivery.direct_by_key(AttemptKey("x")) is None
        with pytest.raises(NotFound):
            await unit.delivery.direct(DirectId(404))


async def test_a_single_message_only_gets_further(store: Database, bakery: Bakery) -> None:
    async with store.write() as unit:
        id = await _queue(unit, bakery)
        await unit.delivery.record_direct(id, DirectState.SENT, reason=None)
        assert (await unit.delivery.direct(id)).state is DirectState.QUEUED
        message = await unit.delivery.claim_direct(bakery.account, owner="o", lease_until=LEASE)
        assert message is not None
        read = ReceiptNews(key=message.key, progress=P.READ, at=NOW)
        await unit.delivery.receipts(
            bakery.account, [read, ReceiptNews(key=message.key, progress=P.SENT, at=NOW)]
        )
        await unit.delivery.record_direct(id, DirectState.FAILED, reason="late")
        after = await unit.delivery.direct(id)
        assert (after.state, after.reason) == (DirectState.READ, None)


async def test_a_single_message_of_a_dead_process_is_unknown(store: Database, bakery: Bakery) -> None:
    async with store.write() as unit:
        id = await _queue(unit, bakery)
        await unit.delivery.claim_direct(bakery.account, owner="dead", lease_until=LEASE)
        assert await unit.delivery.abandon(owner_not="me") == 1
        assert (await unit.delivery.direct(id)).state is DirectState.UNKNOWN
        await unit.delivery.record_direct(id, DirectState.SENT, reason=None)
        assert (await unit.delivery.direct(id)).state is DirectState.SENT


async def _answers(
    unit: Unit, bakery: Bakery, *purposes: DirectPurpose, number: str = "+905"
) -> list[DirectId]:
    return [
        await unit.delivery.queue_direct(
            workspace_id=bakery.space, account_id=bakery.account, member_id=None, chat_id=None,
            purpose=purpose, number=number, text="Hi", media=None, desk="desk", campaign_id=None, at=NOW,
        )
        for purpose in purposes
    ]  # fmt: skip


async def test_a_single_message_that_was_refused_waits_under_another_key_and_keeps_its_order(
    store: Database, bakery: Bakery
) -> None:
    due, answer = NOW + 2 * MINUTE, DirectPurpose.ANSWER
    async with store.write() as unit:
        delivery, mine = unit.delivery, bakery.account
        first, second = await _answers(unit, bakery, answer, answer)
        [other] = await _answers(unit, bakery, answer, number="+906")
        claimed = await delivery.claim_direct(mine, owner="o", lease_until=LEASE, journal="j", now=NOW)
        assert claimed is not None and claimed.id == first
        assert await delivery.put_back_direct(claimed, due_at=due)
        assert not await delivery.put_back_direct(claimed, due_at=due)
        [third] = await _answers(unit, bakery, answer)
        again = await delivery.direct(first)
        assert (again.state, again.tries, again.key) == (DirectState.QUEUED, 1, f"desk-d{first}-2")
        assert await delivery.direct_by_key(claimed.key) is None
        now = await delivery.claim_direct(mine, owner="o", lease_until=LEASE, now=NOW)
        assert now is not None and now.id == other
        assert await delivery.claim_direct(mine, owner="o", lease_until=LEASE, now=NOW) is None
        assert await delivery.accounts_with_directs(now=NOW) == []
        assert await delivery.accounts_with_directs(now=due) == [mine]
        assert await delivery.next_direct(mine, after=NOW) == due
        assert await delivery.next_direct(mine, after=due) is None
        taken = [await delivery.claim_direct(mine, owner="o", lease_until=LEASE, now=due) for _ in range(3)]
        assert [one and one.id for one in taken] == [first, second, third]
        assert taken[0] is not None and await delivery.put_back_direct(taken[0], due_at=due)
        assert (await delivery.direct(first)).key == f"desk-d{first}-3"


async def test_automatic_answers_are_claimed_last_or_alone(store: Database, bakery: Bakery) -> None:
    auto, confirm = DirectPurpose.AUTO, DirectPurpose.CONFIRM
    async with store.write() as unit:
        one_, _, last, stop = await _answers(unit, bakery, auto, auto, DirectPurpose.TEST, confirm)

        async def claim(*purposes: DirectPurpose) -> DirectId | None:
            asked = purposes or tuple(DirectPurpose)
            taken = await unit.delivery.claim_direct(
                bakery.account, owner="o", lease_until=LEASE, now=NOW, purposes=asked
            )
            return None if taken is None else taken.id

        assert [await claim(), await claim(confirm), await claim(confirm), await claim(auto)] == [
            last, stop, None, one_,
        ]  # fmt: skip


async def test_an_unlinked_or_removed_number_has_no_single_messages_to_send_now(
    store: Database, bakery: Bakery
) -> None:
    async with store.write() as unit:
        await unit.delivery.queue_direct(
            workspace_id=bakery.space, account_id=bakery.account, member_id=bakery.ayse, chat_id=1,
            purpose=DirectPurpose.TEST, number=number_of(0), text="Hello", media=None, desk="d",
            campaign_id=None, at=NOW,
        )  # fmt: skip
        await unit.accounts.set_state(bakery.account, AccountState.UNLINKED, reason="unlinked", at=NOW)
        assert await unit.delivery.accounts_with_directs() == []
        await unit.accounts.set_state(bakery.account, AccountState.CONNECTED, reason=None, at=NOW)
        assert await unit.delivery.accounts_with_directs() == [bakery.account]
        await unit.accounts.remove(bakery.account)
        assert await unit.delivery.accounts_with_directs() == []
