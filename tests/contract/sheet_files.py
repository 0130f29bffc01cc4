"""Files as people (and worse) send them, made without the library that reads them."""

import struct
import zipfile
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from xml.sax.saxutils import escape

import xlsxwriter

ODS_TYPE = "application/vnd.oasis.opendocument.spreadsheet"
_OASIS = "urn:oasis:names:tc:opendocument:xmlns"
_SECTOR = 512


def xlsx(path: Path, rows: Sequence[Sequence[object]], sheet: str = "Sheet1") -> Path:
    """A workbook of one sheet."""
    book = xlsxwriter.Workbook(path, {"strings_to_formulas": False, "strings_to_urls": False})
    page = book.add_worksheet(sheet)
    for number, row in enumerate(rows):
        page.write_row(number, 0, row)
    book.close()
    return path


def ods(
    path: Path, rows: Sequence[Sequence[str | float]], *, manifest: str = "", body: str | None = None
) -> Path:
    """An OpenDocument sheet; `body` takes the place of the rows' XML."""
    if body is None:
        body = "".join(f"<table:table-row>{''.join(map(_ods_cell, row))}</table:table-row>" for row in rows)
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content xmlns:office="{_OASIS}:office:1.0" '
        f'xmlns:table="{_OASIS}:table:1.0" xmlns:text="{_OASIS}:text:1.0"><office:body><office:spreadsheet>'
        f'<table:table table:name="Leute">{body}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", ODS_TYPE)
        archive.writestr(
            "META-INF/manifest.xml",
            f'<manifest:manifest xmlns:manifest="{_OASIS}:manifest:1.0">{manifest}</manifest:manifest>',
        )
        archive.writestr("content.xml", content)
    return path


def _ods_cell(value: str | float) -> str:
    text = f"<text:p>{escape(str(value))}</text:p></table:table-cell>"
    if isinstance(value, str):
        return f'<table:table-cell office:value-type="string">{text}'
    return f'<table:table-cell office:value-type="float" office:value="{value}">{text}'


def xls(path: Path, rows: Sequence[Sequence[str | float]]) -> Path:
    """A BIFF8 workbook of one sheet, in its OLE container."""
    sheet = [_record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0010, 0, 0, 0, 0))]
    width = max(len(row) for row in rows)
    sheet.append(_record(0x0200, struct.pack("<IIHHH", 0, len(rows), 0, width, 0)))
    for r, row in enumerate(rows):
        for c, value in enumerate(row):
            if isinstance(value, str):
                text = struct.pack("<HHHHB", r, c, 0, len(value), 1) + value.encode("utf-16-le")
                sheet.append(_record(0x0204, text))
            else:
                sheet.append(_record(0x0203, struct.pack("<HHHd", r, c, 0, value)))
    sheet.append(_record(0x000A, b""))
    name = "Kişiler".encode("utf-16-le")
    begin = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0005, 0, 0, 0, 0))
    bound_size = 4 + 8 + len(name)
    position = len(begin) + bound_size + 4
    bound = _record(0x0085, struct.pack("<IBBBB", position, 0, 0, len(name) // 2, 1) + name)
    path.write_bytes(ole({"Workbook": begin + bound + _record(0x000A, b"") + b"".join(sheet)}))
    return path


def _record(kind: int, data: bytes) -> bytes:
    return struct.pack("<HH", kind, len(data)) + data


def ole(streams: dict[str, bytes]) -> bytes:
    """An OLE compound file. Streams are padded to 4,096 bytes, below which other rules would begin."""
    free, end, fat_sector = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
    fat = [fat_sector, end]
    entries = [_ole_entry("Root Entry", 5, end, 0, child=1)]
    body = b""
    for index, (name, data) in enumerate(streams.items(), 1):
        data = data.ljust(4096, b"\0")
        data += b"\0" * (-len(data) % _SECTOR)
        first = len(fat)
        count = len(data) // _SECTOR
        fat += [first + i + 1 for i in range(count - 1)] + [end]
        right = index + 1 if index < len(streams) else free
        entries.append(_ole_entry(name, 2, first, len(data), right=right))
        body += data
    fat += [free] * (_SECTOR // 4 - len(fat))
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 16
    header += struct.pack("<HHHHH6xIIIIIIIII", 0x3E, 3, 0xFFFE, 9, 6, 0, 1, 1, 0, 4096, end, 0, end, 0)
    header += struct.pack("<I", 0) + struct.pack("<I", free) * 108
    directory = b"".join(entries).ljust(_SECTOR, b"\0")
    return header + struct.pack(f"<{len(fat)}I", *fat) + directory + body


def _ole_entry(
    name: str, kind: int, first: int, size: int, *, child: int = 0xFFFFFFFF, right: int = 0xFFFFFFFF
) -> bytes:
    text = name.encode("utf-16-le")
    return (
        text.ljust(64, b"\0")
        + struct.pack("<HBBIII", len(text) + 2, kind, 1, 0xFFFFFFFF, right, child)
        + b"\0" * 36
        + struct.pack("<IQ", first, size)
    )


def zipped(path: Path, members: dict[str, bytes]) -> Path:
    """A zip of these files."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def patched_xlsx(path: Path, rows: Sequence[Sequence[object]], member: str, old: bytes, new: bytes) -> Path:
    """A workbook with some bytes of one of its parts changed."""
    whole = BytesIO(xlsx(path, rows).read_bytes())
    with zipfile.ZipFile(whole) as source:
        members = {name: source.read(name) for name in source.namelist()}
    assert old in members[member]
    members[member] = members[member].replace(old, new, 1)
    return zipped(path, members)


def lying_zip(path: Path, name: str, real: bytes, claimed: int) -> Path:
    """A zip whose directory claims another size for its one member than what comes out of it."""
    zipped(path, {name: real})
    content = bytearray(path.read_bytes())
    central = content.rindex(b"PK\x01\x02")
    struct.pack_into("<I", content, central + 24, claimed)
    struct.pack_into("<I", content, 22, claimed)
    path.write_bytes(bytes(content))
    return path
