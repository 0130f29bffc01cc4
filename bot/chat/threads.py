"""In which topic of a group something is shown: where somebody tapped or wrote, there they are answered."""

from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any, Final

from telegram import Bot, Message, ReplyParameters

from domain.operators.chat import Panel

#: The topic, among the arguments of a panel or a question.
_THREAD: Final = "_thread"
#: Of the message that is being worked in this task.
_HERE: Final[ContextVar[int | None]] = ContextVar("_HERE", default=None)


def enter(message: Message) -> None:
    """From now on this task works something in that message's topic, if it has one."""
    _HERE.set(thread_in(message))


def thread_in(message: Message) -> int | None:
    return message.message_thread_id if message.is_topic_message else None


def in_thread(args: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a panel that is shown there, of a question that is asked there."""
    bare = {key: value for key, value in args.items() if key != _THREAD}
    here = _HERE.get()
    return bare if here is None else {**bare, _THREAD: here}


def thread_of(panel: Panel) -> int | None:
    return panel.args.get(_THREAD)


def is_in_thread(args: Mapping[str, Any], thread_id: int | None) -> bool:
    return args.get(_THREAD) == thread_id


def asked_in(payload: Mapping[str, Any]) -> int | None:
    """Where a notice goes that was asked for there: its payload went through `in_thread`."""
    return payload.get(_THREAD)


async def in_topic(bot: Bot, chat_id: int, payload: Mapping[str, Any]) -> int:
    """A notice below what somebody wrote in a topic."""
    reply = ReplyParameters(payload["reply_to"], allow_sending_without_reply=True)
    message = await bot.send_message(
        chat_id, payload["text"], message_thread_id=payload["thread_id"], reply_parameters=reply
    )
    return message.message_id
