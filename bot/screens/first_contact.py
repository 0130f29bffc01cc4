"""First contact: a private desk, a claim link, the terms with their checkbox."""

import hashlib
from dataclasses import replace
from datetime import timedelta
from typing import Final

from bot.chat.view import View, button
from bot.screens.base import Args, Go, Scene, action, link, screen
from bot.screens.contacts_parts import back, panel_args
from bot.screens.invites import accepted_terms, as_member, closed, invitation, invited_by_name, join
from bot.texts import Html, plain, say
from domain.kernel.ids import InviteId, MemberId, WorkspaceId
from domain.operators.activity import Topic
from domain.operators.model import ClaimRefused, DeskIsPrivate, Right, Role, TermsNotAccepted
from domain.scheduler.opening import OpenWorkspace

#: What a claim's link begins with, before its token.
CLAIM = "claim_"
#: Of a person's name, in that of their first workspace.
NAME_TAKEN: Final = 40


def claim_hash(token: str) -> str:
    """Only the hash of a claim token is kept."""
    return hashlib.sha256(token.encode()).hexdigest()


def may_register(scene: Scene) -> bool:
    return scene.is_admin or scene.desk.open_to_all


async def knock(scene: Scene) -> Go:
    """Somebody who is not a member: who may come in is shown the terms, strangers the door. An invitation
    that lies before them stays while it is good."""
    args = await panel_args(scene, "terms")
    if "invite" in args and await invitation(scene, args) is not None:
        return Go(screen="terms", args=args, fresh=True)
    if may_register(scene):
        return Go(screen="terms", args={"ticked": 0}, fresh=True)
    return Go(screen="private", fresh=True)


@link("claim", needs=Right.ANYBODY)
async def claim(scene: Scene, token: str) -> Go:
    """`/start claim_TOKEN`, printed by `masssender run`, makes its opener the admin, once."""
    if not await scene.unit.operators.use_claim(
        claim_hash(token), telegram_id=scene.telegram_id, now=scene.now
    ):
        raise ClaimRefused()
    await scene.unit.operators.add_admin(scene.telegram_id, at=scene.now)
    await replace(scene, home=None).log(Topic.TEAM, "desk.claimed")
    if scene.member:
        return Go(screen="home", args={"note": str(say("claim.done"))}, fresh=True)
    return Go(screen="terms", args={"ticked": 0, "note": str(say("claim.done"))}, fresh=True)


@screen("private", needs=Right.ANYBODY)
async def private(scene: Scene, args: Args) -> View:
    if may_register(scene):
        return View(text=say("private.open"))
    return View(text=say("private", id=str(scene.telegram_id)))


@screen("terms", needs=Right.ANYBODY)
async def terms(scene: Scene, args: Args) -> View:
    """With an invitation, who invites to what stands above them."""
    text = say("terms")
    if "invite" in args:
        invite = await invitation(scene, args)
        if invite is None:
            return closed(scene)
        text = Html(f"{await invited_by_name(scene, invite)}\n\n{text}")
    ticked = int(args.get("ticked", 0))
    box = plain("terms.box.on" if ticked else "terms.box.off")
    return View(
        text=text,
        rows=(
            (button(box, "terms.tick", x=1 - ticked),),
            (button(plain("terms.continue"), "terms.continue"),),
            *((back(scene.language, "home"),) if scene.member else ()),
        ),
    )


@action("terms.tick", needs=Right.ANYBODY)
async def tick(scene: Scene) -> Go:
    args = await panel_args(scene, "terms")
    if "invite" not in args:
        if scene.member:
            return Go(screen="home")
        if not may_register(scene):
            raise DeskIsPrivate()
    return Go(screen="terms", args={**args, "ticked": min(scene.press.x, 1)})


@action("terms.continue", needs=Right.ANYBODY)
async def accept(scene: Scene) -> Go:
    """Whoever was invited joins. The first admin opens the desk's own workspace, later ones join it; where
    the desk is open to all, anybody else opens one of their own."""
    args = await panel_args(scene, "terms")
    if "invite" in args:
        _must_be_ticked(args)
        return await join(scene, InviteId(int(args["invite"])))
    if scene.member:
        return Go(screen="home")
    if not may_register(scene):
        raise DeskIsPrivate()
    _must_be_ticked(args)
    inside = await as_member(scene, await _registered(scene))
    await accepted_terms(inside)
    return Go(screen="home")


def _must_be_ticked(args: Args) -> None:
    if not args.get("ticked"):
        raise TermsNotAccepted()


async def _registered(scene: Scene) -> MemberId:
    store = scene.unit.operators
    known = await store.members_of(scene.telegram_id)
    if known:
        return known[0].id
    home = await _desks_own(scene) if scene.is_admin else None
    if home is None:
        return await _opened(scene)
    member_id = await store.create_member(
        workspace_id=home, telegram_id=scene.telegram_id, name=scene.person or plain("desk.somebody"),
        role=Role.OWNER, at=scene.now,
    )  # fmt: skip
    inside = await as_member(scene, member_id)
    await inside.log(Topic.TEAM, "team.joined", after={"role": Role.OWNER.value})
    return member_id


async def _opened(scene: Scene) -> MemberId:
    desk, person = scene.desk, scene.person[:NAME_TAKEN]
    name = plain("desk.name", name=person) if person else plain("desk.name.mine")
    opening = OpenWorkspace(
        tariff=desk.tariff, country=desk.default_country, zone=desk.default_zone, language=scene.language
    )
    owner = await opening.run(
        scene.unit, name=name, telegram_id=scene.telegram_id, person=scene.person or plain("desk.somebody"),
        at=scene.now,
    )  # fmt: skip
    inside = await as_member(scene, owner)
    trial = await _begins_with(inside)
    await inside.log(Topic.TEAM, "workspace.opened", about=name, after=trial, everywhere=True)
    return owner


async def _begins_with(scene: Scene) -> dict[str, int]:
    """The trial that was really given: whoever had one before gets no other."""
    wallet = await scene.unit.wallet.wallet(scene.workspace.id)
    left = wallet.plan_until - scene.now if wallet.plan_until is not None else timedelta()
    return {"points": wallet.balance, "days": left.days}


async def _desks_own(scene: Scene) -> WorkspaceId | None:
    """The one that an admin opened, whose first member is an admin. A customer's, where one helps, is not."""
    store = scene.unit.operators
    admins = scene.desk.admin_ids | await store.admins()
    own = []
    for admin in admins:
        for member in await store.members_of(admin):
            first, *_ = await store.members(member.workspace_id)
            if member.role is Role.OWNER and first.telegram_id in admins:
                own.append(member.workspace_id)
    return min(own, default=None)
