"""What conversations need kept."""

from datetime import datetime
from typing import Protocol

from domain.conversations.model import Conversation
from domain.delivery.store import Replied
from domain.kernel.ids import AccountId, ConversationId, WorkspaceId


class ConversationStore(Protocol):
    async def wrote(self, account_id: AccountId, reply: Replied, *, at: datetime) -> Conversation:
        """A reply that was new, as the latest of its conversation, which is open and unread now. `at`: when
        they wrote."""
        ...

    async def conversation(self, workspace_id: WorkspaceId, id: ConversationId) -> Conversation:
        """Raises NotFound."""
        ...

    async def hand_over(self, id: ConversationId, *, at: datetime) -> None:
        """To a person, who is to answer; it stays with them from the first time on until they do."""
        ...
