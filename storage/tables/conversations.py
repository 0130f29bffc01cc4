"""Conversations, what was told of them in the chat with operators, and topics that stand for them."""

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, Table, Text, UniqueConstraint, text

from domain.conversations.model import ConversationState
from storage.tables.base import metadata, one_of, own_id, refers, word
from storage.types import Id, Moment

conversations = Table(
    "conversations",
    metadata,
    own_id(),
    refers("workspace_id", "workspaces.id"),
    refers("account_id", "accounts.id"),
    # As replies have it: E.164, or what WhatsApp calls somebody who hides it.
    Column("number", Text, nullable=False),
    # As they are called at WhatsApp, where that is told; and as that is looked for.
    Column("called", Text),
    Column("called_folded", Text),
    refers("contact_id", "contacts.id", nullable=True),
    refers("campaign_id", "campaigns.id", nullable=True),
    word("state", ConversationState),
    Column("muted_at", Moment),
    # A rule handed it to a person, who has not answered yet.
    Column("handed_at", Moment),
    Column("unread", Integer, nullable=False),
    Column("last_at", Moment, nullable=False),
    Column("last_text", Text, nullable=False),
    Column("last_reply_id", Id),
    one_of("state", ConversationState),
    UniqueConstraint("account_id", "number"),
    # Ids are never used again: old buttons and told messages name them.
    sqlite_autoincrement=True,
)
_BY_LAST: Final = (conversations.c.workspace_id, conversations.c.last_at)
#: On SQLite with all that a search looks at: it goes through very many and reads few. PostgreSQL takes no
#: entry as long as a name may be.
Index("ix_conversations_last_at", *_BY_LAST).ddl_if(dialect="postgresql")
Index(
    "ix_conversations_sought", *_BY_LAST, conversations.c.number, conversations.c.called_folded,
    conversations.c.contact_id,
).ddl_if(dialect="sqlite")  # fmt: skip
#: Written out, because the indexes are found only by the same words.
UNREAD, READ = text("unread > 0"), text("unread = 0")
for _name, _which in (("unread", UNREAD), ("read", READ)):
    Index(
        f"ix_conversations_{_name}", conversations.c.workspace_id, conversations.c.state,
        conversations.c.last_at, sqlite_where=_which, postgresql_where=_which,
    )  # fmt: skip
Index("ix_conversations_contact_id", conversations.c.contact_id)

#: Messages in Telegram that stand for a conversation: an answer to one of them is an answer to the person.
#: One that gathers many people stands for none. `reply_id`: the newest that was told with it.
told_messages = Table(
    "told_messages",
    metadata,
    Column("chat_id", BigInteger, primary_key=True, autoincrement=False),
    Column("message_id", BigInteger, primary_key=True, autoincrement=False),
    refers("conversation_id", "conversations.id", nullable=True),
    Column("reply_id", Id, nullable=False),
    # When the person was forgotten: it stood for them, and stands for nobody any more.
    Column("forgotten_at", Moment),
)
Index(
    "ix_told_messages_conversation_id", told_messages.c.conversation_id, told_messages.c.chat_id,
    told_messages.c.reply_id,
)  # fmt: skip

#: How far each chat has been told of a workspace's replies; `due_at`: not before then.
reply_tellings = Table(
    "reply_tellings",
    metadata,
    Column("chat_id", BigInteger, primary_key=True, autoincrement=False),
    refers("workspace_id", "workspaces.id", primary_key=True),
    Column("newest", Id, nullable=False),
    Column("told", Id, nullable=False),
    Column("due_at", Moment, nullable=False),
)

#: The group of a workspace in which each conversation has a topic of its own.
inbox_groups = Table(
    "inbox_groups",
    metadata,
    refers("workspace_id", "workspaces.id", primary_key=True),
    Column("chat_id", BigInteger, nullable=False, unique=True),
    Column("since", Moment, nullable=False),
)

topics = Table(
    "topics",
    metadata,
    Column("chat_id", BigInteger, primary_key=True, autoincrement=False),
    Column("thread_id", BigInteger, primary_key=True, autoincrement=False),
    refers("conversation_id", "conversations.id"),
    # How it stands in Telegram, as far as we know.
    Column("is_closed", Boolean, nullable=False),
    UniqueConstraint("chat_id", "conversation_id"),
)
Index("ix_topics_conversation_id", topics.c.conversation_id)
