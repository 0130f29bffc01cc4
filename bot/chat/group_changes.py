"""Hears what the bot becomes in a group: put out, or without its rights, it tells private chats again."""

from dataclasses import dataclass

from telegram import Bot, Update

from bot.chat.topics_lost import lose, lost_by
from bot.chat.work import ROW
from domain.kernel.clock import Clock
from domain.kernel.unit import Store
from domain.scheduler.unit import Unit


@dataclass(frozen=True, kw_only=True)
class GroupChanges:
    bot: Bot
    store: Store[Unit]
    clock: Clock

    async def on_change(self, update: Update, _: object) -> None:
        """Effect and done-mark, together."""
        change, at = update.my_chat_member, self.clock.now()
        async with self.store.write(follows=True) as unit:
            if not await unit.chat.mark_done(ROW.get(), at=at):
                return
            why = None if change is None else lost_by(change)
            group = None if change is None else await unit.topics.group_in(change.chat.id)
            if why is not None and group is not None:
                await lose(unit, group, why, bot=self.bot.username, at=at)
            await unit.commit()
