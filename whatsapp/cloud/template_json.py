"""Message templates and numbers, as the Graph API describes them. Raises ValueError for what it is not."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from domain.delivery.cloud_account import NumberInfo, Throughput
from domain.delivery.templates import (
    Button,
    ButtonKind,
    HeaderKind,
    MessageTemplate,
    TemplateCategory,
    TemplateStatus,
    parameters_of,
)
from domain.pacing.channel_limits import PeopleLimit, Quality
from whatsapp.cloud.pieces import ident, items, maybe_id, obj, words

Json = Mapping[str, Any]

TEMPLATE_FIELDS: Final = (
    "id,name,language,status,category,quality_score,rejected_reason,parameter_format,components"
)
NUMBER_FIELDS: Final = (
    "id,display_phone_number,verified_name,quality_rating,throughput,status,"
    "whatsapp_business_manager_messaging_limit,is_on_biz_app,health_status"
)
#: What every version of the API knows.
NUMBER_FIELDS_AT_LEAST: Final = "id,display_phone_number,verified_name,quality_rating"

_HEADERS: Final = {
    "TEXT": HeaderKind.TEXT,
    "IMAGE": HeaderKind.IMAGE,
    "VIDEO": HeaderKind.VIDEO,
    "DOCUMENT": HeaderKind.DOCUMENT,
}
_BUTTONS: Final = {
    "QUICK_REPLY": ButtonKind.QUICK_REPLY,
    "URL": ButtonKind.URL,
    "PHONE_NUMBER": ButtonKind.PHONE,
    "COPY_CODE": ButtonKind.COPY_CODE,
}


@dataclass(slots=True)
class _Parts:
    header: HeaderKind = HeaderKind.NONE
    header_text: str = ""
    body: str = ""
    footer: str = ""
    buttons: list[Button] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)


def template_from_json(body: Json) -> MessageTemplate:
    parts = _Parts()
    for component in items(body.get("components"), "components"):
        _component(obj(component, "component"), parts)
    category = TemplateCategory(_known(body.get("category"), TemplateCategory))
    if category is TemplateCategory.AUTHENTICATION:
        parts.foreign.append("one-time code")
    score = body.get("quality_score")
    return MessageTemplate(
        id=ident(body.get("id"), "id"),
        name=ident(body.get("name"), "name"),
        language=ident(body.get("language"), "language"),
        status=TemplateStatus(_known(body.get("status"), TemplateStatus)),
        category=category,
        quality=Quality.of(score.get("score") if isinstance(score, dict) else score),
        header=parts.header,
        header_text=parts.header_text,
        body=parts.body,
        footer=parts.footer,
        buttons=tuple(parts.buttons),
        named=_named(body.get("parameter_format"), parts),
        foreign=tuple(dict.fromkeys(parts.foreign)),
        why=_why(body.get("rejected_reason")),
    )


def _why(said: object) -> str:
    word = said.lower() if isinstance(said, str) else ""
    return "" if word == "none" else word[:60]


def _named(said: object, parts: _Parts) -> bool:
    if isinstance(said, str) and said:
        return said.upper() == "NAMED"
    return not all(name.isdigit() for name in parameters_of(f"{parts.header_text} {parts.body}"))


def _known(word: object, kind: type[TemplateStatus] | type[TemplateCategory]) -> str:
    text = word.lower() if isinstance(word, str) else ""
    return text if text in kind._value2member_map_ else "unknown"


def _component(component: Json, parts: _Parts) -> None:
    kind = words(component.get("type")).upper()
    match kind:
        case "HEADER":
            said = words(component.get("format")).upper()
            header = _HEADERS.get(said)
            if header is None:
                parts.foreign.append(f"{said.lower() or 'unknown'} header")
            else:
                parts.header, parts.header_text = header, words(component.get("text"))
        case "BODY":
            parts.body = words(component.get("text"))
        case "FOOTER":
            parts.footer = words(component.get("text"))
        case "BUTTONS":
            for button in items(component.get("buttons"), "buttons"):
                _button(obj(button, "button"), parts)
        case _:
            parts.foreign.append(kind.lower().replace("_", " ") or "unknown")


def _button(button: Json, parts: _Parts) -> None:
    said = words(button.get("type")).upper()
    kind = _BUTTONS.get(said)
    if kind is None:
        parts.foreign.append(f"{said.lower().replace('_', ' ') or 'unknown'} button")
        return
    url = words(button.get("url"))
    wants = kind is ButtonKind.COPY_CODE or (kind is ButtonKind.URL and bool(parameters_of(url)))
    parts.buttons.append(Button(kind=kind, text=words(button.get("text")), wants_value=wants, url=url))


def number_from_json(body: Json) -> NumberInfo:
    level, health = body.get("throughput"), body.get("health_status")
    said = words(level.get("level")).lower() if isinstance(level, dict) else ""
    known = Throughput(said) if said in Throughput._value2member_map_ else Throughput.UNKNOWN
    return NumberInfo(
        id=ident(body.get("id"), "id"),
        number=_e164(words(body.get("display_phone_number"))),
        name=words(body.get("verified_name"))[:200],
        quality=Quality.of(body.get("quality_rating")),
        throughput=known,
        people=PeopleLimit.of(body.get("whatsapp_business_manager_messaging_limit")),
        status=words(body.get("status")).lower()[:40],
        shared=body.get("is_on_biz_app") is True,
        waba_id=_waba(health),
        can_send=words(health.get("can_send_message")).lower()[:40] if isinstance(health, dict) else "",
    )


def _e164(shown: str) -> str:
    digits = re.sub(r"[^0-9]", "", shown)
    return f"+{digits}" if digits else ""


def _waba(health: object) -> str | None:
    """The state of a number lists what it hangs on; among it the business account."""
    entities = health.get("entities") if isinstance(health, dict) else None
    for entity in entities if isinstance(entities, list) else ():
        if isinstance(entity, dict) and entity.get("entity_type") == "WABA":
            return maybe_id(entity.get("id"))
    return None
