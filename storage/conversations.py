"""Conversations in a table."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, func, literal, select, update

from domain.conversations.model import Conversation, ConversationState
from domain.delivery.store import Replied
from domain.kernel.errors import NotFound
from domain.kernel.ids import AccountId, CampaignId, ContactId, ConversationId, WorkspaceId
from storage.base import SqlStore
from storage.tables import contacts, conversations, replies

#: What is kept of a message to be shown in a list.
LONGEST_GLIMPSE: Final = 200


def _conversation(row: Row[Any]) -> Conversation:
    return Conversation(
        id=ConversationId(row.id), workspace_id=WorkspaceId(row.workspace_id),
        account_id=AccountId(row.account_id), number=row.number, name=row.name or "",
        contact_id=None if row.contact_id is None else ContactId(row.contact_id),
        campaign_id=None if row.campaign_id is None else CampaignId(row.campaign_id),
        state=row.state, is_muted=row.muted_at is not None, is_handed=row.handed_at is not None,
        unread=row.unread, last_at=row.last_at, last_text=row.last_text,
    )  # fmt: skip


def _chosen() -> Any:
    return select(*conversations.c, contacts.c.name).outerjoin_from(
        conversations, contacts, contacts.c.id == conversations.c.contact_id
    )


class SqlConversations(SqlStore):
    """Implements `domain.conversations.ports.ConversationStore`."""

    async def wrote(self, account_id: AccountId, reply: Replied, *, at: datetime) -> Conversation:
        c = conversations.c
        known = self._insert(conversations).values(
            workspace_id=reply.workspace_id, account_id=account_id, number=reply.number,
            contact_id=reply.contact_id, campaign_id=reply.campaign_id, state=ConversationState.OPEN,
            unread=1, last_at=at, last_text=reply.text[:LONGEST_GLIMPSE], last_reply_id=reply.id,
        )  # fmt: skip
        new = known.excluded
        statement = known.on_conflict_do_update(
            index_elements=[c.account_id, c.number],
            set_={
                "contact_id": func.coalesce(new.contact_id, c.contact_id),
                "campaign_id": func.coalesce(new.campaign_id, c.campaign_id),
                "state": new.state, "unread": c.unread + 1, "last_at": new.last_at,
                "last_text": new.last_text, "last_reply_id": new.last_reply_id,
            },
        ).returning(c.id)  # fmt: skip
        id = ConversationId((await self._db.execute(statement)).scalar_one())
        await self._db.execute(update(replies).where(replies.c.id == reply.id).values(conversation_id=id))
        return await self.conversation(reply.workspace_id, id)

    async def conversation(self, workspace_id: WorkspaceId, id: ConversationId) -> Conversation:
        c = conversations.c
        found = await self._db.execute(_chosen().where(c.id == id, c.workspace_id == workspace_id))
        row = found.one_or_none()
        if row is None:
            raise NotFound(what="conversation")
        return _conversation(row)

    async def hand_over(self, id: ConversationId, *, at: datetime) -> None:
        c = conversations.c
        since = func.coalesce(c.handed_at, literal(at, c.handed_at.type))
        await self._db.execute(update(conversations).where(c.id == id).values(handed_at=since))
