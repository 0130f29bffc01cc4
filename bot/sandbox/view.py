"""A chat as its page sees it."""

from typing import Any
from urllib.parse import quote

from bot.sandbox.files import StoredFile
from bot.sandbox.html import to_html
from bot.sandbox.models import Chat, Json, Message, Topic, User
from bot.sandbox.state import Sandbox

MESSAGES_SHOWN = 500
"""The newest messages a page gets when it opens."""

_TOPIC_DEEDS = {
    "forum_topic_closed": "closed the topic",
    "forum_topic_reopened": "opened the topic again",
}
_FILES = ("document", "video", "audio", "voice")


def chat_state(sandbox: Sandbox, chat: Chat, viewer: User, after: int) -> Json:
    """What changed in `chat` after the change `after`; all of it for 0, or for a number we never gave."""
    fresh = after <= 0 or after > sandbox.seq
    since = 0 if fresh else after
    changed: list[Message] = []
    for message in reversed(chat.messages.values()):
        if message.changed <= since or len(changed) >= MESSAGES_SHOWN:
            break
        changed.append(message)
    changed.sort(key=lambda message: message.message_id)
    return {
        "run": sandbox.run,
        "seq": max(chat.changed, 1),
        "messages": [message_view(sandbox, chat, message) for message in changed],
        "deleted": [] if fresh else [number for seq, number in chat.deleted if seq > since],
        "toasts": [] if fresh else [toast for seq, toast in chat.toasts if seq > since],
        "answered": [] if fresh else [query for seq, query in chat.answered if seq > since],
        "pinned": list(chat.pinned),
        "action": action_now(sandbox, chat),
        "reply_keyboard": chat.reply_keyboard,
        "blocked": chat.blocked,
        "started": chat.started,
        "commands": sandbox.profile.commands_shown(chat, viewer.id, viewer.language_code),
        "bot": sandbox.bot.as_json(),
        "chat": chat.as_json(),
        "topics": [{**topic.as_json(), "closed": topic.closed} for topic in _topics(chat)],
    }


def _topics(chat: Chat) -> list[Topic]:
    return list(chat.topics.values()) if chat.is_forum else []


def action_now(sandbox: Sandbox, chat: Chat) -> str | None:
    """ "typing" and its sisters, while they last."""
    if chat.action is None or chat.action[1] <= sandbox.now():
        return None
    return chat.action[0]


def message_view(sandbox: Sandbox, chat: Chat, message: Message) -> Json:
    """One message with everything the page draws."""
    content = message.content
    text, caption = content.get("text"), content.get("caption")
    marks = content.get("entities") or content.get("caption_entities") or []
    view: Json = {
        "message_id": message.message_id,
        "changed": message.changed,
        "date": message.date,
        "from_bot": message.from_bot,
        "from_id": message.sender.id,
        "from_name": message.sender.first_name,
        "text": text,
        "caption": caption,
        "html": to_html(text or caption or "", marks),
        "photo": _photo(sandbox, content.get("photo")),
        "media_group_id": message.extras.get("media_group_id"),
        "keyboard": _keyboard(message.markup),
        "reply_to": message.reply_to,
        "thread": message.thread_id,
        "forwarded_from": _origin(message),
        "edited": message.edit_date is not None,
        "contact": content.get("contact"),
        "invoice": content.get("invoice"),
        "successful_payment": content.get("successful_payment"),
        "service": _service(content),
    }
    for kind in _FILES:
        view[kind] = _file(sandbox, kind, content.get(kind))
    return view


def _origin(message: Message) -> str | None:
    """Whose words were passed on."""
    origin = message.extras.get("forward_origin")
    return str(origin["sender_user"]["first_name"]) if origin else None


def file_url(stored: StoredFile) -> str:
    """Where the page finds a file."""
    return f"/_sandbox/file/{stored.file_unique_id}/{quote(stored.name)}"


def _photo(sandbox: Sandbox, sizes: list[Json] | None) -> str | None:
    stored = sandbox.files.by_id(sizes[-1]["file_id"]) if sizes else None
    return file_url(stored) if stored else None


def _file(sandbox: Sandbox, kind: str, about: Json | None) -> Json | None:
    if about is None:
        return None
    stored = sandbox.files.by_id(about["file_id"])
    view: dict[str, Any] = {
        "name": about.get("file_name", f"{kind}.ogg"),
        "size": about["file_size"],
        "mime": about.get("mime_type"),
        "url": file_url(stored) if stored else None,
    }
    extra = ("duration", "width", "height", "performer", "title")
    return view | {name: about[name] for name in extra if name in about}


def _keyboard(markup: Json | None) -> list[list[Json]]:
    rows = markup["inline_keyboard"] if markup else []
    return [[_button(button) for button in row] for row in rows]


def _button(button: Json) -> Json:
    shown = dict(button)
    if isinstance(shown.get("copy_text"), dict):
        shown["copy_text"] = shown["copy_text"]["text"]
    return shown


def _service(content: Json) -> str | None:
    if "pinned_message" in content:
        pinned = content["pinned_message"]
        said = pinned.get("text") or pinned.get("caption") or "a message"
        return f"pinned “{said[:40]}”"
    if "successful_payment" in content:
        return f"You paid ⭐{content['successful_payment']['total_amount']}"
    if "refunded_payment" in content:
        return f"⭐{content['refunded_payment']['total_amount']} came back"
    if "forum_topic_created" in content:
        return f"opened the topic “{content['forum_topic_created']['name']}”"
    if "forum_topic_edited" in content:
        return f"renamed the topic to “{content['forum_topic_edited']['name']}”"
    return next((words for name, words in _TOPIC_DEEDS.items() if name in content), None)
