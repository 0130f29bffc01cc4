"""What came that no question waits for."""

from dataclasses import replace

from bot.chat.standing import noted, present
from bot.screens.base import Go, Scene
from bot.texts import say
from domain.operators.chat import Prompt


async def not_waited_for(scene: Scene, prompt: Prompt | None) -> Go:
    """A text came that answers nothing; whatever question is open stays open."""
    go = await present(scene)
    key = "nothing.open" if prompt is None else "unknown.message"
    if prompt is None and go.screen == "contacts":
        key = "nothing.open.contacts"
    return replace(noted(go, say(scene.worded(key), scene.language)), keep_prompt=True)


async def of_no_use(scene: Scene) -> Go:
    """A sticker, a place, a poll."""
    go = await present(scene)
    return replace(noted(go, say(scene.worded("unknown.message"), scene.language)), keep_prompt=True)
