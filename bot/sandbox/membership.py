"""What the bot is in a group, in Telegram's words."""

from bot.sandbox.models import BotMembership, Chat, Json, User
from bot.sandbox.state import Sandbox

_ADMIN_RIGHTS = (
    *("can_manage_video_chats", "can_restrict_members", "can_promote_members", "can_change_info"),
    *("can_invite_users", "can_post_stories", "can_edit_stories", "can_delete_stories", "can_pin_messages"),
    "can_send_welcome_messages",
)


def push_changed(sandbox: Sandbox, chat: Chat, who: User, before: BotMembership) -> None:
    """my_chat_member, after `chat.bot` changed."""
    sandbox.updates.push(
        "my_chat_member",
        {
            "chat": chat.as_json(),
            "from": who.as_json(),
            "date": int(sandbox.now()),
            "old_chat_member": bot_member(sandbox.bot, before),
            "new_chat_member": bot_member(sandbox.bot, chat.bot),
        },
    )


def bot_member(bot: User, what: BotMembership) -> Json:
    """Telegram's ChatMember of the bot."""
    about: Json = {"status": what.status, "user": bot.as_json()}
    if what.status == "kicked":
        return about | {"until_date": 0}
    if not what.is_admin:
        return about
    return about | {
        "can_be_edited": False,
        "is_anonymous": False,
        **dict.fromkeys(_ADMIN_RIGHTS, False),
        "can_manage_chat": True,
        "can_delete_messages": what.can_delete_messages,
        "can_manage_topics": what.can_manage_topics,
    }
