"""A file over 16 MB goes to the worker off the disk, whole; a store that is away costs nobody a message."""

from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path

import pytest

from domain.delivery.content import Media, MediaKind
from domain.delivery.ports import Accepted, Fault, MediaAway, Rejected
from tests.contract.lines import MemoryMedia, message
from tests.web_worker import HAS_NODE, Hands, fake_worker, link, workers_at

pytestmark = pytest.mark.skipif(not HAS_NODE, reason="Node.js is not installed")
FILE = bytes(range(256)) * (20 * 4096)


class Away(MemoryMedia):
    async def stream(self, key: str) -> AsyncIterator[bytes]:
        yield FILE[:1000]
        raise MediaAway("no_answer")


async def test_a_large_file_arrives_whole_and_one_that_breaks_off_is_tried_again(tmp_path: Path) -> None:
    async with fake_worker(tmp_path) as own, workers_at(main=own) as web:
        remote = await link(web, own, "bakery")
        store = MemoryMedia()
        media = Media(
            kind=MediaKind.DOCUMENT, key=store.keep(FILE), filename="menu.pdf", mime="application/pdf",
            size=len(FILE),
        )  # fmt: skip
        broken = await web.gateway(remote, Away()).send(message("k1", media=media))
        assert broken == Rejected("media_upload_failed", True, Fault.ACCOUNT)
        outcome = await web.gateway(remote, store).send(message("k2", media=media))
        assert isinstance(outcome, Accepted), outcome
        [got] = await Hands(own).got("bakery")
        assert sha256(FILE).hexdigest() in str(got), got
