"""How automation rules are put for people, and what people type for a rest and for dates. Pure."""

import re
from datetime import date, timedelta
from typing import Final

from bot.screens.campaign_words import cut, quoted
from bot.screens.contacts_parts import short
from bot.screens.draft_words import media_words
from bot.screens.hours_words import date_words
from bot.texts import Html, plain, say
from domain.automation.model import (
    LONGEST_COOLDOWN,
    CooldownRefused,
    DatesReversed,
    Rule,
    When,
    as_a_stranger_reads,
    strangers_lack,
)
from domain.kernel.errors import DomainError

#: As they stand in buttons: never change the order.
KINDS: Final = (When.CONTAINS, When.EQUALS, When.REGEX, When.FIRST, When.ANY, When.NO_MATCH)
#: Of an answer, so much is shown.
ANSWER_SHOWN: Final = 600
WORDS_SHOWN: Final = 40

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
_UNITS: Final = {"m": MINUTE, "h": HOUR, "d": DAY}
_REST: Final = re.compile(r"(\d{1,6})\s*(m|min|mins|minutes?|h|hours?|d|days?)", re.IGNORECASE)
_NONE: Final = frozenset({"0", "no", "none", "off", "-"})

_DAY: Final = r"(\d{1,2})\.(\d{1,2})\.?(\d{4})?"
_DATES: Final = re.compile(rf"(?:{_DAY})?\s*(?:-|–|—|to)\s*(?:{_DAY})?")
#: Nobody plans further ahead; a mistyped year is caught.
_LAST_YEAR: Final = 2100


class DatesUnreadable(DomainError):
    """`text` as typed."""

    code = "rule.dates_unreadable"


def when_words(rule: Rule, lang: str) -> Html:
    """`a message contains “price”`."""
    return say(f"rule.when.{rule.when.value}", lang, words=short(rule.words, WORDS_SHOWN))


def when_plain(rule: Rule, lang: str) -> str:
    """The same for buttons and for the log."""
    return plain(f"rule.brief.{rule.when.value}", lang, words=short(rule.words, WORDS_SHOWN))


def does_plain(rule: Rule, lang: str) -> str:
    """What it does, in one word each."""
    done = {
        "answer": rule.answers, "tag": bool(rule.tag), "hand": rule.hand_over, "stop": rule.opt_out,
    }  # fmt: skip
    named = [plain(f"rule.does.{what}", lang) for what, does in done.items() if does]
    return ", ".join(named) or plain("rule.does.nothing", lang)


def does_lines(rule: Rule, lang: str) -> list[str]:
    """What it does, whole."""
    told: list[str] = []
    if rule.media:
        told.append(say("rule.file", lang, media=media_words(rule.media, lang)))
    if rule.text:
        told.append(say("rule.text", lang, text=quoted(rule.text, ANSWER_SHOWN)))
        told += _lacks_lines(rule, lang)
    if rule.tag:
        told.append(say("rule.tag", lang, tag=short(rule.tag)))
    if rule.hand_over:
        told.append(say("rule.hand", lang))
    if rule.opt_out:
        told.append(say("rule.opt_out", lang))
    return told or [say("rule.nothing", lang)]


def _lacks_lines(rule: Rule, lang: str) -> list[str]:
    """What it answers somebody of whom nothing is known, where a blank stays empty; and how to mend it."""
    lacks = strangers_lack(rule)
    if not lacks:
        return []
    word = plain("rule.lacks.name" if lacks[0] == "name" else "rule.lacks.other", lang, field=lacks[0])
    text = as_a_stranger_reads(rule)
    key = "rule.lacks" if text or rule.media else "rule.lacks.all"
    shown = short(", ".join(lacks), ANSWER_SHOWN)
    blank = short(f"{{{lacks[0]}|{word}}}", ANSWER_SHOWN)
    return [say(key, lang, fields=shown, text=quoted(text, ANSWER_SHOWN), blank=blank)]


def terms_lines(rule: Rule, lang: str) -> list[str]:
    """Under which terms it does so; what is as usual is left out."""
    told: list[str] = [say("rule.stops" if rule.stop_here else "rule.goes_on", lang)]
    if rule.cooldown:
        told.append(say("rule.rests", lang, rest=rest_words(rule.cooldown, lang)))
    if rule.only_in_hours:
        told.append(say("rule.hours", lang))
    if rule.valid_from or rule.valid_until:
        told.append(say("rule.dates", lang, dates=dates_words(rule.valid_from, rule.valid_until, lang)))
    return told


def sample(text: str, limit: int = WORDS_SHOWN) -> str:
    return cut(" ".join(text.split()), limit)


# -- a rest --------------------------------------------------------------------------------------------


def rest_words(rest: timedelta, lang: str) -> str:
    """`2 hours`, in the largest unit that says it whole."""
    if not rest:
        return plain("rest.none", lang)
    for name, unit in (("days", DAY), ("hours", HOUR), ("minutes", MINUTE)):
        if rest >= unit and not rest % unit:
            return plain(f"rest.{name}.one" if rest == unit else f"rest.{name}", lang, number=rest // unit)
    return plain("rest.seconds", lang, number=int(rest.total_seconds()))


def read_rest(text: str) -> timedelta:
    """`2 hours`, `30 min`, `1d`; `none`. Raises CooldownRefused."""
    typed = text.strip().casefold()
    if typed in _NONE:
        return timedelta()
    found = _REST.fullmatch(typed)
    rest = int(found[1]) * _UNITS[found[2][0].lower()] if found else LONGEST_COOLDOWN + DAY
    if rest > LONGEST_COOLDOWN:
        raise CooldownRefused(days=LONGEST_COOLDOWN.days)
    return rest


# -- dates ---------------------------------------------------------------------------------------------


def dates_words(first: date | None, last: date | None, lang: str) -> str:
    """`1 Dec 2026 – 24 Dec 2026`."""
    begins, ends = (date_words(day, lang, year=True) if day else "" for day in (first, last))
    if begins and ends:
        return plain("dates.both", lang, first=begins, last=ends)
    if begins:
        return plain("dates.from", lang, first=begins)
    return plain("dates.until", lang, last=ends) if ends else plain("dates.none", lang)


def read_dates(text: str, *, today: date) -> tuple[date | None, date | None]:
    """`1.12 - 24.12`, `20.12.2026 - 6.1.2027`, `1.12 -`, `- 24.12`. Without a year the ones that are not over
    yet are meant. Raises DatesUnreadable, DatesReversed."""
    found = _DATES.fullmatch(text.strip().casefold())
    if found is None or not (found[1] or found[4]):
        raise DatesUnreadable(text=text.strip()[:40])
    try:
        return _dates(found, today)
    except ValueError:
        raise DatesUnreadable(text=text.strip()[:40]) from None


def _dates(found: re.Match[str], today: date) -> tuple[date | None, date | None]:
    """What has no year takes that of the other, or the one after or before it."""

    def first(year: int) -> date:
        return _read(found[1], found[2], found[3], year)

    def last(year: int) -> date:
        return _read(found[4], found[5], found[6], year)

    if not found[4]:
        return first(today.year), None
    if found[1] and found[3]:
        begins = first(today.year)
        ends = last(begins.year)
        ends = last(begins.year + 1) if ends < begins else ends
    else:
        ends = last(today.year)
        ends = last(today.year + 1) if ends < today else ends
        if not found[1]:
            return None, ends
        begins = first(ends.year)
        begins = first(ends.year - 1) if begins > ends else begins
    if ends < begins:
        raise DatesReversed()
    return begins, ends


def _read(day: str, month: str, year: str | None, otherwise: int) -> date:
    """Raises ValueError."""
    read = date(int(year or otherwise), int(month), int(day))
    if not 2000 <= read.year <= _LAST_YEAR:
        raise ValueError("no such year here")
    return read
