"""Files go up once per account, and are sent by the name WhatsApp gives them."""

import asyncio
import logging
import re
from collections import Counter
from collections.abc import AsyncIterator
from datetime import datetime
from secrets import token_hex
from typing import Final, Protocol

from domain.delivery.channel import Effect, MediaStream, Uploaded, UploadedMedia
from domain.delivery.content import Media
from domain.delivery.media_limits import mime_of
from domain.delivery.ports import Fault, MediaAway, MediaMissing, MediaStore, Rejected
from domain.delivery.recipients import LEASE
from whatsapp.cloud.calls import CallFailed, Calls
from whatsapp.cloud.errors import GraphError, Ruling, read_error, rule
from whatsapp.cloud.limits import MEDIA_REFUSED
from whatsapp.cloud.payloads import filename_of

log = logging.getLogger(__name__)

#: Nothing of the message itself went out, whatever happened on the way up.
UPLOAD_FAILED: Final = Rejected("media_upload_failed", True, Fault.ACCOUNT)

#: For the slowest line we bear with.
_BYTES_A_SECOND: Final = 400_000
#: Where WhatsApp has forgotten a file, it goes up twice for one message, which is asked for twice then: all
#: of it has to be over well before the claim ends.
LONGEST_UPLOAD: Final = LEASE.total_seconds() / 2 - 40
_ID: Final = re.compile(r"[A-Za-z0-9_:.-]{1,200}")


class Clock(Protocol):
    def now(self) -> datetime: ...


class StoredFiles:
    """The files of a `MediaStore`, as a stream."""

    def __init__(self, store: MediaStore) -> None:
        self._store = store

    def pieces(self, key: str) -> AsyncIterator[bytes]:
        return self._store.stream(key)


class MediaDesk:
    """Uploads of one number. Whoever asks for a file that is on its way up waits for that one upload."""

    def __init__(
        self, calls: Calls, phone_number_id: str, files: MediaStream, uploaded: UploadedMedia, clock: Clock
    ) -> None:
        self._calls, self._remote = calls, phone_number_id
        self._files, self._uploaded, self._clock = files, uploaded, clock
        self._locks: dict[str, asyncio.Lock] = {}
        self._waiting: Counter[str] = Counter()
        self._failed: dict[str, tuple[int, Ruling]] = {}

    async def id_of(self, media: Media) -> str | Ruling:
        """WhatsApp's name for the file, or why there is none."""
        # What it is sent as belongs to the name: the same bytes as a document are another upload.
        key = f"{mime_of(media.mime)}:{media.key}"
        lock = self._locks.setdefault(key, asyncio.Lock())
        tried_before = self._failed.get(key, (0, UPLOAD_FAILED))[0]
        self._waiting[key] += 1
        try:
            async with lock:
                failed = self._failed.get(key)
                if failed is not None and failed[0] > tried_before:
                    # It failed while we waited: fifty who wait do not try fifty times.
                    return failed[1]
                return await self._get(key, media, tried_before)
        finally:
            self._waiting[key] -= 1
            if not self._waiting[key]:
                self._locks.pop(key, None)
                self._failed.pop(key, None)
                del self._waiting[key]

    async def forget(self, media: Media, id: str) -> None:
        """WhatsApp does not know it by this name any more. Hundreds may hear so of one name: the file that
        the first of them has put up since is not forgotten with it."""
        key = f"{mime_of(media.mime)}:{media.key}"
        known = await self._uploaded.get(self._remote, key)
        if known is not None and known.id == id:
            await self._uploaded.forget(self._remote, key)

    async def _get(self, key: str, media: Media, tried_before: int) -> str | Ruling:
        known = await self._uploaded.get(self._remote, key)
        now = self._clock.now()
        if known is not None and known.holds_at(now):
            return known.id
        answer = await self._upload(media)
        if isinstance(answer, Ruling):
            self._failed[key] = (tried_before + 1, answer)
            return answer
        await self._uploaded.put(self._remote, key, Uploaded(id=answer, at=now))
        return answer

    async def _upload(self, media: Media) -> str | Ruling:
        boundary = f"masssender-{token_hex(12)}"
        head, tail = _around(media, boundary)
        length = len(head) + media.size + len(tail)
        headers = {
            "Content-Type": f"multipart/form-data; boundary={boundary}",
            "Content-Length": str(length),
        }
        try:
            answer = await self._calls.post_stream(
                f"{self._remote}/media",
                _multipart(head, self._files.pieces(media.key), media.size, tail),
                headers,
                seconds=min(LONGEST_UPLOAD, 30 + length / _BYTES_A_SECOND),
            )
        except (MediaMissing, _SizeDiffers) as error:
            log.warning("a file of a message cannot be read (%s)", type(error).__name__)
            return Ruling(MEDIA_REFUSED)
        except MediaAway:
            return Ruling(UPLOAD_FAILED)
        except CallFailed as failed:
            if _size_differs(failed):
                return Ruling(MEDIA_REFUSED)
            return Ruling(UPLOAD_FAILED)
        body = answer.body
        if isinstance(body, dict) and answer.status < 300 and _ID.fullmatch(str(body.get("id", ""))):
            return str(body["id"])
        return _refused(read_error(body), answer.status)


class _SizeDiffers(Exception):
    """The stored file is not as long as its record says."""


def _size_differs(error: BaseException | None) -> bool:
    """The client may wrap what the stream of the body raised."""
    while error is not None:
        if isinstance(error, _SizeDiffers | MediaMissing):
            return True
        error = error.__cause__
    return False


def _refused(error: GraphError | None, status: int) -> Ruling:
    """An upload is no message: what would be unknown there is a plain failure here."""
    if error is None:
        return Ruling(MEDIA_REFUSED if status in {413, 415} else UPLOAD_FAILED)
    ruling = rule(error, status)
    if error.code in {100, 131008, 131009, 131051}:
        # Meta's words for a kind or size it does not take.
        return Ruling(MEDIA_REFUSED)
    return ruling if isinstance(ruling.outcome, Rejected) else Ruling(UPLOAD_FAILED, Effect.NONE)


def _around(media: Media, boundary: str) -> tuple[bytes, bytes]:
    """What stands before and after the file."""
    name = filename_of(media).replace("\\", "_").replace('"', "_")
    mime = mime_of(media.mime)
    fields = "".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{value}\r\n'
        for field, value in (("messaging_product", "whatsapp"), ("type", mime))
    )
    head = (
        f'{fields}--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
        f"Content-Type: {mime}\r\n\r\n"
    )
    return head.encode("utf-8", "replace"), f"\r\n--{boundary}--\r\n".encode()


async def _multipart(
    head: bytes, pieces: AsyncIterator[bytes], size: int, tail: bytes
) -> AsyncIterator[bytes]:
    yield head
    sent = 0
    async for piece in pieces:
        sent += len(piece)
        if sent > size:
            raise _SizeDiffers
        yield piece
    if sent != size:
        raise _SizeDiffers
    yield tail
