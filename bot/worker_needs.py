"""What the WhatsApp Web worker needs on this machine: its files, Node.js, its packages, Chromium."""

import asyncio
import fcntl
import os
import re
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog

from bot.settings import Settings
from bot.worker_log import harmless
from domain.accounts.web import WorkerMissing, WorkerTrouble

log = structlog.get_logger(__name__)

OLDEST_NODE: Final = 20
CHROMIUMS: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
#: npm writes this last: without it an installation is missing or was broken off.
INSTALLED: Final = Path("node_modules") / ".package-lock.json"
INSTALL_SECONDS: Final = 600.0
#: How often it is looked whether somebody else who installs them has done.
LOOK: Final = 0.5
_VERSION: Final = re.compile(r"v(\d+)\.")
#: What of our environment the worker and its browser get: none of our secrets is among it.
_HANDED_ON: Final = re.compile(
    r"PATH|HOME|USER|LOGNAME|SHELL|LANG|LANGUAGE|TZ|TMPDIR|DISPLAY|(LC|XDG|NODE|NPM|WORKER|FONTCONFIG)_\w+"
    r"|npm_config_\w+|SSL_CERT_(FILE|DIR)|LD_LIBRARY_PATH|(HTTPS?|NO|ALL)_PROXY|(https?|no|all)_proxy"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """All of it, found. `chromium` is None for a worker that only plays WhatsApp (in tests)."""

    folder: Path
    node: str
    chromium: str | None


def handed_on(environ: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environ.items() if _HANDED_ON.fullmatch(name)}


def folder_of(settings: Settings) -> Path:
    """Where the worker's files are: as set, or beside our own. Raises WorkerMissing."""
    folder = settings.worker_dir or Path(__file__).resolve().parents[1] / "worker_node"
    if not (folder / "src" / "main.js").is_file():
        raise WorkerMissing(WorkerTrouble.WORKER_NOT_FOUND)
    return folder.resolve()


def is_installed(folder: Path) -> bool:
    return (folder / INSTALLED).is_file()


async def find(settings: Settings, environ: Mapping[str, str] = os.environ) -> Needs:
    """Raises WorkerMissing with the first thing that is not there."""
    folder, path = folder_of(settings), environ.get("PATH", os.defpath)
    node = shutil.which("node", path=path) or shutil.which("nodejs", path=path)
    if node is None:
        raise WorkerMissing(WorkerTrouble.NODE_MISSING)
    if await _version(node) < OLDEST_NODE:
        raise WorkerMissing(WorkerTrouble.NODE_OLD)
    chromium = None if environ.get("WORKER_FAKE") == "1" else _chromium(settings, path)
    if not is_installed(folder):
        raise WorkerMissing(WorkerTrouble.WORKER_NOT_INSTALLED)
    return Needs(folder=folder, node=node, chromium=chromium)


def _chromium(settings: Settings, path: str) -> str:
    wanted = (str(settings.chromium_path),) if settings.chromium_path else CHROMIUMS
    found = next(filter(None, (shutil.which(name, path=path) for name in wanted)), None)
    if found is None:
        raise WorkerMissing(WorkerTrouble.CHROMIUM_MISSING)
    return found


async def _version(node: str) -> int:
    """Its major version; 0 for what does not say."""
    try:
        process = await asyncio.create_subprocess_exec(
            node, "--version", stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
        )
        said, _ = await process.communicate()
    except OSError:
        return 0
    version = _VERSION.match(said.decode(errors="replace"))
    return int(version[1]) if version else 0


def npm_of(environ: Mapping[str, str]) -> str | None:
    return shutil.which("npm", path=environ.get("PATH", os.defpath))


async def install(settings: Settings, environ: Mapping[str, str] = os.environ) -> bool:
    """Install the worker's packages, exactly those of its lock file and no browser; False where that failed
    or there is no npm."""
    folder = folder_of(settings)
    npm = npm_of(environ)
    if npm is None:
        return False
    async with _alone(folder):
        return is_installed(folder) or await _install(npm, folder, environ)


@asynccontextmanager
async def _alone(folder: Path) -> AsyncIterator[None]:
    """Two installing at once would take each other's files away. What is locked (the Makefile does so too) is
    a file that is there in any case; the system lets go of it however a process ends."""
    with (folder / "package.json").open() as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                await asyncio.sleep(LOOK)
        yield


async def _install(npm: str, folder: Path, environ: Mapping[str, str]) -> bool:
    log.info("installing the packages of the WhatsApp Web worker; this takes a minute, once")
    environment = {**handed_on(environ), "PUPPETEER_SKIP_DOWNLOAD": "1"}
    process = await asyncio.create_subprocess_exec(
        npm, "ci", "--omit=dev", "--no-audit", "--no-fund", cwd=folder, env=environment,
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
    )  # fmt: skip
    try:
        async with asyncio.timeout(INSTALL_SECONDS):
            said, _ = await process.communicate()
    except TimeoutError:
        said = b"it took too long"
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode == 0:
        log.info("the packages of the WhatsApp Web worker are installed")
        return True
    last = said.strip().rpartition(b"\n")[2]
    log.error("the packages of the WhatsApp Web worker could not be installed", npm=harmless(last))
    return False
