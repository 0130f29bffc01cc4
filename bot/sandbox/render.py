"""A message as Telegram's JSON."""

from bot.sandbox.models import Chat, Json, Message


def message(chat: Chat, message: Message, *, with_reply: bool = True) -> Json:
    """Telegram's Message; the message it answers is inside, one level deep."""
    about: Json = {
        "message_id": message.message_id,
        "from": message.sender.as_json(),
        "chat": chat.as_json(),
        "date": message.date,
    }
    if message.edit_date is not None:
        about["edit_date"] = message.edit_date
    about.update(message.extras)
    if with_reply and (answered := _answers(message)) is not None:
        original = chat.messages.get(answered)
        if original is not None:
            about["reply_to_message"] = _brief(chat, original)
    about.update(message.content)
    if message.markup is not None:
        about["reply_markup"] = message.markup
    return about


def _answers(message: Message) -> int | None:
    """What it is a reply to. To Telegram everything in a topic is one: to the message that opened the topic,
    where a person answered nothing."""
    if message.reply_to is not None:
        return message.reply_to
    return message.thread_id if message.thread_id != message.message_id else None


def _brief(chat: Chat, original: Message) -> Json:
    return message(chat, original, with_reply=False)
