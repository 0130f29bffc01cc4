"""Makes docs/sample-contacts.xlsx, the file the demo imports. The same bytes every time.

The numbers are phonenumbers' own examples, one a country, so that no real person is in it; the people are
invented. Of its 24 rows 18 are ready, 2 are duplicates, 4 have bad numbers, whatever the workspace's country.
"""

import datetime as dt
import re
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Final

import openpyxl
import phonenumbers
from openpyxl.styles import Font
from phonenumbers import PhoneNumberFormat, PhoneNumberType

SAMPLE: Final = Path(__file__).with_name("sample-contacts.xlsx")
HEADER: Final = ("Name", "Phone", "City", "Due date")
FIRST_DUE: Final = dt.date(2027, 1, 4)
MADE_AT: Final = dt.datetime(2026, 1, 1)  # noqa: DTZ001 - openpyxl takes no zones

#: Name, city, and the country whose example number it is, or what stands in the cell instead.
PEOPLE: Final[tuple[tuple[str, str, str], ...]] = (
    ("Ayşe Yıldız", "İzmir", "TR"),
    ("Jürgen Weiß", "Köln", "DE"),
    ("Chloé Lefèvre", "Lyon", "FR"),
    ("Lucía Fernández", "Sevilla", "ES"),
    ("João Carvalho", "Recife", "BR"),
    ("Oliver Bennett", "Leeds", "GB"),
    ("Deniz Aksoy", "Ankara", "9.05012E+11"),
    ("Giulia Rossi", "Torino", "IT"),
    ("Ananya Sharma", "Pune", "IN"),
    ("Budi Santoso", "Bandung", "ID"),
    ("山本 さくら", "京都", "JP"),
    ("ليلى حسن", "الإسكندرية", "EG"),
    ("J. Weiss", "Köln", "again DE"),
    ("سلمان الحربي", "جدة", "SA"),
    ("נועה לוי", "חיפה", "IL"),
    ("Mert Can", "Bursa", "123"),
    ("Chidi Okafor", "Enugu", "NG"),
    ("Wanjiru Kamau", "Nakuru", "KE"),
    ("김서연", "부산", "KR"),
    ("Zofia Kowalska", "Łódź", "PL"),
    ("Elif Kara", "Antalya", "will ask"),
    ("Mateo Ramírez", "Puebla", "MX"),
    ("Joao Carvalho", "Recife", "again BR"),
    ("Emre Şahin", "Adana", "+90 501 234 56 789 012"),
)


def cell(what: str, row: int) -> str | int:
    """The example number in one of the ways people write them, or the text itself."""
    country = what.removeprefix("again ")
    if country not in phonenumbers.SUPPORTED_REGIONS:
        return what
    example = phonenumbers.example_number_for_type(country, PhoneNumberType.MOBILE)
    if example is None:
        raise LookupError(f"phonenumbers has no example of a mobile number in {country}")
    e164 = phonenumbers.format_number(example, PhoneNumberFormat.E164)
    ways = (
        phonenumbers.format_number(example, PhoneNumberFormat.INTERNATIONAL),
        e164,
        f"00{e164[1:]}",
    )
    return int(e164[1:]) if country != what else ways[row % len(ways)]


def make(path: Path = SAMPLE) -> None:
    """Write the workbook to `path`."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = "Contacts"
    sheet.freeze_panes = "A2"
    sheet.append(HEADER)
    for row, (name, city, what) in enumerate(PEOPLE, 1):
        sheet.append((name, cell(what, row), city, FIRST_DUE + dt.timedelta(days=row % 10)))
    for letter in "ABCD":
        sheet[f"{letter}1"].font = Font(bold=True)
        sheet.column_dimensions[letter].width = 24
    book.properties.created = MADE_AT
    made = BytesIO()
    book.save(made)
    _without_todays_date(made, path)


def _without_todays_date(made: BytesIO, path: Path) -> None:
    """openpyxl writes when it saved, in a part and on every part; the sample is to be the same every day."""
    with zipfile.ZipFile(made) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            content = source.read(name)
            if name == "docProps/core.xml":
                content = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>2026-01-01T00:00:00Z", content)
            target.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)


if __name__ == "__main__":
    make()
