"""Uploaded files: WhatsApp's kinds and limits, 30 days of keeping, and a bound on our memory."""

from dataclasses import dataclass
from hashlib import sha256
from itertools import count
from typing import Final

from whatsapp.cloud.standin.errors import Refused

_MB: Final = 1024 * 1024
#: Kind of message -> mime types and the limit in bytes; Meta's page "Media", supported types.
KINDS: Final[dict[str, tuple[frozenset[str], int]]] = {
    "image": (frozenset({"image/jpeg", "image/png"}), 5 * _MB),
    "sticker": (frozenset({"image/webp"}), 500 * 1024),
    "video": (frozenset({"video/mp4", "video/3gpp"}), 16 * _MB),
    "audio": (
        frozenset({"audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg", "audio/opus"}),
        16 * _MB,
    ),
    "document": (
        frozenset(
            {
                "text/plain",
                "application/pdf",
                "application/msword",
                "application/vnd.ms-excel",
                "application/vnd.ms-powerpoint",
                "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
                "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
                "application/vnd.openxmlformats-officedocument.presentationml.presentation",
            }
        ),
        100 * _MB,
    ),
}
_ALL: Final = frozenset().union(*(mimes for mimes, _ in KINDS.values()))
KEPT_FOR: Final = 30 * 86_400.0
MOST_FILES: Final = 10_000


@dataclass(slots=True, kw_only=True)
class Upload:
    """A file. `data` is gone (None) once the shelf was full of later ones; the rest stays."""

    id: str
    mime: str
    size: int
    sha256: str
    at: float
    data: bytes | None


class MediaShelf:
    """Uploads by id. Keeps the bytes of the latest `most_bytes`, the records of the latest 10,000."""

    def __init__(self, seed: int, most_bytes: int = 256 * _MB) -> None:
        self._most = most_bytes
        self._held = 0
        self._ids = count(2_000_000_000_000_000 + (seed % 1000) * 1_000_000 + 1)
        self._uploads: dict[str, Upload] = {}

    def put(self, data: bytes, mime: str, now: float) -> Upload:
        """Takes a file. Raises `Refused`: 100 for a kind WhatsApp does not take, 131053 for one too large."""
        mime = mime.partition(";")[0].strip().lower()
        if mime not in _ALL:
            raise Refused(
                100,
                message=f"(#100) Param file must be a file with one of the following types: "
                f"{', '.join(sorted(_ALL))}. Received file of type '{mime}'.",
            )
        most = max(limit for mimes, limit in KINDS.values() if mime in mimes)
        if len(data) > most:
            raise Refused(
                131053, f"Media file size too big. Max file size we currently support: {most} bytes."
            )
        if not data:
            raise Refused(100, message="(#100) The parameter file is required.")
        return self.receive(data, mime, now)

    def receive(self, data: bytes, mime: str, now: float) -> Upload:
        """What a person sends along: of any kind, and as large as their phone lets them."""
        digest = sha256(data).hexdigest()
        upload = Upload(id=str(next(self._ids)), mime=mime, size=len(data), sha256=digest, at=now, data=data)
        self._uploads[upload.id] = upload
        self._held += upload.size
        self._make_room(upload)
        return upload

    def _make_room(self, latest: Upload) -> None:
        for one in self._uploads.values():
            if self._held <= self._most:
                break
            if one.data is not None and one is not latest:
                one.data = None
                self._held -= one.size
        if len(self._uploads) > MOST_FILES:
            self.drop(next(iter(self._uploads)))

    def get(self, media_id: str, now: float) -> Upload | None:
        """The upload, unless it never was, was deleted, or is older than 30 days."""
        upload = self._uploads.get(media_id)
        return upload if upload is not None and now - upload.at < KEPT_FOR else None

    def drop(self, media_id: str) -> bool:
        """Deletes it; False if there is none."""
        upload = self._uploads.pop(media_id, None)
        if upload is not None and upload.data is not None:
            self._held -= upload.size
        return upload is not None


def fits(kind: str, upload: Upload) -> bool:
    """Whether an uploaded file may go as this kind of message."""
    mimes, limit = KINDS[kind]
    # Documents may be anything that could be uploaded.
    return (kind == "document" or upload.mime in mimes) and upload.size <= limit
