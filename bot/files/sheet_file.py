"""A workbook written to disk row after row: memory holds one group of rows, however many there are.

By hand, because openpyxl keeps every text of a book in memory until its end and takes four times as long.
"""

import re
import zipfile
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self
from xml.sax.saxutils import escape, quoteattr

#: A sheet takes 1,048,576 rows; more go to a second one, which begins with the headings too.
A_SHEET: Final = 1_000_000
TIME_FORMAT: Final = "yyyy-mm-dd hh:mm:ss"

_NS: Final = "http://schemas.openxmlformats.org"
_MAIN: Final = f"{_NS}/spreadsheetml/2006/main"
_REL: Final = f"{_NS}/officeDocument/2006/relationships"
_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_HEAD: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_FIRST_DAY: Final = datetime.fromisoformat("1899-12-30")
_A_DAY: Final = 86_400
#: What Excel would take for a character that is written out.
_LOOKS_ESCAPED: Final = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
_PLAIN, _BOLD, _TIME = range(3)
_FONT: Final = '<sz val="11"/><name val="Calibri"/>'
_STYLES: Final = (
    f'<styleSheet xmlns="{_MAIN}"><numFmts count="1"><numFmt numFmtId="164" formatCode="{TIME_FORMAT}"/>'
    f'</numFmts><fonts count="2"><font>{_FONT}</font><font><b/>{_FONT}</font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill '
    'patternType="gray125"/></fill></fills><borders count="1"><border/></borders>'
    '<cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="3"><xf xfId="0"/>'
    '<xf xfId="0" fontId="1" applyFont="1"/><xf xfId="0" numFmtId="164" applyNumberFormat="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)

Cell = str | int | datetime | None


class SheetFile:
    """`with SheetFile(path, …) as sheet: sheet.add(rows)`. Its methods are slow: call them in a thread, one
    at a time. Texts must be harmless already (domain.reports.model). After an error it is no whole book."""

    def __init__(
        self, path: Path, *, title: str, heads: Sequence[str], widths: Sequence[int], a_sheet: int = A_SHEET
    ) -> None:
        self._title, self._heads, self._widths, self._a_sheet = title, heads, widths, a_sheet
        self._sheets = self._rows = 0
        self._open: IO[bytes] | None = None
        with ExitStack() as opened:
            self._out = opened.enter_context(path.open("wb"))
            self._archive = opened.enter_context(
                zipfile.ZipFile(self._out, "w", zipfile.ZIP_DEFLATED, compresslevel=3)
            )
            opened.callback(self._close_page)
            self._page()
            self._opened = opened.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            with self._opened:
                self._end_page()
                self._finish()
            return
        # What went wrong is known: that a full disk does not take the end either says less.
        with suppress(OSError, ValueError):
            self._opened.__exit__(kind, error, trace)

    @property
    def written(self) -> int:
        """Bytes so far, but for the few that are not packed yet."""
        return self._out.tell()

    def add(self, rows: Sequence[Sequence[Cell]]) -> None:
        while rows:
            room = self._a_sheet - self._rows
            if not room:
                self._end_page()
                self._page()
                continue
            part, rows = rows[:room], rows[room:]
            self._write("".join(f"<row>{''.join(map(_cell, row))}</row>" for row in part))
            self._rows += len(part)

    def _page(self) -> None:
        self._sheets, self._rows = self._sheets + 1, 0
        self._open = self._archive.open(f"xl/worksheets/sheet{self._sheets}.xml", "w", force_zip64=True)
        widths = "".join(
            f'<col min="{n}" max="{n}" width="{width}" customWidth="1"/>'
            for n, width in enumerate(self._widths, 1)
        )
        frozen = '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
        heads = "".join(_text(head, _BOLD) for head in self._heads)
        self._write(
            f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">{frozen}'
            f"</sheetView></sheetViews><cols>{widths}</cols><sheetData><row>{heads}</row>"
        )

    def _end_page(self) -> None:
        self._write("</sheetData></worksheet>")
        self._close_page()

    def _close_page(self) -> None:
        page, self._open = self._open, None
        if page is not None:
            page.close()

    def _write(self, xml: str) -> None:
        if self._open is None:
            raise ValueError("no page is open")
        self._open.write(xml.encode())

    def _finish(self) -> None:
        numbers = range(1, self._sheets + 1)
        sheets = "".join(
            f"<sheet name={quoteattr(self._title if n == 1 else f'{self._title} {n}')} "
            f'sheetId="{n}" r:id="rId{n}"/>'
            for n in numbers
        )
        pages = "".join(_relation(f"rId{n}", "worksheet", f"worksheets/sheet{n}.xml") for n in numbers)
        kinds = "".join(_kind(f"/xl/worksheets/sheet{n}.xml", "worksheet") for n in numbers)
        parts = {
            "[Content_Types].xml": f'<Types xmlns="{_NS}/package/2006/content-types"><Default '
            'Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f"{_kind('/xl/workbook.xml', 'sheet.main')}{_kind('/xl/styles.xml', 'styles')}{kinds}</Types>",
            "_rels/.rels": _relations(_relation("rId1", "officeDocument", "xl/workbook.xml")),
            "xl/_rels/workbook.xml.rels": _relations(pages + _relation("styles", "styles", "styles.xml")),
            "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_REL}"><sheets>{sheets}</sheets>'
            "</workbook>",
            "xl/styles.xml": _STYLES,
        }
        for name, xml in parts.items():
            self._archive.writestr(name, _HEAD + xml)


def _kind(part: str, what: str) -> str:
    return f'<Override PartName="{part}" ContentType="{_TYPE}.{what}+xml"/>'


def _relation(id: str, what: str, to: str) -> str:
    return f'<Relationship Id="{id}" Type="{_REL}/{what}" Target="{to}"/>'


def _relations(some: str) -> str:
    return f'<Relationships xmlns="{_NS}/package/2006/relationships">{some}</Relationships>'


def _cell(cell: Cell) -> str:
    if isinstance(cell, str):
        return _text(cell, _PLAIN)
    if isinstance(cell, datetime):
        since = cell - _FIRST_DAY
        return f'<c s="{_TIME}"><v>{since.days + since.seconds / _A_DAY!r}</v></c>'
    return "<c/>" if cell is None else f"<c><v>{cell}</v></c>"


def _text(text: str, style: int) -> str:
    shown = escape(_LOOKS_ESCAPED.sub("_x005F_", text))
    return f'<c s="{style}" t="inlineStr"><is><t xml:space="preserve">{shown}</t></is></c>'
