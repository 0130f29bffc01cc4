"""The error file: the operator's sheet again, with what is wrong beside each row, as .xlsx.

Written by hand because openpyxl takes several times as long for the longest sheet there may be.
"""

import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape

from domain.contacts.importing.cells import as_text, is_blank
from domain.contacts.importing.columns import column_letters
from domain.contacts.importing.ports import NOBODY
from domain.contacts.importing.rows import Bad, Classifier, Duplicate, ImportPlan, Ready
from domain.contacts.importing.words import is_remark
from domain.kernel.formulas import would_run
from storage.sheets.tables import Line, is_empty

_NS: Final = "http://schemas.openxmlformats.org"
_HEAD: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_PARTS: Final = {
    "[Content_Types].xml": f'<Types xmlns="{_NS}/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Override PartName="/xl/workbook.xml" ContentType='
    '"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
    '<Override PartName="/xl/worksheets/sheet1.xml" ContentType='
    '"application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{_NS}/package/2006/relationships"><Relationship Id="rId1" '
    f'Type="{_NS}/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/>'
    "</Relationships>",
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_NS}/package/2006/relationships"><Relationship '
    f'Id="rId1" Type="{_NS}/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/>'
    "</Relationships>",
    "xl/workbook.xml": f'<workbook xmlns="{_NS}/spreadsheetml/2006/main" '
    f'xmlns:r="{_NS}/officeDocument/2006/relationships"><sheets>'
    '<sheet name="Contacts" sheetId="1" r:id="rId1"/></sheets></workbook>',
}
_PHONE_NUMBER: Final = re.compile(r"\+(?:[\s().\-/]*\d){7,15}")
#: Longer numbers would be shown as 9.05321E+11.
_SHOWN_WHOLE: Final = 1e11
_ILLEGAL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_LOOKS_ESCAPED: Final = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
_FLUSH: Final = 512 * 1024


def write_error_book(
    path: Path,
    plan: ImportPlan,
    lines: Callable[[], Iterable[Line]],
    sentences: Mapping[str, str],
    left_out: Mapping[str, str] = NOBODY,
) -> None:
    """Write the sheet to `path`. Reasons stand in one column, right of the widest row: hence two readings. In
    an error file that came back they stand where they stood.

    `left_out`: which sentence tells of a number."""
    width, column = 0, None
    for row_no, cells in lines():
        width = max(width, len(cells))
        if row_no == plan.header_row:
            column = next((i for i, cell in enumerate(cells) if is_remark(as_text(cell))), None)
    column = width if column is None else column
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as archive:
        for name, xml in _PARTS.items():
            archive.writestr(name, _HEAD + xml)
        with archive.open("xl/worksheets/sheet1.xml", "w") as sheet:
            waiting: list[str] = []
            size = 0
            for xml in _sheet(plan, lines(), column, sentences, left_out):
                waiting.append(xml)
                size += len(xml)
                if size > _FLUSH:
                    sheet.write("".join(waiting).encode())
                    waiting, size = [], 0
            sheet.write("".join(waiting).encode())


def harmless(text: str) -> str:
    """Text no spreadsheet takes for a formula: an apostrophe goes before what begins like one. A phone number
    stays as it was written."""
    return f"'{text}" if would_run(text) and not _PHONE_NUMBER.fullmatch(text.strip()) else text


def _sheet(
    plan: ImportPlan,
    lines: Iterable[Line],
    column: int,
    sentences: Mapping[str, str],
    left_out: Mapping[str, str],
) -> Iterator[str]:
    classifier = Classifier(plan)
    yield f'{_HEAD}<worksheet xmlns="{_NS}/spreadsheetml/2006/main"><cols>'
    yield f'<col min="1" max="{column + 1}" width="18" customWidth="1"/></cols><sheetData>'
    for row_no, cells in lines:
        if is_empty(cells) and row_no != plan.header_row:
            continue
        row = classifier.classify(row_no, cells)
        remark = ""
        if row_no == plan.header_row:
            remark = sentences["column"]
        elif isinstance(row, Bad):
            remark = sentences[row.reason]
        elif isinstance(row, Duplicate):
            remark = sentences["duplicate"].replace("{row}", str(row.of_row))
        elif isinstance(row, Ready) and row.number in left_out:
            remark = sentences[left_out[row.number]]
        shown = [*cells, *([None] * (column + 1 - len(cells)))]
        shown[column] = remark
        xml = "".join(
            _cell(f"{column_letters(i)}{row_no}", cell) for i, cell in enumerate(shown) if not is_blank(cell)
        )
        if xml:
            yield f'<row r="{row_no}">{xml}</row>'
    yield "</sheetData></worksheet>"


def _cell(place: str, cell: object) -> str:
    if isinstance(cell, int | float) and not isinstance(cell, bool) and abs(cell) < _SHOWN_WHOLE:
        return f'<c r="{place}"><v>{as_text(cell)}</v></c>'
    # What no sheet can hold goes first: it must not stand before what would then begin like a formula.
    shown = harmless(_ILLEGAL.sub("", cell if isinstance(cell, str) else as_text(cell)))
    text = _LOOKS_ESCAPED.sub("_x005F_", shown)[:32_000]
    return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{escape(text)}</t></is></c>'
