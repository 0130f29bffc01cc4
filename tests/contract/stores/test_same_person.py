"""Two numbers that are one person's: written to once, and stopped once for both."""

from datetime import timedelta

import pytest

from domain.contacts.ports import ImportedRow
from domain.delivery.channel import AcceptedAs
from domain.delivery.cloud_accounts import Named
from domain.delivery.model import Progress
from domain.delivery.ports import ReceiptNews, Rejected
from domain.delivery.recipients import RecipientState
from domain.kernel.ids import AccountId
from storage.database import Database
from storage.unit import Unit
from tests.contract.conftest import Bakery
from tests.contract.stores.rosa import (
    BRUNO,
    ROSA,
    ROSA_044,
    ROSA_521,
    a_campaign_to,
    answered,
    ends,
    says,
    take,
)
from tests.fakes.cloud import a_cloud_account
from tests.fakes.stores import NOW, a_workspace

R = RecipientState


async def another_number(unit: Unit, bakery: Bakery) -> AccountId:
    return await a_cloud_account(unit, bakery.space, number="+447700900003", remote="106540352242923")


async def test_who_is_on_a_list_under_two_numbers_is_written_to_once(store: Database, bakery: Bakery) -> None:
    """Known from an earlier campaign: whether the other is her own number or one that was dialled too."""
    async with store.write() as unit:
        account = await a_cloud_account(unit, bakery.space)
        for number in (ROSA_521, ROSA_044):
            await unit.cloud.name_people(account, [Named(number=number, wa_id=ROSA[1:])])
        campaign = await a_campaign_to(unit, bakery, account, ROSA, ROSA_521, ROSA_044, BRUNO)
        claims, skipped = await take(unit, campaign, account)
        assert skipped == 2
        (rosa,) = [claim.number for claim in claims if claim.number != BRUNO]
        others = {ROSA, ROSA_521, ROSA_044} - {rosa}
        assert await ends(unit, campaign) == {
            rosa: (R.CLAIMED, None), BRUNO: (R.CLAIMED, None),
            **dict.fromkeys(others, (R.SKIPPED, "same_person")),
        }  # fmt: skip


async def test_what_the_first_answer_tells_passes_the_second_number_over(
    store: Database, bakery: Bakery
) -> None:
    """It is learnt in the middle of the campaign."""
    async with store.write() as unit:
        account = await a_cloud_account(unit, bakery.space)
        campaign = await a_campaign_to(unit, bakery, account, ROSA_521, ROSA)
        [first], _ = await take(unit, campaign, account, limit=1)
        assert first.number == ROSA_521
        await answered(unit, account, first, AcceptedAs("w", wa_id=ROSA[1:]))
        assert await take(unit, campaign, account) == ([], 1)
        assert (await ends(unit, campaign))[ROSA] == (R.SKIPPED, "same_person")


async def test_what_another_campaign_learns_meanwhile_counts_too(store: Database, bakery: Bakery) -> None:
    async with store.write() as unit:
        account = await a_cloud_account(unit, bakery.space)
        campaign = await a_campaign_to(unit, bakery, account, ROSA_044, ROSA_521)
        [first], _ = await take(unit, campaign, account, limit=1)
        await answered(unit, account, first, AcceptedAs("w", wa_id=ROSA[1:]))
        elsewhere = await a_campaign_to(unit, bakery, account, ROSA_521)
        [claim], _ = await take(unit, elsewhere, account)
        await answered(unit, account, claim, AcceptedAs("w2", wa_id=ROSA[1:]))
        assert await take(unit, campaign, account) == ([], 1)
        assert (await ends(unit, campaign))[ROSA_521] == (R.SKIPPED, "same_person")


async def test_a_status_tells_who_was_written_to_where_the_answer_was_lost(
    store: Database, bakery: Bakery
) -> None:
    async with store.write() as unit:
        account = await a_cloud_account(unit, bakery.space)
        campaign = await a_campaign_to(unit, bakery, account, ROSA_521, ROSA)
        [lost], _ = await take(unit, campaign, account, limit=1)
        assert lost.number == ROSA_521
        status = ReceiptNews(key=lost.key, progress=Progress.DELIVERED, at=NOW, wa_id=ROSA[1:])
        assert await unit.delivery.receipts(account, [status]) == [campaign]
        assert await take(unit, campaign, account) == ([], 1)


async def test_a_status_that_comes_late_does_not_undo_what_an_answer_has_told(
    store: Database, bakery: Bakery
) -> None:
    async with store.write() as unit:
        account = await a_cloud_account(unit, bakery.space)
        campaign = await a_campaign_to(unit, bakery, account, ROSA_521)
        [claim], _ = await take(unit, campaign, account)
        await answered(unit, account, claim, AcceptedAs("w", wa_id=ROSA_521[1:]))
        status = ReceiptNews(key=claim.key, progress=Progress.DELIVERED, at=NOW, wa_id=ROSA[1:])
        await unit.delivery.receipts(account, [status])
        assert await unit.cloud.same_person(account, ROSA_521) == [ROSA_521]


async def test_of_several_numbers_the_one_that_was_reached_last_is_known(
    store: Database, bakery: Bakery
) -> None:
    async with store.write() as unit:
        account = await a_cloud_account(unit, bakery.space)
        numbers = [ROSA, ROSA_521, ROSA_044]
        assert await unit.delivery.last_sent(account, numbers) is None
        for number, outcome in (
            (ROSA, Rejected("missing_field", can_retry=False)), (ROSA_521, AcceptedAs("w")),
            (ROSA_044, Rejected("missing_field", can_retry=False)),
        ):  # fmt: skip
            [claim], _ = await take(unit, await a_campaign_to(unit, bakery, account, number), account)
            await answered(unit, account, claim, outcome)
        assert await unit.delivery.last_sent(account, numbers) == ROSA_521
        assert await unit.delivery.last_sent(account, [ROSA, ROSA_044]) == ROSA_044
        assert await unit.delivery.last_sent(bakery.account, numbers) is None


async def test_many_are_passed_over_and_the_next_ones_taken_in_one_claim(
    store: Database, bakery: Bakery
) -> None:
    dialled = [f"+52155{n:08d}" for n in range(6)]
    async with store.write() as unit:
        account = await a_cloud_account(unit, bakery.space)
        named = [Named(number=one, wa_id=f"52{one[4:]}") for one in dialled]
        await unit.cloud.name_people(account, named)
        called = [f"+{one.wa_id}" for one in named]
        campaign = await a_campaign_to(unit, bakery, account, *dialled, *called, "+905301112233")
        seen: list[str] = []
        for _ in range(20):
            claims, skipped = await take(unit, campaign, account, limit=2)
            seen += [claim.number for claim in claims]
            if not claims and not skipped:
                break
        people = [number.replace("+521", "+52") for number in seen]
        assert sorted(people) == sorted([*called, "+905301112233"])
        assert (await unit.delivery.tally(campaign)).skipped == 6


async def test_a_number_that_failed_leaves_the_other_one_its_turn(store: Database, bakery: Bakery) -> None:
    async with store.write() as unit:
        account = await a_cloud_account(unit, bakery.space)
        await unit.cloud.name_people(account, [Named(number=ROSA_521, wa_id=ROSA[1:])])
        campaign = await a_campaign_to(unit, bakery, account, ROSA_521, ROSA)
        [first], _ = await take(unit, campaign, account, limit=1)
        await answered(unit, account, first, Rejected("not_on_whatsapp", can_retry=False))
        [second], _ = await take(unit, campaign, account)
        assert {first.number, second.number} == {ROSA_521, ROSA}


async def test_whoever_waits_for_another_try_is_passed_over_once_the_other_number_got_it(
    store: Database, bakery: Bakery
) -> None:
    async with store.write() as unit:
        account = await a_cloud_account(unit, bakery.space)
        await unit.cloud.name_people(account, [Named(number=ROSA_521, wa_id=ROSA[1:])])
        campaign = await a_campaign_to(unit, bakery, account, ROSA_521, ROSA)
        [first], _ = await take(unit, campaign, account, limit=1)
        await answered(unit, account, first, Rejected("temporary", can_retry=True))
        [second], _ = await take(unit, campaign, account)
        assert second.number != first.number
        assert await take(unit, campaign, account, now=NOW + timedelta(hours=1)) == ([], 1)
        assert (await ends(unit, campaign))[first.number] == (R.SKIPPED, "same_person")


async def test_what_another_number_of_ours_was_told_counts_and_what_another_campaign_sent_does_not(
    store: Database, bakery: Bakery
) -> None:
    async with store.write() as unit:
        account = await a_cloud_account(unit, bakery.space)
        other = await another_number(unit, bakery)
        await unit.cloud.name_people(other, [Named(number=ROSA_521, wa_id=ROSA[1:])])
        campaign = await a_campaign_to(unit, bakery, account, ROSA_521, ROSA)
        claims, skipped = await take(unit, campaign, account)
        assert (len(claims), skipped) == (1, 1)
        later = await a_campaign_to(unit, bakery, account, ROSA_521)
        assert len((await take(unit, later, account))[0]) == 1


async def test_what_a_number_of_another_workspace_was_told_does_not_count(
    store: Database, bakery: Bakery
) -> None:
    async with store.write() as unit:
        account = await a_cloud_account(unit, bakery.space)
        florist = Bakery(space=await a_workspace(unit, name="Florist"), ayse=bakery.ayse, account=account)
        theirs = await another_number(unit, florist)
        await unit.cloud.name_people(theirs, [Named(number=ROSA_521, wa_id=ROSA[1:])])
        campaign = await a_campaign_to(unit, bakery, account, ROSA_521, ROSA)
        assert len((await take(unit, campaign, account))[0]) == 2
        assert await unit.cloud.same_person(account, ROSA_521) == [ROSA_521]


async def test_what_one_number_of_ours_is_told_last_holds_for_all(store: Database, bakery: Bakery) -> None:
    async with store.write() as unit:
        account = await a_cloud_account(unit, bakery.space)
        other = await another_number(unit, bakery)
        await unit.cloud.name_people(account, [Named(number=ROSA_521, wa_id=ROSA[1:])])
        assert await unit.cloud.same_person(other, ROSA_521) == sorted([ROSA, ROSA_521])
        await unit.cloud.name_people(other, [Named(number=ROSA_521, wa_id=ROSA_521[1:])])
        for one in (account, other):
            assert await unit.cloud.same_person(one, ROSA_521) == [ROSA_521], "somebody else's now"
            assert await unit.cloud.same_person(one, ROSA) == [ROSA]
        assert await unit.cloud.numbers_of(account, wa_ids=[ROSA[1:]]) == {}
        await unit.cloud.name_people(account, [Named(number=ROSA_521, wa_id=BRUNO[1:])])
        await unit.cloud.name_people(other, [Named(number=ROSA_521, user_id="u")])
        assert await unit.cloud.same_person(other, ROSA_521) == sorted([BRUNO, ROSA_521])


@pytest.mark.parametrize("by", ["the_same", "another"])
async def test_a_stop_at_one_number_is_heard_at_a_number_that_turned_out_to_be_theirs_later(
    store: Database, bakery: Bakery, by: str
) -> None:
    """Whichever number of ours has learnt it."""
    async with store.write() as unit:
        account = await a_cloud_account(unit, bakery.space)
        told = account if by == "the_same" else await another_number(unit, bakery)
        await unit.cloud.name_people(told, [Named(number=ROSA_521, wa_id=ROSA[1:])])
        await a_campaign_to(unit, bakery, account, ROSA)
        await says(unit, bakery, ROSA, granted=False, at=NOW)
        campaign = await a_campaign_to(unit, bakery, account, ROSA_521)
        assert await take(unit, campaign, account) == ([], 1)
        assert await ends(unit, campaign) == {ROSA_521: (R.SKIPPED, "stopped")}


@pytest.mark.parametrize(("start", "is_sent"), [(2, True), (0, False)])
async def test_whoever_came_back_at_the_number_they_are_written_to_is_written_to(
    store: Database, bakery: Bakery, start: int, is_sent: bool
) -> None:
    async with store.write() as unit:
        account = await a_cloud_account(unit, bakery.space)
        await unit.cloud.name_people(account, [Named(number=ROSA_521, wa_id=ROSA[1:])])
        campaign = await a_campaign_to(unit, bakery, account, ROSA, ROSA_521)
        stop, start_at = NOW + timedelta(minutes=1), NOW + timedelta(minutes=start)
        await says(unit, bakery, ROSA, granted=False, at=stop)
        await says(unit, bakery, ROSA_521, granted=False, at=min(stop, start_at))
        await says(unit, bakery, ROSA_521, granted=True, at=start_at)
        claims, skipped = await take(unit, campaign, account)
        assert [claim.number for claim in claims] == ([ROSA_521] if is_sent else [])
        assert skipped == 2 - is_sent


async def test_a_stop_in_another_workspace_is_not_heard_here(store: Database, bakery: Bakery) -> None:
    async with store.write() as unit:
        account = await a_cloud_account(unit, bakery.space)
        await unit.cloud.name_people(account, [Named(number=ROSA_521, wa_id=ROSA[1:])])
        florist = Bakery(space=await a_workspace(unit, name="Florist"), ayse=bakery.ayse, account=account)
        await unit.contacts.save_rows(
            florist.space, None, [ImportedRow(number=ROSA, name="", attributes={})], at=NOW
        )
        await says(unit, florist, ROSA, granted=False, at=NOW)
        campaign = await a_campaign_to(unit, bakery, account, ROSA_521)
        assert len((await take(unit, campaign, account))[0]) == 1


async def test_all_numbers_of_a_person_are_known_from_any_of_them(store: Database, bakery: Bakery) -> None:
    async with store.write() as unit:
        account = await a_cloud_account(unit, bakery.space)
        same = unit.cloud.same_person
        assert await same(account, ROSA) == [ROSA]
        both = [Named(number=ROSA_521, wa_id=ROSA[1:], user_id="u"), Named(number=ROSA_044, wa_id=ROSA[1:])]
        await unit.cloud.name_people(account, [*both, Named(number=BRUNO, wa_id="551187654321")])
        for number in (ROSA, ROSA_521, ROSA_044):
            assert await same(account, number) == sorted([ROSA, ROSA_521, ROSA_044])
        assert await same(account, BRUNO) == ["+551187654321", BRUNO]
        known = await unit.cloud.numbers_of(account, wa_ids=[ROSA[1:]], user_ids=["u"])
        assert known == {ROSA[1:]: ROSA_044, "u": ROSA_521}, "the one it was learnt of last"
        await unit.cloud.name_people(account, [Named(number=ROSA_044, wa_id=ROSA_044[1:])])
        assert await same(account, ROSA_044) == [ROSA_044], "WhatsApp says otherwise now"
        assert await same(account, ROSA) == sorted([ROSA, ROSA_521])
