"""Who is where: getMe, getChat, getChatMember."""

from bot.sandbox import membership
from bot.sandbox.errors import bad_request
from bot.sandbox.methods import common
from bot.sandbox.methods.table import method
from bot.sandbox.models import BotMembership, Chat, Json
from bot.sandbox.parsing import Arguments
from bot.sandbox.state import Sandbox

_GIFTS = ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels")


@method("getMe")
async def get_me(sandbox: Sandbox, args: Arguments) -> Json:
    return {
        **sandbox.bot.as_json(),
        "can_join_groups": True,
        "can_read_all_group_messages": False,
        "supports_inline_queries": False,
        "can_connect_to_business": False,
        "has_main_web_app": False,
    }


@method("getChat")
async def get_chat(sandbox: Sandbox, args: Arguments) -> Json:
    chat = common.target(sandbox, args)
    about: Json = {
        **chat.as_json(),
        "accent_color_id": abs(chat.id) % 7,
        "max_reaction_count": 11,
        "accepted_gift_types": dict.fromkeys(_GIFTS, False),
    }
    if chat.pinned and (pinned := chat.messages.get(chat.pinned[-1])):
        about["pinned_message"] = sandbox.message_json(pinned)
    return about


@method("getChatMember")
async def get_chat_member(sandbox: Sandbox, args: Arguments) -> Json:
    chat = common.target(sandbox, args)
    user_id = args.integer("user_id")
    if user_id == sandbox.bot.id:
        return membership.bot_member(sandbox.bot, chat.bot)
    user = sandbox.users.get(user_id)
    if user is None:
        raise bad_request("PARTICIPANT_ID_INVALID")
    return {"status": _status(chat, user_id), "user": user.as_json()}


def _status(chat: Chat, user_id: int) -> str:
    return "member" if user_id in chat.members else "left"


@method("getChatMemberCount")
async def get_chat_member_count(sandbox: Sandbox, args: Arguments) -> int:
    return len(common.target(sandbox, args).members) + 1


@method("leaveChat")
async def leave_chat(sandbox: Sandbox, args: Arguments) -> bool:
    chat = common.target(sandbox, args)
    if chat.kind == "private":
        raise bad_request("chat member status can't be changed in private chats")
    before, chat.bot = chat.bot, BotMembership(status="left")
    sandbox.touch(chat)
    membership.push_changed(sandbox, chat, sandbox.bot, before)
    return True
