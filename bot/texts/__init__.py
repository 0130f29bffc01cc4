"""Every sentence, by key. `say` escapes what is put in, so that a name can never become markup."""

from collections.abc import Mapping
from html import escape
from typing import Final

from bot.texts import en
from domain.kernel.errors import DomainError

CATALOGUES: Final[Mapping[str, Mapping[str, str]]] = {"en": en.TEXTS}
LANGUAGES: Final = tuple(CATALOGUES)
LONGEST_VALUE: Final = 300


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


def has(key: str) -> bool:
    return key in en.TEXTS


def refusal(error: DomainError, language: str = "en") -> Html:
    """The sentence for a refusal of the domain: what is wrong, what is accepted, an example."""
    key = f"refused.{error.code}"
    return say(key, language, **error.data)


def count(number: int, one: str, many: str) -> str:
    """`1 person`, `1,204 people`."""
    return f"{number:,} {one if number == 1 else many}"


def _text(value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    text = ", ".join(map(_text, value)) if isinstance(value, list | tuple) else str(value)
    return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 1] + "…"


def _shown(value: object) -> str:
    return value if isinstance(value, Html) else escape(_text(value), quote=False)
