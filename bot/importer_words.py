"""Names and words around an import: of its file, its list, its refusals, its error file."""

from collections.abc import Callable, Mapping
from pathlib import PurePath
from typing import Any, Final

from bot.texts import plain
from domain.contacts import service

MEGABYTE: Final = 1024 * 1024


def read_as(filename: str) -> str:
    """The name the reader goes by: plain text with columns is read as csv."""
    name = filename.strip()
    return f"{name}.csv" if PurePath(name).suffix.casefold() in {".txt", ".tsv"} else name


def list_name(filename: str, taken: set[str]) -> str:
    """`customers` for customers.xlsx, then `customers 2`."""
    base = service.shortened(service.tidy(PurePath(filename).stem) or "List", 60)
    name, n = base, 1
    while name in taken:
        n += 1
        name = f"{base} {n}"
    return name


def shown(data: Mapping[str, object]) -> dict[str, Any]:
    """A refusal's data as its sentence wants it: plain values, sizes in megabytes."""
    values: dict[str, Any] = {}
    for key, value in data.items():
        if isinstance(value, int) and ("bytes" in data) and key in {"bytes", "limit"}:
            values[key] = f"{-(-value * 10 // MEGABYTE) / 10:g} MB"
        elif isinstance(value, int | float | str):
            values[key] = value
        elif isinstance(value, list | tuple | set | frozenset):
            values[key] = ", ".join(str(item) for item in value)
        else:
            values[key] = str(value)
    return values


def wording(language: str) -> Callable[[str], str]:
    """Words for the error file; `{row}` is left for the reader to fill."""

    def sentence(reason: str) -> str:
        key = f"problem.{reason}"
        return plain(key, language, row="{row}") if reason == "duplicate" else plain(key, language)

    return sentence
