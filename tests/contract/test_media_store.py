"""Files are named by what is in them, whole or not there at all: in a folder and on a real S3 server."""

import asyncio
import hashlib
import itertools
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest

from domain.delivery.ports import InUse, MediaAway, MediaMissing
from storage.folder import FolderMedia, files_in
from storage.media import MediaTooBig, ObstoreMedia
from storage.media_place import BadAddress, store_at
from tests.s3.server import IS_INSTALLED, S3Server, s3_server

PICTURE = bytes(range(256)) * 4000
MEGABYTE = 1024 * 1024
Open = Callable[..., ObstoreMedia | FolderMedia]
on_s3 = pytest.mark.skipif(not IS_INSTALLED, reason="the S3 server is not installed (make s3)")
_places = itertools.count()


async def pieces(content: bytes, size: int = 100_000) -> AsyncIterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


@pytest.fixture(scope="module")
def s3() -> Iterator[S3Server]:
    with s3_server() as server:
        yield server


@pytest.fixture(params=["folder", "folder loaded late", pytest.param("s3", marks=on_s3)])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Open:
    """Opens the same empty place each time."""
    place = str(tmp_path / "media")
    if request.param == "folder loaded late":
        return lambda **more: FolderMedia(Path(place), **more)
    if request.param == "s3":
        place = request.getfixturevalue("s3").address(f"t{next(_places)}")
    return lambda **more: ObstoreMedia(place, **more)


async def kept(media: ObstoreMedia | FolderMedia) -> dict[str, object]:
    """All that is there, by path, with when it was written."""
    store = media._kept._store if isinstance(media, FolderMedia) else media._store
    found = [one async for many in store.list() for one in many]
    return {one["path"]: one["last_modified"] for one in found}


async def test_what_is_put_is_got_by_its_digest(opened: Open) -> None:
    key, size = await opened().put(pieces(PICTURE))
    assert (key, size) == (hashlib.sha256(PICTURE).hexdigest(), len(PICTURE))
    assert await opened().get(key) == PICTURE
    assert b"".join([piece async for piece in opened().stream(key)]) == PICTURE


async def test_the_same_bytes_are_kept_once(opened: Open) -> None:
    first = await opened().put(pieces(PICTURE))
    before = await kept(opened())
    assert await opened().put(pieces(PICTURE, size=7777)) == first
    assert await kept(opened()) == before and len(before) == 1


async def test_an_empty_file_is_a_file(opened: Open) -> None:
    key, size = await opened().put(pieces(b""))
    assert size == 0 and await opened().get(key) == b""


async def test_a_file_over_the_limit_or_cut_off_leaves_nothing_behind(opened: Open) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"half of it"
        raise ConnectionError

    with pytest.raises(MediaTooBig):
        await opened(max_bytes=1000).put(pieces(b"x" * 1001, size=600))
    with pytest.raises(ConnectionError):
        await opened().put(broken())
    assert await kept(opened()) == {}
    assert (await opened(max_bytes=1000).put(pieces(b"x" * 1000)))[1] == 1000


@pytest.mark.parametrize("key", ["0" * 64, "../../etc/passwd", "", "A" * 64])
async def test_what_is_not_there_is_missing(opened: Open, key: str) -> None:
    with pytest.raises(MediaMissing):
        await opened().get(key)
    with pytest.raises(MediaMissing):
        await anext(opened().stream(key))
    await opened().drop(key)


async def test_what_is_dropped_is_gone(opened: Open) -> None:
    key, _ = await opened().put(pieces(PICTURE))
    await opened().drop(key)
    assert await kept(opened()) == {}


async def test_a_check_leaves_nothing_behind(opened: Open) -> None:
    await opened().check()
    assert await kept(opened()) == {}


@on_s3
async def test_a_large_file_goes_in_and_out_in_pieces(s3: S3Server) -> None:
    """In a process of its own, whose memory is measured: 100 MB may cost it 60 beyond what it began with."""
    code = "import asyncio, sys; from tests.contract.test_media_store import there_and_back as there\n"
    code += "asyncio.run(there(sys.argv[1]))"
    command = [sys.executable, "-c", code, s3.address("large")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    grown = int(done.stdout)
    print(f"100 MB to S3 and back: {grown / MEGABYTE:.0f} MB more")
    assert grown < 60 * MEGABYTE


async def there_and_back(address: str) -> None:
    async def large() -> AsyncIterator[bytes]:
        for n in range(100):
            yield n.to_bytes(4, "big") * (MEGABYTE // 4)

    media = ObstoreMedia(address, max_bytes=200 * MEGABYTE)
    await media.check()
    before = peak()
    key, size = await media.put(large())
    digest, got, longest = hashlib.sha256(), 0, 0
    async for piece in media.stream(key):
        digest.update(piece)
        got, longest = got + len(piece), max(longest, len(piece))
    assert (got, digest.hexdigest()) == (size, key) and longest < 8 * MEGABYTE
    print(peak() - before)


def peak() -> int:
    """Bytes. Not getrusage's, which begins with what the process had that started this one."""
    [line] = [line for line in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in line]
    return int(line.split()[1]) * 1024


@on_s3
async def test_wrong_keys_a_missing_bucket_and_silence_are_told_apart() -> None:
    with s3_server(strict=True) as strict:
        with pytest.raises(MediaAway) as refused:
            await ObstoreMedia(strict.address("x")).check()
        assert refused.value.why == "refused"
    with s3_server() as server:
        with pytest.raises(MediaAway) as missing:
            await ObstoreMedia(server.address("x", bucket="elsewhere")).check()
        assert missing.value.why == "no_bucket"
        media = ObstoreMedia(server.address("x"))
        key, _ = await media.put(pieces(PICTURE))
    for asked in (media.check(), media.get(key), media.put(pieces(b"new")), media.drop(key)):
        with pytest.raises(MediaAway) as silent:
            await asked
        assert silent.value.why == "no_answer" and "secret" not in str(silent.value)


async def test_a_folder_that_cannot_be_one_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "media").write_text("a file stands there")
    with pytest.raises(MediaAway):
        await files_in(str(tmp_path / "media")).check()


@pytest.mark.parametrize(
    "address",
    ["s3+https://host/bucket", "s3+https://key:secret@host", "s3+http:///x", "ftp://key:secret@host/x"],
)
def test_an_address_that_cannot_be_one_is_refused_without_its_secret(address: str) -> None:
    with pytest.raises(BadAddress) as refused:
        store_at(address)
    assert "secret" not in str(refused.value).replace("KEY:SECRET", "")


async def test_it_speaks_to_other_stores_by_address() -> None:
    media = ObstoreMedia("memory:///")
    key, _ = await media.put(pieces(PICTURE))
    assert await media.get(key) == PICTURE


LONG: Final = timedelta(days=16)
#: S3 tells some moments in whole seconds.
AT_ONCE: Final = timedelta(seconds=-2)


def refers_to(*keys: str) -> InUse:
    async def in_use(asked: Sequence[str]) -> Collection[str]:
        return {key for key in asked if key in keys}

    return in_use


async def test_what_nothing_refers_to_is_deleted_after_its_time(opened: Open) -> None:
    media = opened()
    used, _ = await media.put(pieces(b"used"))
    unused, _ = await media.put(pieces(b"unused"))
    assert await media.tidy("ours", refers_to(used), unused_for=LONG) == 0
    assert await media.tidy("ours", refers_to(used), unused_for=LONG) == 0  # not long enough yet
    assert await media.get(unused) == b"unused"
    assert await media.tidy("ours", refers_to(used), unused_for=AT_ONCE) == 1
    assert await media.get(used) == b"used"
    with pytest.raises(MediaMissing):
        await media.get(unused)
    assert sorted(await kept(media)) == sorted(["clock", "desks/ours", f"{used[:2]}/{used}"])


async def test_what_is_referred_to_or_put_again_begins_anew(opened: Open) -> None:
    media = opened()
    key, _ = await media.put(pieces(b"a picture"))
    for again in (media.tidy("ours", refers_to(key), unused_for=AT_ONCE), media.put(pieces(b"a picture"))):
        await media.tidy("ours", refers_to(), unused_for=LONG)
        await again
        assert await media.tidy("ours", refers_to(), unused_for=AT_ONCE) == 0
    assert await media.get(key) == b"a picture"


async def test_where_two_desks_keep_their_files_none_is_deleted(opened: Open) -> None:
    media = opened()
    key, _ = await media.put(pieces(b"theirs"))
    assert await media.tidy("theirs", refers_to(key), unused_for=AT_ONCE) == 0
    for desk in ("ours", "theirs", "ours"):
        assert await media.tidy(desk, refers_to(), unused_for=AT_ONCE) is None
    assert await media.get(key) == b"theirs"


async def test_what_was_put_there_by_others_is_left_alone(tmp_path: Path) -> None:
    media = ObstoreMedia(tmp_path)
    for name in ("notes.txt", f"elsewhere/{'a' * 64}", f"ab/{'b' * 64}"):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(b"?")
    for _ in range(2):
        assert await media.tidy("ours", refers_to(), unused_for=AT_ONCE) == 0
    assert len(await kept(media)) == 5  # and the desk, and the clock


async def test_those_who_share_a_place_may_look_at_it_at_once(opened: Open) -> None:
    await asyncio.gather(*(opened().check() for _ in range(20)))
    assert not await kept(opened())
