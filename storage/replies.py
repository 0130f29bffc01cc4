"""Replies as rows: stored once, in the order of their ids within a workspace, in few statements each."""

from dataclasses import asdict
from functools import lru_cache
from typing import Any

from sqlalchemy import and_, bindparam, exists, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from domain.contacts.service import LONGEST_NAME, shortened, tidy
from domain.delivery.ports import ReplyNews
from domain.delivery.store import Replied
from domain.kernel.ids import AccountId, CampaignId, ContactId, ConversationId, ReplyId, WorkspaceId
from storage.base import SqlStore
from storage.claiming import earliest
from storage.forgetting import SqlForgetting
from storage.tables import accounts, campaigns, contacts, conversations, recipients, replies, workspaces


def _account_id() -> Any:
    return bindparam("of_account", type_=accounts.c.id.type)


def _number() -> Any:
    return bindparam("from_number", type_=replies.c.number.type)


def _who() -> Any:
    """Whose account it is, who wrote, and whether that is known. Until the transaction ends nobody else
    stores a reply of the workspace: so whatever has a smaller id is there to be told with it."""
    a, c, w, r, t = accounts.c, contacts.c, workspaces.c, replies.c, conversations.c
    known = exists().where(r.account_id == a.id, r.event == bindparam("the_event", type_=r.event.type))
    talk = select(t.id).where(t.account_id == a.id, t.number == _number()).scalar_subquery()
    last = recipients.alias("last")
    return (
        select(
            w.id.label("workspace_id"),
            c.id,
            c.name,
            known.label("known"),
            talk.label("talk"),
            last.c.id.label("recipient_id"),
            last.c.campaign_id,
            last.c.replied_at,
        )
        .select_from(
            accounts.join(workspaces, w.id == a.workspace_id)
            .outerjoin(contacts, and_(c.workspace_id == w.id, c.number == _number()))
            .outerjoin(last, last.c.id == _latest())
        )
        .where(a.id == _account_id())
        .with_for_update(of=workspaces, key_share=True)
    )


def _latest() -> Any:
    """The contact's latest recipient that this account has tried to reach."""
    r, c = recipients.c, campaigns.c
    return (
        select(func.max(r.id))
        .join_from(recipients, campaigns, c.id == r.campaign_id)
        .where(r.contact_id == contacts.c.id, r.attempts > 0, c.account_id == _account_id())
        .correlate(contacts)
        .scalar_subquery()
    )


def _replied() -> Any:
    r = recipients.c
    moment = bindparam("wrote_at", type_=r.replied_at.type)
    this = r.id == bindparam("the_id", type_=r.id.type)
    return update(recipients).where(this).values(replied_at=earliest(r.replied_at, moment))


@lru_cache(maxsize=2)
def _new(on_sqlite: bool) -> Any:
    adding = sqlite.insert(replies) if on_sqlite else postgresql.insert(replies)
    return adding.on_conflict_do_nothing().returning(replies.c.id)


# Made once: to put a statement together takes longer than to run it.
_WHO, _REPLIED = _who(), _replied()


class SqlReplies(SqlStore):
    """The part of `domain.delivery.store.DeliveryStore` that takes what people write."""

    async def reply(self, account_id: AccountId, news: ReplyNews) -> Replied | None:
        """Store an inbound message once by (account, event); see the port."""
        asked = {"of_account": account_id, "from_number": news.sender, "the_event": news.event}
        who = (await self._db.execute(_WHO, asked)).one_or_none()
        if who is None or who.known:
            return None
        space = WorkspaceId(who.workspace_id)
        gone = None
        if who.id is None:
            gone = (await SqlForgetting(self._db).forgotten(space, [news.sender])).get(news.sender)
        if gone is not None and news.at <= gone.at:
            return None  # erased, and told once more: not taken again
        row = {
            "workspace_id": space, "account_id": account_id, "event": news.event,
            "number": news.sender, "text": news.text, "at": news.at, "contact_id": who.id,
            "campaign_id": who.campaign_id, "conversation_id": who.talk, "media": news.media,
            "attachment": None if news.attachment is None else asdict(news.attachment),
        }  # fmt: skip
        id = await self._db.scalar(_new(self._on_sqlite), row)
        if id is None:
            return None
        if who.recipient_id is not None and (who.replied_at is None or who.replied_at > news.at):
            await self._db.execute(_REPLIED, {"wrote_at": news.at, "the_id": who.recipient_id})
        return Replied(
            id=ReplyId(id), workspace_id=space, contact_id=None if who.id is None else ContactId(who.id),
            number=news.sender, name=who.name or "", text=news.text,
            campaign_id=None if who.campaign_id is None else CampaignId(who.campaign_id), media=news.media,
            conversation_id=None if who.talk is None else ConversationId(who.talk),
            called="" if gone is not None else shortened(tidy(news.name), LONGEST_NAME),
        )  # fmt: skip
