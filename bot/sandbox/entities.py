"""parse_mode=HTML: markup to plain text with entities, as Telegram's server reads it.

Follows TDLib's parser: offsets count UTF-16 units, errors name the UTF-8 byte where they stand,
only &lt; &gt; &amp; &quot; and numeric references are decoded.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from bot.sandbox.errors import ApiError, bad_request
from bot.sandbox.utf16 import utf16_len

Entity = dict[str, Any]

MAX_ENTITIES = 100

_TYPES = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "tg-spoiler": "spoiler",
    "span": "spoiler",
    "a": "text_link",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
    "tg-emoji": "custom_emoji",
    "tg-time": "date_time",
}
KNOWN_TYPES = {
    *_TYPES.values(),
    *("expandable_blockquote", "mention", "hashtag", "cashtag", "bot_command", "url", "email"),
    *("phone_number", "text_mention"),
}
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_REFERENCE = re.compile(r"&(?:#(\d{1,8})|#[xX]([0-9a-fA-F]{1,7})|(lt|gt|amp|quot));?")
_ATTRIBUTE = re.compile(r"\s*([^\s=>]*)\s*(?:=\s*(?:\"([^\"]*)\"|'([^']*)'|([A-Za-z0-9.\-]+)))?")
_HEAD = re.compile(r"<([^\s>]*)")
_TAIL = re.compile(r"</([^\s>]*)\s*>")
_LINK = re.compile(r"^(https?://|tg://|mailto:|tel:)?[^\s/]+\.?[^\s]*$", re.IGNORECASE)
_DETECT = re.compile(
    r"(?P<url>https?://[^\s<>\"]+[^\s<>\".,;:!?)\]'])"
    r"|(?P<email>[\w.+-]+@[\w-]+\.[\w.-]*\w)"
    r"|(?P<bot_command>(?<![\w/@])/[A-Za-z0-9_]{1,64}(?:@\w{3,32})?(?![\w/]))"
    r"|(?P<mention>(?<![\w@])@[A-Za-z]\w{3,31})"
    r"|(?P<hashtag>(?<![\w#])#\w*[^\W\d]\w*)"
)


def parse_html(markup: str) -> tuple[str, list[Entity]]:
    """Text and entities of `markup`. Raises `ApiError` 400 "can't parse entities: ..." ."""
    return _Parser(markup).parse()


def detect(text: str, taken: list[Entity]) -> list[Entity]:
    """`taken` plus the links, commands, mentions and tags Telegram finds in `text` by itself."""
    if "/" not in text and "@" not in text and "#" not in text:
        return taken
    found: list[Entity] = []
    for match in _DETECT.finditer(text):
        offset, length = utf16_len(text[: match.start()]), utf16_len(match.group())
        if not any(_closed_to_detection(e, offset, length) for e in taken):
            found.append({"type": str(match.lastgroup), "offset": offset, "length": length})
    return sorted([*taken, *found], key=_order) if found else taken


def given(raw: object, text: str) -> list[Entity]:
    """Entities a client sent instead of a parse mode, checked."""
    if not isinstance(raw, list):
        raise bad_request("can't parse entities: Expected an Array of Objects")
    length = utf16_len(text)
    checked: list[Entity] = []
    for entity in raw:
        if not isinstance(entity, dict) or entity.get("type") not in KNOWN_TYPES:
            raise bad_request("can't parse entities: Unsupported type specified")
        offset, size = entity.get("offset"), entity.get("length")
        if not isinstance(offset, int) or not isinstance(size, int) or offset < 0 or size < 0:
            raise bad_request("can't parse entities: Wrong entity offset or length specified")
        if size and offset + size <= length:
            checked.append(dict(entity))
    return sorted(checked, key=_order)


def trimmed(text: str, entities: list[Entity]) -> tuple[str, list[Entity]]:
    """Without spaces at both ends, as Telegram stores it; entities move along."""
    kept = text.strip()
    if kept == text:
        return text, entities
    cut, length = utf16_len(text[: len(text) - len(text.lstrip())]), utf16_len(kept)
    moved: list[Entity] = []
    for entity in entities:
        start = max(entity["offset"] - cut, 0)
        end = min(entity["offset"] + entity["length"] - cut, length)
        if end > start:
            moved.append({**entity, "offset": start, "length": end - start})
    return kept, moved


def _order(entity: Entity) -> tuple[int, int]:
    return entity["offset"], -entity["length"]


def _closed_to_detection(entity: Entity, offset: int, length: int) -> bool:
    overlaps = entity["offset"] < offset + length and offset < entity["offset"] + entity["length"]
    return overlaps and entity["type"] in ("code", "pre", "text_link", "url", "date_time")


@dataclass(kw_only=True, slots=True)
class _Open:
    tag: str
    argument: str
    offset: int
    size: int  # letters of the result when it opened


@dataclass
class _Parser:
    markup: str
    at: int = 0
    units: int = 0
    result: list[str] = field(default_factory=list)
    open: list[_Open] = field(default_factory=list)
    entities: list[Entity] = field(default_factory=list)

    def parse(self) -> tuple[str, list[Entity]]:
        end = len(self.markup)
        while self.at < end:
            letter = self.markup[self.at]
            if letter == "<":
                self._closing() if self.markup.startswith("</", self.at) else self._opening()
            elif letter == "&" and (reference := _REFERENCE.match(self.markup, self.at)):
                self._reference(reference)
            else:
                stop = min((i for i in self._next_special(end)), default=end)
                self._write(self.markup[self.at : stop])
                self.at = stop
        if self.open:
            raise self._error(f'Can\'t find end tag corresponding to start tag "{self.open[-1].tag}"')
        for entity in self.entities:
            if entity["type"] == "code":
                entity.pop("language", None)
        return "".join(self.result), sorted(self.entities, key=_order)

    def _next_special(self, end: int) -> Iterator[int]:
        for special in "<&":
            found = self.markup.find(special, self.at + 1)
            yield found if found >= 0 else end

    def _write(self, text: str) -> None:
        self.result.append(text)
        self.units += utf16_len(text)

    def _reference(self, match: re.Match[str]) -> None:
        decimal, hexadecimal, name = match.groups()
        code = int(decimal) if decimal else int(hexadecimal, 16) if hexadecimal else 0
        if not name and (code == 0 or code > 0x10FFFF or 0xD800 <= code < 0xE000):
            self._write("&")
            self.at += 1
            return
        self._write(_NAMED[name] if name else chr(code))
        self.at = match.end()

    def _opening(self) -> None:
        begin = self.at
        head = _HEAD.match(self.markup, begin)
        if head is None or head.end() >= len(self.markup):
            raise self._error(f"Unclosed start tag at byte offset {self._byte(begin)}")
        tag = head.group(1).lower()
        if tag not in _TYPES:
            raise self._error(f'Unsupported start tag "{tag}" at byte offset {self._byte(begin)}')
        argument, self.at = self._attributes(tag, begin, head.end())
        if tag == "span" and argument != "tg-spoiler":
            where = self._byte(begin)
            raise self._error(f'Tag "span" must have class "tg-spoiler" at byte offset {where}')
        self.open.append(_Open(tag=tag, argument=argument, offset=self.units, size=len(self.result)))

    def _attributes(self, tag: str, begin: int, at: int) -> tuple[str, int]:
        """The one attribute that matters to `tag`, and where the text goes on after `>`."""
        wanted = {"a": "href", "code": "class", "span": "class", "tg-emoji": "emoji-id", "tg-time": "unix"}
        argument = ""
        while True:
            while at < len(self.markup) and self.markup[at].isspace():
                at += 1
            if at >= len(self.markup):
                raise self._error(f"Unclosed start tag at byte offset {self._byte(begin)}")
            if self.markup[at] == ">":
                return argument, at + 1
            match = _ATTRIBUTE.match(self.markup, at)
            if match is None or not match.group(1):
                where = self._byte(begin)
                raise self._error(f'Empty attribute name in the tag "{tag}" at byte offset {where}')
            if match.end() >= len(self.markup):
                raise self._error(f"Unclosed start tag at byte offset {self._byte(begin)}")
            if self.markup[match.end()] == "=":
                raise self._error(f"Unclosed start tag at byte offset {self._byte(begin)}")
            name, value = match.group(1).lower(), next((v for v in match.groups()[1:] if v is not None), "")
            if name == wanted.get(tag):
                argument = _decoded(value)
            elif tag == "blockquote" and name == "expandable":
                argument = "expandable"
            at = match.end()

    def _closing(self) -> None:
        begin = self.at
        if not self.open:
            raise self._error(f"Unexpected end tag at byte offset {self._byte(begin)}")
        match = _TAIL.match(self.markup, begin)
        if match is None:
            raise self._error(f"Unclosed end tag at byte offset {self._byte(begin)}")
        last, found = self.open[-1], match.group(1).lower()
        if found and found != last.tag:
            where = self._byte(begin)
            raise self._error(
                f'Unmatched end tag at byte offset {where}, expected "</{last.tag}>", found "</{found}>"'
            )
        self.open.pop()
        self.at = match.end()
        if self.units > last.offset and (entity := self._entity(last)):
            self.entities.append(entity)

    def _entity(self, last: _Open) -> Entity | None:
        entity: Entity = {
            "type": _TYPES[last.tag],
            "offset": last.offset,
            "length": self.units - last.offset,
        }
        if last.tag == "a":
            url = last.argument or "".join(self.result[last.size :])
            if not _LINK.match(url):
                return None
            return {**entity, "url": url if "://" in url or ":" in url else f"http://{url}/"}
        if last.tag == "code":
            return self._code(entity, last)
        if last.tag == "pre":
            return self._pre(entity)
        if last.tag == "tg-emoji":
            return {**entity, "custom_emoji_id": last.argument}
        if last.tag == "tg-time":
            return {**entity, "unix_time": int(last.argument)} if last.argument.isdigit() else None
        if last.argument == "expandable":
            entity["type"] = "expandable_blockquote"
        return entity

    def _code(self, entity: Entity, last: _Open) -> Entity:
        inside_pre = bool(self.open) and self.open[-1].tag == "pre"
        if inside_pre and last.argument.startswith("language-"):
            return {**entity, "language": last.argument.removeprefix("language-")}
        return entity

    def _pre(self, entity: Entity) -> Entity:
        """`<pre><code class="language-x">` is one entity with a language."""
        inner = self.entities[-1] if self.entities else None
        if inner and inner["type"] == "code" and all(inner[k] == entity[k] for k in ("offset", "length")):
            self.entities.pop()
            if "language" in inner:
                return {**entity, "language": inner["language"]}
        return entity

    def _byte(self, index: int) -> int:
        return len(self.markup[:index].encode())

    def _error(self, reason: str) -> ApiError:
        return bad_request(f"can't parse entities: {reason}")


def _decoded(value: str) -> str:
    def one(match: re.Match[str]) -> str:
        decimal, hexadecimal, name = match.groups()
        if name:
            return _NAMED[name]
        code = int(decimal) if decimal else int(hexadecimal, 16)
        return chr(code) if 0 < code <= 0x10FFFF and not 0xD800 <= code < 0xE000 else match.group()

    return _REFERENCE.sub(one, value)
