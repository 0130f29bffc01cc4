"""Lines to the simulated phones, in-process and over HTTP, for the contract of every gateway."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Protocol

import uvicorn

from domain.delivery.content import Media, MediaKind, OutgoingMessage
from domain.delivery.model import Progress
from domain.delivery.ports import (
    Fault,
    MediaMissing,
    MessageGateway,
    NewsItem,
    NewsSource,
    ReceiptNews,
)
from domain.kernel.ids import AttemptKey
from tests.contract.far_sides import FarSide, SimulatedFarSide
from whatsapp.client import build_client
from whatsapp.simulated.behaviour import Behaviour
from whatsapp.simulated.gateway import (
    InProcessGateway,
    InProcessNews,
    SimulatedGateway,
    SimulatedNews,
    link_number,
)
from whatsapp.simulated.http import phones_app
from whatsapp.simulated.world import SimulatedWorld

ADA, BRUNO, CHIKA = "+447700900001", "+447700900002", "+447700900003"
PATIENCE = 1.5


class RealClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    async def sleep_until(self, moment: datetime) -> None:
        await asyncio.sleep(max(0.0, (moment - self.now()).total_seconds()))


class MemoryMedia:
    """A media store for the length of a test."""

    def __init__(self) -> None:
        self._files: dict[str, bytes] = {}

    async def put(self, content: AsyncIterator[bytes]) -> tuple[str, int]:
        whole = b"".join([part async for part in content])
        return self.keep(whole), len(whole)

    async def get(self, key: str) -> bytes:
        if key not in self._files:
            raise MediaMissing(key)
        return self._files[key]

    async def stream(self, key: str) -> AsyncIterator[bytes]:
        whole = await self.get(key)
        for start in range(0, len(whole), 65_536):
            yield whole[start : start + 65_536]

    async def drop(self, key: str) -> None:
        self._files.pop(key, None)

    def keep(self, content: bytes) -> str:
        key = sha256(content).hexdigest()
        self._files[key] = content
        return key


@dataclass(frozen=True, kw_only=True)
class Line:
    """A gateway with the far side it speaks to. `names_pictures`: whether a picture keeps its file name;
    `file_fault`: whose fault a file is that cannot be sent."""

    gateway: MessageGateway
    news: NewsSource
    far: FarSide
    media: MemoryMedia
    names_pictures: bool = True
    file_fault: Fault = Fault.PERSON


@dataclass(frozen=True, kw_only=True)
class SimulatedLine(Line):
    """With the whole world of simulated phones at hand."""

    world: SimulatedWorld
    base_url: str = ""


class Dial(Protocol):
    """Opens a line to a far side that keeps its memory in a folder."""

    def __call__(
        self, folder: Path, behaviour: Behaviour = ..., *, patience: float = ...
    ) -> AbstractAsyncContextManager[Line]: ...


def new_world(folder: Path | None, behaviour: Behaviour) -> SimulatedWorld:
    return SimulatedWorld(folder=folder, seed=7, clock=RealClock(), behaviour=behaviour)


@asynccontextmanager
async def in_process(
    folder: Path, behaviour: Behaviour | None = None, *, patience: float = PATIENCE
) -> AsyncIterator[SimulatedLine]:
    world = new_world(folder, behaviour or Behaviour.instant())
    with closing(world):
        account = (await world.link(link_key="main")).id
        media = MemoryMedia()
        yield SimulatedLine(
            gateway=InProcessGateway(world, account, media),
            news=InProcessNews(world, account),
            world=world,
            far=SimulatedFarSide(world),
            media=media,
        )


@asynccontextmanager
async def over_http(
    folder: Path, behaviour: Behaviour | None = None, *, patience: float = PATIENCE
) -> AsyncIterator[SimulatedLine]:
    world, media = new_world(folder, behaviour or Behaviour.instant()), MemoryMedia()
    with closing(world):
        async with serving(world) as base_url, build_client() as client:
            linked = await link_number(client, base_url, key="main")
            yield SimulatedLine(
                gateway=SimulatedGateway(client, base_url, linked.account, media, timeout=patience),
                news=SimulatedNews(client, base_url, linked.account),
                world=world,
                far=SimulatedFarSide(world),
                media=media,
                base_url=base_url,
            )


@asynccontextmanager
async def serving(world: SimulatedWorld) -> AsyncIterator[str]:
    """The phones behind a real server on a free port."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    config = uvicorn.Config(phones_app(world), log_level="critical", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    async with asyncio.TaskGroup() as group:
        running = group.create_task(server.serve([listener]))
        while not server.started and not running.done():
            await asyncio.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            server.should_exit = True


def message(
    key: str = "k1", to: str = ADA, text: str = "Hello Ada", media: Media | None = None
) -> OutgoingMessage:
    return OutgoingMessage(key=AttemptKey(key), to=to, text=text, media=media)


def photo(key: str, size: int) -> Media:
    return Media(kind=MediaKind.PHOTO, key=key, filename="görsel.jpg", mime="image/jpeg", size=size)


def progress_of(key: str, items: list[NewsItem]) -> list[Progress]:
    news = [item.news for item in items]
    return [one.progress for one in news if isinstance(one, ReceiptNews) and one.key == key]
