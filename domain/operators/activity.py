"""Who did what and when: append-only, for the workspace's owner and for the desk's admins."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from domain.kernel.ids import ContactId, ConversationId, WorkspaceId


class Topic(StrEnum):
    """What a line is about; the log can be filtered by it."""

    CAMPAIGNS = "campaigns"
    CONTACTS = "contacts"
    WHATSAPP = "whatsapp"
    TEAM = "team"
    MONEY = "money"
    SETTINGS = "settings"


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """One thing done. `what` is a stable word ("campaign.paused", see `activity.*` in `bot/texts`), `about`
    the name of the thing, `screen` where it was done, `before` and `after` what it changed (plain values
    only, never a message's text, a token, or a name or number of a contact).

    `contact_id`, `conversation_id`: the person it is about, who is found by them when they are forgotten,
    whatever they were called then.

    `workspace_id` None: the desk's own log, that admins read. `telegram_id` None: MassSender itself did it.
    """

    workspace_id: WorkspaceId | None
    at: datetime
    telegram_id: int | None
    who: str
    topic: Topic
    what: str
    screen: str
    about: str = ""
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)
    contact_id: ContactId | None = None
    conversation_id: ConversationId | None = None


class ActivityStore(Protocol):
    async def add(self, line: Activity) -> None: ...

    async def list(
        self,
        workspace_id: WorkspaceId | None,
        *,
        telegram_id: int | None = None,
        topic: Topic | None = None,
        offset: int = 0,
        limit: int = 8,
    ) -> tuple[Sequence[Activity], int]:
        """Newest first, and how many there are in all; from beyond the end the last page. Filters that are
        None let everything through."""
        ...

    async def people(self, workspace_id: WorkspaceId | None) -> Sequence[tuple[int, str]]:
        """(telegram id, name) of everybody who stands in that log, those who have left included."""
        ...

    async def latest(self, asked: Sequence[WorkspaceId]) -> Mapping[WorkspaceId, datetime]:
        """When something was last done there; those without any are left out."""
        ...

    def stream(self, workspace_id: WorkspaceId | None) -> AsyncIterator[Activity]:
        """All of it, oldest first, in one snapshot."""
        ...
