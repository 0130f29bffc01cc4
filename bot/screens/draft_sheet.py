"""A spreadsheet that comes while a draft asks for its text or attachment: people, or something to send?"""

from dataclasses import asdict
from pathlib import PurePath
from typing import Any, Final

from bot.chat.view import View, button
from bot.screens import imports
from bot.screens.base import Args, Go, Scene, Upload, action
from bot.screens.contacts_parts import back, panel_args, short
from bot.screens.draft_message import set_media
from bot.screens.draft_steps import ASKS, args_of, draft_screen, editing, go_on, go_to, load
from bot.texts import plain, say
from domain.campaigns.model import Campaign
from domain.delivery.content import Media, MediaKind
from domain.kernel.errors import NotFound
from domain.operators.chat import Prompt
from domain.operators.model import Right

#: Endings of files that hold people as a rule.
SHEETS: Final = frozenset({".xlsx", ".xls", ".ods", ".csv", ".tsv"})
#: The steps at which a file may be meant either way, by the question that is open there.
STEPS: Final = {ASKS[step]: step for step in ("message", "media")}


def may_be_people(prompt: Prompt, upload: Upload) -> bool:
    """Whether it has to be asked what is meant with the file."""
    is_sheet = PurePath(upload.filename).suffix.casefold() in SHEETS
    return is_sheet and upload.kind is MediaKind.DOCUMENT and prompt.kind in STEPS


async def ask_which(scene: Scene, prompt: Prompt, upload: Upload) -> Go:
    """The file is kept at Telegram until that is answered, and the step's own question stays open."""
    campaign = await load(scene, prompt.args["id"])
    file = {**asdict(upload), "kind": upload.kind.value}
    args = args_of(campaign.id, edit=editing(prompt.args), step=STEPS[prompt.kind], file=file)
    return Go(screen="draft.sheet", args=args, keep_prompt=True, fresh=True)


@draft_screen("draft.sheet")
async def which_screen(scene: Scene, args: Args, campaign: Campaign) -> View:
    lang = scene.workspace.language
    return View(
        text=say("draft.sheet", lang, file=short(str(args["file"]["filename"]))),
        rows=(
            (button(plain("draft.sheet.import", lang), "dr.people", campaign.id),),
            (button(plain("draft.sheet.attach", lang), "dr.attach", campaign.id, campaign.version),),
            back(lang, f"dr.{args['step']}", campaign.id, x=int(editing(args))),
        ),
    )


def _upload(args: Args) -> Upload:
    """Raises NotFound where the chat does not show the question any more."""
    if "file" not in args:
        raise NotFound()
    file: dict[str, Any] = args["file"]
    return Upload(**{**file, "kind": MediaKind(file["kind"])})


@action("dr.people", needs=Right.WORK)
async def import_people(scene: Scene) -> Go:
    """As a file that comes at any time; at its end the way back to the draft is offered."""
    campaign = await load(scene, scene.press.id)
    return await imports.receive_file(scene, _upload(await panel_args(scene, "draft.sheet")), -campaign.id)


async def fetch(scene: Scene) -> tuple[Args, Media]:
    async with scene.desk.store.read() as unit:
        panel = await unit.chat.panel(scene.chat_id)
    args = panel.args if panel is not None and panel.screen == "draft.sheet" else {}
    upload = _upload(args)
    return args, await scene.desk.files.fetch(upload)


@action("dr.attach", needs=Right.WORK, before=fetch)
async def attach(scene: Scene) -> Go:
    args, media = scene.brought
    campaign = await load(scene, scene.press.id)
    saved = await set_media(scene, campaign, media, expected=scene.press.rev)
    if args["step"] == "media":
        return go_on(scene, saved, "media", edit=editing(args))
    sentence = str(say("draft.media.early", scene.workspace.language))
    return go_to(scene, "message", saved.id, edit=editing(args), note=sentence)
