"""Makes docs/sample-contacts.xlsx, the file the demo imports. The same bytes every time.

The numbers are phonenumbers' own examples, one a country, so that no real person is in it; the people are invented.
Of its 24 rows 18 are ready, 2 are duplicates and 4 have bad numbers, whatever the workspace's country.
"""

import datetime as dt
from pathlib import Path
from typing import Final

import phonenumbers
import xlsxwriter
from phonenumbers import PhoneNumberFormat, PhoneNumberType

SAMPLE: Final = Path(__file__).with_name("sample-contacts.xlsx")
HEADER: Final = ("Name", "Phone", "City", "Due date")
FIRST_DUE: Final = dt.date(2027, 1, 4)
MADE_AT: Final = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)

#: Name, city, and the country whose example number it is, or what stands in the cell instead.
PEOPLE: Final[tuple[tuple[str, str, object], ...]] = (
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
    ("Mert Can", "Bursa", "0501 234"),
    ("Chidi Okafor", "Enugu", "NG"),
    ("Wanjiru Kamau", "Nakuru", "KE"),
    ("김서연", "부산", "KR"),
    ("Zofia Kowalska", "Łódź", "PL"),
    ("Elif Kara", "Antalya", "will ask"),
    ("Mateo Ramírez", "Puebla", "MX"),
    ("Joao Carvalho", "Recife", "again BR"),
    ("Emre Şahin", "Adana", "+90 501 234 56 789 012"),
)


def cell(what: object, row: int) -> object:
    """The example number in one of the ways people write them, or the text itself."""
    country = str(what).removeprefix("again ")
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
    book = xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd"})
    book.set_properties({"title": "Sample contacts", "created": MADE_AT.replace(tzinfo=None)})
    bold = book.add_format({"bold": True})
    sheet = book.add_worksheet("Contacts")
    sheet.set_column(0, 3, 24)
    sheet.freeze_panes(1, 0)
    sheet.write_row(0, 0, HEADER, bold)
    for row, (name, city, what) in enumerate(PEOPLE, 1):
        sheet.write_row(row, 0, (name, cell(what, row), city))
        sheet.write_datetime(row, 3, FIRST_DUE + dt.timedelta(days=row % 10))
    book.close()


if __name__ == "__main__":
    make()
