"""The wizard's steps: in what order they come, and how a screen of a draft is found and left.

Everything chosen stands in the draft's row, so that a restart in the middle changes nothing. The only thing
that travels in a screen's args is whether it was opened from the review, where it then leads back to.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from bot.chat.view import Button, View, button
from bot.screens.base import SCREENS, Args, Go, Scene, action, screen
from bot.texts import plain
from domain.campaigns.model import Campaign, CampaignState
from domain.kernel.errors import Conflict
from domain.kernel.ids import CampaignId
from domain.operators.activity import Topic
from domain.operators.chat import Prompt
from domain.operators.model import Right

STEPS: Final = ("audience", "message", "media", "preview", "speed", "when", "review")

#: Steps that wait for a text or a file from the moment they are shown.
ASKS: Final = {
    "message": "campaign.text",
    "media": "campaign.media",
    "speed": "campaign.speed",
    "when": "campaign.when",
}

RenderDraft = Callable[[Scene, Args, Campaign], Awaitable[View]]


async def load(scene: Scene, id: int) -> Campaign:
    """The campaign, of this workspace only. Raises NotFound."""
    return await scene.unit.campaigns.campaign(scene.workspace.id, CampaignId(id))


async def load_as_drawn(scene: Scene) -> Campaign:
    """The campaign of the pressed button, if it stands as when the button was drawn. Raises Conflict: the
    second of a double tap has lost to the first, which is no fault to be explained."""
    campaign = await load(scene, scene.press.id)
    if campaign.version != scene.press.rev:
        raise Conflict(what="campaign")
    return campaign


async def note(
    scene: Scene, what: str, campaign: Campaign, *, before: Args | None = None, after: Args | None = None
) -> None:
    """In the activity log. Of a message only how long it is, never what it says."""
    await scene.log(Topic.CAMPAIGNS, what, about=campaign.name, before=before, after=after)


def is_so(campaign: Campaign, expected: int, **fields: object) -> bool:
    """Whether what was chosen is what stands there already: nothing to save, and nothing to tell."""
    campaign.require_draft()
    same = all(getattr(campaign, name) == value for name, value in fields.items())
    return same and campaign.version == expected


async def note_step(scene: Scene, what: str, before: Campaign, after: Campaign, **more: int) -> None:
    """That a campaign has taken a step: from which state to which."""
    now = {"state": after.state.value, **more}
    await note(scene, what, after, before={"state": before.state.value}, after=now)


def draft_screen(name: str) -> Callable[[RenderDraft], RenderDraft]:
    """A screen of a draft; when it is no draft any more (another operator was first), the campaign's own."""

    def register(render: RenderDraft) -> RenderDraft:
        @screen(name, needs=Right.WORK)
        async def shown(scene: Scene, args: Args) -> View:
            campaign = await load(scene, int(args["id"]))
            if campaign.state is not CampaignState.DRAFT:
                return await SCREENS["campaign"](scene, {"id": campaign.id})
            return await render(scene, args, campaign)

        return render

    return register


def editing(args: Args) -> bool:
    """Whether the step was opened from the review."""
    return bool(args.get("edit"))


def args_of(id: int, *, edit: bool, **more: Any) -> dict[str, Any]:
    return {"id": id, **({"edit": 1} if edit else {}), **more}


def go_to(
    scene: Scene, step: str, id: int, *, edit: bool = False, toast: str | None = None, **more: Any
) -> Go:
    args = args_of(id, edit=edit, **more)
    prompt = None
    if step in ASKS:
        prompt = Prompt(chat_id=scene.chat_id, kind=ASKS[step], args=args)
    return Go(screen=step, args=args, prompt=prompt, toast=toast)


def go_on(scene: Scene, campaign: Campaign, done: str, *, edit: bool = False, toast: str | None = None) -> Go:
    """After the step `done`: to the next one, or back to the review it was opened from."""
    step = "review" if edit else STEPS[STEPS.index(done) + 1]
    return go_to(scene, step, campaign.id, edit=False, toast=toast)


def next_missing(campaign: Campaign) -> str:
    """Where an unfinished draft goes on."""
    match campaign.missing:
        case "audience":
            return "audience"
        case "text":
            return "message"
        case _:
            return "review"


def back_row(step: str, args: Args, lang: str) -> tuple[Button, ...]:
    """Back to the step before, or to the review; from the first one home (the draft is kept)."""
    id = int(args["id"])
    if editing(args):
        return (button(plain("back", lang), "dr.review", id),)
    before = STEPS.index(step) - 1
    if before < 0:
        return (button(plain("back", lang), "home"),)
    return (button(plain("back", lang), f"dr.{STEPS[before]}", id),)


def next_button(step: str, args: Args, lang: str) -> Button:
    """On, without changing anything."""
    id = int(args["id"])
    if editing(args):
        return button(plain("draft.done", lang), "dr.review", id)
    return button(plain("draft.next", lang), f"dr.{STEPS[STEPS.index(step) + 1]}", id)


def packed(choice: int, args: Args) -> int:
    """A button's `x` that carries a choice and whether the step was opened from the review."""
    return choice * 2 + editing(args)


def unpacked(x: int) -> tuple[int, bool]:
    return x // 2, bool(x % 2)


def _register(step: str) -> None:
    @action(f"dr.{step}", needs=Right.WORK)
    async def open_step(scene: Scene) -> Go:
        campaign = await load(scene, scene.press.id)
        if campaign.state is not CampaignState.DRAFT:
            return Go(screen="campaign", args={"id": campaign.id})
        return go_to(scene, step, campaign.id, edit=scene.press.x == 1)


for _step in STEPS:
    _register(_step)
