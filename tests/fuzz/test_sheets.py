"""Broken and hostile files go in; a sentence or rows come out, within 5 s and 300 MB.

`make fuzz FILES=10000` is the same with more of them."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.__main__ import MOST_BYTES, MOST_SECONDS
from tests.fuzz.corpus import BrokenFile, bombs, broken_file, workbooks
from tests.fuzz.corpus.made import Made, members_of, zipped
from tests.fuzz.forked import Nursery
from tests.fuzz.reading import Took, put_through

FILES, SEED = 120, 7
#: Those that once took too long or too much.
HEAVY = (
    bombs.one_line, bombs.tiny_strings, bombs.a_string_of_100_mb, bombs.a_cell_far_down,
    bombs.cells_of_190_mb, bombs.the_last_corner,
)  # fmt: skip


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    with Nursery() as nursery:
        yield nursery


def within_limits(took: Took) -> bool:
    return took.cpu_seconds <= MOST_SECONDS and 0 < took.peak_bytes <= MOST_BYTES


async def test_broken_files_get_a_clear_answer(nursery: Nursery, tmp_path: Path) -> None:
    answers = set()
    for number in range(FILES):
        file = broken_file(SEED, number, tmp_path)
        if file.kind.startswith("bombs.heavy"):
            continue
        took = await put_through(nursery, file)
        assert within_limits(took), (number, file.kind, took)
        answers.add(took.answer)
    # A corpus that never gets past the door would prove nothing.
    assert {"read", "import.truncated", "import.not_what_it_says", "import.no_number_column"} <= answers


@pytest.mark.parametrize("make", HEAVY, ids=lambda make: make.__name__)
async def test_the_heaviest_stay_within_their_limits(
    nursery: Nursery, tmp_path: Path, make: Callable[[], Made]
) -> None:
    made = make()
    path = tmp_path / "upload"
    path.write_bytes(made.content)
    took = await put_through(nursery, BrokenFile(path, f"a.{made.ending}", make.__name__))
    assert within_limits(took), took


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=400), ending=st.sampled_from(["csv", "xlsx", "xls", "ods", "zip"]))
async def test_any_bytes_at_all_get_a_clear_answer(
    nursery: Nursery, tmp_path: Path, content: bytes, ending: str
) -> None:
    path = tmp_path / "upload"
    path.write_bytes(content)
    await put_through(nursery, BrokenFile(path, f"a.{ending}", "bytes"))


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(xml=st.text(st.sampled_from("<>/&;\"'=! A1c?[]-\n\0é"), max_size=200), inside=st.booleans())
async def test_any_markup_within_a_workbook_gets_a_clear_answer(
    nursery: Nursery, tmp_path: Path, xml: str, inside: bool
) -> None:
    members = members_of(workbooks.written([["Phone"], ["+905321234567"]]))
    sheet, place = members[workbooks.SHEET], b"</row>"
    members[workbooks.SHEET] = sheet.replace(place, xml.encode() + place) if inside else xml.encode()
    path = tmp_path / "upload"
    path.write_bytes(zipped(members))
    await put_through(nursery, BrokenFile(path, "a.xlsx", "markup"))


def test_the_same_number_is_the_same_file(tmp_path: Path) -> None:
    first, again = ([_made(number, tmp_path) for number in range(30)] for _ in range(2))
    assert first == again
    assert len({content for _, _, content in first}) > 25


def _made(number: int, folder: Path) -> tuple[str, str, bytes]:
    file = broken_file(SEED, number, folder)
    return file.filename, file.kind, file.path.read_bytes()


def test_what_is_too_slow_or_too_large_is_found() -> None:
    fine = Took(answer="read", seconds=1, cpu_seconds=1, peak_bytes=2**20)
    assert within_limits(fine)
    assert not within_limits(replace(fine, cpu_seconds=5.1))
    assert not within_limits(replace(fine, peak_bytes=301 * 2**20))
    assert not within_limits(replace(fine, peak_bytes=0)), "a process that was not measured"
