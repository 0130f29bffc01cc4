"""Promises of CheckStore and GroupStore, and of audiences whose numbers were checked."""

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.accounts.checks import FRESH, UNSAID_FRESH, CheckState, CheckTally
from domain.contacts.groups import Group, GroupCount, GroupImport, GroupImportState
from domain.delivery.recipients import RecipientState as R
from domain.kernel.errors import Conflict, NotFound
from domain.kernel.ids import ListId
from storage.database import Database
from storage.unit import Unit
from tests.contract.conftest import Bakery
from tests.contract.stores.test_campaigns import numbers, people_of
from tests.fakes.stores import NOW, SAID_STOP, a_campaign, a_list, a_workspace, contacts, number_of

SINCE = NOW - FRESH


async def test_what_is_known_of_numbers_is_counted_until_it_is_too_old(
    store: Database, bakery: Bakery, ten_who_agreed: ListId
) -> None:
    async with store.write() as unit:
        save, of = unit.checks.save, unit.campaigns
        await save(bakery.space, {number_of(0): True, number_of(1): False, number_of(2): None}, at=NOW)
        await save(bakery.space, {number_of(3): True}, at=NOW - FRESH - timedelta(seconds=1))
        await save(bakery.space, {number_of(4): None}, at=NOW - UNSAID_FRESH - timedelta(seconds=1))
        florist = await a_workspace(unit, name="Florist")
        await save(florist, {number_of(5): False}, at=NOW)
        audience = people_of(ten_who_agreed)
        assert await of.check_tally(bakery.space, audience, at=NOW) == CheckTally(
            on=1, off=1, unsaid=1, unchecked=7
        )
        unknown = await of.unchecked(bakery.space, audience, at=NOW, limit=3)
        assert unknown == [number_of(3), number_of(4), number_of(5)]
        await save(bakery.space, {number_of(0): False}, at=NOW)
        assert (await of.check_tally(bakery.space, audience, at=NOW)).off == 2


async def test_only_those_who_agreed_are_asked_for(store: Database, bakery: Bakery) -> None:
    async with store.write() as unit:
        list_id = await a_list(unit, bakery.space, 2)
        await unit.contacts.save_rows(bakery.space, list_id, contacts(2, first=2), at=NOW)
        unknown = await unit.campaigns.unchecked(bakery.space, people_of(list_id), at=NOW, limit=50)
        assert unknown == [number_of(0), number_of(1)]


async def test_who_is_not_on_whatsapp_is_left_out_and_takes_no_place_under_the_cap(
    store: Database, bakery: Bakery
) -> None:
    async with store.write() as unit:
        list_id = await a_list(unit, bakery.space, 6)
        stopped = await unit.contacts.by_number(bakery.space, number_of(1))
        assert stopped is not None
        await unit.contacts.record_consent(stopped.id, SAID_STOP)
        off = {number_of(n): False for n in (0, 1, 2)}
        await unit.checks.save(bakery.space, off, at=NOW)
        of, audience = unit.campaigns, people_of(list_id)
        count = await of.count_audience(bakery.space, audience, cap=2, off_since=SINCE)
        assert (count.included, count.excluded) == (
            2, {"stopped": 1, "not_on_whatsapp": 2, "over_cap": 1}
        )  # fmt: skip
        everybody = await of.count_audience(bakery.space, audience, cap=None)
        assert (everybody.included, everybody.excluded) == (5, {"stopped": 1})
        parts = [(await a_campaign(unit, bakery.space, bakery.ayse)).id for _ in range(2)]
        assert await of.freeze(parts, audience, cap=2, at=NOW, off_since=SINCE) == [2, 1]
        assert await numbers(unit, parts[0]) == [number_of(3), number_of(4)]
        excluded = await unit.delivery.recipients(parts[1], states=[R.EXCLUDED])
        assert {row.number: row.reason for row in excluded} == {
            number_of(0): "not_on_whatsapp", number_of(1): "stopped", number_of(2): "not_on_whatsapp"
        }  # fmt: skip


async def test_one_check_of_a_campaign_runs_at_a_time(store: Database, bakery: Bakery) -> None:
    async with store.write() as unit:
        campaign = await a_campaign(unit, bakery.space, bakery.ayse, bakery.account)
        about = {
            "workspace_id": bakery.space, "account_id": bakery.account, "campaign_id": campaign.id,
            "chat_id": 7, "total": 3, "at": NOW,
        }  # fmt: skip
        await unit.checks.create(**about)  # type: ignore[arg-type]
        [job] = await unit.checks.running()
        assert await unit.checks.latest(campaign.id) == job
        changed = replace(job, state=CheckState.DONE, done=3, reason="x", next_at=NOW + timedelta(1))
        done = await unit.checks.update(changed, expected=job.version)
        assert done == replace(changed, version=job.version + 1)
        with pytest.raises(Conflict):
            await unit.checks.update(job, expected=job.version)
        await unit.checks.create(**about)  # type: ignore[arg-type]
        await unit.commit()
    async with store.write() as unit:
        with pytest.raises(Conflict):
            await unit.checks.create(**about)  # type: ignore[arg-type]


async def test_what_was_asked_for_is_remembered_by_account(store: Database, bakery: Bakery) -> None:
    async with store.write() as unit:
        for hours, many in ((30, 50), (20, 40), (1, 30)):
            await unit.checks.note_ask(bakery.account, many, at=NOW - timedelta(hours=hours))
        asks = await unit.checks.asks(bakery.account, since=NOW - timedelta(hours=24))
        assert [many for _, many in asks] == [40, 30]


async def a_group_import(unit: Unit, bakery: Bakery) -> GroupImport:
    id = await unit.groups.create(
        workspace_id=bakery.space, account_id=bakery.account, chat_id=7, telegram_id=7, at=NOW
    )
    return await unit.groups.group_import(bakery.space, id)


async def test_every_field_of_a_group_import_is_kept(
    store: Database, other_process: Database, bakery: Bakery
) -> None:
    async with store.write() as unit:
        made = await a_group_import(unit, bakery)
        wanted = replace(
            made, state=GroupImportState.CONFIRMING, read_at=NOW, refreshing=True, chosen=["1@g.us"],
            groups=[Group(id="1@g.us", name="Fırın 🍞", size=3, error=None),
                    Group(id="2@g.us", name="", size=None, error="query_failed")],
            counts=[GroupCount(id="1@g.us", name="Fırın", members=3, known=2, hidden=1, list_id=4)],
            reason="away",
        )  # fmt: skip
        saved = await unit.groups.update(wanted, expected=made.version)
        with pytest.raises(Conflict):
            await unit.groups.update(wanted, expected=made.version)
        await unit.commit()
    async with other_process.read() as unit:
        assert await unit.groups.latest(bakery.space) == saved == replace(wanted, version=saved.version)
        assert saved.left == []


async def test_machines_find_what_they_have_to_work_on(store: Database, bakery: Bakery) -> None:
    async with store.write() as unit:
        for_machines = set()
        for state in GroupImportState:
            for refreshing in (False, True):
                made = await a_group_import(unit, bakery)
                full = replace(made, state=state, refreshing=refreshing)
                await unit.groups.update(full, expected=made.version)
                reads_on = state is GroupImportState.CHOOSING and refreshing
                if state in {"reading", "counting", "storing"} or reads_on:
                    for_machines.add(made.id)
        assert {job.id for job in await unit.groups.unfinished()} == for_machines
        florist = await a_workspace(unit, name="Florist")
        with pytest.raises(NotFound):
            await unit.groups.group_import(florist, made.id)


async def test_a_groups_list_is_known_until_it_is_removed(store: Database, bakery: Bakery) -> None:
    async with store.write() as unit:
        list_id = await a_list(unit, bakery.space, 3)
        await unit.groups.keep_list(bakery.space, "1@g.us", list_id)
        assert await unit.groups.list_of(bakery.space, "1@g.us") == list_id
        assert await unit.groups.list_of(bakery.space, "2@g.us") is None
        stopped = await unit.contacts.by_number(bakery.space, number_of(1))
        assert stopped is not None
        await unit.contacts.record_consent(stopped.id, SAID_STOP)
        wanted = [number_of(1), number_of(2), number_of(9)]
        assert await unit.groups.known(bakery.space, wanted) == (2, 1)
        await unit.contacts.remove_list(bakery.space, list_id)
        assert await unit.groups.list_of(bakery.space, "1@g.us") is None
        again = await a_list(unit, bakery.space, 1, name="again")
        await unit.groups.keep_list(bakery.space, "1@g.us", again)
        assert await unit.groups.list_of(bakery.space, "1@g.us") == again
