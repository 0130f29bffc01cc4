"""Files the sandbox keeps, in memory, the oldest let go when the room is full."""

import re
import secrets
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

ROOM_BYTES = 1024 * 1024 * 1024

# Telegram's file ids begin alike for files of one kind; clients do not care, people who debug do.
_PREFIX = {
    "photo": "AgACAgIAAxkB",
    "document": "BQACAgIAAxkB",
    "video": "BAACAgIAAxkB",
    "audio": "CQACAgIAAxkB",
    "voice": "AwACAgIAAxkB",
}
_FOLDER = {"photo": "photos", "document": "documents", "video": "videos", "audio": "music", "voice": "voice"}
KINDS = tuple(_PREFIX)


@dataclass(kw_only=True, slots=True)
class StoredFile:
    """One file: as sent, or one size of a photo (`siblings` names all sizes, smallest first)."""

    file_id: str
    file_unique_id: str
    kind: str
    name: str
    mime: str
    path: str
    data: bytes = field(repr=False)
    extra: Json = field(default_factory=dict)
    siblings: list[str] = field(default_factory=list)

    def as_json(self) -> Json:
        """The object Telegram puts into a message (PhotoSize, Document, Video, Audio, Voice)."""
        about: Json = {
            "file_id": self.file_id,
            "file_unique_id": self.file_unique_id,
            "file_size": len(self.data),
            **self.extra,
        }
        if self.kind != "photo":
            about["mime_type"] = self.mime
            if self.kind != "voice":
                about["file_name"] = self.name
        return about


class FileStore:
    """Files by id, by path and by unique id."""

    def __init__(self, room: int = ROOM_BYTES) -> None:
        self._room = room
        self._used = 0
        self._count = 0
        self._by_id: dict[str, StoredFile] = {}
        self._by_path: dict[str, StoredFile] = {}
        self._by_unique: dict[str, StoredFile] = {}

    def add(self, kind: str, data: bytes, *, name: str, mime: str, **extra: Any) -> StoredFile:
        """Keep a file; `extra` goes into its object (width, height, duration...)."""
        clean = safe_name(name)
        number = self._count = self._count + 1
        suffix = clean[clean.rfind(".") :] if "." in clean else ""
        stored = StoredFile(
            file_id=_PREFIX[kind] + secrets.token_urlsafe(36),
            file_unique_id="AQAD" + secrets.token_urlsafe(9),
            kind=kind,
            name=clean,
            mime=mime,
            path=f"{_FOLDER[kind]}/file_{number}{suffix}",
            data=data,
            extra=extra,
        )
        self._by_id[stored.file_id] = stored
        self._by_path[stored.path] = stored
        self._by_unique[stored.file_unique_id] = stored
        self._used += len(data)
        self._make_room()
        return stored

    def by_id(self, file_id: str) -> StoredFile | None:
        return self._by_id.get(file_id)

    def by_path(self, path: str) -> StoredFile | None:
        return self._by_path.get(path)

    def by_unique(self, unique_id: str) -> StoredFile | None:
        return self._by_unique.get(unique_id)

    def _make_room(self) -> None:
        while self._used > self._room and len(self._by_id) > 1:
            oldest = self._by_id.pop(next(iter(self._by_id)))
            self._by_path.pop(oldest.path, None)
            self._by_unique.pop(oldest.file_unique_id, None)
            self._used -= len(oldest.data)


def safe_name(name: str) -> str:
    """A bare file name without folders, control characters or more than 120 letters."""
    bare = re.sub(r"[\x00-\x1f\x7f]", "", name.replace("\\", "/").rsplit("/", 1)[-1]).strip()
    if len(bare) > 120:
        stem, _, suffix = bare.rpartition(".")
        bare = f"{stem[:100]}.{suffix[:19]}" if stem else bare[:120]
    return bare or "file"
