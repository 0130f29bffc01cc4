"""How each kind of notice is sent."""

from collections.abc import Mapping
from typing import Any

from telegram import Bot, InputFile, InputMediaDocument
from telegram.constants import ParseMode

from bot.chat.notices import Send
from bot.chat.view import keyboard
from bot.files.contacts import contacts_xlsx
from bot.files.report import report_files
from bot.screens.campaign import report_caption, report_rows
from bot.texts import plain
from domain.delivery.ports import MediaStore
from domain.kernel.ids import CampaignId, WorkspaceId
from domain.kernel.unit import Store
from domain.scheduler.unit import Unit


def kinds_of_notice(store: Store[Unit], media: MediaStore) -> Mapping[str, Send]:
    """Everything that is not just text."""

    async def document(bot: Bot, chat_id: int, payload: Mapping[str, Any]) -> int:
        file = InputFile(await media.get(payload["media_key"]), filename=payload["filename"])
        message = await bot.send_document(chat_id, file, caption=payload.get("caption"))
        return message.message_id

    async def contacts(bot: Bot, chat_id: int, payload: Mapping[str, Any]) -> int:
        async with store.read() as unit:
            workspace = await unit.operators.workspace(WorkspaceId(payload["workspace_id"]))
            content = await contacts_xlsx(unit, workspace)
        message = await bot.send_document(chat_id, InputFile(content, filename="contacts.xlsx"))
        return message.message_id

    async def report(bot: Bot, chat_id: int, payload: Mapping[str, Any]) -> int:
        async with store.read() as unit:
            campaign = await unit.campaigns.any(CampaignId(payload["campaign_id"]))
            space = await unit.operators.workspace(campaign.workspace_id)
            tally = await unit.delivery.tally(campaign.id)
            files = await report_files(unit, campaign, space.zone, space.language)
        documents = [
            InputMediaDocument(files.xlsx, filename=f"{files.name}.xlsx"),
            InputMediaDocument(files.csv, filename=f"{files.name}.csv"),
        ]
        message = await bot.send_photo(
            chat_id, files.picture, caption=report_caption(campaign, tally, space.language),
            parse_mode=ParseMode.HTML, reply_markup=keyboard(report_rows(campaign, tally, space.language)),
        )  # fmt: skip
        await bot.send_media_group(chat_id, documents, caption=plain("report.files", space.language))
        return message.message_id

    return {"document": document, "contacts_export": contacts, "report": report}
