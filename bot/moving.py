"""`masssender migrate --to postgresql+psycopg://…`, and the way back."""

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from bot.composition import administration as desk
from bot.keys import FILE
from bot.runner import EXIT_WRONG, moved_away
from bot.saying import say
from bot.settings import Settings
from bot.texts import plain


class Shown:
    """How far it is, a line for each table and what is done with it."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._lines: dict[tuple[str, str], TaskID] = {}

    def __call__(self, doing: str, table: str, done: int, total: int) -> None:
        if (line := self._lines.get((doing, table))) is None:
            line = self._lines[doing, table] = self._progress.add_task(f"{doing} {table}", total=total)
        self._progress.update(line, completed=done)


async def run_move(settings: Settings, to: str) -> int:
    """Returns the exit code."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    try:
        with Progress(*columns, console=Console(stderr=True)) as progress:
            moved = await desk.move_desk(settings.database, to, told=Shown(progress))
    except Exception as error:
        say(_why_not(settings, error))
        return EXIT_WRONG
    rows = sum(moved.rows.values())
    say(plain("move.done", rows=rows, tables=len(moved.rows)))
    say(plain("move.next", key=settings.data_dir.absolute() / FILE))
    return 0


async def run_take_back(settings: Settings) -> int:
    """Returns the exit code."""
    try:
        await desk.take_back_desk(settings.database)
    except desk.AlreadyRunning:
        say(plain("restore.running"))
        return EXIT_WRONG
    except desk.UnknownDatabase as error:
        say(str(error))
        return EXIT_WRONG
    say(plain("move.taken_back"))
    return 0


def _why_not(settings: Settings, error: Exception) -> str:
    """The sentence; raises what has none."""
    match error:
        case desk.UnknownDatabase():
            return f"{error} {plain('move.from', database=settings.data_dir)}"
        case desk.AlreadyRunning():
            return plain("move.running")
        case desk.DatabaseIsOlder(found=found, known=known):
            return plain("move.older", found=found or "none", known=known)
        case desk.DatabaseIsNewer(found=found, known=known):
            return plain("move.newer", found=found, known=known)
        case desk.NotEmpty(table=table):
            return plain("move.not_empty", table=table)
        case desk.CannotHold(table=table, reason=reason):
            return plain("move.cannot_hold", table=table, reason=reason)
        case desk.Differs(table=table):
            return plain("move.differs", table=table)
        case desk.StillACopy():
            return plain("move.still_a_copy")
        case desk.MovedAway():
            return moved_away(error)
        case desk.Unreachable():
            return plain("move.unreachable", reason=error)
        case _:
            raise error
