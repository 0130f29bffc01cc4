"""Reading a whole file through the process that reads it, and what may be said of that."""

import os
from contextlib import aclosing
from pathlib import Path

import pytest

from domain.contacts.importing import refusals
from domain.contacts.importing.ports import Inspection, SheetReader
from domain.contacts.importing.rows import Ready, Row

AYSE, BRUNO, CHEN = "+905321234567", "+5511961234567", "+8613123456789"
PEOPLE: list[list[object]] = [["Name", "Phone", "City"], ["Ayşe", AYSE, "İzmir"], ["Bruno", BRUNO, "Santos"]]


def no_process_is_left() -> bool:
    """Whether every reading process is gone."""
    return Path(f"/proc/self/task/{os.getpid()}/children").read_text().split() == []


async def everything(
    reader: SheetReader, path: Path, country: str = "TR", sheet: int = 0, filename: str = ""
) -> tuple[Inspection, list[Row]]:
    """Inspect, and read one sheet by the guess."""
    inspection = await reader.inspect(path, filename or path.name, country)
    rows: list[Row] = []
    async with aclosing(reader.read(path, filename or path.name, inspection.sheets[sheet].plan)) as batches:
        async for batch in batches:
            rows += batch.rows
            last = batch
    assert last.done == last.total
    return inspection, rows


async def refusal(reader: SheetReader, path: Path, filename: str = "") -> refusals.FileRefused:
    with pytest.raises(refusals.FileRefused) as refused:
        await everything(reader, path, filename=filename)
    return refused.value


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def csv_of(delimiter: str = ",", header: str = "Name,Phone,City") -> str:
    lines = [header, f"Ayşe,{AYSE},İzmir", f"Bruno,{BRUNO},São Paulo"]
    return "\r\n".join(lines).replace(",", delimiter)


def assert_two_people(rows: list[Row], city: str = "City") -> None:
    assert [row.row_no for row in rows] == [2, 3]
    assert [row.number for row in rows if isinstance(row, Ready)] == [AYSE, BRUNO]
    first = rows[0]
    assert isinstance(first, Ready)
    assert first.name == "Ayşe"
    assert first.attributes == {city: "İzmir"}
