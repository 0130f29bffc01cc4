"""First contact: a private desk, a claim link, the terms with their checkbox."""

import hashlib

from bot.chat.view import View, button
from bot.screens.base import Args, Go, Scene, action, screen
from bot.texts import plain, say
from domain.operators.model import TERMS_VERSION, ClaimRefused, DeskIsPrivate, Role, TermsNotAccepted

CLAIM = "claim_"


def claim_hash(token: str) -> str:
    """Only the hash of a claim token is kept."""
    return hashlib.sha256(token.encode()).hexdigest()


async def is_admin(scene: Scene) -> bool:
    return (
        scene.telegram_id in scene.desk.admin_ids or scene.telegram_id in await scene.unit.operators.admins()
    )


async def knock(scene: Scene) -> Go:
    """Somebody who is not a member: admins are shown the terms, strangers the door."""
    if await is_admin(scene):
        return Go(screen="terms", args={"ticked": 0}, fresh=True)
    return Go(screen="private", fresh=True)


async def deep_link(scene: Scene, payload: str) -> Go:
    """`/start claim_TOKEN`, printed by `masssender run`, makes its opener the admin, once."""
    if not payload.startswith(CLAIM):
        return Go(screen="home", fresh=True) if scene.member else await knock(scene)
    hashed = claim_hash(payload.removeprefix(CLAIM))
    if not await scene.unit.operators.use_claim(hashed, telegram_id=scene.telegram_id, now=scene.now):
        raise ClaimRefused()
    await scene.unit.operators.add_admin(scene.telegram_id, at=scene.now)
    if scene.member:
        return Go(screen="home", args={"note": str(say("claim.done"))}, fresh=True)
    return Go(screen="terms", args={"ticked": 0, "note": str(say("claim.done"))}, fresh=True)


@screen("private")
async def private(scene: Scene, args: Args) -> View:
    return View(text=say("private", id=str(scene.telegram_id)))


@screen("terms")
async def terms(scene: Scene, args: Args) -> View:
    ticked = int(args.get("ticked", 0))
    box = plain("terms.box.on" if ticked else "terms.box.off")
    return View(
        text=say("terms"),
        rows=(
            (button(box, "terms.tick", x=1 - ticked),),
            (button(plain("terms.continue"), "terms.continue"),),
        ),
    )


@action("terms.tick", strangers=True)
async def tick(scene: Scene) -> Go:
    if scene.member:
        return Go(screen="home")
    if not await is_admin(scene):
        raise DeskIsPrivate()
    return Go(screen="terms", args={"ticked": min(scene.press.x, 1)})


@action("terms.continue", strangers=True)
async def accept(scene: Scene) -> Go:
    """The first admin opens the workspace; later ones join it."""
    if scene.member:
        return Go(screen="home")
    if not await is_admin(scene):
        raise DeskIsPrivate()
    panel = await scene.unit.chat.panel(scene.chat_id)
    if panel is None or panel.screen != "terms" or not panel.args.get("ticked"):
        raise TermsNotAccepted()
    store = scene.unit.operators
    known = await store.members_of(scene.telegram_id)
    if known:
        member_id = known[0].id
    else:
        workspaces = await store.workspaces()
        workspace_id = (
            workspaces[0].id
            if workspaces
            else await store.create_workspace(
                name=f"{scene.person}'s desk" if scene.person else "My desk",
                country=scene.desk.default_country,
                zone=scene.desk.default_zone,
                language="en",
                at=scene.now,
            )
        )
        member_id = await store.create_member(
            workspace_id=workspace_id, telegram_id=scene.telegram_id, name=scene.person or "Admin",
            role=Role.OWNER, at=scene.now,
        )  # fmt: skip
    await store.accept_terms(member_id, version=TERMS_VERSION, at=scene.now)
    return Go(screen="home")
