"""What comes of somebody's work in the background: told to them unless they look at it, and noted."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.chat.receivers import receiver
from bot.chat.view import Rows, rows_as_json
from bot.texts import Html
from domain.kernel.ids import WorkspaceId
from domain.operators.activity import Activity, Topic
from domain.operators.chat import Notice
from domain.operators.model import Right, Workspace
from domain.scheduler.unit import Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A notice under its `key`, for whoever is in `chat_id` and `may` do that in the workspace."""

    chat_id: int
    space: Workspace
    may: Right
    key: str
    text: Html
    rows: Rows


async def looks_at(unit: Unit, chat_id: int, screens: Collection[str], id: int) -> bool:
    """Whether one of these screens is open in the chat, for the thing with that id."""
    panel = await unit.chat.panel(chat_id)
    return panel is not None and panel.screen in screens and panel.args.get("id") == id


async def tell(unit: Unit, told: Told, *, at: datetime) -> None:
    who = await receiver(unit, told.chat_id, told.space.id)
    if not who.may(told.may):
        return
    payload = {"text": str(who.named(told.text, told.space)), "rows": rows_as_json(who.buttons(told.rows))}
    notice = Notice(chat_id=told.chat_id, key=told.key, kind="text", payload=payload)
    await unit.chat.queue_notice(notice, at=at)


async def note_for(
    unit: Unit,
    telegram_id: int,
    workspace_id: WorkspaceId,
    topic: Topic,
    what: str,
    *,
    screen: str,
    about: str,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any],
    at: datetime,
) -> None:
    """In the activity log, as done by whoever began it."""
    members = await unit.operators.members(workspace_id)
    who = next((member.name for member in members if member.telegram_id == telegram_id), "")
    line = Activity(
        workspace_id=workspace_id, at=at, telegram_id=telegram_id, who=who, topic=topic, what=what,
        screen=screen, about=about, before=before or {}, after=after,
    )  # fmt: skip
    await unit.activity.add(line)
