"""What people have on their phones, for a page that shows them: of the latest people, the latest messages."""

import asyncio
import contextlib
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from whatsapp.cloud.standin.aftermath import Step, Taken
from whatsapp.cloud.standin.estate import Line
from whatsapp.cloud.standin.media import KINDS
from whatsapp.cloud.standin.templates import Template

Json = dict[str, Any]

MOST_PEOPLE: Final = 500
MOST_BUBBLES: Final = 100
_PLACE: Final = re.compile(r"\{\{\s*([a-z0-9_]+)\s*\}\}")


@dataclass(slots=True, kw_only=True)
class Bubble:
    """One message on a phone; `mine`: its owner wrote it. `media` is the id of a file, `at` a Unix time.
    `buttons`: what can be tapped under it. `taken` is None of what the owner wrote, or where nobody hears of
    what becomes of it."""

    id: int
    mine: bool
    text: str
    at: float
    media: str | None = None
    kind: str = ""
    filename: str = ""
    buttons: tuple[str, ...] = ()
    message_id: str = ""
    step: Step = Step.SENT
    arrives: bool = True
    taken: Taken | None = None


@dataclass(slots=True)
class Talk:
    """One person's phone. `line` is the number that wrote last, or was written to."""

    wa_id: str
    line: Line
    bubbles: deque[Bubble] = field(default_factory=lambda: deque(maxlen=MOST_BUBBLES))
    count: int = 0
    changed: int = 0

    @property
    def unread(self) -> int:
        return sum(1 for one in self.bubbles if not one.mine and one.step is Step.DELIVERED)


class Talks:
    def __init__(self) -> None:
        self.people: dict[str, Talk] = {}  # who changed last stands last
        self.changes = 0
        self.messages = 0
        self._ids = 0
        self._changed = asyncio.Event()

    def forget(self) -> None:
        """Nobody has got anything."""
        self.people.clear()
        self.messages = 0
        self._touched(None)

    def got(
        self, line: Line, wa_id: str, message_id: str, raw: bytes, template: Template | None, at: float, *,
        arrives: bool, taken: Taken | None,
    ) -> None:  # fmt: skip
        """A message to the person was accepted."""
        said: Json = orjson.loads(raw)
        bubble = _to_person(said, template)
        bubble.message_id, bubble.at, bubble.arrives, bubble.taken = message_id, at, arrives, taken
        self.messages += 1
        self._add(line, wa_id, bubble)

    def wrote(self, line: Line, wa_id: str, kind: str, content: Json, at: float) -> None:
        """The person wrote; `content` as it stands in the webhook."""
        chosen = content.get(str(content.get("type"))) if kind == "interactive" else None
        text = (chosen or {}).get("title") or content.get("body") or content.get("text") or ""
        bubble = Bubble(id=0, mine=True, text=str(content.get("caption") or text), at=at)
        if kind in KINDS:
            bubble.media, bubble.kind = str(content["id"]), kind
            bubble.filename = str(content.get("filename", kind))
        self._add(line, wa_id, bubble)

    def happened(self, taken: Taken, step: Step) -> None:
        talk = self.people.get(taken.wa_id)
        for bubble in talk.bubbles if talk else ():
            if bubble.message_id == taken.id and step > bubble.step and talk is not None:
                bubble.step = step
                self._touched(talk)

    def touch(self, wa_id: str) -> None:
        """Something else about the person changed."""
        if wa_id in self.people:
            self._touched(self.people[wa_id])

    def changed_since(self, seq: int) -> Iterator[Talk]:
        """Those that changed after `seq`, the latest first."""
        for wa_id in reversed(self.people):
            if self.people[wa_id].changed <= seq:
                return
            yield self.people[wa_id]

    async def change(self, after: int, *, wait_seconds: float) -> int:
        """Waits, at most so long, for a change after `after`; the number of the last one."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(wait_seconds):
                while self.changes <= after:
                    await self._changed.wait()
        return self.changes

    def _add(self, line: Line, wa_id: str, bubble: Bubble) -> None:
        talk = self.people.get(wa_id)
        if talk is None:
            talk = self.people[wa_id] = Talk(wa_id, line)
            if len(self.people) > MOST_PEOPLE:
                del self.people[next(iter(self.people))]
        self._ids += 1
        bubble.id, talk.line = self._ids, line
        talk.bubbles.append(bubble)
        talk.count += 1
        self._touched(talk)

    def _touched(self, talk: Talk | None) -> None:
        self.changes += 1
        if talk is not None:
            talk.changed = self.changes
            self.people[talk.wa_id] = self.people.pop(talk.wa_id)
        woken, self._changed = self._changed, asyncio.Event()
        woken.set()


def _to_person(said: Json, template: Template | None) -> Bubble:
    kind = str(said.get("type", "text"))
    part = said.get(kind)
    part = part if isinstance(part, dict) else {}
    bubble = Bubble(id=0, mine=False, text="", at=0.0)
    if template is not None:
        _fill(bubble, template, part.get("components") or [])
    elif kind in KINDS:
        _attach(bubble, kind, part)
        bubble.text = str(part.get("caption", ""))
    elif kind == "interactive":
        bubble.text = str((part.get("body") or {}).get("text", ""))
        buttons = (part.get("action") or {}).get("buttons") or []
        bubble.buttons = tuple(str((one.get("reply") or {}).get("title", "")) for one in buttons)
    else:
        bubble.text = str(part.get("body") or f"[{kind}]")
    return bubble


def _attach(bubble: Bubble, kind: str, part: Json) -> None:
    bubble.kind, bubble.filename = kind, str(part.get("filename", kind))
    bubble.media = str(part["id"]) if part.get("id") else None


def _fill(bubble: Bubble, template: Template, given: list[Json]) -> None:
    """What the person reads of a template."""
    values = {str(one.get("type", "")).lower(): one.get("parameters") or [] for one in given}
    texts: list[str] = []
    for part in template.components:
        kind = str(part.get("type", "")).lower()
        if kind == "buttons":
            buttons = part.get("buttons", [])
            bubble.buttons = tuple(str(one["text"]) for one in buttons if one.get("type") == "QUICK_REPLY")
        elif part.get("text"):
            texts.append(_filled(str(part["text"]), values.get(kind, [])))
        for one in values.get(kind, []) if kind == "header" else []:
            form = str(one.get("type"))
            if form in KINDS:
                _attach(bubble, form, one.get(form) or {})
    bubble.text = "\n\n".join(texts)


def _filled(text: str, parameters: list[Json]) -> str:
    named = {
        str(one.get("parameter_name") or n): str(one.get("text", "")) for n, one in enumerate(parameters, 1)
    }
    return _PLACE.sub(lambda found: named.get(found[1], found[0]), text)
