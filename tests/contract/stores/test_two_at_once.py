"""Two writers at the same moment: one of them waits, and nothing is done twice."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from domain.campaigns.model import Audience, AudienceKind, Campaign, CampaignState, NobodyToSendTo
from domain.campaigns.start import Start
from domain.contacts import service
from domain.contacts.model import Consent, ConsentEvent, ConsentSource
from domain.contacts.ports import ImportedRow
from domain.delivery.ports import Rejected, SendOutcome, Unknown
from domain.delivery.recipients import learn
from domain.hours.model import Hours
from domain.hours.presets import PRESETS
from domain.kernel.errors import Interrupted
from domain.kernel.ids import CampaignId, ListId
from domain.operators.model import TERMS_VERSION
from domain.pacing.rules import Caps
from domain.scheduler.hours_change import change_hours
from domain.scheduler.in_hours import in_hours
from domain.scheduler.replies import said_start
from domain.scheduler.timers import desk_of
from storage.database import Database
from storage.sheets.reader import BATCH_ROWS
from storage.unit import Unit
from tests.contract.conftest import Bakery
from tests.fakes.stores import NOW, a_campaign, a_list, a_running_campaign, contacts, number_of

#: Long enough for the other one to get as far as it can.
A_WHILE = 0.2


async def answered(store: Database, bakery: Bakery, everybody: ListId, outcome: SendOutcome) -> CampaignId:
    """A campaign in which everybody's attempt ended like that."""
    async with store.write() as unit:
        id = await a_running_campaign(unit, bakery.space, bakery.ayse, bakery.account, everybody)
        claims, _ = await unit.delivery.claim(
            id, bakery.account, desk="d", owner="o", now=NOW, lease_until=NOW + timedelta(hours=1), limit=10
        )
        await unit.delivery.record([learn(claim, outcome, now=NOW) for claim in claims], now=NOW)
        await unit.commit()
    return id


@pytest.mark.parametrize(
    ("which", "outcome"),
    [
        (AudienceKind.FAILED_OF, Rejected("no_whatsapp", can_retry=False)),
        (AudienceKind.UNKNOWN_OF, Unknown("timeout")),
    ],
)
async def test_two_follow_ups_started_at_once_do_not_both_take_the_same_people(
    store: Database,
    other_process: Database,
    bakery: Bakery,
    ten_who_agreed: ListId,
    which: AudienceKind,
    outcome: SendOutcome,
) -> None:
    earlier = await answered(store, bakery, ten_who_agreed, outcome)
    async with store.write() as unit:
        drafts = [await a_campaign(unit, bakery.space, bakery.ayse, bakery.account) for _ in range(2)]
        await unit.commit()

    async def freezes(database: Database, draft: Campaign) -> int:
        async with database.write() as unit:
            audience = Audience(kind=which, ref=str(earlier))
            (people,) = await unit.campaigns.freeze([draft.id], audience, cap=100, at=NOW)
            await asyncio.sleep(A_WHILE)
            await unit.commit()
            return people

    frozen = await asyncio.gather(*map(freezes, (store, other_process), drafts))
    assert sorted(frozen) == [0, 10]


async def test_of_two_follow_ups_started_at_once_the_second_is_told_that_nobody_is_left(
    store: Database, other_process: Database, bakery: Bakery, ten_who_agreed: ListId
) -> None:
    earlier = await answered(store, bakery, ten_who_agreed, Unknown("timeout"))
    audience = Audience(kind=AudienceKind.UNKNOWN_OF, ref=str(earlier))
    async with store.write() as unit:
        await unit.operators.accept_terms(bakery.ayse, version=TERMS_VERSION, at=NOW)
        empty = [await a_campaign(unit, bakery.space, bakery.ayse, bakery.account) for _ in range(2)]
        drafts = [
            await unit.campaigns.save(replace(draft, audience=audience), expected=draft.version)
            for draft in empty
        ]
        await unit.commit()

    async def starts(database: Database, draft: Campaign) -> CampaignState:
        async with database.write() as unit:
            try:
                await Start(caps=Caps()).run(desk_of(unit), draft, expected=draft.version, at=NOW)
            except NobodyToSendTo:
                return draft.state
            await asyncio.sleep(A_WHILE)
            await unit.commit()
            return CampaignState.RUNNING

    told = await asyncio.gather(*map(starts, (store, other_process), drafts))
    async with store.read() as unit:
        are = [(await unit.campaigns.any(draft.id)).state for draft in drafts]
    assert told == are
    assert sorted(are) == [CampaignState.DRAFT, CampaignState.RUNNING]


async def test_two_who_wait_for_each_other_are_told_so_and_can_try_again(
    store: Database, other_process: Database, bakery: Bakery, kind: str
) -> None:
    async with store.write() as unit:
        ids = [(await a_campaign(unit, bakery.space, bakery.ayse)).id for _ in range(2)]
        await unit.commit()

    both_hold_one = asyncio.Barrier(2)

    async def tries(database: Database, first: CampaignId, second: CampaignId) -> int:
        number = 0
        while True:
            number += 1
            try:
                async with database.write() as unit:
                    await unit.campaigns.set_faults(first, number)
                    if kind == "postgresql" and number == 1:
                        await both_hold_one.wait()
                    await unit.campaigns.set_faults(second, number)
                    await unit.commit()
                    return number
            except Interrupted:
                continue

    took = await asyncio.gather(tries(store, *ids), tries(other_process, *reversed(ids)))
    # Where one writes at a time, nobody waits for somebody who waits.
    assert sorted(took) == ([1, 1] if kind == "sqlite" else [1, 2])


async def test_whoever_holds_the_team_does_not_hold_up_what_else_the_workspace_does(
    store: Database, other_process: Database, bakery: Bakery, kind: str
) -> None:
    done = asyncio.Event()

    async def imports() -> None:
        async with other_process.write() as unit:
            await a_list(unit, bakery.space, 3)
            await unit.commit()
        done.set()

    async with asyncio.TaskGroup() as group, store.write() as unit:
        await unit.operators.members(bakery.space, lock=True)
        group.create_task(imports())
        if kind == "postgresql":
            async with asyncio.timeout(5):
                await done.wait()
    async with store.read() as unit:
        assert len(await unit.contacts.lists(bakery.space)) == 1


async def test_hours_changed_during_a_claim_find_everybody_whom_the_claim_puts_off(
    store: Database, other_process: Database, bakery: Bakery, ten_who_agreed: ListId
) -> None:
    night = Hours(week=PRESETS["every_day"], zones=("Pacific/Auckland",))
    async with store.write() as unit:
        id = await a_running_campaign(unit, bakery.space, bakery.ayse, bakery.account, ten_who_agreed)
        campaign = await unit.campaigns.any(id)
        await unit.campaigns.save(replace(campaign, by_their_clock=True), expected=campaign.version)
        await unit.hours.save(bakery.account, night, expected=None, at=NOW)
        await unit.commit()
    has_read = asyncio.Event()

    async def claims() -> None:
        async with store.write() as unit:
            campaign = await unit.campaigns.any(id)
            await in_hours(unit, bakery.account, [campaign], NOW)
            has_read.set()
            await asyncio.sleep(A_WHILE)
            taken, _ = await unit.delivery.claim(
                id, bakery.account, desk="d", owner="o", now=NOW, lease_until=NOW, limit=10,
                opens=lambda _: NOW + timedelta(days=3),
            )  # fmt: skip
            assert taken == []
            await unit.commit()

    async def changes() -> None:
        await has_read.wait()
        async with other_process.write() as unit:
            account = await unit.accounts.account(bakery.account)
            await change_hours(unit, account, None, expected=NOW, at=NOW)
            await unit.commit()

    await asyncio.gather(claims(), changes())
    async with store.read() as unit:
        assert await unit.delivery.next_due(id) == NOW


@pytest.mark.parametrize("start_first", [True, False])
async def test_an_opt_out_holds_against_an_older_start_that_is_read_at_the_same_moment(
    store: Database, other_process: Database, bakery: Bakery, ten_who_agreed: ListId, start_first: bool
) -> None:
    """Whichever comes first; she had said stop before, where that is the START."""
    minute, begun, number = timedelta(minutes=1), asyncio.Event(), number_of(0)
    async with store.write() as unit:
        her = await unit.contacts.by_number(bakery.space, number)
        assert her is not None
        if start_first:
            await service.opt_out(unit.contacts, her, by=bakery.ayse, at=NOW)
            her = replace(her, consent=Consent.REVOKED)
        await unit.commit()

    async def starts(unit: Unit) -> None:
        await said_start(unit, bakery.space, number, "m", at=NOW + minute)

    async def is_out(unit: Unit) -> None:
        await service.opt_out(unit.contacts, her, by=bakery.ayse, at=NOW + 2 * minute)

    async def one(database: Database, does: Callable[[Unit], Awaitable[None]], *, first: bool) -> None:
        if not first:
            await begun.wait()
        async with database.write() as unit:
            await does(unit)
            begun.set()
            await asyncio.sleep(A_WHILE if first else 0)
            await unit.commit()

    await asyncio.gather(
        one(store, starts, first=start_first), one(other_process, is_out, first=not start_first)
    )
    async with store.read() as unit:
        now = await unit.contacts.by_number(bakery.space, number)
    assert now is not None
    assert now.consent is Consent.REVOKED


def stops(number: str) -> ConsentEvent:
    return ConsentEvent(granted=False, source=ConsentSource.STOP_REPLY, evidence=f"stop of {number}", at=NOW)


async def says_stop(unit: Unit, bakery: Bakery, number: str) -> None:
    person = await unit.contacts.by_number(bakery.space, number, held=True)
    assert person is not None
    await unit.contacts.record_consent(person.id, stops(number))


async def claims_all(unit: Unit, bakery: Bakery, id: CampaignId) -> list[str]:
    claims, _ = await unit.delivery.claim(
        id, bakery.account, desk="d", owner="o", now=NOW, lease_until=NOW + timedelta(hours=1), limit=10
    )
    return [claim.number for claim in claims]


async def to_everybody(store: Database, bakery: Bakery, everybody: ListId) -> CampaignId:
    async with store.write() as unit:
        id = await a_running_campaign(unit, bakery.space, bakery.ayse, bakery.account, everybody)
        await unit.commit()
    return id


async def test_a_stop_is_not_known_before_a_claim_that_has_not_seen_it_is_over(
    store: Database, other_process: Database, bakery: Bakery, ten_who_agreed: ListId
) -> None:
    id = await to_everybody(store, bakery, ten_who_agreed)

    async def stop() -> None:
        async with other_process.write() as unit:
            await says_stop(unit, bakery, number_of(3))
            await unit.commit()

    async with asyncio.TaskGroup() as group, store.write() as unit:
        claimed = await claims_all(unit, bakery, id)
        stopping = group.create_task(stop())
        done, _ = await asyncio.wait([stopping], timeout=A_WHILE)
        assert number_of(3) in claimed and not done
        await unit.commit()


async def test_whose_stop_is_being_written_down_is_not_claimed(
    store: Database, other_process: Database, bakery: Bakery, ten_who_agreed: ListId
) -> None:
    id = await to_everybody(store, bakery, ten_who_agreed)

    async def claim() -> list[str]:
        async with other_process.write() as unit:
            claimed = await claims_all(unit, bakery, id)
            await unit.commit()
            return claimed

    async with asyncio.TaskGroup() as group, store.write() as unit:
        await says_stop(unit, bakery, number_of(3))
        claiming = group.create_task(claim())
        await asyncio.wait([claiming], timeout=A_WHILE)
        await unit.commit()
    assert sorted(claiming.result()) == sorted(number_of(n) for n in range(10) if n != 3)


async def test_a_unit_that_stands_still_loses_its_locks(
    store: Database, other_process: Database, bakery: Bakery, ten_who_agreed: ListId, kind: str
) -> None:
    if kind == "sqlite":
        return  # one process writes there, and its lock says which
    async with Database.open(store.url, idle=timedelta(milliseconds=50)) as stands_still:
        with pytest.raises(Interrupted):
            async with stands_still.write() as unit:
                await says_stop(unit, bakery, number_of(3))
                async with other_process.write() as other:
                    await says_stop(other, bakery, number_of(3))  # waits until the lock is lost
                    await other.commit()
                await unit.commit()


async def test_two_files_with_the_same_people_do_not_stand_in_each_others_way(
    store: Database, other_process: Database, bakery: Bakery
) -> None:
    """Batches as long as the reader makes them, the other way round."""
    rows = contacts(BATCH_ROWS)

    async def stores(database: Database, batch: Sequence[ImportedRow]) -> None:
        async with database.write() as unit:
            list_id = await unit.contacts.create_list(bakery.space, batch[0].number, at=NOW)
            await unit.contacts.save_rows(bakery.space, list_id, batch, at=NOW)
            await unit.commit()

    for _ in range(3):
        await asyncio.gather(stores(store, rows), stores(other_process, rows[::-1]))
    async with store.read() as unit:
        assert sum((await unit.contacts.count(bakery.space)).values()) == BATCH_ROWS
