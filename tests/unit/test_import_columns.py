"""Guessing the header and the columns."""

import pytest

from domain.contacts.importing.columns import ColumnGuess, attribute_names, column_letters, guess, placeholder

AYSE, BRUNO = "+905321234567", "+5511961234567"


def guessed(*rows: list[object], country: str = "TR") -> ColumnGuess:
    return guess(rows, country)


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("Name", "Phone"),
        ("Full name", "Mobile number"),
        ("Ad Soyad", "Cep Telefonu"),
        ("İSİM", "TELEFON NUMARASI"),
        ("Müşteri adı", "GSM"),
        ("Name", "Handynummer"),
        ("Nombre", "Teléfono"),
        ("NOMBRE COMPLETO", "Número de celular"),
        ("Nome", "Telemóvel"),
        ("Nome completo", "Celular"),
        ("Nom", "Téléphone"),
        ("Prénom", "N° de portable"),
        ("Nome e cognome", "Cellulare"),
        ("Имя", "Номер телефона"),
        ("ФИО", "Моб. телефон"),
        ("الاسم", "رقم الجوال"),
        ("الاسم الكامل", "الهاتف"),
        ("שם מלא", "טלפון נייד"),
        ("नाम", "मोबाइल नंबर"),
        ("Nama", "No. HP"),
        ("姓名", "手机号码"),
        ("氏名", "電話番号"),
        ("이름", "휴대폰"),
        ("Imię", "Numer telefonu"),
        ("Họ và tên", "Số điện thoại"),
        ("ชื่อ", "เบอร์โทรศัพท์"),
        ("customer_name", "WhatsApp"),
    ],
)
def test_headers_are_known_in_many_languages(name: str, number: str) -> None:
    found = guessed(["#", name, number, "X"], [1, "Ayşe", AYSE, "a"], [2, "Bruno", BRUNO, "b"])
    assert (found.header_row, found.number, found.name) == (1, 2, 1)


def test_other_columns_become_attributes_by_their_headers() -> None:
    found = guessed(["Name", "Phone", "City", "Due date"], ["Ayşe", AYSE, "İzmir", "2026-12-03"])
    assert found.attributes == {2: "City", 3: "Due date"}
    assert found.headers == ["Name", "Phone", "City", "Due date"]


def test_duplicate_headers_get_a_count() -> None:
    found = guessed(["Name", "Phone", "Note", "note", "Name"], ["Ayşe", AYSE, "a", "b", "c"])
    assert found.attributes == {2: "Note", 3: "note 2", 4: "Name 2"}


def test_a_header_without_text_is_called_by_its_letter() -> None:
    found = guessed(["Name", "Phone", ""], ["Ayşe", AYSE, "İzmir"])
    assert found.attributes == {2: "column C"}


def test_an_empty_column_is_no_attribute() -> None:
    found = guessed(["Name", "Phone", "", "City"], ["Ayşe", AYSE, "", "İzmir"])
    assert found.attributes == {3: "City"}


def test_title_rows_above_the_header_are_passed_over() -> None:
    found = guessed(
        ["Customers 2026", "", ""], ["", "", ""], ["Name", "Phone", "City"], ["Ayşe", AYSE, "İzmir"]
    )
    assert (found.header_row, found.number, found.name, found.attributes) == (3, 1, 0, {2: "City"})


def test_a_list_without_a_header_is_read_by_its_content() -> None:
    found = guessed(["Ayşe", AYSE, "2026"], ["Bruno", BRUNO, "2027"])
    assert (found.header_row, found.number, found.name) == (None, 1, 0)
    assert found.attributes == {2: "column C"}


def test_a_bad_first_row_is_not_taken_for_a_header() -> None:
    found = guessed(["Ayşe", "123"], ["Bruno", BRUNO])
    assert found.header_row is None


def test_a_header_in_an_unknown_language_is_known_by_standing_above_numbers() -> None:
    found = guessed(["Zina", "Kirîpan"], ["Ayşe", AYSE], ["Bruno", BRUNO])
    assert (found.header_row, found.number) == (1, 1)


def test_a_merged_title_over_the_header_is_not_the_header() -> None:
    rows: list[list[object]] = [["Our customers", "", ""], ["Name", "Phone", "City"], ["Ayşe", AYSE, "İzmir"]]
    found = guess(rows, "TR", [((0, 0), (0, 2))])
    assert (found.header_row, found.headers) == (2, ["Name", "Phone", "City"])


def test_cells_merged_downwards_head_their_columns() -> None:
    rows: list[list[object]] = [
        ["Name", "Phone", "Address", ""],
        ["", "", "City", "Street"],
        ["Ayşe", AYSE, "İzmir", "Kordon 1"],
    ]
    merged = [((0, 0), (1, 0)), ((0, 1), (1, 1)), ((0, 2), (0, 3))]
    found = guess(rows, "TR", merged)
    assert (found.header_row, found.number, found.name) == (2, 1, 0)
    assert found.attributes == {2: "City", 3: "Street"}


def test_a_mobile_beats_a_phone_and_whatsapp_beats_both() -> None:
    found = guessed(["Phone", "Mobile", "WhatsApp"], ["02121234567", AYSE, BRUNO])
    assert found.number == 2
    assert guessed(["Phone", "Mobile"], ["02121234567", AYSE]).number == 1


def test_an_empty_mobile_column_does_not_beat_a_full_phone_column() -> None:
    assert guessed(["Mobile", "Phone"], ["", AYSE], ["", BRUNO]).number == 1


def test_columns_of_other_numbers_are_not_guessed() -> None:
    found = guessed(["Order number", "TC Kimlik No", "Fax", "Phone"], [5321234567, 5321234568, AYSE, AYSE])
    assert found.number == 3


def test_a_phone_column_is_known_by_its_word_when_all_its_numbers_are_bad() -> None:
    found = guessed(["Name", "Phone"], ["Ayşe", "?"], ["Bruno", "none"])
    assert (found.header_row, found.number) == (1, 1)


def test_a_first_name_is_better_to_greet_with_than_a_family_name() -> None:
    assert guessed(["Nachname", "Vorname", "Handy"], ["Kaya", "Ayşe", AYSE]).name == 1
    assert guessed(["Nom", "Prénom", "Tél"], ["Kaya", "Ayşe", AYSE]).name == 1
    assert guessed(["Surname", "Name", "Phone"], ["Kaya", "Ayşe", AYSE]).name == 1
    assert guessed(["Şirket adı", "Adı", "Telefon"], ["Kaya AŞ", "Ayşe", AYSE]).name == 1


def test_a_list_of_bare_numbers_is_enough() -> None:
    found = guessed([AYSE], [BRUNO])
    assert (found.header_row, found.number, found.name, dict(found.attributes)) == (None, 0, None, {})


def test_nothing_is_guessed_from_nothing() -> None:
    assert guess([], "TR").number is None
    assert guessed(["a", "b"], ["c", "d"]).number is None


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("City", "City"),
        ("  Due   date: ", "Due date"),
        ("E-mail", "E mail"),
        ("{name|x}", "name x"),
        ("Kalan borç (TL)", "Kalan borç TL"),
        ("المدينة", "المدينة"),
        ("नाम-पता", "नाम पता"),
        ("***", ""),
        ("x" * 90, "x" * 40),
    ],
)
def test_a_header_becomes_a_word_that_can_stand_between_braces(title: str, name: str) -> None:
    assert placeholder(title) == name


def test_name_is_kept_for_the_name() -> None:
    assert attribute_names(["NAME", "City"], [0, 1]) == {0: "NAME 2", 1: "City"}


def test_columns_are_lettered_as_in_a_spreadsheet() -> None:
    assert [column_letters(column) for column in (0, 25, 26, 63, 701, 702)] == [
        "A",
        "Z",
        "AA",
        "BL",
        "ZZ",
        "AAA",
    ]
