"""`make demo`: sandbox and bot on this machine, and a tour through the chat."""

import asyncio
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import httpx
from rich.console import Console

from bot import demo_number
from bot.sandbox.client import SandboxClient
from bot.sandbox.state import DEMO_TOKEN
from bot.tour import Tour

ADMIN: Final = 1001
#: Ports beside the chat's: the stand-in of the official channel, and the bot's own for its webhooks.
OFFICIAL: Final = 1
WEBHOOKS: Final = 2
HOOK: Final = "/webhooks/whatsapp"
START_SECONDS: Final = 30.0
STOP_SECONDS: Final = 30.0

console = Console(highlight=False, soft_wrap=True)


class DidNotStart(Exception):
    """A process of the demo ended or stayed silent."""


async def play(*, port: int, tour: bool, folder: Path | None, stay: bool) -> int:
    """Run the demo. Leaves after the tour unless `stay`. Returns the exit code."""
    for one in (port, port + OFFICIAL, port + WEBHOOKS):
        if not _port_is_free(one):
            console.print(f"Port {one} is in use. Try another: make demo PORT={port + 10}")
            return 1
    folder = folder or Path("build") / f"demo-{datetime.now(UTC):%Y%m%d-%H%M%S}"
    folder.mkdir(parents=True, exist_ok=True)
    url = f"http://127.0.0.1:{port}"
    _stop_in_order()
    try:
        async with _process("sandbox", folder, _sandbox_command(port, folder)):
            await _answers(f"{url}/_sandbox/health", folder)
            async with _process("bot", folder, ["run"], _bot_environment(port, folder)):
                await _listens(port)
                console.print(f"[bold]Chat[/bold]    {url}/chat?user={ADMIN} (Ayşe, the admin)")
                console.print(f"[bold]Phones[/bold]  {url}/phones-page")
                console.print(f"[bold]Folder[/bold]  {folder}")
                console.print(
                    "[bold]Cloud[/bold]   to add an official number in the chat, type "
                    f"{demo_number.ID} and then {demo_number.TOKEN}\n"
                )
                if tour:
                    await _tour(url, folder)
                if stay:
                    console.print(
                        "\nThe demo stays up. Open the chat in a browser; Ctrl+C (or kill) ends it."
                    )
                    await asyncio.Event().wait()
                console.print("\nCI is set, so the demo ends here.")
    except (DidNotStart, AssertionError) as error:
        console.print(f"[red]{error}[/red]", markup=True)
        console.print(f"The logs are in {folder}.")
        return 1
    except (KeyboardInterrupt, asyncio.CancelledError):
        console.print("\nBye.")
    return 0


def _stop_in_order() -> None:
    """Without a terminal it is a signal that ends the demo, and its processes with it."""
    task = asyncio.current_task()
    for number in (signal.SIGTERM, signal.SIGHUP):
        is_ignored = signal.getsignal(number) is signal.SIG_IGN  # nohup
        if task is not None and not is_ignored:
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)


def _port_is_free(port: int) -> bool:
    """Asked before anything starts: else the demo would talk to whatever listens there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


async def _tour(url: str, folder: Path) -> None:
    started = time.monotonic()
    async with SandboxClient(url) as client:
        files = await Tour(client.chat(ADMIN), console, folder / "reports").play()
    console.print(
        f"\n[green]The tour is over after {time.monotonic() - started:.0f} s.[/green] Report files:"
    )
    for file in files:
        console.print(f"  {file}")


def _sandbox_command(port: int, folder: Path) -> list[str]:
    official = ["--official-port", str(port + OFFICIAL)]
    return ["sandbox", "--port", str(port), "--folder", str(folder / "sandbox"), *official]


def _bot_environment(port: int, folder: Path) -> dict[str, str]:
    url = f"http://127.0.0.1:{port}"
    return {
        "WHATSAPP_API_BASE_URL": f"http://127.0.0.1:{port + OFFICIAL}/v23.0",
        "WHATSAPP_APP_SECRET": demo_number.APP_SECRET,
        "WHATSAPP_VERIFY_TOKEN": demo_number.VERIFY_TOKEN,
        "WEBHOOK_PORT": str(port + WEBHOOKS),
        "WEBHOOK_PATH": HOOK,
        "WEBHOOK_URL": f"http://127.0.0.1:{port + WEBHOOKS}{HOOK}",
        "ENVIRONMENT": "development",
        "TELEGRAM_BOT_TOKEN": DEMO_TOKEN,
        "TELEGRAM_API_URL": url,
        "SIMULATED_URL": f"{url}/phones",
        "ADMIN_IDS": f"{ADMIN}",
        "DATA_DIR": str(folder / "data"),
        "DATABASE_URL": "",
        "MEDIA_URL": "",
    }


@asynccontextmanager
async def _process(
    name: str, folder: Path, command: list[str], environment: dict[str, str] | None = None
) -> AsyncIterator[None]:
    """A process of ours, its log in the folder, ended with the block; its early end ends the demo."""
    with (folder / f"{name}.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", *command, stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log,
            env={**os.environ, **(environment or {})},
        )  # fmt: skip
        try:
            async with asyncio.TaskGroup() as group:
                watch = group.create_task(_watch(name, process))
                yield
                watch.cancel()
        except* DidNotStart as ended:
            raise ended.exceptions[0] from None
        except* AssertionError as failed:
            raise failed.exceptions[0] from None
        finally:
            await _end(process)


async def _watch(name: str, process: asyncio.subprocess.Process) -> None:
    code = await process.wait()
    raise DidNotStart(f"The {name} ended by itself (exit code {code}).")


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    process.terminate()
    try:
        async with asyncio.timeout(STOP_SECONDS):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


async def _listens(port: int) -> None:
    """WhatsApp's stand-in brings its webhooks to the bot, once the bot is up."""
    wish = {
        "app_id": demo_number.APP_ID, "verify_token": demo_number.VERIFY_TOKEN,
        "url": f"http://127.0.0.1:{port + WEBHOOKS}{HOOK}",
    }  # fmt: skip
    deadline = time.monotonic() + START_SECONDS
    async with httpx.AsyncClient(trust_env=False) as client:
        while time.monotonic() < deadline:
            answer = await client.post(
                f"http://127.0.0.1:{port + OFFICIAL}/_standin/webhooks", json=wish, timeout=START_SECONDS
            )
            if answer.is_success:
                return
            await asyncio.sleep(0.1)
    raise DidNotStart("The bot does not listen for webhooks.")


async def _answers(url: str, folder: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    async with httpx.AsyncClient(trust_env=False) as client:
        while time.monotonic() < deadline:
            try:
                if (await client.get(url)).is_success:
                    return
            except httpx.HTTPError:
                await asyncio.sleep(0.1)
    raise DidNotStart("The sandbox did not answer within 30 s. Is the port free? Try make demo PORT=8801.")
