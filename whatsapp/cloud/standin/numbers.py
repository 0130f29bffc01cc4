"""Numbers as WhatsApp writes them: the `wa_id` often is not the number that was dialled."""

import re
from hashlib import blake2b
from typing import Final

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

_DIGITS = re.compile(r"\+?[1-9][\d ().-]{5,24}", re.ASCII)
_PUNCTUATION = str.maketrans("", "", "+ ().-")
#: Area codes up to this one kept the ninth digit in their WhatsApp ids; the others registered without it.
_BRAZIL_KEEPS_NINE: Final = 28


def digits_of(number: object) -> str | None:
    """The digits of something dialled (7 to 15 of them), or None if that is no number."""
    if not isinstance(number, str):
        return None
    # Almost everybody sends plain digits: spare them the pattern.
    if number.isascii() and number.isdigit() and 7 <= len(number) <= 15 and number[0] != "0":
        return number
    if not _DIGITS.fullmatch(number):
        return None
    digits = number.translate(_PUNCTUATION)
    return digits if 7 <= len(digits) <= 15 else None


def wa_id_of(digits: str) -> str:
    """WhatsApp's id for these digits.

    Brazil: the ninth digit of mobiles is missing in ids of area codes above 28. Mexico: ids keep the 1 after
    52 that nobody dials any more. Argentina: ids have a 9 after 54, and no 15 after the area code.
    """
    if digits[0] != "5":
        return digits
    if digits.startswith("55") and len(digits) == 13 and digits[4] == "9":
        return digits[:4] + digits[5:] if int(digits[2:4]) > _BRAZIL_KEEPS_NINE else digits
    if digits.startswith("52") and len(digits) == 12:
        return "521" + digits[2:]
    if digits.startswith("54") and digits[2] != "9":
        rest = digits[2:]
        for area in (2, 3, 4):
            if len(rest) == 12 and rest[area : area + 2] == "15":
                return "549" + rest[:area] + rest[area + 2 :]
        return "549" + rest if len(rest) == 10 else digits
    return digits


def region_of(wa_id: str) -> str:
    """The country of a number as two letters (the first of those that share a code); ZZ if there is none."""
    for length in (1, 2, 3):
        regions = COUNTRY_CODE_TO_REGION_CODE.get(int(wa_id[:length] or 0))
        if regions and regions[0] != "001":
            return regions[0]
    return "ZZ"


def bsuid_of(portfolio: str, wa_id: str) -> str:
    """The business-scoped user id: the same person has another one with every business portfolio."""
    digest = blake2b(f"{portfolio}|{wa_id}".encode(), digest_size=8).digest()
    return f"{region_of(wa_id)}.{int.from_bytes(digest, 'big'):020d}"
