"""Who runs the chat and who only sends are both looked into, on the address of the settings."""

import asyncio
import socket
from pathlib import Path

import httpx

from bot.composition import open_app, open_sender
from bot.settings import Settings
from tests.fakes.stores import open_store

TOKEN = "123456789:AAExample-Token_1234567890123456789"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


async def told(port: int, path: str) -> httpx.Response:
    """Once somebody listens."""
    async with asyncio.timeout(20), httpx.AsyncClient(trust_env=False) as client:
        while True:
            try:
                return await client.get(f"http://127.0.0.1:{port}{path}")
            except httpx.ConnectError:
                await asyncio.sleep(0.01)


def settings(folder: Path, port: int) -> Settings:
    return Settings(_env_file=None, data_dir=folder, ops_address=f"127.0.0.1:{port}")  # type: ignore[call-arg]


async def test_the_chats_process_is_alive_before_telegram_has_answered_and_not_ready(tmp_path: Path) -> None:
    port = free_port()
    async with (
        open_store(tmp_path) as database,
        open_app(settings(tmp_path, port), database, TOKEN),
    ):
        assert (await told(port, "/healthz")).status_code == 200
        answer = await told(port, "/readyz")
        assert "masssender_telegram_polls_total" in (await told(port, "/metrics")).text
    assert answer.status_code == 503
    failed = [name for name, one in answer.json()["checks"].items() if not one["ok"]]
    assert failed == ["telegram"]


async def test_one_that_only_sends_has_no_chat_to_be_ready_for(tmp_path: Path) -> None:
    port = free_port()
    async with open_store(tmp_path) as database, open_sender(settings(tmp_path, port), database):
        answer = await told(port, "/readyz")
        text = (await told(port, "/metrics")).text
    assert (answer.status_code, set(answer.json()["checks"])) == (200, {"database", "schema"})
    assert "masssender_accounts_driven 0.0" in text and "masssender_telegram_polls" not in text
