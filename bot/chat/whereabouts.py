"""Which workspace a button is about.

A panel shows the workspace one works in, but live messages and notices of all one's workspaces lie in the
same chat: a tap on one of them acts where it belongs.
"""

from dataclasses import replace
from typing import Final

from bot.chat.codec import Press
from bot.screens.base import ACTIONS, Go, Scene
from bot.screens.contacts_parts import short
from bot.screens.spaces import membership
from bot.screens.terms import again_from
from bot.texts import plain
from domain.accounts.model import NoAccount
from domain.kernel.errors import DomainError, NotFound
from domain.kernel.ids import AccountId, CampaignId, ConversationId, WorkspaceId
from domain.operators.chat import Panel
from domain.operators.model import TermsChanged
from domain.scheduler.unit import Unit


class WorkspaceLeft(DomainError):
    """The button is about a workspace that they are not in; whether there is such a one is not told."""

    code = "workspace.left"


#: Buttons of notices about a number.
OF_AN_ACCOUNT: Final = frozenset(
    {"link", "link.again", "cloud", "cloud.token", "cloud.webhook", "cloud.templates"}
)
#: What a notice leads to that is the workspace's own screen: anywhere else it would show another's.
WHOLE_SCREENS: Final = frozenset({"balance", "inbox", "link"})


async def there(scene: Scene) -> Scene:
    """In the workspace that the pressed button is about, if they are in that one too; else as it is, or
    WorkspaceLeft where another workspace's screen would be taken for it."""
    if scene.member is None:
        return scene
    whole = scene.press.action in WHOLE_SCREENS and bool(scene.press.id)
    about = await _about(scene.unit, scene.press)
    if about is not None and about == scene.workspace.id:
        return scene
    member = await membership(scene, about) if about is not None else None
    if member is None and whole and scene.may(ACTIONS[scene.press.action].needs):
        raise WorkspaceLeft()
    if member is None or about is None:
        return scene
    return replace(scene, member=member, home=await scene.unit.operators.workspace(about))


async def move(scene: Scene) -> Scene:
    """The same, and from now on they work in that one."""
    moved = await there(scene)
    if moved is not scene:
        await scene.unit.operators.choose(moved.me.id, at=scene.now)
    return moved


async def _about(unit: Unit, press: Press) -> WorkspaceId | None:
    """Of what stands in live messages and notices."""
    try:
        if press.action.startswith(("cp.", "nc.")):
            return (await unit.campaigns.any(CampaignId(press.id))).workspace_id
        if press.action in {"balance", "inbox"} and press.id:
            return WorkspaceId(press.id)
        if press.action in {"ct.stop", "ct.open"} and press.x:  # under a notice of what somebody wrote
            return WorkspaceId(press.x)
        if press.action.startswith("talk"):
            return (await unit.conversations.any(ConversationId(press.id))).workspace_id
        if press.action in OF_AN_ACCOUNT and press.id:
            return (await unit.accounts.account(AccountId(press.id))).workspace_id
    except NotFound:
        return None
    return None


def said_where(scene: Scene, go: Go) -> Go:
    """The toast says where they are now."""
    where, lang = short(scene.workspace.name, 60), scene.workspace.language
    return replace(go, toast=plain("spaces.moved", lang, workspace=where, toast=go.toast or "").strip())


def led_by(error: DomainError, press: Press, present: Go) -> Go:
    """What is shown below a refusal: where it can be put right, or else what stood there. New terms lead back
    to what was tapped: a live message is the campaign's own screen."""
    if isinstance(error, NoAccount):
        return Go(screen="link", keep_prompt=True)
    if not isinstance(error, TermsChanged):
        return present
    if press.action.startswith("cp."):
        return again_from("campaign", {"id": press.id})
    return again_from(present.screen, present.args)


async def mark(unit: Unit, chat_id: int, screen: str | None = None) -> None:
    """What that chat's panel shows is not so any more; with `screen` it is to show that instead."""
    panel = await unit.chat.panel(chat_id)
    if panel is not None:
        await unit.chat.save_panel(_anew(panel, screen))


def _anew(panel: Panel, screen: str | None) -> Panel:
    wish = replace(panel, dirty=True, rev=panel.rev + 1)
    return wish if screen is None else replace(wish, screen=screen, args={})
