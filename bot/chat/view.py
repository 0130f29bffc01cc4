"""What a screen looks like, before Telegram is asked to show it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.chat.codec import Press, encode

LONGEST_TEXT: Final = 4096
LONGEST_CAPTION: Final = 1024
LONGEST_TOAST: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """A verb, and what pressing it means."""

    label: str
    press: Press


Rows = tuple[tuple[Button, ...], ...]


def button(label: str, action: str, id: int = 0, rev: int = 0, x: int = 0) -> Button:
    return Button(label=label, press=Press(action=action, id=id, rev=rev, x=x))


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """`text` is Telegram HTML, already escaped (bot/texts does it)."""

    text: str
    rows: Rows = ()


def keyboard(rows: Rows) -> InlineKeyboardMarkup | None:
    if not rows:
        return None
    return InlineKeyboardMarkup(
        [[InlineKeyboardButton(b.label, callback_data=encode(b.press)) for b in row] for row in rows]
    )


def rows_as_json(rows: Rows) -> list[list[list[str]]]:
    """For notices, which wait in a table."""
    return [[[b.label, encode(b.press)] for b in row] for row in rows]


def keyboard_from_json(rows: Sequence[Sequence[Sequence[str]]]) -> InlineKeyboardMarkup | None:
    if not rows:
        return None
    return InlineKeyboardMarkup(
        [[InlineKeyboardButton(label, callback_data=data) for label, data in row] for row in rows]
    )
