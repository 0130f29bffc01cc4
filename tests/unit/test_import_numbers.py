"""From cells to numbers: what people and spreadsheets make of them."""

import datetime as dt

import pytest

from domain.contacts.importing.numbers import BadNumber, Reason, normalise

AYSE = "+905321234567"


@pytest.mark.parametrize(
    "cell",
    [
        "+905321234567",
        "905321234567",
        "05321234567",
        "5321234567",
        "00905321234567",
        "0 532 123 45 67",
        "+90 (532) 123-45-67",
        "+90 (0) 532 123 45 67",
        "0532.123.45.67",
        "0532/1234567",
        "'05321234567",
        "'+90 532 123 45 67",
        '="05321234567"',
        "  +90 532 123 45 67  ",
        "\u200e+90 532 123 45 67\u202c",
        "+90\u00a0532\u00a0123\u00a045\u00a067",
        "٠٥٣٢١٢٣٤٥٦٧",
        "+۹۰۵۳۲۱۲۳۴۵۶۷",
        "＋９０５３２１２３４５６７",
        "tel:+905321234567",
        "Tel: 0532 123 45 67",
        "Cep. 0532 123 45 67",
        "WhatsApp: +90 532 123 45 67",
        "+90 532 123 45 67 ext 12",
        "https://wa.me/905321234567",
        "https://api.whatsapp.com/send?phone=905321234567&text=hi",
        "905321234567@s.whatsapp.net",
        "905321234567.0",
        "9.05321234567E+11",
        "9,05321234567E+11",
        "5.321234567e9",
        905321234567,
        905321234567.0,
        9.05321234567e11,
        5321234567,
    ],
)
def test_a_number_is_found_however_it_was_written(cell: object) -> None:
    assert normalise(cell, "TR") == AYSE


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        (None, Reason.EMPTY),
        ("", Reason.EMPTY),
        ("  -  ", Reason.EMPTY),
        ("unknown", Reason.NOT_A_NUMBER),
        ("ayse@example.com", Reason.NOT_A_NUMBER),
        ("#N/A", Reason.NOT_A_NUMBER),
        ("call 0532 123 45 67 after six", Reason.NOT_A_NUMBER),
        (True, Reason.NOT_A_NUMBER),
        (5.5, Reason.NOT_A_NUMBER),
        (-5321234567, Reason.NOT_A_NUMBER),
        (float("nan"), Reason.NOT_A_NUMBER),
        (float("inf"), Reason.NOT_A_NUMBER),
        (dt.date(2026, 12, 3), Reason.NOT_A_NUMBER),
        ("9.05321E+11", Reason.LOST_DIGITS),
        ("9,05E+11", Reason.LOST_DIGITS),
        (905321000000.0, Reason.LOST_DIGITS),
        ("0532 123 45 67 / 0533 123 45 67", Reason.SEVERAL),
        ("05321234567, 05331234567", Reason.SEVERAL),
        ("05321234567\n05331234567", Reason.SEVERAL),
        ("0532 123", Reason.TOO_SHORT),
        ("12", Reason.TOO_SHORT),
        (12, Reason.TOO_SHORT),
        ("+90532", Reason.TOO_SHORT),
        ("+9053212345678901", Reason.TOO_LONG),
        (10**17, Reason.TOO_LONG),
        ("1e400", Reason.TOO_LONG),
        ("+999 123 456 789", Reason.NO_SUCH_COUNTRY_CODE),
        ("+90 000 123 45 67", Reason.INVALID),
        ("0999 123 45 67", Reason.INVALID),
    ],
)
def test_a_bad_cell_says_why(cell: object, reason: Reason) -> None:
    assert normalise(cell, "TR") == BadNumber(reason)


def test_the_workspaces_country_is_taken_for_numbers_that_name_none() -> None:
    assert normalise("0151 23456789", "DE") == "+4915123456789"
    assert normalise("(201) 555-0123", "US") == "+12015550123"
    assert normalise("07400 123456", "GB") == "+447400123456"


def test_a_number_that_names_its_country_keeps_it() -> None:
    assert normalise("+49 151 23456789", "TR") == "+4915123456789"
    assert normalise("0049 151 23456789", "US") == "+4915123456789"


def test_a_fixed_line_is_a_number_too() -> None:
    assert normalise("0212 345 67 89", "TR") == "+902123456789"


def test_a_foreign_mobile_that_lost_its_plus_in_a_spreadsheet_is_recognised() -> None:
    assert normalise(491701234567.0, "TR") == "+491701234567"
    assert normalise("905321234567", "DE") == AYSE


@pytest.mark.parametrize("country", ["DE", "AT", "TR", "US"])
def test_a_mobile_without_its_plus_is_not_mistaken_for_a_long_fixed_line(country: str) -> None:
    assert normalise("4915123456789", country) == "+4915123456789"
    assert normalise(5511961234567.0, country) == "+5511961234567"


def test_a_long_fixed_line_of_the_country_itself_is_left_as_it_is() -> None:
    assert normalise("030 123456789", "DE") == "+4930123456789"
    assert normalise("30123456789", "DE") == "+4930123456789"


def test_a_local_number_with_a_digit_too_many_does_not_become_a_stranger_abroad() -> None:
    assert isinstance(normalise("53212345678", "TR"), BadNumber)
    assert isinstance(normalise("053212345678", "TR"), BadNumber)


def test_a_leading_zero_that_a_number_cell_cannot_hold_is_put_back() -> None:
    assert normalise(707123456.0, "CI") == "+2250707123456"
    assert isinstance(normalise("707123456", "CI"), BadNumber)


def test_without_a_known_country_only_international_numbers_are_read() -> None:
    assert normalise("+905321234567", "") == AYSE
    assert normalise("00905321234567", "XX") == AYSE
    assert normalise("05321234567", "") == BadNumber(Reason.NO_COUNTRY)


def test_the_case_of_the_country_does_not_matter() -> None:
    assert normalise("05321234567", " tr ") == AYSE
