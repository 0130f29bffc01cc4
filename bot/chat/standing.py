"""In which workspace a panel or an open question stands.

Both outlive a change of workspace: a switch, a tap on another one's live message, being taken out. What was
asked in one is not answered in another, and what stood in one is not drawn with another's things.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from bot.chat.asked import open_to
from bot.chat.whereabouts import mark
from bot.screens.base import RULES, Act, Desk, Door, Go, Scene
from bot.screens.contacts_parts import short
from bot.texts import Html, say
from domain.kernel.ids import WorkspaceId
from domain.operators.chat import Prompt
from domain.operators.model import Right
from domain.scheduler.unit import Unit

#: The workspace's number, among the arguments of a panel or a question.
STANDS: Final = "_workspace"
#: Doors that belong to no workspace: the terms with an invitation, the admin's screens.
ABOVE: Final = frozenset({Right.ANYBODY, Right.ADMIN})


def panel_in(home: WorkspaceId | None, screen: str, args: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a panel that is shown in that workspace."""
    return _stamped(args, home, RULES.get((Door.SCREEN, screen), Right.ANYBODY))


def asked_in(home: WorkspaceId | None, prompt: Prompt) -> Prompt:
    """The question as it is kept."""
    kind = prompt.kind
    needs = RULES.get((Door.TEXT, kind)) or RULES.get((Door.FILE, kind), Right.READ)
    return replace(prompt, args=_stamped(prompt.args, home, needs))


def _stamped(args: Mapping[str, Any], home: WorkspaceId | None, needs: Right) -> dict[str, Any]:
    bare = {key: value for key, value in args.items() if key != STANDS}
    return bare if home is None or needs in ABOVE else {**bare, STANDS: int(home)}


def elsewhere(args: Mapping[str, Any], scene: Scene) -> bool:
    """Whether it stands in another workspace than the one they work in now."""
    return STANDS in args and args[STANDS] != (scene.home.id if scene.home else None)


async def home_of(unit: Unit, telegram_id: int) -> WorkspaceId | None:
    """Where they work, after all that was done."""
    mine = await unit.operators.members_of(telegram_id)
    return next((member.workspace_id for member in mine if member.has_accepted_terms), None)


async def leave_behind(scene: Scene) -> None:
    """A panel that stands elsewhere is home from now on: nothing of it is taken along."""
    panel = await scene.unit.chat.panel(scene.chat_id)
    if panel is not None and elsewhere(panel.args, scene):
        await mark(scene.unit, scene.chat_id, "home")


async def present(scene: Scene) -> Go:
    """What the chat shows now, without what was said above it; an open question stays open."""
    panel = await scene.unit.chat.panel(scene.chat_id)
    if panel is None:
        return Go(screen="home" if scene.member else "private", keep_prompt=True)
    args = {key: value for key, value in panel.args.items() if key != "note"}
    return Go(screen=panel.screen, args=args, keep_prompt=True)


def noted(go: Go, sentence: Html) -> Go:
    return replace(go, args={**go.args, "note": str(sentence)}, fresh=True)


def asked_here(effect: Act) -> Act:
    """What a text, a file or a card does. While a question of another workspace is open it does nothing but
    drop that question, and say so."""

    async def checked(scene: Scene) -> Go:
        prompt = await open_to(scene)
        if scene.home is None or prompt is None or not elsewhere(prompt.args, scene):
            return await effect(scene)
        sentence = say("question.elsewhere", scene.language, workspace=short(scene.home.name))
        return replace(noted(await present(scene), sentence), keep_prompt=False)

    return checked


async def scene_of(desk: Desk, unit: Unit, chat_id: int, telegram_id: int, person: str) -> Scene:
    """Who they are, and where they are."""
    members = await unit.operators.members_of(telegram_id)
    member = next((m for m in members if m.has_accepted_terms), None)
    home = await unit.operators.workspace(member.workspace_id) if member else None
    admins = desk.admin_ids | await unit.operators.admins()
    panel = await unit.chat.panel(chat_id)
    return Scene(
        desk=desk, unit=unit, chat_id=chat_id, telegram_id=telegram_id, person=person,
        now=desk.clock.now(), member=member, home=home, is_admin=telegram_id in admins,
        origin=panel.screen if panel else "",
    )  # fmt: skip
