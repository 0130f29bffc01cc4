"""A stop is heard however it is written; what was heard before is heard still."""

import sys
import unicodedata
from collections.abc import Callable
from functools import lru_cache

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from domain.contacts.folding import folded, words
from domain.contacts.stop_words import (
    ALWAYS_STOPS,
    LANGUAGES,
    LONGEST_WORD,
    MOST_WORDS,
    OWN,
    START_DEFAULTS,
    STOP_DEFAULTS,
    Heard,
    TooManyWords,
    Vocabulary,
    WordBothWays,
    WordKept,
    WordRefused,
)

# ---- the matcher of before: whatever it heard must be heard still

#: What people write when they want no more; the usual words of the languages our operators write in.
STOP_WORDS = frozenset(
    {
        "stop", "stopall", "unsubscribe", "cancel", "end", "quit", "opt out", "optout",
        "dur", "durdur", "iptal", "ret", "stopp", "abmelden", "arret", "arrêt", "baja", "alto",
        "parar", "sair",
        "стоп", "отписаться", "отписка", "توقف", "إيقاف", "ايقاف", "إلغاء", "الغاء", "berhenti",
    }
)  # fmt: skip

#: What brings somebody back who had said stop.
START_WORDS = frozenset(
    {"start", "unstop", "subscribe", "başla", "basla", "alta", "старт", "ابدأ", "ابدا", "mulai"}
)

_DOT_ABOVE = "\u0307"
_AROUND = " \t\r\n.!…\"'*“”«»"


def _whole_message(text: str) -> str:
    """A message as the words above are written. `İptal` folds to an i with a dot of its own: a Turkish "stop"
    with its capital would not be heard. Direction marks stand around Arabic words unseen."""
    seen = "".join(char for char in text[:200] if unicodedata.category(char) != "Cf")
    return " ".join(seen.casefold().replace(_DOT_ABOVE, "").strip(_AROUND).split())


def means_stop(text: str) -> bool:
    """Whether the whole message is a word for "stop" (case and the punctuation around it aside)."""
    return _whole_message(text) in STOP_WORDS


def means_start(text: str) -> bool:
    """Whether the whole message takes a "stop" back. It says nothing about anybody who never said stop."""
    return _whole_message(text) in START_WORDS


# ----

HOUSE = Vocabulary()
UNSEEN = ("", "\u200b", "\u200f", "\u00ad", "\u200d", "\ufeff", "\u2066")
AROUND = (" ", "\t", "\n", ".", "!", "…", '"', "'", "*", "“", "»", "\u00a0", "\u200f")
Shape = Callable[[str], str]
CASES: tuple[Shape, ...] = (
    str.upper, str.lower, str.title, str.swapcase, str.capitalize, lambda text: text.replace("i", "İ"),
)  # fmt: skip


@lru_cache
def letter_forms() -> dict[str, list[str]]:
    """Every character that the matcher of before reads as some letters, by those letters."""
    forms: dict[str, list[str]] = {}
    for point in range(sys.maxunicode + 1):
        char = chr(point)
        if not 0xD800 <= point <= 0xDFFF:
            forms.setdefault(char.casefold().replace("\u0307", ""), []).append(char)
    return forms


@st.composite
def written(draw: st.DrawFn, said: frozenset[str]) -> str:
    """One of the words as the matcher of before may have met it."""
    word = draw(st.sampled_from(sorted(said)))
    text = "".join(
        draw(st.sampled_from([char, *letter_forms().get(char, [])]))
        + draw(st.sampled_from(["", "", "", "\u0307", *UNSEEN]))
        for char in word
    ).replace(" ", draw(st.sampled_from([" ", "  ", "\n", "\x1c", "\u2003"])))
    text = draw(st.sampled_from(CASES))(text)
    around = st.lists(st.sampled_from(AROUND), max_size=5).map("".join)
    return draw(around) + text + draw(around)


@given(written(STOP_WORDS))
def test_what_was_a_stop_before_is_one_still(text: str) -> None:
    assume(means_stop(text))
    assert HOUSE.heard(text) is Heard.STOP


@given(written(START_WORDS))
def test_what_was_a_start_before_is_one_still(text: str) -> None:
    assume(means_start(text))
    assert HOUSE.heard(text) is Heard.START


def test_every_character_that_was_read_as_a_letter_of_a_word_is_read_so_still() -> None:
    letters = set("".join(STOP_WORDS | START_WORDS))
    forms = {read: chars for read, chars in letter_forms().items() if read and set(read) <= letters}
    pairs = [(char, read) for read, chars in forms.items() for char in chars]
    assert len(pairs) > 60
    for char, read in pairs:
        assert folded(f"x{char}x") == folded(f"x{read}x"), hex(ord(char))


def test_what_only_begins_with_the_word_and_goes_on_out_of_sight_is_a_stop_as_it_was_before() -> None:
    text = "stop" + " " * 300 + "by my shop some time"
    assert means_stop(text)
    assert HOUSE.heard(text) is Heard.STOP


@pytest.mark.parametrize(
    "text", ["STOP! " * 34, "iptal " * 60, "iptal\n" * 60, "stop\n" * 100, "stop" + " x" * 300]
)
def test_a_word_again_and_again_is_a_stop_however_often(text: str) -> None:
    assert (HOUSE.heard(text) is Heard.STOP) is ("x" not in text)


@given(st.text(max_size=300) | st.sampled_from([" " * 300, "x" * 500]))
def test_any_text_is_read_and_whatever_was_a_stop_is_one(text: str) -> None:
    heard = HOUSE.heard(text)
    if means_stop(text):
        assert heard is Heard.STOP
    elif means_start(text):
        assert heard is Heard.START


@given(st.text(max_size=60))
def test_folding_twice_changes_nothing_more(text: str) -> None:
    assert folded(folded(text)) == folded(text)
    assert words(words(text)) == words(text)


def full_width(text: str) -> str:
    return "".join(chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in text)


def bare(text: str) -> str:
    apart = unicodedata.normalize("NFD", text)
    return "".join(char for char in apart if not unicodedata.combining(char))


SHAPES: list[Shape] = [
    *CASES, full_width, bare,
    lambda text: unicodedata.normalize("NFD", text), lambda text: f"*{text}*!!", lambda text: f"{text} 🙏",
    lambda text: text.replace(" ", "-"), lambda text: f"¡{text}!", lambda text: f"{text}。",
]  # fmt: skip


@pytest.mark.parametrize("kind", Heard)
def test_every_default_is_heard_in_every_shape(kind: Heard) -> None:
    for language in LANGUAGES:
        for word in HOUSE.listed(kind, language):
            for shape in SHAPES:
                assert HOUSE.heard(shape(word)) is kind, (language, shape(word))


@pytest.mark.parametrize(
    "text",
    ["ＳＴＯＰ", "𝐒𝐓𝐎𝐏", "Stop stop STOP!!!", "opt-out", "İPTAL", "ıptal", "IPTAL", "arret", "ARRÊT.",
     "تَوَقُّف", "الغاء", "إلـــغاء", "لغو اشتراك", "نفرستيد", "Отписка)", "STOP 🛑", "बंद करो।", "ﺗﻮﻗﻒ"],
)  # fmt: skip
def test_a_stop_is_heard_through_accents_width_and_variants_of_letters(text: str) -> None:
    assert HOUSE.heard(text) is Heard.STOP


@pytest.mark.parametrize(
    "text",
    ["", "!", "🛑", "don't stop", "When does the sale end?", "stop it " * 100, "stopover", "no", "ok", "1",
     "I want to cancel my order 4411", "dur bakalım", "can I start on Monday?", "s t o p"],
)  # fmt: skip
def test_what_only_holds_the_word_says_something_else(text: str) -> None:
    assert HOUSE.heard(text) is None


def test_there_are_twelve_languages_and_no_word_stands_on_both_sides() -> None:
    assert len(LANGUAGES) == 12
    assert set(START_DEFAULTS) == set(LANGUAGES)
    stops, starts = (
        {words(word) for listed in lists.values() for word in listed}
        for lists in (STOP_DEFAULTS, START_DEFAULTS)
    )
    assert not stops & starts
    assert all(0 < len(word) <= LONGEST_WORD for word in stops | starts)


def test_a_word_of_the_shops_own_is_heard_and_one_taken_out_is_not() -> None:
    mine = HOUSE.with_word(Heard.STOP, OWN, "  Ça  Suffit ").without_word(Heard.STOP, "en", "CANCEL")
    assert mine.heard("ca suffit!") is Heard.STOP
    assert mine.heard("cancel") is None
    assert mine.heard("unsubscribe") is Heard.STOP
    assert HOUSE.heard("cancel") is Heard.STOP
    assert mine.with_word(Heard.STOP, OWN, "CA SUFFIT") == mine
    assert mine.with_word(Heard.STOP, "en", "cancel").heard("Cancel.") is Heard.STOP
    assert mine.without_word(Heard.STOP, OWN, "never there") is mine


def test_the_word_stop_itself_cannot_be_taken_out() -> None:
    with pytest.raises(WordKept):
        HOUSE.without_word(Heard.STOP, "en", "Stop!")
    emptied = Vocabulary(stops=dict.fromkeys(LANGUAGES, ()))
    assert emptied.heard(ALWAYS_STOPS) is Heard.STOP


def test_a_word_that_stops_cannot_start_nor_the_other_way_round() -> None:
    with pytest.raises(WordBothWays):
        HOUSE.with_word(Heard.START, OWN, "Baja")
    with pytest.raises(WordBothWays):
        HOUSE.with_word(Heard.STOP, OWN, "alta")
    assert Vocabulary(starts={OWN: ("baja",)}).heard("baja") is Heard.STOP


@pytest.mark.parametrize("word", ["", " ", "!!!", "🛑", "x" * (LONGEST_WORD + 1)])
def test_a_word_of_nothing_or_too_much_is_refused(word: str) -> None:
    with pytest.raises(WordRefused):
        HOUSE.with_word(Heard.STOP, OWN, word)


def test_a_list_has_an_end() -> None:
    full = Vocabulary(stops={OWN: tuple(f"word{n}" for n in range(MOST_WORDS))})
    with pytest.raises(TooManyWords):
        full.with_word(Heard.STOP, OWN, "one more")
