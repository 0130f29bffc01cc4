"""How did the people of this file agree? The last step of an import."""

from dataclasses import replace

from bot.screens.base import Go, Scene, action, text_answer
from bot.screens.contacts_consent import chosen
from bot.screens.contacts_parts import ask
from bot.screens.draft_audience import use_list
from bot.screens.imports import job_of, waiting_draft
from bot.texts import plain
from domain.contacts import service
from domain.contacts.model import ConsentSource
from domain.contacts.ports import ImportJob, ImportState
from domain.kernel.errors import Conflict
from domain.operators.activity import Topic
from domain.operators.chat import Prompt
from domain.operators.model import Right


@action("im.agree", needs=Right.WORK)
async def agree(scene: Scene) -> Go:
    return await _answered(scene, scene.press.id, scene.press.rev, chosen(scene.press.x), "")


@action("im.other", needs=Right.WORK)
async def other(scene: Scene) -> Go:
    job = await job_of(scene, scene.press.id)
    _require_open(job)
    return ask(scene, "import.words", leave="im.open", id=job.id, values={"name": job.filename})


@text_answer("import.words", needs=Right.WORK)
async def words(scene: Scene, prompt: Prompt, text: str) -> Go:
    said = service.clean_words(text)
    job = await job_of(scene, prompt.args["id"])
    return await _answered(scene, job.id, job.version, ConsentSource.OTHER, said)


@action("im.none", needs=Right.WORK)
async def not_recorded(scene: Scene) -> Go:
    return await _answered(scene, scene.press.id, scene.press.rev, None, "")


def _require_open(job: ImportJob) -> None:
    if job.state is not ImportState.ASK_CONSENT or job.list_id is None:
        raise Conflict()


async def _answered(scene: Scene, id: int, expected: int, source: ConsentSource | None, words: str) -> Go:
    """The answer and the end of the import are one step: two taps record once."""
    lang = scene.workspace.language
    job = await job_of(scene, id)
    _require_open(job)
    done = await scene.unit.imports.update(
        replace(job, state=ImportState.DONE), expected=expected, at=scene.now
    )
    ready = int((job.counts or {}).get("ready", 0))
    after = {"people": ready, "source": source.value if source is not None else None}
    await scene.log(Topic.CONTACTS, "import.finished", about=job.filename, after=after)
    toast = plain("agree.none.several", lang)
    if source is not None and job.list_id is not None:
        evidence = f"{job.filename} · {words}" if words else job.filename
        await service.record_list_consent(
            scene.unit.contacts, job.list_id, source, evidence=evidence, by=scene.me.id, at=scene.now
        )
        toast = plain("ct.recorded", lang)
    return await _onward(scene, done, toast)


async def _onward(scene: Scene, job: ImportJob, toast: str) -> Go:
    """Back into the draft that asked for the file; one that did not is only offered these people."""
    draft = await waiting_draft(scene, job)
    if draft is None or job.list_id is None or (job.campaign_id or 0) < 0:
        return Go(screen="import", args={"id": int(job.id)}, toast=toast)
    return replace(await use_list(scene, draft.id, job.list_id), toast=toast)


@action("im.use", needs=Right.WORK)
async def use(scene: Scene) -> Go:
    """The people of an import that is done become those of the draft from which its file came."""
    job = await job_of(scene, scene.press.id)
    draft = await waiting_draft(scene, job)
    if draft is None or job.list_id is None:
        return Go(screen="import", args={"id": int(job.id)})
    return await use_list(scene, draft.id, job.list_id)
