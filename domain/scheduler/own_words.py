"""Single messages that MassSender writes by itself."""

from datetime import datetime

from domain.accounts.model import Account
from domain.delivery.content import Media
from domain.delivery.store import DirectPurpose
from domain.kernel.ids import ConversationId
from domain.scheduler.unit import Unit


async def queue_own(
    unit: Unit,
    account: Account,
    purpose: DirectPurpose,
    number: str,
    text: str,
    *,
    media: Media | None = None,
    conversation_id: ConversationId | None,
    now: datetime,
) -> None:
    """It leaves from this account; nobody of the workspace asked for it, and nobody is told what became of
    it."""
    await unit.delivery.queue_direct(
        workspace_id=account.workspace_id, account_id=account.id, member_id=None, chat_id=None,
        purpose=purpose, number=number, text=text, media=media, desk=await unit.operators.desk_id(),
        campaign_id=None, at=now, conversation_id=conversation_id,
    )  # fmt: skip
