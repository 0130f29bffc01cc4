"""Keeps our own WhatsApp Web worker running, once somebody needs it.

Nothing is started before: without a number on WhatsApp Web, MassSender needs neither Node.js nor Chromium,
and none of the memory. Each start has its own port and token; whoever asks for the address gets the present
one. The worker stops by itself when we are gone, because we hold its standard input.
"""

import asyncio
import contextlib
import os
import secrets
import signal
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import structlog

from bot import worker_needs
from bot.settings import Settings
from bot.tasks import TaskOwner
from bot.texts import say, unmarked
from bot.worker_log import LONGEST_LINE, forward_log, listening
from bot.worker_needs import Needs, handed_on
from domain.accounts.web import WorkerMissing, WorkerTrouble

log = structlog.get_logger(__name__)

#: From its start until it says where it listens.
START_SECONDS: Final = 30.0
#: Whoever asks where it is waits so long for it to come up.
PATIENCE: Final = 10.0
#: It closes its browsers in order within 30 seconds, and kills them then.
STOP_SECONDS: Final = 35.0
#: Rests before it is started again; the last one holds from then on.
RESTS: Final = (0.2, 1.0, 2.0, 5.0, 10.0, 30.0)
#: What the worker ends with when another one has its data folder.
IN_USE: Final = 3
IN_USE_REST: Final = 1.0
#: Having lived so long, what went wrong before is forgotten.
STABLE_SECONDS: Final = 60.0
#: How often it is looked whether what was missing is there now; and packages are installed.
LOOK_AGAIN: Final = 10.0
INSTALL_AGAIN: Final = 300.0
#: The same for whoever only wants to know, while nobody needs the worker.
LOOK_EVERY: Final = 60.0


class OwnWorker:
    """`async with OwnWorker(settings) as worker:`; `address` starts it. A `whatsapp.web.worker.Place`."""

    def __init__(
        self, settings: Settings, environ: Mapping[str, str] = os.environ, *, patience: float = PATIENCE
    ) -> None:
        self.settings, self.environ, self.patience = settings, environ, patience
        self.trouble: WorkerTrouble | None = None
        self.process: asyncio.subprocess.Process | None = None
        self._address: tuple[str, str] | None = None
        self._failures = 0
        self._installed_at = self._looked_at = float("-inf")
        self._way: WorkerTrouble | None = None
        self._changed = asyncio.Event()
        self._tasks = TaskOwner()
        self._is_wanted = False
        self._stopping = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def address(self) -> tuple[str, str]:
        """See `Place`: starts it the first time. Raises WorkerMissing, with WORKER_DOWN when it does not come
        up soon."""
        if not self._is_wanted:
            self._is_wanted = True
            self._tasks.start("whatsapp-web-worker", self._keep())
        try:
            async with asyncio.timeout(self.patience):
                while self._address is None and self.trouble is None and not self._stopping:
                    await self._changed.wait()
        except TimeoutError:
            pass
        if self._address is None:
            raise WorkerMissing(self.trouble or WorkerTrouble.WORKER_DOWN)
        return self._address

    async def glance(self) -> tuple[str, str] | None:
        """See `Place`."""
        if self._address is not None:
            return self._address
        if self._is_wanted:
            raise WorkerMissing(self.trouble or WorkerTrouble.WORKER_DOWN)
        if (trouble := await self._in_the_way()) is not None:
            raise WorkerMissing(trouble)
        return None

    async def _in_the_way(self) -> WorkerTrouble | None:
        """What would keep it from starting. Asked often, looked for once a minute: it runs a process."""
        now = asyncio.get_running_loop().time()
        if now - self._looked_at >= LOOK_EVERY:
            self._looked_at, self._way = now, None
            try:
                await worker_needs.find(self.settings, self.environ)
            except WorkerMissing as missing:
                self._way = None if self._installs(missing.trouble) else missing.trouble
        return self._way

    def _installs(self, trouble: WorkerTrouble) -> bool:
        """Its packages come by themselves as soon as somebody needs it, where npm is there."""
        return trouble is WorkerTrouble.WORKER_NOT_INSTALLED and worker_needs.npm_of(self.environ) is not None

    async def stop(self) -> None:
        """In order: it closes its browsers; then whatever is left of it is killed."""
        self._stopping = True
        self._tell(self._address)
        process = self.process
        if process is not None and process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            try:
                async with asyncio.timeout(STOP_SECONDS):
                    await process.wait()
            except TimeoutError:
                log.warning("the WhatsApp Web worker did not stop in time; it is killed")
            _kill_all_of(process)
        await self._tasks.cancel()

    def _tell(self, address: tuple[str, str] | None, trouble: WorkerTrouble | None = None) -> None:
        """What holds from now on, for all who wait."""
        if trouble is not None and trouble is not self.trouble:
            log.warning(unmarked(say(f"refused.worker.{trouble}")))
        self._address, self.trouble = address, trouble
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    # -- the loop ---------------------------------------------------------------------------------

    async def _keep(self) -> None:
        while not self._stopping:
            try:
                needs = await worker_needs.find(self.settings, self.environ)
            except WorkerMissing as missing:
                if missing.trouble is WorkerTrouble.WORKER_NOT_INSTALLED and await self._install():
                    continue
                self._tell(None, missing.trouble)
                await asyncio.sleep(LOOK_AGAIN)
                continue
            self._tell(None)
            await self._live(needs)
            if not self._stopping:
                if self._failures >= len(RESTS):
                    self._tell(None, WorkerTrouble.WORKER_DOWN)
                await asyncio.sleep(self._rest)

    @property
    def _rest(self) -> float:
        """One that finds the folder still in use waits for an earlier one that is on its way out."""
        code = self.process.returncode if self.process is not None else None
        return IN_USE_REST if code == IN_USE else RESTS[min(self._failures, len(RESTS)) - 1]

    async def _install(self) -> bool:
        now = asyncio.get_running_loop().time()
        if now - self._installed_at < INSTALL_AGAIN:
            return False
        self._installed_at = now
        self._tell(None, WorkerTrouble.WORKER_INSTALLING)
        return await worker_needs.install(self.settings, self.environ)

    async def _live(self, needs: Needs) -> None:
        """One life of the process, to its end."""
        loop = asyncio.get_running_loop()
        began, token = loop.time(), secrets.token_urlsafe(32)
        key = self._write_token(token)
        try:
            self.process = process = await self._spawn(needs, key)
            logging = self._tasks.start("whatsapp-web-worker-log", forward_log(process))
            port = await listening(process, START_SECONDS)
            key.unlink(missing_ok=True)
            if port is not None:
                self._tell((f"http://127.0.0.1:{port}", token))
                log.info("the WhatsApp Web worker is up", port=port)
            else:
                _kill_all_of(process)
            code: int | None = await process.wait()
            self._tell(None)
            _kill_all_of(process)
            await logging
        except OSError as error:
            code = error.errno
        finally:
            key.unlink(missing_ok=True)
        self._failures = 1 if loop.time() - began >= STABLE_SECONDS else self._failures + 1
        if not self._stopping:
            log.warning("the WhatsApp Web worker has ended; it is started again", code=code)

    def _write_token(self, token: str) -> Path:
        """Readable by us alone, and only until it has been read: arguments and environments show."""
        key = self._folder / "token"
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        key.unlink(missing_ok=True)
        handle = os.open(key, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(token)
        return key

    @property
    def _folder(self) -> Path:
        return (self.settings.data_dir / "worker").absolute()

    async def _spawn(self, needs: Needs, key: Path) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            needs.node, "src/main.js", cwd=needs.folder, env=self._environment(needs, key),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            limit=LONGEST_LINE, start_new_session=True,
        )  # fmt: skip

    def _environment(self, needs: Needs, key: Path) -> dict[str, str]:
        settings = self.settings
        wanted = {
            "WORKER_HOST": "127.0.0.1", "WORKER_PORT": "0", "WORKER_STOP_WITH_PARENT": "1",
            "WORKER_DATA_DIR": str(self._folder), "WORKER_TOKEN_FILE": str(key),
            "CHROMIUM_PATH": needs.chromium,
            "WORKER_MAX_SESSIONS": settings.worker_max_sessions and str(settings.worker_max_sessions),
            "WORKER_CHROMIUM_ARGS": settings.worker_chromium_args,
        }  # fmt: skip
        given = {name: value for name, value in wanted.items() if value}
        return {"WORKER_LOG_LEVEL": "info"} | handed_on(self.environ) | given | {"WORKER_TOKEN": ""}


def _kill_all_of(process: asyncio.subprocess.Process) -> None:
    """The process group: whatever it started and left behind in it."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
