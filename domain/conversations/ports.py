"""What conversations need kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from domain.conversations.model import Conversation, ConversationState
from domain.delivery.recipients import RecipientState
from domain.delivery.store import Replied
from domain.kernel.ids import AccountId, CampaignId, ContactId, ConversationId, ReplyId, WorkspaceId

#: A search goes through so many of the latest conversations.
LOOKED_THROUGH: Final = 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignSent:
    """What a campaign sent to somebody: which one, when, and how far it got."""

    id: CampaignId
    name: str
    at: datetime
    state: RecipientState
    reason: str | None


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

    async def any(self, id: ConversationId) -> Conversation:
        """Whichever workspace it is of. Raises NotFound."""
        ...

    async def of_contact(self, workspace_id: WorkspaceId, contact_id: ContactId) -> Conversation | None:
        """The one with the latest reply."""
        ...

    async def met(self, workspace_id: WorkspaceId, number: str, contact_id: ContactId) -> None:
        """Whoever writes from that number is this contact from now on."""
        ...

    async def seen(self, workspace_id: WorkspaceId, id: ConversationId) -> None:
        """An operator has looked at it."""
        ...

    async def answered(self, workspace_id: WorkspaceId, id: ConversationId) -> None:
        """By an operator, who so has read it, and is the person that it was handed to. Open again, if it was
        done."""
        ...

    async def mute(self, workspace_id: WorkspaceId, id: ConversationId, *, at: datetime | None) -> None:
        """None: it is told of again."""
        ...

    async def close(self, workspace_id: WorkspaceId, id: ConversationId, *, newest: ReplyId | None) -> None:
        """Done, and read. Raises Conflict where they have written since that reply."""
        ...

    async def unread(self, workspace_id: WorkspaceId) -> int:
        """Of those that are open, how many hold something unread."""
        ...

    async def page(
        self, workspace_id: WorkspaceId, state: ConversationState | None, *, offset: int, limit: int
    ) -> tuple[Sequence[Conversation], int]:
        """Unread ones first, then who wrote last; and how many there are in all. Of any state: who wrote last
        alone. From beyond the end the last page."""
        ...

    async def search(
        self, workspace_id: WorkspaceId, text: str, *, offset: int, limit: int
    ) -> Sequence[Conversation]:
        """By a part of the person's name or number, among the last LOOKED_THROUGH, newest first."""
        ...

    async def campaigns_sent(self, talk: Conversation, *, limit: int) -> Sequence[CampaignSent]:
        """To its person from its number, the newest first."""
        ...
