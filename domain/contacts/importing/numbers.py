"""From what a cell holds to an E.164 number, or why not.

Readings are tried in this order:

1. With a plus or a leading `00`: the digits begin with a calling code.
2. Without: a number of the workspace's country (its own calling code may stand in front).
3. Without, eleven digits or more and of a length no mobile number of that country has: a mobile number,
   calling code first, whose plus was lost, as spreadsheets do to `+491701234567`. Shorter ones are never read
   so: a slip of the finger in a local number must not turn into a stranger abroad.

From twelve digits on, reading 3 goes before a fixed line by reading 2. Germany has such long ones that
`4915123456789` could be one in Leer, as phonenumbers says it is; who writes this means the mobile number.
"""

import math
import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from domain.contacts.importing import dialling
from domain.contacts.importing.dialling import Length, Reading


class Reason(StrEnum):
    """Why a cell is no number we can send to. Stable: sentences are looked up by it."""

    EMPTY = "empty"
    NOT_A_NUMBER = "not_a_number"
    LOST_DIGITS = "lost_digits"  # a spreadsheet rounded it to 9.05321E+11
    SEVERAL = "several_numbers"
    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    NO_SUCH_COUNTRY_CODE = "no_such_country_code"
    NO_COUNTRY = "no_country"  # neither the number nor the workspace says which country
    INVALID = "invalid"


@dataclass(frozen=True, slots=True)
class BadNumber:
    reason: Reason


_BAD: Final = {reason: BadNumber(reason) for reason in Reason}

#: Fewer digits than this cannot be a foreign number that lost its plus.
_SHORTEST_FOREIGN: Final = 11
#: Written in so many digits, a number is sooner a mobile one without its plus than a fixed line.
_LONG_FOR_A_FIXED_LINE: Final = 12
#: E.164's longest.
_LONGEST: Final = 15
#: Spreadsheets show six significant digits of a long number; one that has no more was saved as it was shown.
_SHOWN_DIGITS: Final = 6
_SHOWN_SHORT_FROM: Final = 12
_LONGEST_CELL: Final = 250


class _Cleaning(dict[int, str | None]):
    """For `str.translate`: digits of any script become ASCII, what may stand between digits goes."""

    def __missing__(self, point: int) -> str | None:
        char = chr(point)
        category = unicodedata.category(char)
        answer: str | None = char
        if category == "Nd":
            answer = str(unicodedata.decimal(char))
        elif char == "＋":
            answer = "+"
        elif category in {"Zs", "Zl", "Zp", "Cf", "Cc", "Pd"} or char in "()[]./~*·•_−（）．":
            answer = None
        self[point] = answer
        return answer


_CLEANING: Final = _Cleaning()
_FRACTION: Final = re.compile(r"\s*'?(\+?\d{7,})[.,]0{1,2}\s*")
_SCIENTIFIC: Final = re.compile(r"\+?(\d+)(?:[.,](\d+))?[eE]\+?(\d{1,3})")
_FORMULA_TEXT: Final = re.compile(r'="([^"]*)"')
_LINK: Final = re.compile(
    r"(?:https?://)?(?:www\.)?(?:wa\.me/|api\.whatsapp\.com/send/?\?phone=|whatsapp://send/?\?phone=)(?:\+|%2B)?(\d+)\S*"
    r"|(?P<jid>\d+)@(?:s\.whatsapp\.net|c\.us)",
    re.I,
)
_BEFORE: Final = re.compile(
    r"(?:tel|telefon|telefono|telephone|téléphone|phone|mobile|mobil|mob|cell|cel|whatsapp|wa|gsm|cep|handy|тел|моб|هاتف)"
    r"\b[\s.:：#]*",
    re.I,
)
_AFTER: Final = re.compile(
    r"[\s,;]*(?:;ext=|extension|ext|dahili|durchwahl|доб|anexo|poste|x|#)[\s.:]*\d{1,7}$", re.I
)
_BETWEEN_TWO: Final = re.compile(r"[/,;|&\n]+")


class Normaliser:
    """`normalise` with its country fixed; one an import."""

    def __init__(self, country: str) -> None:
        """`country`: two letters of ISO 3166, as the workspace's; anything unknown means none."""
        country = country.strip().upper()
        self._country = country if dialling.supports(country) else None

    def __call__(self, cell: object) -> str | BadNumber:
        """See `normalise`."""
        if type(cell) is str:
            if cell[-2:] not in _FRACTION_ENDS:
                if _is_digits(cell):
                    return self._digits(cell, numeric=False)
                text = cell.translate(_CLEANING)
                if _is_digits(text):
                    answer = self._digits(text, numeric=False)
                    if type(answer) is str or not _BETWEEN_TWO.search(cell):
                        return answer
            return self._text(cell)
        if isinstance(cell, bool) or not isinstance(cell, int | float | str):
            return _BAD[Reason.EMPTY if cell is None else Reason.NOT_A_NUMBER]
        if isinstance(cell, str):
            return self._text(cell)
        return self._numeric(cell)

    def _numeric(self, value: float) -> str | BadNumber:
        if isinstance(value, float) and (not math.isfinite(value) or not value.is_integer()):
            return _BAD[Reason.NOT_A_NUMBER]
        if value <= 0:
            return _BAD[Reason.NOT_A_NUMBER]
        if value >= 10**_LONGEST:
            return _BAD[Reason.TOO_LONG]
        digits = str(int(value))
        if len(digits) >= _SHOWN_SHORT_FROM and len(digits.rstrip("0")) <= _SHOWN_DIGITS:
            return _BAD[Reason.LOST_DIGITS]
        return self._digits(digits, numeric=True)

    def _text(self, cell: str) -> str | BadNumber:
        """The careful way: words, links, scientific form, several numbers."""
        text = unicodedata.normalize("NFKC", cell[:_LONGEST_CELL]).strip()
        if quoted := _FORMULA_TEXT.fullmatch(text):
            text = quoted[1]
        text = text.strip("'\"`’ ")
        if fraction := _FRACTION.fullmatch(text):
            text = fraction[1]
        if scientific := _SCIENTIFIC.fullmatch(text):
            return self._scientific(*scientific.groups())
        if link := _LINK.fullmatch(text):
            return self._digits(f"+{link[1] or link['jid']}", numeric=False)
        if self._is_several(_BETWEEN_TWO.split(text)):
            return _BAD[Reason.SEVERAL]
        if before := _BEFORE.match(text):
            text = text[before.end() :]
        text = _AFTER.sub("", text).translate(_CLEANING)
        if not text:
            return _BAD[Reason.EMPTY]
        if not _is_digits(text):
            return _BAD[Reason.NOT_A_NUMBER]
        return self._digits(text, numeric=False)

    def _is_several(self, parts: list[str]) -> bool:
        """Two or more parts that are numbers by themselves."""
        plain = [part.translate(_CLEANING) for part in parts]
        readings = [self._digits(part, numeric=False) for part in plain if _is_digits(part)]
        return sum(type(reading) is str for reading in readings) > 1

    def _scientific(self, whole: str, fraction: str | None, power: str) -> str | BadNumber:
        fraction = fraction or ""
        exponent = int(power)
        if exponent > 3 * _LONGEST or len(whole) > _LONGEST:
            return _BAD[Reason.TOO_LONG]
        if len(fraction) < exponent or (len(fraction) > exponent and fraction[exponent:].strip("0")):
            return _BAD[Reason.LOST_DIGITS if len(fraction) < exponent else Reason.NOT_A_NUMBER]
        return self._digits((whole + fraction[:exponent]).lstrip("0") or "0", numeric=True)

    def _digits(self, text: str, *, numeric: bool) -> str | BadNumber:
        """`text` is ASCII digits, perhaps after pluses. `numeric`: leading zeros cannot have been written."""
        if text[0] == "+":
            digits = text.lstrip("+")
            return f"+{digits}" if dialling.is_settled(digits) else self._abroad(digits)
        if text[:2] == "00":
            digits = text.lstrip("0")
            if dialling.is_settled(digits):
                return f"+{digits}"
            reading = dialling.international(digits)
            if reading is not None and reading.valid:
                return reading.e164
            if self._country is None:
                return _verdict(reading)
        if self._country is None:
            return self._plus_lost(text) or _BAD[Reason.NO_COUNTRY]
        number = dialling.at_home(text, self._country)
        if number and (len(text) < _LONG_FOR_A_FIXED_LINE or text[0] == "0" or number[1:] == text):
            return number
        reading = dialling.within(text, self._country)
        if reading is not None and reading.valid:
            if len(text) < _LONG_FOR_A_FIXED_LINE or text[0] == "0" or dialling.is_mobile(reading):
                return reading.e164
            return self._plus_lost(text) or reading.e164
        if numeric:
            padded = dialling.within(f"0{text}", self._country)
            if padded is not None and padded.valid:
                return padded.e164
        size = len(text)
        if size >= _LONG_FOR_A_FIXED_LINE or not dialling.has_mobiles_of(size, self._country):
            return self._plus_lost(text) or _verdict(reading, text)
        return _verdict(reading, text)

    def _abroad(self, digits: str) -> str | BadNumber:
        if digits[:1] == "0":
            digits = digits.lstrip("0") if digits[:2] == "00" else digits
        reading = dialling.international(digits)
        if reading is None:
            long_enough = len(digits) > _SHOWN_DIGITS
            return _BAD[Reason.NO_SUCH_COUNTRY_CODE if long_enough else Reason.TOO_SHORT]
        return _verdict(reading)

    @staticmethod
    def _plus_lost(text: str) -> str | None:
        if len(text) < _SHORTEST_FOREIGN or text[0] == "0":
            return None
        reading = dialling.international(text)
        return reading.e164 if reading is not None and reading.valid and dialling.is_mobile(reading) else None


def _is_digits(text: str) -> bool:
    """Plain ones, perhaps after pluses."""
    return text.isascii() and text.lstrip("+").isdecimal()


_FRACTION_ENDS: Final = frozenset({".0", ",0", "00"})


def _verdict(reading: Reading | None, text: str = "") -> str | BadNumber:
    if reading is None:
        return _BAD[Reason.TOO_LONG if len(text) > _LONGEST else Reason.TOO_SHORT]
    if reading.valid:
        return reading.e164
    if reading.length is Length.SHORT:
        return _BAD[Reason.TOO_SHORT]
    if reading.length is Length.LONG:
        return _BAD[Reason.TOO_LONG]
    return _BAD[Reason.INVALID]


def normalise(cell: object, country: str) -> str | BadNumber:
    """The E.164 number in a cell (text, number, date, whatever a sheet holds), or why there is none.

    `country` is the workspace's, two letters; it is taken for numbers that name none themselves.
    """
    return Normaliser(country)(cell)
