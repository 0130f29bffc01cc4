"""Topics of a forum: create, rename, close, open again, delete."""

from bot.sandbox import forum
from bot.sandbox.errors import bad_request
from bot.sandbox.methods import common
from bot.sandbox.methods.table import Method, method
from bot.sandbox.models import Chat, Json, Topic
from bot.sandbox.parsing import Arguments
from bot.sandbox.state import Sandbox


@method("createForumTopic")
async def create_forum_topic(sandbox: Sandbox, args: Arguments) -> Json:
    chat = common.target(sandbox, args)
    name, color = forum.name_of(args.text("name")), args.integer("icon_color", forum.COLORS[0])
    forum.must_be_forum(chat)
    if color not in forum.COLORS:
        raise bad_request("invalid forum topic icon color specified")
    if not forum.may_manage(chat, None, None):
        raise bad_request("not enough rights to create a topic")
    return forum.create(sandbox, chat, sandbox.bot, name, color).as_json()


def _found(sandbox: Sandbox, args: Arguments) -> tuple[Chat, Topic]:
    chat = common.target(sandbox, args)
    topic = forum.topic_of(chat, args.integer("message_thread_id"))
    if not forum.may_manage(chat, topic, sandbox.bot):
        raise bad_request("not enough rights to edit the topic")
    return chat, topic


@method("editForumTopic")
async def edit_forum_topic(sandbox: Sandbox, args: Arguments) -> bool:
    chat, topic = _found(sandbox, args)
    forum.rename(sandbox, chat, sandbox.bot, topic, forum.name_of(args.text("name")))
    return True


def _closer(closed: bool) -> Method:
    async def close(sandbox: Sandbox, args: Arguments) -> bool:
        chat, topic = _found(sandbox, args)
        forum.close(sandbox, chat, sandbox.bot, topic, closed=closed)
        return True

    return close


method("closeForumTopic")(_closer(True))
method("reopenForumTopic")(_closer(False))


@method("deleteForumTopic")
async def delete_forum_topic(sandbox: Sandbox, args: Arguments) -> bool:
    chat = common.target(sandbox, args)
    topic = forum.topic_of(chat, args.integer("message_thread_id"))
    if not (chat.bot.is_admin and chat.bot.can_delete_messages):
        raise bad_request("not enough rights to delete the topic")
    forum.delete(sandbox, chat, topic)
    return True
