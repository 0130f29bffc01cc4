"""A line to WhatsApp Web: a real worker process over a fake, and a wire between that can break."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.contract.far_sides import WebFarSide
from tests.contract.flaky import FlakyLine
from tests.contract.lines import PATIENCE, Line, MemoryMedia
from tests.web_worker import Hands, fake_worker, link, workers_at
from whatsapp.client import build_client
from whatsapp.simulated.behaviour import Behaviour
from whatsapp.web.gateway import WebGateway
from whatsapp.web.session import Session
from whatsapp.web.worker import Worker

SESSION = "d1-w1-1"


@asynccontextmanager
async def over_web(
    folder: Path, behaviour: Behaviour | None = None, *, patience: float = 3 * PATIENCE
) -> AsyncIterator[Line]:
    """`behaviour` is the simulated phones' alone; `patience` is how long an answer may take:
    there is a process more on the way, which a busy machine keeps waiting."""
    media = MemoryMedia()
    async with fake_worker(folder) as own, workers_at(main=own) as web, FlakyLine(own).up() as wire:
        remote = await link(web, own, SESSION)
        async with build_client() as client:
            yield Line(
                gateway=WebGateway(
                    Session(Worker("main", client, wire), SESSION), media, ack_seconds=1, slack=patience - 1
                ),
                news=web.news(remote),
                far=WebFarSide(Hands(own), SESSION, wire),
                media=media,
            )
