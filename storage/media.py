"""Files behind obstore: a local folder, or S3 and its likes. Named by what is in them."""

import asyncio
import hashlib
import os
import tempfile
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import IO, Final

import obstore
from obstore.store import LocalStore, ObjectStore, from_url

from domain.delivery.ports import MediaMissing

#: Telegram hands a bot no file over 20 MB; with a Bot API server of one's own it is more.
MAX_BYTES: Final = 64 * 1024 * 1024

_PIECE: Final = 256 * 1024
_KEY_LENGTH: Final = 64


class MediaTooBig(Exception):
    """The stream went over `limit` bytes; nothing was kept."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"the file is over {limit} bytes")
        self.limit = limit


class ObstoreMedia:
    """Satisfies `domain.delivery.ports.MediaStore`.

    `place` is a folder (made when missing) or an address such as s3://bucket/prefix.
    """

    def __init__(self, place: str | Path, *, max_bytes: int = MAX_BYTES) -> None:
        self.max_bytes = max_bytes
        self._folder: Path | None = None
        self._store: ObjectStore
        if "://" in str(place):
            self._store = from_url(str(place))
        else:
            self._folder = Path(place).absolute()
            self._store = LocalStore(self._folder, mkdir=True)

    async def put(self, content: AsyncIterator[bytes]) -> tuple[str, int]:
        """Store the stream; returns its key (sha256 hex) and size in bytes. Raises MediaTooBig.

        The name is known only at the end, so the bytes wait in a file of their own; the store then shows
        the whole file or none.
        """
        with await asyncio.to_thread(tempfile.TemporaryFile) as spool:
            key, size = await self._spool(content, spool)
            if not await self._has(key):
                await asyncio.to_thread(spool.seek, 0)
                await obstore.put_async(self._store, _path(key), spool)
                if self._folder is not None:
                    await asyncio.to_thread(_make_durable, self._folder / _path(key))
        return key, size

    async def _spool(self, content: AsyncIterator[bytes], spool: IO[bytes]) -> tuple[str, int]:
        digest, size = hashlib.sha256(), 0
        async for piece in content:
            size += len(piece)
            if size > self.max_bytes:
                raise MediaTooBig(self.max_bytes)
            digest.update(piece)
            await asyncio.to_thread(spool.write, piece)
        return digest.hexdigest(), size

    async def _has(self, key: str) -> bool:
        try:
            await obstore.head_async(self._store, _path(key))
        except FileNotFoundError:
            return False
        return True

    async def get(self, key: str) -> bytes:
        """The whole file. Raises MediaMissing."""
        try:
            found = await obstore.get_async(self._store, _path(key))
            return bytes(await found.bytes_async())
        except FileNotFoundError as error:
            raise MediaMissing(key) from error

    async def drop(self, key: str) -> None:
        """Delete the file; one that is not there is gone already."""
        with suppress(FileNotFoundError, MediaMissing):
            await obstore.delete_async(self._store, _path(key))

    async def stream(self, key: str) -> AsyncIterator[bytes]:
        """The file in pieces. Raises MediaMissing."""
        try:
            found = await obstore.get_async(self._store, _path(key))
        except FileNotFoundError as error:
            raise MediaMissing(key) from error
        async for piece in found.stream(min_chunk_size=_PIECE):
            yield bytes(piece)


def _path(key: str) -> str:
    """Where a key lies. What is no sha256 is nowhere: keys come from tables, but paths are not guessed."""
    if len(key) != _KEY_LENGTH or not all(letter in "0123456789abcdef" for letter in key):
        raise MediaMissing(key)
    return f"{key[:2]}/{key}"


def _make_durable(path: Path) -> None:
    """The file, its name and its folder's name survive a power cut."""
    for place in (path, path.parent, path.parent.parent):
        handle = os.open(place, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
