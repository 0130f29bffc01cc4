"""The JSON of POST /{phone-number-id}/messages. What may be in it is held by `limits`."""

from collections.abc import Sequence
from pathlib import PurePath
from typing import Any, Final

from domain.delivery.content import Media, MediaKind, OutgoingMessage
from domain.delivery.template_values import FilledButton, FilledTemplate, TemplateMessage
from domain.delivery.templates import ButtonKind
from whatsapp.cloud.limits import LONGEST_FILENAME, is_user_id

Json = dict[str, Any]

_TYPES: Final = {
    MediaKind.PHOTO: "image",
    MediaKind.VIDEO: "video",
    MediaKind.DOCUMENT: "document",
    MediaKind.AUDIO: "audio",
    MediaKind.VOICE: "audio",
}


def message_to_json(message: OutgoingMessage, media_id: str | None = None) -> Json:
    """`media_id`: what WhatsApp calls the message's file, when it has one."""
    body: Json = {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "biz_opaque_callback_data": message.key,
        # With its plus: without, the country of our own number would be put before it.
        ("recipient" if is_user_id(message.to) else "to"): message.to,
    }
    if isinstance(message, TemplateMessage):
        return body | {
            "type": "template",
            "template": _template(message.template, message.media, media_id),
        }
    if message.media is not None and media_id is not None:
        kind = _TYPES[message.media.kind]
        return body | {"type": kind, kind: _media(message.media, media_id, caption=message.text)}
    return body | {"type": "text", "text": {"body": message.text, "preview_url": "://" in message.text}}


def _media(media: Media, media_id: str, *, caption: str) -> Json:
    body: Json = {"id": media_id}
    if caption:
        body["caption"] = caption
    if media.kind is MediaKind.DOCUMENT:
        body["filename"] = filename_of(media)
    if media.kind is MediaKind.VOICE:
        body["voice"] = True
    return body


def filename_of(media: Media) -> str:
    """Its name as phones show it: never empty, never too long, its ending kept."""
    name = "".join(char if char.isprintable() else "_" for char in media.filename).strip() or "file"
    if len(name) <= LONGEST_FILENAME:
        return name
    ending = PurePath(name).suffix[:20]
    return name[: LONGEST_FILENAME - len(ending)] + ending


def _template(template: FilledTemplate, media: Media | None, media_id: str | None) -> Json:
    components: list[Json] = []
    if media is not None and media_id is not None:
        kind = _TYPES[media.kind]
        parameter = {"type": kind, kind: _media(media, media_id, caption="")}
        components.append({"type": "header", "parameters": [parameter]})
    elif template.header:
        components.append({"type": "header", "parameters": _texts(template.header, template.named)})
    if template.body:
        components.append({"type": "body", "parameters": _texts(template.body, template.named)})
    components.extend(_button(button) for button in template.buttons)
    body: Json = {"name": template.name, "language": {"code": template.language}}
    return body | {"components": components} if components else body


def _texts(values: Sequence[tuple[str, str]], named: bool) -> list[Json]:
    return [
        {"type": "text", "text": value} | ({"parameter_name": name} if named else {})
        for name, value in values
    ]


def _button(button: FilledButton) -> Json:
    if button.kind is ButtonKind.COPY_CODE:
        kind, parameter = "copy_code", {"type": "coupon_code", "coupon_code": button.value}
    else:
        kind, parameter = "url", {"type": "text", "text": button.value}
    return {"type": "button", "sub_type": kind, "index": str(button.index), "parameters": [parameter]}
