"""The activity log of a workspace as a spreadsheet."""

import asyncio
from collections.abc import Sequence
from io import BytesIO
from typing import Any, Final
from zoneinfo import ZoneInfo

from bot.files.books import new_book
from bot.screens.log import place_words, value_words, what_words
from bot.texts import plain
from domain.operators.activity import Activity
from domain.operators.model import Workspace
from domain.reports.model import harmless
from domain.scheduler.unit import Unit

#: Rows written in one go, outside the event loop.
CHUNK: Final = 500
#: A sheet takes 1,048,576 rows.
A_SHEET: Final = 1_000_000
LONGEST: Final = 300

COLUMNS: Final = ("when", "who", "id", "what", "topic", "before", "after", "where")
WIDTHS: Final = (18, 20, 14, 44, 14, 30, 30, 18)


async def activity_xlsx(unit: Unit, workspace: Workspace) -> bytes:
    """One row a line, oldest first, with a filter on every column."""
    book = _Book(workspace)
    lines: list[Activity] = []
    async for line in unit.activity.stream(workspace.id):
        lines.append(line)
        if len(lines) >= CHUNK:
            await asyncio.to_thread(book.add, lines)
            lines = []
    await asyncio.to_thread(book.add, lines)
    return await asyncio.to_thread(book.finished)


class _Book:
    """The workbook being written, one thread at a time."""

    def __init__(self, workspace: Workspace) -> None:
        self._zone, self._lang = ZoneInfo(workspace.zone), workspace.language
        self._book = new_book()
        self._rows = 0
        self._sheet: Any = self._new_sheet()

    def _new_sheet(self) -> Any:
        sheet: Any = self._book.create_sheet(plain("log.file.sheet", self._lang))
        sheet.freeze_panes = "A2"
        sheet.auto_filter.ref = f"A1:{chr(ord('A') + len(COLUMNS) - 1)}{A_SHEET + 1}"
        for n, width in enumerate(WIDTHS):
            sheet.column_dimensions[chr(ord("A") + n)].width = width
        sheet.append([plain(f"log.file.{column}", self._lang) for column in COLUMNS])
        return sheet

    def add(self, lines: Sequence[Activity]) -> None:
        for line in lines:
            if self._rows and self._rows % A_SHEET == 0:
                self._sheet = self._new_sheet()
            self._rows += 1
            self._sheet.append(self._cells(line))

    def _cells(self, line: Activity) -> list[object]:
        lang = self._lang
        # A spreadsheet knows no zones: the moment as the workspace's clocks showed it.
        when = line.at.astimezone(self._zone).replace(tzinfo=None, microsecond=0)
        return [
            when, harmless(line.who), None if line.telegram_id is None else str(line.telegram_id),
            harmless(what_words(line, lang, LONGEST)), plain(f"topic.{line.topic.value}", lang),
            harmless(value_words(line.before, lang, zone=self._zone.key)),
            harmless(value_words(line.after, lang, zone=self._zone.key)),
            place_words(line.screen, lang) if line.screen else None,
        ]  # fmt: skip

    def finished(self) -> bytes:
        out = BytesIO()
        self._book.save(out)
        return out.getvalue()
