"""One broken file through everything that the bot does with a file, and what that took."""

import re
import time
import zipfile
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path

from defusedxml import ElementTree

from bot.importer_words import list_name, read_as, shown, wording
from bot.screens.contacts_parts import short
from bot.texts import say
from domain.contacts.importing import refusals
from storage.sheets.client import ProcessSheetReader
from tests.fuzz.corpus import BrokenFile
from tests.fuzz.forked import Nursery

_TEXT = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}t"
_RUNS = re.compile(r"[\t\r\n]|\s*[=+\-@＝＋－＠]")
_NUMBER = re.compile(r"\s*\+[\d\s().\-/]+")
_FORMULA = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}f"


@dataclass(frozen=True, slots=True, kw_only=True)
class Took:
    """`answer` is the refusal's code, or "read". `seconds` are of the slowest of its calls."""

    answer: str
    seconds: float
    cpu_seconds: float
    peak_bytes: int


class Wrong(AssertionError):
    """The file got the better of us."""


async def put_through(nursery: Nursery, file: BrokenFile) -> Took:
    """Inspected, read by the guess, written back as an error file. Raises Wrong."""
    reader = ProcessSheetReader(start=nursery.start)
    nursery.used.clear()
    seconds: list[float] = []
    try:
        answer = await _everything(reader, file, seconds)
    except refusals.FileRefused as refused:
        _check_sentence(refused, file)
        answer = refused.code
    if not list_name(file.filename, set()):
        raise Wrong(f"{file.filename!r} gives a list without a name")
    used = nursery.used
    return Took(
        answer=answer, seconds=max(seconds, default=0.0),
        cpu_seconds=max((one.cpu_seconds for one in used), default=0.0),
        peak_bytes=max((one.peak_bytes for one in used), default=0),
    )  # fmt: skip


class _Timed:
    def __init__(self, seconds: list[float]) -> None:
        self._seconds = seconds

    def __enter__(self) -> None:
        self._began = time.monotonic()

    def __exit__(self, *_: object) -> None:
        self._seconds.append(time.monotonic() - self._began)


async def _everything(reader: ProcessSheetReader, file: BrokenFile, seconds: list[float]) -> str:
    named = read_as(file.filename)
    with _Timed(seconds):
        inspection = await reader.inspect(file.path, named, "TR")
    plan = inspection.sheets[0].plan
    with _Timed(seconds):
        async with aclosing(reader.read(file.path, named, plan)) as batches:
            async for batch in batches:
                if batch.done > batch.total:
                    raise Wrong(f"{batch.done} of {batch.total} rows")
    with _Timed(seconds):
        made = await reader.error_file(file.path, named, plan, wording("en"))
    try:
        _check_error_file(made)
    finally:
        made.unlink()
    return "read"


def _check_sentence(refused: refusals.FileRefused, file: BrokenFile) -> None:
    """It is one, of what is known; and a reading process that died without a word is a fault of ours."""
    if type(refused) is refusals.FileRefused:
        raise Wrong(f"the reading process died: {refused.data}")
    sentence = str(say(f"refused.{refused.code}", "en", **_short(shown(refused.data))))
    if not 10 < len(sentence) < 1000 or "{" in sentence.replace(file.filename, ""):
        raise Wrong(f"no clear sentence: {sentence!r}")


def _short(data: dict[str, object]) -> dict[str, object]:
    return {name: short(value, 80) if isinstance(value, str) else value for name, value in data.items()}


def _check_error_file(path: Path) -> None:
    """Sound XML in which no cell is a formula or would become one."""
    with zipfile.ZipFile(path) as archive, archive.open("xl/worksheets/sheet1.xml") as sheet:
        for _event, element in ElementTree.iterparse(sheet):
            if element.tag == _FORMULA:
                raise Wrong("a formula in the error file")
            text = element.text or ""
            if element.tag == _TEXT and _RUNS.match(text) and not _NUMBER.fullmatch(text):
                raise Wrong(f"a cell that would run in the error file: {text[:40]!r}")
            if element.tag.endswith("}row"):
                element.clear()
