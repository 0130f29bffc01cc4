"""A file on its way in, in whatever state it is."""

from collections.abc import Mapping
from typing import Final

from bot.chat.threads import in_thread
from bot.chat.view import Button, Rows, View, button
from bot.screens.base import Args, Go, Scene, Upload, action, screen, sent
from bot.screens.contacts_consent import answers
from bot.screens.contacts_parts import A_PAGE, back, label, lines, page_of, pages, short
from bot.screens.imports_columns import columns_view
from bot.texts import Html, count, has, plain, say
from domain.campaigns.model import Audience, AudienceKind, Campaign, CampaignState
from domain.contacts import imports, service
from domain.contacts.ports import ImportJob, ImportState
from domain.delivery.content import MediaKind
from domain.kernel.errors import DomainError, NotFound
from domain.kernel.ids import CampaignId, ImportId
from domain.operators.activity import Topic
from domain.operators.chat import Notice
from domain.operators.model import Right

BAR: Final = 12


class NoPeopleInAPicture(DomainError):
    """Telegram does not even say what a picture was called."""

    code = "import.picture"


@sent("file", needs=Right.WORK)
async def receive_file(scene: Scene, upload: Upload, campaign_id: int | None = None) -> Go:
    """A document arrived. Raises UploadRefused or NoPeopleInAPicture, before anything is fetched."""
    if upload.kind is MediaKind.PHOTO:
        raise NoPeopleInAPicture()
    id = await service.receive_import(
        scene.unit.imports, scene.workspace.id, scene.me.id, scene.chat_id,
        filename=upload.filename, telegram_file=upload.telegram_file, size=upload.size,
        campaign_id=campaign_id, at=scene.now,
    )  # fmt: skip
    about = (await job_of(scene, int(id))).filename
    await scene.log(Topic.CONTACTS, "import.received", about=about)
    return Go(screen="import", args={"id": int(id)}, fresh=True)


async def job_of(scene: Scene, id: int) -> ImportJob:
    return await scene.unit.imports.job(scene.workspace.id, ImportId(id))


@action("im.open", needs=Right.WORK)
async def open_import(scene: Scene) -> Go:
    return Go(screen="import", args={"id": scene.press.id, "page": scene.press.x})


@screen("import", needs=Right.WORK)
async def import_screen(scene: Scene, args: Args) -> View:
    """Every state has its own picture."""
    job = await job_of(scene, args["id"])
    match job.state:
        case ImportState.RECEIVED | ImportState.READING:
            return _reading(scene, job)
        case ImportState.CHOOSE_SHEET:
            return _sheets(scene, job, args)
        case ImportState.CHOOSE_COLUMNS:
            return columns_view(scene, job)
        case ImportState.STORING:
            return _storing(scene, job)
        case ImportState.ASK_CONSENT:
            return _consent(scene, job)
        case ImportState.DONE:
            return await _done(scene, job)
        case ImportState.FAILED:
            return _failed(scene, job)
        case ImportState.CANCELLED:
            return _cancelled(scene, job)


def _reading(scene: Scene, job: ImportJob) -> View:
    lang = scene.workspace.language
    text = say(f"import.{job.state}", lang, file=short(job.filename), size=_size(job.size))
    cancel = button(plain("im.cancel", lang), "im.cancel", id=job.id, rev=job.version)
    return View(text=text, rows=((cancel,), back(lang, "contacts")))


def _size(size: int) -> str:
    """`1.2 MB`, `45 KB`."""
    return f"{size / 1024 / 1024:.1f} MB" if size >= 1024 * 1024 else f"{max(size // 1024, 1)} KB"


def _sheets(scene: Scene, job: ImportJob, args: Args) -> View:
    lang = scene.workspace.language
    sheets = imports.sheets_of(job)
    page = page_of(args, len(sheets))
    rows: list[tuple[Button, ...]] = []
    for x in range(page * A_PAGE, min((page + 1) * A_PAGE, len(sheets))):
        sheet = sheets[x]
        name = f"{short(sheet.name, 36)} · {count(sheet.rows, 'row', 'rows')}"
        rows.append((button(label(name), "im.sheet", id=job.id, rev=job.version, x=x),))
    text = say("import.choose_sheet", lang, file=short(job.filename), sheets=len(sheets))
    cancel = button(plain("im.cancel", lang), "im.cancel", id=job.id, rev=job.version)
    turn = pages(lang, "im.open", page, len(sheets), id=job.id)
    return View(text=text, rows=(*rows, *turn, (cancel,), back(lang, "contacts")))


def _storing(scene: Scene, job: ImportJob) -> View:
    lang = scene.workspace.language
    done, total = min(job.done_rows, job.total_rows), job.total_rows
    share = done / total if total else 0.0
    full = int(share * BAR)
    text = say(
        "import.storing", lang, file=short(job.filename), bar="▓" * full + "░" * (BAR - full),
        percent=f"{int(share * 100)}", done=done, total=total,
    )  # fmt: skip
    cancel = button(plain("im.cancel", lang), "im.stop", id=job.id)
    return View(text=text, rows=((cancel,), back(lang, "contacts")))


def counts_line(job: ImportJob, lang: str) -> Html:
    """`1,204 rows · 1,150 ready · 31 duplicates · 18 bad numbers · 5 opted out`."""
    of = job.counts or {}
    counts = say(
        "import.counts", lang,
        rows=count(of.get("rows", 0), "row", "rows"), ready=of.get("ready", 0),
        duplicates=count(of.get("duplicates", 0), "duplicate", "duplicates"),
        bad=count(of.get("bad", 0), "bad number", "bad numbers"), stopped=of.get("stopped", 0),
    )  # fmt: skip
    forgotten = of.get("forgotten", 0)
    return say("import.counts.forgotten", lang, counts=counts, forgotten=forgotten) if forgotten else counts


def error_row(job: ImportJob, lang: str) -> Rows:
    return ((button(plain("im.errors", lang), "im.errors", id=job.id),),) if job.error_key else ()


def _consent(scene: Scene, job: ImportJob) -> View:
    lang = scene.workspace.language
    text = say("import.ask_consent", lang, file=short(job.filename), counts=counts_line(job, lang))
    rows = answers(lang, "im", job.id, job.version)
    return View(text=text, rows=(*error_row(job, lang), *rows, back(lang, "contacts")))


async def _done(scene: Scene, job: ImportJob) -> View:
    lang = scene.workspace.language
    counts = counts_line(job, lang)
    if job.list_id is None:
        text = say("import.nothing", lang, file=short(job.filename), counts=counts)
        return View(text=text, rows=(*error_row(job, lang), back(lang, "contacts")))
    if job.list_id not in await scene.unit.contacts.list_names(scene.workspace.id):
        text = say("import.list_gone", lang, file=short(job.filename), counts=counts)
        return View(text=text, rows=(*error_row(job, lang), back(lang, "contacts")))
    audience = Audience(kind=AudienceKind.LIST, ref=str(job.list_id))
    now = await scene.unit.campaigns.count_audience(scene.workspace.id, audience, cap=None)
    reachable = say(
        "import.reachable" if now.included else "import.reachable.none", lang, people=now.included
    )
    text = say("import.done", lang, file=short(job.filename), counts=counts, reachable=reachable)
    rows: list[tuple[Button, ...]] = []
    if (draft := await waiting_draft(scene, job)) is not None:
        text_of = plain("draft.use.list", lang, name=label(draft.name)[:24])
        rows.append((button(label(text_of), "im.use", id=job.id),))
    rows.append((button(plain("ls.new", lang), "dr.new", id=job.list_id),))
    if now.excluded.get("no_consent", 0):
        rows.append((button(plain("ls.consent", lang), "ls.consent", id=job.list_id),))
    people = button(plain("im.contacts", lang), "contacts")
    return View(text=text, rows=(*rows, *error_row(job, lang), (people,), back(lang, "contacts")))


async def waiting_draft(scene: Scene, job: ImportJob) -> Campaign | None:
    """The draft from which its file came, while that is one and is meant for other people."""
    if job.campaign_id is None:
        return None
    try:
        campaign = await scene.unit.campaigns.campaign(scene.workspace.id, CampaignId(abs(job.campaign_id)))
    except NotFound:
        return None
    here = campaign.audience == Audience(kind=AudienceKind.LIST, ref=str(job.list_id))
    return None if here or campaign.state is not CampaignState.DRAFT else campaign


def _failed(scene: Scene, job: ImportJob) -> View:
    lang = scene.workspace.language
    text = say("import.failed", lang, file=short(job.filename), why=failure(job, lang))
    return View(text=text, rows=(back(lang, "contacts"),))


def failure(job: ImportJob, lang: str) -> Html:
    """The refusal's sentence; one that this version does not know gets a plain one."""
    refusal = job.refusal or {}
    key, data = f"refused.{refusal.get('code', '')}", refusal.get("data", {})
    if not has(key):
        return say("refused.import.refused", lang)
    short_data = {name: short(value, 80) if isinstance(value, str) else value for name, value in data.items()}
    try:
        return say(key, lang, **short_data)
    except KeyError:
        return say("refused.import.refused", lang)


def _cancelled(scene: Scene, job: ImportJob) -> View:
    lang = scene.workspace.language
    stayed = say("import.cancelled.stayed", lang) if job.done_rows else ""
    text = lines(say("import.cancelled", lang, file=short(job.filename)), stayed)
    return View(text=text, rows=(back(lang, "contacts"),))


# -- leaving it, and what went wrong --------------------------------------------------------------------


@action("im.stop", needs=Right.WORK)
async def ask_stop(scene: Scene) -> Go:
    return Go(screen="import.cancel", args={"id": scene.press.id})


@screen("import.cancel", needs=Right.WORK)
async def stop_question(scene: Scene, args: Args) -> View:
    """Once rows are being stored, leaving has a price: it is named first."""
    lang = scene.workspace.language
    job = await job_of(scene, args["id"])
    if job.state is not ImportState.STORING:
        return await import_screen(scene, args)
    return View(
        text=say("import.cancel", lang, file=short(job.filename)),
        rows=(
            (button(plain("import.cancel.keep", lang), "im.open", id=job.id),),
            (button(plain("import.cancel.do", lang), "im.cancel", id=job.id, rev=job.version),),
            back(lang, "im.open", job.id),
        ),
    )


@action("im.cancel", needs=Right.WORK)
async def cancel(scene: Scene) -> Go:
    job = await job_of(scene, scene.press.id)
    await service.cancel_import(
        scene.unit.imports, scene.unit.contacts, job, expected=scene.press.rev, at=scene.now
    )
    after = {"rows": job.done_rows} if job.done_rows else {}
    await scene.log(Topic.CONTACTS, "import.cancelled", about=job.filename, after=after)
    return Go(screen="import", args={"id": int(job.id)})


def _problems(counts: Mapping[str, int], lang: str) -> str:
    """`18 bad numbers, 31 duplicates`: whatever the error file tells of."""
    bad, twice = counts.get("bad", 0), counts.get("duplicates", 0)
    said = [count(bad, "bad number", "bad numbers")] if bad else []
    said += [count(twice, "duplicate", "duplicates")] if twice else []
    said += [
        plain(f"im.errors.{why}", lang, n=counts[why]) for why in ("stopped", "forgotten") if counts.get(why)
    ]
    return ", ".join(said)


@action("im.errors", needs=Right.WORK)
async def error_file(scene: Scene) -> Go:
    """The same sheet with what is wrong, as a file in the chat."""
    lang = scene.workspace.language
    job = await job_of(scene, scene.press.id)
    go = Go(screen="import", args={"id": int(job.id)}, toast=plain("im.errors.coming", lang))
    if job.error_key is None:
        return Go(screen=go.screen, args=go.args)
    payload = {
        "workspace_id": int(scene.workspace.id),
        "media_key": job.error_key,
        "filename": f"{service.shortened(job.filename.rpartition('.')[0] or 'import', 80)} - errors.xlsx",
        "caption": plain("im.errors.caption", lang, problems=_problems(job.counts or {}, lang)),
    }  # fmt: skip
    key = f"import_errors/{job.id}/{scene.chat_id}/{scene.now.isoformat()}"
    notice = Notice(chat_id=scene.chat_id, key=key, kind="document", payload=in_thread(payload))
    await scene.unit.chat.queue_notice(notice, at=scene.now)
    await scene.log(Topic.CONTACTS, "import.errors", about=job.filename)
    return go
