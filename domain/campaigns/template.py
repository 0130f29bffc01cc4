"""Texts with blanks: `{name}` and `{name|friend}`."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from domain.kernel.errors import DomainError

LONGEST_TEXT: Final = 4096
LONGEST_CAPTION: Final = 1024

BLANK: Final = re.compile(r"\{([^{}|\n]{1,64})(?:\|([^{}\n]{0,200}))?\}")


class UnknownField(DomainError):
    """`field` as typed, and `known`, those that could have been meant."""

    code = "template.unknown_field"


class TextTooLong(DomainError):
    """`length` and `limit`, in characters, with every blank at its longest known value left out."""

    code = "template.too_long"


class TextEmpty(DomainError):
    code = "template.empty"


def field_key(name: str) -> str:
    """Blanks are found whatever the case and outer spaces."""
    return name.strip().casefold()


def fields_of(text: str) -> Sequence[str]:
    """Names of the blanks in order of appearance, each once, as typed."""
    return list({field_key(match[1]): match[1].strip() for match in BLANK.finditer(text)}.values())


def required_fields(text: str) -> Sequence[str]:
    """Names of blanks that have no fallback somewhere in the text."""
    return list(
        {field_key(m[1]): m[1].strip() for m in BLANK.finditer(text) if m[2] is None}.values()
    )  # fmt: skip


def check(text: str, known: Sequence[str], *, limit: int) -> None:
    """Raise what is wrong with a text, if anything."""
    if not text.strip():
        raise TextEmpty()
    if len(text) > limit:
        raise TextTooLong(length=len(text), limit=limit)
    check_fields(text, known)


def check_fields(text: str, known: Sequence[str]) -> None:
    """Raise UnknownField for a blank that none of `known` fills."""
    keys = {field_key(name) for name in known}
    for name in fields_of(text):
        if field_key(name) not in keys:
            raise UnknownField(field=name, known=list(known))


def fill(text: str, fields: Mapping[str, str]) -> str:
    """Put values into the blanks; an empty value takes the fallback, or nothing.

    Values are put in as they are: a value that looks like a blank is not filled again.
    """
    values = {field_key(name): value.strip() for name, value in fields.items()}

    def value(match: re.Match[str]) -> str:
        return values.get(field_key(match[1])) or (match[2] or "")

    return BLANK.sub(value, text)
