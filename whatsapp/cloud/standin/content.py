"""What a message carries, and what it can be refused for by itself."""

from typing import Any, Final

from whatsapp.cloud.standin.errors import Refused
from whatsapp.cloud.standin.estate import Line
from whatsapp.cloud.standin.media import KINDS, fits
from whatsapp.cloud.standin.templates import Template, check, media_of
from whatsapp.cloud.standin.world import World

_TEXT_LIMIT: Final = 4096
_CAPTION_LIMIT: Final = 1024
_OTHER_TYPES: Final = frozenset({"interactive", "location", "contacts", "reaction"})
_TYPES: Final = ", ".join(sorted(one.upper() for one in {*KINDS, *_OTHER_TYPES, "text", "template"}))

Json = dict[str, Any]


class Content:
    """What a message carries: how it is counted, whether it needs an open window, why it will fail later."""

    __slots__ = ("category", "file", "key", "late", "template")

    def __init__(self, key: str, template: Template | None = None) -> None:
        self.key = key
        self.template = template
        self.category = template.category.lower() if template else "service"
        self.late: tuple[int, str | None] | None = None
        self.file: str | None = None
        """sha256 of an uploaded file."""


def content_of(world: World, line: Line, said: Json, now: float) -> Content:
    """Reads what a message carries. Raises `Refused`."""
    kind = said.get("type", "text")
    if not isinstance(kind, str):
        raise Refused(100, message="(#100) Param type must be a string.")
    part = said.get(kind)
    if kind == "template" and isinstance(part, dict):
        return _template(world, line, part, now)
    if kind == "text" and isinstance(part, dict):
        text = part.get("body")
        if not isinstance(text, str) or not text:
            raise Refused(100, message="(#100) The parameter text['body'] is required.")
        if len(text) > _TEXT_LIMIT:
            raise Refused(100, message="(#100) Param text['body'] must be at most 4096 characters long.")
        return Content("text")
    if kind in KINDS and isinstance(part, dict):
        caption = part.get("caption", "")
        if not isinstance(caption, str) or len(caption) > _CAPTION_LIMIT:
            raise Refused(
                100, message=f"(#100) Param {kind}['caption'] must be at most 1024 characters long."
            )
        content = Content(kind)
        _note_file(world, content, kind, media_of(kind, part), "id" in part, now)
        return content
    if kind in _OTHER_TYPES and part:
        return Content(kind)
    if kind in KINDS or kind in _OTHER_TYPES or kind in ("text", "template"):
        raise Refused(100, message=f"(#100) The parameter {kind} is required.")
    raise Refused(100, message=f'(#100) Param type must be one of {{{_TYPES}}} - got "{kind}".')


def _template(world: World, line: Line, part: Json, now: float) -> Content:
    name, language = part.get("name"), part.get("language")
    code = language.get("code") if isinstance(language, dict) else None
    if not isinstance(name, str) or not isinstance(code, str):
        raise Refused(100, message="(#100) The parameters template['name'] and language are required.")
    template = line.waba.templates.get((name, code))
    if template is None or template.status in ("PENDING", "REJECTED", "DELETED"):
        raise Refused(132001, f"template name ({name}) does not exist in {code}")
    if template.status != "APPROVED":
        raise Refused(132015 if template.status == "PAUSED" else 132016)
    media = check(template, part.get("components"))
    content = Content(f"template:{name}:{code}", template)
    if media is not None:
        kind = template.shape.header_media or "document"
        _note_file(world, content, kind, media, not media.startswith("http"), now)
    return content


def _note_file(world: World, content: Content, kind: str, media: str, uploaded: bool, now: float) -> None:
    """Notes the file. Links are not fetched; those of host names under .invalid cannot be."""
    if not uploaded:
        host = media.partition("://")[2].partition("/")[0].partition(":")[0]
        if not media.startswith(("http://", "https://")):
            raise Refused(100, message=f"(#100) Param {kind}['link'] is not a valid URL.")
        if host.endswith(".invalid"):
            content.late = (131052, "Downloading media from weblink failed.")
    else:
        upload = world.media.get(media, now)
        if upload is None:
            raise Refused(100, f"{kind}: no media with id {media[:40]} (never uploaded, deleted, or expired)")
        if not fits(kind, upload):
            content.late = (131053, f"Media of type {upload.mime} cannot be sent as {kind}.")
        content.file = upload.sha256
