"""What a command needs of the network, asked before its transaction opens."""

from dataclasses import replace

from bot.screens.base import BEFORE_COMMAND, RULES, Before, Door, Scene


def ask_first(name: str, words: str) -> Before | None:
    """`words`: what stands after the command. Nothing is asked for those who may not use it."""
    ask = BEFORE_COMMAND.get(name)
    if ask is None:
        return None

    async def bring(scene: Scene) -> object:
        return await ask(replace(scene, words=words)) if scene.may(RULES[Door.COMMAND, name]) else None

    return bring
