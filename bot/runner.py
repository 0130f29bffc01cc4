"""Starts and stops the processes, and says in a sentence why one cannot start."""

import asyncio
import signal
import sys
from contextlib import AsyncExitStack
from pathlib import Path

from bot.chat.poller import TokenInUse, TokenRefused
from bot.composition import (
    AlreadyRunning,
    BadAddress,
    CannotBeShared,
    DatabaseIsNewer,
    DatabaseIsOlder,
    MovedAway,
    NoKey,
    StillACopy,
    TablesHeld,
    UnknownDatabase,
    Unreachable,
    official_standin,
    open_app,
    open_database,
    open_sender,
    sandbox_app,
    share_database,
    worker_phones,
)
from bot.first_run import ask_for_token, print_claim_link, token_is_refused
from bot.saying import say
from bot.settings import Settings
from bot.texts import plain
from domain.delivery.ports import MediaAway

EXIT_WRONG = 2
TABLES_HELD = (
    "The database could not be brought up to date: others work in it all the time. "
    "Stop all senders (and a pg_dump that still runs), then start this again. Nothing was changed."
)


def stop_on_signals() -> asyncio.Event:
    """Set by SIGTERM and SIGINT."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return stop


async def run_bot(settings: Settings) -> int:
    """`masssender run`. Returns the exit code."""
    token = settings.telegram_bot_token.get_secret_value() if settings.telegram_bot_token else None
    if token is None:
        if not sys.stdin.isatty():
            say("TELEGRAM_BOT_TOKEN is not set. Get a token from @BotFather and put it into .env as")
            say("TELEGRAM_BOT_TOKEN=…, or start this in a terminal and I will ask for it.")
            return EXIT_WRONG
        token = await ask_for_token(settings, Path(".env"))
    stop = stop_on_signals()
    try:
        async with open_database(settings) as database, open_app(settings, database, token) as app:
            await print_claim_link(settings, database, token)
            say("MassSender is running. Ctrl+C stops it; nothing is lost then or at any other moment.")
            await app.run(stop)
            return 0
    except AlreadyRunning:
        say(f"Another MassSender runs on this database already ({settings.data_dir}).")
        say("Stop it first, or give this one its own DATA_DIR.")
    except DatabaseIsNewer as newer:
        say(f"The database was made by a newer MassSender ({newer}).")
        say("Update this program, or go back to a copy in the backups folder.")
    except TablesHeld:
        say(TABLES_HELD)
    except MovedAway as error:
        say(moved_away(error))
    except (UnknownDatabase, Unreachable) as error:
        say(no_database(error))
    except NoKey as error:
        say(str(error))
    except (BadAddress, MediaAway) as error:
        say(no_files(error))
    except TokenInUse:
        say("Another program polls Telegram with this bot's token already. Stop it, or make another bot.")
    except TokenRefused:
        say(token_is_refused())
    return EXIT_WRONG


def moved_away(error: MovedAway) -> str:
    return plain("move.moved_away", at=f"{error.at:%Y-%m-%d %H:%M}", to=error.to)


async def run_sender(settings: Settings) -> int:
    """`masssender sender`. Returns the exit code."""
    stop = stop_on_signals()
    try:
        async with share_database(settings) as database, open_sender(settings, database) as app:
            say("Sending for the desk of this database. Ctrl+C stops it; nothing is lost at any moment.")
            await app.run(stop)
            return 0
    except StillACopy:
        say("This database was put back to a copy. Start `masssender run` first: it pauses everything,")
        say("and then senders can help again.")
    except CannotBeShared:
        say("A sender needs DATABASE_URL=postgresql+psycopg://…: a SQLite file is one process's alone.")
        say("docs/operating.md says when and how to move to PostgreSQL.")
    except DatabaseIsOlder as older:
        say(f"The database is not up to date ({older}). Start `masssender run` of this version first.")
    except DatabaseIsNewer as newer:
        say(f"The database was made by a newer MassSender ({newer}). Update this program.")
    except (UnknownDatabase, Unreachable) as error:
        say(no_database(error))
    except NoKey as error:
        say(str(error))
    except (BadAddress, MediaAway) as error:
        say(no_files(error))
    return EXIT_WRONG


async def run_migrate(settings: Settings) -> int:
    try:
        async with open_database(settings):
            say("The database is up to date.")
            return 0
    except AlreadyRunning:
        say("MassSender is running on this database; it migrates by itself when it starts.")
    except DatabaseIsNewer as newer:
        say(f"The database was made by a newer MassSender ({newer}).")
    except TablesHeld:
        say(TABLES_HELD)
    except MovedAway as error:
        say(moved_away(error))
    except (UnknownDatabase, Unreachable) as error:
        say(no_database(error))
    return EXIT_WRONG


def no_database(error: UnknownDatabase | Unreachable) -> str:
    """What is wrong, what is accepted, what to do."""
    return (
        f"The database cannot be opened: {error}\n"
        "DATA_DIR has to be a folder I may write to, or DATABASE_URL an address such as "
        "postgresql+psycopg://user@host/name whose server is up. docs/settings.md says more."
    )


def no_files(error: BadAddress | MediaAway) -> str:
    """What is wrong, what is accepted, what to do."""
    why = {
        "refused": "the key and secret in MEDIA_URL are refused, or may not read, write and delete there.",
        "no_bucket": "there is no such bucket. Make it first, then start again.",
        "no_answer": "nobody answers there. Is the server up, and does this machine reach it?",
    }
    what = why[error.why] if isinstance(error, MediaAway) else str(error)
    return (
        f"Files cannot be kept where MEDIA_URL says: {what}\n"
        "It is a folder I may write to, or an address such as s3+https://KEY:SECRET@host/bucket. "
        "docs/operating.md says more under “Media on S3”."
    )


async def run_sandbox(
    settings: Settings, *, port: int, folder: Path, seed: int, instant: bool, official_port: int | None = None
) -> None:
    """`masssender sandbox`: until a signal. With `official_port`, WhatsApp's official channel beside it. Of
    the settings only the workers count."""
    from bot.sandbox.server import SandboxServer

    async with AsyncExitStack() as stack:
        official = None
        if official_port is not None:
            official = await stack.enter_async_context(official_standin(official_port, seed=seed))
        web = await stack.enter_async_context(worker_phones(settings))
        app, world = sandbox_app(folder, seed=seed, instant=instant, official=official, web=web)
        stack.callback(world.close)
        server = SandboxServer(app, app.state.sandbox, port=port)
        say(f"Chat: http://127.0.0.1:{port}/chat?user=1001   Phones: http://127.0.0.1:{port}/phones-page")
        await server.serve()
