"""Names and words around an import: of its file, its list, its refusals, its error file, its notice."""

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import PurePath
from typing import Any, Final

from bot.chat.view import button, rows_as_json
from bot.screens.contacts_parts import short
from bot.screens.imports import failure
from bot.texts import plain, say
from domain.contacts import service
from domain.contacts.ports import ImportJob, ImportState
from domain.operators.activity import Activity, Topic
from domain.operators.chat import Notice
from domain.scheduler.unit import Unit

MEGABYTE: Final = 1024 * 1024


def read_as(filename: str) -> str:
    """The name the reader goes by: plain text with columns is read as csv."""
    name = filename.strip()
    return f"{name}.csv" if PurePath(name).suffix.casefold() in {".txt", ".tsv"} else name


def list_name(filename: str, taken: set[str]) -> str:
    """`customers` for customers.xlsx, then `customers 2`."""
    base = service.shortened(service.tidy(PurePath(filename).stem) or "List", 60)
    name, n = base, 1
    while name in taken:
        n += 1
        name = f"{base} {n}"
    return name


def shown(data: Mapping[str, object]) -> dict[str, Any]:
    """A refusal's data as its sentence wants it: plain values, sizes in megabytes."""
    values: dict[str, Any] = {}
    for key, value in data.items():
        if isinstance(value, int) and ("bytes" in data) and key in {"bytes", "limit"}:
            values[key] = f"{-(-value * 10 // MEGABYTE) / 10:g} MB"
        elif isinstance(value, int | float | str):
            values[key] = value
        elif isinstance(value, list | tuple | set | frozenset):
            values[key] = ", ".join(str(item) for item in value)
        else:
            values[key] = str(value)
    return values


def wording(language: str) -> Callable[[str], str]:
    """Words for the error file; `{row}` is left for the reader to fill."""

    def sentence(reason: str) -> str:
        key = f"problem.{reason}"
        return plain(key, language, row="{row}") if reason == "duplicate" else plain(key, language)

    return sentence


#: Whoever looks at one of these sees the import move on.
LOOKING: Final = frozenset({"import", "import.cancel", "import.column"})


async def tell(unit: Unit, job: ImportJob, *, at: datetime) -> None:
    """A notice that the import needs its operator (or has failed), unless they are looking at it."""
    panel = await unit.chat.panel(job.chat_id)
    if panel is not None and panel.screen in LOOKING and panel.args.get("id") == int(job.id):
        return
    lang = (await unit.operators.workspace(job.workspace_id)).language
    name = short(job.filename)
    if job.state is ImportState.FAILED:
        text = say("import.failed", lang, file=name, why=failure(job, lang))
    else:
        text = say("notice.import", lang, file=name)
    rows = rows_as_json(((button(plain("notice.open", lang), "im.open", id=job.id),),))
    notice = Notice(
        chat_id=job.chat_id, key=f"import/{job.id}/{job.version}", kind="text",
        payload={"text": str(text), "rows": rows},
    )  # fmt: skip
    await unit.chat.queue_notice(notice, at=at)


async def note(unit: Unit, job: ImportJob, what: str, *, at: datetime, after: Mapping[str, object]) -> None:
    """What came of a file, in the activity log: the machine's own doing."""
    line = Activity(
        workspace_id=job.workspace_id, at=at, telegram_id=None, who=plain("log.masssender"),
        topic=Topic.CONTACTS, what=what, screen="", about=job.filename, after=after,
    )  # fmt: skip
    await unit.activity.add(line)
