"""A message with a large file, as the form that the worker takes: off the disk, never held whole."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from secrets import token_hex
from typing import IO, Any, Final

from domain.delivery.ports import MediaStore

_PIECE: Final = 256 * 1024


@dataclass(frozen=True, slots=True)
class SpooledForm:
    """`content` may be asked for once a try: each begins anew."""

    _head: bytes
    _file: IO[bytes]
    _size: int
    _tail: bytes
    _type: str

    def content(self) -> Mapping[str, Any]:
        """How a request carries it."""
        length = len(self._head) + self._size + len(self._tail)
        return {
            "content": self._pieces(),
            "headers": {"Content-Type": self._type, "Content-Length": str(length)},
        }

    async def _pieces(self) -> AsyncIterator[bytes]:
        yield self._head
        self._file.seek(0)
        while piece := await asyncio.to_thread(self._file.read, _PIECE):
            yield piece
        yield self._tail


@asynccontextmanager
async def spooled_form(store: MediaStore, key: str, mime: str, message: str) -> AsyncIterator[SpooledForm]:
    """The file is brought here first, so that a store that breaks off does so before anything is sent.

    Raises what `MediaStore.stream` does. `message`: JSON; it goes first, so that the worker knows what comes.
    """
    with await asyncio.to_thread(tempfile.TemporaryFile) as file:
        size = 0
        async for piece in store.stream(key):
            size += await asyncio.to_thread(file.write, piece)
        boundary = f"masssender-{token_hex(12)}"
        head = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="message"\r\n\r\n{message}\r\n'
            f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="file"\r\n'
            f"Content-Type: {mime}\r\n\r\n"
        )
        yield SpooledForm(
            head.encode(), file, size, f"\r\n--{boundary}--\r\n".encode(),
            f"multipart/form-data; boundary={boundary}",
        )  # fmt: skip
