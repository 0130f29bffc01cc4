"""Whatever leaves over the official channel shares its connections, whichever number it leaves from."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bot.composition import open_app, open_database
from bot.settings import Settings
from domain.delivery.ports import Accepted
from tests.unit.cloud.cast import TOKEN, HeardEffects, MemoryUploads, message
from tests.unit.cloud.facebook import ACCEPTED, http_answer, read_request

BOT_TOKEN = "7000000001:AAHdemodemodemodemodemodemodemodemo"


@dataclass
class Graph:
    """Takes every message. `paths`: what was asked for, by connection."""

    url: str = ""
    paths: list[list[str]] = field(default_factory=list)
    lines: list[asyncio.StreamWriter] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        mine: list[str] = []
        self.paths.append(mine)
        self.lines.append(writer)
        try:
            while True:
                head, _ = await read_request(reader)
                mine.append(head.split()[1].decode())
                writer.write(http_answer(200, ACCEPTED))
        except (ConnectionError, asyncio.IncompleteReadError):
            pass


@asynccontextmanager
async def graph() -> AsyncIterator[Graph]:
    told = Graph()
    async with await asyncio.start_server(told.serve, "127.0.0.1", 0) as server:
        told.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v23.0"
        try:
            yield told
        finally:
            # Whoever called lets go of a line when it comes round to it.
            for line in told.lines:
                line.close()


async def test_two_numbers_of_one_process_send_over_the_same_connection(tmp_path: Path) -> None:
    async with graph() as there:
        settings = Settings(_env_file=None, data_dir=tmp_path, whatsapp_api_base_url=there.url)  # type: ignore[call-arg]
        async with open_database(settings) as database, open_app(settings, database, BOT_TOKEN) as app:
            gateways = [
                app.parts.cloud.gateway(remote, lambda: TOKEN, MemoryUploads(), HeardEffects())
                for remote in ("111", "222")
            ]
            for n in range(6):
                assert isinstance(await gateways[n % 2].send(message(key=f"k{n}")), Accepted)
    assert there.paths == [["/v23.0/111/messages", "/v23.0/222/messages"] * 3]
