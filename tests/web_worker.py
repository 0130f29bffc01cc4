"""A real worker process whose WhatsApp is a fake, and the hands of whoever holds its phones.

async with fake_worker(folder) as worker: ...
"""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import httpx

from bot.settings import MAIN_WORKER, Settings
from bot.worker import OwnWorker
from bot.worker_needs import is_installed
from domain.accounts.web import SessionState, WebSession
from whatsapp.client import build_client
from whatsapp.web.sessions import WebWorkers
from whatsapp.web.worker import Place

#: Left out where Node.js or the worker's packages are not installed; tests/everything.py installs those, says
#: what it leaves out, and does not let CI get away with it.
HAS_NODE: Final = bool(os.environ.get("CI")) or (
    shutil.which("node") is not None and is_installed(Path(__file__).resolve().parents[1] / "worker_node")
)

#: No waiting where a test has nothing to wait for.
QUICK: Final = {
    "WORKER_START_GAP_SECONDS": "0", "WORKER_BACKOFF_FIRST_SECONDS": "0", "WORKER_APPEAR_SECONDS": "0.05",
    "WORKER_DRAIN_SECONDS": "0.2", "WORKER_CLOSE_SECONDS": "1", "WORKER_WATCH_SECONDS": "0.2",
}  # fmt: skip

LINE: Final = "+905321234567"


def settings_in(folder: Path, **more: Any) -> Settings:
    return Settings(_env_file=None, data_dir=folder, **more)  # type: ignore[call-arg]


@asynccontextmanager
async def fake_worker(folder: Path, **environ: str) -> AsyncIterator[OwnWorker]:
    """Keeps its memory in `folder`. Not started before somebody asks for its address."""
    environment = {**os.environ, "WORKER_FAKE": "1", **QUICK, **environ}
    async with OwnWorker(settings_in(folder), environment) as worker:
        yield worker


@asynccontextmanager
async def workers_at(**places: Place) -> AsyncIterator[WebWorkers]:
    async with build_client() as client:
        yield WebWorkers(client, places)


class Hands:
    """What people with their phones, and WhatsApp itself, do at a fake worker."""

    def __init__(self, worker: Place) -> None:
        self.worker = worker

    async def call(self, method: str, session: str, path: str, body: Any = None) -> Any:
        url, token = await self.worker.address()
        headers = {"Authorization": f"Bearer {token}"}
        async with httpx.AsyncClient(trust_env=False, headers=headers) as client:
            answer = await client.request(method, f"{url}/fake/sessions/{session}/{path}", json=body)
        assert answer.is_success, answer.text
        return answer.json()

    async def do(self, session: str, path: str, **body: Any) -> None:
        await self.call("POST", session, path, body)

    async def got(self, session: str) -> list[dict[str, Any]]:
        """What has reached WhatsApp, in order."""
        messages: list[dict[str, Any]] = (await self.call("GET", session, "got"))["messages"]
        return messages


async def reaches(web: WebWorkers, remote: str, *states: SessionState) -> WebSession:
    """Until the session is in one of those."""
    async with asyncio.timeout(20):
        session = await web.look(remote)
        while session.state not in states:
            session = await web.look(remote, rev=session.rev, wait_seconds=5)
    return session


async def link(web: WebWorkers, worker: Place, session: str, number: str = LINE) -> str:
    """A session that is ready; linked before, it only has to come up. Returns its remote."""
    remote = f"{MAIN_WORKER}/{session}"
    await web.start(remote)
    at = await reaches(web, remote, SessionState.QR, SessionState.READY)
    if at.state is SessionState.QR:
        await Hands(worker).do(session, "scan", number=number, name="Bakery")
        await reaches(web, remote, SessionState.READY)
    return remote
