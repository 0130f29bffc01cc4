"""The team: who is in it, in which role; changing that, and taking somebody out."""

from collections.abc import Sequence

from bot.chat.view import Button, View, button
from bot.screens.base import Args, Go, Scene, action, command, screen
from bot.screens.contacts_parts import A_PAGE, back, label, moment, page_of, pages, short
from bot.screens.invites import ROLES, open_button, until_words
from bot.screens.team_parts import can, chats_at, live_messages_of, role_words, take_leave, tell
from bot.texts import Html, plain, say
from domain.kernel.errors import NotFound
from domain.kernel.ids import MemberId
from domain.operators import team
from domain.operators.activity import Topic
from domain.operators.model import Invite, Member, Right, Role


@screen("team", needs=Right.OWN)
async def team_screen(scene: Scene, args: Args) -> View:
    lang, store = scene.workspace.language, scene.unit.operators
    members = await store.members(scene.workspace.id)
    page = page_of(args, len(members))
    shown = members[page * A_PAGE : (page + 1) * A_PAGE]
    invites = await store.open_invites(scene.workspace.id, now=scene.now)
    text = say(
        "team", lang, workspace=short(scene.workspace.name),
        members=Html("\n".join(_line(scene, member) for member in shown)),
    )  # fmt: skip
    rows: list[tuple[Button, ...]] = [(_button(scene, member),) for member in shown]
    rows += pages(lang, "team", page, len(members))
    buttons = [open_button(invite, scene) for invite in invites]
    rows += [tuple(buttons[n : n + 2]) for n in range(0, len(buttons), 2)]
    rows += _new(lang, max((invite.id for invite in invites), default=0))
    return View(text=Html(text + _invites(scene, invites)), rows=(*rows, back(lang, "settings")))


def _line(scene: Scene, member: Member) -> Html:
    lang = scene.workspace.language
    you = plain("team.you", lang) if member.id == scene.me.id else ""
    return say("team.line", lang, name=short(member.name), role=role_words(member.role, lang), you=you)


def _button(scene: Scene, member: Member) -> Button:
    lang = scene.workspace.language
    words = plain("team.member", lang, name=short(member.name, 40), role=role_words(member.role, lang))
    return button(label(words), "tm.member", id=member.id)


def _invites(scene: Scene, invites: Sequence[Invite]) -> Html:
    if not invites:
        return Html("")
    lang = scene.workspace.language
    lines = [
        say("team.invites.line", lang, role=role_words(invite.role, lang), until=until_words(scene, invite))
        for invite in invites
    ]
    return say("team.invites", lang, invites=Html("\n".join(lines)))


def _new(lang: str, newest: int) -> list[tuple[Button, ...]]:
    manager, viewer, owner = (
        button(plain(f"team.new.{role.value}", lang), "tm.new", rev=newest, x=x)
        for x, role in enumerate(ROLES)
    )
    return [(manager, viewer), (owner,)]


@action("team", needs=Right.OWN)
async def go_team(scene: Scene) -> Go:
    return Go(screen="team", args={"page": scene.press.x})


@command("team", needs=Right.OWN)
async def team_command(scene: Scene) -> Go:
    return Go(screen="team")


# -- one member --------------------------------------------------------------------------------------


async def _member(scene: Scene, id: int) -> Member:
    """Of this workspace, now. Raises NotFound."""
    for member in await scene.unit.operators.members(scene.workspace.id):
        if member.id == id:
            return member
    raise NotFound(what="member")


@screen("team.member", needs=Right.OWN)
async def member_screen(scene: Scene, args: Args) -> View:
    lang = scene.workspace.language
    member = await _member(scene, int(args["id"]))
    is_me = member.id == scene.me.id
    text = say(
        "team.one", lang, name=short(member.name), you=plain("team.you", lang) if is_me else "",
        role=role_words(member.role, lang), can=can(member.role, lang), id=str(member.telegram_id),
        terms=_terms(scene, member),
    )  # fmt: skip
    now = ROLES.index(member.role)
    rows = [
        (button(plain(f"team.make.{role.value}", lang), "tm.role", id=member.id, rev=now, x=x),)
        for x, role in enumerate(ROLES)
        if role is not member.role
    ]
    away = ("settings.leave", "st.leave", 0) if is_me else ("team.remove", "tm.remove", member.id)
    rows.append((button(plain(away[0], lang), away[1], id=away[2]),))
    return View(text=text, rows=(*rows, back(lang, "team")))


def _terms(scene: Scene, member: Member) -> Html:
    lang = scene.workspace.language
    if member.terms_version is None or member.terms_at is None:
        return say("team.one.no_terms", lang)
    at = moment(member.terms_at, now=scene.now, zone=scene.workspace.zone)
    return say("team.one.terms", lang, version=member.terms_version, at=at)


@action("tm.member", needs=Right.OWN)
async def open_member(scene: Scene) -> Go:
    return Go(screen="team.member", args={"id": (await _member(scene, scene.press.id)).id})


@action("tm.role", needs=Right.OWN)
async def change_role(scene: Scene) -> Go:
    """Counts at once: their panel is drawn anew, and their live messages with it."""
    if max(scene.press.x, scene.press.rev) >= len(ROLES):
        raise NotFound()
    role, expected = ROLES[scene.press.x], ROLES[scene.press.rev]
    id, lang = MemberId(scene.press.id), scene.workspace.language
    changed = await team.change_role(
        scene.unit.operators, scene.me, id, role, expected=expected, at=scene.now
    )
    await scene.log(
        Topic.TEAM, "team.role", about=changed.before.name, before={"role": expected.value},
        after={"role": role.value},
    )  # fmt: skip
    who = changed.before
    toast = plain("team.changed", lang, name=short(who.name, 40), role=role_words(role, lang))
    if id == scene.me.id:
        return Go(screen="settings", toast=toast, also=await chats_at(scene, "team", "team.member"))
    await _tell_role(scene, who, role)
    also = {who.telegram_id, *await chats_at(scene, "team", "team.member")} - {scene.chat_id}
    return Go(screen="team.member", args={"id": id}, toast=toast, also=tuple(also))


async def _tell_role(scene: Scene, who: Member, role: Role) -> None:
    lang = scene.workspace.language
    text = say(
        "notice.team.role", lang, workspace=short(scene.workspace.name), role=role_words(role, lang),
        can=can(role, lang),
    )  # fmt: skip
    await tell(scene, who.telegram_id, f"role:{who.id}:{scene.now.isoformat()}", text)
    for message in await live_messages_of(scene, who.telegram_id):
        scene.desk.watcher.campaign_changed(message.campaign_id, at_once=True)


@action("tm.remove", needs=Right.OWN)
async def ask_remove(scene: Scene) -> Go:
    return Go(screen="team.remove", args={"id": (await _member(scene, scene.press.id)).id})


@screen("team.remove", needs=Right.OWN)
async def remove_screen(scene: Scene, args: Args) -> View:
    lang = scene.workspace.language
    member = await _member(scene, int(args["id"]))
    text = say("team.remove.ask", lang, name=short(member.name), workspace=short(scene.workspace.name))
    rows = (
        (button(plain("team.remove.keep", lang), "tm.member", id=member.id),),
        (button(plain("team.remove.do", lang), "tm.removex", id=member.id),),
        back(lang, "tm.member", id=member.id),
    )
    return View(text=text, rows=rows)


@action("tm.removex", needs=Right.OWN)
async def remove(scene: Scene) -> Go:
    lang, who = scene.workspace.language, await _member(scene, scene.press.id)
    live = await live_messages_of(scene, who.telegram_id)
    await team.remove(scene.unit.operators, scene.me, who.id, at=scene.now)
    await scene.log(Topic.TEAM, "team.removed", about=who.name, before={"role": who.role.value})
    text = say("notice.team.removed", lang, workspace=short(scene.workspace.name), by=short(scene.me.name))
    await take_leave(scene, who, live, text)
    also = {who.telegram_id, *await chats_at(scene, "team", "team.member")} - {scene.chat_id}
    toast = plain("team.removed", lang, name=short(who.name, 40))
    return Go(screen="team", toast=toast, also=tuple(also))
