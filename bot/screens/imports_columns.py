"""Which column is what: the guess, five rows of it, and how to change it."""

from collections.abc import Callable
from typing import Any, Final

from bot.chat.view import Button, View, button
from bot.screens.base import Args, Go, Scene, action, screen, text_answer
from bot.screens.contacts_parts import A_PAGE, ask, back, label, lines, page_of, pages, said, short
from bot.texts import Html, count, plain, say
from domain.contacts import imports
from domain.contacts.countries import country_name, country_of
from domain.contacts.importing.rows import ImportPlan
from domain.contacts.imports import Sheet
from domain.contacts.ports import ImportJob, ImportState
from domain.kernel.errors import Conflict
from domain.kernel.ids import ImportId
from domain.operators.activity import Topic
from domain.operators.chat import Prompt
from domain.operators.model import Right

MOST_KEPT: Final = 8


def columns_view(scene: Scene, job: ImportJob) -> View:
    lang = scene.workspace.language
    sheet, plan = imports.sheet_of(job), imports.plan_of(job)
    named = imports.titles(sheet, plan)
    rows = count(_rows_of_people(sheet, plan), "row", "rows")
    text = lines(
        say(
            "import.choose_columns", lang, file=short(job.filename, 40), sheet=short(sheet.name, 30),
            rows=rows, number=_column(named, plan.number_column, lang),
            name=_column(named, plan.name_column, lang), country=country_shown(plan.country),
        ),
        _kept(plan, lang),
        " ",
        *_people(sheet, plan, lang),
    )  # fmt: skip
    return View(text=text, rows=_buttons(job, plan, lang))


def _rows_of_people(sheet: Sheet, plan: ImportPlan) -> int:
    """Without the header and what stands above it."""
    return max(sheet.rows - (plan.header_row or 0), 0)


def country_shown(code: str) -> str:
    name = country_name(code)
    return f"{name} ({code})" if name != code else code or "—"


def _column(named: list[str], column: int | None, lang: str) -> Html:
    if column is None:
        return say("import.column.none", lang)
    return say("import.column", lang, name=short(named[column], 40) if column < len(named) else "?")


def _kept(plan: ImportPlan, lang: str) -> str:
    """The other columns, which can stand in a message as blanks."""
    names = list(plan.attributes.values())
    if not names:
        return ""
    shown = ", ".join(short(name, 30) for name in names[:MOST_KEPT])
    return say("import.kept", lang, names=shown + (" …" if len(names) > MOST_KEPT else ""))


def _people(sheet: Sheet, plan: ImportPlan, lang: str) -> list[str]:
    if not _rows_of_people(sheet, plan):
        return [say("import.no_people", lang)]
    if plan.number_column is None:
        return [say("import.no_column", lang)]
    rows: list[str] = [say("import.sample", lang)]
    people = imports.sample_people(sheet, plan)
    for person in people:
        key = "import.sample.good" if person.number else "import.sample.bad"
        shown = person.number or short(person.cell, 30) or say("import.sample.empty", lang)
        name = short(person.name, 40) or "—"
        rows.append(say(key, lang, number=shown, name=name))
    if len(rows) > 1 and plan.country and not any(person.number for person in people):
        rows.append(say("import.sample.country", lang, country=country_shown(plan.country)))
    return rows


def _buttons(job: ImportJob, plan: ImportPlan, lang: str) -> tuple[tuple[Button, ...], ...]:
    id, rev = job.id, job.version
    rows: list[tuple[Button, ...]] = []
    if plan.number_column is not None and _rows_of_people(imports.sheet_of(job), plan):
        rows.append((button(plain("im.ok", lang), "im.ok", id=id, rev=rev),))
    there = plan.header_row is not None
    rows += [
        (
            button(plain("im.number", lang), "im.columns", id=id, x=_choice(0, 0)),
            button(plain("im.name", lang), "im.columns", id=id, x=_choice(1, 0)),
        ),
        (
            button(plain("im.country", lang), "im.country", id=id),
            button(
                plain("im.header.no" if there else "im.header.yes", lang),
                "im.header",
                id=id,
                rev=rev,
                x=not there,
            ),
        ),
    ]
    if len(imports.sheets_of(job)) > 1:
        rows.append((button(plain("im.sheets", lang), "im.sheets", id=id, rev=rev),))
    rows.append((button(plain("im.cancel", lang), "im.cancel", id=id, rev=rev),))
    return (*rows, back(lang, "contacts"))


async def _change(
    scene: Scene, id: int, expected: int, change: Callable[[ImportJob], ImportJob]
) -> ImportJob:
    job = await scene.unit.imports.job(scene.workspace.id, ImportId(id))
    return await scene.unit.imports.update(change(job), expected=expected, at=scene.now)


async def _pressed(scene: Scene, change: Callable[[ImportJob], ImportJob]) -> Go:
    job = await _change(scene, scene.press.id, scene.press.rev, change)
    return Go(screen="import", args={"id": int(job.id)})


@action("im.sheet", needs=Right.WORK)
async def choose_sheet(scene: Scene) -> Go:
    return await _pressed(scene, lambda job: imports.choose_sheet(job, scene.press.x))


@action("im.sheets", needs=Right.WORK)
async def other_sheet(scene: Scene) -> Go:
    return await _pressed(scene, imports.other_sheet)


@action("im.ok", needs=Right.WORK)
async def confirm(scene: Scene) -> Go:
    go = await _pressed(scene, imports.confirmed)
    job = await scene.unit.imports.job(scene.workspace.id, ImportId(scene.press.id))
    await scene.log(Topic.CONTACTS, "import.begun", about=job.filename, after={"rows": job.total_rows})
    return go


@action("im.header", needs=Right.WORK)
async def header(scene: Scene) -> Go:
    return await _pressed(scene, lambda job: imports.header(job, there=bool(scene.press.x)))


# -- picking a column ----------------------------------------------------------------------------------

WHAT: Final = ("number", "name")


def _choice(what: int, page: int) -> int:
    """Which of WHAT and which page, in a button's one number."""
    return page * len(WHAT) + what


@action("im.columns", needs=Right.WORK)
async def columns(scene: Scene) -> Go:
    page, what = divmod(scene.press.x, len(WHAT))
    return Go(screen="import.column", args={"id": scene.press.id, "what": WHAT[what], "page": page})


@screen("import.column", needs=Right.WORK)
async def column_question(scene: Scene, args: Args) -> View:
    lang = scene.workspace.language
    job = await scene.unit.imports.job(scene.workspace.id, ImportId(args["id"]))
    if job.state is not ImportState.CHOOSE_COLUMNS:
        return View(text=say("import.moved_on", lang), rows=(back(lang, "im.open", job.id),))
    what = str(args["what"])
    sheet, plan = imports.sheet_of(job), imports.plan_of(job)
    named, below = imports.titles(sheet, plan), imports.samples(sheet, plan)
    page = page_of(args, sheet.columns)
    rows: list[tuple[Button, ...]] = []
    for x in range(page * A_PAGE, min((page + 1) * A_PAGE, sheet.columns)):
        example = next((row[x] for row in below if x < len(row) and row[x]), "")
        text = short(named[x], 28) + (f": {short(example, 24)}" if example else "")
        rows.append((button(label(text), f"im.{what}", id=job.id, rev=job.version, x=x),))
    if what == "name":
        none = button(plain("im.name.none", lang), "im.nameless", id=job.id, rev=job.version)
        rows.append((none,))
    turn = _turn(lang, job, WHAT.index(what), page, sheet.columns)
    return View(text=say(f"import.pick.{what}", lang), rows=(*rows, *turn, back(lang, "im.open", job.id)))


def _turn(lang: str, job: ImportJob, what: int, page: int, total: int) -> tuple[tuple[Button, ...], ...]:
    turned = pages(lang, "im.columns", page, total, id=job.id)
    return tuple(
        tuple(button(b.label, b.press.action, id=job.id, x=_choice(what, b.press.x)) for b in row)
        for row in turned
    )


@action("im.number", needs=Right.WORK)
async def number_column(scene: Scene) -> Go:
    return await _pressed(scene, lambda job: imports.number_column(job, scene.press.x))


@action("im.name", needs=Right.WORK)
async def name_column(scene: Scene) -> Go:
    return await _pressed(scene, lambda job: imports.name_column(job, scene.press.x))


@action("im.nameless", needs=Right.WORK)
async def no_name_column(scene: Scene) -> Go:
    return await _pressed(scene, lambda job: imports.name_column(job, None))


# -- the country ---------------------------------------------------------------------------------------


@action("im.country", needs=Right.WORK)
async def ask_country(scene: Scene) -> Go:
    job = await scene.unit.imports.job(scene.workspace.id, ImportId(scene.press.id))
    if job.state is not ImportState.CHOOSE_COLUMNS:
        raise Conflict()
    values: dict[str, Any] = {"country": country_shown(imports.plan_of(job).country)}
    return ask(scene, "import.country", leave="im.open", id=job.id, values=values)


@text_answer("import.country", needs=Right.WORK)
async def country(scene: Scene, prompt: Prompt, text: str) -> Go:
    code = country_of(text)
    job = await scene.unit.imports.job(scene.workspace.id, ImportId(prompt.args["id"]))
    await _change(scene, job.id, job.version, lambda job: imports.country(job, code))
    note = say("import.country.set", scene.workspace.language, country=country_shown(code))
    return Go(screen="import", args=said({"id": int(job.id)}, note), fresh=True)
