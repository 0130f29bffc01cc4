"""Files are named by what is in them, whole or not there at all."""

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from domain.delivery.ports import MediaMissing
from storage.media import MediaTooBig, ObstoreMedia

PICTURE = bytes(range(256)) * 4000


async def pieces(content: bytes, size: int = 100_000) -> AsyncIterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def test_what_is_put_is_got_by_its_digest(tmp_path: Path) -> None:
    key, size = await ObstoreMedia(tmp_path / "media").put(pieces(PICTURE))
    assert (key, size) == (hashlib.sha256(PICTURE).hexdigest(), len(PICTURE))
    again = ObstoreMedia(str(tmp_path / "media"))
    assert await again.get(key) == PICTURE
    assert b"".join([piece async for piece in again.stream(key)]) == PICTURE


async def test_the_same_bytes_are_kept_once(tmp_path: Path) -> None:
    media = ObstoreMedia(tmp_path)
    first = await media.put(pieces(PICTURE))
    kept = files(tmp_path)[0].stat().st_mtime_ns
    assert await media.put(pieces(PICTURE, size=7777)) == first
    assert [path.stat().st_mtime_ns for path in files(tmp_path)] == [kept]


async def test_an_empty_file_is_a_file(tmp_path: Path) -> None:
    media = ObstoreMedia(tmp_path)
    key, size = await media.put(pieces(b""))
    assert size == 0 and await media.get(key) == b""


async def test_a_file_over_the_limit_leaves_nothing_behind(tmp_path: Path) -> None:
    media = ObstoreMedia(tmp_path, max_bytes=1000)
    with pytest.raises(MediaTooBig) as refused:
        await media.put(pieces(b"x" * 1001, size=600))
    assert refused.value.limit == 1000 and files(tmp_path) == []
    assert (await media.put(pieces(b"x" * 1000)))[1] == 1000


async def test_a_stream_that_breaks_leaves_nothing_behind(tmp_path: Path) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"half of it"
        raise ConnectionError

    with pytest.raises(ConnectionError):
        await ObstoreMedia(tmp_path).put(broken())
    assert files(tmp_path) == []


@pytest.mark.parametrize("key", ["0" * 64, "../../etc/passwd", "", "A" * 64])
async def test_what_is_not_there_is_missing(tmp_path: Path, key: str) -> None:
    media = ObstoreMedia(tmp_path)
    with pytest.raises(MediaMissing):
        await media.get(key)
    with pytest.raises(MediaMissing):
        await anext(media.stream(key))


async def test_it_speaks_to_other_stores_by_address() -> None:
    media = ObstoreMedia("memory:///")
    key, _ = await media.put(pieces(PICTURE))
    assert await media.get(key) == PICTURE
