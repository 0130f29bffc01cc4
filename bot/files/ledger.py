"""Every movement of a workspace's points as a spreadsheet."""

import asyncio
from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any, Final
from zoneinfo import ZoneInfo

from bot.files.books import new_book
from bot.texts import plain
from domain.kernel.ids import CampaignId
from domain.operators.model import Workspace
from domain.reports.model import harmless
from domain.scheduler.unit import Unit
from domain.wallet.model import Entry

#: Rows written in one go, outside the event loop.
CHUNK: Final = 500
#: A sheet takes 1,048,576 rows.
A_SHEET: Final = 1_000_000
#: Campaigns whose names are read in one go.
NAMES: Final = 200

COLUMNS: Final = ("at", "what", "campaign", "points", "held", "owed", "note")
WIDTHS: Final = (18, 44, 30, 12, 12, 12, 36)


async def ledger_xlsx(unit: Unit, workspace: Workspace) -> bytes:
    """One row an entry, oldest first; the columns of numbers add up to what the Balance screen shows."""
    book = _Book(workspace, await _campaigns(unit, workspace))
    entries: list[Entry] = []
    async for entry in unit.wallet.stream_entries(workspace.id):
        entries.append(entry)
        if len(entries) >= CHUNK:
            await asyncio.to_thread(book.add, entries)
            entries = []
    await asyncio.to_thread(book.add, entries)
    return await asyncio.to_thread(book.finished)


async def _campaigns(unit: Unit, workspace: Workspace) -> Mapping[CampaignId, str]:
    names: dict[CampaignId, str] = {}
    while True:
        page, total = await unit.campaigns.of_workspace(workspace.id, offset=len(names), limit=NAMES)
        names |= {campaign.id: campaign.name for campaign in page}
        if not page or len(names) >= total:
            return names


class _Book:
    """The workbook being written, one thread at a time."""

    def __init__(self, workspace: Workspace, campaigns: Mapping[CampaignId, str]) -> None:
        self._zone, self._lang, self._campaigns = ZoneInfo(workspace.zone), workspace.language, campaigns
        self._book = new_book()
        self._rows = 0
        self._sheet: Any = self._new_sheet()

    def _new_sheet(self) -> Any:
        sheet: Any = self._book.create_sheet(plain("ledger.sheet", self._lang))
        sheet.freeze_panes = "A2"
        for n, width in enumerate(WIDTHS):
            sheet.column_dimensions[chr(ord("A") + n)].width = width
        sheet.append([plain(f"ledger.{column}", self._lang) for column in COLUMNS])
        return sheet

    def add(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            if self._rows and self._rows % A_SHEET == 0:
                self._sheet = self._new_sheet()
            self._rows += 1
            self._sheet.append(self._cells(entry))

    def _cells(self, entry: Entry) -> list[object]:
        # A spreadsheet knows no zones: the moment as the workspace's clocks showed it.
        when = entry.at.astimezone(self._zone).replace(tzinfo=None, microsecond=0)
        named = self._campaigns.get(entry.campaign_id, "") if entry.campaign_id is not None else ""
        campaign = named or plain("movement.no_campaign", self._lang)
        what = plain(f"movement.{entry.kind.value}", self._lang, campaign=campaign)
        return [
            when, harmless(what), harmless(named), entry.points, entry.held, entry.owed,
            harmless(entry.note or ""),
        ]  # fmt: skip

    def finished(self) -> bytes:
        out = BytesIO()
        self._book.save(out)
        return out.getvalue()
