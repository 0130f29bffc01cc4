"""Files in the chat: what they are, and how they are fetched."""

import mimetypes
from collections.abc import AsyncIterator
from pathlib import PurePath
from typing import Final

import structlog
from telegram import Bot, Message
from telegram.error import TelegramError

from bot.screens.base import FILE_ANSWERS, LARGEST_IN, Upload
from bot.screens.draft_sheet import may_be_people
from domain.delivery.content import Media, MediaKind
from domain.delivery.ports import MediaAway, MediaStore
from domain.kernel.errors import DomainError
from domain.operators.chat import Prompt

log = structlog.get_logger(__name__)

CHUNK: Final = 256 * 1024
MOST_NAME: Final = 120


class FileTooBig(DomainError):
    code = "upload.too_big"


class FileNotHandedOver(DomainError):
    """Telegram did not give the file now."""

    code = "upload.not_handed_over"


def upload_of(message: Message) -> Upload | None:
    """The file of a message, whatever kind it was sent as."""
    if message.photo:
        best = message.photo[-1]
        return Upload(
            telegram_file=best.file_id, filename="photo.jpg", mime="image/jpeg",
            size=best.file_size or 0, kind=MediaKind.PHOTO, caption=message.caption or "",
        )  # fmt: skip
    found = (
        (message.video, MediaKind.VIDEO, "video.mp4", "video/mp4"),
        (message.audio, MediaKind.AUDIO, "audio.mp3", "audio/mpeg"),
        (message.voice, MediaKind.VOICE, "voice.ogg", "audio/ogg"),
        (message.document, MediaKind.DOCUMENT, "file", "application/octet-stream"),
    )
    for file, kind, name, mime in found:
        if file is not None:
            given = getattr(file, "file_name", None) or name
            return Upload(
                telegram_file=file.file_id,
                filename=safe_name(given),
                mime=file.mime_type or mimetypes.guess_type(given)[0] or mime,
                size=file.file_size or 0,
                kind=kind,
                caption=message.caption or "",
            )
    return None


def answers(prompt: Prompt, upload: Upload) -> bool:
    """Whether a file answers the open question. Where a text is asked for, an attachment may come early. What
    may be people is asked about first."""
    return prompt.kind in FILE_ANSWERS and not may_be_people(prompt, upload)


def safe_name(name: str) -> str:
    """A file name without folders or control characters, not too long, its ending kept."""
    bare = "".join(c for c in PurePath(name.replace("\\", "/")).name if c.isprintable())
    path = PurePath(bare or "file")
    return path.stem[: MOST_NAME - len(path.suffix[:16])] + path.suffix[:16]


class TelegramFiles:
    """Downloads into the media store."""

    def __init__(self, bot: Bot, media: MediaStore) -> None:
        self.bot, self.media = bot, media

    async def fetch(self, upload: Upload) -> Media:
        """Raises FileTooBig (before asking Telegram) or FileNotHandedOver."""
        refuse_over(upload.filename, upload.size)
        try:
            file = await self.bot.get_file(upload.telegram_file)
            # What a message says of its file may be missing or wrong; this is what would be downloaded.
            refuse_over(upload.filename, file.file_size or 0)
            content = await file.download_as_bytearray(read_timeout=120)
        except TelegramError as error:
            log.warning("file not handed over", error=type(error).__name__)
            raise FileNotHandedOver from error
        try:
            key, size = await self.media.put(_chunks(bytes(content)))
        except MediaAway as away:
            log.warning("file not kept", why=away.why)
            raise FileNotHandedOver from away
        return Media(kind=upload.kind, key=key, filename=upload.filename, mime=upload.mime, size=size)


def refuse_over(filename: str, size: int) -> None:
    """Raises FileTooBig for what Telegram would not hand over."""
    if size > LARGEST_IN:
        raise FileTooBig(filename=filename, size=size // 2**20, limit=LARGEST_IN // 2**20)


async def _chunks(content: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(content), CHUNK):
        yield content[start : start + CHUNK]
