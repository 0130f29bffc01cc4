"""What the chat with operators remembers: updates, panels, prompts, notices.

Kept in tables rather than in memory, so that a restart in the middle of anything changes nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from domain.kernel.ids import CampaignId, WorkspaceId

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxUpdate:
    """One Telegram update as it arrived. `seq` is our order of arrival; `lane_key` decides the lane.
    `received_at`: when it was stored."""

    seq: int
    update_id: int
    lane_key: int
    payload: Json
    received_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """The one message of a chat that navigation edits. `message_id` None: send a fresh one.

    `stale_message_id` is an earlier panel to take away once the fresh one stands. `dirty` means that
    what is shown is not yet what the database says; `rev` grows with every wish to show it anew, so that a
    wish made while it is being shown is not taken for that one.
    """

    chat_id: int
    telegram_id: int
    screen: str
    args: Json = field(default_factory=dict)
    message_id: int | None = None
    stale_message_id: int | None = None
    dirty: bool = True
    rev: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """A question the chat is waiting on: the next text (or file) answers it."""

    chat_id: int
    kind: str
    args: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A message the bot sends on its own. `key` makes it once: the same key is never queued twice."""

    chat_id: int
    key: str
    kind: str
    payload: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedNotice:
    id: int
    notice: Notice
    tries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgressMessage:
    """The pinned live message of a campaign in one chat. `shown` is a digest of what it shows now."""

    campaign_id: CampaignId
    chat_id: int
    message_id: int | None
    shown: str
    edited_at: datetime | None
    edits: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """What waits: updates that are not worked, notices whose time has come; and since when the oldest."""

    updates: int
    oldest_update: datetime | None
    notices: int
    oldest_notice: datetime | None


class ChatStore(Protocol):
    async def add_updates(
        self, bot_id: int, updates: Sequence[tuple[int, int, Json]], *, at: datetime
    ) -> Sequence[InboxUpdate]:
        """Store (update_id, lane_key, payload); returns those not seen before, with their seq."""
        ...

    async def waiting_updates(self, bot_id: int) -> Sequence[InboxUpdate]:
        """Stored and not yet worked, in order of arrival."""
        ...

    async def mark_done(self, seq: int, *, at: datetime) -> bool:
        """False when it already was: the caller must undo and do nothing."""
        ...

    async def set_aside(self, seq: int, *, error: str, at: datetime) -> None: ...

    async def forget_words(self, seq: int) -> None:
        """Of an update that held a secret only that it came is kept."""
        ...

    async def backlog(self) -> Backlog: ...

    async def forget_updates(self, *, before: datetime) -> int:
        """Remove worked updates older than that; returns how many."""
        ...

    async def panel(self, chat_id: int) -> Panel | None: ...

    async def save_panel(self, panel: Panel) -> None: ...

    async def dirty_panels(self) -> Sequence[Panel]: ...

    async def panels_showing(self, screen: str) -> Sequence[Panel]: ...

    async def panels_in(self, workspace_id: WorkspaceId) -> Sequence[Panel]:
        """In the private chats of all who are members there, or were."""
        ...

    async def prompt(self, chat_id: int) -> Prompt | None: ...

    async def save_prompt(self, prompt: Prompt) -> None: ...

    async def clear_prompt(self, chat_id: int) -> None: ...

    async def queue_notice(self, notice: Notice, *, at: datetime) -> bool:
        """False when that key was queued before."""
        ...

    async def sent_notice(self, chat_id: int, message_id: int) -> Notice | None:
        """The notice that became this message."""
        ...

    async def due_notices(self, *, now: datetime, limit: int) -> Sequence[QueuedNotice]: ...

    async def notice_sent(self, id: int, *, message_id: int | None, at: datetime) -> None: ...

    async def notice_failed(self, id: int, *, retry_at: datetime | None, error: str) -> None:
        """`retry_at` None: given up."""
        ...

    async def notice_put_off(self, id: int, *, until: datetime) -> None:
        """It is not tried before then; that is no failure."""
        ...

    async def progress_messages(self, campaign_id: CampaignId | None = None) -> Sequence[ProgressMessage]:
        """Of one campaign, or of all whose campaign is not over or whose last state is not shown yet, save
        in the own chats of people who have left its workspace."""
        ...

    async def save_progress_message(self, message: ProgressMessage) -> None: ...

    async def close_progress_message(self, campaign_id: CampaignId, chat_id: int) -> None:
        """The final state is shown: it is not edited by itself any more."""
        ...
