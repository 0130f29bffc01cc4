"""masssender demo | sandbox | run | sender | migrate | backup | restore | doctor."""

import asyncio
import os
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any, Final

import structlog
import typer
from pydantic import ValidationError

from bot.logs import configure
from bot.memory import loading
from bot.settings import Settings

log = structlog.get_logger(__name__)

app = typer.Typer(
    help="WhatsApp campaigns to people who agreed, run from a Telegram chat.", no_args_is_help=True
)

#: The database's thread needs the interpreter for a moment between any two rows, and must ask for it. With
#: Python's own 5 ms a transaction under load took several times as long, and whatever else is written waited.
TURN_SECONDS: Final = 0.0001

#: What nobody foresaw; what cannot start has another (bot/runner.py).
EXIT_FAULT: Final = 1

Port = Annotated[int, typer.Option(help="Port on 127.0.0.1.", min=1, max=65535)]


def _settings() -> Settings:
    try:
        return Settings()
    except ValidationError as wrong:
        for error in wrong.errors():
            name = str(error["loc"][0]).upper() if error["loc"] else "settings"
            print(f"{name}: {error['msg']}. docs/settings.md lists what is accepted.", file=sys.stderr)
        raise typer.Exit(2) from None


def _until_done(work: Coroutine[Any, Any, int]) -> int:
    """On Python's own loop: on uvloop the end of a killed worker is not noticed while a browser of it still
    lives (tests/crash/test_web_killed.py)."""
    sys.setswitchinterval(TURN_SECONDS)
    try:
        return asyncio.run(work)
    except Exception as error:
        # Python would print all that it says, which may be anybody's business.
        log.error("ended by a fault of ours", exc_info=error)
        return EXIT_FAULT


@app.command()
def run() -> None:
    """The bot, the scheduler and the senders. Asks for the BotFather token the first time."""
    with loading():
        from bot.runner import run_bot

    settings = _settings()
    configure(settings.log_level, settings.log_format, secrets=settings.secrets)
    raise typer.Exit(_until_done(run_bot(settings)))


@app.command()
def sender() -> None:
    """One more process that sends for a desk on PostgreSQL, on this machine or another."""
    with loading():
        from bot.runner import run_sender

    settings = _settings()
    configure(settings.log_level, settings.log_format, secrets=settings.secrets)
    raise typer.Exit(_until_done(run_sender(settings)))


@app.command()
def sandbox(
    port: Port = 8800,
    folder: Annotated[Path, typer.Option(help="Where the phones keep what they got.")] = Path("data/sandbox"),
    seed: Annotated[int, typer.Option(help="Chance of the simulated phones.")] = 7,
    instant: Annotated[bool, typer.Option(help="Phones without delays and faults.")] = False,
    official_port: Annotated[
        int | None, typer.Option(help="Port of a stand-in of WhatsApp's Cloud API.", min=1, max=65535)
    ] = None,
) -> None:
    """A local stand-in of Telegram with a chat page, and simulated phones with theirs."""
    from bot.runner import run_sandbox

    configure("info")
    work = run_sandbox(
        _settings(), port=port, folder=folder, seed=seed, instant=instant, official_port=official_port
    )
    asyncio.run(work)


@app.command()
def demo(
    port: Port = 8800,
    tour: Annotated[bool, typer.Option(help="Play the tour through the chat first.")] = True,
    folder: Annotated[Path | None, typer.Option(help="A fresh folder is made when none is given.")] = None,
) -> None:
    """All of it on this machine: sandbox, bot, and a tour through the chat. Stays up until it is stopped,
    with or without a terminal; with CI set it ends after the tour."""
    from bot.demo import play

    configure("warning")
    stay = not os.environ.get("CI")
    raise typer.Exit(asyncio.run(play(port=port, tour=tour, folder=folder, stay=stay)))


@app.command()
def migrate(
    to: Annotated[
        str | None, typer.Option(help="Move this SQLite desk there: postgresql+psycopg://user@host/name.")
    ] = None,
    not_moved: Annotated[
        bool, typer.Option("--not-moved", help="Use this SQLite desk again although it was moved.")
    ] = False,
) -> None:
    """Bring the database up to this program's version (also done by itself at every start)."""
    from bot.moving import run_move, run_take_back
    from bot.runner import run_migrate

    settings = _settings()
    configure(settings.log_level, settings.log_format, secrets=settings.secrets)
    if to is not None:
        raise typer.Exit(asyncio.run(run_move(settings, to)))
    raise typer.Exit(asyncio.run((run_take_back if not_moved else run_migrate)(settings)))


@app.command()
def backup(
    to: Annotated[Path | None, typer.Option(help="Another folder than BACKUP_FOLDER.")] = None,
) -> None:
    """Copy the desk, also while it runs; the copy is read through before it counts."""
    from bot.copying import run_backup

    raise typer.Exit(asyncio.run(run_backup(_settings(), to)))


@app.command()
def restore(file: Annotated[Path, typer.Argument(help="A copy that `masssender backup` made.")]) -> None:
    """Put the desk back to a copy. It comes up with everything paused; docs/operating.md says what to do."""
    from bot.copying import run_restore

    raise typer.Exit(asyncio.run(run_restore(_settings(), file)))


@app.command()
def doctor() -> None:
    """Look at settings, database, disk, clock, Telegram, workers, official numbers and backups, and say what
    to do about what is wrong. Ends with 1 if anything is."""
    from rich.console import Console

    from bot.doctor.run import run_doctor, show, unreadable

    console = Console(highlight=False)
    try:
        settings = Settings()
    except ValidationError as wrong:
        raise typer.Exit(show(unreadable(wrong), console)) from None
    configure(settings.log_level if settings.log_level == "debug" else "error")
    raise typer.Exit(asyncio.run(run_doctor(settings, console)))
