"""The team's verbs: who may do what to whom, and what is left when they have."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from bot.keys import signer
from domain.kernel.errors import Conflict, NotFound
from domain.kernel.ids import InviteId, MemberId, WorkspaceId
from domain.operators import team
from domain.operators.model import (
    TERMS_VERSION,
    InviteRefused,
    LastOwner,
    Member,
    NotAllowed,
    Right,
    Role,
    TermsChanged,
)
from storage.unit import Unit
from tests.fakes.stores import NOW, a_workspace, open_store

AYSE, DENIZ, CAN, EVE = 1001, 1002, 1003, 1004
SIGN = signer(b"ours")


@dataclass(frozen=True, kw_only=True)
class Bakery:
    """Ayşe owns it, Deniz manages."""

    unit: Unit
    space: WorkspaceId

    async def joins(self, telegram_id: int, role: Role, *, terms: int | None = TERMS_VERSION) -> Member:
        id = await self.unit.operators.create_member(
            workspace_id=self.space, telegram_id=telegram_id, name=f"P{telegram_id}", role=role, at=NOW
        )
        if terms is not None:
            await self.unit.operators.accept_terms(id, version=terms, at=NOW)
        return await self.person(telegram_id)

    async def person(self, telegram_id: int) -> Member:
        members = await self.unit.operators.members(self.space)
        return next(m for m in members if m.telegram_id == telegram_id)

    async def roles(self) -> dict[int, Role]:
        return {m.telegram_id: m.role for m in await self.unit.operators.members(self.space)}


@pytest.fixture
async def on(tmp_path: Path) -> AsyncIterator[Bakery]:
    async with open_store(tmp_path) as store, store.write() as unit:
        bakery = Bakery(unit=unit, space=await a_workspace(unit))
        await bakery.joins(AYSE, Role.OWNER)
        await bakery.joins(DENIZ, Role.MANAGER)
        yield bakery


# -- inviting and joining ------------------------------------------------------------------------------


async def test_a_link_is_good_for_a_day_and_a_role(on: Bakery) -> None:
    made = await team.invite(on.unit.operators, await on.person(AYSE), Role.VIEWER, at=NOW)
    assert (made.role, made.expires_at - NOW) == (Role.VIEWER, timedelta(hours=24))
    await team.accept_invite(on.unit.operators, made.id, telegram_id=CAN, name="Can", at=NOW)
    assert (await on.roles())[CAN] is Role.VIEWER


@pytest.mark.parametrize("role", [Role.MANAGER, Role.VIEWER])
async def test_only_owners_invite(on: Bakery, role: Role) -> None:
    can = await on.joins(CAN, role)
    with pytest.raises(NotAllowed) as refused:
        await team.invite(on.unit.operators, can, Role.OWNER, at=NOW)
    assert refused.value.code == "role.own"


async def test_whoever_was_demoted_a_moment_ago_invites_nobody(on: Bakery) -> None:
    """What the screen knew when the button was pressed does not count."""
    can = await on.joins(CAN, Role.OWNER)
    await on.unit.operators.set_role(can.id, Role.MANAGER)
    with pytest.raises(NotAllowed):
        await team.invite(on.unit.operators, can, Role.VIEWER, at=NOW)


async def test_so_many_invitations_may_be_open(on: Bakery) -> None:
    ayse = await on.person(AYSE)
    for _ in range(team.MOST_OPEN_INVITES):
        last = await team.invite(on.unit.operators, ayse, Role.VIEWER, at=NOW)
    with pytest.raises(team.TooManyInvites):
        await team.invite(on.unit.operators, ayse, Role.VIEWER, at=NOW)
    await on.unit.operators.revoke_invite(on.space, last.id, at=NOW)
    await team.invite(on.unit.operators, ayse, Role.VIEWER, at=NOW)


async def read(on: Bakery, id: int, signed: str, *, who: int = CAN, hours: int = 0) -> str:
    """What comes of opening a link: `good`, or why not."""
    try:
        await team.read_invite(
            on.unit.operators, InviteId(id), signed, telegram_id=who, sign=SIGN,
            now=NOW + timedelta(hours=hours),
        )  # fmt: skip
    except InviteRefused as refused:
        return refused.code
    return "good"


async def test_a_link_is_read_for_what_it_is(on: Bakery) -> None:
    made = await team.invite(on.unit.operators, await on.person(AYSE), Role.MANAGER, at=NOW)
    signed = team.signature(made, SIGN)
    assert await read(on, made.id, signed) == "good"
    assert await read(on, made.id, signed, who=DENIZ) == "invite.member"
    assert await read(on, made.id, signed, hours=24) == "invite.expired"
    assert await read(on, made.id, signed + "x") == "invite.forged"
    assert await read(on, made.id + 1, signed) == "invite.forged"
    assert await read(on, made.id, team.signature(made, signer(b"theirs"))) == "invite.forged"
    await on.unit.operators.use_invite(made.id, telegram_id=EVE, now=NOW)
    assert await read(on, made.id, signed) == "invite.used"
    other = await team.invite(on.unit.operators, await on.person(AYSE), Role.MANAGER, at=NOW)
    await on.unit.operators.revoke_invite(on.space, other.id, at=NOW)
    assert await read(on, other.id, team.signature(other, SIGN)) == "invite.revoked"


async def test_whoever_is_in_already_does_not_use_a_link_up(on: Bakery) -> None:
    made = await team.invite(on.unit.operators, await on.person(AYSE), Role.OWNER, at=NOW)
    with pytest.raises(InviteRefused) as refused:
        await team.accept_invite(on.unit.operators, made.id, telegram_id=DENIZ, name="Deniz", at=NOW)
    assert refused.value.code == "invite.member"
    assert (await on.roles())[DENIZ] is Role.MANAGER
    await team.accept_invite(on.unit.operators, made.id, telegram_id=CAN, name="Can", at=NOW)
    assert (await on.roles())[CAN] is Role.OWNER


@pytest.mark.parametrize("why", ["used", "revoked", "expired", "forged"])
async def test_a_link_that_went_bad_between_reading_and_joining_is_refused(on: Bakery, why: str) -> None:
    store, at = on.unit.operators, NOW
    made = await team.invite(store, await on.person(AYSE), Role.MANAGER, at=NOW)
    id = made.id
    match why:
        case "used":
            await store.use_invite(id, telegram_id=EVE, now=NOW)
        case "revoked":
            await store.revoke_invite(on.space, id, at=NOW)
        case "expired":
            at = made.expires_at
        case _:
            id = InviteId(999)
    with pytest.raises(InviteRefused) as refused:
        await team.accept_invite(store, id, telegram_id=CAN, name="Can", at=at)
    assert refused.value.code == f"invite.{why}"
    assert CAN not in await on.roles()


# -- roles -------------------------------------------------------------------------------------------


async def test_an_owner_changes_a_role(on: Bakery) -> None:
    deniz = await on.person(DENIZ)
    changed = await team.change_role(
        on.unit.operators, await on.person(AYSE), deniz.id, Role.VIEWER, expected=Role.MANAGER, at=NOW
    )
    assert changed.before.role is Role.MANAGER
    assert changed.after is not None and changed.after.role is Role.VIEWER
    assert (await on.roles())[DENIZ] is Role.VIEWER


async def test_a_role_that_somebody_else_has_changed_meanwhile_is_not_changed_again(on: Bakery) -> None:
    deniz = await on.person(DENIZ)
    with pytest.raises(Conflict):
        await team.change_role(
            on.unit.operators, await on.person(AYSE), deniz.id, Role.OWNER, expected=Role.VIEWER, at=NOW
        )
    assert (await on.roles())[DENIZ] is Role.MANAGER


async def test_the_last_owner_cannot_be_made_less(on: Bakery) -> None:
    ayse = await on.person(AYSE)
    with pytest.raises(LastOwner):
        await team.change_role(on.unit.operators, ayse, ayse.id, Role.MANAGER, expected=Role.OWNER, at=NOW)
    await on.joins(CAN, Role.OWNER)
    await team.change_role(on.unit.operators, ayse, ayse.id, Role.MANAGER, expected=Role.OWNER, at=NOW)
    assert await on.roles() == {AYSE: Role.MANAGER, DENIZ: Role.MANAGER, CAN: Role.OWNER}


async def test_a_manager_changes_nobodys_role(on: Bakery) -> None:
    deniz = await on.person(DENIZ)
    with pytest.raises(NotAllowed):
        await team.change_role(on.unit.operators, deniz, deniz.id, Role.OWNER, expected=Role.MANAGER, at=NOW)
    assert (await on.roles())[DENIZ] is Role.MANAGER


# -- leaving -----------------------------------------------------------------------------------------


async def test_the_last_owner_neither_leaves_nor_is_removed(on: Bakery) -> None:
    ayse = await on.person(AYSE)
    with pytest.raises(LastOwner):
        await team.leave(on.unit.operators, ayse, at=NOW)
    with pytest.raises(LastOwner):
        await team.remove(on.unit.operators, ayse, ayse.id, at=NOW)
    assert (await on.roles())[AYSE] is Role.OWNER


async def test_a_manager_leaves_and_is_gone(on: Bakery) -> None:
    deniz = await on.person(DENIZ)
    gone = await team.leave(on.unit.operators, deniz, at=NOW)
    assert (gone.before, gone.after) == (deniz, None)
    assert await on.roles() == {AYSE: Role.OWNER}
    with pytest.raises(NotFound):
        await team.leave(on.unit.operators, deniz, at=NOW)


async def test_of_two_owners_one_may_leave(on: Bakery) -> None:
    can = await on.joins(CAN, Role.OWNER)
    await team.leave(on.unit.operators, await on.person(AYSE), at=NOW)
    with pytest.raises(LastOwner):
        await team.leave(on.unit.operators, can, at=NOW)


async def test_a_manager_removes_nobody(on: Bakery) -> None:
    with pytest.raises(NotAllowed):
        await team.remove(on.unit.operators, await on.person(DENIZ), (await on.person(AYSE)).id, at=NOW)


async def test_nobody_of_another_workspace_can_be_removed(on: Bakery) -> None:
    florist = Bakery(unit=on.unit, space=await a_workspace(on.unit, name="Florist"))
    eve = await florist.joins(EVE, Role.OWNER)
    for id in (eve.id, MemberId(999)):
        with pytest.raises(NotFound):
            await team.remove(on.unit.operators, await on.person(AYSE), id, at=NOW)
    assert await florist.roles() == {EVE: Role.OWNER}


@pytest.mark.parametrize("way", ["removed", "left", "demoted"])
async def test_links_an_owner_made_end_with_their_being_one(on: Bakery, way: str) -> None:
    """Or a link kept in the pocket would be the way back in."""
    store, ayse = on.unit.operators, await on.person(AYSE)
    can = await on.joins(CAN, Role.OWNER)
    theirs = await team.invite(store, can, Role.OWNER, at=NOW)
    ours = await team.invite(store, ayse, Role.OWNER, at=NOW)
    match way:
        case "removed":
            await team.remove(store, ayse, can.id, at=NOW)
        case "left":
            await team.leave(store, can, at=NOW)
        case _:
            await team.change_role(store, ayse, can.id, Role.VIEWER, expected=Role.OWNER, at=NOW)
    assert [one.id for one in await store.open_invites(on.space, now=NOW)] == [ours.id]
    with pytest.raises(InviteRefused) as refused:
        await team.accept_invite(store, theirs.id, telegram_id=EVE, name="Eve", at=NOW)
    assert refused.value.code == "invite.revoked"


# -- terms -------------------------------------------------------------------------------------------


async def test_what_starts_by_itself_needs_somebody_who_accepted_the_present_terms(on: Bakery) -> None:
    store = on.unit.operators
    await team.require_current_terms(store, on.space)
    for person in (AYSE, DENIZ):
        old = await on.person(person)
        await store.accept_terms(old.id, version=TERMS_VERSION - 1, at=NOW)
    await on.joins(CAN, Role.VIEWER)
    with pytest.raises(TermsChanged):
        await team.require_current_terms(store, on.space)
    await store.accept_terms((await on.person(DENIZ)).id, version=TERMS_VERSION, at=NOW)
    await team.require_current_terms(store, on.space)


def test_roles_hold_each_other() -> None:
    """A higher role may all that a lower one may, and the desk itself is nobody's by role."""
    assert Role.VIEWER.rights < Role.MANAGER.rights < Role.OWNER.rights
    assert all(Right.ADMIN not in role.rights for role in Role)
    assert Right.OWN not in Role.MANAGER.rights and Right.WORK not in Role.VIEWER.rights
