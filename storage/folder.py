"""Files in a folder of this machine. What keeps them is loaded with the first one: it takes 7 MB and two
threads, which a desk that writes texts alone does without.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from domain.delivery.ports import InUse, MediaAway
from storage.media_place import is_folder

if TYPE_CHECKING:
    from storage.media import ObstoreMedia


def probe_name() -> str:
    """No key of a file: those are digests. A new one each time: some who share the place start at once."""
    return f"check-{secrets.token_hex(8)}"


class FolderMedia:
    """Satisfies `domain.delivery.ports.MediaStore`. The folder is made when it is missing. `limits`: those of
    `ObstoreMedia`."""

    def __init__(self, folder: Path, **limits: int) -> None:
        self._folder, self._limits = folder, limits

    async def check(self) -> None:
        """Write a small file, read it and delete it. Raises MediaAway for what any of it is refused."""
        try:
            await asyncio.to_thread(self._try)
        except PermissionError as error:
            raise MediaAway("refused") from error
        except OSError as error:
            raise MediaAway("no_answer") from error

    def _try(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        probe = self._folder / probe_name()
        probe.write_bytes(b"MassSender can write here")
        probe.read_bytes()
        probe.unlink()

    async def put(self, content: AsyncIterator[bytes]) -> tuple[str, int]:
        """See the port."""
        return await self._kept.put(content)

    async def get(self, key: str) -> bytes:
        """See the port."""
        return await self._kept.get(key)

    def stream(self, key: str) -> AsyncIterator[bytes]:
        """See the port."""
        return self._kept.stream(key)

    async def drop(self, key: str) -> None:
        """See the port."""
        await self._kept.drop(key)

    async def tidy(self, desk: str, in_use: InUse, *, unused_for: timedelta) -> int | None:
        """See the port."""
        if not await asyncio.to_thread(lambda: any(self._folder.glob("*/*"))):
            return 0
        return await self._kept.tidy(desk, in_use, unused_for=unused_for)

    @cached_property
    def _kept(self) -> "ObstoreMedia":
        from storage.media import ObstoreMedia

        return ObstoreMedia(self._folder, **self._limits)


def files_in(place: str) -> "FolderMedia | ObstoreMedia":
    """By its address, see `storage.media_place`. Raises BadAddress."""
    if is_folder(place):
        return FolderMedia(Path(place))
    from storage.media import ObstoreMedia

    return ObstoreMedia(place)
