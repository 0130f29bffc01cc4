"""Texts with blanks."""

import pytest

from domain.campaigns.template import (
    TextEmpty,
    TextTooLong,
    UnknownField,
    check,
    fields_of,
    fill,
    required_fields,
)

KNOWN = ["name", "number", "City", "Doğum günü"]


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("Hello {name}!", "Hello Ayşe!"),
        ("Hello { NAME }!", "Hello Ayşe!"),
        ("Hello {name|friend}!", "Hello Ayşe!"),
        ("Hello {city|}!", "Hello !"),
        ("Hello {nick|friend}!", "Hello friend!"),
        ("Hello {nick}!", "Hello !"),
        ("{name} {name} {name|x}", "Ayşe Ayşe Ayşe"),
        ("no blanks", "no blanks"),
        ("{}", "{}"),
        ("{ a\nb }", "{ a\nb }"),
        ("{{name}}", "{Ayşe}"),
        ("{name|a|b}", "Ayşe"),
        ("{nick|a|b}", "a|b"),
        ("{name", "{name"),
    ],
)
def test_blanks_are_filled_and_nothing_else_is_touched(text: str, filled: str) -> None:
    assert fill(text, {"name": " Ayşe ", "City": "  "}) == filled


def test_a_value_that_looks_like_a_blank_is_not_filled_again() -> None:
    assert fill("Hello {name}", {"name": "{number}", "number": "+905321234567"}) == "Hello {number}"


def test_names_come_in_order_and_once_as_typed() -> None:
    text = "{City} {name|friend} {city} {Name}"
    assert fields_of(text) == ["city", "Name"]
    assert required_fields(text) == ["city", "Name"]
    assert required_fields("{name|friend} and {city|town}") == []


def test_a_known_blank_passes_whatever_its_case() -> None:
    check("{NAME} {city} {doğum günü|soon}", KNOWN, limit=100)


def test_an_unknown_blank_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UnknownField) as refused:
        check("Dear {surname}", KNOWN, limit=100)
    assert refused.value.data == {"field": "surname", "known": KNOWN}


@pytest.mark.parametrize("text", ["", "  \n\t "])
def test_an_empty_text_is_refused(text: str) -> None:
    with pytest.raises(TextEmpty):
        check(text, KNOWN, limit=100)


def test_a_long_text_is_refused_with_both_numbers_and_one_that_just_fits_is_not() -> None:
    check("x" * 100, KNOWN, limit=100)
    with pytest.raises(TextTooLong) as refused:
        check("x" * 101, KNOWN, limit=100)
    assert refused.value.data == {"length": 101, "limit": 100}
