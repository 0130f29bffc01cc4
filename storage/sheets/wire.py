"""What crosses the pipe: a length in four bytes, then JSON.

JSON and not pickle or marshal: the reading process handles hostile files, and should one ever take it over,
the bot must still be able to decode whatever comes out of it.
"""

import json
from typing import Any, BinaryIO, Final

import orjson

from domain.contacts.importing.numbers import Reason
from domain.contacts.importing.ports import Inspection, SheetInfo
from domain.contacts.importing.rows import Bad, Batch, Duplicate, ImportPlan, Ready, Row

HEADER_BYTES: Final = 4
#: No frame the reader makes is near this; a longer one means that it is not the reader who speaks.
LONGEST_FRAME: Final = 16 * 1024 * 1024

_encode: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode


def frame(message: dict[str, Any]) -> bytes:
    """A message as it crosses the pipe. Half characters, which UTF-8 cannot write, become question marks."""
    try:
        body = orjson.dumps(message, default=_as_list)
    except orjson.JSONEncodeError:
        # It knows no half characters, and no keys that are an enum's words.
        body = _encode(message).encode("utf-8", "replace")
    return len(body).to_bytes(HEADER_BYTES, "big") + body


def _as_list(row: object) -> list[object]:
    """Named tuples, which orjson does not take for tuples."""
    if isinstance(row, tuple):
        return list(row)
    raise TypeError


def send(stream: BinaryIO, message: dict[str, Any]) -> None:
    """Write one message and flush it."""
    stream.write(frame(message))
    stream.flush()


def batch_message(rows: list[Row], done: int, total: int) -> dict[str, Any]:
    """A batch as plain lists."""
    ready: list[object] = []
    duplicates: list[object] = []
    bad: list[object] = []
    for row in rows:
        if type(row) is Ready:
            ready.append(row)
        elif type(row) is Duplicate:
            duplicates.append((row.row_no, row.of_row))
        elif type(row) is Bad:
            bad.append((row.row_no, row.reason, row.cell))
    return {"ready": ready, "duplicates": duplicates, "bad": bad, "done": done, "total": total}


def batch_from(message: dict[str, Any]) -> Batch:
    """The batch a message holds."""
    return Batch(
        ready=list(map(Ready._make, message["ready"])),
        duplicates=[Duplicate(*row) for row in message["duplicates"]],
        bad=[Bad(row_no, Reason(reason), cell) for row_no, reason, cell in message["bad"]],
        done=message["done"],
        total=message["total"],
    )


def inspection_message(inspection: Inspection) -> dict[str, Any]:
    """An inspection as plain values."""
    sheets = [
        {
            "name": sheet.name,
            "rows": sheet.rows,
            "columns": sheet.columns,
            "plan": sheet.plan.to_json(),
            "headers": sheet.headers,
            "sample": sheet.sample,
        }
        for sheet in inspection.sheets
    ]
    return {"kind": inspection.kind, "sheets": sheets}


def inspection_from(message: dict[str, Any]) -> Inspection:
    """The inspection a message holds."""
    sheets = tuple(
        SheetInfo(**{**sheet, "plan": ImportPlan.from_json(sheet["plan"])}) for sheet in message["sheets"]
    )
    return Inspection(kind=message["kind"], sheets=sheets)


def receive(stream: BinaryIO) -> dict[str, Any]:
    """Read one message. Raises EOFError when the stream ends in the middle of it."""
    size = int.from_bytes(stream.read(HEADER_BYTES), "big")
    body = stream.read(size)
    if not size or len(body) < size:
        raise EOFError("the request was cut off")
    message: dict[str, Any] = json.loads(body)
    return message
