"""What Telegram says of a group: whether each conversation can have its own topic there."""

from dataclasses import dataclass

from telegram import Bot, ChatMemberAdministrator
from telegram.constants import ChatType
from telegram.error import BadRequest, Forbidden, TelegramError

from domain.kernel.errors import DomainError


class NotAGroup(DomainError):
    """A private chat, or a group the bot is not in. `bot`: its name."""

    code = "topics.not_group"


class NoTopics(DomainError):
    """The group's topics are switched off."""

    code = "topics.none"


class MayNotManage(DomainError):
    """The bot is no administrator there, or one that may not manage topics. `bot`: its name."""

    code = "topics.rights"


class TelegramDown(DomainError):
    """Telegram could not be asked."""

    code = "topics.telegram_down"


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupLook:
    """A group whose topics the bot may manage."""

    title: str


async def look_at_group(bot: Bot, chat_id: int) -> GroupLook:
    """Raises what stands in the way."""
    try:
        chat = await bot.get_chat(chat_id)
        if chat.type not in (ChatType.GROUP, ChatType.SUPERGROUP):
            raise NotAGroup(bot=bot.username)
        if not chat.is_forum:
            raise NoTopics()
        mine = await bot.get_chat_member(chat_id, bot.id)
    except (BadRequest, Forbidden) as error:
        raise NotAGroup(bot=bot.username) from error
    except TelegramError as error:
        raise TelegramDown() from error
    if not isinstance(mine, ChatMemberAdministrator) or not mine.can_manage_topics:
        raise MayNotManage(bot=bot.username)
    return GroupLook(title=chat.title or "")


async def nobody_looks(chat_id: int) -> GroupLook:
    """Where there is no Telegram to ask."""
    raise TelegramDown()
