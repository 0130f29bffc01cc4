"""Editing the bot's own messages: text, caption, media, keyboard."""

from bot.sandbox import markup
from bot.sandbox.errors import bad_request, not_modified
from bot.sandbox.methods import common
from bot.sandbox.methods.media import MEDIA_FIELDS, input_media
from bot.sandbox.methods.table import method
from bot.sandbox.models import Chat, Json, Message
from bot.sandbox.parsing import Arguments
from bot.sandbox.state import Sandbox


def _begin(sandbox: Sandbox, args: Arguments) -> tuple[Chat, Message, Json | None]:
    if args.has("inline_message_id"):
        raise bad_request("MESSAGE_ID_INVALID")
    chat = common.target(sandbox, args)
    wish = args.json("reply_markup")
    if wish is not None and not (isinstance(wish, dict) and "inline_keyboard" in wish):
        raise bad_request("inline keyboard expected")
    return chat, common.own_message(chat, args), markup.inline_keyboard(wish)


def _finish(sandbox: Sandbox, chat: Chat, message: Message, content: Json, keyboard: Json | None) -> Json:
    if content == message.content and keyboard == message.markup:
        raise not_modified()
    sandbox.edit(chat, message, content, keyboard)
    return sandbox.message_json(message)


@method("editMessageText")
async def edit_message_text(sandbox: Sandbox, args: Arguments) -> Json:
    chat, message, keyboard = _begin(sandbox, args)
    content = common.text_content(args, editing=True)
    if "text" not in message.content:
        raise bad_request("there is no text in the message to edit")
    return _finish(sandbox, chat, message, content, keyboard)


@method("editMessageCaption")
async def edit_message_caption(sandbox: Sandbox, args: Arguments) -> Json:
    chat, message, keyboard = _begin(sandbox, args)
    caption = common.caption_of(args)
    if not any(name in message.content for name in MEDIA_FIELDS):
        raise bad_request("there is no caption in the message to edit")
    kept = {name: value for name, value in message.content.items() if "caption" not in name}
    return _finish(sandbox, chat, message, kept | caption, keyboard)


@method("editMessageMedia")
async def edit_message_media(sandbox: Sandbox, args: Arguments) -> Json:
    """Replaces media by media, and turns a text message into a media message; never the other way."""
    chat, message, keyboard = _begin(sandbox, args)
    if not {"text", *MEDIA_FIELDS} & set(message.content):
        raise bad_request("message can't be edited")
    wish = args.json("media")
    _, content = await input_media(sandbox, args, wish)
    if "media_group_id" in message.extras:
        _check_album_kind(message, content)
    # The wait for a photo's sizes lets other calls in: the message may be gone by now.
    if chat.messages.get(message.message_id) is not message:
        raise bad_request("message to edit not found")
    return _finish(sandbox, chat, message, content, keyboard)


def _check_album_kind(message: Message, content: Json) -> None:
    alike = ({"photo", "video"}, {"document"}, {"audio"})
    if not any(kinds & set(message.content) and kinds & set(content) for kinds in alike):
        raise bad_request("message content type can't be used in an album")


@method("editMessageReplyMarkup")
async def edit_message_reply_markup(sandbox: Sandbox, args: Arguments) -> Json:
    chat, message, keyboard = _begin(sandbox, args)
    return _finish(sandbox, chat, message, message.content, keyboard)
