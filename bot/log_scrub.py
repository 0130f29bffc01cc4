"""What never stands in a log: secrets, what people write, their numbers and names.

Two ways. What is said under a name that nobody vouched for is not said at all (`KEYS`; a test holds every
call to it). And out of what is said everything is taken that looks like a secret or a number.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, Final

HIDDEN: Final = "<hidden>"

#: Under these a log says things. None of them may hold what a person wrote, is called or is reached at.
KEYS: Final = frozenset(
    {
        "account", "charge", "chat", "check", "code", "detail", "error", "event", "exception", "field",
        "host", "id", "is_ours", "job", "kind", "lane", "level", "line", "megabytes", "missing", "npm",
        "of", "path", "port", "purpose", "reason", "reference", "remote", "removed", "reply", "screen",
        "seq", "task", "timestamp", "tries", "wait", "webhook", "why",
    }
)  # fmt: skip
#: What the worker of WhatsApp Web says in its own log, where the same is promised.
_OF_THE_WORKER: Final = "worker_"
#: Said as they are: they are made here, and may look like a number.
_OURS: Final = frozenset({"level", "timestamp"})
_REFERENCE: Final = re.compile(r"[0-9a-f]{8}")
#: A whole number under a name that is not known says nothing of anybody if it is smaller than any phone's.
_SMALL: Final = 10_000_000
_LONGEST: Final = 500

_Rule = tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]]
_RULES: Final[tuple[_Rule, ...]] = (
    # A bot's token, wherever it stands (httpx puts it into the addresses it logs), and Meta's access tokens.
    (re.compile(r"(?<!\d)\d{6,}:[A-Za-z0-9_-]{30,}|EAA[A-Za-z0-9_-]{20,}"), "<token>"),
    # Who signs in, in an address; and what is asked for in it.
    (re.compile(r"(?<=://)[^\s/@\"'<>]+@"), "<secret>@"),
    (re.compile(r"(://[^\s\"'<>?]*)\?[^\"'<>\n]*"), r"\1?<hidden>"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[^\s\"',;]+"), r"\1 <secret>"),
    (
        re.compile(
            r"(?i)([\w-]*(?:token|secret|password|passwd|api[_-]?key|signature)[\w-]*[\"']?\s*[=:]\s*[\"']?)"
            r"(?!<)[^\s\"'&,;)}\]]+"
        ),
        r"\1<secret>",
    ),
    # Keys and app secrets are written in hex.
    (re.compile(r"(?<![0-9A-Za-z])[0-9a-fA-F]{32,}(?![0-9A-Za-z])"), "<secret>"),
    (re.compile(r"\+\d(?:[\s().-]{0,2}\d){6,14}|(?<!\d)\d{9,16}(?!\d)"), "<number>"),
)
#: What a library quotes was given to it.
_QUOTED: Final = re.compile(r"\"[^\"]*\"|(?<!\w)'[^']*'(?!\w)|`[^`]*`|“[^”]*”|«[^»]*»")


class Scrubber:
    """`secrets`: those of the settings, known word by word."""

    #: Shorter ones would be found in everything.
    SHORTEST: Final = 6

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        known = sorted({one for one in secrets if len(one) >= self.SHORTEST}, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, known))) if known else None

    def text(self, said: str) -> str:
        """Without what looks like a secret or a number."""
        if self._known is not None:
            said = self._known.sub("<secret>", said)
        for pattern, instead in _RULES:
            said = pattern.sub(instead, said)
        return said

    def foreign(self, said: str) -> str:
        """What a library says: its first line, without what it quotes."""
        line = said.strip().partition("\n")[0]
        return self.text(_QUOTED.sub(HIDDEN, line))[:_LONGEST]

    def fields(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """What a log says, by name. Names are in the code, so they stay."""
        return {key: self._field(key, value) for key, value in event.items()}

    def _field(self, key: str, value: Any) -> Any:
        if value is None or isinstance(value, bool):
            return value
        if key in _OURS or (key == "reference" and _REFERENCE.fullmatch(str(value))):
            return value
        if key == "exception":  # made of safe pieces (bot/log_traces.py), in lines
            return self.text(str(value))
        vouched = key in KEYS or key.startswith(_OF_THE_WORKER)
        if isinstance(value, int | float):
            return value if vouched or abs(value) < _SMALL else HIDDEN
        if not vouched:
            return HIDDEN
        if isinstance(value, Enum):
            value = value.value
        if isinstance(value, datetime):
            return value.isoformat()
        if isinstance(value, timedelta):
            return value.total_seconds()
        if not isinstance(value, str):
            return HIDDEN
        return self.text(value) if key == "event" else self.foreign(value)
