"""A group in which each conversation has its own topic: how to get there, on and off. See decision 34."""

from typing import Final

from bot.chat import receivers
from bot.chat.view import Button, View, button
from bot.screens.base import Args, Go, Scene, action, command, screen
from bot.screens.contacts_parts import back, said, short
from bot.telegram_groups import GroupLook, NotAGroup
from bot.texts import Html, plain, say
from domain.operators.activity import Topic
from domain.operators.model import Right

HERE: Final = "topics"


@command("topics", needs=Right.READ)
async def topics_command(scene: Scene) -> Go:
    return Go(screen=HERE)


@action("tp", needs=Right.READ)
async def go_topics(scene: Scene) -> Go:
    return Go(screen=HERE)


@screen("topics", needs=Right.READ)
async def topics_screen(scene: Scene, args: Args) -> View:
    space, lang = scene.workspace, scene.workspace.language
    group = await scene.unit.topics.group(space.id)
    in_group = scene.chat_id < 0
    rows: list[tuple[Button, ...]] = []
    if group is not None and group.chat_id == scene.chat_id:
        text = say("topics.on.here", lang, workspace=short(space.name))
    elif in_group:
        moves = "" if group is None or not scene.may(Right.WORK) else f"\n\n{say('topics.here.moves', lang)}"
        text = Html(say(scene.worded("topics.here"), lang, bot=scene.desk.bot_name()) + moves)
        rows.append((button(plain("topics.switch.on", lang), "tp.on"),))
    elif group is not None:
        text = say(scene.worded("topics.on"), lang)
    else:
        text = say(
            scene.worded("topics.how"), lang, bot=scene.desk.bot_name(), on=plain("topics.switch.on", lang)
        )  # fmt: skip
    if group is not None:
        rows.append((button(plain("topics.switch.off", lang), "tp.off"),))
    return View(text=text, rows=(*rows, back(lang, "settings")))


async def look(scene: Scene) -> GroupLook:
    """Before anything is changed, what Telegram says of this group."""
    if scene.chat_id > 0:
        raise NotAGroup(bot=scene.desk.bot_name())
    return await scene.desk.look_at_group(scene.chat_id)


@action("tp.on", needs=Right.WORK, before=look)
async def switch_on(scene: Scene) -> Go:
    lang, title = scene.workspace.language, short(scene.brought.title)
    group = await scene.unit.topics.group(scene.workspace.id)
    if group is not None and group.chat_id == scene.chat_id:
        return Go(screen=HERE)
    await scene.unit.topics.begin(scene.workspace.id, scene.chat_id, at=scene.now)
    await scene.log(Topic.SETTINGS, "topics.on", about=title)
    await _tell_members(scene, "on", title)
    return Go(screen=HERE, args=said({}, say("topics.begun", lang)))


@action("tp.off", needs=Right.WORK)
async def switch_off(scene: Scene) -> Go:
    lang = scene.workspace.language
    if await scene.unit.topics.end(scene.workspace.id, at=scene.now) is None:
        return Go(screen=HERE)
    await scene.log(Topic.SETTINGS, "topics.off")
    await _tell_members(scene, "off", "")
    return Go(screen=HERE, args=said({}, say("topics.ended", lang)))


async def _tell_members(scene: Scene, what: str, title: str) -> None:
    """Everybody else, in their own chats: where they read from now on what people write."""
    space = scene.workspace
    text = say(f"notice.topics.{what}", space.language, who=short(scene.me.name), title=title)
    key = f"topics.{what}:{space.id}:{int(scene.now.timestamp())}"
    await receivers.tell_members(scene.unit, space, key, text, at=scene.now, but=scene.me.telegram_id)
