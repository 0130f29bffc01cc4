"""What leaves: one message to one person."""

from dataclasses import dataclass
from enum import StrEnum

from domain.kernel.ids import AttemptKey


class MediaKind(StrEnum):
    PHOTO = "photo"
    VIDEO = "video"
    DOCUMENT = "document"
    AUDIO = "audio"
    VOICE = "voice"


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """A stored file. `key` is where the media store holds it; `size` in bytes."""

    kind: MediaKind
    key: str
    filename: str
    mime: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingMessage:
    """`to` is E.164 with the plus sign. With media, `text` is its caption. `heard`: the cursor of the
    account's news, where they are numbered, when it was decided to write to this person: what they have
    written since may be a STOP.
    """

    key: AttemptKey
    to: str
    text: str
    media: Media | None = None
    heard: int | None = None
