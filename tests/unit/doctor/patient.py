"""A desk in good health, whose parts a test can make ill."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import httpx
from pydantic import SecretStr

from bot.composition import open_doctor
from bot.doctor.look import Finding, State
from bot.doctor.parts import DoctorParts
from bot.keys import load_key
from bot.settings import Settings
from bot.vault import Vault
from storage.migrate import migrate
from tests.fakes.cloud import REMOTE, a_cloud_account
from tests.fakes.sandbox import RunningSandbox, running_sandbox
from tests.fakes.stores import a_workspace, open_store
from tests.unit.cloud.facebook import error

TOKEN = "EAAG-token-of-the-official-number-0123456789"
WORKER_TOKEN = "token-of-the-worker-0123456789"
NUMBER = {
    "id": REMOTE, "display_phone_number": "+44 7700 900002", "verified_name": "Bakery",
    "quality_rating": "GREEN", "status": "CONNECTED",
}  # fmt: skip


class World:
    """What is outside the machine, as far as httpx asks it: the Graph API, and Telegram's clock."""

    def __init__(self) -> None:
        self.graph: tuple[int, Any] | Exception = (200, NUMBER)
        self.ahead: timedelta | None = timedelta()

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.host == "graph.test":
            if isinstance(self.graph, Exception):
                raise self.graph
            status, body = self.graph
            return httpx.Response(status, json=body, request=request)
        if self.ahead is None:
            return httpx.Response(404, request=request)
        return httpx.Response(404, headers={"date": format_datetime(_now() + self.ahead)}, request=request)


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(kw_only=True)
class Patient:
    folder: Path
    settings: Settings
    parts: DoctorParts
    telegram: RunningSandbox
    world: World = field(default_factory=World)

    def but(self, **settings: Any) -> DoctorParts:
        """The same with other settings."""
        return replace(self.parts, settings=self.settings.model_copy(update=settings))


@asynccontextmanager
async def patient(folder: Path, **more: Any) -> AsyncIterator[Patient]:
    """A migrated SQLite desk with one official number, a stand-in of Telegram, and a folder of copies."""
    data = folder / "data"
    data.mkdir(mode=0o700)
    async with running_sandbox() as telegram:
        settings = Settings(  # type: ignore[call-arg]
            _env_file=None, data_dir=data, telegram_bot_token=SecretStr(telegram.token),
            telegram_api_url=telegram.url, whatsapp_api_base_url="https://graph.test/v23.0", **more,
        )  # fmt: skip
        await migrate(settings.database)
        sealed = Vault(load_key(settings)).seal(TOKEN, context=f"token:{REMOTE}").encode()
        async with open_store(data) as store, store.write() as unit:
            await a_cloud_account(unit, await a_workspace(unit), token=sealed)
            await unit.commit()
        world = World()
        async with (
            open_doctor(settings) as parts,
            httpx.AsyncClient(transport=httpx.MockTransport(world)) as client,
        ):
            parts = replace(parts, client=client, directory=_directory(settings, client))
            yield Patient(folder=folder, settings=settings, parts=parts, telegram=telegram, world=world)


def _directory(settings: Settings, client: httpx.AsyncClient) -> Any:
    from whatsapp.cloud.calls import CloudLine
    from whatsapp.cloud.graph import CloudGraph

    def directory(id: str, token: Any) -> CloudGraph:
        return CloudGraph(
            client, CloudLine(base_url=settings.whatsapp_api_base_url, phone_number_id=id, token=token)
        )

    return directory


def of(found: Any, title: str) -> Finding:
    """The one line of that title."""
    [finding] = [one for one in found if one.title == title]
    assert isinstance(finding, Finding)
    assert (finding.state is State.WRONG) == bool(finding.do), finding
    return finding


def refused() -> tuple[int, Any]:
    return 401, error(190, "Error validating access token")


def tools(folder: Path, *, node: str = "v20.11.0", chromium: bool = True) -> str:
    """A PATH with just these."""
    folder.mkdir(exist_ok=True)
    if node:
        (folder / "node").write_text(f"#!/bin/sh\necho {node}\n")
        (folder / "node").chmod(0o755)
    if chromium:
        (folder / "chromium").write_text("#!/bin/sh\n")
        (folder / "chromium").chmod(0o755)
    return f"{folder}{os.pathsep}/nowhere"
