"""The report of a campaign as a notice: picture, files and what can follow it."""

from collections.abc import Mapping
from typing import Any

from telegram import Bot, InputMediaDocument
from telegram.constants import ParseMode

from bot.chat.notices import NotYet, Send
from bot.chat.receivers import receiver
from bot.chat.view import keyboard
from bot.files.report import report_files
from bot.screens.campaign import report_caption, report_rows
from bot.texts import plain
from domain.kernel.clock import Clock
from domain.kernel.ids import CampaignId
from domain.kernel.unit import Store
from domain.operators.model import Right
from domain.reports.model import wait_for_word
from domain.scheduler.unit import Unit


def sender_of_reports(store: Store[Unit], clock: Clock) -> Send:
    async def report(bot: Bot, chat_id: int, payload: Mapping[str, Any]) -> int | None:
        """Who may not take anything out gets the numbers without the files; who has left since, nothing.
        One that comes by itself (`at_end`) waits a little for word of deliveries."""
        async with store.read() as unit:
            campaign = await unit.campaigns.any(CampaignId(payload["campaign_id"]))
            space = await unit.operators.workspace(campaign.workspace_id)
            tally = await unit.delivery.tally(campaign.id)
            wait = wait_for_word(tally, campaign.finished_at, now=clock.now())
            if wait and payload.get("at_end"):
                raise NotYet(wait)
            who = await receiver(unit, chat_id, space.id)
            full = who.may(Right.WORK)
            files = await report_files(unit, campaign, space.zone, space.language) if full else None
        caption = who.named(report_caption(campaign, tally, space.language), space)
        markup = keyboard(who.buttons(report_rows(campaign, tally, space.language)))
        if files is None:
            if not who.may(Right.READ):
                return None
            message = await bot.send_message(chat_id, caption, reply_markup=markup)
            return message.message_id
        documents = [
            InputMediaDocument(files.xlsx, filename=f"{files.name}.xlsx"),
            InputMediaDocument(files.csv, filename=f"{files.name}.csv"),
        ]
        message = await bot.send_photo(
            chat_id, files.picture, caption=caption, parse_mode=ParseMode.HTML, reply_markup=markup
        )
        await bot.send_media_group(chat_id, documents, caption=plain("report.files", space.language))
        return message.message_id

    return report
