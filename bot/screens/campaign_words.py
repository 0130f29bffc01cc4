"""How campaigns' numbers, times and names are put for people."""

import re
from datetime import datetime, timedelta
from html import escape
from typing import Final
from zoneinfo import ZoneInfo

from bot.screens.contacts_parts import short
from bot.texts import Html, count, has, plain, say
from domain.campaigns.pace import is_a_rate
from domain.contacts.forgetting import is_forgotten
from domain.operators.model import Workspace
from domain.pacing.rules import GENTLE, NORMAL, Pacing

LONGEST_NAME: Final = 80
BAR_CELLS: Final = 12


def units(text: str) -> int:
    """Length as Telegram counts it: in UTF-16 code units, so that most emoji are two."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def cut(text: str, limit: int) -> str:
    """At most `limit` UTF-16 units, ending in an ellipsis where something was left out."""
    if units(text) <= limit:
        return text
    kept, used = [], 1
    for char in text:
        used += units(char)
        if used > limit:
            break
        kept.append(char)
    return "".join(kept).rstrip() + "…"


def one_line(text: str, limit: int = LONGEST_NAME) -> str:
    """A name as it may stand inside a sentence: one line, not too long, its direction kept to itself."""
    return short(text, limit)


def named_again(name: str, word: str, limit: int) -> str:
    """`Spring (again)`, `Spring (again 2)`: told from the campaign that it follows, within `limit`."""
    known = re.fullmatch(rf"(.*) \({re.escape(word)}(?: (\d{{1,4}}))?\)", name)
    nth = f" {int(known[2] or 1) + 1}" if known else ""
    suffix = f" ({word}{nth})"
    return (known[1] if known else name)[: limit - len(suffix)].rstrip() + suffix


def escaped(text: str) -> Html:
    return Html(escape(text, quote=False))


def quoted(text: str, limit: int) -> Html:
    """Somebody's own text, escaped and cut so that even its markup is no longer than `limit` units."""
    used, marked = 1, list[str]()
    for char in text:
        safe = escape(char, quote=False)
        used += units(safe)
        if used > limit:
            return Html("".join(marked).rstrip() + "…")
        marked.append(safe)
    return Html("".join(marked))


def zone_of(workspace: Workspace) -> ZoneInfo:
    return ZoneInfo(workspace.zone)


def day(at: datetime, zone: ZoneInfo, language: str = "en") -> str:
    """`3 Dec`."""
    local = at.astimezone(zone)
    return f"{local.day} {plain('months', language).split()[local.month - 1]}"


def moment(at: datetime, zone: ZoneInfo, now: datetime, language: str = "en") -> str:
    """`14:05` today, `3 Dec 14:05` this year, `3 Dec 2027 14:05` otherwise, in the workspace's zone."""
    local, today = at.astimezone(zone), now.astimezone(zone)
    clock = local.strftime("%H:%M")
    if local.date() == today.date():
        return clock
    year = "" if local.year == today.year else f" {local.year}"
    return f"{day(at, zone, language)}{year} {clock}"


def bar(done: int, total: int) -> str:
    """`▰▰▰▱▱▱ 50%`; it is full only when everything is done, and not empty once something is."""
    if total <= 0:
        return "▱" * BAR_CELLS + " 0%"
    share = min(done, total) / total
    cells = int(share * BAR_CELLS)
    if 0 < done < total:
        cells = min(max(cells, 1), BAR_CELLS - 1)
    percent = int(share * 100)
    return "▰" * cells + "▱" * (BAR_CELLS - cells) + f" {percent}%"


def seconds(span: timedelta) -> str:
    """`2`, `2.5`."""
    return f"{span.total_seconds():.3f}".rstrip("0").rstrip(".")


def _is_said_as_a_rate(pacing: Pacing) -> bool:
    """A whole number of messages a second is shorter said so, however it was chosen."""
    rate = pacing.rate
    return is_a_rate(pacing) and abs(rate - round(rate)) <= rate / 1000


def speed(pacing: Pacing, language: str = "en") -> str:
    """`normal, 2-5 s between messages`."""
    if pacing.is_batched:
        return plain("speed.fastest.words", language)
    if _is_said_as_a_rate(pacing):
        messages = count(round(pacing.rate), "message", "messages")
        return plain("speed.rate.words", language, messages=messages)
    gap = seconds(pacing.shortest)
    if pacing.longest != pacing.shortest:
        gap = f"{gap}-{seconds(pacing.longest)}"
    known = {GENTLE: "speed.gentle.words", NORMAL: "speed.normal.words"}
    return plain(known.get(pacing, "speed.custom.words"), language, gap=gap)


def person(name: str, number: str, language: str = "en") -> Html:
    """`Ayşe (+905321234567)`, or the number alone, once. The name as it is put in: cut it before."""
    number = number_shown(number, language)
    if not name or name == number:
        return say("person.nameless", language, number=number)
    return say("person", language, name=name, number=number)


def number_shown(number: str, language: str = "en") -> str:
    """Of whoever was forgotten there is none."""
    return plain("forgotten.person", language) if is_forgotten(number) else number


def people(number: int) -> str:
    return count(number, "person", "people")


def megabytes(size: int) -> str:
    return f"{size / 1_000_000:.1f} MB" if size >= 100_000 else f"{max(1, size // 1000)} KB"


def reason(code: str | None, language: str = "en") -> str:
    """A reason code in plain words; one without words as it is, nothing for none."""
    if not code:
        return ""
    return plain(f"reason.{code}", language) if has(f"reason.{code}") else one_line(code, 60)
