"""Whose question is open, and where. In a private chat the next words answer it; in a group, where others
talk and customers are answered, only those of whoever opened it, in the topic in which they did.

A group keeps one question for each who opened one: what a colleague does there closes nobody else's, whose
next words would then go to a customer. See decision 34.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from telegram import Message

from bot.chat.threads import in_thread, is_in_thread, thread_in
from bot.screens.base import Scene
from domain.operators.chat import Prompt
from domain.scheduler.unit import Unit

#: Among the arguments of a question in a group: who opened it, and the questions of others.
_ASKER: Final = "_asker"
_OTHERS: Final = "_others"


def writer_of(message: Message) -> int:
    """Who wrote it; the chat itself where a bot did: in the name of the group, or about money."""
    person = message.from_user
    return message.chat_id if person is None or person.is_bot else person.id


async def open_to(scene: Scene) -> Prompt | None:
    """The question that what is worked now may answer."""
    return await _open(scene.unit, scene.chat_id, scene.telegram_id, scene.thread_id)


async def open_for(unit: Unit, message: Message) -> Prompt | None:
    """The question that this message may answer."""
    return await _open(unit, message.chat_id, writer_of(message), thread_in(message))


async def _open(unit: Unit, chat_id: int, telegram_id: int, thread_id: int | None) -> Prompt | None:
    those = await questions(unit, chat_id)
    if chat_id > 0:
        return those[0] if those else None
    mine = (one for one in those if one.args.get(_ASKER) == telegram_id)
    return next((one for one in mine if is_in_thread(one.args, thread_id)), None)


async def questions(unit: Unit, chat_id: int) -> Sequence[Prompt]:
    """All that are open in the chat."""
    first = await unit.chat.prompt(chat_id)
    if first is None:
        return []
    others = (Prompt(chat_id=chat_id, **one) for one in first.args.get(_OTHERS, ()))
    return [replace(first, args=_without(first.args, _OTHERS)), *others]


async def ask(unit: Unit, prompt: Prompt, telegram_id: int) -> None:
    """From now on it is open, in place of the one that they had open in that chat."""
    if prompt.chat_id > 0:
        return await unit.chat.save_prompt(prompt)
    args = {**in_thread(_without(prompt.args, _OTHERS)), _ASKER: telegram_id}
    await _keep(unit, [replace(prompt, args=args), *await _of_others(unit, prompt.chat_id, telegram_id)])
    return None


async def close(unit: Unit, chat_id: int, telegram_id: int) -> None:
    """The one that they had open in that chat, if any."""
    if chat_id > 0 or not (others := await _of_others(unit, chat_id, telegram_id)):
        return await unit.chat.clear_prompt(chat_id)
    return await _keep(unit, others)


async def _of_others(unit: Unit, chat_id: int, telegram_id: int) -> Sequence[Prompt]:
    those = await questions(unit, chat_id)
    return [one for one in those if one.args.get(_ASKER, telegram_id) != telegram_id]


async def _keep(unit: Unit, those: Sequence[Prompt]) -> None:
    first, *others = those
    if others:
        kept = [{"kind": one.kind, "args": dict(one.args)} for one in others]
        first = replace(first, args={**first.args, _OTHERS: kept})
    await unit.chat.save_prompt(first)


def _without(args: Any, key: str) -> dict[str, Any]:
    return {name: value for name, value in args.items() if name != key}
