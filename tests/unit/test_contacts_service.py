"""What is read from typed lines, and what is refused."""

import pytest

from bot.importer import NotFetched
from bot.texts import has, refusal
from domain.contacts import imports, service
from domain.contacts.countries import CountryUnknown, country_name, country_of
from domain.contacts.importing.numbers import Reason
from domain.contacts.importing.refusals import REFUSALS
from domain.contacts.service import NumberRefused, UploadTooBig, UploadWrongType
from domain.kernel.errors import DomainError


@pytest.mark.parametrize(
    ("line", "number", "name"),
    [
        ("+90 501 234 56 78 Ayşe", "+905012345678", "Ayşe"),
        ("Ayşe +90 501 234 56 78", "+905012345678", "Ayşe"),
        ("0501 234 56 78", "+905012345678", ""),
        ("Ayşe Yılmaz, (0501) 234-56-78", "+905012345678", "Ayşe Yılmaz"),
        ("+905012345678 - Shop 24", "+905012345678", "Shop 24"),
        ("+1 201-555-0123\nJohn", "+12015550123", "John"),
        ("00905012345678 علي", "+905012345678", "علي"),
    ],
)
def test_a_typed_line_gives_a_number_and_a_name(line: str, number: str, name: str) -> None:
    assert service.read_person(line, "TR") == (number, name)


@pytest.mark.parametrize("line", ["", "Ayşe", "   ", "no phone here", "+"])
def test_a_line_without_a_number_is_refused_with_an_example(line: str) -> None:
    with pytest.raises(service.NoNumberInText) as refused:
        service.read_person(line, "TR")
    assert "+90" in refusal(refused.value)


def test_a_number_that_no_phone_has_is_refused_and_says_which_country_was_taken() -> None:
    with pytest.raises(NumberRefused) as refused:
        service.read_person("0123 456 78 90 Ayşe", "TR")
    assert "TR" in refusal(refused.value)


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_against_a_number_has_a_sentence_with_an_example_and_one_for_the_error_file(
    reason: Reason,
) -> None:
    sentence = refusal(NumberRefused(reason, text="12<3", country="TR", example="+90 501 234 56 78"))
    assert "+90" in sentence
    assert "<3" not in sentence
    assert has(f"problem.{reason}")


def _all(kind: type[DomainError]) -> list[type[DomainError]]:
    return [kind, *(more for below in kind.__subclasses__() for more in _all(below))]


def test_every_refusal_about_contacts_and_imports_has_a_sentence() -> None:
    kinds: set[type[DomainError]] = {*_all(DomainError), *REFUSALS.values()}
    kinds |= {NotFetched, imports.PickANumberColumn}
    ours = [kind for kind in kinds if kind.__module__.startswith(("domain.contacts", "bot.importer"))]
    assert len(ours) > 20
    for kind in ours:
        assert has(f"refused.{kind.code}"), kind.code


def test_a_long_name_is_cut_and_control_characters_go() -> None:
    _, name = service.read_person("+905012345678 " + "A\u202e" * 500, "TR")
    assert len(name) <= service.LONGEST_NAME
    assert "\u202e" not in name


@pytest.mark.parametrize(
    "filename", ["a.xlsx", "B.XLS", "c.ods", "d.csv", "e.zip", "f.txt", "g.tsv", "x.y.csv"]
)
def test_contact_files_are_taken_in(filename: str) -> None:
    service.check_upload(filename, service.LARGEST_FILE)


@pytest.mark.parametrize("filename", ["a.pdf", "photo.jpg", "xlsx", "", "a.xlsx.exe", ".csv.", "a.xlsm"])
def test_other_files_are_refused_and_told_what_is_accepted(filename: str) -> None:
    with pytest.raises(UploadWrongType) as refused:
        service.check_upload(filename, 10)
    assert "xlsx" in refusal(refused.value)


def test_a_file_over_twenty_megabytes_is_refused_with_its_size_and_the_limit() -> None:
    with pytest.raises(UploadTooBig) as refused:
        service.check_upload("big.xlsx", service.LARGEST_FILE + 1)
    sentence = refusal(refused.value)
    assert "20.1 MB" in sentence
    assert "20 MB" in sentence


@pytest.mark.parametrize(
    ("typed", "tag"),
    [("VIP", "vip"), (" #İstanbul ", "i̇stanbul"), ("two  words", "two words"), ("ü" * 40, "ü" * 40)],
)
def test_a_tag_is_kept_in_one_form(typed: str, tag: str) -> None:
    assert service.clean_tag(typed) == tag


@pytest.mark.parametrize("typed", ["", "  ", "#", "a,b", "x" * 41, "---"])
def test_a_tag_that_is_none_is_refused(typed: str) -> None:
    with pytest.raises(service.TagRefused):
        service.clean_tag(typed)


@pytest.mark.parametrize("typed", ["", " \n ", "…", "x" * 301])
def test_how_they_agreed_needs_words(typed: str) -> None:
    with pytest.raises(service.EvidenceEmpty):
        service.clean_words(typed)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("ayşe", "ayşe"),
        ("0501 234", "501234"),
        ("+90 (501)", "90501"),
        ("Shop 24", "Shop 24"),
        ("0", "0"),
        ("", ""),
    ],
)
def test_a_search_for_a_number_looks_for_its_digits(typed: str, words: str) -> None:
    assert service.search_words(typed) == words


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("Turkey", "TR"), ("türkiye", "TR"), ("TÜRKİYE", "TR"), ("tr", "TR"), ("+90", "TR"), ("0090", "TR"),
        (" 90 ", "TR"), ("USA", "US"), ("+1", "US"), ("+44", "GB"), ("uk", "GB"), ("Deutschland", "DE"),
        ("Côte d’Ivoire", "CI"), ("مصر", "EG"), ("united states", "US"),
    ],
)  # fmt: skip
def test_a_country_is_known_by_name_letters_or_calling_code(typed: str, code: str) -> None:
    assert country_of(typed) == code
    assert country_name(code) != code


@pytest.mark.parametrize("typed", ["", "Atlantis", "+999", "XX", "9" * 500, "+"])
def test_an_unknown_country_is_refused_with_examples(typed: str) -> None:
    with pytest.raises(CountryUnknown) as refused:
        country_of(typed)
    assert "+90" in refusal(refused.value)
