"""Promises of CampaignStore."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from domain.campaigns.model import Audience, AudienceKind, CampaignState, PauseReason
from domain.campaigns.ports import AudienceCount
from domain.contacts.ports import ImportedRow
from domain.delivery.content import Media, MediaKind
from domain.delivery.ports import Accepted, Rejected, SendOutcome, Unknown
from domain.delivery.recipients import NO_RETRY, NOT_ON_WHATSAPP, RecipientState, learn
from domain.kernel.errors import Conflict, NotFound
from domain.kernel.ids import CampaignId, ListId
from domain.pacing.rules import Pacing
from domain.scheduler.unit import Unit
from storage.database import Database
from tests.contract.conftest import Bakery
from tests.fakes.cloud import a_cloud_account
from tests.fakes.stores import (
    AGREED,
    NOW,
    SAID_STOP,
    a_campaign,
    a_list,
    a_running_campaign,
    a_workspace,
    an_account,
    contacts,
    number_of,
)  # fmt: skip

R = RecipientState


def people_of(list_id: ListId) -> Audience:
    return Audience(kind=AudienceKind.LIST, ref=str(list_id))


async def numbers(unit: Unit, campaign: CampaignId, *states: RecipientState) -> Sequence[str]:
    rows = await unit.delivery.recipients(campaign, states=states, limit=10_000)
    return [row.number for row in rows]


async def test_every_field_of_a_campaign_is_kept(
    store: Database, other_process: Database, bakery: Bakery
) -> None:
    async with store.write() as unit:
        draft = await a_campaign(unit, bakery.space, bakery.ayse)
        media = Media(kind=MediaKind.PHOTO, key="k", filename="ö.jpg", mime="image/jpeg", size=2**33)
        wanted = replace(
            draft, name="Nisan", account_id=bakery.account, state=CampaignState.PAUSED,
            pause_reason=PauseReason.FAILURES, text="Merhaba {name}", media=media,
            audience=Audience(kind=AudienceKind.TAG, ref="vip"),
            pacing=Pacing(shortest=timedelta(seconds=8.5), longest=timedelta(seconds=15)),
            scheduled_at=NOW, faults_in_row=2, changed_at=NOW + timedelta(microseconds=1), started_at=NOW,
            finished_at=NOW,
        )  # fmt: skip
        saved = await unit.campaigns.save(wanted, expected=draft.version)
        assert saved == replace(wanted, version=draft.version + 1)
        await unit.commit()
    async with other_process.read() as unit:
        assert await unit.campaigns.campaign(bakery.space, draft.id) == saved
        assert await unit.campaigns.any(draft.id) == saved


async def test_only_one_of_two_changes_wins(store: Database, other_process: Database, bakery: Bakery) -> None:
    async with store.write() as unit:
        draft = await a_campaign(unit, bakery.space, bakery.ayse)
        await unit.commit()
    async with other_process.write() as unit:
        await unit.campaigns.set_faults(draft.id, 2)
        await unit.campaigns.served(draft.id, at=NOW)
        await unit.campaigns.save(replace(draft, text="theirs"), expected=draft.version)
        await unit.commit()
    async with store.write() as unit:
        with pytest.raises(Conflict):
            await unit.campaigns.save(replace(draft, text="ours"), expected=draft.version)
        assert (await unit.campaigns.any(draft.id)).text == "theirs"


async def test_another_workspace_cannot_see_change_or_use_it(store: Database, bakery: Bakery) -> None:
    async with store.write() as unit:
        draft = await a_campaign(unit, bakery.space, bakery.ayse)
        list_id = await a_list(unit, bakery.space, 3)
        other = await a_workspace(unit, name="Other")
        with pytest.raises(NotFound):
            await unit.campaigns.campaign(other, draft.id)
        with pytest.raises(Conflict):
            await unit.campaigns.save(replace(draft, workspace_id=other), expected=draft.version)
        assert await unit.campaigns.of_workspace(other) == ([], 0)
        count = await unit.campaigns.count_audience(other, people_of(list_id), cap=None)
        assert count == AudienceCount(included=0, excluded={})
        theirs = await a_campaign(unit, other, bakery.ayse)
        assert await unit.campaigns.freeze([theirs.id], people_of(list_id), cap=9, at=NOW) == [0]
        with pytest.raises(NotFound):
            await unit.campaigns.any(CampaignId(404))


async def test_campaigns_are_listed_newest_first(store: Database, bakery: Bakery) -> None:
    async with store.write() as unit:
        made = [await a_campaign(unit, bakery.space, bakery.ayse) for _ in range(4)]
        over = replace(made[0], state=CampaignState.CANCELLED)
        made[0] = await unit.campaigns.save(over, expected=made[0].version)
        newest, total = await unit.campaigns.of_workspace(bakery.space, offset=1, limit=2)
        assert ([one.id for one in newest], total) == ([made[2].id, made[1].id], 4)
        found = await unit.campaigns.of_workspace(bakery.space, states=[CampaignState.CANCELLED])
        assert found == ([made[0]], 1)


async def test_the_scheduler_finds_its_work(store: Database, bakery: Bakery) -> None:
    async with store.write() as unit:
        second = await an_account(unit, bakery.space, number="+447700900002", remote="sim-2")
        spent = [
            await a_campaign(unit, bakery.space, bakery.ayse, bakery.account, state=CampaignState.RUNNING)
            for _ in range(3)
        ]
        paused = await a_campaign(unit, bakery.space, bakery.ayse, second, state=CampaignState.PAUSED)
        for hours in (2, 1):
            planned = await a_campaign(unit, bakery.space, bakery.ayse, second)
            soon = replace(planned, state=CampaignState.SCHEDULED, scheduled_at=NOW + timedelta(hours=hours))
            await unit.campaigns.save(soon, expected=planned.version)
        await unit.campaigns.served(spent[0].id, at=NOW + timedelta(seconds=1))
        await unit.campaigns.served(spent[1].id, at=NOW)
        ask = unit.campaigns
        running = await ask.running_of(bakery.account)
        assert [one.id for one in running] == [spent[2].id, spent[1].id, spent[0].id]
        assert await ask.accounts_at_work() == [bakery.account]
        assert await ask.running_of(second) == []
        assert [one.id for one in await ask.unfinished_of(second)] == [paused.id]
        assert [one.scheduled_at for one in await ask.scheduled()] == [
            NOW + timedelta(hours=1), NOW + timedelta(hours=2),
        ]  # fmt: skip


async def test_an_audience_is_counted_with_reasons(store: Database, bakery: Bakery) -> None:
    async with store.write() as unit:
        list_id = await a_list(unit, bakery.space, 10)
        await unit.contacts.save_rows(bakery.space, list_id, contacts(3, first=10), at=NOW)
        stopped = await unit.contacts.by_number(bakery.space, number_of(4))
        assert stopped is not None
        await unit.contacts.record_consent(stopped.id, SAID_STOP)
        count = unit.campaigns.count_audience
        whole = await count(bakery.space, people_of(list_id), cap=None)
        assert whole == AudienceCount(included=9, excluded={"no_consent": 3, "stopped": 1})
        capped = await count(bakery.space, people_of(list_id), cap=7)
        assert capped.included == 7 and capped.excluded["over_cap"] == 2 and capped.total == 13
        assert (await count(bakery.space, people_of(list_id), cap=9)).excluded.get("over_cap") is None
        nobody = await count(bakery.space, Audience(kind=AudienceKind.TAG, ref="none"), cap=None)
        assert nobody == AudienceCount(included=0, excluded={})


async def test_missing_fields_are_counted_among_those_who_could_be_sent_to(
    store: Database, bakery: Bakery
) -> None:
    rows = [
        ImportedRow(number="+901", name="A", attributes={"city.name": "Van", "1": "x"}),
        ImportedRow(number="+902", name="", attributes={"city.name": "", "1": "x"}),
        ImportedRow(number="+903", name="C", attributes={"1": "x"}),
    ]
    async with store.write() as unit:
        list_id = await unit.contacts.create_list(bakery.space, "x", at=NOW)
        await unit.contacts.save_rows(bakery.space, list_id, rows, at=NOW)
        await unit.contacts.record_list_consent(list_id, AGREED)
        await unit.contacts.save_rows(bakery.space, list_id, contacts(1), at=NOW)
        missing = unit.campaigns.missing_fields
        found = await missing(bakery.space, people_of(list_id), ["name", "city.name", "1", 'q"'])
        assert found == {"name": 1, "city.name": 2, 'q"': 3}
        assert await missing(bakery.space, people_of(list_id), []) == {}


async def test_who_wrote_lately_is_counted_among_those_who_could_be_sent_to(
    store: Database, bakery: Bakery
) -> None:
    async with store.write() as unit:
        account = await a_cloud_account(unit, bakery.space)
        other = await a_cloud_account(unit, bakery.space, number="+447700900003", remote="8")
        list_id = await a_list(unit, bakery.space, 5)
        stopped = await unit.contacts.by_number(bakery.space, number_of(2))
        assert stopped is not None
        await unit.contacts.record_consent(stopped.id, SAID_STOP)
        yesterday = NOW - timedelta(hours=24)
        await unit.cloud.people_wrote(
            account, [(number_of(0), NOW), (number_of(1), yesterday), (number_of(2), NOW), ("+999", NOW)]
        )
        await unit.cloud.people_wrote(other, [(number_of(3), NOW)])
        count = unit.campaigns.count_who_wrote
        assert await count(bakery.space, people_of(list_id), account, since=yesterday) == 1
        nobody = Audience(kind=AudienceKind.TAG, ref="none")
        assert await count(bakery.space, nobody, account, since=yesterday) == 0


async def test_a_freeze_deals_everybody_out_once(
    store: Database, other_process: Database, bakery: Bakery
) -> None:
    async with store.write() as unit:
        list_id = await a_list(unit, bakery.space, 10)
        await unit.contacts.save_rows(bakery.space, list_id, contacts(2, first=10), at=NOW)
        stopped = await unit.contacts.by_number(bakery.space, number_of(0))
        assert stopped is not None
        await unit.contacts.record_consent(stopped.id, SAID_STOP)
        parts = [(await a_campaign(unit, bakery.space, bakery.ayse)).id for _ in range(2)]
        assert await unit.campaigns.freeze(parts, people_of(list_id), cap=4, at=NOW) == [4, 4]
        await unit.commit()
    async with other_process.read() as unit:
        assert await numbers(unit, parts[0]) == [number_of(n) for n in (1, 2, 3, 4)]
        assert await numbers(unit, parts[1], R.WAITING) == [number_of(n) for n in (5, 6, 7, 8)]
        excluded = await unit.delivery.recipients(parts[1], states=[R.EXCLUDED])
        assert {row.number: row.reason for row in excluded} == {
            number_of(0): "stopped", number_of(9): "over_cap", number_of(10): "no_consent",
            number_of(11): "no_consent",
        }  # fmt: skip
        tally = await unit.delivery.tally(parts[1])
        assert tally.included == 4
        assert tally.excluded == {"stopped": 1, "over_cap": 1, "no_consent": 2}


async def test_more_parts_than_people_leaves_parts_empty(store: Database, bakery: Bakery) -> None:
    async with store.write() as unit:
        list_id = await a_list(unit, bakery.space, 3)
        parts = [(await a_campaign(unit, bakery.space, bakery.ayse)).id for _ in range(3)]
        assert await unit.campaigns.freeze(parts, people_of(list_id), cap=2, at=NOW) == [2, 1, 0]


async def test_a_campaign_is_frozen_once(store: Database, bakery: Bakery, ten_who_agreed: ListId) -> None:
    async with store.write() as unit:
        id = (await a_campaign(unit, bakery.space, bakery.ayse)).id
        assert await unit.campaigns.freeze([id], people_of(ten_who_agreed), cap=5, at=NOW) == [5]
        await unit.commit()
    async with store.write() as unit:
        with pytest.raises(Conflict):
            await unit.campaigns.freeze([id], people_of(ten_who_agreed), cap=10, at=NOW)


async def _ended(
    unit: Unit,
    bakery: Bakery,
    list_id: ListId,
    states: dict[str, R],
    *,
    off: str = "",
    why: str = NOT_ON_WHATSAPP,
) -> CampaignId:
    """A campaign of which each number came to that state; of the failed, `off` failed for that reason."""
    campaign = await a_running_campaign(unit, bakery.space, bakery.ayse, bakery.account, list_id)
    claims, _ = await unit.delivery.claim(
        campaign, bakery.account, desk="d", owner="o", now=NOW, lease_until=NOW, limit=100
    )
    answers: dict[R, SendOutcome] = {
        R.SENT: Accepted("p"),
        R.FAILED: Rejected("bad", False),
        R.UNKNOWN: Unknown(),
    }
    told = {claim.number: answers[states[claim.number]] for claim in claims}
    if off:
        told[off] = Rejected(why, False)
    await unit.delivery.record([learn(claim, told[claim.number], now=NOW) for claim in claims], now=NOW)
    return campaign


async def test_who_was_sent_a_message_lately_is_counted_once(store: Database, bakery: Bakery) -> None:
    states = {number_of(0): R.SENT, number_of(1): R.FAILED, number_of(2): R.SENT, number_of(3): R.UNKNOWN}
    async with store.write() as unit:
        list_id = await a_list(unit, bakery.space, 4)
        for _ in range(2):
            await _ended(unit, bakery, list_id, states)
        stopped = await unit.contacts.by_number(bakery.space, number_of(2))
        assert stopped is not None
        await unit.contacts.record_consent(stopped.id, SAID_STOP)
        count = unit.campaigns.count_reached
        assert await count(bakery.space, people_of(list_id), since=NOW - timedelta(seconds=1)) == 1
        assert await count(bakery.space, people_of(list_id), since=NOW) == 0
        nobody = Audience(kind=AudienceKind.TAG, ref="none")
        assert await count(bakery.space, nobody, since=NOW - timedelta(days=1)) == 0


async def test_following_up_the_failed_asks_for_consent_again(store: Database, bakery: Bakery) -> None:
    states = {number_of(0): R.SENT, number_of(1): R.FAILED, number_of(2): R.FAILED, number_of(3): R.UNKNOWN}
    async with store.write() as unit:
        list_id = await a_list(unit, bakery.space, 4)
        campaign = await _ended(unit, bakery, list_id, states)
        stopped = await unit.contacts.by_number(bakery.space, number_of(2))
        assert stopped is not None
        await unit.contacts.record_consent(stopped.id, SAID_STOP)
        again = Audience(kind=AudienceKind.FAILED_OF, ref=str(campaign))
        count = await unit.campaigns.count_audience(bakery.space, again, cap=200)
        assert count == AudienceCount(included=1, excluded={"stopped": 1})
        part = (await a_campaign(unit, bakery.space, bakery.ayse)).id
        assert await unit.campaigns.freeze([part], again, cap=200, at=NOW) == [1]
        assert await numbers(unit, part, R.WAITING) == [number_of(1)]


async def test_following_up_the_unknown_happens_once(store: Database, bakery: Bakery) -> None:
    states = {number_of(0): R.UNKNOWN, number_of(1): R.UNKNOWN, number_of(2): R.SENT}
    async with store.write() as unit:
        list_id = await a_list(unit, bakery.space, 3)
        campaign = await _ended(unit, bakery, list_id, states)
        again = Audience(kind=AudienceKind.UNKNOWN_OF, ref=str(campaign))
        parts = [(await a_campaign(unit, bakery.space, bakery.ayse)).id for _ in range(3)]
        assert await unit.campaigns.freeze(parts[:1], again, cap=1, at=NOW) == [1]
        assert await numbers(unit, campaign, R.UNKNOWN) == [number_of(1)]
        [marked] = await unit.delivery.recipients(campaign, states=[R.FAILED])
        assert (marked.number, marked.reason) == (number_of(0), "sent_again")
        assert await unit.campaigns.freeze(parts[1:2], again, cap=9, at=NOW) == [1]
        assert await numbers(unit, parts[1], R.WAITING) == [number_of(1)]
        failed = Audience(kind=AudienceKind.FAILED_OF, ref=str(campaign))
        assert await unit.campaigns.freeze(parts[2:], failed, cap=9, at=NOW) == [0]


@pytest.mark.parametrize("why", sorted(NO_RETRY))
async def test_following_up_the_failed_leaves_out_whom_it_would_not_reach(
    store: Database, bakery: Bakery, why: str
) -> None:
    states = {number_of(0): R.FAILED, number_of(1): R.FAILED, number_of(2): R.SENT}
    async with store.write() as unit:
        list_id = await a_list(unit, bakery.space, 3)
        campaign = await _ended(unit, bakery, list_id, states, off=number_of(0), why=why)
        tally = await unit.delivery.tally(campaign)
        assert (tally.failed, tally.to_retry) == (2, 1)
        assert (tally.off, tally.closed) == ((1, 0) if why == NOT_ON_WHATSAPP else (0, 1))
        failed = Audience(kind=AudienceKind.FAILED_OF, ref=str(campaign))
        again = (await a_campaign(unit, bakery.space, bakery.ayse)).id
        assert await unit.campaigns.freeze([again], failed, cap=9, at=NOW) == [1]
        assert await numbers(unit, again, R.WAITING) == [number_of(1)]


async def test_those_left_by_a_cancel_are_followed_up_once_and_stay_cancelled(
    store: Database, bakery: Bakery
) -> None:
    async with store.write() as unit:
        list_id = await a_list(unit, bakery.space, 4)
        campaign = await a_running_campaign(unit, bakery.space, bakery.ayse, bakery.account, list_id)
        claims, _ = await unit.delivery.claim(
            campaign, bakery.account, desk="d", owner="o", now=NOW, lease_until=NOW, limit=2
        )
        outcomes: list[SendOutcome] = [Accepted("p"), Rejected("bad", False)]
        told = [learn(claim, one, now=NOW) for claim, one in zip(claims, outcomes, strict=True)]
        await unit.delivery.record(told, now=NOW)
        assert await unit.delivery.cancel_waiting(campaign) == 2
        assert (await unit.delivery.tally(campaign)).to_retry == 3
        rest = Audience(kind=AudienceKind.FAILED_OF, ref=str(campaign))
        parts = [(await a_campaign(unit, bakery.space, bakery.ayse)).id for _ in range(3)]
        assert await unit.campaigns.freeze(parts[:1], rest, cap=2, at=NOW) == [2]
        assert await numbers(unit, parts[0], R.WAITING) == [number_of(1), number_of(2)]
        tally = await unit.delivery.tally(campaign)
        assert (tally.failed, tally.cancelled, tally.to_retry) == (1, 2, 1)
        assert await unit.campaigns.freeze(parts[1:2], rest, cap=9, at=NOW) == [1]
        assert await numbers(unit, parts[1], R.WAITING) == [number_of(3)]
        assert (await unit.delivery.tally(campaign)).to_retry == 0
        assert await unit.campaigns.freeze(parts[2:], rest, cap=9, at=NOW) == [0]


async def test_following_up_the_failed_reaches_nobody_twice(store: Database, bakery: Bakery) -> None:
    states = {number_of(0): R.FAILED, number_of(1): R.FAILED, number_of(2): R.SENT}
    async with store.write() as unit:
        list_id = await a_list(unit, bakery.space, 3)
        campaign = await _ended(unit, bakery, list_id, states)
        failed = Audience(kind=AudienceKind.FAILED_OF, ref=str(campaign))
        parts = [(await a_campaign(unit, bakery.space, bakery.ayse)).id for _ in range(3)]
        assert await unit.campaigns.freeze(parts[:1], failed, cap=1, at=NOW) == [1]
        assert (await unit.delivery.tally(campaign)).to_retry == 1
        assert await unit.campaigns.freeze(parts[1:2], failed, cap=9, at=NOW) == [1]
        assert await numbers(unit, parts[0], R.WAITING) == [number_of(0)]
        assert await numbers(unit, parts[1], R.WAITING) == [number_of(1)]
        tally = await unit.delivery.tally(campaign)
        assert (tally.failed, tally.to_retry) == (2, 0)
        assert await unit.campaigns.freeze(parts[2:], failed, cap=9, at=NOW) == [0]
