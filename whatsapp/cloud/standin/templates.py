"""Message templates: what one asks of a message, worked out once, so that checking a message is quick."""

import re
from dataclasses import dataclass, field
from typing import Any, Final

from whatsapp.cloud.standin.errors import Refused

_PLACE = re.compile(r"\{\{\s*([a-z0-9_]+)\s*\}\}")
_BAD_TEXT = re.compile(r"[\n\t\r]| {5,}")
_MEDIA: Final = {"IMAGE": "image", "VIDEO": "video", "DOCUMENT": "document"}
LONGEST_BODY: Final = 1024
STATUSES: Final = frozenset(
    {"APPROVED", "PENDING", "REJECTED", "PAUSED", "DISABLED", "IN_APPEAL", "PENDING_DELETION", "DELETED"}
)

Json = dict[str, Any]


@dataclass(slots=True, kw_only=True)
class Shape:
    """What a message with this template must bring. `header_media`: image, video, document, or None."""

    header_media: str | None = None
    header_params: list[str] = field(default_factory=list)
    body_params: list[str] = field(default_factory=list)
    body_fixed: int = 0
    """Characters of the body without its placeholders."""
    buttons: dict[int, str] = field(default_factory=dict)
    """Buttons that need a parameter: index -> url or copy_code."""
    button_count: int = 0


@dataclass(slots=True, kw_only=True)
class Template:
    """One template in one language, as `message_templates` lists it."""

    id: str
    name: str
    language: str
    category: str
    status: str
    components: list[Json]
    parameter_format: str
    quality: str = "GREEN"
    quality_since: int = 1_700_000_000
    """Unix time."""
    rejected_reason: str = "NONE"
    shape: Shape = field(default_factory=Shape)

    def edit(self, components: list[Json]) -> None:
        """Other components from now on. Raises ValueError with a sentence."""
        self.shape = shape_of(components)
        self.components = components

    @property
    def named(self) -> bool:
        return self.parameter_format == "NAMED"

    def as_json(self) -> Json:
        """The template with every field Meta may be asked for."""
        return {
            "id": self.id,
            "name": self.name,
            "language": self.language,
            "status": self.status,
            "category": self.category,
            "parameter_format": self.parameter_format,
            "components": self.components,
            "rejected_reason": self.rejected_reason,
            "quality_score": {"score": self.quality, "date": self.quality_since},
        }


def shape_of(components: list[Json]) -> Shape:
    """Reads Meta's `components`. Raises ValueError with a sentence when they make no sense."""
    shape = Shape()
    for part in components:
        kind = str(part.get("type", "")).upper()
        if kind == "HEADER":
            form = str(part.get("format", "TEXT")).upper()
            shape.header_media = _MEDIA.get(form)
            shape.header_params = _PLACE.findall(part.get("text", "")) if form == "TEXT" else []
        elif kind == "BODY":
            text = str(part.get("text", ""))
            shape.body_params = list(dict.fromkeys(_PLACE.findall(text)))
            shape.body_fixed = len(_PLACE.sub("", text))
        elif kind == "BUTTONS":
            buttons = part.get("buttons", [])
            shape.button_count = len(buttons)
            for index, button in enumerate(buttons):
                if button.get("type") == "URL" and _PLACE.search(button.get("url", "")):
                    shape.buttons[index] = "url"
                elif button.get("type") == "COPY_CODE":
                    shape.buttons[index] = "copy_code"
        elif kind != "FOOTER":
            raise ValueError(f"a component is HEADER, BODY, FOOTER or BUTTONS, not {kind!r}")
    return shape


def check(template: Template, components: object) -> str | None:
    """Whether a message's `components` fit; returns the id or link of the header's media, if it has any.

    Raises `Refused`: 100, 131008, 132000, 132005, 132012, 132018.
    """
    if components is None:
        components = []
    if not isinstance(components, list):
        raise Refused(100, message="(#100) Param template['components'] must be an array.")
    shape, header, body = template.shape, None, None
    buttons: set[int] = set()
    for part in components:
        kind = str(part.get("type", "")).lower() if isinstance(part, dict) else ""
        if kind == "body":
            body = part
        elif kind == "header":
            header = part
        elif kind == "button":
            buttons.add(_button(part, shape))
        else:
            raise Refused(100, message="(#100) Invalid parameter", details=f"Unknown component type {kind!r}")
    _texts("body", body, shape.body_params, template.named, shape.body_fixed)
    for index, form in shape.buttons.items():
        if index not in buttons:
            kind = "Url" if form == "url" else "CopyCode"
            raise Refused(131008, f"buttons: Button at index {index} of type {kind} requires a parameter")
    if shape.header_media is not None:
        return _header_media(header, shape.header_media)
    _texts("header", header, shape.header_params, template.named, 0)
    return None


def _texts(where: str, part: Json | None, expected: list[str], named: bool, fixed: int) -> None:
    given = part.get("parameters", []) if part else []
    if not isinstance(given, list) or len(given) != len(expected):
        count = len(given) if isinstance(given, list) else 0
        raise Refused(
            132000,
            f"{where}: number of localizable_params ({count}) does not match the expected number of params "
            f"({len(expected)})",
        )
    length, names = fixed, set()
    for one in given:
        text = _text_of(where, one)
        length += len(text)
        if named:
            names.add(str(one.get("parameter_name", "")))
    if named and given and names != set(expected):
        missing = next((name for name in expected if name not in names), "")
        if "" in names:
            raise Refused(100, f"{where}: Parameter name is missing or empty")
        raise Refused(132000, f"{where}: parameter {missing} is expected and was not given")
    if where == "body" and length > LONGEST_BODY:
        raise Refused(132005, f"body: hydrated text of {length} characters is longer than {LONGEST_BODY}")


def _text_of(where: str, one: object) -> str:
    if not isinstance(one, dict) or "type" not in one:
        raise Refused(131008, f"{where}: a parameter needs a type")
    kind = str(one["type"]).lower()
    if kind in ("currency", "date_time"):
        inner = one.get(kind)
        return str(inner.get("fallback_value", "")) if isinstance(inner, dict) else ""
    if kind != "text":
        raise Refused(132012, f"{where}: Format mismatch, expected TEXT, received {kind.upper()}")
    text = one.get("text")
    if not isinstance(text, str) or not text:
        raise Refused(131008, f"{where}: Parameter of type text is missing text value")
    if _BAD_TEXT.search(text):
        raise Refused(
            132018, "Param text cannot have new-line/tab characters or more than 4 consecutive spaces"
        )
    return text


def _header_media(part: Json | None, expected: str) -> str:
    given = part.get("parameters") if part else None
    one = given[0] if isinstance(given, list) and len(given) == 1 else None
    kind = str(one.get("type", "")).lower() if isinstance(one, dict) else "unknown"
    if not isinstance(one, dict) or kind != expected:
        raise Refused(
            132012, f"header: Format mismatch, expected {expected.upper()}, received {kind.upper()}"
        )
    media = one.get(expected)
    return media_of(expected, media)


def media_of(kind: str, media: object) -> str:
    """The `id` or `link` of a media object. Raises `Refused`."""
    if isinstance(media, dict):
        for name in ("id", "link"):
            value = media.get(name)
            if isinstance(value, str | int) and not isinstance(value, bool) and value:
                return str(value)
    raise Refused(100, message=f"(#100) The parameter {kind}['id'] or {kind}['link'] is required.")


def _button(part: Json, shape: Shape) -> int:
    """The index of a button component that carries what its kind needs."""
    index = part.get("index")
    if isinstance(index, str) and index.isdigit():
        index = int(index)
    if not isinstance(index, int) or not 0 <= index < shape.button_count:
        raise Refused(132000, f"buttons: Button index {index!r} is not in the template")
    given = part.get("parameters")
    one = given[0] if isinstance(given, list) and given else None
    need = {"url": "text", "copy_code": "coupon_code"}.get(shape.buttons.get(index, ""))
    if need is not None and not (isinstance(one, dict) and one.get(need)):
        raise Refused(131008, f"buttons: Button at index {index} is missing its {need}")
    return index
