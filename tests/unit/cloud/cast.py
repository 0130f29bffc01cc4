"""Who and what the tests of the official channel are about."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from domain.delivery.channel import ChannelEvent, Uploaded
from domain.delivery.content import Media, MediaKind, OutgoingMessage
from domain.delivery.ports import MediaMissing
from domain.delivery.templates import MessageTemplate, TemplateCategory, TemplateStatus
from domain.kernel.ids import AttemptKey

ADA, BRUNO = "+447700900001", "+5511987654321"
NUMBER_ID, WABA = "106540352242922", "102290129340398"
TOKEN = "EAAtoken-that-nobody-may-read-0123456789"
NOW = datetime(2030, 1, 1, 12, tzinfo=UTC)

_TEMPLATE = MessageTemplate(
    id="1", name="sale", language="en", status=TemplateStatus.APPROVED, category=TemplateCategory.MARKETING,
    body="Hi {{1}}",
)  # fmt: skip


def template(**changes: Any) -> MessageTemplate:
    return replace(_TEMPLATE, **changes)


def message(
    key: str = "k1", to: str = ADA, text: str = "Hello", media: Media | None = None
) -> OutgoingMessage:
    return OutgoingMessage(key=AttemptKey(key), to=to, text=text, media=media)


def photo(content: bytes = b"\xff\xd8jpeg", **changes: Any) -> Media:
    base = Media(
        kind=MediaKind.PHOTO, key="photo-1", filename="bread.jpg", mime="image/jpeg", size=len(content)
    )
    return replace(base, **changes)


class StillClock:
    def __init__(self, at: datetime = NOW) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at


@dataclass
class MemoryFiles:
    """Stored files, given piece by piece."""

    files: dict[str, bytes] = field(default_factory=dict)
    opened: int = 0

    async def pieces(self, key: str) -> AsyncIterator[bytes]:
        self.opened += 1
        if key not in self.files:
            raise MediaMissing(key)
        whole = self.files[key]
        for start in range(0, len(whole), 1000):
            await asyncio.sleep(0)
            yield whole[start : start + 1000]


@dataclass
class MemoryUploads:
    known: dict[tuple[str, str], Uploaded] = field(default_factory=dict)
    broken: bool = False

    async def get(self, remote: str, key: str) -> Uploaded | None:
        if self.broken:
            raise OSError("the disk is full")
        return self.known.get((remote, key))

    async def put(self, remote: str, key: str, uploaded: Uploaded) -> None:
        self.known[remote, key] = uploaded

    async def forget(self, remote: str, key: str) -> None:
        self.known.pop((remote, key), None)


@dataclass
class HeardEffects:
    heard: list[ChannelEvent] = field(default_factory=list)
    broken: bool = False

    async def happened(self, event: ChannelEvent) -> None:
        if self.broken:
            raise OSError("the database is locked")
        self.heard.append(event)
