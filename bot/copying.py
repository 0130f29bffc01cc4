"""`masssender backup` and `masssender restore`."""

from datetime import UTC
from pathlib import Path

from bot.backups import why_not
from bot.composition import administration
from bot.keys import FILE
from bot.runner import EXIT_WRONG
from bot.saying import say
from bot.settings import Settings
from bot.texts import count, plain
from domain.operators.copies import NotMade, NotRestored


async def run_backup(settings: Settings, folder: Path | None) -> int:
    """Returns the exit code."""
    if folder is not None:
        settings = settings.model_copy(update={"backup_folder": folder})
    try:
        copies = administration.kept_copies(
            settings.database, settings.backups, days=settings.backup_keep_days
        )
    except administration.UnknownDatabase as error:
        say(str(error))
        return EXIT_WRONG
    if copies is None:
        say(plain("backup.postgres"))
        return EXIT_WRONG
    made = await copies.make()
    if isinstance(made, NotMade):
        say(str(why_not(made)))
        return EXIT_WRONG
    megabytes, seconds = f"{made.size / 1024**2:.1f}", f"{made.seconds:.1f}"
    say(plain("backup.made", path=made.path, size=megabytes, seconds=seconds))
    if made.removed:
        say(plain("backup.removed", number=made.removed, days=settings.backup_keep_days))
    say(plain("backup.holds", media=settings.media, key=settings.data_dir.absolute() / FILE))
    return 0


async def run_restore(settings: Settings, copy: Path) -> int:
    """Returns the exit code."""
    try:
        done = await administration.put_back(settings.database, copy)
    except administration.UnknownDatabase as error:
        say(str(error))
        return EXIT_WRONG
    if done is None:
        say(plain("restore.postgres"))
        return EXIT_WRONG
    if isinstance(done, NotRestored):
        key = f"restore.{done.why.value}"
        say(plain(key, file=copy, detail=done.detail, folder=settings.backups.absolute()))
        return EXIT_WRONG
    at = f"{done.made_at.astimezone(UTC):%Y-%m-%d %H:%M}"
    say(plain("restore.done", at=at, aside=done.aside or "—"))
    if done.stops is not None:
        say(plain("restore.stops", people=count(done.stops, "person", "people")))
    say(plain("restore.next"))
    return 0
