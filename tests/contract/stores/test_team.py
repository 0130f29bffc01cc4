"""Teams: promises of OperatorStore about members, invitations and choosing a workspace."""

import asyncio
from datetime import timedelta

import pytest

from domain.kernel.errors import NotFound
from domain.kernel.ids import InviteId, MemberId, WorkspaceId
from domain.operators import team
from domain.operators.chat import ProgressMessage
from domain.operators.model import TERMS_VERSION, Invite, InviteRefused, LastOwner, Member, Role
from storage.database import Database
from storage.unit import Unit
from tests.contract.conftest import Bakery
from tests.fakes.stores import NOW, a_campaign, a_member, a_workspace

AYSE, DENIZ, CAN = 1001, 1002, 1003
TOMORROW = NOW + timedelta(hours=24)


async def invited(unit: Unit, bakery: Bakery, role: Role = Role.MANAGER) -> InviteId:
    return await unit.operators.create_invite(
        workspace_id=bakery.space, role=role, created_by=bakery.ayse, at=NOW, expires_at=TOMORROW
    )


async def member_of(unit: Unit, space: WorkspaceId, telegram_id: int) -> Member:
    return next(m for m in await unit.operators.members(space) if m.telegram_id == telegram_id)


# -- members -----------------------------------------------------------------------------------------


async def test_a_role_is_kept_as_set(store: Database, bakery: Bakery, other_process: Database) -> None:
    async with store.write() as unit:
        deniz = await a_member(unit, bakery.space, telegram_id=DENIZ, name="Deniz")
        await unit.operators.set_role(deniz, Role.VIEWER)
        await unit.commit()
    async with other_process.read() as unit:
        assert (await member_of(unit, bakery.space, DENIZ)).role is Role.VIEWER
        assert (await member_of(unit, bakery.space, AYSE)).role is Role.OWNER


async def test_whoever_left_is_a_member_no_more(store: Database, bakery: Bakery) -> None:
    async with store.write() as unit:
        deniz = await a_member(unit, bakery.space, telegram_id=DENIZ, name="Deniz")
        await unit.operators.leave(deniz, at=NOW)
        assert [m.telegram_id for m in await unit.operators.members(bakery.space)] == [AYSE]
        assert await unit.operators.members_of(DENIZ) == []


async def test_whoever_comes_back_begins_anew(store: Database, bakery: Bakery) -> None:
    """With the role of the new invitation, and the terms to be accepted again; what they did stays theirs."""
    async with store.write() as unit:
        deniz = await a_member(unit, bakery.space, telegram_id=DENIZ, name="Deniz")
        await unit.operators.accept_terms(deniz, version=TERMS_VERSION, at=NOW)
        await unit.operators.leave(deniz, at=NOW)
        again = await unit.operators.create_member(
            workspace_id=bakery.space, telegram_id=DENIZ, name="Deniz Can", role=Role.VIEWER, at=NOW
        )
        back = await member_of(unit, bakery.space, DENIZ)
    assert again == deniz
    assert (back.role, back.name, back.terms_version) == (Role.VIEWER, "Deniz Can", None)


async def test_a_member_who_is_made_one_again_keeps_role_and_terms(store: Database, bakery: Bakery) -> None:
    async with store.write() as unit:
        await unit.operators.accept_terms(bakery.ayse, version=TERMS_VERSION, at=NOW)
        await unit.operators.create_member(
            workspace_id=bakery.space, telegram_id=AYSE, name="Ayşe", role=Role.VIEWER, at=NOW
        )
        ayse = await member_of(unit, bakery.space, AYSE)
    assert (ayse.role, ayse.terms_version) == (Role.OWNER, TERMS_VERSION)


async def test_of_several_workspaces_the_one_chosen_last_comes_first(store: Database, bakery: Bakery) -> None:
    async with store.write() as unit:
        florist, baths = [await a_workspace(unit, name=name) for name in ("Florist", "Baths")]
        spaces = {bakery.space: bakery.ayse, florist: await a_member(unit, florist)}
        spaces[baths] = await a_member(unit, baths)

        async def order() -> list[WorkspaceId]:
            return [m.workspace_id for m in await unit.operators.members_of(AYSE)]

        assert await order() == [bakery.space, florist, baths]
        await unit.operators.choose(spaces[baths], at=NOW)
        assert await order() == [baths, bakery.space, florist]
        await unit.operators.choose(spaces[florist], at=NOW + timedelta(minutes=1))
        assert await order() == [florist, baths, bakery.space]
        await unit.operators.leave(spaces[florist], at=NOW)
        assert await order() == [baths, bakery.space]


async def test_a_choice_holds_though_the_clock_had_run_ahead_at_the_one_before(
    store: Database, bakery: Bakery
) -> None:
    async with store.write() as unit:
        florist = await a_workspace(unit, name="Florist")
        there = await a_member(unit, florist)
        await unit.operators.choose(there, at=NOW + timedelta(days=365))
        await unit.operators.choose(bakery.ayse, at=NOW)
        assert [m.workspace_id for m in await unit.operators.members_of(AYSE)] == [bakery.space, florist]
        await unit.operators.choose(there, at=NOW)
        assert [m.workspace_id for m in await unit.operators.members_of(AYSE)] == [florist, bakery.space]


@pytest.mark.parametrize("what", ["choose", "set_role", "leave"])
async def test_a_member_who_never_was_is_not_found(store: Database, bakery: Bakery, what: str) -> None:
    nobody = MemberId(999)
    async with store.write() as unit:
        operators = unit.operators
        with pytest.raises(NotFound):
            match what:
                case "choose":
                    await operators.choose(nobody, at=NOW)
                case "set_role":
                    await operators.set_role(nobody, Role.OWNER)
                case _:
                    await operators.leave(nobody, at=NOW)


# -- invitations -------------------------------------------------------------------------------------


async def test_an_invitation_is_kept_as_told(
    store: Database, bakery: Bakery, other_process: Database
) -> None:
    async with store.write() as unit:
        id = await invited(unit, bakery, Role.VIEWER)
        await unit.commit()
    async with other_process.read() as unit:
        assert await unit.operators.invite(id) == Invite(
            id=id, workspace_id=bakery.space, role=Role.VIEWER, created_by=bakery.ayse, created_at=NOW,
            expires_at=TOMORROW, used_by=None, used_at=None, revoked_at=None,
        )  # fmt: skip
        assert await unit.operators.invite(InviteId(id + 1)) is None


async def test_an_invitation_is_used_once(store: Database, bakery: Bakery) -> None:
    async with store.write() as unit:
        id = await invited(unit, bakery)
        assert await unit.operators.use_invite(id, telegram_id=DENIZ, now=NOW)
        assert not await unit.operators.use_invite(id, telegram_id=CAN, now=NOW)
        used = await unit.operators.invite(id)
        assert used is not None and (used.used_by, used.used_at, used.why_not(NOW)) == (DENIZ, NOW, "used")
        assert await unit.operators.open_invites(bakery.space, now=NOW) == []


async def test_an_invitation_ends_to_the_second(store: Database, bakery: Bakery) -> None:
    async with store.write() as unit:
        id = await invited(unit, bakery)
        assert not await unit.operators.use_invite(id, telegram_id=DENIZ, now=TOMORROW)
        assert await unit.operators.open_invites(bakery.space, now=TOMORROW) == []
        ended = await unit.operators.invite(id)
        assert ended is not None and ended.why_not(TOMORROW) == "expired"
        just_before = TOMORROW - timedelta(seconds=1)
        assert await unit.operators.use_invite(id, telegram_id=DENIZ, now=just_before)


async def test_a_revoked_invitation_is_of_no_use(store: Database, bakery: Bakery) -> None:
    async with store.write() as unit:
        id = await invited(unit, bakery)
        await unit.operators.revoke_invite(bakery.space, id, at=NOW)
        assert not await unit.operators.use_invite(id, telegram_id=DENIZ, now=NOW)
        with pytest.raises(NotFound):
            await unit.operators.revoke_invite(bakery.space, id, at=NOW)


async def test_an_invitation_is_revoked_in_its_own_workspace_only(store: Database, bakery: Bakery) -> None:
    async with store.write() as unit:
        id = await invited(unit, bakery)
        florist = await a_workspace(unit, name="Florist")
        with pytest.raises(NotFound):
            await unit.operators.revoke_invite(florist, id, at=NOW)
        assert await unit.operators.open_invites(florist, now=NOW) == []
        assert [one.id for one in await unit.operators.open_invites(bakery.space, now=NOW)] == [id]


# -- live messages of whoever left -------------------------------------------------------------------


async def test_a_live_message_of_whoever_left_is_not_kept_up_any_more(
    store: Database, bakery: Bakery
) -> None:
    async with store.write() as unit:
        deniz = await a_member(unit, bakery.space, telegram_id=DENIZ, name="Deniz")
        campaign = await a_campaign(unit, bakery.space, bakery.ayse)
        for chat_id in (AYSE, DENIZ, -5):
            await unit.chat.save_progress_message(
                ProgressMessage(
                    campaign_id=campaign.id, chat_id=chat_id, message_id=7, shown="", edited_at=None, edits=0
                )
            )

        async def live() -> list[int]:
            return sorted(message.chat_id for message in await unit.chat.progress_messages())

        assert await live() == [-5, AYSE, DENIZ]
        await unit.operators.leave(deniz, at=NOW)
        assert await live() == [-5, AYSE]


# -- two at once -------------------------------------------------------------------------------------


async def test_of_two_last_owners_who_leave_at_once_one_stays(
    store: Database, bakery: Bakery, other_process: Database
) -> None:
    async with store.write() as unit:
        await a_member(unit, bakery.space, telegram_id=DENIZ, name="Deniz")
        await unit.commit()

    async def leaves(database: Database, telegram_id: int) -> bool:
        async with database.write() as unit:
            me = await member_of(unit, bakery.space, telegram_id)
            try:
                await team.leave(unit.operators, me, at=NOW)
            except LastOwner:
                return False
            # Long enough for the other one to have looked as well, if nothing held it back.
            await asyncio.sleep(0.2)
            await unit.commit()
            return True

    went = await asyncio.gather(leaves(store, AYSE), leaves(other_process, DENIZ))
    assert sorted(went) == [False, True]
    async with store.read() as unit:
        assert [m.role for m in await unit.operators.members(bakery.space)] == [Role.OWNER]


async def test_of_two_who_open_one_link_at_once_one_joins(
    store: Database, bakery: Bakery, other_process: Database
) -> None:
    async with store.write() as unit:
        id = await invited(unit, bakery)
        await unit.commit()

    async def joins(database: Database, telegram_id: int) -> str:
        async with database.write() as unit:
            try:
                await team.accept_invite(unit.operators, id, telegram_id=telegram_id, name="N", at=NOW)
            except InviteRefused as refused:
                return refused.code
            await asyncio.sleep(0.2)
            await unit.commit()
            return "joined"

    ends = await asyncio.gather(joins(store, DENIZ), joins(other_process, CAN))
    assert sorted(ends) == ["invite.used", "joined"]
    async with store.read() as unit:
        assert len(await unit.operators.members(bakery.space)) == 2
