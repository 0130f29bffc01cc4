"""xlsx and ods, broken from within: their parts are bent and packed again, so that the reader sees them."""

import random
from datetime import UTC, datetime
from io import BytesIO
from xml.sax.saxutils import escape

import xlsxwriter

from tests.contract.sheet_files import ODS_TYPE
from tests.fuzz.corpus.damage import damaged
from tests.fuzz.corpus.made import CELLS, Made, a_table, members_of, zipped

SHEET = "xl/worksheets/sheet1.xml"
STRINGS = "xl/sharedStrings.xml"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_ANNOUNCED = ("UTF-16", "UTF-7", "x", "EBCDIC-CP-US")
_OUTSIDE = ("file:///etc/passwd", "http://127.0.0.1:9/", "file:///dev/zero", "\\\\127.0.0.1\\x")
_OASIS = "urn:oasis:names:tc:opendocument:xmlns"


def written(table: list[list[str]], *, formulas: bool = False) -> bytes:
    out = BytesIO()
    book = xlsxwriter.Workbook(
        out, {"strings_to_formulas": formulas, "strings_to_urls": False, "in_memory": True}
    )
    # The library writes down when it was made; the same number is the same file at any time.
    book.set_properties({"created": datetime(2026, 1, 1, tzinfo=UTC)})
    page = book.add_worksheet()
    for number, row in enumerate(table):
        page.write_row(number, 0, row)
    book.close()
    return out.getvalue()


def plain(chance: random.Random) -> Made:
    """Hostile cells in a sound workbook; formulas too, with values that something else worked out."""
    return Made(written(a_table(chance), formulas=chance.random() < 0.5), "xlsx")


def bent_part(chance: random.Random) -> Made:
    """One part damaged, gone, under another name, or taken for another."""
    members = members_of(written(a_table(chance)))
    victim = chance.choice(sorted(members))
    match chance.randrange(6):
        case 0:
            del members[victim]
        case 1:
            members[victim.upper()] = members.pop(victim)
        case 2:
            other = chance.choice(sorted(members))
            members[victim], members[other] = members[other], members[victim]
        case _:
            for _ in range(chance.randint(1, 3)):
                members[victim] = damaged(members[victim], chance)
    return Made(zipped(members), "xlsx")


def hostile_xml(chance: random.Random) -> Made:
    """Entities that multiply or look elsewhere, nesting without end, encodings that nobody announced."""
    members = members_of(written([["Phone", "Name"], ["+905321234567", "Ayşe"]]))
    part = chance.choice((SHEET, STRINGS, "xl/workbook.xml", "xl/styles.xml", "xl/_rels/workbook.xml.rels"))
    whole = members[part].decode()
    head, _, body = whole.partition("?>")
    root = body.strip()[1:].split(None, 1)[0]
    deep = chance.choice((100, 20_000))
    laughs = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 10))
    outside = chance.choice(
        ("file:///etc/passwd", "http://127.0.0.1:9/", "file:///dev/zero", "\\\\127.0.0.1\\x")
    )
    turned = (
        f'{head}?><!DOCTYPE {root} [<!ENTITY l0 "lol">{laughs}]>{body.replace("Ayşe", "&l9;")}',
        f'{head}?><!DOCTYPE {root} [<!ENTITY x SYSTEM "{outside}">]>{body.replace("Ayşe", "&x;")}',
        f'{head}?><!DOCTYPE {root} [<!ENTITY % p SYSTEM "{outside}">%p;]>{body}',
        f'{head}?><!DOCTYPE {root} SYSTEM "{outside}">{body}',
        f'{head}?>{"<a>" * deep}{body}{"</a>" * deep}',
        whole.replace("<t>", "<t " + " ".join(f"a{i}='x'" for i in range(deep)) + ">"),
        whole.replace("Ayşe", "<![CDATA[" + "x" * deep),
        whole.replace("Ayşe", "&#0;&#xD800;&#x110000;&#99999999999;&nbsp;"),
        whole.replace('"UTF-8"', f'"{chance.choice(_ANNOUNCED)}"'),
        whole.replace(_MAIN, chance.choice(("", "urn:x", _MAIN + "x" * deep))),
        whole.replace("Id=", "Id ='rId1' Id=").replace("worksheets/sheet1.xml", chance.choice((
            "../../../../etc/passwd", "/etc/passwd", "worksheets/sheet1.xml#x", "../xl/workbook.xml", "",
            "x" * deep, "http://127.0.0.1:9/x.xml",
        ))),
        "<!--" + "x" * deep + whole,
    )  # fmt: skip
    bent = chance.choice(turned)
    members[part] = bent.encode(chance.choice(("utf-8", "utf-8", "utf-8", "utf-16")), "replace")
    return Made(zipped(members), "xlsx")


def far_cells(chance: random.Random) -> Made:
    """Sheets that say they are huge, and sheets that are nearly all emptiness."""
    members = members_of(written([["Phone"], ["+905321234567"]]))
    last = chance.choice((1_048_576, 1_048_577, 2**31, 2**32, 2**64, 10**30, 0, -1, 100_000, 200_001))
    column = chance.choice(("A", "B", "Z", "BL", "BM", "XFD", "XFE", "ZZZZZZ", "a", "Ä", ""))
    cell = f'<c r="{column}{last}" t="inlineStr"><is><t>x</t></is></c>'
    phone = '<row r="1"><c r="A1" t="inlineStr"><is><t>Phone</t></is></c></row>'
    empty = chance.choice((100, 100_000))
    bodies = (
        f"{phone}<row r='{last}'>{cell}</row>",
        f"<row r='{last}'>{cell}</row>{phone}",
        phone + "".join(f'<row r="{n}"/>' for n in range(2, empty)),
        phone + "".join(f'<row r="{n}"><c r="A{n}" s="1"/></row>' for n in range(2, empty)),
        phone + "<row/>" * empty,
        phone + "<row><c><v>1</v></c></row>" * empty,
        f"{phone}<row r='{last}'>{cell.replace('inlineStr', 's')}</row>",
        f"{phone}<row r='2'><c r='A2' t='s'><v>{last}</v></c><c r='B2' s='{last}'><v>1e999</v></c></row>",
        f"{phone}<row r='2'><c r='A2' t='d'><v>{last}-13-99T99</v></c><c r='B2' t='e'><v>#X</v></c></row>",
    )
    area = chance.choice((f"A1:{column}{last}", "A1:XFD1048576", "XFD1048576:A1", "A1", "", ":", "A1:A1:A1"))
    merged = f'<mergeCells><mergeCell ref="{area}"/></mergeCells>' * chance.choice((0, 1, 1000))
    members[SHEET] = (
        f'<?xml version="1.0" encoding="UTF-8"?><worksheet xmlns="{_MAIN}"><dimension ref="{area}"/>'
        f"<sheetData>{chance.choice(bodies)}</sheetData>{merged}</worksheet>"
    ).encode()
    return Made(zipped(members), "xlsx")


def ods(chance: random.Random) -> Made:
    """Rows and cells that repeat; the same tricks with XML."""
    times = chance.choice((1, 2, 64, 16_384, 1_048_576, 2**31, 2**64, -1))
    across = chance.choice((1, 2, 64, 65, 16_384, 2**40))
    rows = "".join(
        f"<table:table-row>{''.join(map(_ods_cell, row))}</table:table-row>"
        for row in a_table(chance, rows=20)
    )
    filling = chance.choice(("", "<text:p>x</text:p>"))
    repeated = (
        f'<table:table-row table:number-rows-repeated="{times}"><table:table-cell office:value-type="string" '
        f'table:number-columns-repeated="{across}">{filling}</table:table-cell>'
        "</table:table-row>"
    )
    laughs = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 10))
    doctype = chance.choice(("", "", f'<!DOCTYPE x [<!ENTITY l0 "lol">{laughs}]>'))
    body = chance.choice((rows, rows + repeated, repeated + rows, rows + "<text:p>&l9;</text:p>"))
    xml = (
        f'<?xml version="1.0" encoding="UTF-8"?>{doctype}<office:document-content '
        f'xmlns:office="{_OASIS}:office:1.0" xmlns:table="{_OASIS}:table:1.0" xmlns:text="{_OASIS}:text:1.0">'
        f'<office:body><office:spreadsheet><table:table table:name="L">{body}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    ).encode("utf-8", "replace")
    if chance.random() < 0.4:
        xml = damaged(xml, chance)
    return Made(zipped({"mimetype": ODS_TYPE.encode(), "content.xml": xml}), "ods")


def _ods_cell(value: str) -> str:
    kind = "float" if value in CELLS[:3] else "string"
    return (
        f'<table:table-cell office:value-type="{kind}" office:value="{len(value)}">'
        f"<text:p>{escape(value)}</text:p></table:table-cell>"
    )
