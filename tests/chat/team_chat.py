"""Going through the team's screens as people do."""

import re
from dataclasses import replace

from bot.sandbox.client import SandboxChat
from domain.kernel.ids import MemberId, WorkspaceId
from domain.operators.model import TERMS_VERSION, Member, Role
from tests.chat.shop import Shop
from tests.chat.stage import Stage

LINK = re.compile(r"start=(inv_[\w-]+)")
BOX = "☐ I will only message people who agreed"


async def invitation(owner: SandboxChat, role: str = "manager") -> str:
    """A fresh one, made by an owner; what follows /start."""
    await owner.say("/team")
    await owner.tap(f"Invite a{'n' if role == 'owner' else ''} {role}")
    shown = await owner.wait_for("Send this link to one person")
    found = LINK.search(shown.words)
    assert found is not None, shown.words
    return found[1]


async def join(chat: SandboxChat, payload: str) -> None:
    """Through the link, with the box ticked, to Home."""
    await chat.say(f"/start {payload}")
    await chat.wait_for("invites you to")
    await chat.tap(BOX)
    await chat.tap("Continue")
    await chat.wait_for(lambda m: "⚙️ Settings" in m.button_texts)


async def add(
    on: Stage, space: WorkspaceId, telegram_id: int, role: Role, *, terms: int = TERMS_VERSION, name: str = ""
) -> MemberId:
    """A member as if they had joined long ago."""
    async with on.store.write() as unit:
        id = await unit.operators.create_member(
            workspace_id=space, telegram_id=telegram_id, name=name or f"P{telegram_id}", role=role,
            at=on.clock.now(),
        )  # fmt: skip
        await unit.operators.accept_terms(id, version=terms, at=on.clock.now())
        await unit.commit()
    return id


async def members(on: Stage, space: WorkspaceId) -> dict[int, Member]:
    async with on.store.read() as unit:
        return {member.telegram_id: member for member in await unit.operators.members(space)}


async def a_florist(on: Stage, owner: int) -> WorkspaceId:
    """Somebody else's workspace."""
    async with on.store.write() as unit:
        space = await unit.operators.create_workspace(
            name="Florist", country="TR", zone="Europe/Istanbul", language="en", at=on.clock.now()
        )
        await unit.commit()
    await add(on, space, owner, Role.OWNER)
    return space


async def second_shop(on: Stage, owner: int, *, name: str = "Florist") -> WorkspaceId:
    """Another workspace of the same person, who works in the first one."""
    at = on.clock.now()
    async with on.store.write() as unit:
        first, *_ = await unit.operators.members_of(owner)
        space = await unit.operators.create_workspace(
            name=name, country="TR", zone="Europe/Istanbul", language="en", at=at
        )
        await unit.operators.choose(first.id, at=at)
        await unit.commit()
    await add(on, space, owner, Role.OWNER)
    return space


async def terms_grow_old(on: Stage, shop: Shop, *who: int) -> None:
    """As if a new version had come out since they accepted."""
    async with on.store.write() as unit:
        for member in await unit.operators.members(shop.space):
            if member.telegram_id in who:
                await unit.operators.accept_terms(member.id, version=TERMS_VERSION - 1, at=on.clock.now())
        await unit.commit()


def open_to_all(on: Stage, *, points: int = 500, days: int = 15) -> Stage:
    """The same stage, with a desk that lets anybody in."""
    changes = {"registration": "open", "trial_points": points, "trial_days": days}
    return replace(on, settings=on.settings.model_copy(update=changes))
