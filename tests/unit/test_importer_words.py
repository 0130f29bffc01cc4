"""What an import says: refusals, sizes, names of lists."""

from dataclasses import replace

import pytest

from bot.importer_words import list_name, read_as, shown
from bot.screens.imports import failure
from domain.contacts.importing.refusals import REFUSALS
from domain.contacts.ports import ImportJob, ImportState
from domain.kernel.ids import ImportId, MemberId, WorkspaceId

SAMPLE: dict[str, dict[str, object]] = {
    "import.too_big": {"bytes": 25_000_000, "limit": 20 * 1024 * 1024},
    "import.too_many_rows": {"rows": 250_000, "limit": 200_000},
    "import.too_many_columns": {"columns": 80, "limit": 64},
    "import.unpacked_too_big": {"bytes": 300_000_000, "limit": 200 * 1024 * 1024},
    "import.too_slow": {"limit": 30},
    "import.truncated": {"kind": "xlsx"},
    "import.not_what_it_says": {"says": "xlsx", "is_": "pdf"},
    "import.unsupported": {"says": ".pages", "accepted": [".xlsx", ".csv"]},
    "import.no_such_sheet": {"sheet": "Sheet <1>"},
}


@pytest.mark.parametrize("code", REFUSALS)
def test_every_refusal_of_a_file_has_a_sentence_that_fits_its_data(code: str) -> None:
    job = ImportJob(
        id=ImportId(1), workspace_id=WorkspaceId(1), member_id=MemberId(1), chat_id=1, version=1,
        state=ImportState.FAILED, filename="a.xlsx", telegram_file="f", size=1,
        refusal={"code": code, "data": shown(SAMPLE.get(code, {}))},
    )  # fmt: skip
    sentence = failure(job, "en")
    assert len(sentence) > 40
    if code != "import.refused":
        assert sentence != failure(replace(job, refusal={"code": "import.refused", "data": {}}), "en")


def test_sizes_in_refusals_are_shown_in_megabytes() -> None:
    assert shown({"bytes": 25_000_000, "limit": 20 * 1024 * 1024}) == {"bytes": "23.9 MB", "limit": "20 MB"}
    assert shown({"rows": 250_000, "limit": 200_000}) == {"rows": 250_000, "limit": 200_000}


def test_lists_are_named_after_their_file_and_never_twice_the_same() -> None:
    assert list_name("Müşteriler 2030.xlsx", set()) == "Müşteriler 2030"
    assert list_name("a.csv", {"a", "a 2"}) == "a 3"
    assert len(list_name("x" * 500 + ".csv", set())) <= 60
    assert list_name("\u202e.csv", set())


def test_text_files_are_read_as_csv_and_others_as_they_are() -> None:
    assert [read_as(name) for name in ("a.TXT", "b.tsv", "c.xlsx")] == ["a.TXT.csv", "b.tsv.csv", "c.xlsx"]
