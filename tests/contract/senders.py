"""Channels on which somebody sends a file along, for the contract of what fetches it."""

from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing
from io import BytesIO
from pathlib import Path
from typing import Any, Final, Protocol

from domain.delivery.cloud_news import InboundMessage, reply_of
from domain.delivery.content import MediaKind
from domain.delivery.ports import Attachments, NewsSource, ReplyNews
from tests.contract.cloud_standin.stage import Sink, Stage, stage_with_sink
from tests.contract.lines import ADA, new_world, serving
from tests.web_worker import Hands, fake_worker, link, workers_at
from whatsapp.client import build_client, build_cloud_client
from whatsapp.cloud.attachments import CloudAttachments
from whatsapp.cloud.calls import CloudLine
from whatsapp.cloud.webhooks import read
from whatsapp.simulated.behaviour import Behaviour
from whatsapp.simulated.gateway import (
    InProcessAttachments,
    InProcessNews,
    SimulatedAttachments,
    SimulatedNews,
    link_number,
)
from whatsapp.simulated.records import MediaNote
from whatsapp.simulated.world import SimulatedWorld

SESSION: Final = "d1-w1-1"

Content = bytes | int | None


class Sender(Protocol):
    """Somebody with a phone, who writes to an account of ours."""

    attachments: Attachments

    async def sends(
        self, content: Content, mime: str, *, filename: str = "", text: str = "", voice: bool = False
    ) -> ReplyNews:
        """What our side hears of it. A number: so many bytes of nothing in particular. None: WhatsApp has the
        file no more."""
        ...


class Opened(Protocol):
    def __call__(self, folder: Path) -> AbstractAsyncContextManager[Sender]: ...


def _whole(content: Content) -> bytes:
    return bytes(content or 7) if content is None or isinstance(content, int) else content


class _Heard:
    """What comes by a source of news."""

    def __init__(self, source: NewsSource) -> None:
        self._source, self._cursor = source, 0

    async def reply(self) -> ReplyNews:
        while True:
            for item in await self._source.after(self._cursor, wait_seconds=5):
                self._cursor = item.cursor
                if isinstance(item.news, ReplyNews):
                    return item.news


class _OnPhones:
    def __init__(
        self, world: SimulatedWorld, files: Path, account: str, source: NewsSource, ways: Attachments
    ) -> None:
        self.attachments = ways
        self._world, self._files, self._account, self._heard = world, files, account, _Heard(source)

    async def sends(
        self, content: Content, mime: str, *, filename: str = "", text: str = "", voice: bool = False
    ) -> ReplyNews:
        sha256, size = await self._world.shelf.put(BytesIO(_whole(content)))
        family = mime.partition("/")[0]
        kind = {"image": MediaKind.PHOTO, "audio": MediaKind.AUDIO}.get(family, MediaKind.DOCUMENT)
        note = MediaNote(
            kind=MediaKind.VOICE if voice else kind, filename=filename, mime=mime, size=size, sha256=sha256
        )
        await self._world.reply(ADA, text, media=note, account=self._account)
        if content is None:
            (self._files / sha256).unlink()
        return await self._heard.reply()


@asynccontextmanager
async def in_process(folder: Path) -> AsyncIterator[Sender]:
    world = new_world(folder, Behaviour.instant())
    with closing(world):
        account = (await world.link(link_key="main")).id
        yield _OnPhones(
            world, folder / "media", account, InProcessNews(world, account), InProcessAttachments(world)
        )


@asynccontextmanager
async def over_http(folder: Path) -> AsyncIterator[Sender]:
    world = new_world(folder, Behaviour.instant())
    with closing(world):
        async with serving(world) as url, build_client() as client:
            account = (await link_number(client, url, key="main")).account
            ways = SimulatedAttachments(client, url, account)
            yield _OnPhones(world, folder / "media", account, SimulatedNews(client, url, account), ways)


class _AtWorker:
    def __init__(self, hands: Hands, source: NewsSource, ways: Attachments) -> None:
        self.attachments = ways
        self._hands, self._heard = hands, _Heard(source)

    async def sends(
        self, content: Content, mime: str, *, filename: str = "", text: str = "", voice: bool = False
    ) -> ReplyNews:
        file: dict[str, Any] = {"mime": mime}
        if filename:
            file["filename"] = filename
        if isinstance(content, int):
            file["size"] = content
        elif content is not None:
            file["base64"] = b64encode(content).decode()
        how = {"media": "voice"} if voice else {}
        await self._hands.do(SESSION, "reply", **{"from": ADA, "text": text, "file": file, **how})
        return await self._heard.reply()


@asynccontextmanager
async def over_web(folder: Path) -> AsyncIterator[Sender]:
    async with fake_worker(folder) as own, workers_at(main=own) as web:
        remote = await link(web, own, SESSION)
        yield _AtWorker(Hands(own), web.news(remote), web.attachments(remote))


class _AtCloud:
    def __init__(self, at: Stage, hook: Sink, ways: Attachments) -> None:
        self.attachments, self.at, self._hook = ways, at, hook

    async def sends(
        self, content: Content, mime: str, *, filename: str = "", text: str = "", voice: bool = False
    ) -> ReplyNews:
        family = mime.partition("/")[0]
        kind = family if family in {"image", "audio", "video"} else "document"
        media: dict[str, Any] = {"kind": kind, "mime": mime, "caption": text, "voice": voice}
        if isinstance(content, bytes):
            media["base64"] = b64encode(content).decode()
        else:
            media["size"] = content or 7
        if filename:
            media["filename"] = filename
        said = await self.at.control("POST", f"people/{ADA}/reply", {"media": media})
        await self.at.told()
        if content is None:
            await self.at.control("POST", "clock", {"advance": 31 * 86_400})
        for _, body in self._hook.posts:
            for news in read(body).news:
                if isinstance(news, InboundMessage) and news.message_id == said["id"]:
                    return reply_of(news, sender=None)
        raise AssertionError("no webhook told of it")


@asynccontextmanager
async def over_cloud(folder: Path) -> AsyncIterator[Sender]:
    async with stage_with_sink() as (at, hook), build_cloud_client() as client:
        line = CloudLine(
            base_url=f"{at.standin.url}/v23.0", phone_number_id=at.account["phone_number_id"],
            token=lambda: str(at.account["token"]),
        )  # fmt: skip
        yield _AtCloud(at, hook, CloudAttachments(client, line))
