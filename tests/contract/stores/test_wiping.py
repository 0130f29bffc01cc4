"""A workspace wiped clean for trying things out: everything of it goes, and nothing of anybody else's."""

from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy import select

from domain.campaigns.model import Audience, AudienceKind
from domain.kernel.ids import CampaignId, WorkspaceId
from domain.operators.activity import Activity, Topic
from domain.operators.chat import Prompt
from domain.operators.model import Role
from domain.scheduler.opening import give_trial
from domain.wallet.model import Tariff
from storage.database import Database
from storage.tables import metadata
from storage.unit import Unit
from tests.architecture.bakery import THEIR_CHAT
from tests.architecture.bakery import bakery as a_bakery
from tests.contract.conftest import Bakery
from tests.fakes.stores import NOW, a_campaign, a_list, a_member, a_running_campaign

#: What stays of a workspace, and what is the desk's.
KEPT = {
    "activity", "admins", "chat_inbox", "cloud_webhooks", "desk", "desk_claims", "invites", "members",
    "notices", "panels", "web_leftovers", "workspaces",
}  # fmt: skip

#: What the bakery has none of. Of the official channel test_cloud.py wipes.
NOT_IN_A_BAKERY = {
    "account_usage", "attempts", "cloud_accounts", "cloud_counts", "cloud_people", "cloud_templates",
    "cloud_uploads", "directs", "ledger_lines", "plan_changes", "progress_messages", "replies",
}  # fmt: skip

Rows = Mapping[str, frozenset[tuple[str, ...]]]


async def rows_of(unit: Unit) -> Rows:
    return {
        table.name: frozenset(tuple(map(str, row)) for row in await unit.chat._db.execute(select(table)))
        for table in metadata.sorted_tables
    }


async def at_work(unit: Unit, shop: Bakery) -> CampaignId:
    """People, a campaign that is being sent, points, an invitation, something in the log."""
    await give_trial(unit, shop.space, Tariff(trial_points=5_000, trial_days=5), at=NOW)
    everybody = await a_list(unit, shop.space, 3)
    id = await a_running_campaign(unit, shop.space, shop.ayse, shop.account, everybody)
    claims, _ = await unit.delivery.claim(
        id, shop.account, desk="d", owner="o", now=NOW, lease_until=NOW + timedelta(hours=1), limit=2
    )
    assert len(claims) == 2
    await unit.accounts.count_usage(shop.account, 2, at=NOW)
    await unit.operators.create_invite(
        workspace_id=shop.space, role=Role.VIEWER, created_by=shop.ayse, at=NOW,
        expires_at=NOW + timedelta(hours=1),
    )  # fmt: skip
    await unit.activity.add(line(shop.space))
    return id


def line(space: WorkspaceId) -> Activity:
    return Activity(
        workspace_id=space,
        at=NOW,
        telegram_id=1,
        who="Ayşe",
        topic=Topic.TEAM,
        what="team.invited",
        screen="",
    )


async def test_everything_of_it_goes_but_team_log_and_itself(store: Database, bakery: Bakery) -> None:
    async with store.write() as unit:
        before = await rows_of(unit)
        theirs = await a_bakery(unit)
        await unit.activity.add(line(theirs))
        await unit.chat.save_prompt(Prompt(chat_id=THEIR_CHAT, kind="contact.add"))
        grown = await rows_of(unit)
        await at_work(unit, bakery)
        full = await rows_of(unit)
        for one in await unit.operators.workspaces():
            if one.id != bakery.space:
                await unit.operators.wipe(one.id)
        left = await rows_of(unit)
    gone = {name: grown[name] - before[name] for name in metadata.tables if name not in KEPT}
    # A payment that fits no order is nobody's.
    gone["payments"] = frozenset(row for row in gone["payments"] if row[0] != "charge of no order")
    assert {name: rows - gone.get(name, frozenset()) for name, rows in full.items()} == left
    # Of a table that held nothing, nothing was proved.
    assert {name for name, rows in gone.items() if not rows} <= NOT_IN_A_BAKERY


async def test_another_workspace_keeps_every_row(store: Database, bakery: Bakery) -> None:
    async with store.write() as unit:
        before = await rows_of(unit)
        await a_bakery(unit)
        full = await rows_of(unit)
        await at_work(unit, bakery)
        await unit.operators.wipe(bakery.space)
        now = await rows_of(unit)
    theirs = {name: rows - before[name] for name, rows in full.items() if name not in KEPT}
    assert {name: rows for name, rows in now.items() if name not in KEPT} == theirs
    for name in KEPT:
        assert full[name] <= now[name]


async def test_what_comes_after_is_not_taken_for_what_was_before(store: Database, bakery: Bakery) -> None:
    """Keys of attempts and of notices are made of ids: one used again would be taken for sent already."""
    async with store.write() as unit:
        first = await at_work(unit, bakery)
        old = {row.id for row in await unit.delivery.recipients(first, limit=10)}
        await unit.operators.wipe(bakery.space)
        everybody = await a_list(unit, bakery.space, 3)
        draft = await a_campaign(unit, bakery.space, bakery.ayse, None, everybody)
        audience = Audience(kind=AudienceKind.LIST, ref=str(everybody))
        await unit.campaigns.freeze([draft.id], audience, cap=10, at=NOW)
        new = {row.id for row in await unit.delivery.recipients(draft.id, limit=10)}
    assert draft.id > first
    assert len(new) == 3 and min(new) > max(old)


async def test_a_trial_can_be_given_again(store: Database, bakery: Bakery) -> None:
    tariff = Tariff(trial_points=500, trial_days=5)
    async with store.write() as unit:
        await give_trial(unit, bakery.space, tariff, at=NOW)
        await unit.operators.wipe(bakery.space)
        assert (await unit.wallet.wallet(bakery.space)).balance == 0
        await give_trial(unit, bakery.space, tariff, at=NOW)
        wallet = await unit.wallet.wallet(bakery.space)
    assert wallet.balance == 500 and wallet.has_plan(NOW)


async def test_its_members_stay(store: Database, bakery: Bakery) -> None:
    async with store.write() as unit:
        await a_member(unit, bakery.space, telegram_id=1002, name="Deniz")
        await unit.operators.wipe(bakery.space)
        names = [member.name for member in await unit.operators.members(bakery.space)]
    assert names == ["Ayşe", "Deniz"]
