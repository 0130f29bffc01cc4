"""A Telegram group in which each conversation of a workspace has a topic of its own."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.kernel.errors import DomainError
from domain.kernel.ids import ConversationId, WorkspaceId


class GroupTaken(DomainError):
    """Another workspace is told of its conversations there."""

    code = "topics.taken"


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxGroup:
    """Where a workspace's replies are told, in place of its members' private chats."""

    workspace_id: WorkspaceId
    chat_id: int
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """`is_closed`: as far as we know. `is_on`: its group is that of the workspace now."""

    chat_id: int
    thread_id: int
    workspace_id: WorkspaceId
    conversation_id: ConversationId
    is_closed: bool
    is_on: bool


class TopicStore(Protocol):
    async def group(self, workspace_id: WorkspaceId) -> InboxGroup | None: ...

    async def group_in(self, chat_id: int) -> InboxGroup | None: ...

    async def begin(self, workspace_id: WorkspaceId, chat_id: int, *, at: datetime) -> None:
        """From now on replies are told in that group, each conversation in its topic; what members have not
        been told yet of earlier ones they still are. Raises GroupTaken."""
        ...

    async def end(self, workspace_id: WorkspaceId, *, at: datetime) -> InboxGroup | None:
        """From now on members are told in their private chats again, first of all what the group has not been
        told. Returns the group; None where there was none."""
        ...

    async def left_over(self, workspace_id: WorkspaceId, chat_id: int, *, at: datetime) -> None:
        """What is to be told in a group that is not the workspace's any more, members are told. Nothing where
        it is."""
        ...

    async def opened(self, chat_id: int, thread_id: int, conversation_id: ConversationId) -> None:
        """The conversation's topic in that group, in place of any it had there."""
        ...

    async def gone(self, chat_id: int, thread_id: int) -> None:
        """Somebody deleted it."""
        ...

    async def topic(self, chat_id: int, thread_id: int) -> Topic | None: ...

    async def topic_of(self, chat_id: int, conversation_id: ConversationId) -> Topic | None: ...

    async def to_turn(self, *, limit: int, without: Collection[int] = ()) -> Sequence[Topic]:
        """Open ones whose conversation is done, and closed ones whose conversation is open; but for those in
        the chats `without`."""
        ...

    async def turned(self, chat_id: int, thread_id: int, *, is_closed: bool) -> None: ...
