"""Text and entities as safe HTML for the chat page."""

import html
import re
from collections.abc import Sequence

from bot.sandbox.entities import Entity
from bot.sandbox.utf16 import utf16_positions

_TAGS = {
    "bold": "b",
    "italic": "i",
    "underline": "u",
    "strikethrough": "s",
    "code": "code",
    "blockquote": "blockquote",
}
_CLASSES = {
    "spoiler": "spoiler",
    "bot_command": "command",
    "mention": "mention",
    "hashtag": "hashtag",
    "cashtag": "hashtag",
    "phone_number": "phone",
    "text_mention": "mention",
    "custom_emoji": "emoji",
    "date_time": "time",
}
_SAFE_LINK = re.compile(r"^(https?://|tg://|mailto:|tel:)", re.IGNORECASE)


def to_html(text: str, entities: Sequence[Entity]) -> str:
    """`text` escaped, its entities as tags, properly nested. Lines stay lines: the page keeps white space."""
    if not entities:
        return html.escape(text)
    positions = utf16_positions(text)
    last = len(positions) - 1
    spans = [
        (positions[min(e["offset"], last)], positions[min(e["offset"] + e["length"], last)], e)
        for e in entities
    ]
    return _render(text, 0, len(text), sorted(spans, key=lambda span: (span[0], -span[1])))


def _render(text: str, start: int, end: int, spans: list[tuple[int, int, Entity]]) -> str:
    out: list[str] = []
    at = start
    while spans:
        begin, finish, entity = spans[0]
        finish = min(finish, end)
        if begin < at or finish <= begin:  # crosses its neighbour: left as plain text
            spans = spans[1:]
            continue
        inside = [span for span in spans[1:] if span[0] < finish]
        opening, closing = _tag(entity, text[begin:finish])
        out += [html.escape(text[at:begin]), opening, _render(text, begin, finish, inside), closing]
        at = finish
        spans = [span for span in spans[1:] if span[0] >= finish]
    out.append(html.escape(text[at:end]))
    return "".join(out)


def _tag(entity: Entity, shown: str) -> tuple[str, str]:
    kind = entity["type"]
    if kind in _TAGS:
        return f"<{_TAGS[kind]}>", f"</{_TAGS[kind]}>"
    if kind == "expandable_blockquote":
        return '<blockquote class="expandable">', "</blockquote>"
    if kind == "pre":
        language = html.escape(str(entity.get("language", "")))
        return f'<pre data-language="{language}">', "</pre>"
    if kind in ("text_link", "url", "email"):
        return _link({"url": shown, "email": f"mailto:{shown}"}.get(kind) or str(entity.get("url", "")))
    if kind in _CLASSES:
        return f'<span class="{_CLASSES[kind]}">', "</span>"
    return "", ""


def _link(url: str) -> tuple[str, str]:
    if not _SAFE_LINK.match(url):
        return "", ""
    return f'<a href="{html.escape(url)}" target="_blank" rel="noopener noreferrer">', "</a>"
