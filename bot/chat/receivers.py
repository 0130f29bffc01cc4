"""Who a message of the bot goes to: what they may do in the workspace it is about, and whether they have to
be told which one that is."""

from dataclasses import dataclass
from datetime import datetime

from bot.chat.view import Rows, rows_as_json
from bot.screens.base import ACTIONS
from bot.screens.contacts_parts import short
from bot.texts import Html, say
from domain.kernel.ids import WorkspaceId
from domain.operators.chat import Notice
from domain.operators.model import Member, Right, Workspace
from domain.scheduler.unit import Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """`is_group`: several people read it, and each tap is asked for its own right. `several`: they are in
    more than one workspace."""

    member: Member | None
    is_group: bool = False
    several: bool = False

    def may(self, right: Right) -> bool:
        if self.is_group or right is Right.ANYBODY:
            return True
        return self.member is not None and right in self.member.role.rights

    def buttons(self, rows: Rows) -> Rows:
        """Without those that would be refused."""
        kept = (tuple(b for b in row if self.may(ACTIONS[b.press.action].needs)) for row in rows)
        return tuple(row for row in kept if row)

    def named(self, text: str, space: Workspace) -> Html:
        """With the workspace's name above it, where there is more than one."""
        if not self.several:
            return Html(text)
        return say("notice.from", space.language, workspace=short(space.name), text=Html(text))


async def receiver(unit: Unit, chat_id: int, workspace_id: WorkspaceId) -> Receiver:
    """A private chat has its person's number; a group's is below zero."""
    if chat_id < 0:
        return Receiver(member=None, is_group=True)
    mine = await unit.operators.members_of(chat_id)
    member = next((m for m in mine if m.workspace_id == workspace_id), None)
    return Receiver(member=member, several=len(mine) > 1)


async def tell_members(
    unit: Unit,
    space: Workspace,
    key: str,
    text: Html,
    rows: Rows = (),
    *,
    at: datetime,
    but: int | None = None,
) -> None:
    """One notice in the chat of each member of the workspace, once for each `key`; `but`: the Telegram id of
    whoever knows it already."""
    for member in await unit.operators.members(space.id):
        chat_id = member.telegram_id
        if not member.has_accepted_terms or chat_id == but:
            continue
        who = await receiver(unit, chat_id, space.id)
        shown = {"text": str(who.named(text, space)), "rows": rows_as_json(who.buttons(rows))}
        notice = Notice(chat_id=chat_id, key=f"{key}:{chat_id}", kind="text", payload=shown)
        await unit.chat.queue_notice(notice, at=at)
