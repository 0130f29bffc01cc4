"""What the screens of the desk's admins share. An admin may be a member of nothing: nothing here asks for
`scene.workspace`."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from bot.chat.view import Rows, View, rows_as_json
from bot.screens import campaign_words as words
from bot.screens.base import Args, Go, Scene, screen
from bot.screens.contacts_parts import back, short
from bot.texts import Html, say
from domain.contacts.service import tidy
from domain.kernel.errors import DomainError
from domain.kernel.ids import WorkspaceId
from domain.operators.activity import Activity, Topic
from domain.operators.chat import Notice, Prompt
from domain.operators.model import Right, Role, Workspace

LONGEST_REASON: Final = 200


class ReasonWanted(DomainError):
    """Whoever it concerns reads why. `limit` in characters."""

    code = "admin.reason"


def reason_in(text: str) -> str:
    """One line with something in it. Raises ReasonWanted."""
    reason = tidy(text)
    if not any(char.isalnum() for char in reason) or len(reason) > LONGEST_REASON:
        raise ReasonWanted(limit=LONGEST_REASON)
    return reason


def zone_name(scene: Scene) -> str:
    """An admin's own clocks, or the desk's."""
    return scene.home.zone if scene.home else scene.desk.default_zone


def moment(scene: Scene, at: datetime | None) -> str:
    if at is None:
        return "—"
    return words.moment(at, ZoneInfo(zone_name(scene)), scene.now, scene.language)


async def space_of(scene: Scene, id: int) -> Workspace:
    """Any workspace: admins stand above them. Raises NotFound."""
    return await scene.unit.operators.workspace(WorkspaceId(id))


async def log_both(
    scene: Scene, space: Workspace | None, topic: Topic, what: str, *, about: str = "",
    before: Args | None = None, after: Args | None = None,
) -> None:  # fmt: skip
    """In the workspace's activity log and in the desk's own; without a workspace in the desk's alone."""
    line = Activity(
        workspace_id=None, at=scene.now, telegram_id=scene.telegram_id,
        who=scene.member.name if scene.member else scene.person, topic=topic, what=what,
        screen=scene.origin, about=about or (space.name if space else ""), before=before or {},
        after=after or {},
    )  # fmt: skip
    await scene.unit.activity.add(line)
    if space is not None:
        await scene.unit.activity.add(replace(line, workspace_id=space.id))
        scene.touched.add(space.id)


async def tell_owners(scene: Scene, space: Workspace, key: str, text: Html, rows: Rows = ()) -> None:
    """A notice in the chat of each owner, once a key."""
    payload = {"text": str(text), "rows": rows_as_json(rows)}
    for member in await scene.unit.operators.members(space.id):
        if member.role is Role.OWNER and member.has_accepted_terms:
            chat = member.telegram_id
            notice = Notice(chat_id=chat, key=f"{key}:{chat}", kind="text", payload=payload)
            await scene.unit.chat.queue_notice(notice, at=scene.now)


async def tell_everybody(scene: Scene, space: Workspace, key: str, sentence: str) -> None:
    """The same for each member; who only looks gets the sentence's kin."""
    for member in await scene.unit.operators.members(space.id):
        if member.has_accepted_terms:
            chat, kin = member.telegram_id, "" if Right.WORK in member.role.rights else "viewer."
            text = say(f"{kin}{sentence}", space.language, name=short(space.name))
            payload = {"text": str(text), "rows": []}
            notice = Notice(chat_id=chat, key=f"{key}:{chat}", kind="text", payload=payload)
            await scene.unit.chat.queue_notice(notice, at=scene.now)


def ask(scene: Scene, kind: str, space: Workspace, **values: Any) -> Go:
    """Open the question `admin.ask.<kind>` about a workspace. When it was asked names the answer, so that
    the same answer to the same question takes effect once."""
    asked = int(scene.now.timestamp() * 1_000_000)
    return Go(
        screen="admin.ask",
        args={"kind": kind, "id": int(space.id), "values": {"name": space.name, **values}},
        prompt=Prompt(
            chat_id=scene.chat_id, kind=f"admin.{kind}", args={"id": int(space.id), "asked": asked}
        ),
    )


def answer_key(scene: Scene, prompt: Mapping[str, Any]) -> str:
    return f"admin:{prompt['id']}:{scene.chat_id}:{prompt['asked']}"


@screen("admin.ask", needs=Right.ADMIN)
async def asked_screen(scene: Scene, args: Args) -> View:
    values = {key: short(v) if isinstance(v, str) else v for key, v in args["values"].items()}
    text = say(f"admin.ask.{args['kind']}", scene.language, **values)
    return View(text=text, rows=(back(scene.language, "admin.ws", id=int(args["id"])),))
