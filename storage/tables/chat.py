"""What the chat with operators remembers."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    text,
)  # fmt: skip

from storage.tables.base import metadata, own_id, refers
from storage.types import Json, Moment

chat_inbox = Table(
    "chat_inbox",
    metadata,
    own_id("seq"),
    Column("bot_id", BigInteger, nullable=False),
    Column("update_id", BigInteger, nullable=False),
    Column("lane_key", BigInteger, nullable=False),
    Column("payload", Json, nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("done_at", Moment),
    Column("error", Text),
    UniqueConstraint("bot_id", "update_id"),
    sqlite_autoincrement=True,
)
Index(
    "ix_chat_inbox_waiting", chat_inbox.c.bot_id, chat_inbox.c.seq,
    sqlite_where=text("done_at IS NULL"), postgresql_where=text("done_at IS NULL"),
)  # fmt: skip
Index(
    "ix_chat_inbox_done", chat_inbox.c.done_at,
    sqlite_where=text("done_at IS NOT NULL"), postgresql_where=text("done_at IS NOT NULL"),
)  # fmt: skip

panels = Table(
    "panels",
    metadata,
    Column("chat_id", BigInteger, primary_key=True, autoincrement=False),
    Column("telegram_id", BigInteger, nullable=False),
    Column("screen", Text, nullable=False, index=True),
    Column("args", Json, nullable=False),
    Column("message_id", BigInteger),
    Column("stale_message_id", BigInteger),
    Column("dirty", Boolean, nullable=False),
    Column("rev", BigInteger, nullable=False),
)
Index("ix_panels_dirty", panels.c.chat_id, sqlite_where=text("dirty"), postgresql_where=text("dirty"))

prompts = Table(
    "prompts",
    metadata,
    Column("chat_id", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),
    Column("args", Json, nullable=False),
)

notices = Table(
    "notices",
    metadata,
    own_id(),
    Column("chat_id", BigInteger, nullable=False),
    Column("key", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("payload", Json, nullable=False),
    Column("state", Text, nullable=False),
    Column("queued_at", Moment, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("sent_at", Moment),
    Column("message_id", BigInteger),
    Column("tries", Integer, nullable=False),
    Column("error", Text),
    CheckConstraint("state IN ('queued', 'sent', 'given_up')", name="state_known"),
    UniqueConstraint("chat_id", "key"),
)
Index(
    "ix_notices_queued", notices.c.due_at, notices.c.id,
    sqlite_where=text("state = 'queued'"), postgresql_where=text("state = 'queued'"),
)  # fmt: skip

progress_messages = Table(
    "progress_messages",
    metadata,
    refers("campaign_id", "campaigns.id", primary_key=True),
    Column("chat_id", BigInteger, primary_key=True, autoincrement=False),
    Column("message_id", BigInteger),
    Column("shown", Text, nullable=False),
    Column("edited_at", Moment),
    Column("edits", Integer, nullable=False),
    Column("closed", Boolean, nullable=False),
)
