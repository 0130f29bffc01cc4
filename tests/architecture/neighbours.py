"""The bakery and its people, its branches, and the florist who shares the desk with them."""

from typing import Final

from sqlalchemy import select

from domain.kernel.ids import MemberId, WorkspaceId
from domain.operators.model import TERMS_VERSION, Role
from storage.tables import metadata
from storage.unit import Unit
from tests.architecture.bakery import MARK, THEIR_CHAT, bakery
from tests.fakes.stores import NOW, a_campaign, a_list, a_member, a_workspace, an_account

#: Of the bakery: its owner, who is no admin, and others of lesser roles.
OWNER, MANAGER, VIEWER, LEFT = THEIR_CHAT, 1002, 1003, 1004
#: Owner of the florist's, a viewer at the bakery, where they are now.
GUEST = 1005
#: Owner of the florist's, who never was at the bakery. An admin without a workspace. Nobody at all.
FLORIST, ADMIN, STRANGER = 2002, 3003, 4004
#: The bakery has something under each of these numbers, in one table or another; the florist has nothing.
THEIRS: Final = (1, 2, 3, 5, 8)
#: Under this one others have something, in many tables; under the last nobody has anything.
BRANCH: Final = 12
NEVER: Final = 777_777


async def the_bakery(unit: Unit) -> WorkspaceId:
    """With its people, and with branches, so that whatever comes later has higher numbers."""
    theirs = await bakery(unit)
    for telegram_id, role in ((MANAGER, Role.MANAGER), (VIEWER, Role.VIEWER), (GUEST, Role.VIEWER)):
        await unit.operators.choose(await _joined(unit, theirs, telegram_id, role), at=NOW)
    await unit.operators.leave(await _joined(unit, theirs, LEFT, Role.MANAGER), at=NOW)
    for n in range(BRANCH):
        await _shop(unit, f"{MARK} branch {n}", 5000 + n)
    return theirs


async def the_florist(unit: Unit) -> WorkspaceId:
    hers = await _shop(unit, "Florist", FLORIST)
    await _joined(unit, hers, GUEST, Role.OWNER)
    await _nothing_of_hers_has_such_a_number(unit, hers)
    return hers


async def _joined(unit: Unit, workspace: WorkspaceId, telegram_id: int, role: Role) -> MemberId:
    member = await unit.operators.create_member(
        workspace_id=workspace, telegram_id=telegram_id, name=f"P{telegram_id}", role=role, at=NOW
    )
    await unit.operators.accept_terms(member, version=TERMS_VERSION, at=NOW)
    return member


async def _shop(unit: Unit, name: str, owner: int) -> WorkspaceId:
    """A small one, with one of the usual things."""
    space = await a_workspace(unit, name=name)
    member = await a_member(unit, space, telegram_id=owner, name="Flo")
    await unit.operators.accept_terms(member, version=TERMS_VERSION, at=NOW)
    await unit.operators.set_test_number(member, "+905321112299")
    account = await an_account(unit, space, number=f"+44770090{owner}", remote=f"sim-{owner}")
    people = await a_list(unit, space, 1, first=owner, name="regulars")
    await a_campaign(unit, space, member, account, people)
    return space


async def _nothing_of_hers_has_such_a_number(unit: Unit, hers: WorkspaceId) -> None:
    """Or a button with such a number would rightly find her own thing."""
    for table in metadata.sorted_tables:
        if {"id", "workspace_id"} <= set(table.c.keys()):
            found = await unit.chat._db.execute(
                select(table.c.id).where(table.c.workspace_id == hers, table.c.id.in_(THEIRS))
            )
            assert found.all() == [], table.name
