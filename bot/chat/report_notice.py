"""The report of a campaign as a notice: picture, files and what can follow it."""

import asyncio
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from zipfile import ZIP_DEFLATED, ZipFile

from telegram import Bot, InputFile, InputMediaDocument
from telegram.constants import ParseMode
from telegram.error import TelegramError

from bot.chat.beside import Beside
from bot.chat.limiter import not_waited_out
from bot.chat.notices import NotYet, Send
from bot.chat.receivers import Receiver, receiver
from bot.chat.view import keyboard
from bot.files.report import FILE, ReportFiles, report_files
from bot.screens.campaign import report_caption, report_rows
from bot.tasks import TaskOwner
from bot.texts import plain
from domain.campaigns.model import Campaign
from domain.delivery.recipients import Tally
from domain.kernel.clock import Clock
from domain.kernel.ids import CampaignId
from domain.kernel.unit import Store
from domain.operators.model import Right, Workspace
from domain.reports.model import wait_for_word
from domain.scheduler.unit import Unit

#: A report of more people is made beside the other notices, and how far it is is told. It takes seconds.
LARGE: Final = 20_000
#: Telegram takes 50 MB from a bot. Less, for what stands around a file.
LARGEST_OUT: Final = 49_000_000
#: Seconds between two tellings of how far it is.
TELL_EVERY: Final = 3.0


def sender_of_reports(store: Store[Unit], clock: Clock, tasks: TaskOwner) -> Send:
    beside = Beside(tasks)

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
        if who.may(Right.WORK):
            one = _Report(store, bot, chat_id, space, who, campaign, tasks)
            people = tally.included + sum(tally.excluded.values())
            what = (chat_id, campaign.id, payload.get("at_end"))
            if people <= LARGE and not beside.has(what):
                return await one.send()
            return await beside.done(what, lambda: one.send(people=people))
        if not who.may(Right.READ):
            return None
        caption, markup = _words(who, campaign, tally, space)
        message = await bot.send_message(chat_id, caption, reply_markup=markup)
        return message.message_id

    return report


def _words(who: Receiver, campaign: Campaign, tally: Tally, space: Workspace) -> tuple[str, Any]:
    caption = who.named(report_caption(campaign, tally, space.language), space)
    return caption, keyboard(who.buttons(report_rows(campaign, tally, space.language)))


def _fitting(path: Path) -> Sequence[Path]:
    """It, or where it is too large for Telegram, packed; beside it. Nothing where that is too large too."""
    if path.stat().st_size <= LARGEST_OUT:
        return [path]
    packed = path.with_name(f"{path.name}.zip")
    with ZipFile(packed, "w", ZIP_DEFLATED, compresslevel=3) as archive:
        archive.write(path, path.name)
    return [packed] if packed.stat().st_size <= LARGEST_OUT else []


def _file(opened: ExitStack, files: ReportFiles, path: Path, *, attach: bool = False) -> InputFile:
    """Open as long as `opened` is."""
    content = opened.enter_context(path.open("rb"))
    name = f"{files.name}{path.name.removeprefix(FILE)}"
    return InputFile(content, attach=attach, read_file_handle=False, filename=name)


@dataclass
class _Report:
    """One on its way to a chat."""

    store: Store[Unit]
    bot: Bot
    chat_id: int
    space: Workspace
    who: Receiver
    campaign: Campaign
    tasks: TaskOwner
    _rows: int = 0
    _line: int | None = None

    async def send(self, *, people: int | None = None) -> int | None:
        """From the database to disk, and from there to Telegram. `people`: of a large one, to tell how far it
        is."""
        with tempfile.TemporaryDirectory(prefix="masssender-report-") as folder:
            ended = asyncio.Event()
            if people is not None:
                self.tasks.start("how far a report is", self._tell(people, ended))
            try:
                campaign, tally, files = await self._make(Path(folder))
                return await self._put(files, campaign, tally)
            finally:
                ended.set()

    async def _make(self, folder: Path) -> tuple[Campaign, Tally, ReportFiles]:
        async with self.store.read() as unit:
            campaign = await unit.campaigns.any(self.campaign.id)
            tally = await unit.delivery.tally(campaign.id)
            zone, language = self.space.zone, self.space.language
            files = await report_files(unit, campaign, zone, language, folder, told=self._note)
        return campaign, tally, files

    def _note(self, rows: int) -> None:
        self._rows = rows

    async def _put(self, files: ReportFiles, campaign: Campaign, tally: Tally) -> int:
        """The files are read as they are sent, which cannot be done a second time: a flood is not waited out,
        but the notice is sent anew."""
        now = not_waited_out(self.bot)
        caption, markup = _words(self.who, campaign, tally, self.space)
        message = await self.bot.send_photo(
            self.chat_id, files.picture, caption=caption, parse_mode=ParseMode.HTML, reply_markup=markup
        )
        rows = await asyncio.to_thread(_fitting, files.csv)
        paths = [*files.books, *rows]
        words = plain("report.files" if rows else "report.files.no_csv", self.space.language)
        if len(paths) > 1 and sum(path.stat().st_size for path in paths) <= LARGEST_OUT:
            with ExitStack() as opened:
                documents = [InputMediaDocument(_file(opened, files, path, attach=True)) for path in paths]
                await self.bot.send_media_group(self.chat_id, documents, caption=words, **now)
        else:
            # Of one request Telegram takes no more than of one file.
            for path in paths:
                with ExitStack() as opened:
                    file = _file(opened, files, path)
                    said = words if path is paths[-1] else None
                    await self.bot.send_document(self.chat_id, file, caption=said, **now)
        return message.message_id

    async def _tell(self, people: int, ended: asyncio.Event) -> None:
        """How far it is, in a line that goes when it has `ended`; as well as that works: the report comes in
        any case, and does not wait for this. A line that is on its way at the end comes, and goes then.
        Apart from the making: no transaction waits for Telegram."""
        try:
            while not ended.is_set():
                with suppress(TelegramError):
                    await self._say(people)
                with suppress(TimeoutError):
                    async with asyncio.timeout(TELL_EVERY):
                        await ended.wait()
        finally:
            if self._line is not None:
                with suppress(TelegramError):
                    await self.bot.delete_message(self.chat_id, self._line)

    async def _say(self, people: int) -> None:
        rows = f"{min(self._rows, people):,}"
        text = plain("report.making", self.space.language, rows=rows, people=f"{people:,}")
        if self._line is None:
            line = await self.bot.send_message(self.chat_id, text, disable_notification=True)
            self._line = line.message_id
        else:
            await self.bot.edit_message_text(text, chat_id=self.chat_id, message_id=self._line)
