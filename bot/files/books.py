"""Workbooks to write."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from openpyxl import Workbook


def new_book() -> "Workbook":
    """An empty one, written row after row. Its library is loaded for the first: most hours nobody asks."""
    from openpyxl import Workbook

    return Workbook(write_only=True)
