"""What of a group a bot is shown. An administrator sees all; a plain member with privacy mode on, as bots are
made, sees commands that may be meant for it, answers to what it wrote, and where it is named."""

from bot.sandbox.models import Chat, Message, User


def is_shown(chat: Chat, message: Message, bot: User) -> bool:
    """Whether the bot gets this message of a person."""
    if chat.kind == "private":
        return True
    if chat.bot.status in ("left", "kicked"):
        return False
    if chat.bot.is_admin:
        return True
    answered = chat.messages.get(message.reply_to) if message.reply_to is not None else None
    return (answered is not None and answered.from_bot) or _names(message, bot)


def _names(message: Message, bot: User) -> bool:
    content = message.content
    text = str(content.get("text") or content.get("caption") or "")
    whole = f"@{bot.username}".casefold()
    for mark in content.get("entities") or content.get("caption_entities") or []:
        units = text.encode("utf-16-le")[2 * mark["offset"] : 2 * (mark["offset"] + mark["length"])]
        words = units.decode("utf-16-le", "replace").casefold()
        if mark["type"] == "mention" and words == whole:
            return True
        if mark["type"] == "bot_command" and ("@" not in words or words.endswith(whole)):
            return True
    return False
