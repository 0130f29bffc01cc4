"""Plain messages: send, copy, answer a tap, delete, pin."""

from typing import Any

from bot.sandbox import forum, strictness
from bot.sandbox.errors import bad_request, query_too_old
from bot.sandbox.methods import common
from bot.sandbox.methods.table import method
from bot.sandbox.models import Chat, Json, Message
from bot.sandbox.parsing import Arguments
from bot.sandbox.state import Sandbox

_ACTIONS = {
    *("typing", "upload_photo", "record_video", "upload_video", "record_voice", "upload_voice"),
    *("upload_document", "choose_sticker", "find_location", "record_video_note", "upload_video_note"),
}
ACTION_SECONDS = 5.0


@method("sendMessage")
async def send_message(sandbox: Sandbox, args: Arguments) -> Json:
    chat = common.target(sandbox, args)
    content = common.text_content(args)
    return sandbox.message_json(common.send(sandbox, chat, content, common.options(chat, args)))


@method("copyMessage")
async def copy_message(sandbox: Sandbox, args: Arguments) -> Json:
    chat = common.target(sandbox, args)
    source = sandbox.chats.get(args.integer("from_chat_id"))
    original = source.messages.get(args.integer("message_id")) if source else None
    if original is None:
        raise bad_request("message to copy not found")
    if "invoice" in original.content or "pinned_message" in original.content:
        raise bad_request("message can't be copied")
    content = dict(original.content)
    if args.has("caption") and "text" not in content:
        content = {k: v for k, v in content.items() if "caption" not in k} | common.caption_of(args)
    return {"message_id": common.send(sandbox, chat, content, common.options(chat, args)).message_id}


@method("sendChatAction")
async def send_chat_action(sandbox: Sandbox, args: Arguments) -> bool:
    chat = common.target(sandbox, args)
    action = args.text("action").lower()
    if args.has("message_thread_id"):
        forum.place_for_bot(chat, args.integer("message_thread_id"))
    if action not in _ACTIONS:
        raise bad_request("wrong parameter action in request")
    chat.action = (action, sandbox.now() + ACTION_SECONDS)
    sandbox.touch(chat)
    return True


@method("answerCallbackQuery")
async def answer_callback_query(sandbox: Sandbox, args: Arguments) -> bool:
    text = args.text("text")
    strictness.check_answer(text)
    tap = sandbox.taps.pop(args.text("callback_query_id"), None)
    if tap is None or sandbox.now() - tap.at > sandbox.config.tap_seconds:
        raise query_too_old()
    chat = sandbox.chats[tap.chat_id]
    seq = sandbox.touch(chat)
    chat.answered.append((seq, tap.query_id))
    if text or args.has("url"):
        toast: Json = {"id": tap.query_id, "text": text, "alert": args.flag("show_alert")}
        if args.has("url"):
            toast["url"] = args.text("url")
        chat.toasts.append((seq, toast))
    return True


@method("deleteMessage")
async def delete_message(sandbox: Sandbox, args: Arguments) -> bool:
    chat = common.target(sandbox, args)
    message = chat.messages.get(args.integer("message_id"))
    if message is None:
        raise bad_request("message to delete not found")
    if not _deletable(sandbox, message):
        raise bad_request("message can't be deleted for everyone")
    sandbox.delete(chat, message)
    return True


@method("deleteMessages")
async def delete_messages(sandbox: Sandbox, args: Arguments) -> bool:
    chat = common.target(sandbox, args)
    wanted: Any = args.json("message_ids")
    if not isinstance(wanted, list) or not all(isinstance(number, int) for number in wanted):
        raise bad_request("can't parse message identifiers JSON object")
    if not wanted:
        raise bad_request("message identifiers are not specified")
    if len(wanted) > 100:
        raise bad_request("too many message identifiers specified")
    found = [chat.messages[number] for number in dict.fromkeys(wanted) if number in chat.messages]
    if not all(_deletable(sandbox, message) for message in found):
        raise bad_request("message can't be deleted for everyone")
    for message in found:
        sandbox.delete(chat, message)
    return True


def _deletable(sandbox: Sandbox, message: Message) -> bool:
    return sandbox.now() - message.date <= strictness.DELETE_SECONDS


@method("pinChatMessage")
async def pin_chat_message(sandbox: Sandbox, args: Arguments) -> bool:
    """Pin; the chat gets Telegram's service message about it, and so does the bot."""
    chat = common.target(sandbox, args)
    message = chat.messages.get(args.integer("message_id"))
    if message is None:
        raise bad_request("message to pin not found")
    if message.message_id in chat.pinned:
        return True
    chat.pinned.append(message.message_id)
    pinned = {"pinned_message": sandbox.message_json(message)}
    sandbox.push_message(sandbox.post(chat, sandbox.bot, pinned))
    return True


@method("unpinChatMessage")
async def unpin_chat_message(sandbox: Sandbox, args: Arguments) -> bool:
    chat = common.target(sandbox, args)
    if args.has("message_id"):
        wanted = args.integer("message_id")
    elif chat.pinned:
        wanted = chat.pinned[-1]
    else:
        raise bad_request("message to unpin not found")
    if wanted not in chat.pinned:
        raise bad_request("message to unpin not found")
    _unpin(sandbox, chat, [wanted])
    return True


@method("unpinAllChatMessages")
async def unpin_all_chat_messages(sandbox: Sandbox, args: Arguments) -> bool:
    chat = common.target(sandbox, args)
    _unpin(sandbox, chat, list(chat.pinned))
    return True


def _unpin(sandbox: Sandbox, chat: Chat, numbers: list[int]) -> None:
    for number in numbers:
        chat.pinned.remove(number)
    sandbox.touch(chat)
