"""What sending and editing methods share: the chat, the text, the options."""

from dataclasses import dataclass, field
from typing import Any

from bot.sandbox import entities, forum, markup, strictness
from bot.sandbox.entities import Entity
from bot.sandbox.errors import bad_request, chat_not_found
from bot.sandbox.models import Chat, Json, Message
from bot.sandbox.parsing import Arguments
from bot.sandbox.state import Sandbox

#: Content of messages that nobody wrote: they are neither edited nor copied.
_SERVICE = frozenset(
    {
        "pinned_message", "forum_topic_created", "forum_topic_edited", "forum_topic_closed",
        "forum_topic_reopened",
    }
)  # fmt: skip


def chat_id_of(args: Arguments) -> int | None:
    """The number of the chat a call is about; None when it names none."""
    try:
        return int(args.text("chat_id"))
    except ValueError:
        return None


def target(sandbox: Sandbox, args: Arguments) -> Chat:
    """The chat to act in. Raises 400 or 403 as Telegram does."""
    if not args.has("chat_id"):
        raise bad_request("chat_id is empty")
    chat_id = chat_id_of(args)
    if chat_id is None:
        raise chat_not_found()
    return sandbox.chat_for_bot(chat_id)


def user_of(sandbox: Sandbox, args: Arguments) -> int:
    """The id of a known person. Raises 400."""
    user_id = args.integer("user_id")
    if user_id not in sandbox.users:
        raise bad_request("user not found")
    return user_id


def formatted(raw: str, parse_mode: str, given: Any) -> tuple[str, list[Entity]]:
    """Plain text and entities of what a client wrote."""
    found: list[Entity]
    if parse_mode:
        if parse_mode.lower() != "html":
            raise bad_request(f"unsupported parse_mode: the sandbox reads HTML, not {parse_mode[:20]}")
        text, found = entities.parse_html(raw)
    elif given is not None:
        text, found = raw, entities.given(given, raw)
    else:
        text, found = raw, []
    text, found = entities.trimmed(text, found)
    return text, entities.detect(text, found)


def text_content(args: Arguments, *, editing: bool = False) -> Json:
    """`text` and `entities` of a call, checked."""
    text, found = formatted(args.text("text"), args.text("parse_mode"), args.json("entities"))
    strictness.check_text(text, found, editing=editing)
    return {"text": text, "entities": found} if found else {"text": text}


def caption_content(raw: str, parse_mode: str, given: Any) -> Json:
    """`caption` and `caption_entities`, checked; empty without a caption."""
    text, found = formatted(raw, parse_mode, given)
    strictness.check_caption(text, found)
    if not text:
        return {}
    return {"caption": text, "caption_entities": found} if found else {"caption": text}


def caption_of(args: Arguments) -> Json:
    """The caption of a call that sends or edits one media message."""
    content = caption_content(args.text("caption"), args.text("parse_mode"), args.json("caption_entities"))
    if content and args.flag("show_caption_above_media"):
        content["show_caption_above_media"] = True
    return content


@dataclass(kw_only=True, slots=True)
class Options:
    """How a message is sent, beside what it says."""

    markup: Json | None
    keyboard: Json | None
    reply_to: int | None
    extras: Json = field(default_factory=dict)


def options(chat: Chat, args: Arguments) -> Options:
    """The options of a sending call, checked before anything is sent."""
    wish = args.json("reply_markup")
    extras: Json = {}
    if args.flag("protect_content"):
        extras["has_protected_content"] = True
    if args.has("link_preview_options"):
        extras["link_preview_options"] = args.json("link_preview_options")
    if args.has("message_effect_id"):
        extras["effect_id"] = args.text("message_effect_id")
    reply_to = _reply_to(chat, args)
    return Options(
        markup=markup.inline_keyboard(wish),
        keyboard=markup.reply_keyboard(wish),
        reply_to=reply_to,
        extras=extras | _place(chat, args, reply_to),
    )


def _place(chat: Chat, args: Arguments, reply_to: int | None) -> Json:
    """The topic: the one named, else that of the message it answers."""
    if args.has("message_thread_id"):
        return forum.place_for_bot(chat, args.integer("message_thread_id"))
    answered = chat.messages[reply_to].thread_id if reply_to is not None else None
    return {} if answered is None else forum.place_for_bot(chat, answered)


def _reply_to(chat: Chat, args: Arguments) -> int | None:
    parameters = args.json("reply_parameters")
    if parameters is None:
        if not args.has("reply_to_message_id"):
            return None
        parameters = {
            "message_id": args.integer("reply_to_message_id"),
            "allow_sending_without_reply": args.flag("allow_sending_without_reply"),
        }
    if not isinstance(parameters, dict) or not isinstance(parameters.get("message_id"), int):
        raise bad_request("can't parse reply parameters JSON object")
    message_id = int(parameters["message_id"])
    if message_id in chat.messages:
        return message_id
    if parameters.get("allow_sending_without_reply"):
        return None
    raise bad_request("message to be replied not found")


def send(sandbox: Sandbox, chat: Chat, content: Json, how: Options) -> Message:
    """Post the bot's message."""
    if how.keyboard is not None:
        chat.reply_keyboard = None if how.keyboard.get("remove_keyboard") else how.keyboard
    return sandbox.post(
        chat, sandbox.bot, content, markup=how.markup, reply_to=how.reply_to, extras=how.extras
    )


def own_message(chat: Chat, args: Arguments) -> Message:
    """The bot's message an edit is about. Raises 400."""
    message = chat.messages.get(args.integer("message_id"))
    if message is None:
        raise bad_request("message to edit not found")
    if not message.from_bot or _SERVICE & message.content.keys():
        raise bad_request("message can't be edited")
    return message
