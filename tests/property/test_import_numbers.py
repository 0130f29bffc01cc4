"""Our quick reading of numbers and phonenumbers' own agree, for every country."""

import hypothesis
import phonenumbers
from hypothesis import given, settings
from hypothesis import strategies as st
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from domain.contacts.importing import dialling
from domain.contacts.importing.numbers import BadNumber, Normaliser, normalise

COUNTRIES = sorted(phonenumbers.SUPPORTED_REGIONS)
EXAMPLES = [
    (country, example)
    for country in COUNTRIES
    for kind in PhoneNumberType.values()
    if (example := phonenumbers.example_number_for_type(country, kind)) is not None
]

MARKS = st.sampled_from(" -.()/\u00a0\u200e\u202a–")
CELLS = st.one_of(
    st.text(), st.floats(), st.integers(), st.none(), st.booleans(), st.binary(), st.datetimes()
)  # fmt: skip


def library(text: str, country: str | None) -> str | None:
    """What phonenumbers says: the E.164 number if it is valid."""
    try:
        parsed = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(parsed):
        return None
    return phonenumbers.format_number(parsed, PhoneNumberFormat.E164)


@st.composite
def slips(draw: st.DrawFn, digits: str) -> str:
    """The digits, perhaps with one wrong, missing or too many."""
    at = draw(st.integers(0, len(digits) - 1))
    digit = draw(st.sampled_from("0123456789"))
    kept = digits[:at] + draw(st.sampled_from([digits[at], digit, "", digits[at] + digit])) + digits[at + 1 :]
    return kept or digits


@st.composite
def written_numbers(draw: st.DrawFn) -> tuple[str, str]:
    """Digits as somebody might write them, and the country they are read in."""
    home, example = draw(st.sampled_from(EXAMPLES))
    national = phonenumbers.national_significant_number(example)
    ways = (
        national,
        f"{example.country_code}{national}",
        phonenumbers.normalize_digits_only(phonenumbers.format_number(example, PhoneNumberFormat.NATIONAL)),
    )
    digits = draw(slips(draw(st.sampled_from(ways))))
    return digits, draw(st.sampled_from([home, home, *COUNTRIES]))


@st.composite
def doubtful_numbers(draw: st.DrawFn) -> tuple[str, str]:
    """What may be taken for a calling code, a trunk prefix or an exit stands before a country's number."""
    home, example = draw(st.sampled_from(EXAMPLES))
    metadata = phonenumbers.PhoneMetadata.metadata_for_region(home)
    assert metadata is not None
    trunk = metadata.national_prefix or "0"
    before = st.sampled_from(["", str(example.country_code), trunk, "0", "00", "011", "01", "1", "8"])
    national = phonenumbers.national_significant_number(example)
    return draw(slips(draw(before) + draw(before) + national)), home


def test_every_countrys_examples_read_as_phonenumbers_reads_them() -> None:
    for country, example in EXAMPLES:
        e164 = phonenumbers.format_number(example, PhoneNumberFormat.E164)
        national = phonenumbers.format_number(example, PhoneNumberFormat.NATIONAL)
        abroad = phonenumbers.format_number(example, PhoneNumberFormat.INTERNATIONAL)
        assert normalise(e164, "TR") == library(e164, None), (country, e164)
        assert normalise(abroad, "DE") == library(abroad, None), (country, abroad)
        if (ours := library(national, country)) is not None:
            assert normalise(national, country) == ours, (country, national)


@settings(max_examples=1500, deadline=None)
@given(written_numbers())
def test_digits_without_a_plus_are_read_as_phonenumbers_reads_them(written: tuple[str, str]) -> None:
    digits, country = written
    reading = dialling.within(digits, country)
    assert (reading.e164 if reading and reading.valid else None) == library(digits, country)


@settings(max_examples=1500, deadline=None)
@given(written_numbers())
def test_digits_after_a_plus_are_read_as_phonenumbers_reads_them(written: tuple[str, str]) -> None:
    digits = written[0]
    reading = dialling.international(digits)
    assert (reading.e164 if reading and reading.valid else None) == library(f"+{digits}", None)


@settings(max_examples=3000, deadline=None)
@given(st.one_of(written_numbers(), doubtful_numbers()))
@hypothesis.example(("841992000", "VN"))
@hypothesis.example(("38328012347", "XK"))
@hypothesis.example(("01919123456", "IL"))
@hypothesis.example(("01599123456", "IL"))
def test_the_short_ways_say_what_the_long_ones_do(written: tuple[str, str]) -> None:
    """Above all where a number may be taken for its country's own calling code, or for a way abroad."""
    digits, country = written
    home = dialling.at_home(digits, country)
    assert home is None or home == library(digits, country)
    assert not dialling.is_settled(digits) or library(f"+{digits}", None) == f"+{digits}"


def test_the_short_ways_know_most_numbers() -> None:
    ways = ("5321234567", "05321234567", "905321234567")
    assert [dialling.at_home(digits, "TR") for digits in ways] == ["+905321234567"] * 3
    assert dialling.at_home("015123456789", "DE") == "+4915123456789" and dialling.is_settled("4915123456789")
    mobiles = {
        country: phonenumbers.national_significant_number(example)
        for country in COUNTRIES
        if (example := phonenumbers.example_number_for_type(country, PhoneNumberType.MOBILE)) is not None
    }
    known = [country for country, digits in mobiles.items() if dialling.at_home(digits, country)]
    assert len(known) > len(mobiles) / 2


@settings(max_examples=600, deadline=None)
@given(written_numbers())
def test_valid_numbers_are_never_refused_and_accepted_ones_are_valid(
    written: tuple[str, str],
) -> None:
    digits, country = written
    answer = normalise(digits, country)
    expected = library(digits, country)
    if expected is not None and not digits.startswith("00"):
        # The one deliberate difference: a mobile number that lost its plus, before a fixed line.
        assert answer in (expected, f"+{digits}")
    if isinstance(answer, str):
        assert library(answer, None) == answer


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(EXAMPLES), st.lists(st.sampled_from(" -.()/\u00a0\u200e\u202a–"), max_size=8), st.data()
)
def test_what_stands_between_digits_changes_nothing(
    example: tuple[str, phonenumbers.PhoneNumber], marks: list[str], data: st.DataObject
) -> None:
    e164 = phonenumbers.format_number(example[1], PhoneNumberFormat.E164)
    written = list(e164)
    for mark in marks:
        written.insert(data.draw(st.integers(1, len(written))), mark)
    plain = normalise(e164, "TR")
    if not isinstance(plain, BadNumber):
        text = "".join(written)
        assert normalise(text, "TR") == plain or text[-2:] in {".0", "00"} or text[-3:] == ".00"


@settings(max_examples=500, deadline=None)
@given(
    st.one_of(st.text(), st.floats(), st.integers(), st.none(), st.booleans(), st.binary(), st.datetimes())
)
def test_no_cell_breaks_the_reading(cell: object) -> None:
    answer = Normaliser("TR")(cell)
    assert isinstance(answer, BadNumber) or library(answer, None) == answer
