"""Every sentence, by key. `say` escapes what is put in, so that a name can never become markup."""

import re
from collections.abc import Mapping
from datetime import datetime
from html import escape
from typing import Final
from zoneinfo import ZoneInfo

from bot.texts import en
from domain.kernel.errors import DomainError

CATALOGUES: Final[Mapping[str, Mapping[str, str]]] = {"en": en.TEXTS}
LANGUAGES: Final = tuple(CATALOGUES)
LONGEST_VALUE: Final = 300
#: First strong isolate and pop: a right-to-left name must not turn the line around it.
FSI, PDI = "\u2068", "\u2069"
_RTL: Final = "\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc"
_RTL_WORDS: Final = re.compile(f"[{_RTL}](?:[{_RTL}\\s'’\"().-]*[{_RTL}])?")


class Html(str):
    """Text that is markup already; `say` puts it in as it is."""

    __slots__ = ()


def say(key: str, language: str = "en", /, **values: object) -> Html:
    """The sentence under `key`, blanks filled. Raises KeyError for a key or blank that is not there."""
    catalogue = CATALOGUES.get(language, en.TEXTS)
    return Html(catalogue[key].format(**{name: _shown(value) for name, value in values.items()}))


def plain(key: str, language: str = "en", /, **values: object) -> str:
    """The same for toasts, button labels and file cells, where nothing is markup."""
    catalogue = CATALOGUES.get(language, en.TEXTS)
    return catalogue[key].format(**{name: _text(value) for name, value in values.items()})


def isolated(text: str) -> str:
    """A value that stands amid a line. Of several lines each takes its own direction anyway."""
    if "\n" in text or text.startswith(FSI) or _RTL_WORDS.search(text) is None:
        return text
    return f"{FSI}{text}{PDI}"


def isolated_words(text: str) -> str:
    """The same for each run of right-to-left words in a line."""
    return _RTL_WORDS.sub(lambda found: f"{FSI}{found[0]}{PDI}", text)


def has(key: str) -> bool:
    return key in en.TEXTS


def refusal(error: DomainError, language: str = "en", *, zone: str = "UTC") -> Html:
    """The sentence for a refusal of the domain: what is wrong, what is accepted, an example. `zone`: by which
    it tells days."""
    data = {
        name: on_day(value, zone, language) if isinstance(value, datetime) else value
        for name, value in error.data.items()
    }
    return say(f"refused.{error.code}", language, **data)


def on_day(at: datetime, zone: str, language: str = "en") -> str:
    """`3 May 2027`."""
    there = at.astimezone(ZoneInfo(zone))
    return f"{there.day} {plain('months', language).split()[there.month - 1]} {there.year}"


def unmarked(sentence: str) -> str:
    """A sentence of the catalogue without its markup, for toasts."""
    for tag in ("<b>", "</b>", "<i>", "</i>", "<code>", "</code>"):
        sentence = sentence.replace(tag, "")
    return sentence.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def count(number: int, one: str, many: str) -> str:
    """`1 person`, `1,204 people`."""
    return f"{number:,} {one if number == 1 else many}"


def _text(value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    text = ", ".join(map(_text, value)) if isinstance(value, list | tuple) else str(value)
    return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 1] + "…"


def _shown(value: object) -> str:
    if isinstance(value, list | tuple):
        return escape(", ".join(isolated(_text(one)) for one in value), quote=False)
    return value if isinstance(value, Html) else escape(isolated(_text(value)), quote=False)
