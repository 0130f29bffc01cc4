"""`masssender doctor`: everything looked at side by side, and a table of what was found."""

from collections.abc import Sequence

from pydantic import ValidationError
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bot.composition import administration, open_doctor
from bot.doctor.here import checks_here
from bot.doctor.look import Finding, State, look_at, wrong
from bot.doctor.parts import DoctorParts
from bot.doctor.there import checks_there
from bot.settings import Settings
from bot.texts import count, plain

_COLOURS = {State.GOOD: "green", State.WRONG: "bold red", State.IDLE: "dim"}


async def run_doctor(settings: Settings, console: Console) -> int:
    """1 when anything is wrong, otherwise 0."""
    try:
        async with open_doctor(settings) as parts:
            found = await examined(parts)
    except administration.UnknownDatabase as error:
        found = [wrong("settings", "invalid", name="DATABASE_URL", why=error)]
    return show(found, console)


async def examined(parts: DoctorParts) -> Sequence[Finding]:
    return await look_at([*checks_here(parts), *checks_there(parts)])


def unreadable(error: ValidationError) -> Sequence[Finding]:
    """Settings that cannot be read; without what was written there, which may be a secret."""
    return [
        wrong(
            "settings", "invalid", why=one["msg"].removeprefix("Value error, "),
            name=str(one["loc"][0]).upper() if one["loc"] else "settings",
        )
        for one in error.errors()
    ]  # fmt: skip


def show(found: Sequence[Finding], console: Console) -> int:
    """Returns the exit code."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("")
    table.add_column(plain("doctor.what"), no_wrap=True)
    table.add_column(plain("doctor.found"), overflow="fold")
    troubles = [one for one in found if one.state is State.WRONG]
    if troubles:
        table.add_column(plain("doctor.do"), overflow="fold")
    for one in found:
        mark = Text(one.state.value, style=_COLOURS[one.state])
        cells = [mark, Text(one.title), Text(one.found)]
        table.add_row(*cells, *([Text(one.do)] if troubles else []))
    console.print(table)
    console.print()
    told = plain("doctor.wrong", number=count(len(troubles), "thing", "things"))
    console.print(Text(told if troubles else plain("doctor.all_good")))
    return 1 if troubles else 0
