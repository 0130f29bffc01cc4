"""How did these people agree? The one question, asked of a person, a list and an import alike."""

from typing import Final

from bot.chat.view import Button, button
from bot.texts import plain
from domain.contacts.model import ConsentSource

#: The answers that need no words, in the order shown; a button's `x` counts them.
SOURCES: Final = (ConsentSource.SIGNED_UP, ConsentSource.CUSTOMERS, ConsentSource.WROTE_FIRST)


def answers(lang: str, prefix: str, id: int, rev: int) -> tuple[tuple[Button, ...], ...]:
    """Actions `<prefix>.agree` (x: which), `<prefix>.other`, `<prefix>.none`."""
    fixed = tuple(
        (button(plain(f"agree.{source}", lang), f"{prefix}.agree", id=id, rev=rev, x=x),)
        for x, source in enumerate(SOURCES)
    )
    others = (
        button(plain("agree.other", lang), f"{prefix}.other", id=id, rev=rev),
        button(plain("agree.none", lang), f"{prefix}.none", id=id, rev=rev),
    )
    return (*fixed, others)


def chosen(x: int) -> ConsentSource:
    """The answer of a button; one that is not there any more is the least of them."""
    return SOURCES[x] if x < len(SOURCES) else ConsentSource.OTHER
