"""A campaign's report as files: a picture, a spreadsheet and a CSV.

Rows are streamed from one snapshot and written a group at a time in a thread, so that the bot answers taps
meanwhile; times are those of the workspace's wall clock.
"""

import asyncio
import csv
import io
import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from bot.files.books import new_book
from bot.files.pictures import Picture, draw_report
from bot.screens import campaign_words as words
from bot.texts import plain
from domain.campaigns.model import Campaign, CampaignState
from domain.delivery.store import RecipientRow
from domain.reports.model import Funnel, Line, Rest, harmless, line_of
from domain.scheduler.unit import Unit

GROUP: Final = 500
BARS: Final = 24
LONGEST_NAME: Final = 40
COLUMNS: Final = ("number", "name", "state", "reason", "sent", "delivered", "read", "replied")
WIDTHS: Final = (18, 28, 16, 34, 20, 20, 20, 20)
TIME_FORMAT: Final = "yyyy-mm-dd hh:mm:ss"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFiles:
    """`name` is a file name without its ending."""

    picture: bytes
    xlsx: bytes
    csv: bytes
    name: str


async def report_files(unit: Unit, campaign: Campaign, zone: str, language: str) -> ReportFiles:
    """The report as things stand in `unit`, which must be a read unit: one snapshot for all three."""
    where = ZoneInfo(zone)
    tally = await unit.delivery.tally(campaign.id)
    sends = await unit.delivery.sent_over_time(campaign.id, parts=BARS)
    picture = Picture(
        title=campaign.name, funnel=Funnel.of(tally), rest=Rest.of(tally),
        excluded=sum(tally.excluded.values()),
        sends=[(at.astimezone(where), count) for at, count in sends], language=language,
        began=_day(campaign.started_at, where, language),
        state="" if campaign.state is CampaignState.COMPLETED else plain(f"state.{campaign.state}", language),
    )  # fmt: skip
    sheet = Sheet(language)
    async for group in _groups(unit.delivery.stream_recipients(campaign.id)):
        await asyncio.to_thread(sheet.add, [line_of(row, where) for row in group])
    xlsx, flat = await asyncio.to_thread(sheet.finish)
    drawn = await asyncio.to_thread(draw_report, picture)
    return ReportFiles(picture=drawn, xlsx=xlsx, csv=flat, name=file_name(campaign))


def _day(at: datetime | None, zone: ZoneInfo, language: str) -> str:
    """`3 Dec 2026`."""
    return f"{words.day(at, zone, language)} {at.astimezone(zone).year}" if at is not None else ""


async def _groups(rows: AsyncIterator[RecipientRow]) -> AsyncIterator[Sequence[RecipientRow]]:
    group: list[RecipientRow] = []
    async for row in rows:
        group.append(row)
        if len(group) == GROUP:
            yield group
            group = []
    if group:
        yield group


class Sheet:
    """The same rows as xlsx and as CSV. Its methods are slow: call them in a thread, one at a time."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.book = new_book()
        self.page: Any = self.book.create_sheet(plain("report.sheet", language))
        for letter, width in zip("ABCDEFGH", WIDTHS, strict=True):
            self.page.column_dimensions[letter].width = width
        self.page.freeze_panes = "A2"
        self.text = io.StringIO(newline="")
        self.csv = csv.writer(self.text)
        heads = [plain(f"report.{column}", language) for column in COLUMNS]
        self.page.append([_bold(self.page, head) for head in heads])
        self.csv.writerow(heads)

    def add(self, lines: Sequence[Line]) -> None:
        for line in lines:
            cells = self._cells(line)
            self.page.append([*cells, *(_time(self.page, at) for at in line.times)])
            self.csv.writerow([*cells, *("" if at is None else at.isoformat(" ") for at in line.times)])

    def _cells(self, line: Line) -> list[str]:
        state = plain(f"recipient.{line.state}", self.language)
        reason = words.reason(line.reason, self.language)
        number = words.number_shown(line.number, self.language)
        return [harmless(cell) for cell in (number, line.name, state, reason)]

    def finish(self) -> tuple[bytes, bytes]:
        """The files. CSV begins with a byte order mark: without it Excel takes UTF-8 for something else."""
        content = io.BytesIO()
        self.book.save(content)
        self.book.close()
        return content.getvalue(), self.text.getvalue().encode("utf-8-sig")


def _bold(page: Any, text: str) -> Any:
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font

    cell = WriteOnlyCell(page, value=text)
    cell.font = Font(bold=True)
    return cell


def _time(page: Any, at: datetime | None) -> Any:
    if at is None:
        return None
    from openpyxl.cell import WriteOnlyCell

    cell = WriteOnlyCell(page, value=at)
    cell.number_format = TIME_FORMAT
    return cell


def file_name(campaign: Campaign) -> str:
    """`report-12-Spring-sale`: letters and digits of any script, nothing that a path could mean."""
    slug = re.sub(r"[\W_]+", "-", campaign.name)[:LONGEST_NAME].strip("-")
    return f"report-{campaign.id}-{slug}" if slug else f"report-{campaign.id}"
