"""Invitations: made and shown by an owner, opened by whoever got the link.

A link is `/start inv_<id>_<signature>`. The signature is made again each time the link is shown, so that
nothing which opens a door lies in the database.
"""

from dataclasses import replace
from typing import Final

from bot.chat.codec import NotOurs, base36, number36
from bot.chat.view import Button, View, button
from bot.screens.base import Args, Go, Scene, action, link, screen
from bot.screens.contacts_parts import back, moment, short
from bot.screens.team_parts import can, chats_at, role_words, tell
from bot.texts import Html, plain, say
from domain.kernel.errors import NotFound
from domain.kernel.ids import InviteId, MemberId
from domain.operators import team
from domain.operators.activity import Topic
from domain.operators.model import TERMS_VERSION, Invite, InviteRefused, Right, Role

KIND: Final = "inv"

#: By the number their button carries.
ROLES: Final = (Role.MANAGER, Role.VIEWER, Role.OWNER)


def payload_of(scene: Scene, invite: Invite) -> str:
    """At most 64 letters, digits, - and _, as Telegram asks of a link."""
    return f"{KIND}_{base36(invite.id)}_{team.signature(invite, scene.desk.sign)}"


def link_of(scene: Scene, invite: Invite) -> str:
    return f"https://t.me/{scene.desk.bot_name()}?start={payload_of(scene, invite)}"


# -- for the owner -----------------------------------------------------------------------------------


def open_button(invite: Invite, scene: Scene) -> Button:
    lang, until = scene.workspace.language, until_words(scene, invite)
    words = plain("team.open", lang, role=role_words(invite.role, lang), until=until)
    return button(words, "tm.invite", id=invite.id)


def until_words(scene: Scene, invite: Invite) -> str:
    return moment(invite.expires_at, now=scene.now, zone=scene.workspace.zone)


@action("tm.new", needs=Right.OWN)
async def make(scene: Scene) -> Go:
    """`rev` is the newest invitation that stood when the button was drawn: the second of a double tap is
    shown what the first one made."""
    if scene.press.x >= len(ROLES):
        raise NotFound()
    store, role = scene.unit.operators, ROLES[scene.press.x]
    newest = max((i.id for i in await store.open_invites(scene.workspace.id, now=scene.now)), default=0)
    if newest > scene.press.rev:
        return Go(screen="team.invite", args={"id": newest})
    made = await team.invite(store, scene.me, role, at=scene.now)
    await scene.log(
        Topic.TEAM, "team.invited", about=role.value, after={"until": made.expires_at.isoformat()}
    )
    return Go(screen="team.invite", args={"id": made.id})


@action("tm.invite", needs=Right.OWN)
async def open_invite(scene: Scene) -> Go:
    return Go(screen="team.invite", args={"id": (await _ours(scene, scene.press.id)).id})


@screen("team.invite", needs=Right.OWN)
async def invite_screen(scene: Scene, args: Args) -> View:
    lang = scene.workspace.language
    invite = await _ours(scene, int(args["id"]))
    role = role_words(invite.role, lang)
    if (why := invite.why_not(scene.now)) is not None:
        return View(text=say(f"team.invite.{why}", lang, role=role), rows=(back(lang, "team"),))
    text = say(
        "team.invite", lang, role=role, can=can(invite.role, lang), workspace=short(scene.workspace.name),
        link=link_of(scene, invite), until=until_words(scene, invite),
    )  # fmt: skip
    revoke = button(plain("team.invite.revoke", lang), "tm.revoke", id=invite.id)
    return View(text=text, rows=((revoke,), back(lang, "team")))


@action("tm.revoke", needs=Right.OWN)
async def revoke(scene: Scene) -> Go:
    invite = await _ours(scene, scene.press.id)
    if (why := invite.why_not(scene.now)) is not None:
        raise InviteRefused(why)
    await scene.unit.operators.revoke_invite(scene.workspace.id, invite.id, at=scene.now)
    await scene.log(Topic.TEAM, "team.revoked", about=invite.role.value)
    return Go(screen="team", toast=plain("team.invite.is_revoked", scene.workspace.language))


async def _ours(scene: Scene, id: int) -> Invite:
    """Of this workspace only. Raises NotFound."""
    invite = await scene.unit.operators.invite(InviteId(id))
    if invite is None or invite.workspace_id != scene.workspace.id:
        raise NotFound(what="invite")
    return invite


# -- for whoever is invited --------------------------------------------------------------------------


@link(KIND, needs=Right.ANYBODY)
async def follow(scene: Scene, rest: str) -> Go:
    """Who invites to what, and the terms. Raises InviteRefused."""
    id, _sep, signed = rest.partition("_")
    try:
        number = number36(id)
    except NotOurs:
        raise InviteRefused("forged") from None
    invite = await team.read_invite(
        scene.unit.operators, InviteId(number), signed, telegram_id=scene.telegram_id, sign=scene.desk.sign,
        now=scene.now,
    )  # fmt: skip
    return Go(screen="terms", args={"ticked": 0, "invite": invite.id}, fresh=True)


async def invitation(scene: Scene, args: Args) -> Invite | None:
    """The one that lies before them, if it is still good."""
    invite = await scene.unit.operators.invite(InviteId(int(args["invite"])))
    return invite if invite is not None and invite.why_not(scene.now) is None else None


async def invited_by_name(scene: Scene, invite: Invite) -> Html:
    space = await scene.unit.operators.workspace(invite.workspace_id)
    people = await scene.unit.operators.members(space.id)
    name = next((member.name for member in people if member.id == invite.created_by), space.name)
    role = role_words(invite.role, space.language)
    return say(
        "terms.invited", space.language, name=short(name), workspace=short(space.name), role=role,
        can=can(invite.role, space.language),
    )  # fmt: skip


def closed(scene: Scene) -> View:
    return View(text=say("invite.closed"), rows=(back(scene.language, "home"),) if scene.member else ())


async def join(scene: Scene, id: InviteId) -> Go:
    """One transaction: the invitation is used, they are a member, the terms are accepted. Raises
    InviteRefused."""
    store = scene.unit.operators
    name = scene.person or plain("desk.somebody")
    member_id = await team.accept_invite(store, id, telegram_id=scene.telegram_id, name=name, at=scene.now)
    inside = await as_member(scene, member_id)
    await accepted_terms(inside)
    await inside.log(Topic.TEAM, "team.joined", after={"role": inside.me.role.value})
    invite = await store.invite(id)
    people = await store.members(inside.workspace.id)
    inviter = next((member for member in people if invite and member.id == invite.created_by), None)
    if inviter is not None:
        await _tell_joined(inside, inviter.telegram_id, id)
    looking = await chats_at(inside, "team", "team.invite")
    return Go(screen="home", also=looking)


async def _tell_joined(scene: Scene, inviter: int, id: InviteId) -> None:
    lang, me = scene.workspace.language, scene.me
    text = say(
        "notice.team.joined", lang, name=short(me.name), workspace=short(scene.workspace.name),
        role=role_words(me.role, lang),
    )  # fmt: skip
    await tell(scene, inviter, f"joined:{id}", text)


async def as_member(scene: Scene, id: MemberId) -> Scene:
    """The same person, inside: what they do from here on stands in that workspace's log, and it is the one
    they work in."""
    await scene.unit.operators.choose(id, at=scene.now)
    mine = await scene.unit.operators.members_of(scene.telegram_id)
    me = next(member for member in mine if member.id == id)
    home = await scene.unit.operators.workspace(me.workspace_id)
    return replace(scene, member=me, home=home)


async def accepted_terms(scene: Scene) -> None:
    """Time and version are kept with the member, and stand in the log."""
    await scene.unit.operators.accept_terms(scene.me.id, version=TERMS_VERSION, at=scene.now)
    await scene.log(Topic.TEAM, "terms.accepted", after={"version": TERMS_VERSION})
