"""Files behind obstore: a local folder, or S3 and its likes. Named by what is in them."""

import asyncio
import hashlib
import os
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Final

import obstore
from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError

from domain.delivery.ports import InUse, MediaAway, MediaMissing
from storage.folder import probe_name
from storage.media_place import is_folder, store_at

#: Telegram hands a bot no file over 20 MB; with a Bot API server of one's own it is more.
MAX_BYTES: Final = 64 * 1024 * 1024

_PIECE: Final = 256 * 1024
#: A large file goes to S3 in parts (5 MiB is the least that it takes); so many are in memory at once.
_PART: Final = 5 * 1024 * 1024
_PARTS_AT_ONCE: Final = 2
_KEY_LENGTH: Final = 64
#: So many files are looked at together.
_A_PAGE: Final = 10_000
#: No keys of files: those are digests.
_CLOCK: Final = "clock"
#: An empty file here for each desk that keeps its files in this place.
_DESKS: Final = "desks"
#: An empty file here says since when nothing has referred to the one of the same name.
_UNUSED: Final = "unused"


class MediaTooBig(Exception):
    """The stream went over `limit` bytes; nothing was kept."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"the file is over {limit} bytes")
        self.limit = limit


class ObstoreMedia:
    """Satisfies `domain.delivery.ports.MediaStore`.

    `place` is a folder (made when missing) or an address, see `storage.media_place`. Raises BadAddress.
    """

    def __init__(self, place: str | Path, *, max_bytes: int = MAX_BYTES) -> None:
        self.max_bytes = max_bytes
        self._folder = Path(place).absolute() if is_folder(place) else None
        self._store = store_at(place)
        #: What is put anew is not deleted at the same moment.
        self._deleting = asyncio.Lock()

    async def check(self) -> None:
        """Write a small file, read it and delete it. Raises MediaAway for what any of it is refused."""
        probe = probe_name()
        with _told():
            await obstore.put_async(self._store, probe, b"MassSender can write here")
            await (await obstore.get_async(self._store, probe)).bytes_async()
            await obstore.delete_async(self._store, probe)

    async def put(self, content: AsyncIterator[bytes]) -> tuple[str, int]:
        """Store the stream; returns its key (sha256 hex) and size in bytes. Raises MediaTooBig.

        The name is known only at the end, so the bytes wait in a file of their own; the store then shows
        the whole file or none.
        """
        with await asyncio.to_thread(tempfile.TemporaryFile) as spool:
            key, size = await self._spool(content, spool)
            if not await self._is_taken_up(key):
                await asyncio.to_thread(spool.seek, 0)
                with _told():
                    await obstore.put_async(
                        self._store, _path(key), spool, chunk_size=_PART, max_concurrency=_PARTS_AT_ONCE
                    )
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

    async def _is_taken_up(self, key: str) -> bool:
        """Whether the file is there; if so, it counts as referred to from now on."""
        async with self._deleting:
            if not await self._has(_path(key)):
                return False
            await self._delete(_unused(key))
            return True

    async def _has(self, path: str) -> bool:
        try:
            with _told():
                await obstore.head_async(self._store, path)
        except FileNotFoundError:
            return False
        return True

    async def _delete(self, path: str) -> None:
        with suppress(FileNotFoundError), _told():
            await obstore.delete_async(self._store, path)

    async def get(self, key: str) -> bytes:
        """The whole file. Raises MediaMissing."""
        try:
            with _told():
                found = await obstore.get_async(self._store, _path(key))
                return bytes(await found.bytes_async())
        except FileNotFoundError as error:
            raise MediaMissing(key) from error

    async def drop(self, key: str) -> None:
        """Delete the file; one that is not there is gone already."""
        with suppress(MediaMissing):
            await self._delete(_path(key))

    async def tidy(self, desk: str, in_use: InUse, *, unused_for: timedelta) -> int | None:
        """See the port. By the clock of the place itself."""
        if not await self._is_alone(desk):
            return None
        since = {key: at async for page in self._pages(_UNUSED) for key, at in page.items()}
        long_ago = await self._now() - unused_for
        deleted = 0
        async for page in self._pages(None):
            used = await in_use(list(page))
            for key in page:
                if key in used and key in since:
                    await self._delete(_unused(key))
                elif key not in used and key not in since:
                    with _told():
                        await obstore.put_async(self._store, _unused(key), b"")
                elif key not in used and since[key] <= long_ago:
                    deleted += await self._deleted(key)
        return deleted

    async def _is_alone(self, desk: str) -> bool:
        """Writes down that this desk is here."""
        with _told():
            await obstore.put_async(self._store, f"{_DESKS}/{desk}", b"")
            found = obstore.list(self._store, _DESKS, chunk_size=_A_PAGE)
            return [one["path"] async for page in found for one in page] == [f"{_DESKS}/{desk}"]

    async def _now(self) -> datetime:
        with _told():
            await obstore.put_async(self._store, _CLOCK, b"")
            at: datetime = (await obstore.head_async(self._store, _CLOCK))["last_modified"]
        return at

    async def _pages(self, folder: str | None) -> AsyncIterator[Mapping[str, datetime]]:
        """The keys in it, each with when it was written; of the files themselves where None."""
        found = obstore.list(self._store, folder, chunk_size=_A_PAGE)
        while True:
            with _told():
                page = await anext(found, None)
            if page is None:
                return
            under = _path if folder is None else _unused
            yield {
                key: one["last_modified"]
                for one in page
                if _is_key(key := one["path"].rpartition("/")[2]) and one["path"] == under(key)
            }

    async def _deleted(self, key: str) -> bool:
        """Unless somebody has put it again meanwhile."""
        async with self._deleting:
            if not await self._has(_unused(key)):
                return False
            await self._delete(_path(key))
            await self._delete(_unused(key))
            return True

    async def stream(self, key: str) -> AsyncIterator[bytes]:
        """The file in pieces. Raises MediaMissing."""
        try:
            with _told():
                found = await obstore.get_async(self._store, _path(key))
        except FileNotFoundError as error:
            raise MediaMissing(key) from error
        pieces = aiter(found.stream(min_chunk_size=_PIECE))
        while True:
            with _told():
                piece = await anext(pieces, None)
            if piece is None:
                return
            yield bytes(piece)


@contextmanager
def _told() -> Iterator[None]:
    """What a store that is not here says, as MediaAway: its own words may hold addresses."""
    try:
        yield
    except FileNotFoundError as error:
        if "NoSuchBucket" in str(error):
            raise MediaAway("no_bucket") from error
        raise
    except (PermissionDeniedError, UnauthenticatedError) as error:
        raise MediaAway("refused") from error
    except BaseError as error:
        raise MediaAway("no_answer") from error


def _path(key: str) -> str:
    """Where a key lies. What is no sha256 is nowhere: keys come from tables, but paths are not guessed."""
    if not _is_key(key):
        raise MediaMissing(key)
    return f"{key[:2]}/{key}"


def _unused(key: str) -> str:
    return f"{_UNUSED}/{key}"


def _is_key(word: str) -> bool:
    return len(word) == _KEY_LENGTH and all(letter in "0123456789abcdef" for letter in word)


def _make_durable(path: Path) -> None:
    """The file, its name and its folder's name survive a power cut."""
    for place in (path, path.parent, path.parent.parent):
        handle = os.open(place, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
