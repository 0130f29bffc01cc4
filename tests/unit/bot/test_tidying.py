"""What the desk refers to stays; an empty desk's place is tidied too."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from structlog.testing import capture_logs

from bot.files.tidying import tidying
from bot.parts import Parts
from domain.delivery.content import Media, MediaKind
from domain.delivery.ports import InUse, MediaAway
from storage.folder import FolderMedia
from tests.fakes.stores import a_campaign, a_member, a_workspace, an_account, open_store


class Impatient:
    """The folder, with nothing to wait for."""

    def __init__(self, folder: Path) -> None:
        self.files = FolderMedia(folder)

    async def tidy(self, desk: str, in_use: InUse, *, unused_for: timedelta) -> int | None:
        assert unused_for == timedelta(days=16)
        return await self.files.tidy(desk, in_use, unused_for=timedelta(0))


class Away:
    async def tidy(self, *_: Any, **__: Any) -> None:
        raise MediaAway("no_answer")


def parts(store: Any, media: Any) -> Parts:
    settings = SimpleNamespace(backup_keep_days=14)
    return cast(Parts, SimpleNamespace(store=store, media=media, settings=settings, desk_id="d"))


async def pieces(content: bytes) -> AsyncIterator[bytes]:
    yield content


async def test_a_campaigns_picture_stays_and_the_one_before_it_goes(tmp_path: Path) -> None:
    media = Impatient(tmp_path / "media")
    before, _ = await media.files.put(pieces(b"before"))
    now, size = await media.files.put(pieces(b"now"))
    async with open_store(tmp_path) as store:
        async with store.write() as unit:
            space = await a_workspace(unit)
            member, account = await a_member(unit, space), await an_account(unit, space)
            draft = await a_campaign(unit, space, member, account)
            picture = Media(kind=MediaKind.PHOTO, key=now, filename="a.jpg", mime="image/jpeg", size=size)
            await unit.campaigns.save(replace(draft, media=picture), expected=draft.version)
            await unit.commit()
        tidy = tidying(parts(store, media))
        await tidy()
        with capture_logs() as said:
            await tidy()
    assert await media.files.get(now) == b"now"
    assert [(one["event"], one["removed"]) for one in said] == [("files deleted that nothing referred to", 1)]
    assert not (tmp_path / "media" / before[:2] / before).exists()


@pytest.mark.parametrize("loud", [True, False])
async def test_a_place_that_is_away_or_anothers_is_told_and_left(tmp_path: Path, loud: bool) -> None:
    media = Impatient(tmp_path)
    key, _ = await media.files.put(pieces(b"theirs"))
    (tmp_path / "desks").mkdir()
    (tmp_path / "desks" / "another").touch()
    with capture_logs() as said:
        await tidying(parts(None, media if loud else Away()))()
    assert [one["log_level"] for one in said] == ["warning" if loud else "info"]
    assert await media.files.get(key) == b"theirs"
