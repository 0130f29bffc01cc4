"""Numbering plans, compiled once: what phonenumbers answers for plain digits, several times sooner.

phonenumbers builds an object a number and looks patterns up by text; an import of 100,000 rows would spend
three seconds there. The rules below follow its `parse` and `is_valid_number` step by step on its own
metadata, and hand whatever is rare (transformed prefixes, other exits than `00`) to phonenumbers itself. A
property test holds the two to the same answer for every country.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from enum import Enum
from functools import cache
from typing import Final, NamedTuple

import phonenumbers
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata
from phonenumbers.phonemetadata import PhoneNumberDesc

#: E.164 allows fifteen digits; phonenumbers keeps national parts of 2 to 17.
SHORTEST_NATIONAL: Final = 2
LONGEST_NATIONAL: Final = 17
#: With the longest calling code. Patterns are kept by length.
_LONGEST: Final = 3 + LONGEST_NATIONAL

_TYPES: Final = [
    "fixed_line",
    "mobile",
    "premium_rate",
    "toll_free",
    "shared_cost",
    "voip",
    "personal_number",
    "pager",
    "uan",
    "voicemail",
]


class Length(Enum):
    """How a national part's length stands to its numbering plan."""

    POSSIBLE = "possible"
    SHORT = "short"
    LONG = "long"
    BETWEEN = "between"


#: Lengths at which a trunk prefix is taken off.
_ENOUGH: Final = (Length.POSSIBLE, Length.LONG)


class Reading(NamedTuple):
    """Digits taken apart: `code` is the calling code, `national` the rest, `valid` phonenumbers' verdict."""

    code: int
    national: str
    valid: bool
    length: Length

    @property
    def e164(self) -> str:
        return f"+{self.code}{self.national}"


class _Region:
    """One region's rules."""

    def __init__(self, metadata: PhoneMetadata) -> None:
        self._metadata = metadata
        self.code = metadata.country_code or 0
        general = metadata.general_desc
        if general is None:
            raise LookupError(f"the numbering plan of {metadata.id} is empty")
        self.general = re.compile(general.national_number_pattern or r"(?!)")
        self._lengths = tuple(general.possible_length)
        self._local = frozenset(general.possible_length_local_only)
        prefix = metadata.national_prefix_for_parsing
        self._prefix = re.compile(prefix) if prefix else None
        self._transforms = bool(metadata.national_prefix_transform_rule)
        #: The trunk prefix where it is nothing but digits, perhaps none; None where it is more than that.
        self.trunk = None if self._transforms or not (prefix or "0").isdecimal() else prefix or ""
        self.no_trunk = f"(?!{self.trunk})" if self.trunk else ""
        idd = metadata.international_prefix
        self.exit = re.compile(idd) if idd else None
        leading = metadata.leading_digits
        self.leading = re.compile(leading) if leading else None
        self._valid: dict[int, re.Pattern[str] | None] = {}
        self._mobile: dict[int, re.Pattern[str] | None] = {}

    def length(self, national: str) -> Length:
        size = len(national)
        if size in self._local or size < self._lengths[0]:
            return Length.SHORT
        if size in self._lengths:
            return Length.POSSIBLE
        return Length.LONG if size > self._lengths[-1] else Length.BETWEEN

    def length_of_a_mobile(self, national: str) -> Length:
        """As `length`, but measured by mobile numbers, the ones people have in mind."""
        mobile = self._metadata.mobile
        sizes = [size for size in mobile.possible_length if size > 0] if mobile else []
        if not sizes or len(national) in sizes:
            return self.length(national)
        if len(national) < sizes[0]:
            return Length.SHORT
        return Length.LONG if len(national) > sizes[-1] else Length.BETWEEN

    def without_prefix(self, national: str) -> str | None:
        """The number without its trunk prefix; None where only phonenumbers knows (transformed prefixes)."""
        if self._prefix is None or not national:
            return national
        match = self._prefix.match(national)
        if match is None:
            return national
        groups = match.groups()
        if self._transforms and (not groups or groups[-1] is not None):
            return None
        rest = national[match.end() :]
        if self.general.fullmatch(national) and not self.general.fullmatch(rest):
            return national
        return rest

    def has_prefix(self, national: str) -> bool:
        return self._prefix is not None and self._prefix.match(national) is not None

    def is_valid(self, national: str) -> bool:
        size = len(national)
        try:
            pattern = self._valid[size]
        except KeyError:
            pattern = self._valid[size] = _compiled(self.pattern_for(size))
        return pattern is not None and pattern.fullmatch(national) is not None

    def is_mobile(self, national: str) -> bool:
        pattern = self._mobile_pattern(len(national))
        return pattern is not None and pattern.fullmatch(national) is not None

    def has_mobiles_of(self, size: int) -> bool:
        return self._mobile_pattern(size) is not None

    def _mobile_pattern(self, size: int) -> re.Pattern[str] | None:
        try:
            return self._mobile[size]
        except KeyError:
            self._mobile[size] = _compiled(self.pattern_for(size, ["mobile"]))
            return self._mobile[size]

    def pattern_for(self, size: int, types: Sequence[str] = _TYPES) -> str | None:
        """What valid numbers of this length look like: one pattern for all the types that have some."""
        if self._lengths and size not in self._lengths:
            return None
        patterns = dict.fromkeys(self._patterns(size, types))
        if not patterns:
            return None
        return f"(?=(?:{self.general.pattern})\\Z)(?:{'|'.join(f'(?:{p})' for p in patterns)})"

    def _patterns(self, size: int, types: Sequence[str]) -> Iterator[str]:
        for name in types:
            desc: PhoneNumberDesc | None = getattr(self._metadata, name)
            if desc is None or not desc.national_number_pattern:
                continue
            if not desc.possible_length or size in desc.possible_length:
                yield desc.national_number_pattern


def _compiled(pattern: str | None) -> re.Pattern[str] | None:
    return re.compile(pattern) if pattern else None


class _CallingCode:
    """What shares one calling code: +1 is two dozen regions, +90 is one."""

    def __init__(self, code: int) -> None:
        names = COUNTRY_CODE_TO_REGION_CODE[code]
        self.code = code
        self.size = len(str(code))
        self.main = _region_of(names[0], code)
        self._regions = tuple(_region_of(name, code) for name in names)
        self.is_shared = len(names) > 1

    def is_valid(self, national: str) -> bool:
        if not self.is_shared:
            return self.main.is_valid(national)
        for region in self._regions:
            if region.leading is not None:
                if region.leading.match(national):
                    return region.is_valid(national)
            elif region.is_valid(national):
                return True
        return False

    def is_mobile(self, national: str) -> bool:
        return any(region.is_mobile(national) for region in self._regions)


@cache
def _region_of(name: str, code: int) -> _Region:
    if name == "001":
        metadata = PhoneMetadata.metadata_for_nongeo_region(code)
    else:
        metadata = PhoneMetadata.metadata_for_region(name)
    if metadata is None:
        raise LookupError(f"phonenumbers has no numbering plan for {name} {code}")
    return _Region(metadata)


@cache
def _calling_code(code: int) -> _CallingCode:
    return _CallingCode(code)


_CODES: Final = {str(code): code for code in COUNTRY_CODE_TO_REGION_CODE}


@cache
def _owner_of(beginning: str) -> _CallingCode | None:
    """Who owns numbers that begin with these three digits."""
    for size in (1, 2, 3):
        code = _CODES.get(beginning[:size])
        if code is not None:
            return _calling_code(code)
    return None


def international(digits: str) -> Reading | None:
    """Read digits that begin with a calling code. None: no country has it, or too few digits follow."""
    owner = _owner_of(digits[:3])
    if owner is None or len(digits) <= SHORTEST_NATIONAL:
        return None
    return _finish(owner, owner.main, digits[owner.size :], digits)


def is_settled(digits: str) -> bool:
    """Whether digits are a valid number as they stand, calling code and all, and have no trunk prefix.

    The short way for most numbers of most files; False decides nothing.
    """
    settled = _settled(digits[:3], len(digits)) if len(digits) <= _LONGEST else None
    return settled is not None and bool(settled(digits))


@cache
def _settled(beginning: str, size: int) -> Callable[[str], object] | None:
    owner = _owner_of(beginning)
    if owner is None or size < owner.size + SHORTEST_NATIONAL:
        return None
    region = owner.main
    if not owner.is_shared and region.trunk is not None:
        valid = region.pattern_for(size - owner.size)
        return re.compile(f"{owner.code}{region.no_trunk}{valid}").fullmatch if valid else None
    return lambda digits: not region.has_prefix(digits[owner.size :]) and owner.is_valid(digits[owner.size :])


def at_home(digits: str, country: str) -> str | None:
    """The E.164 number of digits that are valid as people in `country` write them: after the trunk prefix,
    without it, or after the country's own calling code.

    The short way again, by one pattern; None decides nothing.
    """
    home = _home(country, len(digits)) if len(digits) <= _LONGEST else None
    match = home.fullmatch(digits) if home is not None else None
    return None if match is None else f"+{_region_of(country, 0).code}{match[match.lastgroup or 0]}"


@cache
def _home(country: str, size: int) -> re.Pattern[str] | None:
    """Where `within` and `_finish` come to the same without asking further."""
    region = _region_of(country, 0)
    trunk = region.trunk
    if trunk is None or _calling_code(region.code).is_shared:
        return None
    own = str(region.code)
    abroad = f"(?!{region.exit.pattern})" if region.exit else ""
    as_it_is = f"(?!(?:{region.general.pattern})\\Z)"
    ways = {
        "whole": (f"{abroad}{region.no_trunk}", region.pattern_for(size)),
        "own": (f"{abroad}{as_it_is}{own}{region.no_trunk}", region.pattern_for(size - len(own))),
    }
    if trunk:
        ways["cut"] = (f"{abroad}(?!{own}){trunk}", region.pattern_for(size - len(trunk)))
    patterns = [f"{before}(?P<{name}>{valid})" for name, (before, valid) in ways.items() if valid]
    return re.compile("|".join(patterns)) if patterns else None


def is_mobile(reading: Reading) -> bool:
    """Whether the number could be a mobile one."""
    return _calling_code(reading.code).is_mobile(reading.national)


def has_mobiles_of(size: int, country: str) -> bool:
    """Whether `country` has mobile numbers whose national part is `size` digits long."""
    return _region_of(country, 0).has_mobiles_of(size)


def supports(country: str) -> bool:
    """Whether `country`, two capital letters, has a numbering plan."""
    return country in phonenumbers.SUPPORTED_REGIONS


def within(digits: str, country: str) -> Reading | None:
    """Read digits as somebody in `country` would dial or write them. None: too few to be a number."""
    region = _region_of(country, 0)
    if region.exit is not None and region.exit.match(digits):
        return _ask_phonenumbers(digits, country)
    own = str(region.code)
    if digits.startswith(own):
        bare = region.without_prefix(digits[len(own) :])
        if bare is None:
            return _ask_phonenumbers(digits, country)
        had_code = (not region.general.fullmatch(digits) and region.general.fullmatch(bare)) or (
            region.length(digits) is Length.LONG
        )
        if had_code:
            owner = _calling_code(region.code)
            return _finish(owner, owner.main, bare, digits)
    return _finish(_calling_code(region.code), region, digits, digits, country)


def _finish(
    owner: _CallingCode, region: _Region, national: str, digits: str, country: str | None = None
) -> Reading | None:
    """Drop the trunk prefix and judge what is left, as the tail of phonenumbers' `parse` does."""
    if len(national) < SHORTEST_NATIONAL:
        return None
    bare = region.without_prefix(national)
    if bare is None:
        return _ask_phonenumbers(digits if country else f"+{owner.code}{national}", country)
    if bare is not national and region.length(bare) in _ENOUGH:
        national = bare
    valid = SHORTEST_NATIONAL <= len(national) <= LONGEST_NATIONAL and owner.is_valid(national)
    return Reading(
        owner.code, national, valid, Length.POSSIBLE if valid else region.length_of_a_mobile(national)
    )


def _ask_phonenumbers(text: str, country: str | None) -> Reading | None:
    """The slow way, for what is rare."""
    try:
        parsed = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException as refusal:
        if refusal.error_type == phonenumbers.NumberParseException.TOO_LONG:
            return Reading(0, "", False, Length.LONG)
        return None
    national = phonenumbers.national_significant_number(parsed)
    owner = _calling_code(parsed.country_code or 0)
    return Reading(
        owner.code, national, phonenumbers.is_valid_number(parsed), owner.main.length(national)
    )  # fmt: skip
