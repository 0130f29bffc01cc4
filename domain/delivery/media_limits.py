"""Which files WhatsApp's official API takes, so that it can be said before anything is uploaded."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from domain.delivery.content import Media, MediaKind
from domain.kernel.errors import DomainError

MEGABYTE: Final = 1024 * 1024

_IMAGES: Final = frozenset({"image/jpeg", "image/png"})
_VIDEOS: Final = frozenset({"video/mp4", "video/3gpp", "video/3gp"})
_SOUNDS: Final = frozenset({"audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg", "audio/opus"})
_OFFICE: Final = "application/vnd.openxmlformats-officedocument"
_DOCUMENTS: Final = frozenset(
    {
        "text/plain", "application/pdf", "application/msword", "application/vnd.ms-excel",
        "application/vnd.ms-powerpoint", f"{_OFFICE}.wordprocessingml.document",
        f"{_OFFICE}.spreadsheetml.sheet", f"{_OFFICE}.presentationml.presentation",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaRule:
    """`largest` in bytes; `kinds`: MIME types; `named`: the same as people call them."""

    largest: int
    kinds: frozenset[str]
    named: str
    caption: bool = True


RULES: Final[Mapping[MediaKind, MediaRule]] = {
    MediaKind.PHOTO: MediaRule(largest=5 * MEGABYTE, kinds=_IMAGES, named="JPEG, PNG"),
    MediaKind.VIDEO: MediaRule(largest=16 * MEGABYTE, kinds=_VIDEOS, named="MP4, 3GP"),
    MediaKind.AUDIO: MediaRule(
        largest=16 * MEGABYTE, kinds=_SOUNDS, named="MP3, M4A, AAC, AMR, OGG (Opus)", caption=False
    ),
    MediaKind.VOICE: MediaRule(
        largest=16 * MEGABYTE, kinds=frozenset({"audio/ogg", "audio/opus"}), named="OGG (Opus)", caption=False
    ),
    # A picture or a video sent as a file is a document to WhatsApp too.
    MediaKind.DOCUMENT: MediaRule(
        largest=100 * MEGABYTE,
        kinds=_DOCUMENTS | _IMAGES | _VIDEOS | _SOUNDS,
        named="PDF, Word, Excel, PowerPoint, TXT",
    ),
}


class MediaTooLarge(DomainError):
    """`kind` of the file, its `size` and the `limit`, both in whole megabytes (rounded against the file)."""

    code = "media.too_large_for_whatsapp"


class MediaEmpty(DomainError):
    """`filename`."""

    code = "media.empty_file"


class MediaKindRefused(DomainError):
    """`mime` of the file and what is `accepted` instead."""

    code = "media.kind_refused_by_whatsapp"


class CaptionNotCarried(DomainError):
    """A sound carries no words along."""

    code = "media.no_caption_on_sound"


def mime_of(mime: str) -> str:
    """`audio/ogg; codecs=opus` is `audio/ogg`."""
    return mime.partition(";")[0].strip().lower()


def check_media(media: Media, *, caption: str = "") -> None:
    """Raise what WhatsApp would refuse about a file, if anything."""
    rule = RULES[media.kind]
    if mime_of(media.mime) not in rule.kinds:
        raise MediaKindRefused(mime=mime_of(media.mime), accepted=rule.named)
    if media.size <= 0:
        raise MediaEmpty(filename=media.filename)
    if media.size > rule.largest:
        raise MediaTooLarge(
            kind=media.kind.value, size=-(-media.size // MEGABYTE), limit=rule.largest // MEGABYTE
        )
    if caption and not rule.caption:
        raise CaptionNotCarried()
