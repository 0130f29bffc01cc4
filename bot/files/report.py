"""A campaign's report as files: a picture, a spreadsheet and a CSV.

Rows are streamed from one snapshot to files on disk, a group at a time in a thread, so that the bot answers
taps meanwhile and memory holds one group; times are those of the workspace's wall clock.
"""

import asyncio
import csv
import re
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Final, Self
from zoneinfo import ZoneInfo

from bot.files.pictures import Picture, draw_report
from bot.files.sheet_files import SheetFiles
from bot.screens import campaign_words as words
from bot.texts import plain
from domain.campaigns.model import Campaign, CampaignState
from domain.delivery.store import RecipientRow
from domain.reports.model import Funnel, Line, Rest, harmless, line_of
from domain.scheduler.unit import Unit

GROUP: Final = 500
BARS: Final = 24
LONGEST_NAME: Final = 40
#: What its files are called on the disk.
FILE: Final = "report"
COLUMNS: Final = ("number", "name", "state", "reason", "sent", "delivered", "read", "replied")
WIDTHS: Final = (18, 28, 16, 34, 20, 20, 20, 20)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFiles:
    """`name` is a file name without its ending; the files lie where they were asked to, as report.xlsx,
    report-2.xlsx where one is not enough, and report.csv."""

    picture: bytes
    books: Sequence[Path]
    csv: Path
    name: str


Told = Callable[[int], object]


def nobody_asks(_rows: int) -> None:
    return None


async def report_files(
    unit: Unit, campaign: Campaign, zone: str, language: str, folder: Path, *, told: Told = nobody_asks
) -> ReportFiles:
    """The report as things stand in `unit`, which must be a read unit: one snapshot for all three. `told`
    hears how many rows are written."""
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
    drawn = await asyncio.to_thread(draw_report, picture)
    written = 0
    with Sheet(folder, where, language) as sheet:
        async for group in _groups(unit.delivery.stream_recipients(campaign.id)):
            await asyncio.to_thread(sheet.add, group)
            written += len(group)
            told(written)
        await asyncio.to_thread(sheet.finish)
    return ReportFiles(picture=drawn, books=sheet.books.paths, csv=sheet.csv, name=file_name(campaign))


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
    """The same rows as xlsx and as CSV, on disk. Its methods are slow: call them in a thread, one at a time.

    CSV begins with a byte order mark: without it Excel takes UTF-8 for something else."""

    def __init__(self, folder: Path, zone: ZoneInfo, language: str) -> None:
        self._zone, self._language = zone, language
        heads = [plain(f"report.{column}", language) for column in COLUMNS]
        title = plain("report.sheet", language)
        self.csv = folder / f"{FILE}.csv"
        with ExitStack() as opened:
            books = SheetFiles(folder, FILE, title=title, heads=heads, widths=WIDTHS)
            self.books = opened.enter_context(books)
            text = opened.enter_context(self.csv.open("w", encoding="utf-8-sig", newline=""))
            self._csv = csv.writer(text)
            self._csv.writerow(heads)
            self._stack = opened.pop_all()
        #: Of states and reasons there are few.
        self._words: dict[tuple[str, str], tuple[str, str]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    def add(self, rows: Sequence[RecipientRow]) -> None:
        lines = [line_of(row, self._zone) for row in rows]
        cells = [self._cells(line) for line in lines]
        self.books.add([[*texts, *line.times] for texts, line in zip(cells, lines, strict=True)])
        self._csv.writerows(
            [*texts, *("" if at is None else at.isoformat(" ") for at in line.times)]
            for texts, line in zip(cells, lines, strict=True)
        )

    def _cells(self, line: Line) -> list[str]:
        code = line.state, line.reason
        if code not in self._words:
            state = plain(f"recipient.{line.state}", self._language)
            self._words[code] = harmless(state), harmless(words.reason(line.reason, self._language))
        number = words.number_shown(line.number, self._language)
        return [harmless(number), harmless(line.name), *self._words[code]]

    def finish(self) -> None:
        self._stack.close()


def file_name(campaign: Campaign) -> str:
    """`report-12-Spring-sale`: letters and digits of any script, nothing that a path could mean."""
    slug = re.sub(r"[\W_]+", "-", campaign.name)[:LONGEST_NAME].strip("-")
    return f"report-{campaign.id}-{slug}" if slug else f"report-{campaign.id}"
