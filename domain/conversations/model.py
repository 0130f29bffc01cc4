"""Conversations: what one person and one number of ours write to each other."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.kernel.ids import AccountId, CampaignId, ContactId, ConversationId, ReplyId, WorkspaceId


class ConversationState(StrEnum):
    """DONE: an operator is through with it. It opens again when the person writes or is answered."""

    OPEN = "open"
    DONE = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """`number` as replies have it: E.164, or what WhatsApp calls somebody who hides it. `name`: the
    contact's, or as they are called at WhatsApp. `campaign_id`: what they answered last. `unread`: replies
    since an operator looked or answered. `is_muted`: nothing is told of it. `is_handed`: a rule handed it to
    a person, who has not answered yet. `newest`: the last reply."""

    id: ConversationId
    workspace_id: WorkspaceId
    account_id: AccountId
    number: str
    name: str
    contact_id: ContactId | None
    campaign_id: CampaignId | None
    state: ConversationState
    is_muted: bool
    is_handed: bool
    unread: int
    last_at: datetime
    last_text: str
    newest: ReplyId | None = None
