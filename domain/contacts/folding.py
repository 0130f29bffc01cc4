"""What somebody wrote, without what differs when two people write the same."""

import unicodedata
from collections.abc import Callable
from typing import Final

#: Letters that are one letter with another shape, or are typed for it; composed ones come apart anyway.
_ONE_LETTER: Final = str.maketrans(
    {
        "ı": "i", "ł": "l", "ø": "o", "đ": "d", "æ": "ae", "œ": "oe", "ʼ": "'", "ё": "е",
        # Arabic and Persian: ye, kaf, he; the hamza and the lengthening stroke are often left out.
        "ی": "ي", "ى": "ي", "ې": "ي", "ے": "ي", "ک": "ك", "ڪ": "ك", "ة": "ه", "ہ": "ه", "ە": "ه", "ھ": "ه",
        "ٱ": "ا", "ء": "", "ـ": "",
    }
)  # fmt: skip


class _Table(dict[int, str]):
    """For `str.translate`: what becomes of a character, learned as it is met, so that no text takes long."""

    #: There are many characters, and few that anybody writes.
    _MOST: Final = 20_000

    def __init__(self, rule: Callable[[str], str]) -> None:
        super().__init__()
        self._rule = rule

    def __missing__(self, point: int) -> str:
        if len(self) >= self._MOST:
            self.clear()
        self[point] = becomes = self._rule(chr(point))
        return becomes


def _letters(char: str) -> str:
    if unicodedata.category(char) == "Cf":
        return ""
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", char).casefold()).casefold()
    return "".join(part for part in apart if not _is_mark(part)).translate(_ONE_LETTER)


def _is_mark(char: str) -> bool:
    """What is drawn on a letter: accents, vowel points, voicing marks; and what says how to draw an emoji."""
    return unicodedata.combining(char) != 0 or "\ufe00" <= char <= "\ufe0f"


def _in_words(char: str) -> str:
    """Vowel signs of Indian scripts stand beside their letter and are part of the word."""
    return char if char.isalnum() or unicodedata.category(char) in {"Mc", "Mn"} else " "


_FOLDED: Final = _Table(_letters)
_IN_WORDS: Final = _Table(_in_words)


def folded(text: str) -> str:
    """Without case, accents, full width, letter variants, unseen marks and surplus blanks: `İPTAL` and
    `ｉptal` are one. Punctuation stays. Folding twice changes nothing more."""
    if text.isascii():
        return " ".join(text.casefold().split())
    return " ".join(unicodedata.normalize("NFKC", text.translate(_FOLDED)).split())


def words(text: str) -> str:
    """The same, without anything but letters and digits: `Opt-out!` is `opt out`. Empty for an emoji."""
    return " ".join(folded(text).translate(_IN_WORDS).split())
