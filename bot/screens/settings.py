"""Settings: what the workspace is called and where it is; the way to the team, and out."""

from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from bot.chat.view import Button, View, button
from bot.screens.base import ACTIONS, Args, Go, Scene, action, command, screen, text_answer
from bot.screens.contacts_parts import ask, back, said, short
from bot.screens.imports_columns import country_shown
from bot.screens.team_parts import (
    can,
    chats_at,
    gone_words,
    live_messages_of,
    role_words,
    take_leave,
    tell_owners,
)
from bot.texts import plain, say
from domain.contacts.countries import country_of
from domain.operators import team
from domain.operators.activity import Topic
from domain.operators.chat import Prompt
from domain.operators.model import LastOwner, Right, Role, Workspace
from domain.operators.profile import workspace_name, zone_of


@screen("settings", needs=Right.READ)
async def settings(scene: Scene, args: Args) -> View:
    """Everybody sees the buttons that are theirs; the desk sees to it."""
    space, lang = scene.workspace, scene.workspace.language
    text = say(
        "settings", lang, name=short(space.name), country=country_shown(space.country), zone=space.zone,
        clock=f"{scene.now.astimezone(ZoneInfo(space.zone)):%H:%M}", role=role_words(scene.me.role, lang),
        can=can(scene.me.role, lang),
    )  # fmt: skip
    rows: list[tuple[Button, ...]] = [
        (
            button(plain("settings.name", lang), "st.name"),
            button(plain("settings.country", lang), "st.country"),
            button(plain("settings.zone", lang), "st.zone"),
        ),
        (button(plain("settings.team", lang), "team"),),
        (button(plain("settings.words", lang), "words"), button(plain("settings.rules", lang), "rules")),
    ]
    rows.append((button(plain("settings.topics", lang), "tp"),))
    if "log" in ACTIONS:
        rows.append((button(plain("settings.log", lang), "log"),))
    if len(await scene.unit.operators.members_of(scene.telegram_id)) > 1:
        rows.append((button(plain("settings.spaces", lang), "spaces"),))
    rows.append((button(plain("settings.leave", lang), "st.leave"),))
    return View(text=text, rows=(*rows, back(lang, "home")))


@action("settings", needs=Right.READ)
async def go_settings(scene: Scene) -> Go:
    return Go(screen="settings")


@command("settings", needs=Right.READ)
async def settings_command(scene: Scene) -> Go:
    return Go(screen="settings")


# -- name, country, zone -----------------------------------------------------------------------------


def _ask(scene: Scene, what: str, values: dict[str, Any]) -> Go:
    return ask(scene, f"settings.{what}", leave="settings", values=values)


@action("st.name", needs=Right.WORK)
async def ask_name(scene: Scene) -> Go:
    return _ask(scene, "name", {"name": scene.workspace.name})


@action("st.country", needs=Right.WORK)
async def ask_country(scene: Scene) -> Go:
    return _ask(scene, "country", {"country": country_shown(scene.workspace.country)})


@action("st.zone", needs=Right.WORK)
async def ask_zone(scene: Scene) -> Go:
    return _ask(scene, "zone", {"zone": scene.workspace.zone})


@text_answer("settings.name", needs=Right.WORK)
async def rename(scene: Scene, prompt: Prompt, text: str) -> Go:
    return await _save(scene, "name", workspace_name(text))


@text_answer("settings.country", needs=Right.WORK)
async def set_country(scene: Scene, prompt: Prompt, text: str) -> Go:
    return await _save(scene, "country", country_of(text))


@text_answer("settings.zone", needs=Right.WORK)
async def set_zone(scene: Scene, prompt: Prompt, text: str) -> Go:
    return await _save(scene, "zone", zone_of(text, now=scene.now))


async def _save(scene: Scene, what: str, value: str) -> Go:
    """Read again while it is held still: somebody else may be changing another part of it."""
    store, id = scene.unit.operators, scene.workspace.id
    await store.members(id, lock=True)
    before = await store.workspace(id)
    if _with(before, what, value) == before:
        return Go(screen="settings", args=said({}, say("settings.same", before.language)))
    await store.update_workspace(_with(before, what, value))
    was = {what: getattr(before, what)}
    await scene.log(Topic.SETTINGS, f"settings.{what}", before=was, after={what: value})
    return Go(screen="settings", args=said({}, say("settings.saved", before.language)))


def _with(space: Workspace, what: str, value: str) -> Workspace:
    match what:
        case "name":
            return replace(space, name=value)
        case "country":
            return replace(space, country=value, country_chosen=True)
        case _:
            return replace(space, zone=value)


# -- leaving -----------------------------------------------------------------------------------------


async def _must_be_able_to_leave(scene: Scene) -> None:
    """Said before the question is asked, not after it was answered."""
    people = await scene.unit.operators.members(scene.workspace.id)
    if scene.me.role is Role.OWNER and not team.can_leave(people, scene.me):
        raise LastOwner()


@action("st.leave", needs=Right.READ)
async def ask_leave(scene: Scene) -> Go:
    await _must_be_able_to_leave(scene)
    return Go(screen="settings.leave")


@screen("settings.leave", needs=Right.READ)
async def leave_screen(scene: Scene, args: Args) -> View:
    lang = scene.workspace.language
    rows = (
        (button(plain("settings.leave.keep", lang), "settings"),),
        (button(plain("settings.leave.do", lang), "st.leavex", id=scene.workspace.id),),
        back(lang, "settings"),
    )
    return View(text=say("settings.leave.ask", lang, workspace=short(scene.workspace.name)), rows=rows)


@action("st.leavex", needs=Right.READ)
async def leave(scene: Scene) -> Go:
    """The button names its workspace: the second of a double tap must not leave the next one."""
    lang, space = scene.workspace.language, scene.workspace
    if scene.press.id != space.id:
        return Go(screen="home", toast=plain("stale.rev", lang))
    live = await live_messages_of(scene, scene.telegram_id)
    gone = (await team.leave(scene.unit.operators, scene.me, at=scene.now)).before
    await scene.log(Topic.TEAM, "team.left", before={"role": gone.role.value})
    await take_leave(scene, gone, live, say("notice.team.left", lang, workspace=short(space.name)))
    await tell_owners(scene, f"left:{gone.id}:{scene.now.isoformat()}", gone_words(scene, gone))
    toast = plain("settings.left", lang, workspace=short(space.name, 60))
    return Go(screen="home", toast=toast, also=await chats_at(scene, "team", "team.member"))
